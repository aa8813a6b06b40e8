"""Counting: the chain of a case's due dates, each with its explanation, and what moves when days do."""
