"""Which documents go into an export package: the evidence of cases, narrowed by unit, year or case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from merzim.clock import almaty

if TYPE_CHECKING:
    from merzim.wiring import House
    from papers.package import Document
    from workflow.case import Case


def documents(
    house: House, *, unit: str | None = None, year: int | None = None, case: str = ""
) -> Iterator[Document]:
    """The evidence of the cases in the order of the procedures; a cancelled case proves nothing.

    Args:
        unit: a unit and all below it; None: the whole office.
        year: only facts of that calendar year.
        case: only that case.
    """
    ids = [case] if case else [head.id for head in house.reads.cases(unit) if head.standing == "active"]
    for found in house.reads.whole(ids).values():
        yield from _of(house, found, year)


def _of(house: House, case: Case, year: int | None) -> Iterator[Document]:
    from papers.package import Document

    procedure = house.library.named(case.edition)
    order = {obligation.id: place for place, obligation in enumerate(procedure.obligations)}
    for name, fact in sorted(
        case.facts.items(), key=lambda one: (order[one[0].partition(".")[0]], one[1].on, one[0])
    ):
        if year is not None and fact.on.year != year:
            continue
        obligation = procedure.by_id[name.partition(".")[0]]
        for item in fact.evidence:
            yield Document(
                paragraph=obligation.indicator or obligation.paragraph,
                act=procedure.acts[obligation.act].short,
                obligation=obligation.title,
                case=case.id,
                unit=case.unit,
                object=case.object,
                kind=item.kind,
                reference=item.reference,
                is_file=item.name is not None,
                name=item.name or "",
                fact_on=fact.on,
                written_on=item.written_on,
                recorded_on=item.recorded_at.astimezone(almaty()).date() if item.recorded_at else None,
                published_on=item.published_on,
                type=item.type or "",
                size=item.size,
                restricted=item.restricted,
            )
