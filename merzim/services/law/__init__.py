"""The organisation's law: its own rules, adopted editions, calendar acts."""
