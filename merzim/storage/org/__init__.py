"""Storage of the office: units, people, their choices, adopted acts and rules, and the office's event chain."""
