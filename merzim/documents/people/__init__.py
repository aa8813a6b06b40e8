"""Reads and writes the table of people: duties, units, absences, and the meaning of names in schedules."""
