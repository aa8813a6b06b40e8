"""Storage of the office: units, people, their choices, settings, and what it adopted, with its event chain."""
