"""The schema's history, run by Alembic from `merzim.storage.maintenance.schema`.

A new file begins with the next four digits.
"""
