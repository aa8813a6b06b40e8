"""Mutation testing: is a small fault in the core caught by some test?"""
