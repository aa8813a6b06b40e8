"""Queries on the board, its running totals, and counters that tell caches what has changed."""
