"""Commands on units, people, their table, and test letters, for forms and the API.

A change carries a fingerprint of the state its author saw (`mark`); it is refused when that has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from documents import read_people
from documents.people.read_people import ReadPeople, merge_people
from documents.sheets.email_address import is_address
from notifications.notice import Outcome
from services.administration import TableSaved
from services.context import RequestContext, stamp
from web.pages.administration.common import administration, recorded_office
from web.pages.administration.staff_forms import BadStaff, mark, person_of, tidy, unit_of
from workflow.org.office import Office, Person, Unit

LARGEST = 2 * 1024 * 1024
"""Bytes of a table of people: on the pages it goes to the browser and back between preview and taking in."""


def holds(ctx: RequestContext, office: Office, unit: Unit | None) -> tuple[int, int, int]:
    """Return what prevents removing a unit: the number of people, of units below, and of its cases."""
    if unit is None:
        return (0, 0, 0)
    people, units = len(office.people_of.get(unit.id, ())), len(office.children.get(unit.id, ()))
    return people, units, administration(ctx).cases_of(unit.id)


def keep_unit(ctx: RequestContext, id: str, seen: str, texts: Mapping[str, str]) -> Unit:
    """Create or change a unit. `id`: "" for a new one. Raises Refusal."""
    office = recorded_office(ctx)
    known = office.units.get(id)
    _unchanged(known, seen, id)
    made = unit_of(texts, office, known)
    made = replace(made, acts=ctx.library.known_acts(made.acts))
    administration(ctx).staff.keep_unit(made, was=known, **stamp(ctx))
    return made


def remove_unit(ctx: RequestContext, id: str, seen: str) -> None:
    """Remove a unit. Raises BadStaff when it does not exist, has changed, or is still in use."""
    office = recorded_office(ctx)
    known = office.units.get(id)
    _unchanged(known, seen, id)
    if known is None:
        raise BadStaff("web.staff.unit_unknown", unit=tidy(id)[:200])
    people, units, cases = holds(ctx, office, known)
    if people or units or cases:
        raise BadStaff("web.staff.unit_held", name=known.name, people=people, units=units, cases=cases)
    administration(ctx).staff.remove_unit(known, **stamp(ctx))


def keep_person(
    ctx: RequestContext, key: str, seen: str, texts: Mapping[str, str], duties: list[str]
) -> Person:
    """Create or change a person. `key`: "" for a new one. Raises Refusal, OutOfRange."""
    office = recorded_office(ctx)
    known = office.people.get(key)
    _unchanged(known, seen, key)
    made = person_of(texts, duties, office, known)
    administration(ctx).staff.keep_person(made, was=known, **stamp(ctx))
    return made


def remove_person(ctx: RequestContext, known: Person, seen: str) -> None:
    """Remove a person. Raises Refusal."""
    _unchanged(known, seen, known.key)
    administration(ctx).staff.remove_person(known, **stamp(ctx))


def read_table(ctx: RequestContext, content: bytes, name: str) -> ReadPeople:
    """Read a table of people and merge it with those on record, without writing. Raises Refusal with every bad
    row.
    """
    if not content:
        raise BadStaff("web.staff.no_file")
    if len(content) > LARGEST:
        raise BadStaff("web.staff.file_too_large", megabytes=LARGEST // 1024 // 1024)
    return merge_people(read_people(content, name), recorded_office(ctx))


def take_table(ctx: RequestContext, read: ReadPeople) -> TableSaved:
    """Save a whole table of people."""
    return administration(ctx).staff.take_in(list(read.units), list(read.people), **stamp(ctx))


def try_channel(ctx: RequestContext, channel: str, email: str, language: str) -> Outcome:
    """Send the reader a test letter at once. Raises Refusal: no such channel, no address, or not sent."""
    now = ctx.now
    if email and not is_address(email):
        raise BadStaff("web.staff.email_malformed", email=email[:200])
    if channel not in {one.name for one in administration(ctx).channels()}:
        raise BadStaff("web.channels.unknown", channel=tidy(channel)[:80])
    reader = ctx.reader
    person = Person(
        key=reader.person or reader.login,
        name=reader.name or reader.login,
        unit="",
        email=email or None,
        language=language,
    )
    return administration(ctx).test(channel, person, language=language, now=now)


def _unchanged(known: Unit | Person | None, seen: str, named: str) -> None:
    """Raise BadStaff when the state its author saw has changed."""
    if seen != mark(known):
        raise BadStaff("office_changed_meanwhile", name=known.name if known else tidy(named)[:200])
