"""Commands that send reminders: `remind`, `deliver`, `notices`, `rehearse`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Annotated

from merzim.cli.call import CommandContext
from merzim.cli.mount import DryRun, command
from merzim.cli.rendering import Json, picked
from merzim.services.documents.notice_list import notice_obligation, notice_title, step_in_words, write_notices
from merzim.services.jobs import rounds
from merzim.services.jobs.rounds import rehearse as rehearsed
from merzim.services.yearly import record_carried_out
from notifications.notice import Notice
from notifications.round import RoundReport, plan
from workflow.refusal import Refusal

ROUND = (
    *("queued", "notices", "others", "due", "case", "obligation", "step", "person", "why", "kind"),
    *("channel", "not_before", "problems"),
)
"""What the text of a round shows."""


def _lines(call: CommandContext, notices: Sequence[Notice]) -> list[Json]:
    """Return notices as --json has them; as text obligations by title, steps in words, no due date that is
    none. Without an obligation, or with one that the case no longer has, there is no force.
    """
    cases = call.app.reads.whole({notice.case for notice in notices if notice.case})
    lines = []
    for notice in notices:
        case = cases.get(notice.case)
        about = notice_obligation(call.app, case, notice.obligation)
        line = picked(notice, *(field.name for field in fields(notice))) | {"force": about and about.force}
        if not call.json:
            line |= {
                "due": notice.told_due,
                "obligation": notice_title(call.app, case, notice.obligation, call.language),
                "step": step_in_words(notice, call.language),
                "state": notice.displayed_state,
                "server_answer": notice.answer,
            }
        lines.append(line)
    return lines


def _round(call: CommandContext, report: RoundReport) -> Json:
    """Return a round as JSON, or what its text shows."""
    planned = _lines(call, [item.notice for item in report.planned])
    reasons = [{"why": item.recipient.why} for item in report.planned]
    return {
        **picked(report, "rows", "queued"),
        "notices": [line | why for line, why in zip(planned, reasons, strict=True)],
        "others": _lines(call, report.others),
        "problems": [
            {**picked(problem, "case", "obligation"), "message": problem} for problem in report.problems
        ],
    }


@command("remind")
def remind(call: CommandContext, dry_run: DryRun = False) -> None:
    """A round: reminders whose day has come are queued, each once; what registers carry out is recorded."""
    call.creates_database = not dry_run
    if dry_run:
        report = plan(call.app.dispatch(call.moment))
    else:
        record_carried_out(call.app, at=call.moment)
        report = rounds.run_round(call.app, at=call.moment)
    call.give(_round(call, report), *ROUND, kind="register.kind", channel="web.channel")
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
    notices = call.app.reads.notices_matching(case=case or "")
    if export is not None:
        write_notices(call.app, notices, export, call.language)
        call.note(call.say("cli.exported", count=len(notices), file=str(export)))
        if not call.json:
            return
    shows = ("due", "case", "obligation", "force", "step", "person", "channel", "state", "server_answer")
    call.give({"notices": _lines(call, notices)}, "notices", *shows, channel="web.channel")


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
    answer = [{"date": on, **_round(call, report)} for on, report in days]
    call.give({"days": answer}, "days", "date", *ROUND, kind="register.kind", channel="web.channel")
