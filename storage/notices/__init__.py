"""Notices on their way: what is queued, who holds it, what became of it, and the register that proves it."""
