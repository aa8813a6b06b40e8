"""Pages of the list of analyses: filters, search, export."""
