"""Pages for creating cases: opening by hand, for a year, from a schedule."""
