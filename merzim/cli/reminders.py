"""Commands that send reminders: `remind`, `deliver`, `replies`, `notices`, `rehearse`, `snooze`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.contact_settings import resend
from merzim.cli.help import Command, OpenGroup
from merzim.cli.parsing import BadArgument, day
from services.jobs import rounds
from services.jobs.rounds import rehearse as rehearsed
from services.names import force
from services.yearly.clock import record_carried_out
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.notice import Notice
    from notifications.round import RoundReport
    from workflow.law.procedure import Force


class NoMailbox(Refusal, ValueError):
    """No mailbox of replies is configured."""


NAMED = 5
"""How many places of one problem are named; the rest is counted."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("remind", cls=Command, help="cli.help.remind")(remind)
    app.command("deliver", cls=Command, help="cli.help.deliver")(deliver)
    app.command("replies", cls=Command, help="cli.help.replies")(replies)
    register = typer.Typer(cls=OpenGroup, help="cli.help.notices", invoke_without_command=True)
    register.callback(invoke_without_command=True)(notices)
    register.command("acknowledge", cls=Command, help="cli.help.notices_acknowledge")(acknowledge)
    register.command("resend", cls=Command, help="cli.help.notices_resend")(resend)
    app.add_typer(register, name="notices")
    app.command("rehearse", cls=Command, help="cli.help.rehearse")(rehearse)
    app.command("snooze", cls=Command, help="cli.help.snooze")(snooze)


def remind(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.option.dry_run")] = False,
) -> None:
    call = CommandContext.of(ctx)
    call.creates_database = not dry_run
    moment = call.moment
    if not dry_run:
        record_carried_out(call.app, now=moment.now, today=moment.today)
    report = rounds.remind(call.app, now=moment.now, today=moment.today, dry_run=dry_run)
    if call.json:
        call.answer(_round(call, report))
        return
    if report.queued is None:
        call.print(
            call.say("cli.remind.would", rows=report.rows, count=len(report.planned) + len(report.others))
        )
    else:
        call.print(call.say("cli.remind.done", rows=report.rows, count=report.queued))
    _planned(call, report)


def deliver(ctx: typer.Context) -> None:
    call = CommandContext.of(ctx)
    moment = call.moment
    report = rounds.deliver(call.app, now=moment.now, today=moment.today)
    if call.json:
        call.answer({"counts": report.counts, "recovered": report.recovered, "answers": report.answers})
        return
    if not report.counts:
        call.print(call.say("cli.deliver.nothing"))
        return
    rows = [(call.say(f"cli.notice.{state}"), count) for state, count in sorted(report.counts.items())]
    call.table(("state", "count"), rows)


def replies(ctx: typer.Context) -> None:
    from services.connections.channels import mailbox_of
    from services.jobs.replies import take_replies

    call = CommandContext.of(ctx)
    if mailbox_of(call.app.settings) is None:
        raise NoMailbox("cli.replies.no_mailbox")
    moment = call.moment
    counts = take_replies(call.app, now=moment.now, today=moment.today, at_once=True)
    if call.json:
        call.answer({"counts": counts})
    elif not counts:
        call.print(call.say("cli.replies.none"))
    else:
        rows = [(call.say(f"cli.replies.{result}"), count) for result, count in sorted(counts.items())]
        call.table(("state", "count"), rows)


def notices(
    ctx: typer.Context,
    case: Annotated[str | None, typer.Option("--case", metavar="CASE", help="cli.option.case")] = None,
    export: Annotated[str | None, typer.Option("--export", metavar="FILE", help="cli.option.export")] = None,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    call = CommandContext.of(ctx)
    found = call.app.outbox.notices(case=case)
    if export is not None:
        from services.documents.notice_journal import write

        write(call.app, found, Path(export), call.language, now=call.moment.now)
        call.note(call.say("cli.exported", count=len(found), file=export))
    if call.json:
        forces = _forces(call, found)
        call.answer({"notices": [_notice(one) | {"force": forces.get(one.key)} for one in found]})
    elif export is None:
        forces = _forces(call, found)
        rows = [
            (
                *(one.due, one.case, one.obligation),
                call.say(f"cli.force.{forces[one.key]}") if one.key in forces else "–",
                *(one.rung, one.person, one.channel, _state(call, one)),
            )
            for one in found
        ]
        if rows:
            call.table(("due", "case", "id", "force", "rung", "who", "channel", "state"), rows)
        else:
            call.print(call.say("cli.no_notices"))


def rehearse(
    ctx: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="cli.option.from")],
    last: Annotated[str, typer.Option("--until", metavar="DATE", help="cli.option.until")],
) -> None:
    call = CommandContext.of(ctx)
    begins, ends = day(first, where="--from"), day(last, where="--until")
    if ends < begins:
        raise BadArgument("cli.until_before_from", first=begins, until=ends)
    days = rehearsed(call.app, begins, ends)
    if call.json:
        call.answer(
            {
                "days": [
                    {"date": on, **_round(call, report)}
                    for on, report in days
                    if report.planned or report.others
                ]
            }
        )
        return
    quiet = True
    for on, report in days:
        if report.planned or report.others:
            quiet = False
            call.print(call.say("cli.rehearse.day", on=on, count=len(report.planned) + len(report.others)))
            _planned(call, report)
    if quiet:
        call.print(call.say("cli.rehearse.nothing", first=begins, until=ends))


