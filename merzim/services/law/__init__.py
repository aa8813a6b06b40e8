"""The organisation's law: adopted editions, acts of one organisation, calendar acts."""
