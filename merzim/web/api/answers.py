"""What operations of the API share: their router, models of problems and notices, descriptions of files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from merzim.services.names import person_name
from merzim.services.results import Result
from merzim.web.http import BYTES
from merzim.web.ui.render import Translator
from notifications.notice import Notice
from workflow.org.office import Office

MAX_PER_PAGE = 200
Limit = Annotated[int, Query(ge=1, le=MAX_PER_PAGE, description="How many on a page.")]


class Fault(BaseModel):
    """One error: `row` of a file as numbered in the spreadsheet, or `where` in the request."""

    row: int | None = None
    where: str | None = None
    detail: str


class OtherChangeAnswer(BaseModel):
    """An event another user wrote into the case: `on` its day, `at` the moment it was written (UTC)."""

    kind: str
    name: str
    on: date | None
    by: str
    at: datetime | None


class Problem(BaseModel):
    """A problem (RFC 9457), as a text for people and a code for programs.

    `errors` is set when there are several errors: every bad row of a file, every bad field.
    `changes` is set with status 409 when events of others contradict the request, the newest first.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Fault] | None = None
    changes: list[OtherChangeAnswer] | None = None


# A reference, not the model: for each answer of each route the library would build the same validator anew.
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"content": PROBLEM} for status in (400, 401, 403, 404, 405, 409, 413, 415, 422, 503)
}
"""Error answers any request may get."""
DAMAGED: dict[int | str, dict[str, Any]] = {
    500: {
        "content": PROBLEM,
        "description": "The stored file is missing, or its bytes are not those that were recorded.",
    }
}
"""The answer when a stored file is missing or altered."""


def api_router(prefix: str = "/api/v1", *, tags: Sequence[str | Enum] = ()) -> APIRouter:
    """Return a router whose operations are named like their functions, and may all answer with a problem."""
    name = attrgetter("name")
    return APIRouter(prefix=prefix, tags=[*tags], responses=PROBLEMS, generate_unique_id_function=name)


class NoticeAnswer(Result):
    """A notice with its delivery record. Moments are UTC."""

    key: str
    case: str
    obligation: str
    due: date
    step: str
    kind: str
    person: str
    name: str
    channel: str
    state: str
    attempts: int
    queued_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None
    answer: str
    text_hash: str


def notice_answer(notice: Notice, office: Office, translator: Translator) -> NoticeAnswer:
    """Return a notice as an answer, with its recipient's name in the language of the request."""
    return NoticeAnswer.of(notice, name=translator.name(person_name(office, notice.person)))


def file_answer(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of an answer that is a file of one of these media types.

    "application/octet-stream" is added, so that generated clients know they get bytes.
    """
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (*kinds, BYTES)}
    return {200: {"description": "The file itself.", "content": content}}
