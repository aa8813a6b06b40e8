"""The consolidated form of one obligation over a year, and the yearly analyses of organisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.context import RequestContext
from services.narrowing import chosen_procedure, known_year, seen_unit
from services.yearly.clock import UnitTurn, turns
from services.yearly.consolidated import ConsolidatedReport, consolidated
from workflow.law.procedure import Obligation, Procedure
from workflow.org.access import within


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsolidatedQuery:
    """The query of the consolidated form. `found`: the form; None if the reader sees no whole organisation."""

    procedure: Procedure
    obligation: Obligation
    unit: str
    year: int
    found: ConsolidatedReport | None


def asked_for(
    ctx: RequestContext, procedure: str, obligation: str, unit: str, year: int | None
) -> ConsolidatedQuery:
    """Return the form of one obligation over a year, by default the present one."""
    year, law = known_year(ctx, year), chosen_procedure(ctx, procedure)
    root = seen_unit(ctx, unit)
    one = law.by_id.get(obligation) or next(
        (each for each in law.obligations if each.values), law.obligations[0]
    )
    found = None
    if _whole(ctx, root):
        found = consolidated(ctx.app, law.id, one.id, unit=root, year=year, today=ctx.today, reads=ctx.reads)
    return ConsolidatedQuery(procedure=law, obligation=one, unit=root, year=year, found=found)


def list_turns(ctx: RequestContext, unit: str) -> Sequence[UnitTurn] | None:
    """Return the status of the organisations; None if the reader sees none as a whole."""
    root = seen_unit(ctx, unit)
    return turns(ctx.app, root, today=ctx.today, reads=ctx.reads) if _whole(ctx, root) else None


def _whole(ctx: RequestContext, unit: str) -> bool:
    """Return whether the reader sees a whole organisation; of one seen in part it cannot be said that it has
    not reported.
    """
    own, office = ctx.reader.root, ctx.reads.office()
    if not own:
        return True
    return any(within(office, one, own) and within(office, one, unit) for one in office.organisations)
