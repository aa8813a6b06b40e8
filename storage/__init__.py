"""The office's memory. Alone knows SQLModel, SQLAlchemy and Alembic; SQLite and PostgreSQL by the same code."""
