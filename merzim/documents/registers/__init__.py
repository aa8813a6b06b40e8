"""Spreadsheets of registers: an empty one to fill in, and reading rows from a filled one."""
