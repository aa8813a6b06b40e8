"""One case: its pages, and everything somebody does to it."""
