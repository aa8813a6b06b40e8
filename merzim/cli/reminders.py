"""Commands that send reminders: `remind`, `deliver`, `notices`, `rehearse`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from merzim.cli.call import CommandContext
from merzim.cli.mount import command
from merzim.cli.parsing import DryRun
from merzim.cli.rendering import picked
from merzim.services.documents.notice_list import notice_title, step_in_words, write_notices
from merzim.services.jobs import rounds
from merzim.services.jobs.rounds import rehearse as rehearsed
from merzim.services.names import obligation_force
from merzim.services.yearly.clock import record_carried_out
from notifications.round import plan
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.notice import Notice
    from notifications.round import RoundReport
    from workflow.law.procedure import Force

ROUND = (
    *("queued", "notices", "others", "due", "case", "obligation", "step", "person", "why", "kind"),
    *("channel", "not_before", "problems"),
)
"""What the text of a round shows."""

NOTICE = (
    *("key", "case", "obligation", "due", "step", "person", "channel", "address", "language", "state"),
    *("attempts", "queued_at", "not_before", "sent_at", "answer", "message_id", "text_hash"),
    *("acknowledged_at", "kind", "carrier", "about"),
)


def _notice_answers(call: CommandContext, notices: Sequence[Notice]) -> list[dict[str, object]]:
    """Return notices as --json has them; as text obligations by title, steps in words, no due date that is
    none.
    """
    stored = [picked(notice, *NOTICE) for notice in notices]
    if call.json:
        return stored
    cases = call.app.reads.whole({notice.case for notice in notices if notice.case})
    return [
        {
            **fields,
            "due": notice.told_due,
            "obligation": notice_title(call.app, cases.get(notice.case), notice.obligation, call.language),
            "step": step_in_words(notice, call.language),
            "state": notice.displayed_state,
            "server_answer": notice.answer,
        }
        for notice, fields in zip(notices, stored, strict=True)
    ]


@command("remind")
def remind(call: CommandContext, dry_run: DryRun = False) -> None:
    """A round: reminders whose day has come are queued, each once; what registers carry out is recorded."""
    call.creates_database = not dry_run
    if dry_run:
        report = plan(rounds.dispatch_at(call.app, at=call.moment))
    else:
        record_carried_out(call.app, at=call.moment)
        report = rounds.run_round(call.app, at=call.moment)
    call.give(_round_answer(call, report), *ROUND, kind="register.kind", channel="web.channel")
    if dry_run:
        call.print(call.say("cli.nothing_written"))


@command("deliver", writes=True)
def deliver(call: CommandContext) -> None:
    """Sends the queued letters."""
    report = rounds.deliver(call.app, at=call.moment)
    call.give(picked(report, "counts", "recovered", "answers"), "counts", counts="notice")


@command("notices")
def notices(
    call: CommandContext,
    case: Annotated[str | None, "this case alone"] = None,
    export: Annotated[Path | None, "write the register to a file: .csv or .xlsx"] = None,
) -> None:
    """The register of notices with their delivery records."""
    notices = call.app.outbox.notices(case=case)
    if export is not None:
        write_notices(call.app, notices, export, call.language)
        call.note(call.say("cli.exported", count=len(notices), file=str(export)))
        if not call.json:
            return
    forces = _forces(call, notices)
    lines = zip(notices, _notice_answers(call, notices), strict=True)
    answer = [line | {"force": forces.get(notice.key)} for notice, line in lines]
    shows = ("due", "case", "obligation", "force", "step", "person", "channel", "state", "server_answer")
    call.give({"notices": answer}, "notices", *shows, channel="web.channel")


@command("rehearse")
def rehearse(
    call: CommandContext,
    from_: Annotated[date, "from which day"],
    until: Annotated[date, "until which day, included"],
) -> None:
    """Rehearses reminders day by day on a copy of the database; nothing is sent."""
    if until < from_:
        raise Refusal("cli.until_before_from", first=from_, until=until)
    days = [(on, report) for on, report in rehearsed(call.app, from_, until) if report.planned or report.others]
    answer = [{"date": on, **_round_answer(call, report)} for on, report in days]
    call.give({"days": answer}, "days", "date", *ROUND, kind="register.kind", channel="web.channel")


def _round_answer(call: CommandContext, report: RoundReport) -> dict[str, object]:
    """Return a round as JSON, or what its text shows."""
    planned = _notice_answers(call, [item.notice for item in report.planned])
    return {
        "rows": report.rows,
        "queued": report.queued,
        "notices": [
            {**notice, "why": item.recipient.why} for notice, item in zip(planned, report.planned, strict=True)
        ],
        "others": _notice_answers(call, report.others),
        "problems": [
            {**picked(problem, "case", "obligation"), "message": problem} for problem in report.problems
        ],
    }


def _forces(call: CommandContext, notices: Sequence[Notice]) -> dict[str, Force]:
    """Return the force of each notice's obligation, by key; notices without an obligation are left out."""
    cases = call.app.reads.whole({notice.case for notice in notices if notice.case})
    forces = {}
    for notice in notices:
        case = cases.get(notice.case)
        if case is not None and notice.obligation:
            # An obligation the case no longer has (a measure set anew, another edition) has no force to show.
            with suppress(KeyError):
                forces[notice.key] = obligation_force(call.app, case, notice.obligation)
    return forces
