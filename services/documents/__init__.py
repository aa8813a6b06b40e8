"""Documents the program writes: filled forms, the register of notices, packages, the coverage page."""
