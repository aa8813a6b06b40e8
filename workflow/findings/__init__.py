"""Findings: where a case departs from what was asked, of its terms, its numbers and its registers."""
