"""Findings: departures of a case from its terms, in its numbers and in its registers."""
