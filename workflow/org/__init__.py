"""The organisation: units, people, duties, access, office time, and entries of the audit log as values."""
