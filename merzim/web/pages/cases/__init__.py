"""Pages of one case, and the actions on it."""
