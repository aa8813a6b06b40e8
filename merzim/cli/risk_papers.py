"""Papers of the risk register: `risks import`, `check`, `same`, `scale`, `map`, `cartogram`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.answers import finding, print_findings
from merzim.cli.call import BAD_INPUT, DONE, NOT_SO, Call
from merzim.cli.parsing import BadArgument
from merzim.cli.parsing import number as whole
from merzim.cli.risk_answers import written
from merzim.looking import unit_named

if TYPE_CHECKING:
    from workflow.finding import Finding
    from workflow.risk_lists import Listed

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Unit = Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")]


def import_plan(
    ctx: typer.Context,
    case: CaseId,
    file: Annotated[str, typer.Argument(metavar="FILE.csv|.xlsx")],
    year: Annotated[str | None, typer.Option("--year", metavar="YYYY", help="cli.option.plan_year")] = None,
) -> int:
    from merzim.cli.papers import errors_of
    from merzim.risks import import_plan as taken_in
    from papers import UnreadablePaper

    call = Call.of(ctx)
    meant = None if year is None else whole(year, where="--year", first=2010, last=2099)
    try:
        taken = taken_in(call.house, case, Path(file), year=meant, **written(call))
    except UnreadablePaper as refusal:
        if not call.json:
            raise
        call.answer({"errors": errors_of(call, refusal)})
        return BAD_INPUT
    found = _findings(call, case)
    if call.json:
        call.answer(
            {
                "case": case,
                "measures": taken.measures,
                "changed": bool(taken.change.events),
                "entered": len(taken.change.events),
                "unmatched": taken.unmatched,
                "findings": [finding(call, one) for one in found],
            }
        )
        return DONE
    if taken.change.events:
        said = {"measures": taken.measures, "changed": len(taken.change.events)}
        call.print(call.say("cli.risks.imported", case=case, **said))
    else:
        call.print(call.say("cli.risks.already"))
    if taken.unmatched:
        call.print("\n" + call.say("cli.risks.unmatched"))
        for text in taken.unmatched:
            call.print(f"  {text}")
    if found:
        call.print("\n" + call.say("cli.findings"))
        print_findings(call, found, indent=2)
    return DONE


def check(ctx: typer.Context, case: CaseId) -> int:
    call = Call.of(ctx)
    found = _findings(call, case)
    if call.json:
        call.answer({"case": case, "findings": [finding(call, one) for one in found]})
    elif found:
        print_findings(call, found)
    else:
        call.print(call.say("cli.risks.clean"))
    return NOT_SO if found else DONE


def same(ctx: typer.Context, unit: Unit = "") -> None:
    from merzim.risks import cases
    from workflow.risk_lists import shared

    call = Call.of(ctx)
    found = shared(cases(call.house, unit_named(call.house, unit)))
    if call.json:
        call.answer(
            {
                "shared": [
                    {
                        "description": one.description,
                        "units": one.units,
                        "unasked": one.unasked,
                        "found": [
                            {
                                "case": case.id,
                                "unit": case.unit,
                                "number": risk.number,
                                "body": risk.body,
                                "act": risk.act,
                            }
                            for case, risk in one.found
                        ],
                    }
                    for one in found
                ]
            }
        )
        return
    rows = [
        (one.description, len(one.units), ", ".join(f"{case.id}/{risk.number}" for case, risk in one.found))
        for one in found
    ]
    if rows:
        call.table(("risk", "units", "cases"), rows)
    else:
        call.print(call.say("cli.risks.none_shared"))


def scale(ctx: typer.Context) -> None:
    from merzim.risks import scale as in_force

    call = Call.of(ctx)
    known = in_force(call.moment.today)
    language = call.language
    axes = (("likelihood", known.likelihood), ("effect", known.effect))
    if call.json:
        call.answer(
            {
                "scale": known.edition,
                "ours": True,
                "title": known.title[language],
                "note": known.note[language],
                **{
                    axis: [
                        {"level": one.number, "title": one.title[language], "meaning": one.meaning[language]}
                        for one in levels
                    ]
                    for axis, levels in axes
                },
                "bands": [{"up_to": band.up_to, "title": band.title[language]} for band in known.bands],
            }
        )
        return
    call.print(f"{known.title[language]} ({known.edition})")
    call.print(known.note[language])
    for axis, levels in axes:
        call.print("\n" + call.say(f"risk.axis.{axis}"))
        rows = [(one.number, one.title[language], one.meaning[language]) for one in levels]
        call.table(("level", "name", "meaning"), rows, indent=2)
    call.print()
    call.table(("rank", "name"), [(f"≤ {band.up_to}", band.title[language]) for band in known.bands], indent=2)


def write_list(
    call: Call, lines: Sequence[Listed], dues: Mapping[str, Mapping[int, date]], export: str
) -> None:
    """The list as a workbook."""
    from papers.list_book import write_book

    _ending(export, (".xlsx",))
    heads = (
        *("case", "unit", "n", "risk", "direction", "rank", "recommendation"),
        *("measure", "completion", "responsible", "term", "due", "outcome"),
    )
    rows = [
        (
            line.case.id,
            line.case.unit,
            line.risk.number,
            line.risk.description,
            call.say(f"risk.direction.{line.risk.direction}"),
            line.risk.rank.likelihood * line.risk.rank.effect if line.risk.rank else None,
            line.measure.recommendation if line.measure else None,
            line.measure.action if line.measure else None,
            line.measure.completion if line.measure else None,
            line.measure.responsible if line.measure else None,
            line.measure.term.written if line.measure else None,
            dues[line.case.id].get(line.measure.number) if line.measure else None,
            call.say(f"risk.outcome.{line.outcome or 'none'}") if line.measure else None,
        )
        for line in lines
    ]
    named = tuple(call.say(f"cli.head.{name}") for name in heads)
    write_book(Path(export), [(call.say("cli.head.risks"), named, rows)])
    call.note(call.say("cli.risks.exported", file=export))


def _ending(file: str, allowed: tuple[str, ...]) -> str:
    ending = Path(file).suffix.lower()
    if ending not in allowed:
        raise BadArgument("risk.unknown_export", file=file, allowed=allowed)
    return ending


def _findings(call: Call, case: str) -> tuple[Finding, ...]:
    from workflow.risk_findings import risk_findings

    view = call.house.desk.view(case, today=call.moment.today)
    return risk_findings(view.case, view.deadlines)


COMMANDS: dict[str, Callable[..., object]] = {
    "check": check,
    "import": import_plan,
    "same": same,
    "scale": scale,
}
