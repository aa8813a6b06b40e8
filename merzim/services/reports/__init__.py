"""Reports across cases: monitoring, consolidated forms, points of a year, the cartogram, notices."""
