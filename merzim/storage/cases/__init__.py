"""Storage of cases: an event chain for each, its board rows, and the evidence files."""
