"""Drawings: the map of risks and the cartogram, as SVG and as a workbook."""
