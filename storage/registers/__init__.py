"""Rows of registers: their chains, and the lists read from them."""
