"""Results of verbs and queries on cases, the same for the API and for `--json`; lists by the page, or whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ParamSpec, Self, TypeVar

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)

from i18n import say
from merzim.services.context import RequestContext, write_case
from workflow.cases.case import Evidence
from workflow.cases.commands.case_commands import Command as CaseCommand
from workflow.ports import Change
from workflow.refusal import Refusal
from workflow.scoring.scales import as_decimal

P = ParamSpec("P")
T = TypeVar("T")


class _Extended:
    """A value combined with further attributes."""

    def __init__(self, value: object, extra: Mapping[str, object]) -> None:
        self._value, self._more = value, extra

    def __getattr__(self, name: str) -> Any:
        return self._more[name] if name in self._more else getattr(self._value, name)


class Result(BaseModel):
    """Base of results built from the attributes of values; a field's name may be a path of attributes."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True, defer_build=True)

    @classmethod
    def of(cls, value: object, language: str = "", **extra: object) -> Self:
        """Return the result for a value, in a language; `extra`: attributes the value does not have."""
        return cls.model_validate(_Extended(value, extra) if extra else value, context=language)


class Titles(Result):
    """One text in the three languages."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))


def at(*path: str, default: Any = ...) -> Any:
    """Return a field that is read at a path of attributes; `default`: used if the path leads to nothing."""
    return Field(default, validation_alias=AliasPath(*path))


def _in_language(value: Any, info: ValidationInfo) -> Any:
    """Return a text in the language of the result; None, and what is no text by language, as it is."""
    return value if value is None or isinstance(value, str) else value[info.context]


def _sentence(value: Any, info: ValidationInfo) -> Any:
    """Return the sentence of a code with arguments, in the language of the result; a text as it is."""
    return value if isinstance(value, str) else say(value.code, value.arguments, info.context or "")


InLanguage = Annotated[str, BeforeValidator(_in_language)]
"""A text in three languages, reduced to the requested one."""
Spoken = Annotated[str, BeforeValidator(_sentence)]
"""The sentence of a code with its arguments."""
Points = Annotated[
    Decimal,
    BeforeValidator(lambda value: as_decimal(value) if isinstance(value, Fraction) else value),
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
]
"""Points, in JSON as a decimal string."""
Ids = Annotated[
    list[str],
    BeforeValidator(lambda values: [getattr(each, "id", getattr(each, "key", each)) for each in values]),
]
"""The ids of values, the keys of people."""
OptionalText = Annotated[str, BeforeValidator(lambda value: value or "")]


class Sentence(Result):
    """A part of an explanation."""

    code: str
    text: str
    date: date | None
    act: str | None

    @model_validator(mode="before")
    @classmethod
    def _of_element(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, dict | cls):
            return value
        text = say(value.code, value.arguments, info.context or "")
        return {"code": value.code, "text": text, "date": value.on, "act": value.act}


class ObligationResult(Result):
    """An obligation of a case with its deadline and explanation."""

    id: str
    title: InLanguage = at("obligation", "title")
    stage: str = at("obligation", "stage")
    due: date | None
    earliest: date | None
    latest: date | None
    safe_by: date | None
    closes: date | None
    anchor: str
    calendar: str
    status: str
    state: str
    answers: Ids = at("obligation", "options")
    answer: str | None = at("answer", "id", default=None)
    planned_on: date | None
    done_on: date | None
    late_by_working_days: int | None = at("late_by")
    exempted: str | None = at("exempted", "ground", default=None)
    waiting_for: str | None
    act: str = at("obligation", "act")
    paragraph: str = at("obligation", "paragraph")
    force: str = at("obligation", "force")
    assumed: bool = at("obligation", "assumed")
    explanation: list[Sentence]


class FindingResult(Result):
    """A departure from the law or from practice."""

    kind: str
    obligation: str
    code: str
    message: str
    late_by_working_days: int | None
    basis: str
    force: str

    @model_validator(mode="before")
    @classmethod
    def _of_finding(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, dict | cls):
            return value
        message = say(value.code, value.arguments, info.context or "")
        return _Extended(value, {"message": message, "late_by_working_days": value.late_by})


class PlanResult(Result):
    """A what-if: the deadlines and findings that follow from dates."""

    procedure: str = at("procedure", "id")
    edition: str = at("procedure", "edition")
    calendar_version: str
    obligations: list[ObligationResult] = at("deadlines")
    findings: list[FindingResult]
    ahead: list[str] = Field(
        description="Facts after today, taken for plan dates.", examples=[["analysis_ended"]]
    )
    latest_start: Annotated[dict[str, date], BeforeValidator(dict)] = Field(
        description="By planned fact, the latest start that reaches it.", examples=[{"published": "2026-04-13"}]
    )


class CaseHead(Result):
    """A case as shown in lists."""

    id: str
    case: Annotated[
        str, Field(deprecated=True, description="The same as `id`.", validation_alias=AliasPath("id"))
    ]
    procedure: str
    edition: str
    object: str
    object_kk: str
    object_ru: str
    unit: str
    status: str
    opened_at: datetime | None


class OpenedCase(CaseHead):
    """A case that was opened. `kind`: of its organisation; `person`: key of whom it is about, or ""."""

    kind: str
    person: str


class FieldChangeResult(BaseModel):
    """A field before and after an event. `of`: the obligation, for a field that exists once per obligation."""

    model_config = ConfigDict(from_attributes=True)

    field: str
    before: Any
    after: Any
    of: str = ""


class EventResult(Result):
    """One event of a case's chain. `changes`: in a case's history, the fields it changed."""

    case: str
    seq: int
    kind: str
    name: str
    on: date | None
    at: datetime
    by: str
    payload: dict[str, Any]
    hash: str
    changes: list[FieldChangeResult] = Field(default_factory=list)


class MovedDate(BaseModel):
    """A due date before and after a change."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    obligation: str
    before: date | None = Field(alias="from")
    after: date | None = Field(alias="to")


