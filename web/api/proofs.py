"""Documents and links as answers. Of a restricted one, who may not open it learns the ground alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel

from web.api.answers import EventAnswer, event_answer
from web.house import House
from workflow.access import opens_restricted
from workflow.case import Case, Event, Evidence
from workflow.registers.proving import proofs


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """What a reader sees of the evidence of one case. `grounds`: references of what is restricted anywhere."""

    opens: bool
    grounds: Mapping[str, str]

    def proof(self, item: Evidence) -> ProofAnswer:
        """A piece of evidence."""
        ground = item.restricted or self.grounds.get(item.reference, "")
        hidden = bool(ground) and not self.opens and item.name is not None
        return ProofAnswer(
            kind=item.kind,
            reference="" if hidden else item.reference,
            file=item.name is not None,
            name=None if hidden else item.name,
            type=item.type,
            size=item.size,
            published_on=item.published_on,
            written_on=item.written_on,
            recorded_at=item.recorded_at,
            restricted=ground,
        )

    def event(self, event: Event) -> EventAnswer:
        """A line of the chain; its hash is of the line as it was written."""
        told = event_answer(event)
        items = told.payload.get("evidence")
        if not self.opens and isinstance(items, list):
            told.payload["evidence"] = [self._shown(one) for one in items]
        return told

    def _shown(self, one: object) -> object:
        if not isinstance(one, dict) or "name" not in one:
            return one
        ground = one.get("restricted") or self.grounds.get(str(one.get("reference")), "")
        return {**one, "name": "", "reference": "", "restricted": ground} if ground else one


def screen(home: House, case: Case) -> Screen:
    """How the reader sees the evidence of a case."""
    return Screen(
        opens=opens_restricted(home.reader, case),
        grounds={
            one.evidence.reference: one.evidence.restricted for one in proofs(case) if one.evidence.restricted
        },
    )
