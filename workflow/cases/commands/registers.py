"""Commands on the other registers of a case: exposed positions, talks, the cartogram, remarks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from workflow.cases.case import Case, EventDraft, Evidence, evidence_payload
from workflow.cases.commands.desk import CaseCommands, Change
from workflow.cases.commands.risks import CannotEnter, happened, known_already
from workflow.cases.registers.entries import next_number
from workflow.cases.registers.exposure import CartogramLine, Position, exposure, lines_payload
from workflow.cases.registers.remarks import SOURCES, remarks
from workflow.closest_matches import closest_first


@dataclass(frozen=True, kw_only=True, slots=True)
class ExposedPosition:
    """A position as told. `number`: None takes the next one; a known number describes that position anew."""

    title: str
    number: int | None = None
    holder: str = ""
    why: str = ""
    department: str = ""
    district: str = ""
    approved_on: date | None = None


class RegisterCommands:
    """Commands. `now` is the UTC moment of the writing, `today` the local date of who writes."""

    def __init__(self, desk: CaseCommands) -> None:
        self._desk = desk

    def expose(
        self, case_id: str, position: ExposedPosition, *, on: date, by: str, now: datetime, today: date
    ) -> Change:
        """Enter a position into the list of a unit, or describe a known one anew; its talks stay."""
        happened(on, today)
        if position.approved_on is not None:
            happened(position.approved_on, today)
        if not position.title.strip():
            raise CannotEnter("risk.nothing_said")

        def events(case: Case) -> Sequence[EventDraft]:
            known = exposure(case).positions
            number = position.number or next_number(case, "position", known)
            payload = _told(position)
            before = known.get(number)
            if before is not None and before.cleared_on is None and _told(before) == payload:
                return ()
            return [("position_exposed", str(number), on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def clear(self, case_id: str, number: int, *, on: date, by: str, now: datetime, today: date) -> Change:
        """Take a position off the list."""
        happened(on, today)

        def events(case: Case) -> Sequence[EventDraft]:
            known = _position(case, number).cleared_on
            return [("position_cleared", str(number), on, {})] if known is None else ()

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def talk(
        self,
        case_id: str,
        number: int,
        *,
        on: date,
        by: str,
        now: datetime,
        today: date,
        holder: str = "",
        topic: str = "",
        evidence: Iterable[Evidence] = (),
    ) -> Change:
        """A preventive talk with who holds the position, or held it then (`holder`)."""
        happened(on, today)
        items = tuple(evidence)

        def events(case: Case) -> Sequence[EventDraft]:
            position = _position(case, number)
            who = holder.strip() or position.holder
            if not who:
                raise CannotEnter("risk.nobody_holds", position=number)
            if any(
                (one.on, one.holder, one.topic) == (on, who, topic) and known_already(items, one.evidence)
                for one in position.talks
            ):
                return ()
            payload: dict[str, object] = {"holder": who}
            if topic:
                payload["topic"] = topic
            if items:
                payload["evidence"] = evidence_payload(items)
            return [("talk_held", str(number), on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def record_cartogram(
        self,
        case_id: str,
        lines: Sequence[CartogramLine],
        *,
        on: date,
        by: str,
        now: datetime,
        today: date,
        evidence: Iterable[Evidence] = (),
    ) -> Change:
        """The cartogram as published on a day; the last one recorded counts."""
        happened(on, today)
        items = evidence_payload(evidence)

        def events(case: Case) -> Sequence[EventDraft]:
            known = exposure(case).cartogram
            if known is not None and (known.on, known.lines) == (on, tuple(lines)) and not items:
                return ()
            payload: dict[str, object] = {"lines": lines_payload(lines)}
            if items:
                payload["evidence"] = items
            return [("cartogram_recorded", "cartogram", on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def remark(
        self,
        case_id: str,
        *,
        text: str,
        author: str,
        source: str,
        on: date,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """Enter a remark of the public; the same words of the same author on the same day are one remark."""
        happened(on, today)
        if not text.strip():
            raise CannotEnter("risk.nothing_said")
        if source not in SOURCES:
            raise CannotEnter("risk.unknown_source", source=source, allowed=closest_first(source, SOURCES))

        def events(case: Case) -> Sequence[EventDraft]:
            known = remarks(case)
            told = (text.strip(), author.strip(), source, on)
            if any((one.text, one.author, one.source, one.on) == told for one in known.values()):
                return ()
            payload: dict[str, object] = {"text": text.strip(), "author": author.strip(), "source": source}
            return [("remark_made", str(next_number(case, "remark", known)), on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def answer_remark(
        self,
        case_id: str,
        number: int,
        *,
        taken: bool,
        answer: str,
        on: date,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """What became of a remark: taken into the note, or why not."""
        happened(on, today)

        def events(case: Case) -> Sequence[EventDraft]:
            known = remarks(case)
            if number not in known:
                allowed = tuple(map(str, known))
                raise CannotEnter("risk.unknown_remark", case=case_id, remark=number, allowed=allowed)
            if not taken and not answer.strip():
                raise CannotEnter("risk.why_not")
            remark = known[number]
            if (remark.answered_on, remark.taken, remark.answer) == (on, taken, answer.strip()):
                return ()
            payload: dict[str, object] = {"taken": taken, "answer": answer.strip()}
            return [("remark_answered", str(number), on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)


def _told(position: ExposedPosition | Position) -> dict[str, object]:
    """A position as an event's payload carries it; nothing empty."""
    said: dict[str, object] = {
        "title": position.title.strip(),
        "holder": position.holder.strip(),
        "why": position.why.strip(),
        "department": position.department.strip(),
        "district": position.district.strip(),
        "approved_on": position.approved_on.isoformat() if position.approved_on else "",
    }
    return {key: value for key, value in said.items() if value}


def _position(case: Case, number: int) -> Position:
    known = exposure(case).positions
    if number not in known:
        raise CannotEnter(
            "risk.unknown_position", case=case.id, position=number, allowed=tuple(map(str, known))
        )
    return known[number]
