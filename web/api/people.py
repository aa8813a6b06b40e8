"""Administration: people, one at a time and by table."""

from __future__ import annotations

from fastapi import Request
from pydantic import BaseModel

from services.evidence import kept_upload
from services.inputs import Digest
from services.people import retention, staff
from services.people import sync as people_sync
from services.people.pending_duties import pending_duties
from services.people.table import TablePreview, preview_table, read_table, save_table
from services.verbs import Command
from web.api import mount
from web.api.answers import Limit, api_router
from web.api.mount import Writing
from web.auth.dependencies import AskingToSet, Setting
from web.auth.reading import reads_files
from web.downloads.administration import get_administration_list, get_people_table
from web.http.files import XLSX
from web.http.parameters import Number, SearchText
from web.ui.render import RequestTranslator

router = api_router("/api/v1/administration", tags=["administration"])


class PeopleList(BaseModel):
    people: list[staff.PersonResult]
    total: int


class FallingAnswer(BaseModel):
    """Deadlines that would pass to others. `title`: null if confidential; `to`: names, empty for nobody."""

    title: str | None
    unit: str
    count: int
    late: int
    to: list[str]


class Table(Command):
    """A table of people (CSV, XLSX). `file`: the digest from `/files`."""

    file: Digest


class TableTaken(BaseModel):
    added: int
    changed: int
    same: int


@router.get("/people")
def list_people(
    ctx: Setting, search: SearchText = "", unit: SearchText = "", number: Number = 1, limit: Limit = 50
) -> PeopleList:
    """List people, filtered by name, post or e-mail; `limit` per page."""
    matches = staff.find_people(staff.recorded_office(ctx), search, unit)
    page_people = matches[(number - 1) * limit : number * limit]
    return PeopleList(people=[staff.person_result(person) for person in page_people], total=len(matches))


mount.post(router, "/people", staff.save_person)
mount.post(router, "/people/sync", people_sync.sync_people)
mount.post(router, "/people/former/anonymising", retention.anonymise_person)


@router.get("/people/former")
def list_former_people(ctx: Setting) -> retention.FormerList:
    """List the people who left, and which of them are due to be anonymised."""
    return retention.list_former(ctx, retention.AskFormer())


@router.get("/people/sync")
def get_people_sync(ctx: Setting) -> people_sync.SyncState:
    """Return when people were last compared with the directory, and the result."""
    return people_sync.get_sync_state(ctx, people_sync.AskSync())


mount.post(router, "/people/removal", staff.remove_person)


@router.get("/people/falling")
def list_duties_of_person(ctx: Setting, key: SearchText, translator: RequestTranslator) -> list[FallingAnswer]:
    """List the open deadlines of a person, and who would get them if the person were removed."""
    return [
        FallingAnswer(
            title=duty.title[translator.language] if duty.title else None,
            unit=duty.unit,
            count=duty.count,
            late=duty.late,
            to=[translator.name(one) for one in duty.to],
        )
        for duty in pending_duties(ctx, staff.get_person(ctx, key).key)
    ]


mount.file(router, "/lists/{listed}", get_administration_list, XLSX)
mount.file(router, "/people/table", get_people_table, XLSX)


@router.post("/people/table/preview")
@reads_files
def preview_people_table(request: Request, ctx: AskingToSet, body: Table) -> TablePreview:
    """Return the changes a table would make; nothing is written."""
    file = kept_upload(ctx, "file", body.file)
    return preview_table(ctx, read_table(ctx, file.content, file.name))


@router.post("/people/table")
@reads_files
def import_people_table(request: Request, ctx: Setting, once: Writing, body: Table) -> TableTaken:
    """Import a table of people, all of it or nothing; people it does not name are kept."""

    def import_table() -> TableTaken:
        file = kept_upload(ctx, "file", body.file)
        saved = save_table(ctx, read_table(ctx, file.content, file.name))
        return TableTaken(added=saved.added, changed=saved.changed, same=saved.same)

    return once(ctx, body, import_table, TableTaken)
