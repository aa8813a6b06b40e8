"""Registers: lists an office keeps, described as data (`regulations/registers/`), and their campaigns."""
