"""The documents of a case: its forms with missing fields, its evidence with three dates; downloads."""

from __future__ import annotations

from dataclasses import dataclass, replace

from merzim.services.cases.signatures import SignatureView, signable, signatures_of
from merzim.services.context import RequestContext
from merzim.services.documents.case_documents import Paper, case_papers
from merzim.web.pages.cases.case_view import CaseView
from workflow.cases.case import Evidence
from workflow.cases.registers.evidence_list import ProvedItem, proofs
from workflow.languages import PAPER_LANGUAGES
from workflow.law.procedure import Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """One document or link: of a fact (`title`, `period`), or of a register row (`event`).

    Attributes:
        signatures: its digital signatures; signable: whether the reader may add one.
    """

    item: Evidence
    title: Text | None = None
    period: str = ""
    event: str = ""
    signatures: tuple[SignatureView, ...] = ()
    signable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Papers:
    forms: tuple[Paper, ...]
    proofs: tuple[Proof, ...]
    languages: tuple[str, ...]


def papers_view(dossier: CaseView, ctx: RequestContext, language: str) -> Papers:
    """Return the documents of a case, as visible to the reader."""
    case = dossier.case
    signatures = signatures_of(replace(ctx, language=language), case, dossier.procedure)
    signed = {signature.document for signature in signatures}
    may_sign = ctx.app.settings.eds.on and case.standing == "active" and ctx.reader.may("record")
    files = {proved_item.evidence.reference for proved_item in signable(case)} if may_sign else set()

    def proof(proved_item: ProvedItem) -> Proof:
        own_signatures = tuple(
            signature for signature in signatures if signature.document == proved_item.evidence.reference
        )
        return replace(
            proof_of(proved_item, dossier),
            signatures=own_signatures,
            signable=proved_item.evidence.reference in files,
        )

    shown_references = {proved_item.evidence.reference for proved_item in proofs(case)} & signed
    return Papers(
        forms=case_papers(ctx, case, language),
        # A signature is listed below the document it signs; if that was withdrawn, by itself.
        proofs=tuple(
            proof(proved_item)
            for proved_item in proofs(case)
            if not (proved_item.evidence.signs and proved_item.evidence.signs in shown_references)
        ),
        languages=PAPER_LANGUAGES,
    )


def proof_of(proved_item: ProvedItem, dossier: CaseView) -> Proof:
    """Return a piece of evidence with the fact or register row it proves."""
    what, _, more = proved_item.of.partition(".")
    if proved_item.kind == "fact":
        return Proof(item=proved_item.evidence, title=dossier.titles.get(what), period=more)
    return Proof(item=proved_item.evidence, event=proved_item.kind, period=more.replace(".", ", "))
