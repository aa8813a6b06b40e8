"""A year of many organisations: cases to open, whose analysis is due, one obligation consolidated over all."""
