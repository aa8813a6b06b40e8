"""Promises of the words station."""
