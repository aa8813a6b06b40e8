"""What a register rests on in this office: the act it names, or, where that act is another organisation's, one
this office has adopted; and whether its rows open cases here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from merzim.services.context import RequestContext
from merzim.services.law.acts import acts_here
from merzim.services.registers.access import reader_scope
from merzim.services.registers.results import RegisterView, register_view
from merzim.services.results import titles_of
from workflow.org.kinds import among
from workflow.registers.definition import Register

Unopened = Literal["", "act", "kind"]


def view_here(ctx: RequestContext, register: Register, *, rows: int = 0, is_own: bool = False) -> RegisterView:
    """Return a register as its reader sees it, with what it rests on in the office."""
    view = register_view(register, reader_scope(ctx), rows=rows, is_own=is_own)
    return view.model_copy(update=_here(ctx, register))


def _here(ctx: RequestContext, register: Register) -> Mapping[str, object]:
    acts, unopened = acts_here(ctx), _unopened(ctx, register)
    if register.act in acts or register.act not in ctx.library.adopted_acts:
        return {"unopened": unopened}
    campaigns = [campaign for campaign in register.campaigns.values() if campaign.act in acts]
    if campaigns:
        act = campaigns[0].act
        paragraphs = dict.fromkeys(campaign.paragraph for campaign in campaigns if campaign.act == act)
        short = titles_of(register.acts[act].short)
        return {"act": short, "paragraph": ", ".join(paragraphs), "unopened": unopened}
    return {"adopted": False, "unopened": unopened}


def _units(ctx: RequestContext) -> Collection[str]:
    """Return the units whose rows the reader may see."""
    office, root = ctx.reads.office(), reader_scope(ctx).unit
    return office.below(root) if root else office.units


def _unopened(ctx: RequestContext, register: Register) -> Unopened:
    """Return why no row opens a case here: nobody adopted the act its procedure rests on, or the procedure is
    for another kind of organisation; "" where rows open cases, or the register has none to open.
    """
    if register.opens is None:
        return ""
    procedure, office = ctx.library.latest(register.opens.procedure), ctx.reads.office()

    def kinds() -> frozenset[str]:
        units = _units(ctx)
        of_each = {office.units[unit].kind for unit in units if unit in office.units} - {""}
        return frozenset(of_each | {office.kind_of(unit) for unit in [*units][:1]})

    unit_kinds = office.resolved_once(ctx.today, ("kinds", reader_scope(ctx).unit), kinds)
    if not any(among(kind, procedure.applies_to) for kind in unit_kinds or {""}):
        return "kind"
    return "act" if procedure.adopted_act and procedure.adopted_act not in acts_here(ctx) else ""
