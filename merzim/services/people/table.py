"""Importing a table of units and people: read, compared with those on record, saved."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from merzim.documents.child import read
from merzim.documents.people.table import ReadPeople, merge_people, read_people
from merzim.documents.sheets.unreadable import RowNote
from merzim.services.accounts.invitations import OF_THE_OFFICE, access_by_duties
from merzim.services.context import RequestContext, stamp
from merzim.services.law.adopted_acts import follow_adopted_acts
from merzim.services.people.staff import follow_changed_names, recorded_office
from merzim.storage.org.store import SaveCounts, save
from workflow.org.office import Office, Person, Unit
from workflow.refusal import Refusal

MAX_TABLE_BYTES = 2 * 1024 * 1024
"""Maximum bytes of a table of people; it is sent to the browser and back between preview and import."""
UNIT_FIELDS = ("name", "name_kk", "name_ru", "parent", "kind")
PERSON_FIELDS = (
    *("name", "name_kk", "name_ru", "unit", "post", "post_kk", "post_ru"),
    *("duties", "email", "language", "away", "deputy"),
)


class TableChange(BaseModel):
    """A unit or person that a table adds or changes (`what`). `fields`: codes of the changed fields."""

    name: str
    what: str
    unit: str
    fields: list[str]


class TablePreview(BaseModel):
    """The changes a table would make, units first. `same`: number of lines that change nothing;
    `whole_office`: names of those whose duties give access to all cases of the office; `notes`: how the table
    was read.
    """

    changes: list[TableChange]
    same: int
    whole_office: list[str] = []
    notes: list[RowNote] = []


def read_table(ctx: RequestContext, file: Path | bytes, name: str = "") -> ReadPeople:
    """Return units and people of a table under the ids and keys on record, filled up. Nothing is written.

    Raises:
        Refusal: no file, or too large an upload.
        UnreadablePaper: it names every bad row.
    """
    if not file:
        raise Refusal("web.staff.no_file")
    if isinstance(file, bytes) and len(file) > MAX_TABLE_BYTES:
        raise Refusal("web.staff.file_too_large", megabytes=MAX_TABLE_BYTES // 1024 // 1024)
    table = read(read_people, file, name or None)
    return merge_people(table, recorded_office(ctx))


def save_table(ctx: RequestContext, table: ReadPeople) -> SaveCounts:
    """Save all units and people of a table; those it does not name are left unchanged.

    A unit that moves under another one is bound by the acts of its new parent.
    """
    before = recorded_office(ctx)
    saved = save(ctx.app.engine, units=table.units, people=table.people, stamp=stamp(ctx))
    follow_changed_names(ctx, before, table.people)
    for unit in table.units:
        if (was := before.units.get(unit.id)) is not None and was.parent != unit.parent:
            follow_adopted_acts(ctx.app, before, unit.id, at=stamp(ctx))
    return saved


def preview_table(ctx: RequestContext, table: ReadPeople) -> TablePreview:
    """Return what importing a table would add and change."""
    office = recorded_office(ctx)
    changes = [
        *(_change(unit, office.units.get(unit.id), unit.parent or "", UNIT_FIELDS) for unit in table.units),
        *(
            _change(person, office.people.get(person.key), person.unit, PERSON_FIELDS)
            for person in table.people
        ),
    ]
    real_changes = [change for change in changes if change is not None]
    return TablePreview(
        changes=real_changes,
        same=len(changes) - len(real_changes),
        whole_office=_given_whole_office(office, table),
        notes=list(table.notes),
    )


def _change(
    new: Unit | Person, was: Unit | Person | None, unit: str, names: tuple[str, ...]
) -> TableChange | None:
    """Return the change a line of a table makes; None if it changes nothing."""
    fields = [name for name in names if was is not None and getattr(was, name) != getattr(new, name)]
    if was is not None and not fields:
        return None
    return TableChange(name=new.name, what="changed" if was else "added", unit=unit, fields=fields)


def _given_whole_office(office: Office, table: ReadPeople) -> list[str]:
    """Return the names of people whose duties in a table newly give an access to the whole office."""
    before = {key: access_by_duties(person) for key, person in office.people.items()}
    return [
        person.name
        for person in table.people
        if access_by_duties(person) in OF_THE_OFFICE - {before.get(person.key, "")}
    ]
