"""Opens workbooks and CSV files, finds columns, parses dates, and reports what cannot be read."""
