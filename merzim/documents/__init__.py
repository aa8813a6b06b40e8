"""Reads and writes office documents: schedules, tables of people, past analyses, forms."""
