"""The date fields of an intended analysis in a form: plan dates and facts.

The same fields are used in an address (the planner) and in a form that writes (opening by hand).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from merzim.web.ui.form_values import parse_date
from workflow.law.names import known_fact
from workflow.law.procedure import Procedure, Text
from workflow.refusal import Refusal

PLANNED, HAPPENED = "planned.", "fact."
LONGEST = 40
MAX_FIELDS = 200
"""Maximum number of values in a form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DateField:
    """One date field of the form. Values stay as typed.

    Attributes:
        turning: whether other terms count from it, or it was filled in; the other fields are shown further
            down.
    """

    name: str
    title: Text
    turning: bool
    planned: str = ""
    happened: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedForm:
    """The values of the form: dates, and the fields as typed.

    Attributes:
        carried: values of another procedure's form, kept in case the reader returns to it.
        refusal: the first value that is not a date; the others are used nevertheless.
    """

    fields: tuple[DateField, ...]
    planned: Mapping[str, date]
    facts: Mapping[str, date]
    carried: tuple[tuple[str, str], ...] = ()
    refusal: Refusal | OutOfRange | None = None

    @property
    def empty(self) -> bool:
        return not self.planned and not self.facts


def intended(
    procedure: Procedure, answers: Iterable[tuple[str, str]], calendar: Kazakhstan, *, limit: int = MAX_FIELDS
) -> PlannedForm:
    """Return the values of a procedure's form; unknown names are ignored."""
    date_texts = {key: text.strip()[:LONGEST] for key, text in list(answers)[:limit] if text.strip()}
    planned: dict[str, date] = {}
    facts: dict[str, date] = {}
    refusal: Refusal | OutOfRange | None = None
    for key, text in date_texts.items():
        for prefix, target in ((PLANNED, planned), (HAPPENED, facts)):
            name = key.removeprefix(prefix)
            if name == key or not _is_fact(procedure, name):
                continue
            try:
                on = parse_date(text)
                calendar.is_working_day(on)
                target[name] = on
            except (Refusal, OutOfRange) as found:
                refusal = refusal or found
    return PlannedForm(
        fields=tuple(_date_fields(procedure, date_texts)),
        planned=planned,
        facts=facts,
        carried=tuple(
            (key, value)
            for key, value in date_texts.items()
            if key.startswith((PLANNED, HAPPENED)) and not _is_fact(procedure, key.partition(".")[2])
        ),
        refusal=refusal,
    )


def _is_fact(procedure: Procedure, name: str) -> bool:
    try:
        known_fact(procedure, name)
    except Refusal:
        return False
    return True


def _date_fields(procedure: Procedure, given: Mapping[str, str]) -> Iterable[DateField]:
    turning = procedure.anchors | {procedure.begins_with}
    single = [fact for fact in procedure.facts.values() if fact.recurs is None and not fact.by_itself]
    names = {fact.id for fact in single}
    # A recurring one stands in the form once the address names its period.
    periods = [
        key.partition(".")[2]
        for key in given
        if key.startswith((PLANNED, HAPPENED)) and key.partition(".")[2] not in names
    ]
    for fact in sorted(single, key=lambda fact: fact.id != procedure.begins_with):
        answered = bool({PLANNED + fact.id, HAPPENED + fact.id} & given.keys())
        yield _date_field(fact.id, fact.title, answered or (fact.id in turning and not fact.occasional), given)
    for name in dict.fromkeys(periods):
        if _is_fact(procedure, name):
            title = procedure.by_id[name.partition(".")[0]].title
            yield _date_field(name, title, True, given)


def _date_field(name: str, title: Text, turning: bool, given: Mapping[str, str]) -> DateField:
    return DateField(
        name=name,
        title=title,
        turning=turning,
        planned=given.get(PLANNED + name, ""),
        happened=given.get(HAPPENED + name, ""),
    )


def text(answer: str | None, *, longest: int = 300) -> str:
    """Return a value as one line, without control characters."""
    clean = "".join(sign for sign in answer or "" if sign.isprintable() or sign.isspace())
    return " ".join(clean.split())[:longest]
