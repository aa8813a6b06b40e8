"""An act that moves days: what it would move, shown before anything is written, and its adoption by the office.

The office's calendar is the shipped records and the acts it adopted. An adoption is one line of the office's
own chain; the board rows it moves are written after it, case by case, and can be written again at any time.
So a crash between the two is mended by the same command (or `merzim rebuild`), and `verify` names what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from calendars.entries import Records, Source
    from merzim.wiring import House
    from storage.adoptions import Adoption
    from workflow.case import Case
    from workflow.moving import DayChange, Moved
    from workflow.office import Office, Person

CHUNK = 250
"""Cases read and written together."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """A due date that moves, and who waits for it; whoever was told of the old day hears of the new one."""

    moved: Moved
    people: tuple[Person, ...]


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
    hearings: tuple[Hearing, ...]
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
    """The text of an act. Raises RecordError: it is none."""
    from calendars.records import RecordError

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as trouble:
        raise RecordError("toml", file.name, "the file", str(trouble)) from None


def preview(house: House, text: str, name: str, *, today: date) -> Preview:
    """What an act would move; nothing is written. `name`: what its text is called (the name of the file).

    Raises:
        RecordError: an entry cannot be read.
        ValueError with code and arguments (`calendars.adopting`): the act does not fit the records.
    """
    from calendars.records import parse

    return _preview(house, house.acts, parse(text, name=name), today)


def apply(house: House, text: str, name: str, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
    """Adopt an act, and write what it moves. The same act again changes nothing.

    Returns:
        What it moves, and how many cases were written; unsent notices of due dates that moved are withdrawn.

    Raises:
        as `preview`; StorageUnavailable: the database cannot be written.
    """
    from calendars.records import parse
    from storage.adoptions import adopt
    from storage.seals import seal

    act = parse(text, name=name)
    while True:
        known = house.acts
        shown = _preview(house, known, act, today)
        if shown.known or adopt(house.engine, known, name=name, text=text, on=today, by=by, now=now):
            break
        house.refresh()
    house.refresh()
    written = _write(house, shown, _cause(act, shown), now=now, today=today)
    seal(house.engine, now=now)
    return shown, written


def _preview(house: House, acts: Sequence[Adoption], act: Records, today: date) -> Preview:
    from calendars.adopting import adopted
    from calendars.entries import with_records
    from workflow.moving import changed_days, reach

    place = next((n for n, one in enumerate(acts) if one.entries == act), None)
    if place is None:
        before = house.calendar
        adopted(house.records, act)
        after = house.calendar_of(with_records(house.records, act))
    else:
        rest = [one for n, one in enumerate(acts) if n != place]
        before, after = house.calendar_of(house.records_of(rest)), house.calendar
    touched = sorted({case for span in reach(before, after) for case in house.ledger.touched(*span)})
    return Preview(
        known=place is not None,
        days=changed_days(before, after),
        touched=tuple(touched),
        hearings=tuple(_hearings(house, touched, before, after, today)),
        before=before,
        after=after,
    )


def _hearings(
    house: House, touched: Iterable[str], before: Calendar, after: Calendar, today: date
) -> Iterator[Hearing]:
    from workflow.moving import moved

    office = house.reads.office()
    for names in chunks(touched):
        for case in house.ledger.cases(names).values():
            edition = house.library.of(case)
            for one in moved(case, edition, before, after, today=today):
                yield Hearing(one, waiting(office, case, one, today))


def waiting(office: Office, case: Case, moved: Moved, today: date) -> tuple[Person, ...]:
    """Who must do the thing, or stands in for them; nobody where nobody waits for it any more."""
    from workflow.board import WAITING
    from workflow.office import Unresolved, resolve

    if moved.state not in WAITING:
        return ()
    responsible = case.responsible.get(moved.id) or case.responsible.get(moved.obligation.id) or ""
    found = resolve(
        office,
        duty=moved.obligation.duty,
        unit=case.unit,
        on=today,
        responsible=responsible,
        person=case.person,
    )
    return () if isinstance(found, Unresolved) else tuple(one.person for one in found)


def _cause(act: Records, shown: Preview) -> dict[str, object]:
    """What letters say moved the dates: the acts as they are called, and the days that count otherwise."""
    named = {one.source.act: _called(one.source) for one in act.entries}
    days = [change.on.isoformat() for change in shown.days]
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


def _write(house: House, shown: Preview, cause: Mapping[str, object], *, now: datetime, today: date) -> int:
    """The rows of these cases by the calendar as it stands; how many cases came out otherwise."""
    return sum(_write_chunk(house, names, cause, now, today) for names in chunks(shown.touched))


def _write_chunk(
    house: House, names: Sequence[str], cause: Mapping[str, object], now: datetime, today: date
) -> int:
    from workflow.ports import Conflict

    while True:
        cases = house.ledger.cases(names).values()
        anew = [replace(house.desk.recomputed(case, today=today), cause=cause) for case in cases]
        try:
            return house.ledger.rewrite(anew, now=now)
        except Conflict:
            # Somebody recorded a fact meanwhile: read again.
            continue


def chunks(names: Iterable[str]) -> Iterator[list[str]]:
    left = iter(names)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


class OfficeActs:
    """`web.administration_ports.Acts` over a house."""

    def __init__(self, house: House) -> None:
        self._house = house

    def preview(self, text: str, name: str, *, today: date) -> Preview:
        """What an act would move."""
        return preview(self._house, text, name, today=today)

    def apply(self, text: str, name: str, *, by: str, now: datetime, today: date) -> tuple[Preview, int]:
        """Adopt it, and write what it moves."""
        return apply(self._house, text, name, by=by, now=now, today=today)
