"""Acts of one organisation: adopting and leaving them, what they show, and the cases that follow them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from pydantic import BaseModel

from i18n import say
from merzim.services.app import AppContext
from merzim.services.context import RequestContext, in_own_units
from merzim.services.inputs import Line
from merzim.services.names import USUAL, UnknownUnit, name_of
from merzim.services.results import Titles
from merzim.services.verbs import Command, NotAllowed, verb
from merzim.storage import office as office_store
from workflow.cases.case import AWAITED, Case
from workflow.cases.commands.case_commands import Drafts, View
from workflow.law.procedure import Procedure, Text
from workflow.moments import Moment
from workflow.org.kinds import among
from workflow.org.office import Office, acts_of
from workflow.refusal import Refusal, closest_first
from workflow.scoring.indicators import SCORED


class AdoptableAct(BaseModel):
    """An act an organisation may adopt, and the titles of the procedures (by id) and registers it adds.

    `applies`: whether any of its procedures is for the organisation's kind; `settled`: adopted by config.toml
    or by a unit above, so that it cannot be left here; `scored`: whether it adds the points of a year.
    """

    id: str
    title: Titles
    adopted: bool
    settled: bool
    applies: bool
    scored: bool
    procedures: dict[str, Titles]
    registers: list[Titles]


class ChangeAct(Command):
    """Adopt an act, or leave it. `unit`: an id or name; "" is the reader's own unit, else the organisation."""

    act: Line
    unit: Line = ""
    leave: bool = False


def acts_here(ctx: RequestContext) -> frozenset[str]:
    """Return the ids of the acts adopted by config.toml, the units the reader sees, or units above those."""
    office, root = ctx.reads.office(), ctx.reader.root

    def adopted() -> frozenset[str]:
        units = [unit for unit in (office.below(root) if root else office.units) if unit in office.units]
        own_acts = {act for unit in units for act in office.units[unit].acts}
        return frozenset(own_acts | acts_of(office, next(iter(units), "")))

    return office.resolved_once(ctx.today, ("acts", root), adopted).union(ctx.app.settings.regulations.acts)


def is_shown(procedure: Procedure, acts: Collection[str]) -> bool:
    """Return whether pages offer a procedure: it is of no act of one organisation, or of one adopted here."""
    return not procedure.adopted_act or procedure.adopted_act in acts


ProcedureGroups = tuple[tuple[Text | str, tuple[Procedure, ...]], ...]
"""Procedures grouped under a title, or a code of the catalogues."""


def _group_by_document(procedures: Iterable[Procedure]) -> ProcedureGroups:
    """Return procedures grouped by the document most of their obligations rest on, as it first occurs."""
    groups: dict[str, list[Procedure]] = {}
    titles: dict[str, Text] = {}
    for procedure in procedures:
        acts = Counter(obligation.act for obligation in procedure.obligations if obligation.act)
        document = procedure.acts[max(acts, key=lambda act: acts[act])]
        titles[document.id] = document.short
        groups.setdefault(document.id, []).append(procedure)
    return tuple((titles[document], tuple(group)) for document, group in groups.items())


def offered_procedures(ctx: RequestContext, kind: str, chosen: str = "") -> ProcedureGroups:
    """Return procedures shown here, and the chosen one, by document; last those for other kinds."""
    latest, acts = [ctx.library.latest(name) for name in ctx.library.ids()], acts_here(ctx)
    procedures = [
        procedure
        for procedure in sorted(latest, key=lambda procedure: procedure.id != USUAL)
        if procedure.id == chosen or is_shown(procedure, acts)
    ]
    own = [procedure for procedure in procedures if among(kind, procedure.applies_to)]
    other = tuple(procedure for procedure in procedures if procedure not in own)
    return (*_group_by_document(own), *((("web.open.group.other", other),) if other else ()))


def unit_of_acts(ctx: RequestContext, unit: str) -> str:
    """Return the unit (id) acts are adopted for: the one named, the reader's own, else the only top unit.

    Raises Refusal: there is no unit yet, or several are at the top and none is named; UnknownUnit.
    """
    office = ctx.reads.office()
    if unit:
        if (named := office.unit_id(unit)) not in office.units:
            allowed = closest_first(unit, [unit.name for unit in office.units.values()])
            raise UnknownUnit("unknown_unit", unit=unit, allowed=allowed[:5])
        return named
    if ctx.reader.root in office.units:
        return ctx.reader.root
    if not office.root:
        names = tuple(name_of(office.units[top]) for top in office.tops)
        raise Refusal("which_organisation", allowed=names) if names else Refusal("web.acts.no_unit")
    return office.root


