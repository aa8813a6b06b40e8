"""Every obligation of every edition: opened, computed or explained, recorded, and reminded of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest

from calendars.terms import AtOnce, Before, Embargo, OngoingDuty, PerPeriod, Target, WithoutTerm, periods
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from tests.checking import check_each
from tests.law import CALENDAR, library
from workflow.cases.case import AWAITED, Case, Fact
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Obligation, Procedure
from workflow.moments import Moment
from workflow.org.kinds import GROUPS, KINDS
from workflow.org.office import OUTSIDE
from workflow.reminders import next_step, steps_of

TODAY = date(2028, 3, 1)
NOW = datetime(2028, 3, 1, 7, 0, tzinfo=UTC)
AT = Moment(by="officer", now=NOW, today=TODAY)
WHY_NOT = {
    WithoutTerm: "without_term",
    Before: "before_anchor",
    AtOnce: "at_once",
    Embargo: "embargo_until",
    OngoingDuty: "standing",
    Target: "target",
}
"""Terms without a due date, and the sentence that says so."""


class Asked(NamedTuple):
    """One obligation of one edition."""

    procedure: Procedure
    obligation: Obligation

    @property
    def begun(self) -> date:
        """A day on which a case may begin under the edition; of a yearly programme, the first of January."""
        first = self.procedure.in_force
        if self.procedure.opened == "yearly" and (first.month, first.day) != (1, 1):
            return date(first.year + 1, 1, 1)
        return first if self.procedure.opened == "yearly" else CALENDAR.find_following_working_day(first)


EDITIONS = [pytest.param(procedure, id=procedure.edition) for procedure in library().all()]
every = pytest.mark.parametrize("procedure", EDITIONS)


def obligations(procedure: Procedure) -> dict[str, Asked]:
    """Return the obligations of an edition by their ids."""
    return {obligation.id: Asked(procedure, obligation) for obligation in procedure.obligations}


@pytest.fixture(scope="module")
def case_commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseCommands]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('office') / 'office.db'}")
    create_or_migrate(engine)
    yield CaseCommands(SqlLedger(engine), library(), CALENDAR)
    engine.dispose()


@every
def test_every_obligation_is_counted_or_says_why_not(procedure: Procedure) -> None:
    """With what it waits for having happened there is a date; without a number there is a sentence instead."""
    check_each(obligations(procedure), _is_counted_or_says_why_not)


def _is_counted_or_says_why_not(requirement: Asked) -> None:
    deadlines = _deadlines(requirement)

    assert deadlines, "the case has no deadline of it"
    for deadline in deadlines:
        codes = {element.code for element in deadline.explanation}
        why_not = WHY_NOT.get(type(requirement.obligation.term))
        why_not = "window_closes" if requirement.obligation.is_right else why_not
        if why_not is None:
            assert deadline.due is not None or "beyond_horizon" in codes, codes
        else:
            assert deadline.due is None
            assert why_not in codes, codes


@every
def test_every_obligation_can_be_recorded(procedure: Procedure, case_commands: CaseCommands) -> None:
    """Recorded by a command in a database, it is done; an ongoing duty remains ongoing.

    Obligations that wait for the same facts are recorded in one case."""
    alike: dict[str, list[Asked]] = {}
    for requirement in obligations(procedure).values():
        alike.setdefault(" ".join(_happened(requirement)), []).append(requirement)
    check_each(alike, lambda requirements: _can_be_recorded(requirements, case_commands))


def _can_be_recorded(requirements: Sequence[Asked], case_commands: CaseCommands) -> None:
    case = _opened(requirements[0], case_commands)
    before = case_commands.view(case.id, today=TODAY).deadlines
    recorded: dict[str, tuple[str, date]] = {}
    for requirement in requirements:
        deadline = next(deadline for deadline in before if deadline.obligation == requirement.obligation)
        on = max(requirement.begun, _first_day(deadline, requirement))
        answers = [option.fact for option in requirement.obligation.options]
        names = [
            answers[0] if answers else deadline.id,
            *(f"{deadline.id}#{n}" for n in range(2, _times(requirement.obligation) + 1)),
        ]
        for name in names:
            if name not in case.facts:
                case_commands.write(case.id, AT, recording.record, name, on=on)
        standing = isinstance(requirement.obligation.term, OngoingDuty)
        recorded[deadline.id] = ("standing" if standing else "done", on)

    after = case_commands.view(case.id, today=TODAY).deadlines
    assert {d.id: (d.state, d.recorded_on) for d in after if d.id in recorded} == recorded


@every
def test_every_edition_is_asked_of_somebody(procedure: Procedure) -> None:
    """The kinds it names are kinds there are, and no obligation of it is for kinds the whole is not for."""
    kinds = _kinds(procedure.applies_to)

    assert kinds
    for obligation in procedure.obligations:
        assert _kinds(obligation.only_for) & kinds, obligation.id


def _kinds(names: tuple[str, ...]) -> set[str]:
    return {kind for name in names for kind in GROUPS.get(name, {name})} if names else set(KINDS)


def _waits_for(procedure: Procedure, obligation: Obligation) -> set[str]:
    """What must have happened before it is asked and counted: its branch, its anchor, and theirs in turn."""
    facts: set[str] = set()
    waiting = [obligation]
    while waiting:
        pending_obligation = waiting.pop()
        since = pending_obligation.recurs.since if pending_obligation.recurs else None
        for fact in (pending_obligation.when, pending_obligation.since, since):
            if fact and fact not in facts:
                facts.add(fact)
                waiting.append(procedure.by_id[fact])
    return facts - {obligation.id}


def _happened(requirement: Asked) -> dict[str, date]:
    """Those facts, and the beginning, on the first day; a recurring one in the periods of its own."""
    procedure = requirement.procedure
    names = {procedure.begins_with, *_waits_for(procedure, requirement.obligation)} - {
        requirement.obligation.id
    }
    return {name: requirement.begun for name in sorted(names) if procedure.by_id[name].recurs is None}


def _case(requirement: Asked) -> Case:
    facts = _happened(requirement)
    planned = (
        {requirement.obligation.id: requirement.begun + timedelta(days=30)}
        if requirement.obligation.occasional
        else {}
    )
    return Case(
        id="2028-0001",
        procedure=requirement.procedure.id,
        edition=requirement.procedure.edition,
        facts={name: Fact(name=name, on=on) for name, on in facts.items()},
        planned=planned,
    )


def _deadlines(requirement: Asked) -> tuple[Deadline, ...]:
    chain = deadlines(_case(requirement), requirement.procedure, CALENDAR, today=requirement.begun)
    return tuple(deadline for deadline in chain if deadline.obligation == requirement.obligation)


def _opened(requirement: Asked, case_commands: CaseCommands) -> Case:
    """The case opened through the desk, under the edition in question."""
    facts = _happened(requirement) or {requirement.procedure.begins_with: requirement.begun}
    opening = Opening(again=True, procedure=requirement.procedure.id, unit="office", facts=facts)
    case = case_commands.open(opening, at=AT)

    assert case.edition == requirement.procedure.edition
    return case


def _first_day(deadline: Deadline, requirement: Asked) -> date:
    """The first day of the period a recurring obligation is recorded for."""
    if deadline.period is None:
        return requirement.begun
    year = int(deadline.period[:4])
    return date(year, 12, 28) if year < TODAY.year else requirement.begun


def _times(obligation: Obligation) -> int:
    term = obligation.term
    return term.count if isinstance(term, PerPeriod) else 1


OPENED = date(2026, 3, 2)
ALL_EDITIONS = library().all()
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
        and not isinstance(obligation.term, OngoingDuty | Target)
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


@pytest.mark.parametrize("edition", ALL_EDITIONS, ids=lambda edition: str(edition.edition))
def test_a_dead_case_hears_of_every_duty_the_law_obliges_to(edition: Procedure) -> None:
    """Everything a duty follows is recorded, the duty is not: some day within two years it is asked for."""
    silent = [duty.id for duty in obliging(edition) if not is_reminded_of(edition, duty, dead(edition, duty))]
    assert silent == []
