"""The office: units, people, what they chose, what was adopted; everything done stands in its own chain."""
