"""An organisation's own rules: what they would move, shown before it is written; adopting and withdrawing.

Each step is one line of the office's own chain, with the text as adopted. The board rows it moves are written
after it, case by case; a crash between the two is mended by the same command (or `merzim rebuild`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from services.calendar_acts import PersonImpact, chunks, told
from services.queries import unit_named
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from services.app import AppContext
    from storage.org.own_rules import Kind, Step
    from workflow.law.library import Library
    from workflow.law.overlay import Overlay
    from workflow.law.reader.overlay import Milder
    from workflow.org.office import Person


class NotAdopted(Refusal, LookupError):
    """The office has adopted no rules of that file; `allowed` are the files it has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What adopting or withdrawing own rules moves.

    Attributes:
        done: it is so already; nothing is left to be written in the office's chain.
        overlay: the rules.
        milder: their terms that are nowhere stricter than the act's.
        covered: ids of the cases of their procedure in the units they hold for, from the day they are in force.
    """

    done: bool
    overlay: Overlay
    milder: tuple[Milder, ...]
    covered: tuple[str, ...]
    hearings: tuple[PersonImpact, ...]

    @property
    def cases(self) -> tuple[str, ...]:
        """Ids of the cases in which a due date moves."""
        return tuple(dict.fromkeys(hearing.moved.case for hearing in self.hearings))

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody whose date moves, once."""
        return tuple({person.key: person for one in self.hearings for person in one.people}.values())


def preview(app: AppContext, file: Path, *, today: date) -> Preview:
    """What the rules of a file would move; nothing is written.

    Raises:
        UnreadableRegulation: the file cannot be read, or does not fit the procedure it is laid over.
        UnknownProcedure, UnknownUnit: it names one nobody has entered.
    """
    return _adopting(app, _read(app, file), today)


