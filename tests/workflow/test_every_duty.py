"""Every obligatory duty of every edition is reminded of, also where the act names no number of days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from calendars.terms import Before, OngoingDuty, Target, Window
from tests.law import CALENDAR, library
from workflow.cases.case import Case, Fact
from workflow.cases.states import AWAITED
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Obligation, Procedure
from workflow.org.office import OUTSIDE
from workflow.periods import periods
from workflow.reminders import next_step, steps_of

OPENED = date(2026, 3, 2)
EDITIONS = library().all()
QUARTERS = tuple(periods("quarter", after=OPENED, until=date(2027, 3, 31)))


def followed(edition: Procedure, duty: Obligation) -> tuple[dict[str, date], dict[str, date]]:
    """The facts a duty follows, and the days that come by themselves; all without the duty itself."""
    facts: dict[str, date] = {}
    planned: dict[str, date] = {}
    places = {stage.id: place for place, stage in enumerate(edition.stages)}
    todo = [duty]
    while todo:
        obligation = todo.pop()
        earlier = [
            other.id
            for other in edition.obligations
            if other.blocking and not other.recurs and places[other.stage] < places[obligation.stage]
        ]
        # What is required before a fact is reminded of while that fact lies ahead.
        since = None if obligation is duty and isinstance(obligation.term, Before) else obligation.since
        begins = obligation.recurs.since if obligation.recurs else None
        for name in (obligation.when, since, begins, *obligation.after, *earlier):
            asked = edition.by_id[name] if name else duty
            fact = asked.options[0].fact if asked.options else asked.id
            names = [asked.name_in(span) for span in QUARTERS] if asked.recurs else [fact]
            if asked is duty or names[0] in facts or names[0] in planned:
                continue
            for name in names:
                (planned if asked.by_itself else facts)[name] = OPENED
            todo.append(asked)
    if isinstance(duty.term, Before) and duty.since:
        facts.pop(duty.since, None)
        planned[duty.since] = OPENED + timedelta(days=60)
    for option in duty.options:
        facts.pop(option.fact, None)
    if duty.occasional:
        planned[duty.id] = OPENED
    return facts, planned


def obliging(edition: Procedure) -> list[Obligation]:
    return [
        obligation
        for obligation in edition.obligations
        if obligation.force == "obligatory"
        and not (
            obligation.by_itself
            or obligation.practice
            or obligation.duty == OUTSIDE
            or (obligation.occasional and obligation.recurs)
        )
        and not isinstance(obligation.term, OngoingDuty | Target | Window)
    ]


def dead(edition: Procedure, obligation: Obligation) -> Case:
    """A case in which all a duty follows is recorded, and the duty is not; a rare one is planned for a day."""
    facts, planned = followed(edition, obligation)
    return Case(
        id="2026-0001",
        procedure=edition.id,
        edition=edition.edition,
        opened_at=datetime(2026, 3, 2, 7, 0, tzinfo=UTC),
        facts={name: Fact(name=name, on=on) for name, on in facts.items()},
        planned=planned,
    )


def is_reminded_of(edition: Procedure, obligation: Obligation, sample: Case) -> bool:
    """Whether a round within two years has a step of the duty to send; asked every fourth week."""
    for day in range(0, 730, 28):
        today = OPENED + timedelta(days=day)
        for deadline in deadlines(sample, edition, CALENDAR, today=today, bare=True):
            if deadline.obligation.id != obligation.id or deadline.state not in AWAITED:
                continue
            steps = steps_of(sample, edition, deadline.id, deadline, CALENDAR, today=today)
            step = next_step(steps, today=today)
            if step is not None and step.on <= today:
                return True
    return False


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: str(edition.edition))
def test_a_dead_case_hears_of_every_duty_the_law_obliges_to(edition: Procedure) -> None:
    """Everything a duty follows is recorded, the duty is not: some day within two years it is asked for."""
    silent = [duty.id for duty in obliging(edition) if not is_reminded_of(edition, duty, dead(edition, duty))]
    assert silent == []
