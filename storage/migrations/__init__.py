"""The schema's history, run by Alembic from `storage.schema`. A new file begins with the next four digits."""
