"""Sheets as they come: workbooks and CSV opened, columns found, dates read; what cannot be read is said."""
