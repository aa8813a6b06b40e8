"""Database access: engines, transactions, differences between SQLite and PostgreSQL, translation of errors."""
