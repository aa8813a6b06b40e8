"""People and units: the staff, its table, the directory, who leaves and is anonymised."""
