"""Claimed notices become letters, true on the day they leave; or turn out to be needed no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from calendars.calendar import Calendar
from notifications.channels import Channel, Parcel
from notifications.losing import lost_letter
from notifications.notice import Notice, Outcome
from notifications.ports import Outbox
from notifications.recipients import told, ways
from notifications.rules import Rules
from notifications.texts import Matter, entry, letter
from workflow.board import WAITING
from workflow.case import Case
from workflow.chain import deadline as one_deadline
from workflow.deadline import Deadline
from workflow.library import Library
from workflow.office import Office, Told, with_officer
from workflow.procedure import Procedure
from workflow.refusal import Refusal
from workflow.reminder import ladder_of, rung_named


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """Letters ready to go, and what has become of the notices that need none (by key)."""

    parcels: tuple[Parcel, ...]
    settled: Mapping[str, Outcome]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Desk:
    """What all letters of a batch are written with."""

    channels: Sequence[Channel]
    office: Office
    calendar: Calendar
    today: date
    rules: Rules


def compose(
    notices: Sequence[Notice],
    channels: Sequence[Channel],
    outbox: Outbox,
    library: Library,
    calendar: Calendar,
    *,
    today: date,
    rules: Rules,
) -> Composed:
    """A letter for each of the notices that still has something to say.

    A notice whose obligation is done, no longer required, or due on another day by now is `withdrawn`. What
    cannot be written (its edition is gone) is `queued`: somebody may mend it before its attempts are spent.
    """
    office = with_officer(outbox.office(), rules.officer, language=rules.officer_language)
    desk = _Desk(channels=channels, office=office, calendar=calendar, today=today, rules=rules)
    cases = outbox.cases({notice.case for notice in notices})
    known: dict[tuple[str, str], Deadline | None] = {}
    parcels, settled = [], dict[str, Outcome]()
    for notice in notices:
        if notice.kind == "lost":
            parcels.append(_about_lost(notice, desk))
            continue
        try:
            case = cases[notice.case]
            procedure = library.named(case.edition)
            place = (notice.case, notice.obligation)
            if place not in known:
                known[place] = one_deadline(case, procedure, calendar, notice.obligation, today=today)
            deadline = known[place]
            if deadline is None or deadline.due != notice.due or deadline.state not in WAITING:
                settled[notice.key] = Outcome(state="withdrawn", answer="")
                continue
            parcels.append(_parcel(notice, case, procedure, deadline, desk))
        except (Refusal, LookupError) as trouble:
            settled[notice.key] = Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")
    return Composed(parcels=tuple(parcels), settled=settled)


def _about_lost(notice: Notice, desk: _Desk) -> Parcel:
    channel, key = str(notice.about["channel"]), str(notice.about["person"])
    officer, person = (desk.office.people.get(one) for one in (notice.person, key))
    said = lost_letter(
        officer=officer.name if officer else notice.address,
        person=person.name if person else key,
        channel=channel,
        key=key,
        language=notice.language,
    )
    return Parcel(notice=notice, letter=said, name=officer.name if officer else notice.address)


def _parcel(notice: Notice, case: Case, procedure: Procedure, deadline: Deadline, desk: _Desk) -> Parcel:
    hearers = _hearers(notice, case, procedure, deadline, desk)
    person = desk.office.people.get(notice.person)
    name = person.name if person else notice.address
    unit = desk.office.units.get(case.unit)
    matter = Matter(
        case=case,
        procedure=procedure,
        deadline=deadline,
        unit=unit.name if unit else case.unit,
        name=name,
        told=hearers.get(notice.person),
        others=tuple(one.person.name for key, one in hearers.items() if key != notice.person),
        public_address=desk.rules.public_address,
    )
    said = letter(matter, desk.calendar, language=notice.language, today=desk.today)
    item = entry(matter, language=notice.language, domain=desk.rules.domain, queued_at=notice.queued_at)
    said = replace(said, entry=item, settings=_settings(desk))
    return Parcel(notice=notice, letter=said, name=name)


def _settings(desk: _Desk) -> str:
    """Whom to write to about being reminded otherwise: the officer."""
    officer = desk.office.people.get(desk.office.officer or "")
    return f"mailto:{officer.email}?subject=Merzim" if officer and officer.email else ""


def _hearers(
    notice: Notice, case: Case, procedure: Procedure, deadline: Deadline, desk: _Desk
) -> Mapping[str, Told]:
    """Who hears of the same rung, by key, as the office is today."""
    ladder = ladder_of(case, procedure, deadline.id, notice.due, desk.calendar)
    rung = rung_named(ladder, notice.rung)
    if rung is None:
        return {}
    people, _ = told(desk.office, case, deadline.obligation, notice.obligation, rung, on=desk.today)
    hearers: dict[str, Told] = {}
    for one in people:
        for _, reached in ways(one, desk.channels, desk.office):
            hearers.setdefault(reached.person.key, reached)
    return hearers
