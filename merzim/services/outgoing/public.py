"""What the organisation has published of its analyses, for a page without log-in.

Only addresses published elsewhere are shown, never files, names of people or confidential cases; an analysis
without a publication is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from merzim.documents.sheets.texts import is_web_address
from workflow.law.procedure import Text
from workflow.org.access import Scope

if TYPE_CHECKING:
    from merzim.services.app import AppContext
    from merzim.storage.maintenance.proven import ProvenLine as ProvenLine
    from merzim.storage.queries import SqlReads
    from workflow.cases.case import Case
    from workflow.law.procedure import Obligation

PROCEDURE = "internal-analysis"
LINK = "link:"
PART_OF = {
    "start_announced": "announcements",
    "discussion_announced": "announcements",
    "discussion_held": "discussions",
    "council_discussed": "discussions",
}
"""The part of the page an obligation's publications stand in; those of all others are `results`."""
PAPERS = frozenset({"package_read", "campaign_sheet_read"})
"""Kinds of audit log entries about documents with a printed code."""
_ANYBODY = Scope(unit="", names=())
"""Scope of the public: non-confidential cases of all units."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """One publication required by the act, at one address.

    Attributes:
        title: title of the obligation; `kind`: kind of the evidence ("link:site").
        on: local date of publication.
    """

    title: Text
    kind: str
    address: str
    on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAnalysis:
    """The public data of an analysis.

    Attributes:
        object: its name by language; `unit`: the name of its unit by language.
        first, last: local dates of its beginning and end: actual ones, else planned ones.
        publications: the newest first.
    """

    case: str
    object: dict[str, str]
    unit: dict[str, str]
    first: date | None
    last: date | None
    publications: tuple[Publication, ...]

    @property
    def by_day(self) -> tuple[tuple[tuple[date, Text], tuple[Publication, ...]], ...]:
        """Return the publications of one day and title together: one sentence, several addresses."""
        groups = groupby(self.publications, key=lambda publication: (publication.on, publication.title))
        return tuple((key, tuple(places)) for key, places in groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicPage:
    """A page of the published analyses, the newest first, and their total number."""

    analyses: tuple[PublicAnalysis, ...]
    total: int


def published_analyses(app: AppContext, *, first: int = 0, count: int | None = None) -> PublicPage:
    """Return the analyses with a publication: `count` of them after the first `first`."""
    reads = app.reads.seen_by(_ANYBODY)
    ids, total = reads.with_facts(PROCEDURE, _published_facts(app), first=first, count=count)
    return PublicPage(analyses=tuple(_analyses(app, reads, ids)), total=total)


def proof_address(app: AppContext, n: int, fingerprint: str, of: str = "") -> str:
    """Return the address for checking a printed register, or (`of`: "entry/") another document, by its
    fingerprint; "" if that page is disabled.
    """
    if not app.settings.web.public_page or not shows_proofs(app) or not fingerprint:
        return ""
    return f"{app.settings.web.public_address.rstrip('/')}/public/proof/{of}{n}/{fingerprint}"


def shows_proofs(app: AppContext) -> bool:
    """Return whether the codes of printed documents are checked on the page."""
    return "proofs" in app.settings.web.public_parts


def check_fingerprint(app: AppContext, n: int, fingerprint: str) -> ProvenLine | None:
    """Return the batch of the journal of notices with a printed fingerprint; None if it was not made here.

    Nothing else is revealed: no case, no person, no number of records.
    """
    from merzim.storage.maintenance.proven import proven_batch

    return proven_batch(app.engine, n, fingerprint)


def check_paper(app: AppContext, n: int, fingerprint: str) -> ProvenLine | None:
    """Return the audit log entry of a printed document; None if it was not made here.

    Only its kind, its moment and the digest are told: no case, no campaign, no account.
    """
    from merzim.storage.maintenance.proven import proven_entry

    return proven_entry(app.engine, n, fingerprint, PAPERS)


def _published_facts(app: AppContext) -> frozenset[str]:
    """Return the obligations of any edition whose evidence is a link."""
    editions = app.library.editions_of(PROCEDURE)
    return frozenset(
        obligation.id
        for edition in editions
        for obligation in edition.obligations
        if _is_public(app, obligation)
    )


def _is_public(app: AppContext, obligation: Obligation) -> bool:
    if PART_OF.get(obligation.id, "results") not in app.settings.web.public_parts:
        return False
    return any(kind.startswith(LINK) for kind in obligation.evidence)


def _analyses(app: AppContext, reads: SqlReads, ids: list[str]) -> Iterator[PublicAnalysis]:
    office, cases = reads.office(), reads.whole(ids)
    for case in (cases[id] for id in ids if id in cases):
        if publications := _publications(app, case):
            unit = office.units.get(case.unit or office.root)
            names = {
                language: unit.name_in(language) if unit else case.unit for language in case.object_names()
            }
            days = [
                case.facts[name].on if name in case.facts else case.planned.get(name)
                for name in ("analysis_started", "analysis_ended")
            ]
            yield PublicAnalysis(
                case=case.id,
                object=case.object_names(),
                unit=names,
                first=days[0],
                last=days[1],
                publications=publications,
            )


def _publications(app: AppContext, case: Case) -> tuple[Publication, ...]:
    """Return the publications of a case, each address once for an obligation, the newest first."""
    obligations = {
        obligation.id: obligation
        for obligation in app.library.of(case).obligations
        if _is_public(app, obligation)
    }
    publications = {
        (name, proof.reference): Publication(
            title=obligations[name].title,
            kind=proof.kind,
            address=proof.reference,
            on=proof.published_on or fact.on,
        )
        for name, fact in case.facts.items()
        if name in obligations
        for proof in fact.evidence
        if proof.name is None and not proof.restricted and is_web_address(proof.reference)
    }
    return tuple(
        sorted(
            publications.values(),
            key=lambda publication: (publication.on, publication.title["en"], publication.address),
            reverse=True,
        )
    )
