"""Settings an administrator changed or took back, from the office's chain; passwords stand beside it,
encrypted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from merzim.storage.database.engine import writing
from merzim.storage.org import chain
from merzim.storage.org.chain import OfficeEvent, Stamp, append_events, hold, lines
from merzim.storage.org.preferences import chosen, put
from merzim.storage.org.vouched import SETTING_SECRET

CHANGED = "setting_changed"
TAKEN_BACK = "setting_taken_back"
KINDS = (CHANGED, TAKEN_BACK)


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingChange:
    """A change of one setting, or its taking back.

    Attributes:
        seq: its place in the chain; 0 before it is written.
        before, after: texts of the value; of a password both are "".
        taken_back: whether it returned to what held before the last change in force.
        at: UTC moment; `by`: the account.
    """

    key: str
    before: str
    after: str
    ground: str = ""
    taken_back: bool = False
    seq: int = 0
    at: datetime | None = None
    by: str = ""
    hash: str = ""


def changes(engine: Engine) -> tuple[SettingChange, ...]:
    """Return all changes, in order."""
    return tuple(
        SettingChange(
            key=row.name,
            **json.loads(row.payload),
            taken_back=row.kind == TAKEN_BACK,
            seq=row.seq,
            at=row.at,
            by=row.by,
            hash=row.hash,
        )
        for row in lines(engine, *KINDS)
    )


def in_force(changes: Sequence[SettingChange]) -> dict[str, SettingChange]:
    """Return the change in force of each key: the last one that was not taken back."""
    stacks: dict[str, list[SettingChange]] = {}
    for change in changes:
        stack = stacks.setdefault(change.key, [])
        if change.key.endswith(".password"):
            stack.clear()  # the one before is not kept
        if not change.taken_back:
            stack.append(change)
        elif stack:
            stack.pop()
    return {key: stack[-1] for key, stack in stacks.items() if stack}


def passwords(engine: Engine) -> dict[str, str]:
    """Return the encrypted passwords by key."""
    return chosen(engine, SETTING_SECRET)


def append(
    engine: Engine,
    before: str,
    changes: Sequence[SettingChange],
    *,
    secrets: Mapping[str, str],
    stamp: Stamp,
) -> bool:
    """Append changes after those the writer has read; return False when somebody else was faster.

    Nothing is written then, and the writer must read again.

    Args:
        before: hash of the last change the writer has read, "" for none.
        secrets: encrypted passwords to store, by key; "" removes one.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        hold(connection)
        if (connection.execute(chain.last(KINDS)).scalar() or "") != before:
            return False
        for key, secret in secrets.items():
            put(connection, key, SETTING_SECRET, secret, by=stamp.by, now=stamp.now)
        append_events(
            connection,
            (
                OfficeEvent(
                    kind=TAKEN_BACK if change.taken_back else CHANGED,
                    name=change.key,
                    on=stamp.today,
                    by=stamp.by,
                    now=stamp.now,
                    payload={"after": change.after, "before": change.before, "ground": change.ground},
                )
                for change in changes
            ),
        )
    return True


def renew_passwords(engine: Engine, renewed: Mapping[str, str], *, by: str, now: datetime) -> None:
    """Store passwords encrypted anew; what they say is the same, so no event says it."""
    with writing(engine) as connection:
        for key, secret in renewed.items():
            put(connection, key, SETTING_SECRET, secret, by=by, now=now)
