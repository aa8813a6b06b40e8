"""An organisation's own rules (overlays): preview, adopt and withdraw them.

Each step is one event of the office's own chain, with the text as adopted. The board rows it moves are written
after it, case by case; after a crash between the two the same command (or `merzim rebuild`) finishes the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from i18n import say
from merzim.services.context import RequestContext, stamp
from merzim.services.impacts import CHUNK_SIZE, MovedDates, PersonImpact, people_finder
from merzim.services.names import unit_named
from merzim.services.verbs import Command, verb
from merzim.storage.database.limits import chunks
from workflow.cases.states import AWAITED
from workflow.org.office import acts_of
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.app import AppContext
    from merzim.storage.org.adoptions import Adoption, Kind
    from workflow.cases.case import Case, EventDraft
    from workflow.law.library import Library
    from workflow.law.overlay import Overlay
    from workflow.law.procedure import Procedure
    from workflow.law.reader.overlay import Milder
    from workflow.org.office import Office


class NotAdopted(Refusal, LookupError):
    """The office has not adopted the rules of that file; `allowed` lists the files it has adopted."""


class OverlayFile(Command):
    """A file of own rules."""

    file: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class OverlayPreview(MovedDates):
    """The effect of adopting or withdrawing own rules.

    Attributes:
        done: whether this is already the last step for these rules in the office's chain.
        overlay: the rules.
        milder: their terms that are never stricter than the act's.
        covered: ids of the cases of their procedure in the units they are valid for, from the day they are in
            force.
        written: number of cases whose due dates were written; 0 in a preview.
    """

    done: bool
    overlay: Overlay
    milder: tuple[Milder, ...]
    covered: tuple[str, ...]
    written: int = 0


@verb("manage", writes=False)
def preview_overlay(ctx: RequestContext, command: OverlayFile) -> OverlayPreview:
    """Return what the rules of a file would move; nothing is written.

    Raises:
        UnreadableRegulation: the file cannot be read, or does not fit its procedure.
        UnknownProcedure, UnknownUnit: it names one that does not exist.
    """
    return _preview_adoption(ctx.app, _read_overlay(ctx.app, command.file), ctx.today)


@verb("manage")
def adopt_overlay(ctx: RequestContext, command: OverlayFile) -> OverlayPreview:
    """Adopt the rules of a file and write the due dates they move. The same text again changes nothing.

    Raises:
        as `preview_overlay`; StorageUnavailable: the database cannot be written.
    """
    from merzim.storage.org.adoptions import ADOPTED

    app = ctx.app
    overlay = _read_overlay(app, command.file)
    while True:
        effect = _preview_adoption(app, overlay, ctx.today)
        if effect.done or _append_step(app, ADOPTED, overlay, **stamp(ctx)):
            return _write(ctx, effect)


@verb("manage")
def withdraw_overlay(ctx: RequestContext, command: OverlayFile) -> OverlayPreview:
    """Withdraw adopted rules: cases are no longer computed by them. Only the file's name is used.

    Raises:
        NotAdopted: the office has not adopted them.
    """
    from merzim.storage.org.adoptions import WITHDRAWN

    app = ctx.app
    while True:
        overlay = _get_adopted(app, command.file.name)
        effect = _preview_withdrawal(app, overlay, ctx.today)
        if _append_step(app, WITHDRAWN, overlay, **stamp(ctx)):
            return _write(ctx, effect)


def _write(ctx: RequestContext, effect: OverlayPreview) -> OverlayPreview:
    """Rewrite the rows of the cases the rules cover."""
    return replace(effect, written=_rewrite_rows(ctx.app, effect.covered, now=ctx.now, today=ctx.today))


def adopted_overlays(app: AppContext) -> tuple[tuple[Adoption, Overlay], ...]:
    """Return the rules the office has adopted and not withdrawn, each with the step that adopted it."""
    from merzim.storage.org.adoptions import rules_in_force
    from workflow.law.reader.overlay import read_overlay

    return tuple((step, read_overlay(step.name, step.text.encode())) for step in rules_in_force(app.steps))


def waiting_files(app: AppContext) -> tuple[str, ...]:
    """Return the files of own rules in the office's folder whose present text is not adopted."""
    folder = app.settings.regulations.folder
    if folder is None or not folder.is_dir():
        return ()
    texts = {step.name: step.text for step, _ in adopted_overlays(app)}
    paths = sorted(folder.glob("overlay.*.toml"))
    return tuple(path.name for path in paths if texts.get(path.name) != _read_text(path))


