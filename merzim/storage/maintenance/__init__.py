"""Maintenance: schema, ownership of the database, backups, verification."""
