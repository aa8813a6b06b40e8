"""Renders the short citations of regulation files in words."""

from __future__ import annotations

import re
from functools import lru_cache

from i18n.entries import template

# Most telling first. "P1.T1.S3" is the instruction's project, task and subtask; "row 2" a row of a map.
_PROJECT = re.compile(r"P(?P<project>\d+)(?:\.T(?P<task>\d+)(?:\.S(?P<subtask>\d+))?)?(?P<intro> intro)?")
_NUMBERED = re.compile(r"(?P<kind>row|art\.|p\.|annex) (?P<number>\w+(?:\.\w+)*)(?:\((?P<inside>\w+)\))?")
_KINDS = {"row": "row", "art.": "article", "p.": "point", "annex": "annex"}


@lru_cache(maxsize=1024)
def paragraph(text: str, language: str) -> str:
    """Return a citation in words: "P1.T1.S3" -> "проект №1, задача 1, подзадача 3"; an unknown one unchanged.

    Also "P1 intro", "intro", "row 2", "art. 8(5)", "p. 16(5)", "p. 4.6.2", "annex 2"; several are separated by
    commas.
    """
    return ", ".join(_one(part.strip(), language) for part in text.split(",") if part.strip())


def _one(part: str, language: str) -> str:
    """Return one citation in words; an unknown one as it is written."""
    if part == "intro":
        return template("paragraph.intro", language)
    if found := _PROJECT.fullmatch(part):
        said = [_place(kind, language, found[kind]) for kind in ("project", "task", "subtask") if found[kind]]
        return ", ".join([*said, template("paragraph.intro", language)] if found["intro"] else said)
    if found := _NUMBERED.fullmatch(part):
        kind, inside = _KINDS[found["kind"]], found["inside"]
        if inside and kind in ("article", "point"):
            return _place(f"{kind}_point", language, found["number"], inside)
        return part if inside else _place(kind, language, found["number"])
    return part


def _place(kind: str, language: str, number: str, inside: str = "") -> str:
    """Return one part of a citation in words."""
    return template(f"paragraph.{kind}", language).format(number=number, inside=inside)
