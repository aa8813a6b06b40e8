"""Prints what several commands print in words of their own: deadlines and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import i18n
from merzim.cli.call import CommandContext
from merzim.services.names import obligation_of
from merzim.services.results import FindingResult
from workflow.cases.case import Case
from workflow.cases.registers.rows import is_entry, period_in
from workflow.deadlines.deadline import Deadline, lateness, status_on
from workflow.findings.findings import Finding
from workflow.law.procedure import Text


def print_deadlines(call: CommandContext, deadlines: Iterable[Deadline], *, today: date | None = None) -> None:
    """Print a table of deadlines; without `today` no state says that it is overdue or waits."""
    all_deadlines = tuple(deadlines)
    titles = {deadline.id: deadline.obligation.title for deadline in all_deadlines}
    rows = [
        {
            "due": deadline.due or "-",
            "what": i18n.titled(deadline.obligation.title[call.language], deadline.period, call.language),
            "state": state(call, deadline, today=today, titles=titles),
            "force": deadline.obligation.force,
            "id": deadline.id,
        }
        for deadline in all_deadlines
    ]
    call.show({"deadlines": rows}, "deadlines", "due", "what", "state", "force", "id")


def state(call: CommandContext, deadline: Deadline, *, today: date | None, titles: Mapping[str, Text]) -> str:
    """Return the state of a deadline in words: done on a day and how late, or open and how certain. On the day
    `today` it may be overdue, or wait for another, named by `titles`, else by its id; None leaves that unsaid.
    """
    if deadline.answer is not None:
        answer = f"{deadline.answer.title[call.language]} ({deadline.answer.id})"
        return call.say("cli.state.answered", on=deadline.done_on, answer=answer)
    is_open = deadline.state == "open" and today is None
    look = "open" if is_open else status_on(deadline, today=today or date.max, soon=date.min)
    match look:
        case "done" | "done_late" if deadline.done_on is not None:
            return call.say(f"cli.state.{look}", on=deadline.done_on, late_by=deadline.late_by)
        case "slipped":
            return call.say("cli.state.slipped", on=deadline.planned_on)
        case "waits" if today:
            what = lateness(deadline, today=today).waiting_for or ""
            return call.say("cli.state.waits", what=titles[what][call.language] if what in titles else what)
        case "open" if deadline.due is not None:
            return call.say(f"status.{deadline.status}")
    return call.say(f"look.{look}")


def titles(call: CommandContext, case: Case) -> Callable[[str], str]:
    """Return the function that names facts, obligations and rows of a case by title and period, else by id."""
    known = call.app.library.named(case.edition).by_id

    def titled(name: str) -> str:
        if name.partition(".")[0] not in known and not is_entry(name):
            return name
        title = obligation_of(call.app, case, name).title[call.language]
        return i18n.titled(title, period_in(name), call.language)

    return titled


def print_findings(call: CommandContext, findings: Iterable[Finding], *, heading: str = "cli.findings") -> None:
    """Print findings, each with its basis, under a title; nothing where there are none."""
    if records := [FindingResult.of(finding, call.language) for finding in findings]:
        if heading:
            call.print("\n" + call.say(heading))
        call.show({"findings": records}, "findings")
