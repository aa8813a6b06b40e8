"""From the text of a file to a value: editions, own rules, scoring. Pure: whoever calls has opened the file."""

from workflow.law.reader.edition import read
from workflow.law.reader.table import Problem, UnreadableRegulation, parsed

__all__ = ["Problem", "UnreadableRegulation", "parsed", "read"]
