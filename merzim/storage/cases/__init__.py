"""Storage of cases: an event chain for each, what is computed from it, evidence files, imported files."""
