"""The rows of a case's forms: the works of its schedule; its risks with their measures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from papers.forms.risk_rows import RiskRow, rows_of
from papers.people_words import DUTY_TITLES
from words import date_long, days_list, say, span
from workflow.office import DUTIES

if TYPE_CHECKING:
    from papers.forms import Form
    from workflow.deadline import Deadline
    from workflow.desk import View

Row = dict[str, object]


def schedule_rows(view: View, language: str) -> list[Row]:
    """The works of a case in the order of its procedure, each with its term and who answers for it.

    The start and the end of the analysis are one work. What happens only on occasion is not planned.
    """
    works: dict[str, list[Deadline]] = {}
    for deadline in view.deadlines:
        asked = deadline.obligation
        if deadline.state != "not_required" and not asked.occasional and asked.id != "analysis_ended":
            works.setdefault(asked.id, []).append(deadline)
    return [
        {
            "work": _work(deadlines[0], language),
            "term": _term(view, deadlines, language),
            "responsible": _responsible(view, deadlines[0], language),
        }
        for deadlines in works.values()
        if any(one.planned_on or one.recorded_on or one.due for one in deadlines)
        or deadlines[0].obligation.blocking
    ]


def risk_rows(form: Form, view: View, language: str) -> list[Row]:
    """The risks of a case, one row for each measure; nothing for a form that does not ask for them."""
    return rows_of(form, _risks(view, language))


def _risks(view: View, language: str) -> Iterator[RiskRow]:
    return iter(())


def _work(deadline: Deadline, language: str) -> str:
    asked = deadline.obligation
    return say("form.work.analysis", {}, language) if asked.id == "analysis_started" else asked.title[language]


def _term(view: View, deadlines: list[Deadline], language: str) -> str:
    only = deadlines[0]
    if only.obligation.id == "analysis_started":
        end = next((one for one in view.deadlines if one.obligation.id == "analysis_ended"), None)
        first = only.recorded_on or only.planned_on
        last = end and (end.recorded_on or end.planned_on)
        if first and last and first <= last:
            return span(first, last, language)
    if len(deadlines) > 1:
        return days_list(tuple(one.due for one in deadlines if one.due), language)
    day = only.recorded_on or only.planned_on
    if day:
        return date_long(day, language)
    return say("form.term.until", {"on": only.due}, language) if only.due else ""


def _responsible(view: View, deadline: Deadline, language: str) -> str:
    named = view.case.responsible.get(deadline.obligation.id)
    return named or DUTY_TITLES[DUTIES.index(deadline.obligation.duty)][language]
