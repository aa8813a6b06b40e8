"""Points: `merzim score --inputs`. No database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import BAD_INPUT, DONE, Call
from merzim.cli.help import Command
from merzim.cli.parsing import BadArgument
from merzim.cli.printing import paragraph

if TYPE_CHECKING:
    from fractions import Fraction

    from workflow.score import Score, Scores
    from workflow.score_inputs import BadInputs


def add_to(app: typer.Typer) -> None:
    """Hang the command on the application."""
    app.command("score", cls=Command, help="cli.help.score")(score)


def score(
    ctx: typer.Context,
    inputs: Annotated[str, typer.Option("--inputs", metavar="FILE.json", help="cli.option.inputs")],
    reading: Annotated[
        list[str] | None, typer.Option("--reading", metavar="NAME=VALUE", help="cli.option.reading")
    ] = None,
) -> int:
    from merzim import scoring as shipped
    from workflow.score import score as scored
    from workflow.score_inputs import BadInputs, choose, read_inputs

    call = Call.of(ctx)
    scoring = shipped.scoring()
    readings = choose(_chosen(reading), scoring)
    try:
        answers = read_inputs(shipped.inputs(Path(inputs)), scoring, readings)
    except BadInputs as refusal:
        if len(refusal.problems) == 1:
            raise
        return _refused(call, Path(inputs).name, refusal)
    found = scored(answers, scoring, readings)
    if call.json:
        call.answer(_answer(call, found))
    else:
        _print(call, found)
    return DONE


def _chosen(pairs: list[str] | None) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            raise BadArgument("score.not_a_reading", text=pair)
        if chosen.setdefault(name, value) != value:
            raise BadArgument("cli.named_twice", name=name, where="--reading")
    return chosen


def _refused(call: Call, file: str, refusal: BadInputs) -> int:
    """One line for all, then one for each place."""
    call.note("merzim: " + call.say("score.several", file=file, count=len(refusal.problems)))
    for error in refusal.problems:
        call.note(call.say(error.code, **error.arguments))
    return BAD_INPUT


def _answer(call: Call, found: Scores) -> dict[str, object]:
    from workflow.score import written

    return {
        "indicators": [
            {
                "id": one.id,
                "points": written(one.points),
                "max": None if one.maximum is None else written(one.maximum),
                "arithmetic": _arithmetic(call, one),
            }
            for one in found.scores
        ],
        "total": written(found.total),
    }


def _print(call: Call, found: Scores) -> None:
    from words import number
    from workflow.score import written

    def said(points: Fraction | None) -> str:
        return "" if points is None else number(written(points), call.language)

    if not found.scores:
        call.print(call.say("cli.score.nothing"))
        return
    rows = [(one.id, said(one.points), said(one.maximum), one.title[call.language]) for one in found.scores]
    call.table(("indicator", "points", "maximum", "title"), rows)
    call.print("\n" + call.say("cli.score.total", points=written(found.total)) + "\n")
    for one in found.scores:
        call.print(paragraph(f"{one.id}: {_arithmetic(call, one)}", indent=2))


def _arithmetic(call: Call, one: Score) -> str:
    return " ".join(call.say(element.code, **element.arguments) for element in one.arithmetic)
