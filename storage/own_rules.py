"""The own rules an office adopted, in the order of its own chain. What was withdrawn stays in the chain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from storage.engine import Record, reading, writing
from storage.office_chain import IN_ORDER, append
from storage.tables import ACT

Kind = Literal["overlay_adopted", "overlay_withdrawn"]
ADOPTED: Kind = "overlay_adopted"
WITHDRAWN: Kind = "overlay_withdrawn"
_OURS = ACT.c.kind.in_((ADOPTED, WITHDRAWN))
_LAST = select(ACT.c.hash).where(_OURS).order_by(ACT.c.seq.desc()).limit(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One line: rules adopted, or withdrawn.

    Attributes:
        name: of the file.
        on: the local date of the step; `at`: its UTC moment; `by`: who took it.
        text: the TOML text as adopted (as it stood when withdrawn).
    """

    kind: str
    name: str
    on: date
    at: datetime
    by: str
    text: str
    hash: str = ""


def steps(engine: Engine) -> tuple[Step, ...]:
    """All of them, in order."""
    with reading(engine) as connection:
        return tuple(_step(record) for record in connection.execute(IN_ORDER.where(_OURS)))


def standing(taken: Sequence[Step]) -> tuple[Step, ...]:
    """The adoptions that hold: the last of each file that was not withdrawn after it."""
    last: dict[str, Step] = {}
    for step in taken:
        last.pop(step.name, None)
        if step.kind == ADOPTED:
            last[step.name] = step
    return tuple(last.values())


def head(engine: Engine) -> str:
    """The hash of the last step; "" when there is none."""
    with reading(engine) as connection:
        return connection.execute(_LAST).scalar() or ""


def head_of(taken: Sequence[Step]) -> str:
    """The hash of the last of these; "" when there is none."""
    return taken[-1].hash if taken else ""


def take(
    engine: Engine,
    before: Sequence[Step],
    *,
    kind: Kind,
    name: str,
    text: str,
    on: date,
    by: str,
    now: datetime,
) -> bool:
    """Append a step behind the ones the writer knows. False when somebody else was faster: nothing is written,
    and the writer looks again.

    Args:
        before: every step the writer has read.
        on: the local date; `now`: aware UTC.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    try:
        with writing(engine) as connection:
            if (connection.execute(_LAST).scalar() or "") != head_of(before):
                return False
            append(connection, kind=kind, name=name, on=on, by=by, now=now, payload={"text": text})
    except IntegrityError:
        return False
    return True


def _step(record: Record) -> Step:
    return Step(
        kind=record.kind,
        name=record.name,
        on=record.on,
        at=record.at,
        by=record.by,
        text=_text(record.payload),
        hash=record.hash,
    )


def _text(payload: str) -> str:
    """The rules' text. A payload altered past reading speaks for itself: reading it then says so."""
    try:
        return str(json.loads(payload)["text"])
    except (ValueError, TypeError, KeyError):
        return payload
