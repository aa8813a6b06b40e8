"""What the office stands at: `due` and `overdue` by the board, `score` by its records or numbers of a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import i18n
from merzim.cli.call import CommandContext
from merzim.cli.mount import Unit, Year, command
from merzim.cli.rendering import Json, picked
from merzim.documents.sheets.workbook import contents
from merzim.services.law.regulations import scoring as shipped_scoring
from merzim.services.names import case_title, cases_of, obligation_of, unit_named
from merzim.services.scoring import year_scores
from workflow.board.rows import DeadlineFilter, Horizon
from workflow.cases.registers.rows import period_in
from workflow.deadlines.deadline import Row, late_by
from workflow.refusal import Refusal
from workflow.scoring.indicators import Score, choose, read_inputs
from workflow.scoring.prospects import PointsStep, YearScores
from workflow.scoring.scales import NOTHING, Readings

AHEAD = 7
"""Working days that `due` looks ahead."""


@command("due")
def due(
    call: CommandContext,
    until: Annotated[date | None, "until which day, included"] = None,
    unit: Unit = "",
) -> None:
    """What is due; without --until for seven working days."""
    app, today = call.app, call.moment.today
    last = until or app.calendar.add_working_days(today, AHEAD)
    if last < today:
        raise Refusal("cli.until_before_today", until=last, today=today)
    horizon, place = Horizon(today=today, soon=last), unit_named(app, unit) or None
    rows = app.reads.listed(DeadlineFilter(urgency="due", horizon=horizon, unit=place))
    _print_rows(call, rows, {"until": last}, call.say("cli.nothing_due", until=last))


@command("overdue")
def overdue(call: CommandContext, unit: Unit = "") -> bool:
    """What is overdue. Exit code 1 when there is anything."""
    app, today, place = call.app, call.moment.today, unit_named(call.app, unit) or None
    rows = app.reads.listed(DeadlineFilter(urgency="overdue", horizon=call.ctx.horizon, unit=place))
    unconfirmed = DeadlineFilter(urgency="unconfirmed", horizon=call.ctx.horizon, unit=place)
    count = 0 if rows else app.reads.count(unconfirmed)
    code = "cli.nothing_overdue_unconfirmed" if count else "cli.nothing_overdue"
    _print_rows(call, rows, {}, call.say(code, today=today, count=count))
    return not rows


def _print_rows(call: CommandContext, rows: Sequence[Row], extra: dict[str, date], none: str) -> None:
    """Print obligations as a table; the sentence `none` when there are none."""
    app, today, language = call.app, call.moment.today, call.language
    heads = cases_of(app.reads, rows)
    lines = []
    for row in rows:
        case, name = heads[row.case], row.obligation
        title = obligation_of(app, case, name).title[language]
        line = {
            **picked(row, "case", "unit", "stage", "due", "safe_by", "status", "calendar", "force"),
            "object": case.object_in(language)
            if call.json
            else case_title(case, app.library.of(case))[language],
            "id": name,
            "title": title if call.json else i18n.titled(title, period_in(name), language),
            "late_by_working_days": late_by(row.due, today, app.calendar),
        }
        lines.append(line)
    columns = ("due", "late_by_working_days", "case", "object", "title", "force", "id")
    if lines or call.json:
        call.give({"today": today, **extra, "obligations": lines}, "obligations", *columns)
    else:
        call.print(none)


@command("score")
def score(
    call: CommandContext,
    inputs: Annotated[Path | None, "a JSON file with the numbers of the indicators"] = None,
    unit: Unit = "",
    year: Year = 0,
    by_unit: Annotated[bool, "also for each unit directly below"] = False,
    reading: Annotated[
        dict[str, str] | None, "another reading of an unclear place: rounding=linear; may be repeated"
    ] = None,
) -> None:
    """Points of the projects in a year (this year without --year), or from the numbers of a file, with their
    arithmetic; the file needs no database.
    """
    scoring = shipped_scoring()
    readings = choose(reading or {}, scoring)
    if not inputs:
        _score_year(call, unit, year or call.moment.today.year, readings, by_unit=by_unit)
        return
    answers = read_inputs(_read_inputs_file(inputs), scoring, readings)
    scores = scoring.score(answers, readings)
    total = sum((score.points for score in scores), NOTHING)
    answer = {"indicators": [_indicator(call, score) for score in scores], "total": total}
    _give_points(call, answer, scores)


def _score_year(call: CommandContext, unit: str, year: int, readings: Readings, *, by_unit: bool) -> None:
    """Print the points of a year."""
    first, last = call.app.calendar.first.year, call.app.calendar.last.year
    if not first <= year <= last:
        raise Refusal("cli.score.bad_year", year=year, first=first, last=last)
    root = unit_named(call.app, unit)
    whole, *parts = year_scores(call.ctx, root, year, readings=readings, by_unit=by_unit)
    recorded, ahead = whole.assessed.body.any_record, year >= call.moment.today.year
    if not recorded and ahead and (whole.scores or not whole.remarks):
        call.print(call.say("cli.score.nothing_recorded", year=year))
    answer = _year(call, whole) | {"units": [_year(call, part) for part in parts]}
    _give_points(call, answer, whole.scores)


def _year(call: CommandContext, of: YearScores) -> Json:
    """Return the points of a year as JSON."""
    return {
        "unit": of.assessed.root,
        "year": of.assessed.year,
        "indicators": [
            {
                **_indicator(call, score),
                **picked(score, "lost", "at_stake"),
                "missing": of.counted[score.id].missing,
            }
            for score in of.scores
        ],
        "projects": {name: project.total for name, project in of.projects().items()},
        **picked(of, "total", "lost", "at_stake", "remarks"),
        "steps": [picked(step, "indicator", "gain", "by") | {"text": _step(call, step)} for step in of.steps],
    }


def _indicator(call: CommandContext, score: Score) -> Json:
    """Return an indicator as JSON: points, their maximum, and the arithmetic in words."""
    arithmetic = " ".join(i18n.explain(score.arithmetic, call.language))
    return {**picked(score, "id", "points"), "max": score.maximum, "arithmetic": arithmetic}


def _step(call: CommandContext, step: PointsStep) -> str:
    """Return the next step of an indicator in words."""
    text = call.say(step.sentence.code, **step.sentence.arguments)
    names = tuple(map(call.name, step.missing))
    return f"{text} {call.say('score.step.missing', names=names)}" if names else text


def _give_points(call: CommandContext, answer: dict[str, Any], scores: Iterable[Score]) -> None:
    """Print points, as text with the arithmetic below them."""
    call.answer(answer)
    titles = {score.id: score.title for score in scores}
    details = {
        **answer,
        "indicators": [{**row, "title": titles[row["id"]], "arithmetic": ""} for row in answer["indicators"]],
        "arithmetic": {row["id"]: row["arithmetic"] for row in answer["indicators"]},
    }
    columns = ("unit", "id", "points", "max", "title", "total", "lost", "at_stake", "projects")
    call.show(details, "remarks", "indicators", *columns, "units", "steps", "indicator", "text", "arithmetic")


def _read_inputs_file(file: Path) -> object:
    """Read a file of inputs as JSON values. Raises UnreadablePaper, or Refusal: not JSON in UTF-8, or a name
    repeated in one object.
    """

    def refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
        record: dict[str, object] = {}
        for name, value in pairs:
            if name in record:
                raise Refusal("score.named_twice", file=file.name, name=name)
            record[name] = value
        return record

    try:
        return json.loads(contents(file).decode("utf-8-sig"), object_pairs_hook=refuse_duplicates)
    except (ValueError, RecursionError) as error:
        raise Refusal("score.not_json", file=file.name, detail=str(error)) from error
