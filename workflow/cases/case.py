"""A case: one analysis, computed from its events. Only the events are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple, cast, get_args

from pydantic import TypeAdapter

from calendars.hours import local_date
from workflow.languages import LANGUAGES

FactEvent = Literal["fact", "evidence", "planned", "corrected"]
StatusEvent = Literal["opened", "cancelled", "exempted", "reopened", "migrated"]
RiskEvent = Literal["risk_found", "risk_ranked", "risk_removed", "request_sent", "request_answered"]
MeasureEvent = Literal["measure_set", "measure_reviewed"]
PositionEvent = Literal["position_exposed", "position_cleared", "talk_held"]
RemarkEvent = Literal["remark_made", "remark_answered"]
AssignedEvent = Literal["assignment_given", "assignment_answered", "assignment_refused", "assignment_extended"]
RowEvent = Literal[RiskEvent, MeasureEvent, PositionEvent, RemarkEvent, AssignedEvent]
EntryKind = Literal[RowEvent, "cartogram_recorded", "row_edited"]
"""Kinds of events of registers inside the case: stored in it unchanged, and evaluated when the register is
read.
"""
OtherEvent = Literal["reader_named", "reader_removed", "notice", "withdrawn", "passport", "commented"]
EventKind = Literal[FactEvent, StatusEvent, EntryKind, OtherEvent]
ENTRIES: frozenset[str] = frozenset(get_args(EntryKind))
ROW_OF: Mapping[str, str] = {
    **dict.fromkeys(get_args(RiskEvent), "risk"),
    **dict.fromkeys(get_args(MeasureEvent), "measure"),
    **dict.fromkeys(get_args(PositionEvent), "position"),
    **dict.fromkeys(get_args(RemarkEvent), "remark"),
    **dict.fromkeys(get_args(AssignedEvent), "assignment"),
}
"""Kind of an event -> kind of the row it is about."""
DESCRIBES = ("risk_found", "measure_set", "position_exposed", "remark_made")
"""Kinds of events that enter a row or describe it anew, with all its values."""
BEGINS: Mapping[str, str] = {
    **{kind: ROW_OF[kind] for kind in (*DESCRIBES, "assignment_given")},
    "request_sent": "request",
}
"""Kind of an event that begins a record -> kind of the record; a request has the number of its risk."""
PASSPORT = "passport"
"""Kind of an edit of a case's passport, and the name of the latest one."""
PARTS: frozenset[str] = frozenset(
    {"corrected", "evidence", "planned", "cartogram_recorded", "row_edited", "commented", PASSPORT, *ROW_OF}
)
"""Kinds of events besides facts that can be withdrawn by themselves."""
MOVE_NOTHING = ("evidence", "notice", "commented")
"""Kinds of events that can move no date: a letter about a moved date names none of them as its cause."""
APPROVAL = "schedule_approved"
"""The fact that approves the plan dates recorded so far as the schedule of the analysis."""
PLAN = "plan."
"""Prefix that distinguishes a withdrawn plan date from the fact with the same name."""
CaseStatus = Literal["active", "cancelled", "exempted"]
State = Literal["not_due_yet", "open", "done", "missed", "not_required", "standing", "target", "window"]
"""States of an obligation. The last three require no action: a duty of every day, a figure not measured yet, a
right.
"""

STATES: tuple[State, ...] = get_args(State)
AWAITED: tuple[State, ...] = ("open", "not_due_yet")
"""States in which somebody must still act."""


