"""Rows of yearly reports from the registers of many cases: talks held, the content of the cartogram."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from workflow.cases.registers.exposure import SECTIONS, exposure
from workflow.registers.rows import name_in

if TYPE_CHECKING:
    from documents.forms import Form
    from services.documents.rows import Row
    from workflow.cases.case import Case
    from workflow.org.office import Office

REPORTED = ("ethics_report", "cartogram_report")
"""The reports whose rows come from registers."""


def objects(cases: Iterable[Case], office: Office, year: int, language: str) -> list[Row]:
    """Return the objects of a year with the days of analysis in each, the earliest first.

    A case that begins in the year without a known end has no term yet.
    """
    found: list[tuple[date, Row]] = []
    for case in cases:
        first, last = _day_of(case, "analysis_started"), _day_of(case, "analysis_ended")
        if case.standing == "active" and first and first.year == year:
            unit = name_in(office, case.unit, language)
            about = case.object_in(language)
            row: Row = {
                "object": about or unit,
                "unit": unit if about and unit != about else "",
                "period": (first, last) if last and first <= last else None,
                "responsible": case.responsible.get("analysis_started", ""),
            }
            found.append((first, row))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _day_of(case: Case, name: str) -> date | None:
    return case.facts[name].on if name in case.facts else case.planned.get(name)


def period_rows(form: Form, cases: Iterable[Case], office: Office, year: int, language: str) -> list[Row]:
    """Return a report's rows for a year from the registers; empty for a report that has no register."""
    match form.id:
        case "ethics_report":
            return sorted((row for case in cases for row in _talks(case, office, year, language)), key=_day)
        case "cartogram_report":
            return [row for case in cases for row in _cartogram(case, year)]
        case _:
            return []


def _talks(case: Case, office: Office, year: int, language: str) -> list[Row]:
    """Return one row for each person talked to, because each scores."""
    return [
        {
            "work": "2",
            "name": name_in(office, talk.holder, language),
            "post": position.title,
            "held_on": talk.on,
            "work_done": talk.topic,
        }
        for position in exposure(case).positions.values()
        for talk in position.talks
        if talk.on.year == year
    ]


def _cartogram(case: Case, year: int) -> list[Row]:
    """Return each department and district once in each section, with the link that proves it."""
    shown = exposure(case).cartogram
    if shown is None or shown.on.year != year:
        return []
    link = next((one.reference for one in shown.evidence if one.reference.startswith("http")), "")
    places = dict.fromkeys((line.section, line.department or line.district) for line in shown.lines)
    return [
        {
            "section": str(SECTIONS.index(section) + 1),
            "subsection": place,
            "updated_on": shown.on,
            "link": link,
        }
        for section, place in places
    ]


def _day(row: Row) -> str:
    return str(row["held_on"])
