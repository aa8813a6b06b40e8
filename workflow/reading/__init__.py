"""From the text of a file to a value: editions, own rules, scoring. Pure: whoever calls has opened the file."""

from workflow.reading.edition import read
from workflow.reading.table import Problem, UnreadableRegulation, parsed

__all__ = ["Problem", "UnreadableRegulation", "parsed", "read"]