class Wording(NamedTuple):
    """The words by which a schedule names an analysis: its object, and its unit as it was matched then."""

    object: str
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One document or link that proves a fact.

    Attributes:
        kind: what it is in the obligation's list ("link:site", "document:order"), or "" when not said.
        reference: an address, or the SHA-256 of a stored file.
        name: the file's own name, None for a link.
        published_on, written_on: the local dates of first publication, and that the document itself bears.
        recorded_at: the UTC moment it was recorded; ignored when documents are compared.
        type, size: the media type of a stored file, detected from its content, and its bytes.
        restricted: the ground for restricting access to it; empty where every reader of the case may see it.
    """

    kind: str
    reference: str
    name: str | None = None
    published_on: date | None = None
    written_on: date | None = None
    recorded_at: datetime | None = field(default=None, compare=False)
    type: str | None = None
    size: int | None = None
    restricted: str = ""


_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
ANSWERS = ("acknowledged", "put_off", "evidence_follows", "said_done", "not_mine")
"""Possible actions of a recipient on a notice, as stored in its event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event of the ledger. `on` is the local date it speaks of, `at` the UTC moment it was recorded."""

    case: str
    seq: int
    kind: EventKind
    name: str
    on: date | None
    at: datetime
    by: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    hash: str = ""

    @property
    def word(self) -> str:
        """Kind of the event as shown to people."""
        return event_word(self.kind, self.name, self.payload)

    @property
    def may_be_withdrawn(self) -> bool:
        """Whether the history offers to withdraw it; comments, assignments, facts of rows have own ways."""
        is_part = self.kind in PARTS and not self.kind.startswith(("commented", "assignment_"))
        return (self.kind == "fact" or is_part) and not self.payload.get("row")


def event_word(kind: str, name: str, payload: Mapping[str, Any]) -> str:
    """Return the kind of an event as shown to people: for a notice the action taken, for a reopening whether of
    one obligation, for what completes a record whether it is evidence.
    """
    answer = payload.get("what")
    if kind == "notice" and answer in ANSWERS:
        return f"notice_{answer}"
    if kind == "evidence" and "evidence" not in payload:
        return "completed"
    return "reopened_one" if kind == "reopened" and name else kind


def row_name(event: Event) -> str:
    """Return the name of the register row an event is about (`risk.3`); "" for none."""
    kind = ROW_OF.get(event.kind)
    return f"{kind}.{event.name}" if kind else event.name if event.kind == "row_edited" else ""


EventDraft = tuple[EventKind, str, date | None, dict[str, object]]
"""An event before it is stored: kind, name, the local date it speaks of, payload."""


def filled(**values: object) -> dict[str, object]:
    """Return the payload of an event: these values without empty ones ("", None, empty lists and tables)."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Something that happened: the day it happened, when and by whom it was recorded, and its evidence.

    Attributes:
        values: numbers recorded with it (people trained, people on the staff).
        signed_by: duty of the person who signed or approved it, "" when not recorded.
        row: the register row it was derived from; "" when a person recorded it.
    """

    name: str
    on: date
    at: datetime | None = None
    by: str = ""
    evidence: tuple[Evidence, ...] = ()
    values: Mapping[str, Decimal] = field(default_factory=dict)
    signed_by: str = ""
    row: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snooze:
    """A snoozed reminder: none before `until` (local date), as long as the due date is `due`."""

    until: date
    due: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """Reminders paused until `until` (local date) for a person who said it is done, with evidence to follow."""

    person: str
    until: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """A withdrawn record that was not recorded again: the day it spoke of, who withdrew it, when (UTC) and why.

    `title`: the title of a register row; "" for facts and plan dates.
    """

    on: date | None
    by: str
    at: datetime
    ground: str
    title: str = ""


class Exemption(NamedTuple):
    """An obligation the case was exempted from: why, by whom and when (UTC)."""

    ground: str = ""
    by: str = ""
    at: datetime | None = None

    @property
    def on(self) -> date | None:
        return local_date(self.at) if self.at else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """The state of one case, folded from its events.

    Attributes:
        object: what is analysed, in the words the case was opened with: those of a schedule, or of a person.
        object_kk, object_ru: its name by the passport, in the nominative; "" where nobody gave it.
        written: the names of this analysis in schedules; an import recognises it by any of them.
        group: members of the working group: name, post and role, divided by semicolons.
        period: first and last day (local dates, both included) of the activity that is analysed.
        responsible: who must do it, by key or in the words of a schedule, by obligation (with or without its
            period).
        kind: of the organisation, as known when the case was opened; "" when it was not known.
        person: key of whom the case is about, "" when it is about nobody.
        kept_from: the local date from which the office keeps records of it; what was due before is never
            overdue. None: from the beginning.
        confidential: visible only to people named as readers or notified of it.
        readers: keys of people (or names of accounts) who may read a confidential case.
        planned: plan dates by fact; `planned_at` the UTC moments at which each was first planned.
        exempted: obligations the case was exempted from, by id: all periods of one, or one of them.
        snoozed: snoozed reminders, by id of the obligation with its period; the latest counts.
        quiet: people whose reminders are paused, by the same id.
        entries: events of its register rows (risks, measures, positions, remarks), without hashes.
        withdrawn: records withdrawn and not recorded again: a fact by its name, a plan date as `plan.` and the
            fact's name, a row of a register as `risk.3`.
        seq, head: number and hash of its last event; digest: that of the edition's file.
    """

    id: str
    procedure: str
    edition: str
    digest: str = ""
    unit: str = ""
    object: str = ""
    object_kk: str = ""
    object_ru: str = ""
    written: tuple[Wording, ...] = ()
    group: tuple[str, ...] = ()
    period: tuple[date, date] | None = None
    kind: str = ""
    person: str = ""
    confidential: bool = False
    readers: frozenset[str] = frozenset()
    status: CaseStatus = "active"
    ground: str = ""
    opened_at: datetime | None = None
    kept_from: date | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    planned: Mapping[str, date] = field(default_factory=dict)
    planned_at: Mapping[str, datetime] = field(default_factory=dict)
    responsible: Mapping[str, str] = field(default_factory=dict)
    exempted: Mapping[str, Exemption] = field(default_factory=dict)
    snoozed: Mapping[str, Snooze] = field(default_factory=dict)
    quiet: Mapping[str, Quiet] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    entries: tuple[Event, ...] = ()
    withdrawn: Mapping[str, Withdrawal] = field(default_factory=dict)
    seq: int = 0
    head: str = ""

    def object_in(self, language: str) -> str:
        """Return the name of the object in a language, else in the other, else as the case was opened."""
        names = (self.object_ru, self.object_kk) if language != "kk" else (self.object_kk, self.object_ru)
        return names[0] or names[1] or self.object

    def lacks_object_in(self, language: str) -> bool:
        """Return whether the case has an object whose name in that language is missing from its passport."""
        names_by_language = {"kk": self.object_kk, "ru": self.object_ru}
        return bool(self.object_in(language)) and not names_by_language.get(language, self.object)

    def object_names(self) -> dict[str, str]:
        return {language: self.object_in(language) for language in LANGUAGES}

    @property
    def opened_on(self) -> date | None:
        return local_date(self.opened_at) if self.opened_at else None

    def day_of(self, name: str) -> date | None:
        """Return the day of a fact, else its plan date; None where it has neither."""
        return self.facts[name].on if name in self.facts else self.planned.get(name)

    def occurrences(self, name: str) -> tuple[Fact, ...]:
        """Return the fact of that name and its repetitions (`name#2`, `name#3`), ordered by day."""
        prefix = f"{name}#"
        facts = [fact for key, fact in self.facts.items() if key == name or key.startswith(prefix)]
        return tuple(sorted(facts, key=lambda fact: fact.on))


def exemption_of(case: Case, obligation: str) -> Exemption | None:
    """Return the exemption from an obligation (its id with its period), or from all its periods."""
    exempted = case.exempted
    return exempted.get(obligation) or exempted.get(obligation.partition(".")[0]) if exempted else None


def fold(events: Iterable[Event]) -> Case:
    """Compute a case from its events. Raises ValueError when there are none, or the first is not `opened`."""
    chain = tuple(events)
    effective = effective_events(chain)
    if not effective:
        raise ValueError("a case without events")
    return _changed(_opened(effective[0]), effective[1:], seq=chain[-1].seq, head=chain[-1].hash)


def with_rows(case: Case, events: Sequence[Event]) -> Case:
    """Return a case read without its events with the register rows they make, without evidence; for lists.
    `events`: of the kinds `ENTRIES` and `withdrawn` alone, in order.
    """
    return _changed(case, (_with_evidence(event, []) for event in effective_events(events)))


def _with_evidence(event: Event, items: Sequence[object]) -> Event:
    """Return an event with these items in place of its evidence, if it has any."""
    return (
        replace(event, payload={**event.payload, "evidence": items}) if "evidence" in event.payload else event
    )


def _changed(case: Case, events: Iterable[Event], **values: object) -> Case:
    """Return a case after further effective events; `values`: those of its fields that are given instead."""
    # Changed in place: a new case for each event would cost most of the time.
    changing = SimpleNamespace(**{name: getattr(case, name) for name in Case.__slots__})
    for event in events:
        vars(changing).update(_changes(cast(Case, changing), event))
    return Case(**{**vars(changing), **values})


def effective_events(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the events of a chain in order as if withdrawn records had never been recorded: without withdrawn
    events, and one of which some documents were withdrawn without these.
    """
    payloads = [event.payload for event in events if event.kind == "withdrawn"]
    lines = {seq for payload in payloads for seq in withdrawn_lines(payload)}
    documents = {place for payload in payloads for place in withdrawn_documents(payload)}
    touched = {seq for seq, _ in documents}

    def remaining(event: Event) -> Event:
        items = event.payload.get("evidence", ())
        return _with_evidence(
            event, [item for place, item in enumerate(items) if (event.seq, place) not in documents]
        )

    effective = (event for event in events if event.seq not in lines)
    return tuple(remaining(event) if event.seq in touched else event for event in effective)