def rewrite_after_unit_change(app: AppContext, *, now: datetime, today: date) -> int:
    """Rewrite the rows of cases after the tree of units changed; return how many changed."""
    if not app.steps:
        return 0
    app.refresh()
    touched = {case for _, overlay in adopted_overlays(app) for case in _case_ids(app, overlay)}
    return _rewrite_rows(app, sorted(touched), now=now, today=today)


def follow_adopted_acts(
    app: AppContext, before: Office, unit: str, *, by: str, now: datetime, today: date
) -> int:
    """Exempt open obligations in cases of acts that units gave up, and reopen cases of acts adopted again.

    Acts of one organisation bind only those that adopted them. A case opened by hand where its act was never
    adopted stays unchanged.

    Args:
        before: the office before the change; unit: the one that changed, with all units below it.

    Returns: how many cases changed.
    """
    office, common = app.reads.office(), {*app.settings.regulations.acts}
    places: dict[tuple[str, bool], set[str]] = {}
    for place in office.below(unit):
        was, binding = (acts_of(state, place) - common for state in (before, office))
        for act in was ^ binding:
            places.setdefault((act, act in was), set()).add(place)
    changed_count = 0
    for (act, gave_up), units in sorted(places.items()):
        follow = _give_up if gave_up else _take_up
        for procedure in sorted({edition.id for edition in app.library.all() if edition.adopted_act == act}):
            for head in app.reads.cases(unit, procedure=procedure):
                if head.unit in units:
                    changed_count += follow(app, head, act, by=by, now=now, today=today)
    return changed_count


def _give_up(app: AppContext, head: Case, act: str, *, by: str, now: datetime, today: date) -> bool:
    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        deadlines = app.case_commands.looked_at(case, today=today).deadlines
        if case.standing != "active" or all(deadline.state not in AWAITED for deadline in deadlines):
            return ()
        return [("exempted", "", None, {"ground": _ground(app, "given_up", procedure, act), "act": act})]

    return bool(app.case_commands.write(head.id, decide, by=by, now=now, today=today).events)


def _take_up(app: AppContext, head: Case, act: str, *, by: str, now: datetime, today: date) -> bool:
    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        closed = [event for event in app.reads.events(case.id) if event.kind == "exempted" and not event.name]
        if case.standing != "exempted" or closed[-1].payload.get("act") != act:
            return ()
        return [("reopened", "", None, {"ground": _ground(app, "taken_up", procedure, act), "act": act})]

    return bool(app.case_commands.write(head.id, decide, by=by, now=now, today=today).events)


def _ground(app: AppContext, code: str, procedure: Procedure, act: str) -> str:
    language = app.settings.office.language
    return say(f"adopted_act.{code}", {"act": procedure.acts[act].short}, language)


def _read_overlay(app: AppContext, file: Path) -> Overlay:
    from merzim.documents.sandbox.readers import check_rules, contents
    from workflow.law.reader.overlay import read_overlay, unfitting

    data = contents(file, file.name)
    check_rules(data, file.name)
    overlay = read_overlay(file.name, data)
    app.editions.earliest(overlay.procedure)
    unfitting(overlay, app.editions.editions_of(overlay.procedure))
    if overlay.unit:
        _ = unit_named(app, overlay.unit)
    return overlay


def _read_text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", errors="replace")


def _get_adopted(app: AppContext, name: str) -> Overlay:
    adopted = adopted_overlays(app)
    for step, overlay in adopted:
        if step.name == name:
            return overlay
    code = "overlay_not_adopted" if adopted else "overlay_none_adopted"
    raise NotAdopted(code, file=name, allowed=tuple(step.name for step, _ in adopted))


