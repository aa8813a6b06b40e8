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
    from services.documents import coverage as covering
    from services.documents.coverage import page, term

    call = CommandContext.of(ctx)
    found = covering.coverage(call.app.library)
    readings = covering.contradictions()
    gaps = tuple(found.gaps())
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
                                "edition": one.procedure.edition,
                                "obligation": one.obligation.id,
                                "title": one.obligation.title[call.language],
                                "term": term(one, call.language),
                                "examples": one.examples,
                            }
                            for one in found.carried.get(row.id, ())
                        ],
                    }
                    for row in found.rows.values()
                ],
                "gaps": [
                    {"code": one.code, "row": one.row, "obligation": one.obligation or None} for one in gaps
                ],
                "contradictions": [
                    {
                        "n": one.number,
                        "between": one.between[call.language],
                        "reading": one.reading[call.language],
                        "where": one.where,
                        "proved_by": one.proved_by,
                    }
                    for one in readings
                ],
            }
        )
    elif write:
        Path(write).write_text(page(found, readings, call.language), encoding="utf-8")
    else:
        call.print(page(found, readings, call.language).rstrip("\n"))
    if gaps and not call.json:
        for one in gaps:
            call.print(call.say(f"coverage.gap.{one.code}", row=one.row, obligation=one.obligation))
    return NOT_SO if gaps else DONE
