"""The editions an office adopted, from its chain: those whose text changed after cases were opened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import TypeAdapter
from sqlalchemy import Engine, select

from merzim.storage.database.engine import read, writing
from merzim.storage.org import chain as office_chain
from merzim.storage.org.chain import office_event, record
from merzim.storage.tables.cases import CASE
from workflow.moments import Moment

KIND = "edition_adopted"


@dataclass(frozen=True, kw_only=True, slots=True)
class AdoptedEdition:
    """One adoption: an edition whose text changed, or an own edition with its text.

    Attributes:
        edition: its name; digest: SHA-256 of its text; before: the digests of cases that it replaces.
        text: of an own edition; "" of a shipped one.
        moved: due dates it moved: case, obligation, from, to.
    """

    edition: str
    digest: str
    before: tuple[str, ...] = ()
    text: str = ""
    moved: tuple[Mapping[str, str | None], ...] = field(default=())
    on: date | None = None
    by: str = ""


_EDITION = TypeAdapter(AdoptedEdition)


def adopted_editions(engine: Engine) -> tuple[AdoptedEdition, ...]:
    """Return the adoptions of editions, in order."""
    return tuple(
        _EDITION.validate_python(
            {**json.loads(line.payload), "edition": line.name, "on": line.on, "by": line.by}
        )
        for line in office_chain.lines(engine, KIND)
    )


def texts(adopted: Iterable[AdoptedEdition]) -> dict[str, str]:
    """Return the texts of own editions as last adopted, by edition."""
    return {edition.edition: edition.text for edition in adopted if edition.text}


def accepted_digests(
    adopted: Iterable[AdoptedEdition], present: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    """Return the digests a case may have of each edition: that of its present text, and those it replaced.

    Args:
        present: edition -> digest of its text now. An adoption of a text other than the present one accepts
            nothing.
    """
    accepted = {edition: {digest} for edition, digest in present.items()}
    for edition in reversed(tuple(adopted)):
        if edition.edition in accepted and edition.digest in accepted[edition.edition]:
            accepted[edition.edition].update(edition.before)
    return {edition: frozenset(digests) for edition, digests in accepted.items()}


def digests_of_cases(engine: Engine) -> dict[str, dict[str, list[str]]]:
    """Return the cases by edition and by the digest they were opened (or moved) under."""
    cases_by_digest: dict[str, dict[str, list[str]]] = {}
    query = select(CASE.c.id, CASE.c.edition, CASE.c.digest).order_by(CASE.c.id)
    for case, edition, digest in read(engine, query):
        cases_by_digest.setdefault(edition, {}).setdefault(digest, []).append(case)
    return cases_by_digest


def adopt(engine: Engine, editions: Sequence[AdoptedEdition], *, at: Moment) -> None:
    """Append adoptions of editions to the office's chain."""
    adoptions = []
    for edition in editions:
        said = {
            "digest": edition.digest,
            "before": edition.before,
            "text": edition.text,
            "moved": edition.moved,
        }
        payload = {name: value for name, value in said.items() if value}
        adoptions.append(office_event(at, KIND, edition.edition, payload))
    with writing(engine) as session:
        record(session, *adoptions)