class ActMoves(BaseModel):
    """The due dates an act of the calendar moved in a case; `cause` names the act in the reader's language."""

    on: date
    at: datetime
    by: str
    cause: str
    moved: list[MovedDate]


class ProofResult(Result):
    """A document or link. `reference`: the address, or the digest of a stored file; `file`: whether it is a
    stored file. `restricted`: the ground for restricting access; readers without access get no name and no
    reference.
    """

    kind: str
    reference: str
    file: bool
    name: str | None
    type: str | None
    size: int | None
    published_on: date | None
    written_on: date | None
    recorded_at: datetime | None
    restricted: str

    @classmethod
    def of_item(cls, item: Evidence) -> Self:
        """Return a piece of evidence; its case, as the reader sees it, hides what is restricted."""
        return cls.of(item, file=item.name is not None, name=item.name or None)


class CommandResult(BaseModel):
    """The result of a command on a case: events written (none if nothing was new) and due dates moved.
    `preview`: nothing was written; `changed` is whether it would be. `tells`: how many people would be
    notified. `dropped`, `opened`: in a preview, obligations no longer required and newly required, with or
    without a due date; `overdue`: what would become overdue, or be planned after its due date;
    `points_at_stake`: by that. `keeps`: first and last day to plan the fact for that keep every term, the last
    null where any later day does; empty where no day does or nothing is planned. `lost`: facts and plan dates
    the new edition does not know; they stay in the history. `out_of_order`: findings that the recorded or
    corrected fact is out of order; it is recorded nevertheless.
    """

    case: str
    changed: bool
    events: list[EventResult]
    moved: list[MovedDate] = Field(default_factory=list)
    preview: bool = False
    tells: int | None = None
    dropped: list[str] = Field(default_factory=list)
    opened: list[str] = Field(default_factory=list)
    overdue: list[str] = Field(default_factory=list)
    points_at_stake: Points | None = None
    keeps: list[date | None] = Field(default_factory=list)
    lost: list[str] = Field(default_factory=list)
    out_of_order: list[FindingResult] = Field(default_factory=list)


def command_result(change: Change, **of_preview: Any) -> CommandResult:
    """Convert a change to the result of its command. `of_preview`: what only a preview says."""
    return CommandResult(
        case=change.case.id,
        changed=bool(change.events),
        events=[] if of_preview else [EventResult.of(event) for event in change.events],
        moved=[moved_date(*dates) for dates in change.moved],
        lost=_lost(change),
        **of_preview,
    )


def result_of(
    ctx: RequestContext, case_id: str, command: CaseCommand[P], /, *args: P.args, **values: P.kwargs
) -> CommandResult:
    """Write what a command derives from a case, by the reader; return its result."""
    return command_result(write_case(ctx, case_id, command, *args, **values))


def _lost(change: Change) -> list[str]:
    """Return the records that the edition a change moved its case to does not know."""
    lost = (event.payload.get("lost") for event in change.events if event.kind == "migrated")
    return [str(name) for names in lost if isinstance(names, list) for name in names]


def moved_date(obligation: str, before: date | None, after: date | None) -> MovedDate:
    return MovedDate.model_validate({"obligation": obligation, "from": before, "to": after})


def page_of(total: int, number: int, size: int) -> tuple[int, int]:
    """Return the number of the page to show, beyond the last one the last, and the number of pages."""
    pages = max(1, -(-total // size))
    return min(number, pages), pages


MAX_EXPORTED = 20_000
"""Maximum rows of a workbook; longer lists must be filtered first."""
EXPORTED_AT_ONCE = 1000
"""Rows of a workbook read together."""


def require_exportable(total: int) -> None:
    """Raise Refusal for a list longer than one workbook can have."""
    if total > MAX_EXPORTED:
        raise Refusal("web.cases.too_many", total=total, most=MAX_EXPORTED)


def exported(total: int, read: Callable[[int, int], Iterable[T]]) -> Iterator[T]:
    """Yield a whole list for a workbook. Raises Refusal for one longer than a workbook can have. `read`:
    returns some of its lines, from which on and how many.
    """
    require_exportable(total)
    for first in range(0, total, EXPORTED_AT_ONCE):
        yield from read(first, EXPORTED_AT_ONCE)
