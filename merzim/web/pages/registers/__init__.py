"""Pages of registers: the list of registers, the rows of one, one row with its form and history."""
