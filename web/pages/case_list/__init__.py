"""The list of analyses: narrowed, searched, taken away."""
