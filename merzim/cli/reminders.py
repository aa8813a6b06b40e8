"""Commands that send reminders: `remind`, `deliver`, `notices`, `rehearse`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from merzim.cli.call import CommandContext
from merzim.cli.formatting import picked
from merzim.cli.mount import command
from merzim.cli.parsing import DryRun, day, option
from merzim.services.documents.notice_list import write_notices
from merzim.services.jobs import rounds
from merzim.services.jobs.rounds import rehearse as rehearsed
from merzim.services.moments import almaty
from merzim.services.names import force
from merzim.services.yearly.clock import record_carried_out
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.notice import Notice
    from notifications.round import RoundReport
    from workflow.law.procedure import Force


NAMED = 5
"""How many places of one problem are named; the rest is counted."""


@command("remind")
def remind(
    call: CommandContext,
    dry_run: DryRun = False,
) -> None:
    """A round: reminders whose day has come are queued, each once."""
    call.creates_database = not dry_run
    moment = call.moment
    if not dry_run:
        record_carried_out(call.app, now=moment.now, today=moment.today)
    report = rounds.remind(call.app, now=moment.now, today=moment.today, dry_run=dry_run)
    call.answer(_round_answer(call, report))
    if report.queued is None:
        call.print(
            call.say("cli.remind.would", rows=report.rows, count=len(report.planned) + len(report.others))
        )
    else:
        call.print(call.say("cli.remind.done", rows=report.rows, count=report.queued))
    _print_planned(call, report)


@command("deliver", writes=True)
def deliver(call: CommandContext) -> None:
    """Sends the queued letters."""
    report = rounds.deliver(call.app, now=call.moment.now, today=call.moment.today)
    call.answer(picked(report, "counts", "recovered", "answers"))
    rows = [(call.say(f"notice.{state}"), count) for state, count in sorted(report.counts.items())]
    call.table(("state", "count"), rows, none=call.say("cli.deliver.nothing"))


@command("notices")
def notices(
    call: CommandContext,
    case: Annotated[str | None, option("--case", "CASE", "this case alone")] = None,
    export: Annotated[
        str | None, option("--export", "FILE", "write the register to a file: .csv or .xlsx")
    ] = None,
) -> None:
    """The register of notices with their delivery records."""
    notices = call.app.outbox.notices(case=case)
    if export is not None:
        write_notices(call.app, notices, Path(export), call.language)
        call.note(call.say("cli.exported", count=len(notices), file=export))
    if call.json:
        forces = _forces(call, notices)
        call.answer(
            {"notices": [_notice_answer(notice) | {"force": forces.get(notice.key)} for notice in notices]}
        )
    elif export is None:
        forces = _forces(call, notices)
        rows = [
            (
                *(notice.due, notice.case, notice.obligation),
                call.say(f"force.{forces[notice.key]}") if notice.key in forces else "–",
                *(notice.step, notice.person, notice.channel, _state(call, notice)),
            )
            for notice in notices
        ]
        heads = ("due", "case", "id", "force", "step", "who", "channel", "state")
        call.table(heads, rows, none=call.say("cli.no_notices"))


@command("rehearse")
def rehearse(
    call: CommandContext,
    first: Annotated[str, option("--from", "DATE", "from which day")],
    last: Annotated[str, option("--until", "DATE", "until which day, included")],
) -> None:
    """Rehearses reminders day by day on a copy of the database; nothing is sent."""
    begins, ends = day(first, where="--from"), day(last, where="--until")
    if ends < begins:
        raise Refusal("cli.until_before_from", first=begins, until=ends)
    days = [(on, report) for on, report in rehearsed(call.app, begins, ends) if report.planned or report.others]
    call.answer({"days": [{"date": on, **_round_answer(call, report)} for on, report in days]})
    for on, report in days:
        call.print(call.say("cli.rehearse.day", on=on, count=len(report.planned) + len(report.others)))
        _print_planned(call, report)
    if not days:
        call.print(call.say("cli.rehearse.nothing", first=begins, until=ends))


def _round_answer(call: CommandContext, report: RoundReport) -> dict[str, object]:
    """Return a round as JSON."""
    return {
        "rows": report.rows,
        "queued": report.queued,
        "notices": [{**_notice_answer(item.notice), "why": item.recipient.why} for item in report.planned],
        "others": [_notice_answer(notice) for notice in report.others],
        "problems": [
            {
                **picked(problem, "case", "obligation"),
                "message": call.say(problem.code, **dict(problem.arguments)),
            }
            for problem in report.problems
        ],
    }


def _print_planned(call: CommandContext, report: RoundReport) -> None:
    """Print the planned notices: recipient, subject, time, channel and reason."""
    lines: list[tuple[Notice, str, str, str]] = [
        (item.notice, item.notice.step, item.recipient.person.name, item.recipient.why)
        for item in report.planned
    ]
    lines += [
        (notice, call.say(f"register.kind.{notice.kind}"), notice.person, notice.kind)
        for notice in report.others
    ]
    rows = [
        (
            *(notice.due, notice.case or "–", notice.obligation or "–", step, name),
            *(call.say(f"cli.why.{why}"), notice.channel, _leaving_text(call, notice)),
        )
        for notice, step, name, why in lines
    ]
    if rows:
        call.table(("due", "case", "id", "step", "who", "reason", "channel", "leaves"), rows, indent=2)
    places_by_text: dict[str, list[str]] = {}
    for problem in report.problems:
        text = call.say(problem.code, **problem.arguments)
        places_by_text.setdefault(text, []).append(f"{problem.case} {problem.obligation}")
    for text, places in places_by_text.items():
        place_list = ", ".join(places[:NAMED]) + (" …" if len(places) > NAMED else "")
        call.remark(f"{text} ({len(places)}: {place_list})")


def _leaving_text(call: CommandContext, notice: Notice) -> str:
    """Return the earliest moment a letter can be sent, and whether it is combined with others."""
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


NOTICE = (
    *("key", "case", "obligation", "due", "step", "person", "channel", "address", "language", "state"),
    *("attempts", "queued_at", "not_before", "sent_at", "answer", "message_id", "text_hash"),
    *("acknowledged_at", "kind", "carrier", "about"),
)


def _notice_answer(notice: Notice) -> dict[str, object]:
    """Return a notice as JSON."""
    return picked(notice, *NOTICE)


def _state(call: CommandContext, notice: Notice) -> str:
    """Return the state of a notice in words; of one not delivered with what the channel answered."""
    label = call.say(f"notice.{notice.displayed_state}")
    # One that waits after an attempt says why: a token that is not accepted, a server that is away.
    detail = notice.state in ("failed", "unknown", "queued") and notice.answer
    return f"{label}: {notice.answer}" if detail else label
