"""The command `merzim coverage`: where each paragraph of the founding documents is implemented. No database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import Command


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("coverage", cls=Command, help="cli.help.coverage")(coverage)


Page = Annotated[str | None, typer.Option("--write", metavar="FILE", help="cli.option.coverage_write")]


def coverage(ctx: typer.Context, write: Page = None) -> int:
    from merzim.services.documents import coverage as covering
    from merzim.services.documents.coverage import page, term

    call = CommandContext.of(ctx)
    report = covering.coverage(call.app.library)
    readings = covering.contradictions()
    gaps = tuple(report.gaps())
    if call.json:
        call.answer(
            {
                "rows": [
                    {
                        "row": row.id,
                        "documents": row.of,
                        "at": row.at,
                        "gist": row.gist,
                        "carried_by": [
                            {
                                "edition": carried_row.procedure.edition,
                                "obligation": carried_row.obligation.id,
                                "title": carried_row.obligation.title[call.language],
                                "term": term(carried_row, call.language),
                                "examples": carried_row.examples,
                            }
                            for carried_row in report.carried.get(row.id, ())
                        ],
                    }
                    for row in report.rows.values()
                ],
                "gaps": [
                    {"code": gap.code, "row": gap.row, "obligation": gap.obligation or None} for gap in gaps
                ],
                "contradictions": [
                    {
                        "n": reading.number,
                        "between": reading.between[call.language],
                        "reading": reading.reading[call.language],
                        "where": reading.where,
                        "proved_by": reading.proved_by,
                    }
                    for reading in readings
                ],
            }
        )
    elif write:
        Path(write).write_text(page(report, readings, call.language), encoding="utf-8")
    else:
        call.print(page(report, readings, call.language).rstrip("\n"))
    if gaps and not call.json:
        for gap in gaps:
            call.print(call.say(f"coverage.gap.{gap.code}", row=gap.row, obligation=gap.obligation))
    return NOT_SO if gaps else DONE
