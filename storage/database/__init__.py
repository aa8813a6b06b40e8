"""The database itself: opened, read and written; what SQLite and PostgreSQL spell in two ways; its troubles."""
