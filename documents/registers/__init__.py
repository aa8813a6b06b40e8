"""Spreadsheets of registers: the empty one to fill in, and rows read from one that was."""
