"""Selects the documents of an export package: the evidence of cases, filtered by unit, year or case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from services.moments import almaty
from workflow.languages import LANGUAGES

if TYPE_CHECKING:
    from documents.package import Document
    from services.app import AppContext
    from storage.queries import SqlReads
    from workflow.cases.case import Case, EventKind
    from workflow.cases.registers.evidence_list import ProvedItem
    from workflow.law.procedure import Obligation, Procedure, Text

_PROVES: Mapping[EventKind, tuple[str, str]] = {
    "measure_reviewed": ("internal-analysis", "quarter_reviewed"),
    "risk_removed": ("internal-analysis", "quarter_reviewed"),
    "cartogram_recorded": ("internal-analysis", "cartogram_updated"),
    "talk_held": ("tbn4-project-4", "talk_held"),
}
"""Kind of a register entry -> the obligation of a procedure under whose subtask its documents are filed."""


def documents(
    app: AppContext,
    *,
    unit: str | None = None,
    year: int | None = None,
    case: str = "",
    reads: SqlReads | None = None,
) -> Iterator[Document]:
    """Yield the evidence of the cases in the order of the procedures; cancelled cases are left out.

    Args:
        unit: a unit and all below it; None: the whole office.
        year: only what happened in that calendar year.
        case: only that case.
        reads: read queries limited to what the package's reader may see; None for everything.
    """
    reads = reads or app.reads
    ids = [case] if case else [head.id for head in reads.cases(unit) if head.standing == "active"]
    for found in reads.whole(ids).values():
        yield from _of(app, found, year)


def _of(app: AppContext, case: Case, year: int | None) -> Iterator[Document]:
    from documents.package import Document
    from workflow.cases.registers.evidence_list import proofs

    own = app.library.named(case.edition)
    order = {obligation.id: place for place, obligation in enumerate(own.obligations)}

    def place(one: ProvedItem) -> tuple[object, ...]:
        return order.get(one.of.partition(".")[0], len(order)), one.on, one.of

    for one in sorted(proofs(case), key=place):
        if year is not None and one.on.year != year:
            continue
        procedure, obligation = _asked(app, own, one)
        item = one.evidence
        yield Document(
            paragraph=obligation.indicator or obligation.paragraph,
            act=procedure.acts[obligation.act].short,
            obligation=_title(case, obligation, one),
            case=case.id,
            unit=case.unit,
            object=case.object_names(),
            kind=item.kind,
            reference=item.reference,
            is_file=item.name is not None,
            name=item.name or "",
            fact_on=one.on,
            written_on=item.written_on,
            recorded_on=item.recorded_at.astimezone(almaty()).date() if item.recorded_at else None,
            published_on=item.published_on,
            type=item.type or "",
            size=item.size,
            restricted=item.restricted,
        )


def _asked(app: AppContext, own: Procedure, one: ProvedItem) -> tuple[Procedure, Obligation]:
    """Return the obligation that evidence proves: of the case's own edition, else of the procedure that
    requires it.
    """
    if one.kind == "fact":
        return own, own.by_id[one.of.partition(".")[0].partition("#")[0]]
    named, obligation = _PROVES[one.kind]
    if obligation in own.by_id:
        return own, own.by_id[obligation]
    elsewhere = app.library.latest(named)
    return elsewhere, elsewhere.by_id[obligation]


def _title(case: Case, obligation: Obligation, one: ProvedItem) -> Text:
    """Return the title of the obligation, for register rows with their subject."""
    from workflow.law.procedure import Text

    about = _about(case, one)
    title = obligation.title
    return Text(**{key: f"{title[key]}: {about}" for key in LANGUAGES}) if about else title


def _about(case: Case, one: ProvedItem) -> str:
    from workflow.cases.registers.entries import number_of
    from workflow.cases.registers.exposure import exposure
    from workflow.cases.registers.risk import register

    match one.kind:
        case "measure_reviewed":
            return register(case).measures[number_of(one.of)].action
        case "risk_removed":
            return register(case).risks[int(one.of.partition(".")[2])].description
        case "talk_held":
            return exposure(case).positions[int(one.of.partition(".")[2])].title
        case _:
            return ""