def apply(app: AppContext, file: Path, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
    """Adopt the rules of a file, and write what they move. The same again changes nothing.

    Returns:
        What they move, and how many cases were written.

    Raises:
        as `preview`; StorageUnavailable: the database cannot be written.
    """
    from storage.org.own_rules import ADOPTED

    overlay = _read(app, file)
    while True:
        shown = _adopting(app, overlay, today)
        if shown.done or _take(app, ADOPTED, overlay, by=by, now=now, today=today):
            return shown, _settle(app, shown.covered, now=now, today=today)


def withdraw(app: AppContext, file: Path, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
    """Take adopted rules back: no case is counted by them any more. Only the name of the file counts.

    Raises:
        NotAdopted: the office has not adopted them.
    """
    from storage.org.own_rules import WITHDRAWN

    while True:
        overlay = _adopted(app, file.name)
        shown = _withdrawing(app, overlay, today)
        if _take(app, WITHDRAWN, overlay, by=by, now=now, today=today):
            return shown, _settle(app, shown.covered, now=now, today=today)


def standing(app: AppContext) -> tuple[tuple[Step, Overlay], ...]:
    """The rules the office has adopted, with the step that adopted them."""
    from storage.org.own_rules import standing as held
    from workflow.law.reader.overlay import read_overlay

    return tuple((step, read_overlay(step.name, step.text.encode())) for step in held(app.steps))


def waiting_files(app: AppContext) -> tuple[str, ...]:
    """Files of own rules in the office's folder that are not adopted as they stand there."""
    folder = app.settings.regulations.folder
    if folder is None or not folder.is_dir():
        return ()
    texts = {step.name: step.text for step, _ in standing(app)}
    found = sorted(folder.glob("overlay.*.toml"))
    return tuple(path.name for path in found if texts.get(path.name) != _text(path))


def resettle(app: AppContext, *, now: datetime, today: date) -> int:
    """After the tree of units was changed: the rows of cases that other rules hold for now. How many."""
    if not app.steps:
        return 0
    app.refresh()
    touched = {case for _, overlay in standing(app) for case in _of_procedure(app, overlay)}
    return _settle(app, sorted(touched), now=now, today=today)


def _read(app: AppContext, file: Path) -> Overlay:
    from documents.sandbox.readers import check_rules, contents
    from workflow.law.reader.overlay import read_overlay, unfitting

    data = contents(file, file.name)
    check_rules(data, file.name)
    overlay = read_overlay(file.name, data)
    app.editions.earliest(overlay.procedure)
    unfitting(overlay, [one for one in app.editions.all() if one.id == overlay.procedure])
    if overlay.unit:
        _ = unit_named(app, overlay.unit)
    return overlay


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", errors="replace")


def _adopted(app: AppContext, name: str) -> Overlay:
    held = standing(app)
    for step, overlay in held:
        if step.name == name:
            return overlay
    code = "overlay_not_adopted" if held else "overlay_none_adopted"
    raise NotAdopted(code, file=name, allowed=tuple(step.name for step, _ in held))


def _adopting(app: AppContext, overlay: Overlay, today: date) -> Preview:
    from storage.org.own_rules import ADOPTED

    held = {step.name: step for step, _ in standing(app)}
    known = held.get(overlay.file)
    done = known is not None and known.text == overlay.text
    if done:
        # What they moved when they were adopted: against the rest of what holds.
        before = app.library_of([step for step in held.values() if step.name != overlay.file])
        return _preview(app, overlay, before, app.library, today, done=True)
    after = app.library_of([*app.steps, _step(ADOPTED, overlay, today)])
    return _preview(app, overlay, app.library, after, today)


def _withdrawing(app: AppContext, overlay: Overlay, today: date) -> Preview:
    from storage.org.own_rules import WITHDRAWN

    after = app.library_of([*app.steps, _step(WITHDRAWN, overlay, today)])
    return _preview(app, overlay, app.library, after, today)


def _step(kind: Kind, overlay: Overlay, today: date) -> Step:
    """A step as it would be taken, to look at what it would do."""
    from datetime import UTC
    from datetime import time as noon

    from storage.org.own_rules import Step

    at = datetime.combine(today, noon(12), tzinfo=UTC)
    return Step(kind=kind, name=overlay.file, on=today, at=at, by="", text=overlay.text)


def _preview(
    app: AppContext, overlay: Overlay, before: Library, after: Library, today: date, *, done: bool = False
) -> Preview:
    from workflow.deadlines.impact import moved
    from workflow.law.own_rules import begins
    from workflow.law.reader.overlay import milder

    who = told(app, today)
    covered, hearings = [], list[PersonImpact]()
    rules = after.own if after.own is not None and overlay in after.own.overlays else before.own
    for names in chunks(_of_procedure(app, overlay)):
        for case in app.ledger.cases(names).values():
            was, becomes = before.of(case), after.of(case)
            holds = rules is not None and rules.covers(overlay, case.unit) and begins(case) >= overlay.in_force
            if not holds and was is becomes:
                continue
            covered.append(case.id)
            days = app.calendar
            for one in moved(case, was, days, days, today=today, becomes=becomes):
                hearings.append(PersonImpact(one, who(case, one)))
    return Preview(
        done=done,
        overlay=overlay,
        milder=milder(overlay, app.editions.latest(overlay.procedure), app.calendar),
        covered=tuple(covered),
        hearings=tuple(hearings),
    )


def _of_procedure(app: AppContext, overlay: Overlay) -> Iterator[str]:
    for head in app.reads.cases(procedure=overlay.procedure):
        yield head.id


def _take(app: AppContext, kind: Kind, overlay: Overlay, *, by: str, now: datetime, today: date) -> bool:
    from storage.org.own_rules import take

    taken = take(
        app.engine, app.steps, kind=kind, name=overlay.file, text=overlay.text, on=today, by=by, now=now
    )
    app.refresh()
    return taken


def _settle(app: AppContext, covered: Sequence[str], *, now: datetime, today: date) -> int:
    """The rows of these cases by the rules as they stand; how many cases had other rows."""
    from storage.maintenance.seals import seal

    written = sum(_settle_chunk(app, names, now, today) for names in chunks(covered))
    seal(app.engine, now=now)
    return written


def _settle_chunk(app: AppContext, names: Sequence[str], now: datetime, today: date) -> int:
    from workflow.ports import Conflict

    while True:
        anew = [app.desk.recomputed(case, today=today) for case in app.ledger.cases(names).values()]
        try:
            return app.ledger.rewrite(anew, now=now)
        except Conflict:
            # Somebody recorded a fact meanwhile: read again.
            continue
