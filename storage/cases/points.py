"""What a year's points are counted from: facts with their numbers, and what nobody has recorded."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from storage.database.engine import Record, reading
from storage.tables import CASE, DEADLINE, EVENT
from workflow.case import values_of
from workflow.points.tally import Lacking, Recorded


def recorded(engine: Engine, facts: Collection[str], *, since: date) -> tuple[Recorded, ...]:
    """Every fact of these (`procedure:fact`) of active cases that happened from `since` (a local date) on.

    A corrected fact has its last date; its numbers and links are those of all its events.
    """
    procedures = {fact.partition(":")[0] for fact in facts}
    asked = (
        select(EVENT.c.case, CASE.c.unit, CASE.c.procedure, EVENT.c.name, EVENT.c.on, EVENT.c.payload)
        .join(CASE, CASE.c.id == EVENT.c.case)
        .where(
            CASE.c.procedure.in_(sorted(procedures)),
            CASE.c.standing == "active",
            EVENT.c.kind.in_(("fact", "corrected", "evidence")),
        )
        .order_by(EVENT.c.case, EVENT.c.seq)
    )
    with reading(engine) as connection:
        told = _told(connection.execute(asked), frozenset(facts))
        return tuple(one for one in told if one.on >= since)


def lacking(engine: Engine, facts: Collection[str]) -> tuple[Lacking, ...]:
    """Board rows of these facts (`procedure:fact`) that wait or were missed, in active cases."""
    procedures = {fact.partition(":")[0] for fact in facts}
    names = {fact.partition(":")[2] for fact in facts}
    asked = (
        select(DEADLINE.c.case, CASE.c.unit, CASE.c.procedure, DEADLINE.c.obligation, DEADLINE.c.due)
        .join(CASE, CASE.c.id == DEADLINE.c.case)
        .where(
            CASE.c.procedure.in_(sorted(procedures)),
            CASE.c.standing == "active",
            DEADLINE.c.obligation.in_(sorted(names)),
            DEADLINE.c.state.in_(("open", "missed")),
        )
        .order_by(DEADLINE.c.case, DEADLINE.c.obligation)
    )
    with reading(engine) as connection:
        return tuple(
            Lacking(case=one.case, unit=one.unit, fact=f"{one.procedure}:{one.obligation}", due=one.due)
            for one in connection.execute(asked)
            if f"{one.procedure}:{one.obligation}" in facts
        )


def _told(records: Iterable[Record], facts: frozenset[str]) -> Iterator[Recorded]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in records:
        fact = f"{one.procedure}:{one.name.partition('.')[0]}"
        if fact not in facts:
            continue
        payload = json.loads(one.payload)
        known = found.setdefault(
            (one.case, one.name),
            {"case": one.case, "unit": one.unit, "fact": fact, "values": {}, "linked": False},
        )
        if one.on is not None:
            known["on"] = one.on
        known["values"] |= values_of(payload)
        known["linked"] |= any(
            str(item.get("kind", "")).startswith("link:") for item in payload.get("evidence", ())
        )
    for values in found.values():
        yield Recorded(**values)
