"""Yearly tasks: opening a year, the yearly cycle of every organisation, consolidated reports."""
