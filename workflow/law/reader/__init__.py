"""Reads editions, own rules and scoring from the text of files. Pure: the caller opens the files."""

from workflow.law.reader.edition import read
from workflow.law.reader.table import Problem, UnreadableRegulation, parsed

__all__ = ["Problem", "UnreadableRegulation", "parsed", "read"]
