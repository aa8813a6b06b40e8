"""Commands that send reminders: `remind`, `deliver`, `notices`, `rehearse`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.parsing import BadArgument, day
from merzim.services.jobs import rounds
from merzim.services.jobs.rounds import rehearse as rehearsed
from merzim.services.names import force
from merzim.services.yearly.clock import record_carried_out

if TYPE_CHECKING:
    from notifications.notice import Notice
    from notifications.round import RoundReport
    from workflow.law.procedure import Force


NAMED = 5
"""How many places of one problem are named; the rest is counted."""


def remind(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be, write nothing")] = False,
) -> None:
    """A round: reminders whose day has come are queued, each once."""
    call = CommandContext.of(ctx, writes=not dry_run)
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
    """Sends the queued letters."""
    call = CommandContext.of(ctx, writes=True)
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


def notices(
    ctx: typer.Context,
    case: Annotated[str | None, typer.Option("--case", metavar="CASE", help="this case alone")] = None,
    export: Annotated[
        str | None, typer.Option("--export", metavar="FILE", help="write the register to a file: .csv or .xlsx")
    ] = None,
) -> None:
    """The register of notices with their delivery records."""
    call = CommandContext.of(ctx)
    notices = call.app.outbox.notices(case=case)
    if export is not None:
        from merzim.services.documents.notice_list import write_notices

        write_notices(call.app, notices, Path(export), call.language)
        call.note(call.say("cli.exported", count=len(notices), file=export))
    if call.json:
        forces = _forces(call, notices)
        call.answer({"notices": [_notice(notice) | {"force": forces.get(notice.key)} for notice in notices]})
    elif export is None:
        forces = _forces(call, notices)
        rows = [
            (
                *(notice.due, notice.case, notice.obligation),
                call.say(f"cli.force.{forces[notice.key]}") if notice.key in forces else "–",
                *(notice.rung, notice.person, notice.channel, _state(call, notice)),
            )
            for notice in notices
        ]
        if rows:
            call.table(("due", "case", "id", "force", "rung", "who", "channel", "state"), rows)
        else:
            call.print(call.say("cli.no_notices"))


def rehearse(
    ctx: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="from which day")],
    last: Annotated[str, typer.Option("--until", metavar="DATE", help="until which day, included")],
) -> None:
    """Rehearses reminders day by day on a copy of the database; nothing is sent."""
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
        "notices": [
            {**_notice(planned_notice.notice), "why": planned_notice.recipient.why}
            for planned_notice in report.planned
        ],
        "others": [_notice(notice) for notice in report.others],
        "problems": [
            {
                "case": problem.case,
                "obligation": problem.obligation,
                "message": call.say(problem.code, **dict(problem.arguments)),
            }
            for problem in report.problems
        ],
    }


def _planned(call: CommandContext, report: RoundReport) -> None:
    """Print the planned notices: recipient, subject, time, channel and reason."""
    rows = [
        (
            planned_notice.notice.due,
            planned_notice.notice.case,
            planned_notice.notice.obligation,
            planned_notice.notice.rung,
            planned_notice.recipient.person.name,
            call.say(f"cli.why.{planned_notice.recipient.why}"),
            planned_notice.notice.channel,
            _leaves(call, planned_notice.notice),
        )
        for planned_notice in report.planned
    ]
    rows += [
        (
            *(
                notice.due,
                notice.case or "–",
                notice.obligation or "–",
                call.say(f"register.kind.{notice.kind}"),
                notice.person,
            ),
            *(call.say(f"cli.why.{notice.kind}"), notice.channel, _leaves(call, notice)),
        )
        for notice in report.others
    ]
    if rows:
        call.table(("due", "case", "id", "rung", "who", "reason", "channel", "leaves"), rows, indent=2)
    places_by_text: dict[str, list[str]] = {}
    for problem in report.problems:
        text = call.say(problem.code, **problem.arguments)
        places_by_text.setdefault(text, []).append(f"{problem.case} {problem.obligation}")
    for text, places in places_by_text.items():
        place_list = ", ".join(places[:NAMED]) + (" …" if len(places) > NAMED else "")
        call.note(f"{text} ({len(places)}: {place_list})")


def _leaves(call: CommandContext, notice: Notice) -> str:
    """Return the earliest moment a letter can be sent, and whether it is combined with others."""
    from merzim.services.moments import almaty

    at = f"{notice.not_before.astimezone(almaty()):%d.%m %H:%M}"
    return f"{at} ({call.say('cli.carried')})" if notice.bundle else at


def _forces(call: CommandContext, notices: Sequence[Notice]) -> dict[str, Force]:
    """Return the force of each notice's obligation, by key; notices without an obligation are left out."""
    cases = call.app.reads.whole({notice.case for notice in notices if notice.case})
    forces = {}
    for notice in notices:
        case = cases.get(notice.case)
        if case is not None and notice.obligation:
            # An obligation the case no longer has (a measure set anew, another edition) has no force to show.
            with suppress(KeyError):
                forces[notice.key] = force(call.app, case, notice.obligation)
    return forces


def _notice(notice: Notice) -> dict[str, object]:
    """Return a notice as JSON."""
    return {
        "key": notice.key,
        "case": notice.case,
        "obligation": notice.obligation,
        "due": notice.due,
        "rung": notice.rung,
        "person": notice.person,
        "channel": notice.channel,
        "address": notice.address,
        "language": notice.language,
        "state": notice.state,
        "attempts": notice.attempts,
        "queued_at": notice.queued_at,
        "not_before": notice.not_before,
        "sent_at": notice.sent_at,
        "answer": notice.answer,
        "message_id": notice.message_id,
        "text_hash": notice.text_hash,
        "acknowledged_at": notice.acknowledged_at,
        "kind": notice.kind,
        "carrier": notice.carrier,
        "about": notice.about,
    }


def _state(call: CommandContext, notice: Notice) -> str:
    """Return the state of a notice in words."""
    label = call.say(f"cli.notice.{notice.displayed_state}")
    # One that waits after an attempt says why: a token that is not accepted, a server that is away.
    detail = notice.state in ("failed", "unknown", "queued") and notice.answer
    return f"{label}: {notice.answer}" if detail else label


COMMANDS: dict[str, Callable[..., object]] = {
    "remind": remind,
    "deliver": deliver,
    "notices": notices,
    "rehearse": rehearse,
}
