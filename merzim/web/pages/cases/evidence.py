"""What forms of a case share: fields and values of evidence, and confirmation of dates that move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from starlette.datastructures import FormData

from merzim.documents.sheets.texts import is_web_address
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext, require_visible
from merzim.services.evidence import MAX_GROUND_LENGTH
from merzim.services.inputs import EvidenceInput, build
from merzim.services.results import CommandResult
from merzim.services.verbs import Verb
from merzim.web.pages.cases.case_view import CaseView
from merzim.web.ui.form_values import Confirmation, InvalidForm, Unconfirmed, file_of, parse_date, text_fields
from workflow.cases.case import Evidence
from workflow.cases.registers.evidence_list import ProvedItem
from workflow.law.procedure import Text

OTHER = "other"


def evidence_fields(
    kinds: Sequence[str], answers: Mapping[str, str], *, published_on: str = ""
) -> tuple[dict[str, Any], ...]:
    """Return the fields of a form for evidence of these kinds, as typed; there is always one for a link and one
    for a file, of the kind "other" where the obligation asks for none.

    Args:
        published_on: the default day of publication of a link.
    """
    marked_kinds = [(kind, kind.startswith("link:")) for kind in kinds]
    if not any(link for _, link in marked_kinds):
        marked_kinds.append((OTHER, True))
    if all(link for _, link in marked_kinds):
        marked_kinds.append((OTHER, False))
    return tuple(
        {
            "kind": kind,
            "is_link": is_link,
            "address": answers.get(f"link.{kind}", "") if is_link else "",
            "published": answers.get(f"published.{kind}", published_on if is_link else ""),
            "written": answers.get(f"written.{kind}", ""),
            "restricted": answers.get(f"restricted.{kind}", ""),
        }
        for kind, is_link in marked_kinds
    )


def evidence_inputs(form: FormData) -> list[EvidenceInput]:
    """Return the links and files in a form: `link.KIND`, `file.KIND`, with their dates and restriction.

    Raises:
        InvalidForm: an invalid address or date, or an empty file.
    """
    answers, items = text_fields(form), []
    for key, value in form.multi_items():
        part, _, place = key.partition(".")
        source: dict[str, object]
        if part == "link" and isinstance(value, str) and value.strip():
            source = {"address": parse_address(value)}
        elif part == "file" and (file := file_of(form, key)):
            source = {"content": file}
        else:
            continue
        days = {name: answers.get(f"{name}.{place}", "") for name in ("published", "written")}
        about = {
            "kind": "" if place == OTHER else place,
            **{f"{name}_on": parse_date(day) if day.strip() else None for name, day in days.items()},
            "restricted": " ".join(answers.get(f"restricted.{place}", "").split())[:MAX_GROUND_LENGTH],
        }
        items.append(build(EvidenceInput, {**about, **source}))
    return items


def parse_address(text: str) -> str:
    """Return a web address without surrounding blanks.

    Raises:
        InvalidForm: it is not an http or https address, or is too long.
    """
    text = text.strip()
    if not is_web_address(text):
        raise InvalidForm("web.refusal.bad_address", text=text[:100])
    return text


ASKED, CONFIRMED = "preview", "confirmed"
"""Form fields: the request for a preview, and the token of the confirmed preview."""
C = TypeVar("C", bound=cases.Previewable)


def run_or_ask(
    ctx: RequestContext, answers: Mapping[str, str], verb: Verb[C, CommandResult], command: C
) -> CommandResult:
    """Run the verb of a form with this command; a form that asks for a preview is asked to confirm it.

    Raises:
        Unconfirmed: it changes deadlines, plans a day after its deadline or loses what a new edition does not
            know; or the form or the case differ from what was confirmed.
        Refusal: as raised by the verb.
    """
    if answers.get(ASKED):
        require_visible(ctx, command.case)
        preview, people = cases.foresee(ctx, command)
        token = _token(answers, preview.change.case.seq)
        loses = any(event.payload.get("lost") for event in preview.change.events)
        if (preview.deadlines or preview.late_plans or loses) and answers.get(CONFIRMED) != token:
            points = cases.points_at_stake(ctx, preview)
            raise Unconfirmed(Confirmation(preview=preview, people=len(people), points=points, token=token))
    return verb(ctx, command)


def _token(answers: Mapping[str, str], seq: int) -> str:
    """Return a token for these answers and this state of the case."""
    sorted_answers = sorted((name, value) for name, value in answers.items() if name != CONFIRMED)
    return sha256(repr((seq, sorted_answers)).encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownProof:
    """One document or link: of a fact (`title`, `period`), or of a register row (`event`)."""

    item: Evidence
    title: Text | None = None
    period: str = ""
    event: str = ""


def shown_proof(proved_item: ProvedItem, dossier: CaseView) -> ShownProof:
    """Return a piece of evidence with the fact or register row it proves."""
    what, _, more = proved_item.of.partition(".")
    if proved_item.kind == "fact":
        return ShownProof(item=proved_item.evidence, title=dossier.titles.get(what), period=more)
    return ShownProof(item=proved_item.evidence, event=proved_item.kind, period=more.replace(".", ", "))
