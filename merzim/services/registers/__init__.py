"""Registers: rows added and changed, lists, spreadsheets, access; the cases rows open."""
