"""HTML pages, one package per area."""