def _round(call: CommandContext, report: RoundReport) -> dict[str, object]:
    """Return a round as JSON."""
    return {
        "rows": report.rows,
        "queued": report.queued,
        "notices": [{**_notice(one.notice), "why": one.recipient.why} for one in report.planned],
        "others": [_notice(one) for one in report.others],
        "problems": [
            {
                "case": one.case,
                "obligation": one.obligation,
                "message": call.say(one.code, **dict(one.arguments)),
            }
            for one in report.problems
        ],
    }


def _planned(call: CommandContext, report: RoundReport) -> None:
    """Print the planned notices: recipient, subject, time, channel and reason."""
    rows = [
        (
            one.notice.due,
            one.notice.case,
            one.notice.obligation,
            one.notice.rung,
            one.recipient.person.name,
            call.say(f"cli.why.{one.recipient.why}"),
            one.notice.channel,
            _leaves(call, one.notice),
        )
        for one in report.planned
    ]
    rows += [
        (
            *(
                one.due,
                one.case or "–",
                one.obligation or "–",
                call.say(f"register.kind.{one.kind}"),
                one.person,
            ),
            *(call.say(f"cli.why.{one.kind}"), one.channel, _leaves(call, one)),
        )
        for one in report.others
    ]
    if rows:
        call.table(("due", "case", "id", "rung", "who", "reason", "channel", "leaves"), rows, indent=2)
    said: dict[str, list[str]] = {}
    for problem in report.problems:
        text = call.say(problem.code, **problem.arguments)
        said.setdefault(text, []).append(f"{problem.case} {problem.obligation}")
    for text, places in said.items():
        named = ", ".join(places[:NAMED]) + (" …" if len(places) > NAMED else "")
        call.note(f"{text} ({len(places)}: {named})")


def _leaves(call: CommandContext, one: Notice) -> str:
    """Return the earliest moment a letter can be sent, and whether it is combined with others."""
    from services.moments import almaty

    at = f"{one.not_before.astimezone(almaty()):%d.%m %H:%M}"
    return f"{at} ({call.say('cli.carried')})" if one.bundle else at


def _forces(call: CommandContext, notices: Sequence[Notice]) -> dict[str, Force]:
    """Return the force of each notice's obligation, by key; notices without an obligation are left out."""
    cases = call.app.reads.whole({one.case for one in notices if one.case})
    found = {}
    for one in notices:
        case = cases.get(one.case)
        if case is not None and one.obligation:
            # An obligation the case no longer has (a measure set anew, another edition) has no force to show.
            with suppress(KeyError):
                found[one.key] = force(call.app, case, one.obligation)
    return found


def _notice(one: Notice) -> dict[str, object]:
    """Return a notice as JSON."""
    return {
        "key": one.key,
        "case": one.case,
        "obligation": one.obligation,
        "due": one.due,
        "rung": one.rung,
        "person": one.person,
        "channel": one.channel,
        "address": one.address,
        "language": one.language,
        "state": one.state,
        "attempts": one.attempts,
        "queued_at": one.queued_at,
        "not_before": one.not_before,
        "sent_at": one.sent_at,
        "answer": one.answer,
        "message_id": one.message_id,
        "text_hash": one.text_hash,
        "acknowledged_at": one.acknowledged_at,
        "kind": one.kind,
        "carrier": one.carrier,
        "about": one.about,
    }


def _state(call: CommandContext, one: Notice) -> str:
    """Return the state of a notice in words."""
    said = call.say(f"cli.notice.{one.said}")
    # One that waits after an attempt says why: a token that is not accepted, a server that is away.
    told = one.state in ("failed", "unknown", "queued") and one.answer
    return f"{said}: {one.answer}" if told else said


def acknowledge(ctx: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> None:
    from notifications.acknowledgement import acknowledge as say_read

    call = CommandContext.of(ctx)
    app, moment = call.app, call.moment
    notice = app.outbox.notice(key)
    done = say_read(app.outbox, app.case_commands, notice, key, by=call.by, now=moment.now, today=moment.today)
    if call.json:
        call.answer({"key": done.key, "acknowledged_at": done.acknowledged_at})
    else:
        call.print(call.say("cli.acknowledged", key=done.key, on=(done.acknowledged_at or moment.now).date()))


def snooze(
    ctx: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE")],
    obligation: Annotated[str, typer.Argument(metavar="OBLIGATION")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="cli.option.snooze_until")],
) -> None:
    from workflow.cases.commands.reminder_actions import put_off

    call = CommandContext.of(ctx)
    app, moment = call.app, call.moment
    change = put_off(
        app.case_commands,
        app.calendar,
        case,
        obligation,
        until=day(until, where="--until"),
        by=call.by,
        now=moment.now,
        today=moment.today,
    )
    on = change.case.put_off[obligation].until
    if call.json:
        call.answer({"case": case, "obligation": obligation, "until": on, "events": len(change.events)})
    else:
        call.print(call.say("cli.snoozed", until=on))
