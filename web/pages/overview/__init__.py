"""The overview, and the lists its figures open."""
