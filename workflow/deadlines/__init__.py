"""Computes the due dates of a case with their explanations, and which of them move when calendar days
change.
"""
