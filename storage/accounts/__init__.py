"""Accounts with sessions and factors, rate limits, uploads, and stored answers of idempotent requests."""
