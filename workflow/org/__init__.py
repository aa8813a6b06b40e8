"""The organisation: units, people, duties, access and office time."""
