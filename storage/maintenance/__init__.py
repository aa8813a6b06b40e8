"""Upkeep: the schema, whose database it is, copies of it, and whether it is as it was written."""
