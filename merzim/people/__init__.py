"""Accounts of people and their Telegram: made, invited, linked, closed."""
