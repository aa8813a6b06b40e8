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


def preview(house: AppContext, file: Path, *, today: date) -> Preview:
    """What the rules of a file would move; nothing is written.

    Raises:
        UnreadableRegulation: the file cannot be read, or does not fit the procedure it is laid over.
        UnknownProcedure, UnknownUnit: it names one nobody has entered.
    """
    return _adopting(house, _read(house, file), today)


def apply(house: AppContext, file: Path, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
    """Adopt the rules of a file, and write what they move. The same again changes nothing.

    Returns:
        What they move, and how many cases were written.

    Raises:
        as `preview`; StorageUnavailable: the database cannot be written.
    """
    from storage.org.own_rules import ADOPTED

    overlay = _read(house, file)
    while True:
        shown = _adopting(house, overlay, today)
        if shown.done or _take(house, ADOPTED, overlay, by=by, now=now, today=today):
            return shown, _settle(house, shown.covered, now=now, today=today)


def withdraw(house: AppContext, file: Path, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
    """Take adopted rules back: no case is counted by them any more. Only the name of the file counts.

    Raises:
        NotAdopted: the office has not adopted them.
    """
    from storage.org.own_rules import WITHDRAWN

    while True:
        overlay = _adopted(house, file.name)
        shown = _withdrawing(house, overlay, today)
        if _take(house, WITHDRAWN, overlay, by=by, now=now, today=today):
            return shown, _settle(house, shown.covered, now=now, today=today)


def standing(house: AppContext) -> tuple[tuple[Step, Overlay], ...]:
    """The rules the office has adopted, with the step that adopted them."""
    from storage.org.own_rules import standing as held
    from workflow.law.reader.overlay import read_overlay

    return tuple((step, read_overlay(step.name, step.text.encode())) for step in held(house.steps))


def waiting_files(house: AppContext) -> tuple[str, ...]:
    """Files of own rules in the office's folder that are not adopted as they stand there."""
    folder = house.settings.regulations.folder
    if folder is None or not folder.is_dir():
        return ()
    texts = {step.name: step.text for step, _ in standing(house)}
    found = sorted(folder.glob("overlay.*.toml"))
    return tuple(path.name for path in found if texts.get(path.name) != _text(path))


def resettle(house: AppContext, *, now: datetime, today: date) -> int:
    """After the tree of units was changed: the rows of cases that other rules hold for now. How many."""
    if not house.steps:
        return 0
    house.refresh()
    touched = {case for _, overlay in standing(house) for case in _of_procedure(house, overlay)}
    return _settle(house, sorted(touched), now=now, today=today)


def _read(house: AppContext, file: Path) -> Overlay:
    from documents.sandbox.readers import check_rules, contents
    from workflow.law.reader.overlay import read_overlay, unfitting

    data = contents(file, file.name)
    check_rules(data, file.name)
    overlay = read_overlay(file.name, data)
    house.editions.earliest(overlay.procedure)
    unfitting(overlay, [one for one in house.editions.all() if one.id == overlay.procedure])
    if overlay.unit:
        _ = unit_named(house, overlay.unit)
    return overlay


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", errors="replace")


def _adopted(house: AppContext, name: str) -> Overlay:
    held = standing(house)
    for step, overlay in held:
        if step.name == name:
            return overlay
    code = "overlay_not_adopted" if held else "overlay_none_adopted"
    raise NotAdopted(code, file=name, allowed=tuple(step.name for step, _ in held))


def _adopting(house: AppContext, overlay: Overlay, today: date) -> Preview:
    from storage.org.own_rules import ADOPTED

    held = {step.name: step for step, _ in standing(house)}
    known = held.get(overlay.file)
    done = known is not None and known.text == overlay.text
    if done:
        # What they moved when they were adopted: against the rest of what holds.
        before = house.library_of([step for step in held.values() if step.name != overlay.file])
        return _preview(house, overlay, before, house.library, today, done=True)
    after = house.library_of([*house.steps, _step(ADOPTED, overlay, today)])
    return _preview(house, overlay, house.library, after, today)


def _withdrawing(house: AppContext, overlay: Overlay, today: date) -> Preview:
    from storage.org.own_rules import WITHDRAWN

    after = house.library_of([*house.steps, _step(WITHDRAWN, overlay, today)])
    return _preview(house, overlay, house.library, after, today)


def _step(kind: Kind, overlay: Overlay, today: date) -> Step:
    """A step as it would be taken, to look at what it would do."""
    from datetime import UTC
    from datetime import time as noon

    from storage.org.own_rules import Step

    at = datetime.combine(today, noon(12), tzinfo=UTC)
    return Step(kind=kind, name=overlay.file, on=today, at=at, by="", text=overlay.text)


def _preview(
    house: AppContext, overlay: Overlay, before: Library, after: Library, today: date, *, done: bool = False
) -> Preview:
    from workflow.deadlines.impact import moved
    from workflow.law.own_rules import begins
    from workflow.law.reader.overlay import milder

    who = told(house, today)
    covered, hearings = [], list[PersonImpact]()
    rules = after.own if after.own is not None and overlay in after.own.overlays else before.own
    for names in chunks(_of_procedure(house, overlay)):
        for case in house.ledger.cases(names).values():
            was, becomes = before.of(case), after.of(case)
            holds = rules is not None and rules.covers(overlay, case.unit) and begins(case) >= overlay.in_force
            if not holds and was is becomes:
                continue
            covered.append(case.id)
            days = house.calendar
            for one in moved(case, was, days, days, today=today, becomes=becomes):
                hearings.append(PersonImpact(one, who(case, one)))
    return Preview(
        done=done,
        overlay=overlay,
        milder=milder(overlay, house.editions.latest(overlay.procedure), house.calendar),
        covered=tuple(covered),
        hearings=tuple(hearings),
    )


def _of_procedure(house: AppContext, overlay: Overlay) -> Iterator[str]:
    for head in house.reads.cases(procedure=overlay.procedure):
        yield head.id


def _take(house: AppContext, kind: Kind, overlay: Overlay, *, by: str, now: datetime, today: date) -> bool:
    from storage.org.own_rules import take

    taken = take(
        house.engine, house.steps, kind=kind, name=overlay.file, text=overlay.text, on=today, by=by, now=now
    )
    house.refresh()
    return taken


def _settle(house: AppContext, covered: Sequence[str], *, now: datetime, today: date) -> int:
    """The rows of these cases by the rules as they stand; how many cases had other rows."""
    from storage.maintenance.seals import seal

    written = sum(_settle_chunk(house, names, now, today) for names in chunks(covered))
    seal(house.engine, now=now)
    return written


def _settle_chunk(house: AppContext, names: Sequence[str], now: datetime, today: date) -> int:
    from workflow.ports import Conflict

    while True:
        anew = [house.desk.recomputed(case, today=today) for case in house.ledger.cases(names).values()]
        try:
            return house.ledger.rewrite(anew, now=now)
        except Conflict:
            # Somebody recorded a fact meanwhile: read again.
            continue
