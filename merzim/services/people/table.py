"""Importing a table of units and people: read, compared with those on record, saved."""

from __future__ import annotations

from pydantic import BaseModel

from merzim.documents.child import read
from merzim.documents.people import ReadPeople, merge_people, read_people
from merzim.documents.sheets.unreadable import RowNote
from merzim.services.accounts.invitations import OF_THE_OFFICE, access_by_duties
from merzim.services.context import RequestContext
from merzim.services.inputs import FileInput, require_file
from merzim.services.law.acts import follow_adopted_acts
from merzim.services.people.staff import follow_changed_names, recorded_office
from merzim.services.verbs import verb
from merzim.storage.office import save
from workflow.org.office import Office, Person, Unit

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


class ImportPeople(FileInput):
    """A table of units and people to import (XLSX, CSV). `preview`: write nothing."""

    preview: bool = False


class ImportedPeople(BaseModel):
    """The changes a table makes, units first. `same`: number of lines that change nothing; `whole_office`: the
    people whose duties give access to all cases of the office; `notes`: how the table was read.
    """

    changes: list[TableChange]
    same: int
    whole_office: list[str] = []
    notes: list[RowNote] = []


@verb("settings")
def import_people(ctx: RequestContext, command: ImportPeople) -> ImportedPeople:
    """Save all units and people of a table under the ids and keys on record; what it does not name, or leaves
    out of them, is left unchanged. It names every bad row.
    """
    content, name = require_file(ctx, command)
    office = recorded_office(ctx)
    table = merge_people(read(read_people, content.read(), name), office)
    changes = [
        *(_change(unit, office.units.get(unit.id), unit.parent or "", UNIT_FIELDS) for unit in table.units),
        *(
            _change(person, office.people.get(person.key), person.unit, PERSON_FIELDS)
            for person in table.people
        ),
    ]
    if not command.preview:
        _save(ctx, table, office)
    real_changes = [change for change in changes if change is not None]
    return ImportedPeople(
        changes=real_changes,
        same=len(changes) - len(real_changes),
        whole_office=_given_whole_office(office, table),
        notes=list(table.notes),
    )


def _save(ctx: RequestContext, table: ReadPeople, before: Office) -> None:
    """Save a table. A unit that moves under another one is bound by the acts of its new parent."""
    save(ctx.app.engine, units=table.units, people=table.people, at=ctx.moment)
    follow_changed_names(ctx, before, table.people)
    for unit in table.units:
        if (was := before.units.get(unit.id)) is not None and was.parent != unit.parent:
            follow_adopted_acts(ctx.app, before, unit.id, at=ctx.moment)


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
