"""Mutation testing: whether the tests catch small faults in the core."""
