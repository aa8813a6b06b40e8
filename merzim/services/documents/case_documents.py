"""Documents about cases: the forms of one, its export package, and what proves the cases of an office."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from merzim.documents.forms.definitions import Form, form_named, form_names, forms_about
from merzim.documents.forms.paper import missing_values
from merzim.documents.forms.values import title as field_title
from merzim.documents.package import Document, write_package
from merzim.services.app import AppContext
from merzim.services.context import RequestContext, whole_case
from merzim.services.documents.filling import case_paper, paper_file, paper_notes
from merzim.services.names import case_title
from merzim.services.results import InLanguage, Result, Spoken
from merzim.storage.queries import SqlReads
from workflow.cases.case import ROW_OF, Case, EventKind
from workflow.cases.registers.evidence_list import ProvedItem, proofs
from workflow.cases.registers.rows import number_of, rows_of
from workflow.languages import LANGUAGES, PAPER_LANGUAGES
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.refusal import Refusal

log = logging.getLogger("merzim.documents")


class FormAnswer(Result):
    """A form of the case, as it would be filled today. `missing`: fields without a value; `rows`: number of
    rows with missing fields; `notes`: what is said beside it and not printed on it.
    """

    id: str
    title: InLanguage
    languages: list[str]
    missing: list[str]
    rows: int
    notes: list[Spoken]


def case_papers(ctx: RequestContext, case: Case, language: str) -> list[FormAnswer]:
    """Return the forms of a case, as its reader sees it, in the order of its steps, with what each lacks."""
    document_language = language if language in PAPER_LANGUAGES else PAPER_LANGUAGES[0]
    view, papers = ctx.case_commands.view_of(case, today=ctx.today), []
    for about in forms_of(view.procedure):
        missing = missing_values(case_paper(ctx, about, view, document_language))
        names = (field_title(each.field, language) for each in missing if each.row is None)
        papers.append(
            FormAnswer.of(
                about,
                language,
                languages=PAPER_LANGUAGES,
                missing=list(dict.fromkeys(names)),
                rows=len({each.row for each in missing if each.row is not None}),
                notes=paper_notes(ctx.app, about),
            )
        )
    return papers


def forms_of(procedure: Procedure) -> Sequence[Form]:
    """Return the forms about a case that accompany steps of a procedure, in the order of these."""
    order = {obligation.id: number for number, obligation in enumerate(procedure.obligations)}
    steps = {about.id: [order[step] for step in about.steps if step in order] for about in forms_about("case")}
    return sorted(
        (about for about in forms_about("case") if steps[about.id]), key=lambda about: min(steps[about.id])
    )


def filled_form(ctx: RequestContext, case: str, form: str, language: str) -> tuple[str, bytes]:
    """Return a form filled from a case with what the reader may see: its file name, and the DOCX. Raises
    UnknownCase for one the reader does not see, Refusal where no form about cases has that name.
    """
    seen_case, procedure = whole_case(ctx, case)
    about = form_named(form)
    if about.about != "case":
        raise Refusal("form_unknown", form=form, allowed=form_names())
    paper = case_paper(ctx, about, ctx.case_commands.view_of(seen_case, today=ctx.today), language)
    return paper_file(ctx.app, paper, case_title(seen_case, procedure)[language])


def package_of_case(ctx: RequestContext, case: Case, language: str) -> tuple[BinaryIO, bool]:
    """Return the export package (ZIP) of one case, with what the reader may see, and whether no file of it is
    missing or altered. The file is gone when closed.
    """
    app, scope = ctx.app, ctx.reads.scope_in(case)
    with TemporaryDirectory(prefix="merzim") as folder:
        target = Path(folder) / "package.zip"
        entries = package_documents(app, case=case.id, reads=app.reads.seen_by(scope) if scope else app.reads)
        packed = write_package(target, entries, app.evidence.open, language=language)
        damaged = [document for documents in packed.damaged.values() for document in documents]
        for document in damaged:
            log.error("left out of the package of %s: %s", case.id, document.evidence.reference)
        return target.open("rb"), not damaged


_PROVES: Mapping[EventKind, tuple[str, str]] = {
    "measure_reviewed": ("internal-analysis", "quarter_reviewed"),
    "risk_removed": ("internal-analysis", "quarter_reviewed"),
    "cartogram_recorded": ("internal-analysis", "cartogram_updated"),
    "talk_held": ("tbn4-project-4", "talk_held"),
}
"""Kind of a register entry -> the obligation of a procedure under whose subtask its documents are filed."""


def package_documents(
    app: AppContext,
    *,
    unit: str | None = None,
    year: int | None = None,
    case: str = "",
    reads: SqlReads | None = None,
) -> Iterator[Document]:
    """Yield evidence and exemptions of the active cases, or of `case`, each in the order of its procedure.

    Args:
        unit: a unit and all below it; None: the whole office. `year`: only what happened in that year.
        case: only that case, active or not.
        reads: read queries limited to what the package's reader may see; None for everything.
    """
    reads = reads or app.reads
    ids = [case] if case else [head.id for head in reads.cases(unit) if head.status == "active"]
    for full_case in reads.whole(ids).values():
        yield from _documents_of(app, full_case, year)


def _documents_of(app: AppContext, case: Case, year: int | None) -> Iterator[Document]:
    """Yield the evidence of a case in the order of its procedure, then what it was exempted from."""
    own = app.library.named(case.edition)
    order = {obligation.id: place for place, obligation in enumerate(own.obligations)}

    def line(procedure: Procedure, obligation: Obligation, on: date) -> Document:
        return Document(
            paragraph=_place(procedure, obligation),
            act=procedure.acts[obligation.act].short,
            obligation=obligation.title,
            case=case.id,
            unit=case.unit,
            object=case.object_names(),
            fact_on=on,
        )

    # What an answered assignment proves no act asks for.
    asked = [proof for proof in proofs(case) if proof.kind == "fact" or proof.kind in _PROVES]
    asked.sort(key=lambda proof: (order.get(proof.of.partition(".")[0], len(order)), proof.on, proof.of))
    for proof in asked:
        if year in (None, proof.on.year):
            proved = line(*_proved_obligation(app, own, proof), proof.on)
            yield replace(proved, obligation=_title(case, proved.obligation, proof), evidence=proof.evidence)
    exempted = ((name.partition(".")[0], each) for name, each in case.exempted.items())
    for of, exemption in sorted(exempted, key=lambda each: order.get(each[0], -1)):
        if of in order and exemption.on is not None and year in (None, exemption.on.year):
            yield replace(line(own, own.by_id[of], exemption.on), exempted=exemption.ground)


def _proved_obligation(app: AppContext, own: Procedure, proof: ProvedItem) -> tuple[Procedure, Obligation]:
    """Return the obligation evidence proves: of the case's own edition, else of the procedure asking for it."""
    if proof.kind == "fact":
        return own, own.by_id[proof.of.partition(".")[0].partition("#")[0]]
    named, obligation = _PROVES[proof.kind]
    if obligation in own.by_id:
        return own, own.by_id[obligation]
    elsewhere = app.library.latest(named)
    return elsewhere, elsewhere.by_id[obligation]


def _place(procedure: Procedure, obligation: Obligation) -> str:
    """Return where its proof is filed: its subtask, in the map of 2023 its project, else its paragraph."""
    projects = {each.indicator.partition(".")[0] for each in procedure.obligations if each.indicator}
    of_project = obligation.paragraph.startswith("row ") and len(projects) == 1
    return obligation.indicator or (projects.pop() if of_project else obligation.paragraph)


def _title(case: Case, title: Text, proof: ProvedItem) -> Text:
    """Return the title of a proved obligation, for a register's row with its subject."""
    subjects = {"measure_reviewed": "action", "risk_removed": "description", "talk_held": "title"}
    if proof.kind not in subjects:
        return title
    about = rows_of(case, ROW_OF[proof.kind])[number_of(proof.of)][subjects[proof.kind]]
    return Text(**{key: f"{title[key]}: {about}" for key in LANGUAGES}) if about else title