def withdrawn_lines(payload: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the numbers of the events a withdrawal takes back entirely."""
    return tuple(payload.get("lines", ()))


def withdrawn_documents(payload: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    """Return the documents a withdrawal takes back: the number of the event, and the place in its evidence."""
    return tuple((seq, place) for seq, place in payload.get("documents", ()))


def evidence_of(event: Event) -> tuple[Evidence, ...]:
    """Return the documents and links an event recorded."""
    items = _EVIDENCE.validate_python(event.payload.get("evidence", ()))
    return tuple(replace(item, recorded_at=event.at) for item in items)


def values_of(payload: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the numbers in the payload of an event, by name."""
    return {name: Decimal(str(value)) for name, value in payload.get("values", {}).items()}


def evidence_payload(evidence: Iterable[Evidence]) -> list[dict[str, object]]:
    """Return evidence as stored in an event's payload: JSON values only, nothing empty."""
    rows: list[dict[str, object]] = _EVIDENCE.dump_python(
        tuple(evidence), mode="json", exclude={"__all__": {"recorded_at"}}, exclude_defaults=True
    )
    return rows


def merged_evidence(evidence: Iterable[Evidence], further_items: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return all evidence of a fact without duplicates; a document recorded again (now restricted, say)
    replaces its earlier entry and keeps the moment it was first recorded.
    """
    items_by_place = {(item.kind, item.reference): item for item in evidence}
    for item in further_items:
        place = (item.kind, item.reference)
        first = items_by_place.get(place)
        items_by_place[place] = replace(item, recorded_at=first.recorded_at) if first else item
    return tuple(items_by_place.values())


_OPENED = (
    *("procedure", "edition", "digest", "unit", "object", "object_kk", "object_ru"),
    *("kind", "person", "confidential", "responsible"),
)
"""Fields of a case that its first event gives as they are."""


def _opened(event: Event) -> Case:
    """Return the case as its first event opens it. Raises ValueError for another event."""
    if event.kind != "opened":
        raise ValueError(f"the first event of {event.case} is {event.kind}, not opened")
    payload = event.payload
    kept_from = payload.get("kept_from")
    return Case(
        id=event.case,
        **{name: payload[name] for name in _OPENED if name in payload},
        written=(Wording(payload.get("object", ""), payload.get("unit", "")),),
        readers=frozenset(payload.get("readers", ())),
        notes=tuple(payload.get("notes", ())),
        opened_at=event.at,
        kept_from=date.fromisoformat(kept_from) if kept_from else None,
    )


def _withdrawals_without(case: Case, record: str) -> Mapping[str, Withdrawal]:
    """Return a case's withdrawals except that of a record that is recorded again."""
    if record not in case.withdrawn:
        return case.withdrawn
    return {name: withdrawal for name, withdrawal in case.withdrawn.items() if name != record}


def _changes(case: Case, event: Event) -> dict[str, Any]:
    """Return the fields of a case that an event changes, with their new values."""
    if event.kind in ENTRIES:
        return _entered(case, event)
    match event.kind:
        case "fact" | "corrected":
            assert event.on is not None
            recorded_fact = case.facts.get(event.name) or Fact(name=event.name, on=event.on)
            fact = _proved(recorded_fact, event, on=event.on, at=event.at, by=event.by)
            withdrawn = _withdrawals_without(case, event.name)
            return {"facts": {**case.facts, event.name: fact}, "withdrawn": withdrawn}
        case "evidence":
            recorded_fact = case.facts[event.name]
            fact = _proved(recorded_fact, event, on=recorded_fact.on, at=recorded_fact.at, by=recorded_fact.by)
            return {"facts": {**case.facts, event.name: fact}}
        case "planned":
            assert event.on is not None
            return {
                "planned": {**case.planned, event.name: event.on},
                "planned_at": {event.name: event.at, **case.planned_at},
                "withdrawn": _withdrawals_without(case, PLAN + event.name),
            }
        case "withdrawn" if record := event.payload.get("record"):
            ground, title = event.payload.get("ground", ""), event.payload.get("title", "")
            withdrawal = Withdrawal(on=event.on, by=event.by, at=event.at, ground=ground, title=title)
            return {"withdrawn": {**case.withdrawn, record: withdrawal}}
        case "passport":
            return _described(case, event.payload)
        case "notice":
            return _of_notice(case, event)
        case _:
            return _of_status(case, event)


def _of_status(case: Case, event: Event) -> dict[str, Any]:
    """Return the fields an event changes in a case as a whole: its status, its readers, its edition; or the
    obligations it is exempted from. No fields for events of other kinds.
    """
    ground = event.payload.get("ground", "")
    match event.kind:
        case "exempted" if event.name:
            exemption = Exemption(ground, event.by, event.at)
            return {"exempted": {**case.exempted, event.name: exemption}}
        case "cancelled" | "exempted":
            return {"status": event.kind, "ground": ground}
        case "reader_named":
            return {"readers": case.readers | {event.name}}
        case "reader_removed":
            return {"readers": case.readers - {event.name}}
        case "reopened" if event.name:
            return {"exempted": {name: why for name, why in case.exempted.items() if name != event.name}}
        case "reopened":
            return {"status": "active", "ground": ""}
        case "migrated":
            lost = event.payload.get("lost", ())
            return {
                "edition": event.payload["edition"],
                "digest": event.payload.get("digest", ""),
                "facts": {name: fact for name, fact in case.facts.items() if name not in lost},
                "planned": {name: on for name, on in case.planned.items() if name not in lost},
            }
        case _:
            return {}


def _of_notice(case: Case, event: Event) -> dict[str, Any]:
    """Return the fields the answer to a reminder changes: until when it is silent, and for whom; or none."""
    what, until = event.payload.get("what"), event.on
    if what == "put_off" and until:
        later = Snooze(until=until, due=date.fromisoformat(event.payload["due"]))
        return {"snoozed": {**case.snoozed, event.name: later}}
    if what == "said_done" and until:
        quiet = Quiet(person=event.payload["person"], until=until)
        return {"quiet": {**case.quiet, event.name: quiet}}
    return {}


def _proved(fact: Fact, event: Event, *, on: date, at: datetime | None, by: str) -> Fact:
    """Return a fact with these day, moment and author, and with what an event adds to it: evidence and numbers
    beside its own; who signed and its row in place of its own.
    """
    payload = event.payload
    return Fact(
        name=fact.name,
        on=on,
        at=at,
        by=by,
        evidence=merged_evidence(fact.evidence, evidence_of(event)) if "evidence" in payload else fact.evidence,
        values={**fact.values, **values_of(payload)},
        signed_by=payload.get("signed_by", fact.signed_by),
        row=payload.get("row", fact.row),
    )


def _entered(case: Case, event: Event) -> dict[str, Any]:
    """Return the fields of a case that an event of its registers changes; who is responsible for a measure or
    an assignment is stored under the id of its obligation.
    """
    responsible = case.responsible
    if event.kind == "measure_set":
        responsible = {**responsible, f"measure.{event.name}": event.payload.get("responsible", "")}
    elif event.kind == "assignment_given":
        responsible = {**responsible, f"assignment.{event.name}": event.payload["assignee"]}
    elif event.kind == "row_edited" and event.name.startswith("measure.") and "responsible" in event.payload:
        responsible = {**responsible, event.name: event.payload["responsible"]}
    return {
        "entries": (*case.entries, replace(event, hash="")),
        "responsible": responsible,
        "withdrawn": _withdrawals_without(case, f"{BEGINS.get(event.kind)}.{event.name}"),
    }


def _described(case: Case, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a case that an edit of its passport changes."""
    fields = ("object_kk", "object_ru", "unit", "kind", "person")
    changes: dict[str, Any] = {name: payload[name] for name in fields if name in payload}
    changes["responsible"] = {**case.responsible, **payload.get("responsible", {})}
    if "group" in payload:
        changes["group"] = tuple(payload["group"])
    if "period" in payload:
        changes["period"] = tuple(map(date.fromisoformat, payload["period"])) or None
    if "written" in payload:
        changes["written"] = (*case.written, Wording(**payload["written"]))
    return changes
