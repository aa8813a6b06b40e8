"""The command `merzim overlay list|preview|apply|withdraw`: the organisation's own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.answers import moved, print_moved
from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.printing import paragraph

if TYPE_CHECKING:
    from services.law.overlays import OverlayPreview
    from workflow.law.overlay import Overlay
    from workflow.law.reader.overlay import Milder

File = Annotated[str, typer.Argument(metavar="FILE.toml")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "overlay", list=list_, preview=preview, apply=apply, withdraw=withdraw)


def list_(ctx: typer.Context) -> None:
    from services.law import overlays

    call = CommandContext.of(ctx)
    _ = call.app.engine  # what is adopted is answered without a database, too: nothing
    held, left = overlays.adopted_overlays(call.app), overlays.waiting_files(call.app)
    if call.json:
        adopted = [_as_answer(call, overlay) | {"adopted_on": step.on, "by": step.by} for step, overlay in held]
        call.answer({"adopted": adopted, "not_adopted": left})
        return
    rows = [
        (step.name, of.procedure, call.name(of.unit), of.act.short[call.language], step.on, step.by)
        for step, of in held
    ]
    if rows:
        call.table(("file", "procedure", "unit", "act", "adopted_on", "by"), rows)
    else:
        call.print(call.say("cli.overlay.none"))
    if left:
        call.print("\n" + call.say("cli.overlay.not_adopted", files=left))


def preview(ctx: typer.Context, file: File) -> None:
    from services.law.overlays import OverlayFile, preview_overlay

    call = CommandContext.of(ctx)
    shown = preview_overlay(call.ctx, OverlayFile(file=call.given(file)))
    if call.json:
        call.answer(_answer(call, shown))
        return
    _print(call, shown)
    call.print("\n" + call.say("cli.overlay.previewed_known" if shown.done else "cli.overlay.previewed"))


def apply(ctx: typer.Context, file: File) -> None:
    from services.law.overlays import OverlayFile, adopt_overlay

    call = CommandContext.of(ctx)
    shown = adopt_overlay(call.ctx, OverlayFile(file=call.given(file)))
    if call.json:
        call.answer(_answer(call, shown) | {"applied": not shown.done, "written": shown.written})
    elif shown.done:
        code = "finished" if shown.written else "nothing_changed"
        call.print(call.say(f"cli.overlay.{code}", written=shown.written))
    else:
        _print(call, shown)
        call.print("\n" + call.say("cli.overlay.applied", written=shown.written))


def withdraw(ctx: typer.Context, file: File) -> None:
    from services.law.overlays import OverlayFile, withdraw_overlay

    call = CommandContext.of(ctx)
    shown = withdraw_overlay(call.ctx, OverlayFile(file=call.given(file)))
    if call.json:
        call.answer(_answer(call, shown) | {"withdrawn": True, "written": shown.written})
        return
    _print(call, shown)
    call.print("\n" + call.say("cli.overlay.withdrawn", written=shown.written))


def _print(call: CommandContext, shown: OverlayPreview) -> None:
    overlay = shown.overlay
    head = {"act": overlay.act.title, "unit": overlay.unit, "on": overlay.in_force}
    call.print(call.say("cli.overlay.head" if overlay.unit else "cli.overlay.head_all", **head))
    for switch, value in overlay.switches.items():
        call.print(paragraph(call.say(f"reading.{switch}.{value}", act=overlay.act.short), indent=2))
    for milder_term in shown.milder:
        call.print(paragraph(_milder(call, milder_term), indent=2))
    call.print()
    print_moved(call, shown.impacts)
    call.print("\n" + call.say("cli.overlay.totals", **_totals(shown)))


def _answer(call: CommandContext, shown: OverlayPreview) -> dict[str, object]:
    """Return a preview as JSON."""
    return _as_answer(call, shown.overlay) | {
        "known": shown.done,
        "milder": [
            {
                "obligation": milder_term.obligation.id,
                "paragraph": milder_term.own.paragraph if milder_term.own else None,
            }
            for milder_term in shown.milder
        ],
        "deadlines": [moved(call, impact) for impact in shown.impacts],
        "totals": _totals(shown),
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


def _totals(shown: OverlayPreview) -> dict[str, int]:
    return {
        "covered": len(shown.covered),
        "cases": len(shown.cases),
        "deadlines": len(shown.impacts),
        "people": len(shown.people),
    }


def _milder(call: CommandContext, milder_term: Milder) -> str:
    """Return a rule that is milder than the law, in words."""
    if milder_term.own is None:
        return call.say("cli.overlay.longer_period", title=milder_term.obligation.title)
    return call.say(
        "cli.overlay.milder", title=milder_term.obligation.title, paragraph=milder_term.own.paragraph
    )
