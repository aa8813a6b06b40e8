"""Claimed notices become letters, true on the day they leave; or turn out to be needed no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from calendars.calendar import Calendar
from notifications.channels import Channel, Parcel
from notifications.notice import Notice, Outcome
from notifications.ports import Outbox
from notifications.recipients import reachable, told
from notifications.rules import Rules
from notifications.texts import Matter, letter
from workflow.board import WAITING
from workflow.case import Case
from workflow.chain import deadlines
from workflow.deadline import Deadline
from workflow.library import Library
from workflow.office import Office, Told, with_officer
from workflow.procedure import Procedure
from workflow.refusal import Refusal
from workflow.reminder import rung_named


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """Letters ready to go, and what has become of the notices that need none (by key)."""

    parcels: tuple[Parcel, ...]
    settled: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class _File:
    """A case with what its letters need."""

    case: Case
    procedure: Procedure
    deadlines: Mapping[str, Deadline]


def compose(
    notices: Sequence[Notice],
    channel: Channel,
    outbox: Outbox,
    library: Library,
    calendar: Calendar,
    *,
    today: date,
    rules: Rules,
) -> Composed:
    """A letter for each of a channel's notices that still has something to say.

    A notice whose obligation is done, no longer required, or due on another day by now is `withdrawn`. What
    cannot be written (its edition is gone) is `queued`: somebody may mend it before its attempts are spent.
    """
    office = with_officer(outbox.office(), rules.officer, language=rules.officer_language)
    cases = outbox.cases({notice.case for notice in notices})
    files: dict[str, _File] = {}
    parcels, settled = [], dict[str, Outcome]()
    for notice in notices:
        try:
            if notice.case not in files:
                files[notice.case] = _file(cases[notice.case], library, calendar, today=today)
            file = files[notice.case]
            deadline = file.deadlines.get(notice.obligation)
            if deadline is None or deadline.due != notice.due or deadline.state not in WAITING:
                settled[notice.key] = Outcome(state="withdrawn", answer="")
                continue
            parcels.append(_parcel(notice, channel, file, deadline, office, calendar, today=today, rules=rules))
        except (Refusal, LookupError) as trouble:
            settled[notice.key] = Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")
    return Composed(parcels=tuple(parcels), settled=settled)


def _file(case: Case, library: Library, calendar: Calendar, *, today: date) -> _File:
    procedure = library.named(case.edition)
    found = deadlines(case, procedure, calendar, today=today)
    return _File(case, procedure, {deadline.id: deadline for deadline in found})


def _parcel(
    notice: Notice,
    channel: Channel,
    file: _File,
    deadline: Deadline,
    office: Office,
    calendar: Calendar,
    *,
    today: date,
    rules: Rules,
) -> Parcel:
    hearers = _hearers(notice, channel, file, deadline, office, today=today)
    reader = next((one for one in hearers if one.person.key == notice.person), None)
    person = office.people.get(notice.person)
    name = person.name if person else notice.address
    unit = office.units.get(file.case.unit)
    matter = Matter(
        case=file.case,
        procedure=file.procedure,
        deadline=deadline,
        unit=unit.name if unit else file.case.unit,
        name=name,
        told=reader,
        others=tuple(one.person.name for one in hearers if one.person.key != notice.person),
        public_address=rules.public_address,
    )
    said = letter(matter, calendar, language=notice.language, today=today)
    return Parcel(notice=notice, letter=said, name=name)


def _hearers(
    notice: Notice, channel: Channel, file: _File, deadline: Deadline, office: Office, *, today: date
) -> tuple[Told, ...]:
    """Who hears of the same rung by the same channel, as the office is today."""
    ladder = file.procedure.ladders.get(deadline.obligation.ladder)
    rung = rung_named(ladder, notice.rung) if ladder else None
    if rung is None:
        return ()
    people, _ = told(office, file.case, deadline.obligation, notice.obligation, rung, on=today)
    reached = [reachable(one, channel, office) for one in people]
    return tuple({one.person.key: one for one in reversed(reached) if one}.values())[::-1]
