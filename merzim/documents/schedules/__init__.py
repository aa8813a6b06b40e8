"""Reads schedules of analyses, published or filled in (works, terms, dates), and tables of past analyses."""
