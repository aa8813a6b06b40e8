"""The schema's history, run by Alembic from `storage.upkeep.schema`.

A new file begins with the next four digits.
"""
