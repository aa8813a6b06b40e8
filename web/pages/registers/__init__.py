"""Registers as pages: which there are, the rows of one, one row with its form and history."""
