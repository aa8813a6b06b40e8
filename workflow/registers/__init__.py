"""Registers: lists an office keeps, their fields described as data (`regulations/registers/`)."""
