"""Reads the law as data: editions and registers, the shipped ones and the organisation's own."""
