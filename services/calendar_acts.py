"""Calendar acts: preview the due dates an act would move, and adopt it.

The office's calendar is built from the shipped records and the acts it adopted. An adoption is one event of the
office's own chain; the board rows it moves are written after it, case by case, and can be rewritten at any
time. After a crash between the two the same command (or `merzim rebuild`) finishes; `verify` reports the rest.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from storage.database.limits import chunks, long_work

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from calendars.entries import Records, Source
    from services.app import AppContext
    from storage.org.adoptions import Adoption
    from workflow.cases.case import Case, Event
    from workflow.cases.commands.recalculation import RecalculatedCase
    from workflow.deadlines.impact import DayChange, MovedDeadline
    from workflow.org.office import Person

CHUNK_SIZE = 1000
"""Cases read, recalculated and written together."""


@dataclass(frozen=True, slots=True)
class PersonImpact:
    """A due date that moves, and the people responsible for it: they are notified of the new date."""

    moved: MovedDeadline
    people: tuple[Person, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ActMoves:
    """The due dates that an adopted calendar act moved in one case.

    Attributes:
        on: the local date of the adoption; at: its UTC moment; by: who adopted it.
        cause: the act, as letters name it.
        moved: the due dates that moved.
    """

    on: date
    at: datetime
    by: str
    cause: Mapping[str, object]
    moved: tuple[MovedDeadline, ...]


FindPeople = Callable[["Case", "MovedDeadline"], tuple["Person", ...]]
"""Returns the people responsible for a due date that moves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """The days an act changes and the cases they may affect, before any case is read. Fields as in
    `Preview`.
    """

    known: bool
    days: tuple[DayChange, ...]
    touched: tuple[str, ...]
    before: Calendar
    after: Calendar

    def preview_with(self, impacts: Iterable[PersonImpact]) -> Preview:
        """Return a preview with the due dates the act moves."""
        return Preview(
            known=self.known,
            days=self.days,
            touched=self.touched,
            impacts=tuple(impacts),
            before=self.before,
            after=self.after,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The effect of an act on the calendar and on due dates.

    Attributes:
        known: whether the office has adopted it already; the preview then shows what it has moved.
        days: the days that stop or start being working days.
        touched: ids of the cases whose time span includes such a day.
        before, after: the office's calendar without the act, and with it.
    """

    known: bool
    days: tuple[DayChange, ...]
    touched: tuple[str, ...]
    impacts: tuple[PersonImpact, ...]
    before: Calendar
    after: Calendar

    @property
    def cases(self) -> tuple[str, ...]:
        """Ids of the cases in which a due date moves, each once."""
        return tuple(dict.fromkeys(impact.moved.case for impact in self.impacts))

    @property
    def people(self) -> tuple[Person, ...]:
        """The people whose due dates move, each once."""
        return tuple({person.key: person for impact in self.impacts for person in impact.people}.values())


def read(file: Path) -> str:
    """Return the text of a file with an act. Raises RecordError, UnreadablePaper: the file is not one."""
    from calendars.records import RecordError
    from documents.sandbox.readers import contents

    try:
        return contents(file, file.name).decode("utf-8")
    except UnicodeDecodeError as trouble:
        raise RecordError("toml", file.name, "the file", str(trouble)) from None


@long_work()
def preview(app: AppContext, text: str, name: str, *, today: date) -> Preview:
    """Preview what an act would move; nothing is written. `name`: the file name, used in error messages.

    Raises:
        RecordError: an entry cannot be read.
        ValueError with code and arguments (`calendars.adopting`): the act does not fit the records.
    """
    from calendars.records import parse
    from documents.sandbox.readers import check_act
    from workflow.deadlines.impact import moved

    check_act(text, name)
    reach = _find_reach(app, app.acts, parse(text, name=name))
    find_people = people_finder(app, today)
    with garbage_collection_off():
        return reach.preview_with(
            PersonImpact(deadline, find_people(case, deadline))
            for names in chunks(reach.touched, CHUNK_SIZE)
            for case in app.ledger.cases(names).values()
            for deadline in moved(case, app.library.of(case), reach.before, reach.after, today=today)
        )


@long_work()
def apply(app: AppContext, text: str, name: str, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
    """Adopt an act and write the due dates it moves. Adopting the same act again changes nothing.

    Each case is recalculated once, so the answer is exactly what was written.

    Returns:
        The preview, and the number of cases written; unsent notices of moved due dates are withdrawn.

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
        acts = app.acts
        reach = _find_reach(app, acts, act)
        if reach.known or adopt(app.engine, acts, name=name, text=text, on=today, by=by, now=now):
            break
        app.refresh()
    app.refresh()
    impacts, written = _write_moved(app, reach, _cause(act, reach.days), now=now, today=today)
    seal(app.engine, now=now)
    return reach.preview_with(impacts), written


def moves_of(app: AppContext, events: Sequence[Event]) -> tuple[ActMoves, ...]:
    """Return what each act adopted since a case was opened moved in it, in order.

    Args:
        events: the case's whole chain.
    """
    from workflow.board.rows import WAITING
    from workflow.cases.case import fold
    from workflow.deadlines.impact import changed_days, moved

    acts, found = app.acts, list[ActMoves]()
    for number, act in enumerate(acts):
        before_it = [event for event in events if event.at <= act.at]
        if not before_it:
            continue
        case = fold(before_it)
        before, after = (app.calendar_of(app.records_of(acts[:count])) for count in (number, number + 1))
        dates = moved(case, app.library.of(case), before, after, today=act.on)
        waited = tuple(one for one in dates if one.state in WAITING)
        if waited:
            cause = _cause(act.entries, changed_days(before, after))
            found.append(ActMoves(on=act.on, at=act.at, by=act.by, cause=cause, moved=waited))
    return tuple(found)


def _find_reach(app: AppContext, acts: Sequence[Adoption], act: Records) -> Reach:
    from calendars.adopting import adopt_act
    from calendars.entries import with_records
    from workflow.deadlines.impact import changed_days, reach

    index = next((n for n, adoption in enumerate(acts) if adoption.entries == act), None)
    if index is None:
        before = app.calendar
        adopt_act(app.records, act)
        after = app.calendar_of(with_records(app.records, act))
    else:
        others = [adoption for n, adoption in enumerate(acts) if n != index]
        before, after = app.calendar_of(app.records_of(others)), app.calendar
    touched = sorted({case for span in reach(before, after) for case in app.ledger.touched(*span)})
    return Reach(
        known=index is not None,
        days=changed_days(before, after),
        touched=tuple(touched),
        before=before,
        after=after,
    )


def people_finder(app: AppContext, today: date) -> FindPeople:
    """Return a function that finds the people responsible for a moved due date, in the office as it is now.

    Results are cached by duty, unit and responsible.
    """
    office = app.reads.office()

    @cache
    def find(duty: str, unit: str, responsible: str, person: str) -> tuple[Person, ...]:
        from workflow.org.duties import Unresolved, resolve

        people = resolve(office, duty=duty, unit=unit, on=today, responsible=responsible, person=person)
        return () if isinstance(people, Unresolved) else tuple(holder.person for holder in people)

    def find_people(case: Case, moved: MovedDeadline) -> tuple[Person, ...]:
        from workflow.board.rows import WAITING

        if moved.state not in WAITING:
            return ()
        responsible = case.responsible.get(moved.id) or case.responsible.get(moved.obligation.id) or ""
        return find(moved.obligation.duty, case.unit, responsible, case.person)

    return find_people


def _cause(act: Records, changes: Sequence[DayChange]) -> dict[str, object]:
    """Return the cause as stored for letters: titles of the acts, and the days that changed."""
    titles = {entry.source.act: _title_fields(entry.source) for entry in act.entries}
    days = [change.on.isoformat() for change in changes]
    if not days:
        return {"kind": "calendar"}
    return {"kind": "act", "acts": list(titles), "called": list(titles.values()), "days": days}


def _title_fields(source: Source) -> dict[str, object]:
    title = source.title
    return {
        "title": {"kk": title["kk"], "ru": title["ru"], "en": title["en"]} if title else {},
        "number": source.number,
        "adopted": source.adopted.isoformat() if source.adopted else "",
    }


def _write_moved(
    app: AppContext, act_reach: Reach, cause: Mapping[str, object], *, now: datetime, today: date
) -> tuple[list[PersonImpact], int]:
    """Rewrite the cases' board rows by the present calendar; return the impacts and the number changed."""
    from workflow.cases.commands.recalculation import recounted
    from workflow.deadlines.impact import reach

    find_people, before, after = people_finder(app, today), act_reach.before, app.calendar
    days = reach(before, after)

    def recalculate(case: Case) -> RecalculatedCase:
        return recounted(case, app.library.of(case), before, after, reach=days, today=today)

    impacts, written = list[PersonImpact](), 0
    with garbage_collection_off():
        for names in chunks(act_reach.touched, CHUNK_SIZE):
            results, count = _write_chunk(app, names, recalculate, cause, now)
            impacts += (
                PersonImpact(moved, find_people(result.written.case, moved))
                for result in results
                for moved in result.moved
            )
            written += count
    return impacts, written


def _write_chunk(
    app: AppContext,
    names: Sequence[str],
    recalculate: Callable[[Case], RecalculatedCase],
    cause: Mapping[str, object],
    now: datetime,
) -> tuple[list[RecalculatedCase], int]:
    from workflow.ports import Conflict

    while True:
        results = [recalculate(case) for case in app.ledger.cases(names).values()]
        try:
            written = app.ledger.rewrite([replace(result.written, cause=cause) for result in results], now=now)
        except Conflict:
            # Another user recorded a fact in the meantime: read again.
            continue
        return results, written


@contextmanager
def garbage_collection_off() -> Iterator[None]:
    """Turn the garbage collector off for a block of work.

    Cases hold no reference cycles, so it would free nothing and cost a third of the whole time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
