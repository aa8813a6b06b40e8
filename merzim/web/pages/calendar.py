"""Pages of the calendar: a month with its deadlines, a year with its days off and acts, and adopting an act."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.datastructures import FormData
from starlette.responses import Response

from calendars.kazakhstan import Day, Kazakhstan
from calendars.layout import Month, build_month, build_year
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.law import calendar_acts
from merzim.services.names import case_title, cases_of, known_year, unit_name
from merzim.web.auth.dependencies import Managing, Reading, reads_files
from merzim.web.http import WebContext
from merzim.web.ui.form_values import InvalidForm, file_of, one_line, parse_date, submitted_form, text_fields
from merzim.web.ui.name_fields import UnitParam, unit_filter
from merzim.web.ui.render import page
from workflow.cases.registers.rows import period_in
from workflow.deadlines.deadline import Row, status_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.refusal import Refusal

ON_A_DAY = 2
"""Number of deadlines named on a day of the grid; the rest is counted, and listed when the day is chosen."""
LISTED = 200
HEATS = 4
FULL = 8
"""Minimum number of deadlines of a day with full heat."""


def _lines(ctx: RequestContext, rows: Sequence[Row]) -> Callable[[Sequence[Row]], list[dict[str, Any]]]:
    """Return the function that makes lines of some of these rows, as the month shows them; rows of cases the
    reader does not see have none.
    """
    cases, office = cases_of(ctx.reads, rows), ctx.reads.office()

    def line(row: Row) -> dict[str, Any]:
        case = cases[row.case]
        procedure = ctx.library.of(case)
        return {
            "case": row.case,
            "about": case_title(case, procedure),
            "unit": unit_name(office, row.unit),
            "obligation": row.obligation,
            "title": entry_obligation(case, procedure, row.obligation).title,
            "period": period_in(row.obligation),
            "force": row.force,
            "look": status_on(row, today=ctx.today, soon=ctx.horizon.soon),
        }

    return lambda some: [line(row) for row in some if row.case in cases]


def _month_away(laid: Month, calendar: Kazakhstan, step: int) -> date | None:
    """Return the first day of the month so many months away; None outside the calendar."""
    number = laid.first.year * 12 + laid.first.month - 1 + step
    first = date(number // 12, number % 12 + 1, 1)
    return first if calendar.first <= first <= calendar.last else None


router = APIRouter(include_in_schema=False, prefix="/calendar")
KnownOn = Annotated[str, Query(max_length=40)]


@router.get("/acts")
def ask_act(ctx: Managing) -> Response:
    calendar_acts.require_whole_office(ctx)
    return _act_page(ctx)


@router.get("/{number}")
def year_page(ctx: Reading, number: Annotated[int, Path(ge=1, le=9999)], as_of: KnownOn = "") -> Response:
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
    as_of: KnownOn = "",
) -> Response:
    """Show a month with the deadlines due in it, and those of a chosen day in full."""
    known_year(ctx, number)
    first = date(number, month, 1)
    known_on = parse_date(as_of) if as_of.strip() else None
    try:
        chosen = first.replace(day=day) if day else None
    except ValueError:
        raise HTTPException(404, "web.problem.no_day") from None
    # By these records the days are shaded; the due dates are the present ones.
    calendar = ctx.calendar.as_known(known_on)
    laid = build_month(first, calendar)
    by_day = ctx.reads.days(laid.first, laid.last, unit or None, limit=ON_A_DAY)
    of_day = ctx.reads.days(chosen, chosen, unit or None, limit=LISTED) if chosen else {}
    listed = of_day[chosen][1] if chosen and chosen in of_day else ()
    lines = _lines(ctx, [*(row for _, rows in by_day.values() for row in rows), *listed])
    most = max((FULL, *(count for count, _ in by_day.values())))

    def cell(day: Day) -> dict[str, Any]:
        count, rows = by_day.get(day.on, (0, ()))
        return {"day": day, "count": count, "heat": -(-count * HEATS // most), "due": lines(rows)}

    return page(
        ctx,
        "month.html",
        as_of=known_on,
        laid=laid,
        knowledge=calendar.knowledge(laid.first, laid.last),
        weeks=[[day and cell(day) for day in week] for week in laid.weeks],
        runs=laid.runs,
        total=sum(count for count, _ in by_day.values()),
        earlier=_month_away(laid, calendar, -1),
        later=_month_away(laid, calendar, 1),
        units=unit_filter(ctx, unit),
        unit=unit,
        chosen=chosen,
        listed=lines(listed),
        more=by_day[chosen][0] - len(listed) if chosen and chosen in by_day else 0,
    )


def _act_page(ctx: WebContext, **shown: Any) -> Response:
    """Return the form of an act (its `text` and `name`, or what was `typed` into fields), what it moves
    (`seen`), in how many cases it did (`adopted`), or its `refusal`.
    """
    nothing: dict[str, Any] = {"text": "", "name": "", "typed": {}, "seen": None, "adopted": None}
    return page(ctx, "act.html", **nothing | shown)


@router.post("/acts")
@reads_files
def adopt(
    ctx: Managing,
    form: Annotated[FormData, submitted_form(files=1, fields=12, field_bytes=2 * calendar_acts.MAX_BYTES)],
) -> Response:
    """Show what an act moves; submitted again from there, adopt it."""
    calendar_acts.require_whole_office(ctx)
    text = name = ""
    try:
        text, name = _act_text(form)
        act = build(calendar_acts.CalendarAct, {"text": text, "name": name})
        if form.get("do") == "apply":
            seen = calendar_acts.adopt_act(ctx, act)
            return _act_page(ctx, name=name, seen=seen, adopted=seen.written)
        return _act_page(ctx, text=text, name=name, seen=calendar_acts.preview_act(ctx, act))
    except Refusal as refusal:
        typed = text_fields(form)
        shown_text = "" if _is_transfer(typed) else text
        return _act_page(ctx, text=shown_text, name=name, typed=typed, refusal=refusal)


def _act_text(form: FormData) -> tuple[str, str]:
    """Return text and name of the act: from the file, else as pasted. Raises InvalidForm, Refusal."""
    typed_texts = text_fields(form)
    if file := file_of(form):
        content, name = file.content.read(calendar_acts.MAX_BYTES + 1), file.name[-100:]
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidForm("web.act.not_text", name=name) from None
    elif _is_transfer(typed_texts):
        text, name = _transfer(typed_texts), f"transfer-{typed_texts.get('off', '')[:10]}.toml"
    else:
        text, name = typed_texts.get("text", ""), one_line(typed_texts.get("name", ""))[-100:] or "act.toml"
    return calendar_acts.normal_text(text), name


def _is_transfer(typed_texts: Mapping[str, str]) -> bool:
    """Return whether one transfer was filled in by fields, instead of an act as text."""
    return bool(typed_texts.get("off") or typed_texts.get("work"))


def _transfer(typed_texts: Mapping[str, str]) -> str:
    """Return a transfer of one day off in the format of the records. Raises InvalidForm: a field is missing, or
    the days are one.
    """
    days = {name: parse_date(typed_texts.get(name, "")) for name in ("off", "work")}
    if days["off"] == days["work"]:
        raise InvalidForm("web.act.same_day")
    if typed_texts.get("adopted", "").strip():
        days["adopted"] = parse_date(typed_texts["adopted"])
    texts = {name: one_line(typed_texts.get(name, "")) for name in ("act", "address", "number")}
    if not texts["act"]:
        raise InvalidForm("web.act.unnamed")
    titles = {name: one_line(typed_texts.get(f"title_{name}", "")) for name in ("kk", "ru")}
    title = ", ".join(f"{name} = {_quoted(text)}" for name, text in titles.items() if text)
    lines = [
        "[[transfer]]",
        *(f"{name} = {day.isoformat()}" for name, day in days.items()),
        *(f"{name} = {_quoted(text)}" for name, text in texts.items() if text or name == "address"),
        *([f"title = {{ {title} }}"] if title else ()),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a text as a string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
