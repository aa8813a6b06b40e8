"""Schedules of analyses, published or filled in: their works, terms and dates, and tables of past analyses."""
