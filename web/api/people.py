"""Administration: people, singly and by table."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.inputs import Day, Digest, Line
from services.verbs import Command
from web.api.answers import PROBLEMS, Limit, Number, RequestTranslator, SearchText
from web.api.files import FILE, get_uploaded_file_or_404
from web.api.idempotency import Writing
from web.api.units import Mark, TakenOut, Taking
from web.auth.dependencies import AskingToSet, Setting
from web.auth.reading import reads_files
from web.pages.administration import staff_commands as staff
from web.pages.administration.common import administration, recorded_office
from web.pages.administration.office import people_file, preview
from web.pages.administration.pages import found_people, get_person_or_404
from web.pages.administration.staff_forms import mark
from workflow.org.office import Person

router = APIRouter(prefix="/api/v1/administration", tags=["administration"], responses=PROBLEMS)


class Span(Command):
    first: Day
    last: Day


class PersonInput(Command):
    """A person. `key`: of an existing person; empty for a new one, whose key is the e-mail."""

    name: Line
    unit: Line
    key: Line = ""
    mark: Mark = ""
    post: Line = ""
    duties: list[Line] = Field(default_factory=list, max_length=40)
    email: Line = ""
    language: Literal["kk", "ru", "en"] = "kk"
    away: list[Span] = Field(default_factory=list, max_length=40)
    deputy: Annotated[Line, Field(description="Key, e-mail or name.")] = ""
    digest: Literal["", "daily", "weekly"] = ""

    def typed(self) -> dict[str, str]:
        """Return the input as the fields of the page's form."""
        days = {
            f"away_{end}_{n}": day.isoformat()
            for n, span in enumerate(self.away)
            for end, day in (("first", span.first), ("last", span.last))
        }
        plain = self.model_dump(include={"name", "unit", "post", "email", "language", "deputy", "digest"})
        return {**plain, **days}


class SpanAnswer(BaseModel):
    first: date
    last: date


class PersonAnswer(BaseModel):
    key: str
    name: str
    unit: str
    post: str
    duties: list[str]
    email: str | None
    language: str
    away: list[SpanAnswer]
    deputy: str | None
    digest: str
    mark: str


class PeopleList(BaseModel):
    people: list[PersonAnswer]
    total: int


class FallingAnswer(BaseModel):
    """Deadlines that would go to others. `title`: null if confidential; `to`: names, empty for nobody."""

    title: str | None
    unit: str
    count: int
    late: int
    to: list[str]


class Table(Command):
    """A table of people (CSV, XLSX). `file`: what `/files` answered."""

    file: Digest


class ChangeAnswer(BaseModel):
    """`what`: added or changed; `fields`: codes of the changed fields."""

    name: str
    what: str
    unit: str
    fields: list[str]


class TablePreview(BaseModel):
    """`same`: number of lines that change nothing."""

    changes: list[ChangeAnswer]
    same: int


class TableTaken(BaseModel):
    added: int
    changed: int
    same: int


@router.get("/people")
def people(
    ctx: Setting, search: SearchText = "", unit: SearchText = "", number: Number = 1, limit: Limit = 50
) -> PeopleList:
    """List people, filtered by name, post or e-mail; `limit` on a page."""
    administration(ctx)
    matches = found_people(recorded_office(ctx), search, unit)
    page_people = matches[(number - 1) * limit : number * limit]
    return PeopleList(people=[_person_answer(person) for person in page_people], total=len(matches))


@router.post("/people")
def keep_person(ctx: Setting, once: Writing, body: PersonInput) -> PersonAnswer:
    """Create or change a person."""

    def save() -> PersonAnswer:
        return _person_answer(staff.keep_person(ctx, body.key, body.mark, body.typed(), body.duties))

    return once(ctx, body, save, PersonAnswer)


@router.get("/people/falling")
def falling(ctx: Setting, key: SearchText, translator: RequestTranslator) -> list[FallingAnswer]:
    """List the open deadlines of a person, and who would get them if the person were removed."""
    today = ctx.today
    return [
        FallingAnswer(
            title=group.title[translator.language] if group.title else None,
            unit=group.unit,
            count=group.count,
            late=group.late,
            to=list(group.to),
        )
        for group in administration(ctx).pending_duties(get_person_or_404(ctx, key).key, today=today)
    ]


@router.post("/people/removal")
def remove_person(ctx: Setting, once: Writing, body: Taking) -> TakenOut:
    """Remove a person; their open deadlines go to others."""

    def remove() -> TakenOut:
        staff.remove_person(ctx, get_person_or_404(ctx, body.id), body.mark)
        return TakenOut(removed=body.id)

    return once(ctx, body, remove, TakenOut)


@router.get("/people/table", responses=FILE, response_class=Response)
def get_people_table(request: Request, ctx: Setting) -> Response:
    """Return all people as a workbook that can be imported again."""
    return people_file(request, ctx)


@router.post("/people/table/preview")
@reads_files
def preview_table(request: Request, ctx: AskingToSet, body: Table) -> TablePreview:
    """Return the changes a table would make; nothing is written."""
    administration(ctx)
    file = get_uploaded_file_or_404(ctx, body.file)
    read = staff.read_table(ctx, file.content, file.name)
    changes = preview(read, recorded_office(ctx))
    return TablePreview(
        changes=[
            ChangeAnswer(name=change.name, what=change.what, unit=change.unit, fields=list(change.fields))
            for change in changes
        ],
        same=len(read.people) + len(read.units) - len(changes),
    )


@router.post("/people/table")
@reads_files
def take_table(request: Request, ctx: Setting, once: Writing, body: Table) -> TableTaken:
    """Import a table of people, all of it or nothing; people it does not name stay."""
    administration(ctx)

    def import_table() -> TableTaken:
        file = get_uploaded_file_or_404(ctx, body.file)
        done = staff.take_table(ctx, staff.read_table(ctx, file.content, file.name))
        return TableTaken(added=done.added, changed=done.changed, same=done.same)

    return once(ctx, body, import_table, TableTaken)


def _person_answer(person: Person) -> PersonAnswer:
    return PersonAnswer(
        key=person.key,
        name=person.name,
        unit=person.unit,
        post=person.post,
        duties=list(person.duties),
        email=person.email,
        language=person.language,
        away=[SpanAnswer(first=first, last=last) for first, last in person.away],
        deputy=person.deputy,
        digest=person.digest,
        mark=mark(person),
    )
