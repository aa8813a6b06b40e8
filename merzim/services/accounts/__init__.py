"""Accounts: passwords, second factors, invitations, people of external directories, Telegram."""
