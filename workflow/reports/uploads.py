"""Finds documents ready but not uploaded: facts that are done and proved, but not on the platform yet. Pure.

Facts of a case with its own upload belong to that upload; facts that earn points in a case without one belong
to the organisation's upload of the period.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from workflow.cases.case import Case, Fact
from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Obligation, Procedure
from workflow.periods import period_of

_EVER = datetime(1, 1, 1, tzinfo=UTC)

Looked = tuple[Case, Procedure, tuple[Deadline, ...]]
"""A case with its edition and deadlines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A fact that is done and proved: its case, and the number of its documents."""

    case: str
    fact: str
    obligation: Obligation
    on: date
    documents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An open upload, and the documents ready for it.

    Attributes:
        upload: the deadline of the upload.
        ready: documents, in order of the days of their facts.
    """

    case: Case
    upload: Deadline
    ready: tuple[Document, ...]


def waiting(looked: Iterable[Looked]) -> Iterator[Waiting]:
    """Yield the open uploads of one organisation for which documents are ready.

    Args:
        looked: all active cases of the organisation.
    """
    known = tuple(looked)
    shared = tuple(
        one
        for one in known
        if not one[1].confidential and not any(obligation.uploads for obligation in one[1].obligations)
    )
    for case, procedure, deadlines in known:
        for deadline in deadlines:
            after = _open_since(case, deadline)
            if after is None:
                continue
            pool = [(case, procedure, False), *((other, its, True) for other, its, _ in shared)]
            ready = [
                document
                for here, edition, scored in (pool if deadline.period else pool[:1])
                for document in _ready(here, edition, deadline, after, scored=scored)
            ]
            if ready:
                yield Waiting(
                    case=case, upload=deadline, ready=tuple(sorted(ready, key=lambda one: (one.on, one.fact)))
                )


def _open_since(case: Case, deadline: Deadline) -> datetime | None:
    """Return the moment from which recorded facts wait for the upload; None if nothing can wait for it."""
    if not deadline.obligation.uploads:
        return None
    if deadline.state in ("open", "missed"):
        return _EVER
    if deadline.state == "done" and deadline.obligation.several:
        # Facts recorded after the last upload of the period are not part of it.
        moments = [fact.at for fact in case.occurrences(deadline.id) if fact.at is not None]
        return max(moments, default=None)
    return None


def _ready(
    case: Case, procedure: Procedure, upload: Deadline, after: datetime, *, scored: bool
) -> Iterator[Document]:
    for name, fact in case.facts.items():
        obligation = procedure.by_id.get(name.partition(".")[0])
        if obligation is None or obligation.uploads or (scored and obligation.indicator is None):
            continue
        if not _proved(obligation, fact) or not _of_period(name, fact, upload):
            continue
        if fact.at is None or fact.at > after:
            yield Document(
                case=case.id, fact=name, obligation=obligation, on=fact.on, documents=len(fact.evidence)
            )


def _proved(obligation: Obligation, fact: Fact) -> bool:
    """Return whether every required document is there; where none is required, whether there is any."""
    shown = {item.kind for item in fact.evidence}
    return bool(fact.evidence) and all(kind in shown for kind in obligation.evidence)


def _of_period(name: str, fact: Fact, upload: Deadline) -> bool:
    """Return whether a fact belongs to the period of an upload: by its own period, else by its day."""
    if upload.period is None or upload.obligation.recurs is None:
        return True
    own = name.partition(".")[2].partition("#")[0]
    if own == upload.period:
        return True
    return period_of(fact.on, upload.obligation.recurs.every).name == upload.period
