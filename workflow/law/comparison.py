"""Compares two editions of a procedure, obligation by obligation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from workflow.law.procedure import Obligation, Procedure

_UNCOMPARED = frozenset({"id", "own", "readings", "asked_every", "since", "sources"})


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionChange:
    """One difference.

    Attributes:
        obligation: its id; "" for the edition as a whole.
        what: `added`, `removed`, or the key that differs.
        before, after: values of the key (for an added or removed obligation its term); None where there is
            none.
    """

    obligation: str
    what: str
    before: object = None
    after: object = None


def compare(before: Procedure, after: Procedure) -> tuple[EditionChange, ...]:
    """Return the differences from one edition to the other, in the order of the later one."""
    return tuple(_changes(before, after))


def _changes(before: Procedure, after: Procedure) -> Iterator[EditionChange]:
    if (was := [stage.id for stage in before.stages]) != (now := [stage.id for stage in after.stages]):
        yield EditionChange(obligation="", what="stages", before=tuple(was), after=tuple(now))
    for key in ("calendar", "pause"):
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            yield EditionChange(obligation="", what=key, before=old, after=new)
    for name, obligation in after.by_id.items():
        if name not in before.by_id:
            yield EditionChange(obligation=name, what="added", after=obligation.term)
        else:
            yield from _between(before.by_id[name], obligation)
    for name, obligation in before.by_id.items():
        if name not in after.by_id:
            yield EditionChange(obligation=name, what="removed", before=obligation.term)


def _between(before: Obligation, after: Obligation) -> Iterator[EditionChange]:
    for field in fields(Obligation):
        if field.name in _UNCOMPARED:
            continue
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new or (field.name == "term" and before.since != after.since):
            yield EditionChange(obligation=after.id, what=field.name, before=old, after=new)
