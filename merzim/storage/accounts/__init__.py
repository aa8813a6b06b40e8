"""Storage of accounts, sessions, second factors, rate limits, uploads and idempotent answers."""
