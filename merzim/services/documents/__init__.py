"""Documents the program writes: filled forms, lists, packages."""
