"""Verbs on digital signatures (EDS of the NCA) of documents of a case: taken from NCALayer, verified, listed.

A signature is stored as evidence beside the file it signs. It is verified at each reading from both files;
whether the signatory holds the required duty is checked once at signing, because people change.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints

from i18n import say
from merzim.documents.revocation import Revocation
from merzim.documents.sheets.unreadable import EvidenceDamaged
from merzim.documents.signatures import (
    MAX_BYTES,
    NOT_INSTALLED,
    CheckedSignature,
    SignatureUnreadable,
    Signer,
    Verdict,
    check_signature,
    decoded,
)
from merzim.services.context import EvidenceStore, RequestContext, stamp
from merzim.services.evidence import MAX_NAME_LENGTH
from merzim.services.inputs import CaseCommand, Digest
from merzim.services.moments import almaty
from merzim.services.verbs import NotFound, verb
from workflow.cases.case import Agreement, Case, Evidence
from workflow.cases.registers.evidence_list import ProvedItem, proofs
from workflow.law.procedure import Procedure
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Person
from workflow.refusal import Refusal
from workflow.search_words import normalise

KIND = "document:signature"
PATIENCE = 10.0
"""Maximum seconds for the program that checks GOST signatures."""
_VERDICTS: dict[int, Verdict] = {0: "valid", 1: "invalid"}
log = logging.getLogger("merzim.evidence")
_ENDING = ".p7s"
_UNKNOWN = Signer(name="", organisation="", issuer="")
SentSignature = Annotated[str, StringConstraints(min_length=1, max_length=2 * MAX_BYTES)]


class CannotSign(Refusal, ValueError):
    """The signature is not accepted: it is invalid, or signing is disabled."""


class UnknownDocument(NotFound):
    """No stored file of a fact of the case has that digest, or the reader may not open it."""

    not_found = "web.problem.no_file"


class SignDocument(CaseCommand):
    """Add a signature to a file of a case.

    `document`: the digest of the file; `signature`: the detached signature (CMS) over exactly its bytes, in
    base64.
    """

    document: Digest
    signature: SentSignature


class AskSignatures(CaseCommand):
    """Request the signatures of the documents of a case."""


class SignatureView(BaseModel):
    """A signature of a document.

    `signature`: the digest of its own file; `verdict`: "valid" if everything was checked here and is correct;
    `reasons`: what is wrong, else what was not checked here; `revocation`: whether the certificate was
    revoked by then, by the office's lists; `duties`: the signatories the act requires;
    `agrees`: whether the signatory held one of them on the day, by the name in the certificate.
    """

    document: str
    name: str
    fact: str
    signature: str
    signer: str
    organisation: str
    recorded_at: datetime | None
    verdict: Verdict
    reasons: list[str]
    revocation: Revocation
    duties: list[str]
    agrees: Literal["matches", "differs", "cannot"]
    says: str


class SignatureList(BaseModel):
    """The signatures of the documents of a case, in the order of the documents."""

    case: str
    signatures: list[SignatureView]


@verb("record")
def sign_document(ctx: RequestContext, command: SignDocument) -> SignatureView:
    """Store a digital signature beside the document it signs; an invalid one is refused."""
    case, procedure = _case(ctx, command.case)
    proof = next((proof for proof in signable(case) if proof.evidence.reference == command.document), None)
    if proof is None:
        raise UnknownDocument("web.problem.no_file")
    name = proof.evidence.name or ""
    evidence, checked = keep_signature(ctx, command.signature, command.document, name, case=case.id)
    duties = _duties(case, procedure, proof.of)
    agrees = agreement(checked.signer, _holders(ctx, case, duties))
    item = replace(evidence, restricted=proof.evidence.restricted, agrees=agrees)
    change = ctx.case_commands.record(case.id, proof.of, on=proof.on, evidence=[item], **stamp(ctx))
    signature_proof = next(
        (signature for signature in _signatures(change.case) if signature.evidence.reference == item.reference),
        proof,
    )
    return _view(ctx, case, procedure, signature_proof)


@verb("read", writes=False)
def list_signatures(ctx: RequestContext, command: AskSignatures) -> SignatureList:
    """List the digital signatures of the documents of a case, each verified anew."""
    case, procedure = _case(ctx, command.case)
    return SignatureList(case=case.id, signatures=signatures_of(ctx, case, procedure))


def signatures_of(ctx: RequestContext, case: Case, procedure: Procedure) -> list[SignatureView]:
    """Return the signatures of a case as visible to the reader."""
    return [_view(ctx, case, procedure, signature) for signature in _signatures(case)]


def signable(case: Case) -> list[ProvedItem]:
    """Return the stored files of facts that may be signed, without those the reader may not open."""
    return [
        proof
        for proof in proofs(case)
        if proof.kind == "fact"
        and proof.evidence.name
        and proof.evidence.reference
        and not proof.evidence.signs
    ]


def keep_signature(
    ctx: RequestContext, sent: str, reference: str, name: str, *, case: str = "", content: bytes = b""
) -> tuple[Evidence, CheckedSignature]:
    """Verify a signature of a stored file and store it.

    Args:
        content: bytes of a file that is not stored yet; it is stored if the signature is valid.

    Raises:
        CannotSign: signing is disabled, or the signature is invalid.
        SignatureUnreadable: it is not a signature.
        EvidenceDamaged: the stored file was altered.
    """
    if not ctx.app.settings.eds.on:
        raise CannotSign("eds.off")
    cms = decoded(sent.encode())
    try:
        if not content:
            ctx.app.evidence.check(reference)
    except EvidenceDamaged as damage:
        raise damage.of(case, name) from None
    checked = _checked(ctx, cms, reference, at=ctx.now, content=content)
    if checked.verdict == "invalid":
        arguments = {"name": name, "signer": checked.signer.name, "issuer": checked.signer.issuer}
        raise CannotSign(f"{checked.reasons[0]}.refused", **arguments)
    if content:
        ctx.app.evidence.keep(BytesIO(content), name)
    file_name = name[: MAX_NAME_LENGTH - len(_ENDING)] + _ENDING
    file = ctx.app.evidence.keep(BytesIO(cms), file_name)
    item = Evidence(
        kind=KIND, reference=file.reference, name=file_name, type=file.type, size=file.size, signs=reference
    )
    return item, checked


def check_kept(ctx: RequestContext, item: Evidence, *, at: datetime) -> CheckedSignature:
    """Verify a stored signature as of the moment it was stored."""
    try:
        with ctx.app.evidence.open(item.reference) as file:
            return _checked(ctx, file.read(), item.signs, at=at)
    except EvidenceDamaged as damage:
        return CheckedSignature(verdict="invalid", reasons=(f"eds.{damage.damage}",), signer=_UNKNOWN)
    except SignatureUnreadable as refusal:
        verdict: Verdict = "not_checked" if refusal.code == NOT_INSTALLED else "invalid"
        return CheckedSignature(verdict=verdict, reasons=(refusal.code,), signer=_UNKNOWN)


def agreement(signer: Signer, people: list[Person]) -> Agreement:
    """Return whether a certificate names one of these people; patronymics are compared if both have one."""
    agreements = {_same(signer, name) for person in people for name in person.names}
    if "matches" in agreements:
        return "matches"
    return "differs" if agreements == {"differs"} and signer.name else "cannot"


def describe(checked: CheckedSignature, *, at: datetime, language: str) -> str:
    """Return in words who signed, when, and what is wrong or was not checked."""
    signer = checked.signer
    arguments: dict[str, Any] = {
        "signer": signer.name or "–",
        "organisation": f" ({signer.organisation})" if signer.organisation else "",
        "on": at.astimezone(almaty()).date(),
    }
    reasons = [say(code, {"issuer": signer.issuer}, language) for code in checked.reasons]
    return " ".join([say("eds.signed_by", arguments, language), *reasons, revocation_text(checked, language)])


def revocation_text(checked: CheckedSignature, language: str) -> str:
    """Return what was found out about the revocation of the certificate, in words."""
    revocation = checked.revocation
    return say(f"eds.revocation.{revocation.state}", {"on": revocation.on} if revocation.on else {}, language)


def _checked(
    ctx: RequestContext, cms: bytes, reference: str, *, at: datetime, content: bytes = b""
) -> CheckedSignature:
    def digest(algorithm: str) -> bytes:
        return hashlib.new(algorithm, content).digest()

    def gost() -> Verdict:
        assert program is not None
        if content:
            return _ask_program(program, cms, content)
        return _cached_verdict(program, cms, reference, ctx.app.evidence)

    stored, program = partial(ctx.app.evidence.digest, reference), ctx.app.settings.eds.gost_check
    return check_signature(
        cms,
        digest if content else stored,
        at=at,
        trusted=ctx.app.authorities,
        lists=ctx.app.revocation_lists,
        elsewhere=gost if program is not None else None,
    )


@lru_cache(maxsize=1000)
def _cached_verdict(program: Path, cms: bytes, reference: str, store: EvidenceStore) -> Verdict:
    """Return the verdict of the office's program on a stored signature, cached by the file's hash."""
    with store.open(reference) as file:
        return _ask_program(program, cms, file.read())


def _ask_program(program: Path, cms: bytes, content: bytes) -> Verdict:
    """Ask the office's own program whether a GOST signature and its chain are valid, passing only the files."""
    with TemporaryDirectory(prefix="merzim-") as folder:
        paths = Path(folder) / "signature.p7s", Path(folder) / "file"
        for path, file_content in zip(paths, (cms, content), strict=True):
            path.write_bytes(file_content)
        try:
            ran = subprocess.run([program, *paths], env={}, cwd=folder, capture_output=True, timeout=PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as trouble:
            log.error("%s: %s", program, trouble)
            return "not_checked"
    if ran.returncode not in _VERDICTS:
        log.error("%s ended with %d: %s", program, ran.returncode, ran.stderr[:300].decode(errors="replace"))
    return _VERDICTS.get(ran.returncode, "not_checked")


def _case(ctx: RequestContext, name: str) -> tuple[Case, Procedure]:
    case = ctx.reads.case(name)
    assert case is not None
    return case, ctx.library.of(case)


def _signatures(case: Case) -> list[ProvedItem]:
    return [proof for proof in proofs(case) if proof.evidence.signs]


def _duties(case: Case, procedure: Procedure, fact: str) -> tuple[str, ...]:
    """Return the duties whose signature is required: those recorded with the fact, else the act's signatories
    or duty.
    """
    recorded_fact, obligation = case.facts.get(fact), procedure.by_id.get(fact.partition(".")[0])
    if recorded_fact is not None and recorded_fact.signed_by:
        return (recorded_fact.signed_by,)
    if obligation is None:
        return ()
    signatories = obligation.signed_by.of(case.kind) if obligation.signed_by is not None else ()
    return signatories or (obligation.duty,)


def _holders(ctx: RequestContext, case: Case, duties: tuple[str, ...]) -> list[Person]:
    """Return the people who hold one of the duties for a case today, their deputies, and those replaced by
    deputies.
    """
    holders: dict[str, Person] = {}
    for duty in duties:
        recipients = resolve(
            ctx.app.reads.office(), duty=duty, unit=case.unit, on=ctx.today, person=case.person
        )
        for recipient in () if isinstance(recipients, Unresolved) else recipients:
            for person in (recipient.person, recipient.instead_of):
                if person is not None and recipient.why != "officer":
                    holders[person.key] = person
    return list(holders.values())


def _same(signer: Signer, name: str) -> Agreement:
    signed, name_words = _words(signer.name), _words(name)
    full = {word for word in name_words if len(word) > 1}
    if len(full) < len(name_words):
        # A surname with initials fits many people: it can only contradict.
        initial = next(word for word in name_words if len(word) == 1)
        fits = full <= set(signed) and any(word.startswith(initial) for word in signed if word not in full)
        return "cannot" if fits else "differs"
    if not full:
        return "cannot"
    shorter = min(len(full), len(set(signed)))
    return "matches" if shorter >= 2 and len(full & set(signed)) == shorter else "differs"


def _words(name: str) -> list[str]:
    return normalise(name).replace(".", " ").replace("-", " ").split()


def _view(ctx: RequestContext, case: Case, procedure: Procedure, signature: ProvedItem) -> SignatureView:
    item, language = signature.evidence, ctx.spoken_language
    at = item.recorded_at or ctx.now
    checked = check_kept(ctx, item, at=at)
    duties = _duties(case, procedure, signature.of)
    documents = {proof_item.evidence.reference: proof_item.evidence.name or "" for proof_item in proofs(case)}
    titles = tuple(say(f"duty.{duty}", {}, language) for duty in duties)
    agrees = item.agrees or "cannot"
    says = describe(checked, at=at, language=language)
    if titles and checked.signer.name:
        says += " " + say(f"eds.duty.{agrees}", {"duties": titles}, language)
    return SignatureView(
        document=item.signs,
        name=documents.get(item.signs, ""),
        fact=signature.of,
        signature=item.reference,
        signer=checked.signer.name,
        organisation=checked.signer.organisation,
        recorded_at=item.recorded_at,
        verdict=checked.verdict,
        reasons=[reason.removeprefix("eds.") for reason in checked.reasons],
        revocation=checked.revocation.state,
        duties=list(duties),
        agrees=agrees,
        says=says,
    )
