"""Opening a case: what is requested, its edition, its organisation, and the first events of its chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from calendars.kazakhstan import Kazakhstan
from workflow.board.portfolio import APPROVAL
from workflow.cases.case import Case, Event, EventDraft, evidence_payload
from workflow.law.library import Library, known_fact
from workflow.law.procedure import Procedure, Text
from workflow.moments import Moment
from workflow.org.kinds import among
from workflow.org.office import Office
from workflow.ports import Ledger
from workflow.refusal import Refusal


class NotForKind(Refusal, ValueError):
    """The procedure is not for organisations of that kind."""

    def __init__(self, procedure: Procedure, unit: str | Text, kind: str) -> None:
        allowed = procedure.applies_to
        super().__init__("not_for_kind", procedure=procedure.title, unit=unit, kind=kind, allowed=allowed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """A request to open a case. Plan dates and facts are by fact name (local dates).

    Attributes:
        edition: its name, if not the edition in force on the earliest date given.
        object_kk, object_ru: the object in the nominative, for the passport.
        person: key of the person the case is about.
        again: confirms a second case of a procedure that is opened once.
        exempted: obligations (with their periods) the case is exempted from -> the ground.
        row: id of the register row the case is opened for.
        readers: keys of people who may read a confidential case, besides the person who opens it.
        entries: rows its registers begin with.
        kept_from: local date from which the office keeps records of the case; None is the office's first day.
    """

    procedure: str
    edition: str = ""
    unit: str = ""
    object: str = ""
    object_kk: str = ""
    object_ru: str = ""
    person: str = ""
    again: bool = False
    readers: tuple[str, ...] = ()
    planned: Mapping[str, date] = field(default_factory=dict)
    facts: Mapping[str, date] = field(default_factory=dict)
    responsible: Mapping[str, str] = field(default_factory=dict)
    exempted: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    row: str = ""
    entries: tuple[EventDraft, ...] = ()
    kept_from: date | None = None


def in_schedule_of(case: Case, opening: Opening) -> Opening:
    """Return the opening of a case that stands in the schedule of another: with its approval and document.

    A schedule of a year is approved once for all its cases (map 000, row 1).

    Raises:
        Refusal: no schedule was approved there, or on another day than the opening says.
    """
    approval = case.facts.get(APPROVAL)
    if approval is None:
        raise Refusal("no_schedule_approved", case=case.id)
    if opening.facts.get(APPROVAL, approval.on) != approval.on:
        raise Refusal("schedule_of_another_day", case=case.id, known=approval.on, on=opening.facts[APPROVAL])
    proof: dict[str, object] = {"evidence": evidence_payload(approval.evidence)} if approval.evidence else {}
    if approval.signed_by:
        proof["signed_by"] = approval.signed_by
    proved: tuple[EventDraft, ...] = (("evidence", APPROVAL, approval.on, proof),) if proof else ()
    return replace(opening, facts={**opening.facts, APPROVAL: approval.on}, entries=(*opening.entries, *proved))


def edition_for(opening: Opening, library: Library, *, today: date) -> Procedure:
    """Return the edition the opening names, else the one in force on its earliest fact or plan date, or today
    when it has none.

    Raises Refusal: there is no such procedure or edition, or none was in force.
    """
    days = [*opening.facts.values(), *opening.planned.values()]
    first = min(days, default=today)
    return library.named(opening.edition) if opening.edition else library.edition(opening.procedure, first)


def checked(
    opening: Opening,
    library: Library,
    calendar: Kazakhstan,
    ledger: Ledger,
    office: Callable[[], Office],
    *,
    today: date,
    of_row: bool,
) -> tuple[Opening, Procedure, str]:
    """Return an opening that may be carried out, its object filled with the body its organisation is by name
    where the act names bodies; its edition; and the kind of its organisation, "" where it is unknown or not
    needed.

    Args:
        of_row: as in `check_plan_date`.

    Raises:
        Refusal: as `edition_for`; an unknown fact, or a fact after today; a second case of a procedure that is
            opened once, which the user has not confirmed.
        OutOfRange: a day beyond the records.
        NotForKind: the procedure is not for its organisation.
    """
    procedure = edition_for(opening, library, today=today)
    for fact, on in opening.planned.items():
        known_fact(procedure, fact)
        check_plan_date(on, calendar, of_row=of_row)
    for fact, on in opening.facts.items():
        obligation = known_fact(procedure, fact)
        calendar.is_working_day(on)  # raises beyond the records
        if on > today:
            raise Refusal("fact_in_future", title=obligation.title, on=on, today=today)
    if procedure.bodies and not opening.object:
        opening = replace(opening, object=procedure.body_of(office(), opening.unit))
    kind = office().kind_of(opening.unit) if procedure.depends_on_kind else ""
    if not among(kind, procedure.applies_to):
        unit = office().units.get(opening.unit or office().root)
        name = Text(unit.name_in("kk"), unit.name_in("ru"), unit.name) if unit else opening.unit or "–"
        raise NotForKind(procedure, name, kind)
    place = procedure.id, opening.unit, procedure.body_named(opening.object)
    if procedure.opened == "once" and not opening.again and (case := ledger.active_case(*place)):
        raise Refusal("opened_once", procedure=procedure.title, case=case)
    return opening, procedure, kind


def check_plan_date(on: date, calendar: Kazakhstan, *, of_row: bool) -> None:
    """Refuse a plan date beyond the calendar's records.

    Args:
        of_row: whether it comes from a register row: a certificate may end after the last day of the records.
            Terms counted from it have no due date until the records reach it.

    Raises:
        OutOfRange: the day lies beyond the records.
    """
    if not (of_row and on > calendar.last):
        calendar.is_working_day(on)


def first_events(
    name: str, opening: Opening, procedure: Procedure, kind: str, *, at: Moment
) -> tuple[Event, ...]:
    """Return the first events of the case `name`: opened; its plan dates, facts, exemptions, register rows."""
    payload: dict[str, object] = {
        "procedure": procedure.id,
        "edition": procedure.edition,
        "digest": procedure.digest,
        "unit": opening.unit,
        "object": procedure.body_named(opening.object),
    }
    payload |= {name: text for name in ("object_kk", "object_ru") if (text := getattr(opening, name))}
    if kind:
        payload["kind"] = kind
    if opening.person:
        payload["person"] = opening.person
    if procedure.confidential:
        payload |= {"confidential": True, "readers": sorted({at.by, *opening.readers})}
    if opening.responsible:
        payload["responsible"] = dict(opening.responsible)
    if opening.row:
        payload["row"] = opening.row
    if opening.kept_from:
        payload["kept_from"] = opening.kept_from.isoformat()
    if opening.notes:
        payload["notes"] = list(opening.notes)
    drafts: list[EventDraft] = [("opened", procedure.id, None, payload)]
    drafts += [("planned", fact, on, {}) for fact, on in opening.planned.items()]
    drafts += [("fact", fact, on, {}) for fact, on in opening.facts.items()]
    drafts += [
        ("exempted", obligation, None, {"ground": ground}) for obligation, ground in opening.exempted.items()
    ]
    drafts += opening.entries
    return tuple(
        Event(case=name, seq=seq, kind=kind, name=event_name, on=on, at=at.now, by=at.by, payload=data)
        for seq, (kind, event_name, on, data) in enumerate(drafts, 1)
    )
