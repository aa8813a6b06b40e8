"""Documents and links as answers. Of a restricted one, readers without access see only the ground."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from workflow.cases.case import Evidence


class ProofAnswer(BaseModel):
    """A document or link. `reference`: the address, or the digest of a stored file; `file`: whether it is one.

    `restricted`: the ground on which few may open it; who may not gets no name and no reference.
    """

    kind: str
    reference: str
    file: bool
    name: str | None
    type: str | None
    size: int | None
    published_on: date | None
    written_on: date | None
    recorded_at: datetime | None
    restricted: str


def proof_answer(item: Evidence) -> ProofAnswer:
    """Return a piece of evidence as the reader may see it."""
    return ProofAnswer(
        kind=item.kind,
        reference=item.reference,
        file=item.name is not None,
        name=item.name or None,
        type=item.type,
        size=item.size,
        published_on=item.published_on,
        written_on=item.written_on,
        recorded_at=item.recorded_at,
        restricted=item.restricted,
    )
