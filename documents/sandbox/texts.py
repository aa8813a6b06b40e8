"""Texts of acts and own rules: read once where they can do no harm, before they are read where they are needed.

A key of thirty thousand dots keeps Python's reader of TOML busy for ten seconds. A text that is read to its end
here has no keys but those we know, and is read again in a moment.
"""

from __future__ import annotations

from calendars.records import parse
from workflow.law.reader.overlay import read_overlay


def check_act(data: bytes, name: str) -> None:
    """Read the text of an act that moves days: `calendars.records.parse`."""
    parse(data.decode("utf-8", "surrogatepass"), name=name)


def check_rules(data: bytes, name: str) -> None:
    """Read an organisation's own rules: `workflow.law.reader.overlay`."""
    read_overlay(name, data)
