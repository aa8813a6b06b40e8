"""The documents of a case: its forms with missing fields, its evidence with three dates; downloads."""

from __future__ import annotations

from dataclasses import dataclass

from merzim.services.context import RequestContext
from merzim.services.documents.case_documents import Paper, case_papers
from merzim.web.pages.cases.case_view import CaseView
from workflow.cases.case import Evidence
from workflow.cases.registers.evidence_list import ProvedItem, proofs
from workflow.languages import PAPER_LANGUAGES
from workflow.law.procedure import Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """One document or link: of a fact (`title`, `period`), or of a register row (`event`)."""

    item: Evidence
    title: Text | None = None
    period: str = ""
    event: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Papers:
    forms: tuple[Paper, ...]
    proofs: tuple[Proof, ...]
    languages: tuple[str, ...]


def papers_view(dossier: CaseView, ctx: RequestContext, language: str) -> Papers:
    """Return the documents of a case, as visible to the reader."""
    case = dossier.case
    return Papers(
        forms=case_papers(ctx, case, language),
        proofs=tuple(proof_of(proved_item, dossier) for proved_item in proofs(case)),
        languages=PAPER_LANGUAGES,
    )


def proof_of(proved_item: ProvedItem, dossier: CaseView) -> Proof:
    """Return a piece of evidence with the fact or register row it proves."""
    what, _, more = proved_item.of.partition(".")
    if proved_item.kind == "fact":
        return Proof(item=proved_item.evidence, title=dossier.titles.get(what), period=more)
    return Proof(item=proved_item.evidence, event=proved_item.kind, period=more.replace(".", ", "))
