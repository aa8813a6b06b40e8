"""An act that moves days: what it would move, shown before anything is written, and its adoption by the office.

The office's calendar is the shipped records and the acts it adopted. An adoption is one line of the office's
own chain; the board rows it moves are written after it, case by case, and can be written again at any time.
So a crash between the two is mended by the same command (or `merzim rebuild`), and `verify` names what is left.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from storage.database.limits import long_work

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from calendars.entries import Records, Source
    from services.app import AppContext
    from storage.org.adoptions import Adoption
    from workflow.cases.case import Case
    from workflow.cases.commands.recalculation import RecalculatedCase
    from workflow.deadlines.impact import DayChange, MovedDeadline
    from workflow.org.office import Person

CHUNK = 1000
"""Cases read, counted and written together."""


@dataclass(frozen=True, slots=True)
class PersonImpact:
    """A due date that moves, and who waits for it; whoever was told of the old day hears of the new one."""

    moved: MovedDeadline
    people: tuple[Person, ...]


Waiting = Callable[["Case", "MovedDeadline"], tuple["Person", ...]]
"""Who waits for a due date that moves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """The days an act changes, and how far they are felt; no case has been looked at yet. As in `Preview`."""

    known: bool
    days: tuple[DayChange, ...]
    touched: tuple[str, ...]
    before: Calendar
    after: Calendar

    def shown(self, hearings: Iterable[PersonImpact]) -> Preview:
        """With the due dates that move by it."""
        return Preview(
            known=self.known,
            days=self.days,
            touched=self.touched,
            hearings=tuple(hearings),
            before=self.before,
            after=self.after,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What an act moves.

    Attributes:
        known: the office adopted it already; then everything here says what it moved.
        days: the days that count no longer, or that count now.
        touched: ids of the cases whose span holds such a day.
        before, after: the office's calendar without the act, and with it.
    """

    known: bool
    days: tuple[DayChange, ...]
    touched: tuple[str, ...]
    hearings: tuple[PersonImpact, ...]
    before: Calendar
    after: Calendar

    @property
    def cases(self) -> tuple[str, ...]:
        """Ids of the cases in which a due date moves."""
        return tuple(dict.fromkeys(hearing.moved.case for hearing in self.hearings))

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody whose date moves, once."""
        return tuple({person.key: person for one in self.hearings for person in one.people}.values())


def read(file: Path) -> str:
    """The text of an act. Raises RecordError, UnreadablePaper: it is none."""
    from calendars.records import RecordError
    from documents.sandbox.readers import contents

    try:
        return contents(file, file.name).decode("utf-8")
    except UnicodeDecodeError as trouble:
        raise RecordError("toml", file.name, "the file", str(trouble)) from None


@long_work()
def preview(app: AppContext, text: str, name: str, *, today: date) -> Preview:
    """What an act would move; nothing is written. `name`: what its text is called (the name of the file).

    Raises:
        RecordError: an entry cannot be read.
        ValueError with code and arguments (`calendars.adopting`): the act does not fit the records.
    """
    from calendars.records import parse
    from documents.sandbox.readers import check_act
    from workflow.deadlines.impact import moved

    check_act(text, name)
    reach = _reach(app, app.acts, parse(text, name=name))
    who = told(app, today)
    with undisturbed():
        return reach.shown(
            PersonImpact(one, who(case, one))
            for names in chunks(reach.touched)
            for case in app.ledger.cases(names).values()
            for one in moved(case, app.library.of(case), reach.before, reach.after, today=today)
        )


@long_work()
def apply(app: AppContext, text: str, name: str, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
    """Adopt an act, and write what it moves. The same act again changes nothing.

    Each case is counted once: what is written of it is what is answered.

    Returns:
        What it moves, and how many cases were written; unsent notices of due dates that moved are withdrawn.

    Raises:
        as `preview`; StorageUnavailable: the database cannot be written.
    """
    from calendars.records import parse
    from documents.sandbox.readers import check_act
    from storage.maintenance.seals import seal
    from storage.org.adoptions import adopt

    check_act(text, name)
    act = parse(text, name=name)
    while True:
        known = app.acts
        reach = _reach(app, known, act)
        if reach.known or adopt(app.engine, known, name=name, text=text, on=today, by=by, now=now):
            break
        app.refresh()
    app.refresh()
    hearings, written = _write(app, reach, _cause(act, reach), now=now, today=today)
    seal(app.engine, now=now)
    return reach.shown(hearings), written


def _reach(app: AppContext, acts: Sequence[Adoption], act: Records) -> Reach:
    from calendars.adopting import adopted
    from calendars.entries import with_records
    from workflow.deadlines.impact import changed_days, reach

    place = next((n for n, one in enumerate(acts) if one.entries == act), None)
    if place is None:
        before = app.calendar
        adopted(app.records, act)
        after = app.calendar_of(with_records(app.records, act))
    else:
        rest = [one for n, one in enumerate(acts) if n != place]
        before, after = app.calendar_of(app.records_of(rest)), app.calendar
    touched = sorted({case for span in reach(before, after) for case in app.ledger.touched(*span)})
    return Reach(
        known=place is not None,
        days=changed_days(before, after),
        touched=tuple(touched),
        before=before,
        after=after,
    )


def told(app: AppContext, today: date) -> Waiting:
    """Who waits for what moves, by the office as it is now. People are sought once for all who wait alike."""
    office = app.reads.office()

    @cache
    def found(duty: str, unit: str, responsible: str, person: str) -> tuple[Person, ...]:
        from workflow.org.duties import Unresolved, resolve

        people = resolve(office, duty=duty, unit=unit, on=today, responsible=responsible, person=person)
        return () if isinstance(people, Unresolved) else tuple(one.person for one in people)

    def waiting(case: Case, moved: MovedDeadline) -> tuple[Person, ...]:
        from workflow.board.rows import WAITING

        if moved.state not in WAITING:
            return ()
        responsible = case.responsible.get(moved.id) or case.responsible.get(moved.obligation.id) or ""
        return found(moved.obligation.duty, case.unit, responsible, case.person)

    return waiting


def _cause(act: Records, reach: Reach) -> dict[str, object]:
    """What letters say moved the dates: the acts as they are called, and the days that count otherwise."""
    named = {one.source.act: _called(one.source) for one in act.entries}
    days = [change.on.isoformat() for change in reach.days]
    if not days:
        return {"kind": "calendar"}
    return {"kind": "act", "acts": list(named), "called": list(named.values()), "days": days}


def _called(source: Source) -> dict[str, object]:
    title = source.title
    return {
        "title": {"kk": title["kk"], "ru": title["ru"], "en": title["en"]} if title else {},
        "number": source.number,
        "adopted": source.adopted.isoformat() if source.adopted else "",
    }


def _write(
    app: AppContext, felt: Reach, cause: Mapping[str, object], *, now: datetime, today: date
) -> tuple[list[PersonImpact], int]:
    """The rows of these cases by the calendar as it stands: what moves, and how many cases are others."""
    from workflow.cases.commands.recalculation import recounted
    from workflow.deadlines.impact import reach

    who, before, after = told(app, today), felt.before, app.calendar
    days = reach(before, after)

    def anew(case: Case) -> RecalculatedCase:
        return recounted(case, app.library.of(case), before, after, reach=days, today=today)

    hearings, written = list[PersonImpact](), 0
    with undisturbed():
        for names in chunks(felt.touched):
            counted, wrote = _write_chunk(app, names, anew, cause, now)
            hearings += (
                PersonImpact(moved, who(one.written.case, moved)) for one in counted for moved in one.moved
            )
            written += wrote
    return hearings, written


def _write_chunk(
    app: AppContext,
    names: Sequence[str],
    anew: Callable[[Case], RecalculatedCase],
    cause: Mapping[str, object],
    now: datetime,
) -> tuple[list[RecalculatedCase], int]:
    from workflow.ports import Conflict

    while True:
        counted = [anew(case) for case in app.ledger.cases(names).values()]
        try:
            written = app.ledger.rewrite([replace(one.written, cause=cause) for one in counted], now=now)
        except Conflict:
            # Somebody recorded a fact meanwhile: read again.
            continue
        return counted, written


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without the garbage collector: nothing made of cases goes in circles, and it would walk over everything
    there is again and again, at a third of the whole cost."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def chunks(names: Iterable[str]) -> Iterator[list[str]]:
    left = iter(names)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
