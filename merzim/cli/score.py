"""The command `merzim score`: points from the office's records of a year, or with `--inputs` from numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import BAD_INPUT, DONE, CommandContext
from merzim.cli.parsing import BadArgument
from merzim.cli.printing import paragraph

if TYPE_CHECKING:
    from fractions import Fraction

    from merzim.services.scoring import YearScores
    from workflow.scoring.prospects import Step
    from workflow.scoring.scale import Readings
    from workflow.scoring.score import Score, Scores
    from workflow.scoring.score_inputs import BadInputs


def score(
    ctx: typer.Context,
    inputs: Annotated[
        str,
        typer.Option("--inputs", metavar="FILE.json", help="a JSON file with the numbers of the indicators"),
    ] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="the unit")] = "",
    year: Annotated[
        int, typer.Option("--year", metavar="YYYY", help="which year’s points (this year by default)", min=0)
    ] = 0,
    by_unit: Annotated[bool, typer.Option("--by-unit", help="also for each unit directly below")] = False,
    reading: Annotated[
        list[str] | None,
        typer.Option(
            "--reading",
            metavar="NAME=VALUE",
            help="another reading of an unclear place: rounding=linear; may be repeated",
        ),
    ] = None,
) -> int:
    """Points of the projects from the numbers of a file, with their arithmetic. No database is needed."""
    from merzim.services.regulations.registers import read_input_file
    from merzim.services.regulations.registers import scoring as shipped_scoring
    from workflow.scoring.score import score as scored
    from workflow.scoring.score_inputs import BadInputs, choose, read_inputs

    call = CommandContext.of(ctx)
    scoring = shipped_scoring()
    readings = choose(_chosen(reading), scoring)
    if not inputs:
        return _of_a_year(call, unit, year or call.moment.today.year, readings, by_unit=by_unit)
    file = call.given(inputs, "json")
    try:
        answers = read_inputs(read_input_file(file), scoring, readings)
    except BadInputs as refusal:
        if len(refusal.problems) == 1:
            raise
        return _refused(call, file.name, refusal)
    scores = scored(answers, scoring, readings)
    if call.json:
        call.answer(_answer(call, scores))
    else:
        _print(call, scores)
    return DONE


def _of_a_year(call: CommandContext, unit: str, year: int, readings: Readings, *, by_unit: bool) -> int:
    """Print the points of a year."""
    from merzim.services.names import unit_named
    from merzim.services.scoring import year_scores

    first, last = call.app.calendar.first.year, call.app.calendar.last.year
    if not first <= year <= last:
        raise BadArgument("cli.score.bad_year", year=year, first=first, last=last)
    root = unit_named(call.app, unit)
    whole_year, *parts = year_scores(
        call.ctx, root, year, today=call.moment.today, readings=readings, by_unit=by_unit
    )
    if call.json:
        call.answer(_year_answer(call, whole_year) | {"units": [_year_answer(call, part) for part in parts]})
        return DONE
    _print_year(call, whole_year, parts)
    return DONE


def _year_answer(call: CommandContext, year_scores: YearScores) -> dict[str, object]:
    """Return the points of a year as JSON."""
    from workflow.scoring.score import written

    indicators = []
    for score, row in zip(year_scores.scores.scores, _rows(call, year_scores.scores), strict=True):
        prospect = year_scores.prospects.get(score.id)
        prospect_values = {
            "lost": None if prospect is None else written(prospect.lost),
            "at_stake": None if prospect is None else written(prospect.at_stake),
            "missing": list(year_scores.counted[score.id].missing),
        }
        indicators.append(row | prospect_values)
    return {
        "unit": year_scores.unit,
        "year": year_scores.year,
        "indicators": indicators,
        "projects": {name: written(points) for name, points in year_scores.projects().items()},
        "total": written(year_scores.scores.total),
        "lost": written(year_scores.lost),
        "at_stake": written(year_scores.at_stake),
        "remarks": [call.say(remark.code, **remark.arguments) for remark in year_scores.remarks],
        "steps": [
            {
                "indicator": step.indicator,
                "gain": written(step.gain),
                "by": step.by,
                "text": _step(call, step),
            }
            for step in year_scores.steps
        ],
    }


def _print_year(call: CommandContext, whole_year: YearScores, parts: list[YearScores]) -> None:
    from i18n import number
    from workflow.scoring.score import written

    def shown(points: Fraction | None) -> str:
        return "" if points is None else number(written(points), call.language)

    for remark in whole_year.remarks:
        call.print(paragraph(call.say(remark.code, **remark.arguments)))
    ahead = whole_year.year >= call.moment.today.year
    if not whole_year.recorded and ahead and (whole_year.scores.scores or not whole_year.remarks):
        call.print(call.say("cli.score.nothing_recorded", year=whole_year.year))
    if not whole_year.scores.scores:
        return
    rows = []
    for score in whole_year.scores.scores:
        prospect = whole_year.prospects.get(score.id)
        lost, stake = (prospect.lost, prospect.at_stake) if prospect else (None, None)
        rows.append(
            (
                score.id,
                shown(score.points),
                shown(lost),
                shown(stake),
                score.title[call.language],
            )
        )
    call.table(("indicator", "points", "lost", "at_stake", "title"), rows)
    call.print("\n" + call.say("cli.score.total", points=written(whole_year.scores.total)))
    for project, points in whole_year.projects().items():
        call.print(call.say("cli.score.project", project=project[1:], points=written(points)))
    stakes = {"lost": written(whole_year.lost), "at_stake": written(whole_year.at_stake)}
    call.print(call.say("cli.score.prospects", **stakes))
    if parts:
        call.print()
        table = [
            (
                call.name(part.unit),
                shown(part.scores.total),
                shown(part.lost),
                shown(part.at_stake),
            )
            for part in parts
        ]
        call.table(("unit", "points", "lost", "at_stake"), table)
    if whole_year.steps:
        call.print("\n" + call.say("cli.score.steps"))
        for step in whole_year.steps:
            call.print(paragraph(f"{step.indicator}: {_step(call, step)}", indent=2))
    call.print()
    for score in whole_year.scores.scores:
        call.print(paragraph(f"{score.id}: {_arithmetic(call, score)}", indent=2))


def _step(call: CommandContext, step: Step) -> str:
    """Return the next step of an indicator in words."""
    from fractions import Fraction

    from workflow.scoring.score import written

    missing_names = tuple(map(call.name, step.missing))
    arguments = {
        key: written(value) if isinstance(value, Fraction) else value for key, value in step.arguments.items()
    }
    text = call.say(f"score.step.{step.code}", **arguments, gain=written(step.gain), by=step.by)
    return f"{text} {call.say('score.step.missing', names=missing_names)}" if missing_names else text


def _chosen(pairs: list[str] | None) -> dict[str, str]:
    """Parse the readings chosen by --reading."""
    chosen: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            raise BadArgument("score.not_a_reading", text=pair)
        if chosen.setdefault(name, value) != value:
            raise BadArgument("cli.named_twice", name=name, where="--reading")
    return chosen


def _refused(call: CommandContext, file: str, refusal: BadInputs) -> int:
    """Print the errors of an input file: one line for all, then one for each place."""
    call.note("merzim: " + call.say("score.several", file=file, count=len(refusal.problems)))
    for error in refusal.problems:
        call.note(call.say(error.code, **error.arguments))
    return BAD_INPUT


def _answer(call: CommandContext, scores: Scores) -> dict[str, object]:
    """Return points as JSON."""
    from workflow.scoring.score import written

    return {
        "indicators": _rows(call, scores),
        "total": written(scores.total),
    }


def _rows(call: CommandContext, scores: Scores) -> list[dict[str, object]]:
    from workflow.scoring.score import written

    return [
        {
            "id": score.id,
            "points": written(score.points),
            "max": None if score.maximum is None else written(score.maximum),
            "arithmetic": _arithmetic(call, score),
        }
        for score in scores.scores
    ]


def _print(call: CommandContext, scores: Scores) -> None:
    from i18n import number
    from workflow.scoring.score import written

    def shown(points: Fraction | None) -> str:
        return "" if points is None else number(written(points), call.language)

    if not scores.scores:
        call.print(call.say("cli.score.nothing"))
        return
    rows = [
        (score.id, shown(score.points), shown(score.maximum), score.title[call.language])
        for score in scores.scores
    ]
    call.table(("indicator", "points", "maximum", "title"), rows)
    call.print("\n" + call.say("cli.score.total", points=written(scores.total)) + "\n")
    for score in scores.scores:
        call.print(paragraph(f"{score.id}: {_arithmetic(call, score)}", indent=2))


def _arithmetic(call: CommandContext, score: Score) -> str:
    """Return the arithmetic of an indicator in words."""
    return " ".join(call.say(element.code, **element.arguments) for element in score.arithmetic)


COMMANDS: dict[str, Callable[..., object]] = {
    "score": score,
}
