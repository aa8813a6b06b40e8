"""Pages of the calendar: a month with its deadlines, a year with its days off and acts, and adopting an act."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from calendars import OutOfRange
from calendars.kazakhstan import Day, Kazakhstan, Knowledge
from calendars.layout import USUAL, Month, Run, build_month, build_year, days_of, group_runs
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.law.calendar_acts import (
    MAX_BYTES,
    ActPreview,
    CalendarAct,
    adopt_act,
    normal_text,
    preview_act,
    require_whole_office,
)
from merzim.services.names import UnitName, case_title, cases_of, known_year, unit_name
from merzim.web.auth.dependencies import Managing, Reading, reads_files
from merzim.web.http import WebContext
from merzim.web.ui.form_values import InvalidForm, parse_date, sent, text_fields, tidy
from merzim.web.ui.name_fields import NameField, UnitParam, build_unit_filter
from merzim.web.ui.render import page
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.lateness import SOON_WORKING_DAYS, DeadlineStatus, status_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Text
from workflow.refusal import Refusal

ON_A_DAY = 2
"""Number of deadlines named on a day of the grid; the rest is counted, and listed when the day is chosen."""
LISTED = 200
HEATS = 4
FULL = 8
"""Minimum number of deadlines of a day with full heat."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """One deadline due on a day."""

    case: str
    about: Text
    unit: UnitName
    obligation: str
    title: Text
    period: str | None
    force: str
    look: DeadlineStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCell:
    """A day of the grid. `heat`: 0 for none, up to 4 for the days with most deadlines."""

    day: Day
    count: int
    heat: int
    due: tuple[Due, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthView:
    """The data of the page. `chosen`: the day that is listed in full, with `more` deadlines beyond those
    listed.
    """

    month: Month
    knowledge: Knowledge
    weeks: tuple[tuple[DayCell | None, ...], ...]
    runs: tuple[Run, ...]
    total: int
    earlier: date | None
    later: date | None
    units: NameField
    unit: str | None
    chosen: date | None
    listed: tuple[Due, ...]
    more: int


def month_view(
    ctx: RequestContext,
    first: date,
    calendar: Kazakhstan,
    *,
    today: date,
    unit: str | None,
    chosen: date | None,
) -> MonthView:
    """Return the month that begins on that day, with the open deadlines due in it.

    `calendar` decides how the days are shaded; the due dates are the present ones.
    """
    laid = build_month(first, calendar)
    by_day = ctx.reads.days(laid.first, laid.last, unit, limit=ON_A_DAY)
    of_day = ctx.reads.days(chosen, chosen, unit, limit=LISTED) if chosen else {}
    listed_rows = of_day[chosen][1] if chosen and chosen in of_day else ()
    shown_rows = [*(row for _, rows in by_day.values() for row in rows), *listed_rows]
    cases = cases_of(ctx.reads, shown_rows)
    office = ctx.reads.office()
    soon = ctx.calendar.add_working_days(today, SOON_WORKING_DAYS)

    def due(row: Row) -> Due:
        case = cases[row.case]
        return Due(
            case=row.case,
            about=case_title(case, ctx.library.of(case)),
            unit=unit_name(office, row.unit),
            obligation=row.obligation,
            title=entry_obligation(case, ctx.library.of(case), row.obligation).title,
            period=None if is_entry(row.obligation) else row.obligation.partition(".")[2] or None,
            force=row.force,
            look=status_on(row, today=today, soon=soon),
        )

    maximum = max((number for number, _ in by_day.values()), default=0)
    return MonthView(
        month=laid,
        knowledge=calendar.knowledge(laid.first, laid.last),
        weeks=tuple(
            tuple(day and _cell(day, by_day.get(day.on, (0, ())), cases, due, maximum) for day in week)
            for week in laid.weeks
        ),
        runs=group_runs(tuple(day for day in days_of(laid) if day.kind not in USUAL)),
        total=sum(number for number, _ in by_day.values()),
        earlier=_beside(laid, calendar, -1),
        later=_beside(laid, calendar, 1),
        units=build_unit_filter(office, unit or "", own_unit=ctx.reader.root),
        unit=unit,
        chosen=chosen,
        listed=tuple(due(row) for row in listed_rows if row.case in cases),
        more=by_day[chosen][0] - len(listed_rows) if chosen and chosen in by_day else 0,
    )


def _cell(
    day: Day,
    day_rows: tuple[int, Sequence[Row]],
    cases: Mapping[str, Case],
    due: Callable[[Row], Due],
    maximum: int,
) -> DayCell:
    number, rows = day_rows
    named_dues = tuple(due(row) for row in rows if row.case in cases)
    return DayCell(day=day, count=number, heat=-(-number * HEATS // max(maximum, FULL)), due=named_dues)


def _beside(laid: Month, calendar: Kazakhstan, step: int) -> date | None:
    number = laid.first.year * 12 + laid.first.month - 1 + step
    first = date(number // 12, number % 12 + 1, 1)
    return first if calendar.first <= first <= calendar.last else None


router = APIRouter(include_in_schema=False, prefix="/calendar")
Asked = Annotated[str, Query(max_length=40)]


@router.get("/acts")
def ask_act(ctx: Managing) -> Response:
    """Show the form for an act that moves days."""
    require_whole_office(ctx)
    return _act_page(ctx)


@router.get("/{number}")
def year_page(ctx: Reading, number: Annotated[int, Path(ge=1, le=9999)], as_of: Asked = "") -> Response:
    """Show the production calendar of a year, as known now or on a day."""
    known_year(ctx, number)
    known_on = parse_date(as_of) if as_of.strip() else None
    laid = build_year(number, ctx.calendar.as_known(known_on))
    return page(ctx, "calendar.html", year=laid, as_of=known_on)


@router.get("/{number}/{month}")
def month_page(
    ctx: Reading,
    number: Annotated[int, Path(ge=1, le=9999)],
    month: Annotated[int, Path(ge=1, le=12)],
    unit: UnitParam,
    day: Annotated[int | None, Query(ge=1, le=31)] = None,
    as_of: Asked = "",
) -> Response:
    """Show a month with the deadlines due in it, and those of a chosen day in full."""
    known_year(ctx, number)
    first = date(number, month, 1)
    known_on = parse_date(as_of) if as_of.strip() else None
    try:
        chosen = first.replace(day=day) if day else None
    except ValueError:
        raise HTTPException(404, "web.problem.no_day") from None
    view = month_view(
        ctx, first, ctx.calendar.as_known(known_on), today=ctx.today, unit=unit or None, chosen=chosen
    )
    return page(ctx, "month.html", view=view, as_of=known_on)


def _act_page(
    ctx: WebContext,
    *,
    text: str = "",
    name: str = "",
    typed_texts: Mapping[str, str] | None = None,
    preview: ActPreview | None = None,
    adopted: int | None = None,
    refusal: Exception | None = None,
) -> Response:
    return page(
        ctx,
        "act.html",
        text=text,
        name=name,
        typed=typed_texts or {},
        seen=preview,
        adopted=adopted,
        refusal=refusal,
    )


@router.post("/acts")
@reads_files
def adopt(
    ctx: Managing, form: Annotated[FormData, sent(files=1, fields=12, field_bytes=2 * MAX_BYTES)]
) -> Response:
    """Show what an act moves; submitted again from there, adopt it."""
    require_whole_office(ctx)
    text = name = ""
    try:
        text, name = _text(form)
        act = build(CalendarAct, {"text": text, "name": name})
        if form.get("do") == "apply":
            preview = adopt_act(ctx, act)
            return _act_page(ctx, preview=preview, adopted=preview.written, name=name)
        preview = preview_act(ctx, act)
    except (Refusal, OutOfRange) as refusal:
        typed_texts = text_fields(form)
        shown_text = "" if _is_transfer(typed_texts) else text
        return _act_page(ctx, text=shown_text, name=name, typed_texts=typed_texts, refusal=refusal)
    return _act_page(ctx, text=text, name=name, preview=preview)


def _text(form: FormData) -> tuple[str, str]:
    """Return text and name of the act: from the file, else as pasted. Raises InvalidForm, Refusal."""
    file = form.get("file")
    typed_texts = text_fields(form)
    if isinstance(file, UploadFile) and file.filename:
        content, name = file.file.read(MAX_BYTES + 1), tidy(file.filename)[-100:]
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidForm("web.act.not_text", name=name) from None
    elif _is_transfer(typed_texts):
        text, name = _transfer(typed_texts), f"transfer-{typed_texts.get('off', '')[:10]}.toml"
    else:
        text, name = typed_texts.get("text", ""), tidy(typed_texts.get("name", ""))[-100:] or "act.toml"
    return normal_text(text), name


def _is_transfer(typed_texts: Mapping[str, str]) -> bool:
    return bool(typed_texts.get("off") or typed_texts.get("work"))


def _transfer(typed_texts: Mapping[str, str]) -> str:
    """Return a transfer of one day off in the format of the records.

    Raises:
        InvalidForm: a date or the act is missing, or no such day exists.
    """
    days = {name: parse_date(typed_texts.get(name, "")) for name in ("off", "work")}
    if typed_texts.get("adopted", "").strip():
        days["adopted"] = parse_date(typed_texts["adopted"])
    fields = {
        name: tidy(typed_texts.get(name, "")) for name in ("act", "address", "number", "title_kk", "title_ru")
    }
    if not fields["act"]:
        raise InvalidForm("web.act.unnamed")
    titles = ", ".join(
        f"{name} = {_quoted(fields[f'title_{name}'])}" for name in ("kk", "ru") if fields[f"title_{name}"]
    )
    lines = [
        "[[transfer]]",
        *(f"{name} = {day.isoformat()}" for name, day in days.items()),
        *(f"{name} = {_quoted(fields[name])}" for name in ("act", "address")),
        *([f"number = {_quoted(fields['number'])}"] if fields["number"] else ()),
        *([f"title = {{ {titles} }}"] if titles else ()),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