def adoptable_acts(ctx: RequestContext, unit: str) -> Sequence[AdoptableAct]:
    """Return the acts a unit (id, "" for none) may adopt: those it adopted first, then those for its kind."""
    office, library = ctx.reads.office(), ctx.library
    common = frozenset(ctx.app.settings.regulations.acts)
    own, parent = (office.units[unit].acts, office.units[unit].parent or "") if unit else ((), "")
    above = common | acts_of(office, parent)
    registers = ctx.app.registers.all_on(ctx.today)
    editions = [library.latest(name) for name in library.ids()]
    acts = []
    for id, act in library.adopted_acts.items():
        procedures = [edition for edition in editions if edition.adopted_act == id]
        acts.append(
            AdoptableAct(
                id=id,
                title=Titles.of(act.title),
                adopted=id in above or id in own,
                settled=id in above,
                applies=any(among(office.kind_of(unit), edition.applies_to) for edition in procedures),
                scored=id == SCORED,
                procedures={edition.id: Titles.of(edition.title) for edition in procedures},
                registers=[Titles.of(register.title) for register in registers if register.act == id],
            )
        )
    return sorted(acts, key=lambda act: (not act.adopted, not act.applies))


@verb("manage")
def change_act(ctx: RequestContext, command: ChangeAct) -> list[AdoptableAct]:
    """Adopt an act for a unit and all below it, or leave it: its active cases there are exempted until it is
    adopted again. Return the acts the unit may adopt.
    """
    office = ctx.app.reads.office().written_down
    (act,) = ctx.library.known_acts([command.act])
    unit = office.units[unit_of_acts(ctx, command.unit)]
    if not in_own_units(ctx, unit.id):
        raise NotAllowed
    others = tuple(other for other in unit.acts if other != act)
    changed = replace(unit, acts=others if command.leave else (*others, act))
    if set(changed.acts) != set(unit.acts):
        office_store.keep(ctx.app.engine, changed, was=unit, at=ctx.moment)
        follow_adopted_acts(ctx.app, office, unit.id, at=ctx.moment)
        ctx.app.process.proposed.clear()
    return list(adoptable_acts(ctx, unit.id))


def follow_adopted_acts(app: AppContext, before: Office, unit: str, *, at: Moment) -> int:
    """Exempt the active cases of acts that a change took from units, and reopen those of acts adopted again; a
    case of an act never adopted stays. Return how many cases changed, in that unit and below.

    `before`: the office before the change, which is stored already; `unit`: the one that changed.
    """
    office, common = app.reads.office(), {*app.settings.regulations.acts}
    places: dict[tuple[str, bool], set[str]] = {}
    for place in office.below(unit):
        was, binding = (acts_of(state, place) - common for state in (before, office))
        for act in was ^ binding:
            # The organisation's own cases include those without a unit.
            places.setdefault((act, act in was), set()).update([place, ""] if place == office.root else [place])
    changed_count = 0
    for (act, gave_up), units in sorted(places.items()):
        for procedure in sorted({edition.id for edition in app.library.all() if edition.adopted_act == act}):
            for head in app.reads.cases(unit, procedure=procedure):
                if head.unit in units:
                    changed_count += _follow_act(app, head, act, gave_up=gave_up, at=at)
    return changed_count


def _follow_act(app: AppContext, head: Case, act: str, *, gave_up: bool, at: Moment) -> bool:
    """Exempt a case whose act was given up, if it is active and anything is still to be done; reopen one of an
    act adopted again, if it was exempted because of it. Return whether it changed.
    """

    def followed(view: View) -> Drafts:
        if gave_up:
            is_moved = view.case.status == "active" and any(each.state in AWAITED for each in view.deadlines)
        else:
            grounds = [event.payload for event in view.events if event.kind == "exempted" and not event.name]
            is_moved = view.case.status == "exempted" and grounds[-1].get("act") == act
        # A closed case may be of an edition that does not rest on the act.
        if not is_moved:
            return ()
        code, named = "given_up" if gave_up else "taken_up", {"act": view.procedure.acts[act].short}
        ground = say(f"adopted_act.{code}", named, app.settings.office.language)
        said: dict[str, object] = {"ground": ground, "act": act}
        return [("exempted" if gave_up else "reopened", "", None, said)]

    return bool(app.case_commands.write(head.id, at, followed).events)
