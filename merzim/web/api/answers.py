"""What the API answers otherwise than services do, or besides: problems, files, and results of its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field

from merzim.services.accounts.verbs import AccountDetails
from merzim.services.documents.case_documents import FormAnswer
from merzim.services.inputs import Day, Name
from merzim.services.names import person_name
from merzim.services.results import Ids, InLanguage, ProofResult, Result, at
from merzim.services.verbs import Command
from merzim.web.ui.render import Translator
from notifications.notice import Notice
from workflow.org.office import Office

LocalDate = date
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


def _options(decision: Any) -> list[str]:
    """Return the ids of a decision's options; a list has them already."""
    return decision if isinstance(decision, list) else [option.id for option in decision.options]


class ProcedureAnswer(Result):
    id: str
    edition: str
    in_force: date
    in_force_assumed: bool
    title: InLanguage
    opened: str
    confidential: bool
    obligations: Annotated[list[str], BeforeValidator(list)] = at("facts")
    decisions: dict[str, Annotated[list[str], BeforeValidator(_options)]]


class WhatIf(Command):
    """Facts and plan dates by fact name; `on`: the day that selects the edition."""

    procedure: Name
    planned: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    facts: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    on: Day | None = None


class ScheduleTaken(Result):
    """The result of importing a schedule: ids of cases."""

    cases: Ids
    opened: list[str]
    replanned: list[str]
    unchanged: list[str]


class YearDone(Result):
    year: int
    opened: Annotated[int, BeforeValidator(lambda cases: len(cases) if isinstance(cases, list) else cases)]


class UploadedFile(BaseModel):
    """An uploaded file. `file`: the SHA-256 of its bytes, by which requests refer to it for a day."""

    file: str
    name: str
    size: int


class ReportAnswer(BaseModel):
    """A report of a year, without its document. `quarter`: 0 for the whole year; `languages`: those its
    document is made in; `notes`: what to check before it is signed.
    """

    id: str
    title: str
    year: int
    quarter: int
    languages: list[str]
    notes: list[str]


class EvidenceAnswer(BaseModel):
    """A piece of evidence. `kind`: `fact`, or the register's row; `of`: the name of the fact or row."""

    kind: str
    of: str
    document: ProofResult


class DocumentsAnswer(BaseModel):
    case: str
    forms: list[FormAnswer]
    evidence: list[EvidenceAnswer]


class NoticeList(BaseModel):
    """A page of notices. `more`: whether there is a next page."""

    notices: list[NoticeAnswer]
    more: bool


class RecommendationAnswer(Result):
    """A risk with one of its measures. `due`: the measure's next due date; `late`: whether it has passed.

    `status`: outcome of the last review, `none` before the first; empty without a measure.
    """

    case: str = at("case", "id")
    unit: str = at("unit", "id")
    risk: int = at("risk", "number")
    description: str = at("risk", "values", "description")
    direction: str = at("risk", "values", "direction")
    for_legal_monitoring: bool = at("legal")
    rank: int | None = at("rank", "points", default=None)
    measure: int | None = at("measure", "number", default=None)
    recommendation: str = at("measure", "values", "recommendation", default="")
    action: str = at("measure", "values", "action", default="")
    responsible: str = at("measure", "values", "responsible", default="")
    term: str = at("measure", "term", "written", default="")
    due: date | None
    late: bool
    late_by_working_days: int = at("working_days")
    status: str


class SharedAnswer(Result):
    """A risk several cases have. `unasked`: cases whose cause is an act of a higher body to which no request
    was sent.

    Each list has the first ten; the counts are of all.
    """

    description: str
    case_count: int = at("alike", "cases")
    cases: list[str]
    unit_count: int = at("alike", "units")
    units: Ids
    unasked_count: int = at("alike", "unasked")
    unasked: list[str] = at("alike", "asking")


class SilentAnswer(Result):
    """A case with a quarter that is not reported."""

    period: str
    case: str = at("case", "id")
    unit: str = at("unit", "id")
    due: date
    late_by_working_days: int = at("working_days")


class MonitoringAnswer(Result):
    """Recommendations, shared risks and unreported quarters. `silent`: up to 40 cases of each quarter;
    `silent_counts`: the number of all.
    """

    recommendations: list[RecommendationAnswer] = at("lines")
    total: int
    page: int = at("number")
    pages: int
    counts: dict[str, int]
    shared: list[SharedAnswer]
    silent: list[SilentAnswer]
    silent_counts: dict[str, int]


class CalendarDay(Result):
    date: LocalDate = at("on")
    working: bool
    kind: str
    name: str | None


class DayAnswer(CalendarDay):
    """A day of the calendar. `knowledge`: confirmed, or provisional while the transfers of its year are not
    ordered.
    """

    knowledge: str
    calendar_version: str


class DayLine(CalendarDay):
    """A special day of a year. `act`: id of the act that sets its kind; `due`: number of open deadlines."""

    act: str | None
    due: int


class MonthCount(Result):
    month: int = at("first", "month")
    days: int
    working: int


class YearAnswer(Result):
    """A year of the calendar. `knowledge`: confirmed, or provisional while the transfers of the year are not
    ordered.
    """

    year: int
    days: int
    working: int
    knowledge: str
    calendar_version: str
    months: list[MonthCount]
    unusual: list[DayLine]


class DayMoved(Result):
    date: LocalDate = at("on")
    was: str = at("before", "kind")
    becomes: str = at("after", "kind")


class DateMoved(Result):
    """A due date the act moves, and the people who get a letter about it."""

    case: str = at("moved", "case")
    obligation: str = at("moved", "id")
    title: InLanguage = at("moved", "obligation", "title")
    was: date | None = at("moved", "old")
    now: date | None = at("moved", "new")
    people: Ids


class ActAnswer(Result):
    """The effects of an act. `known`: the office adopted it before; `hidden`: number of moved dates in cases
    the reader may not see; `written`: number of cases in which dates were moved, 0 in a preview.
    """

    known: bool
    days: list[DayMoved]
    moved: list[DateMoved] = at("listed")
    more: int
    hidden: int
    written: int


class AccountAnswer(AccountDetails):
    """The account of the token. `person`: the key of its person, or empty. `recovery_codes_left`: null without
    a second factor.
    """

    digest: str | None
    language: str | None
    recovery_codes_left: int | None