def _preview_adoption(app: AppContext, overlay: Overlay, today: date) -> OverlayPreview:
    from merzim.storage.org.adoptions import ADOPTED

    adopted = {step.name: step for step, _ in adopted_overlays(app)}
    previous = adopted.get(overlay.file)
    is_adopted = previous is not None and previous.text == overlay.text
    if is_adopted:
        # Show what they moved when they were adopted: compare with the other rules in force.
        before = app.library_of([step for step in adopted.values() if step.name != overlay.file])
        return _preview(app, overlay, before, app.library, today, is_done=True)
    after = app.library_of([*app.steps, _draft_step(ADOPTED, overlay, today)])
    return _preview(app, overlay, app.library, after, today)


def _preview_withdrawal(app: AppContext, overlay: Overlay, today: date) -> OverlayPreview:
    from merzim.storage.org.adoptions import WITHDRAWN

    after = app.library_of([*app.steps, _draft_step(WITHDRAWN, overlay, today)])
    return _preview(app, overlay, app.library, after, today)


def _draft_step(kind: Kind, overlay: Overlay, today: date) -> Adoption:
    """Return a step that is not stored, for computing its effect."""
    from datetime import UTC
    from datetime import time as noon

    from merzim.storage.org.adoptions import Adoption

    at = datetime.combine(today, noon(12), tzinfo=UTC)
    return Adoption(kind=kind, name=overlay.file, on=today, at=at, by="", text=overlay.text)


def _preview(
    app: AppContext, overlay: Overlay, before: Library, after: Library, today: date, *, is_done: bool = False
) -> OverlayPreview:
    from workflow.deadlines.impact import moved
    from workflow.law.overlay import begins
    from workflow.law.reader.overlay import milder

    find_people = people_finder(app, today)
    covered, impacts = [], list[PersonImpact]()
    rules = after.own if after.own is not None and overlay in after.own.overlays else before.own
    for names in chunks(_case_ids(app, overlay), CHUNK_SIZE):
        for case in app.ledger.cases(names).values():
            old, new = before.of(case), after.of(case)
            holds = rules is not None and rules.covers(overlay, case.unit) and begins(case) >= overlay.in_force
            if not holds and old is new:
                continue
            covered.append(case.id)
            days = app.calendar
            for deadline in moved(case, old, days, days, today=today, becomes=new):
                impacts.append(PersonImpact(deadline, find_people(case, deadline)))
    return OverlayPreview(
        done=is_done,
        overlay=overlay,
        milder=milder(overlay, app.editions.latest(overlay.procedure), app.calendar),
        covered=tuple(covered),
        impacts=tuple(impacts),
    )


def _case_ids(app: AppContext, overlay: Overlay) -> Iterator[str]:
    """Yield the ids of the cases of the overlay's procedure."""
    for head in app.reads.cases(procedure=overlay.procedure):
        yield head.id


def _append_step(app: AppContext, kind: Kind, overlay: Overlay, *, by: str, now: datetime, today: date) -> bool:
    from merzim.storage.org.adoptions import adopt

    is_appended = adopt(
        app.engine, app.steps, kind=kind, name=overlay.file, text=overlay.text, on=today, by=by, now=now
    )
    app.refresh()
    return is_appended


def _rewrite_rows(app: AppContext, covered: Sequence[str], *, now: datetime, today: date) -> int:
    """Rewrite the board rows of these cases by the present rules; return how many cases changed."""
    from merzim.storage.maintenance.seals import seal

    written_count = sum(_rewrite_chunk(app, names, now, today) for names in chunks(covered, CHUNK_SIZE))
    seal(app.engine, now=now)
    return written_count


def _rewrite_chunk(app: AppContext, names: Sequence[str], now: datetime, today: date) -> int:
    from workflow.ports import Conflict

    while True:
        recalculated = [
            app.case_commands.recomputed(case, today=today) for case in app.ledger.cases(names).values()
        ]
        try:
            return app.ledger.rewrite(recalculated, now=now)
        except Conflict:
            # Another user recorded a fact in the meantime: read again.
            continue
