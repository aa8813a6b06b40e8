"""Pages of the calendar: a month with its deadlines, a year with its days off and acts, and adopting an act."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from calendars import OutOfRange, as_known
from calendars.layout import build_year
from services.context import RequestContext
from services.inputs import build
from services.law.calendar_acts import (
    MAX_BYTES,
    Act,
    ActPreview,
    adopt_act,
    normal_text,
    preview_act,
    require_whole_office,
)
from services.narrowing import known_year
from web.auth.dependencies import Managing, Reading
from web.auth.reading import run_in_reading_thread
from web.pages.calendar.month import month_view
from web.ui.form_values import InvalidForm, parse_date, text_fields, tidy
from web.ui.render import page
from web.ui.unit_filter import UnitParam
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False, prefix="/calendar")
Asked = Annotated[str, Query(max_length=40)]


@router.get("")
def this_month(request: Request, ctx: Reading, unit: UnitParam) -> Response:
    """Show the present month, or the nearest one within the records."""
    today = ctx.today
    on = min(max(today, ctx.calendar.first), ctx.calendar.last)
    return month_page(request, ctx, on.year, on.month, unit=unit)


@router.get("/acts")
def ask_act(request: Request, ctx: Managing) -> Response:
    """Show the form for an act that moves days."""
    require_whole_office(ctx)
    return _act_page(request, ctx)


@router.post("/acts")
async def adopt(request: Request, ctx: Managing) -> Response:
    """Show what an act moves; submitted again from there, adopt it."""
    async with request.form(max_files=1, max_fields=12, max_part_size=2 * MAX_BYTES) as form:
        return await run_in_reading_thread(request, _adopt, request, ctx, form)


@router.get("/{number}")
def year_page(
    request: Request, ctx: Reading, number: Annotated[int, Path(ge=1, le=9999)], as_of: Asked = ""
) -> Response:
    """Show the production calendar of a year, as known now or on a day."""
    known_year(ctx, number)
    known_on = parse_date(as_of) if as_of.strip() else None
    laid = build_year(number, as_known(ctx.calendar, known_on))
    return page(request, ctx, "calendar.html", year=laid, as_of=known_on)


@router.get("/{number}/{month}")
def month_page(
    request: Request,
    ctx: Reading,
    number: Annotated[int, Path(ge=1, le=9999)],
    month: Annotated[int, Path(ge=1, le=12)],
    unit: UnitParam,
    day: Annotated[int | None, Query(ge=1, le=31)] = None,
    as_of: Asked = "",
) -> Response:
    """Show a month with the deadlines due in it, and those of a chosen day in full."""
    today = ctx.today
    known_year(ctx, number)
    first = date(number, month, 1)
    known_on = parse_date(as_of) if as_of.strip() else None
    try:
        chosen = first.replace(day=day) if day else None
    except ValueError:
        raise HTTPException(404, "web.problem.no_day") from None
    view = month_view(
        ctx, first, as_known(ctx.calendar, known_on), today=today, unit=unit or None, chosen=chosen
    )
    return page(request, ctx, "month.html", view=view, as_of=known_on)


def _act_page(
    request: Request,
    ctx: RequestContext,
    *,
    text: str = "",
    name: str = "",
    typed: Mapping[str, str] | None = None,
    seen: ActPreview | None = None,
    adopted: int | None = None,
    refusal: Exception | None = None,
) -> Response:
    return page(
        request,
        ctx,
        "act.html",
        status=200 if refusal is None else 422,
        text=text,
        name=name,
        typed=typed or {},
        seen=seen,
        adopted=adopted,
        refusal=refusal,
    )


def _adopt(request: Request, ctx: RequestContext, form: FormData) -> Response:
    require_whole_office(ctx)
    text = name = ""
    try:
        text, name = _text(form)
        act = build(Act, {"text": text, "name": name})
        if form.get("do") == "apply":
            shown = adopt_act(ctx, act)
            return _act_page(request, ctx, seen=shown, adopted=shown.written, name=name)
        shown = preview_act(ctx, act)
    except (Refusal, OutOfRange) as refusal:
        typed = text_fields(form)
        kept = "" if _is_transfer(typed) else text
        return _act_page(request, ctx, text=kept, name=name, typed=typed, refusal=refusal)
    return _act_page(request, ctx, text=text, name=name, seen=shown)


def _text(form: FormData) -> tuple[str, str]:
    """Return text and name of the act: from the file, else as pasted. Raises InvalidForm, UnreadableAct."""
    file = form.get("file")
    typed = text_fields(form)
    if isinstance(file, UploadFile) and file.filename:
        content, name = file.file.read(MAX_BYTES + 1), tidy(file.filename)[-100:]
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidForm("web.act.not_text", name=name) from None
    elif _is_transfer(typed):
        text, name = _transfer(typed), f"transfer-{typed.get('off', '')[:10]}.toml"
    else:
        text, name = typed.get("text", ""), tidy(typed.get("name", ""))[-100:] or "act.toml"
    return normal_text(text), name


def _is_transfer(typed: Mapping[str, str]) -> bool:
    return bool(typed.get("off") or typed.get("work"))


def _transfer(typed: Mapping[str, str]) -> str:
    """Return a transfer of one day off in the format of the records.

    Raises:
        InvalidForm: a date or the act is missing, or no such day exists.
    """
    days = {name: parse_date(typed.get(name, "")) for name in ("off", "work")}
    if typed.get("adopted", "").strip():
        days["adopted"] = parse_date(typed["adopted"])
    said = {name: tidy(typed.get(name, "")) for name in ("act", "address", "number", "title_kk", "title_ru")}
    if not said["act"]:
        raise InvalidForm("web.act.unnamed")
    titles = ", ".join(
        f"{name} = {_quoted(said[f'title_{name}'])}" for name in ("kk", "ru") if said[f"title_{name}"]
    )
    lines = [
        "[[transfer]]",
        *(f"{name} = {day.isoformat()}" for name, day in days.items()),
        *(f"{name} = {_quoted(said[name])}" for name in ("act", "address")),
        *([f"number = {_quoted(said['number'])}"] if said["number"] else ()),
        *([f"title = {{ {titles} }}"] if titles else ()),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a text as a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
