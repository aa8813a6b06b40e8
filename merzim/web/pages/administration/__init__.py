"""Pages of the administrator: units, people, accounts, channels, settings."""
