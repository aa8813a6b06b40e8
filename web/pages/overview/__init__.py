"""The overview page, and the lists behind its figures."""
