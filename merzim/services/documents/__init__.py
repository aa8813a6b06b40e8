"""Documents the program writes: filled forms, the journal of notices, packages, the coverage page."""
