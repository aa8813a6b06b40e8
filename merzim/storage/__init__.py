"""Persistence of the office's data. Only this package uses SQLModel, SQLAlchemy and Alembic; the same code
serves SQLite and PostgreSQL.
"""
