"""The command `merzim audit-log`: who did what, when and from where."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import DONE, CommandContext
from merzim.cli.help import Command


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("audit-log", cls=Command, help="cli.help.audit_log")(audit_log)


def audit_log(
    ctx: typer.Context,
    after: Annotated[int | None, typer.Option("--after", metavar="N", help="cli.option.audit_after")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="cli.option.audit_limit")] = 100,
    person: Annotated[str, typer.Option("--person", metavar="P", help="cli.option.audit_person")] = "",
    topic: Annotated[str, typer.Option("--topic", metavar="TOPIC", help="cli.option.audit_topic")] = "",
    about: Annotated[str, typer.Option("--about", metavar="CASE|ROW", help="cli.option.audit_case")] = "",
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="cli.option.audit_since")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="cli.option.until")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="cli.option.audit_lines")] = False,
) -> int:
    from i18n.dates import moment
    from merzim.services.inputs import build
    from merzim.services.outgoing.audit import AskAudit, ask_audit, export_lines

    call = CommandContext.of(ctx)
    fields = {
        "person": person,
        "topic": topic,
        "about": about,
        "since": since,
        "until": until,
        "after": after,
        "limit": limit,
        "language": call.language,
    }
    if lines:
        for line in export_lines(call.ctx, build(AskAudit, fields)):
            call.print(line.rstrip("\n"))
        return DONE
    answer = ask_audit(call.ctx, build(AskAudit, fields))
    if call.json:
        call.answer(answer)
        return DONE
    rows = [
        (line.seq, moment(line.at, call.language), line.who, line.what, line.address) for line in answer.entries
    ]
    if rows:
        call.table(("audit_number", "audit_at", "audit_who", "audit_what", "audit_address"), rows)
    else:
        call.print(call.say("web.audit.none"))
    return DONE
