"""The command `merzim overlay list|preview|apply|withdraw`: the organisation's own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.answers import moved, print_moved
from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.printing import paragraph

if TYPE_CHECKING:
    from merzim.services.law.overlays import OverlayPreview
    from workflow.law.overlay import Overlay
    from workflow.law.reader.overlay import Milder

File = Annotated[str, typer.Argument(metavar="FILE.toml")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "overlay", list=list_, preview=preview, apply=apply, withdraw=withdraw)


def list_(ctx: typer.Context) -> None:
    from merzim.services.law import overlays

    call = CommandContext.of(ctx)
    _ = call.app.engine  # what is adopted is answered without a database, too: nothing
    adopted_overlays, waiting_files = overlays.adopted_overlays(call.app), overlays.waiting_files(call.app)
    if call.json:
        adopted = [
            _as_answer(call, overlay) | {"adopted_on": step.on, "by": step.by}
            for step, overlay in adopted_overlays
        ]
        call.answer({"adopted": adopted, "not_adopted": waiting_files})
        return
    rows = [
        (step.name, of.procedure, call.name(of.unit), of.act.short[call.language], step.on, step.by)
        for step, of in adopted_overlays
    ]
    if rows:
        call.table(("file", "procedure", "unit", "act", "adopted_on", "by"), rows)
    else:
        call.print(call.say("cli.overlay.none"))
    if waiting_files:
        call.print("\n" + call.say("cli.overlay.not_adopted", files=waiting_files))


def preview(ctx: typer.Context, file: File) -> None:
    from merzim.services.law.overlays import OverlayFile, preview_overlay

    call = CommandContext.of(ctx)
    overlay_preview = preview_overlay(call.ctx, OverlayFile(file=call.given(file)))
    if call.json:
        call.answer(_answer(call, overlay_preview))
        return
    _print(call, overlay_preview)
    call.print(
        "\n" + call.say("cli.overlay.previewed_known" if overlay_preview.done else "cli.overlay.previewed")
    )


def apply(ctx: typer.Context, file: File) -> None:
    from merzim.services.law.overlays import OverlayFile, adopt_overlay

    call = CommandContext.of(ctx)
    overlay_preview = adopt_overlay(call.ctx, OverlayFile(file=call.given(file)))
    if call.json:
        call.answer(
            _answer(call, overlay_preview)
            | {"applied": not overlay_preview.done, "written": overlay_preview.written}
        )
    elif overlay_preview.done:
        code = "finished" if overlay_preview.written else "nothing_changed"
        call.print(call.say(f"cli.overlay.{code}", written=overlay_preview.written))
    else:
        _print(call, overlay_preview)
        call.print("\n" + call.say("cli.overlay.applied", written=overlay_preview.written))


def withdraw(ctx: typer.Context, file: File) -> None:
    from merzim.services.law.overlays import OverlayFile, withdraw_overlay

    call = CommandContext.of(ctx)
    overlay_preview = withdraw_overlay(call.ctx, OverlayFile(file=call.given(file)))
    if call.json:
        call.answer(_answer(call, overlay_preview) | {"withdrawn": True, "written": overlay_preview.written})
        return
    _print(call, overlay_preview)
    call.print("\n" + call.say("cli.overlay.withdrawn", written=overlay_preview.written))


def _print(call: CommandContext, overlay_preview: OverlayPreview) -> None:
    overlay = overlay_preview.overlay
    head = {"act": overlay.act.title, "unit": overlay.unit, "on": overlay.in_force}
    call.print(call.say("cli.overlay.head" if overlay.unit else "cli.overlay.head_all", **head))
    for switch, value in overlay.switches.items():
        call.print(paragraph(call.say(f"reading.{switch}.{value}", act=overlay.act.short), indent=2))
    for milder_term in overlay_preview.milder:
        call.print(paragraph(_milder(call, milder_term), indent=2))
    call.print()
    print_moved(call, overlay_preview.impacts)
    call.print("\n" + call.say("cli.overlay.totals", **_totals(overlay_preview)))


def _answer(call: CommandContext, overlay_preview: OverlayPreview) -> dict[str, object]:
    """Return a preview as JSON."""
    return _as_answer(call, overlay_preview.overlay) | {
        "known": overlay_preview.done,
        "milder": [
            {
                "obligation": milder_term.obligation.id,
                "paragraph": milder_term.own.paragraph if milder_term.own else None,
            }
            for milder_term in overlay_preview.milder
        ],
        "deadlines": [moved(call, impact) for impact in overlay_preview.impacts],
        "totals": _totals(overlay_preview),
    }


def _as_answer(call: CommandContext, overlay: Overlay) -> dict[str, object]:
    """Return an overlay as JSON."""
    return {
        "file": overlay.file,
        "procedure": overlay.procedure,
        "unit": overlay.unit,
        "in_force": overlay.in_force,
        "act": overlay.act.title[call.language],
        "terms": [term.obligation for term in overlay.terms],
        "switches": dict(overlay.switches),
    }


def _totals(overlay_preview: OverlayPreview) -> dict[str, int]:
    return {
        "covered": len(overlay_preview.covered),
        "cases": len(overlay_preview.cases),
        "deadlines": len(overlay_preview.impacts),
        "people": len(overlay_preview.people),
    }


def _milder(call: CommandContext, milder_term: Milder) -> str:
    """Return a rule that is milder than the law, in words."""
    if milder_term.own is None:
        return call.say("cli.overlay.longer_period", title=milder_term.obligation.title)
    return call.say(
        "cli.overlay.milder", title=milder_term.obligation.title, paragraph=milder_term.own.paragraph
    )
