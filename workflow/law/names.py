"""Checks names of facts and obligations that users type against an edition."""

from __future__ import annotations

import re
from datetime import date

from calendars.terms import Period, PerPeriod
from workflow.law.procedure import Obligation, Option, Procedure
from workflow.periods import period_of
from workflow.refusal import Refusal, closest_first

_YEAR = re.compile(r"[12]\d{3}")
_AGAIN = re.compile(r"[2-9]|[1-9]\d{1,3}")


class UnknownFact(Refusal, LookupError):
    """The procedure has no fact of that name; `allowed` are those it has."""


def known_fact(procedure: Procedure, fact: str) -> Obligation:
    """Return the obligation a fact fulfils; a recurring one needs its period (`quarter_reported.2026Q3`).

    The second and later times in a period are numbered (`talk_held.2026-03#2`).

    Raises UnknownFact.
    """
    name, dot, period = fact.partition(".")
    obligation = procedure.by_id.get(name)
    if obligation is None:
        raise UnknownFact("unknown_fact", fact=fact, procedure=procedure.title, allowed=tuple(procedure.facts))
    if obligation.options:
        facts = tuple(option.fact for option in obligation.options)
        raise UnknownFact("fact_is_decision", title=obligation.title, allowed=facts)
    if obligation.recurs is None and dot:
        raise UnknownFact("fact_without_period", fact=fact, name=name)
    period, number_mark, number = period.partition("#")
    if obligation.recurs is not None:
        year = _YEAR.match(period)
        allowed = _periods_of(int(year[0]) if year else procedure.in_force.year, obligation.recurs.every)
        if year is None:
            raise UnknownFact("fact_needs_period", fact=fact, example=f"{name}.{allowed[0]}")
        if period not in allowed:
            raise UnknownFact("no_such_period", title=obligation.title, period=period, allowed=allowed)
    if number_mark and not (obligation.several or isinstance(obligation.term, PerPeriod)):
        raise UnknownFact("fact_once_a_period", fact=fact, title=obligation.title, name=f"{name}.{period}")
    if number_mark and not _AGAIN.fullmatch(number):
        raise UnknownFact("fact_number_from_two", fact=fact, example=f"{name}.{period}#2")
    return obligation


def _periods_of(year: int, every: Period) -> tuple[str, ...]:
    """Return the names of the periods of a year."""
    return tuple(dict.fromkeys(period_of(date(year, month, 1), every).name for month in range(1, 13)))


def known_obligation(procedure: Procedure, name: str) -> Obligation:
    """Return the obligation of an id; a period in the id is not looked at. Raises Refusal."""
    obligation = procedure.by_id.get(name.partition(".")[0])
    if obligation is None:
        raise Refusal("unknown_obligation", obligation=name, allowed=tuple(procedure.by_id))
    return obligation


def known_option(procedure: Procedure, decision: str, option: str) -> Option:
    """Return an option of a decision. Raises Refusal for an unknown decision or option."""
    question = procedure.decisions.get(decision)
    if question is None:
        code = "unknown_decision" if procedure.decisions else "no_decisions"
        allowed = closest_first(decision, procedure.decisions)
        raise Refusal(code, decision=decision, procedure=procedure.title, allowed=allowed)
    chosen_option = next((candidate for candidate in question.options if candidate.id == option), None)
    if chosen_option is None:
        allowed = tuple(candidate.id for candidate in question.options)
        raise Refusal("unknown_option", option=option, title=question.title, allowed=allowed)
    return chosen_option


def answering_fact(procedure: Procedure, name: str) -> str:
    """Return the fact of an answer written `decision=option`; any other name unchanged.

    Raises Refusal.
    """
    decision, equals, option = name.partition("=")
    return known_option(procedure, decision, option).fact if equals else name
