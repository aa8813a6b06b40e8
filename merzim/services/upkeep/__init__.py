"""Upkeep of an installation: checks, database maintenance, backups, its present state."""
