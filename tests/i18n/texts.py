"""Explanation elements and texts written by hand for the i18n tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

START = date(2026, 4, 13)


@dataclass(frozen=True, slots=True)
class Titled:
    """A text in the three languages."""

    kk: str
    ru: str
    en: str


@dataclass(frozen=True, slots=True)
class Told:
    """One element of an explanation."""

    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


ANNOUNCEMENT = Titled(
    "Ішкі талдаудың басталғаны туралы хабарландыру", "Объявление о начале анализа", "Announcement of the start"
)
BEGINNING = Titled("Талдаудың басталуы", "Начало анализа", "Start of the analysis")
INSTRUCTION = Titled(
    "№4 ҮББ жобаларын орындау жөніндегі нұсқаулық",
    "Инструкция по исполнению проектов ТБН №4",
    "Instruction on the projects of Typical Base Direction No. 4",
)


def april(*days: int) -> tuple[date, ...]:
    """Days of April 2026."""
    return tuple(date(2026, 4, day) for day in days)


def announcement() -> list[Told]:
    """Why the start of an analysis on 13 April 2026 is announced by 30 March."""
    march = (date(2026, 3, 31), date(2026, 3, 30))
    return [
        Told("due_by", {"title": ANNOUNCEMENT, "on": march[1]}),
        Told("basis", {"act": INSTRUCTION, "paragraph": "P1.T1.S3"}),
        Told("anchor_planned", {"title": BEGINNING, "on": START, "counted": False}),
        Told("working_days_before", {"count": 10, "days": (*april(10, 9, 8, 7, 6, 3, 2, 1), *march)}),
        Told("days_off", {"days": april(4, 5, 11, 12)}),
    ]
