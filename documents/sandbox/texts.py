"""Verifies TOML texts of acts and own rules in the reading process before the service parses them.

A key of thirty thousand dots keeps Python's TOML parser busy for ten seconds. A text that was read to its end
here has only known keys and is parsed again quickly.
"""

from __future__ import annotations

from calendars.records import parse
from workflow.law.reader.overlay import read_overlay


def check_act(data: bytes, name: str) -> None:
    """Refuse the text of an act that cannot be read: `calendars.records.parse`."""
    parse(data.decode("utf-8", "surrogatepass"), name=name)


def check_rules(data: bytes, name: str) -> None:
    """Refuse own rules that cannot be read: `workflow.law.reader.overlay`."""
    read_overlay(name, data)
