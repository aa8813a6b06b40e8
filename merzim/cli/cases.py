"""The commands on cases: `open`, `case`, `record`, `explain` and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import i18n
from merzim.cli.call import CommandContext
from merzim.cli.mount import DryRun, Unit, command, give_change, mount
from merzim.cli.printing import print_deadlines, print_findings, titles
from merzim.cli.rendering import paragraph, picked
from merzim.services import yearly
from merzim.services.cases import verbs
from merzim.services.cases.faces import FACES
from merzim.services.cases.views import get_case, list_events
from merzim.services.inputs import CaseCommand, build
from merzim.services.law.calendar_acts import moves_of
from merzim.services.names import case_title, programme_year, stage_title, unit_named
from merzim.services.results import ObligationResult, OpenedCase
from workflow.cases.case import Case, effective_events
from workflow.cases.commands.answers import deadline_of
from workflow.cases.commands.case_commands import View

DETAILS = (
    *("exempted", "ahead", "values", "signed_by", "events", "calendar_acts", "seq", "at", "on", "by", "cause"),
    *("id", "kind", "name", "ground", "moved", "obligation", "from", "to"),
)
"""What the text shows of a case below its deadlines and findings."""


def _print_passport(call: CommandContext, values: Mapping[str, Any]) -> None:
    """Print the passport of a case as it is."""
    case = call.view(values["case"]).case
    fields = picked(case, "object", "object_kk", "object_ru", "unit", "group", "responsible")
    passport: dict[str, Any] = {"case": case.id, **fields, "period": [*(case.period or ())]}
    call.answer(passport)
    titled = titles(call, case)
    call.show(passport | {"responsible": {titled(of): who for of, who in case.responsible.items()}})


mount("open PROCEDURE", verbs.open_case, "id", "edition", "object", "unit")
for face in FACES:
    if face.command:
        mount(face.command, face.verb)
mount("passport CASE", verbs.describe_case, otherwise=_print_passport)


@command("open-year YEAR", writes=True)
def open_year(
    call: CommandContext,
    year: yearly.Year,
    unit: Unit = "",
    kept_from: Annotated[date | None, "first day of records: what was due before is not overdue"] = None,
    dry_run: DryRun = False,
    undo: Annotated[bool, "Undo the last opening of that year, while nothing is recorded in its cases"] = False,
) -> None:
    """Opens the year's cases of the yearly programmes for every organisation bound by their acts."""
    values = {"year": year, "unit": unit_named(call.app, unit)}
    if undo:
        call.give(yearly.undo_year(call.ctx, build(yearly.UndoYear, values)), "year", "cancelled")
        return
    asked = build(yearly.OpenYear, {**values, "kept_from": kept_from})
    if dry_run:
        shows = ("year", "there", "kept_from", "overdue", "told", "openings", "procedure", "unit")
        call.give(yearly.preview_year(call.ctx, asked), *shows)
        call.print(call.say("cli.nothing_written"))
        return
    result = yearly.open_year(call.ctx, asked)
    heads = call.app.ledger.cases(result.opened)
    opened = [_opened(call, heads[name]) for name in result.opened]
    answer = {"year": year, "opened": opened, "there": result.there}
    call.give(answer, "year", "there", "opened", "id", "procedure", "unit")
    if not opened:
        call.print(call.say("cli.nothing_changed"))


def _opened(call: CommandContext, case: Case) -> OpenedCase:
    return OpenedCase.of(case, object=case.object_in(call.language))


@command("cases")
def cases(call: CommandContext) -> None:
    """All cases and where they stand."""
    heads = call.app.reads.cases()
    stages = call.app.reads.stages(heads)
    call.answer({"cases": [{**dict(_opened(call, head)), "stage": stages.get(head.id)} for head in heads]})
    rows = call.app.reads.rows_of(head for head in heads if call.app.library.of(head).opened == "yearly")

    def about(head: Case) -> str:
        """Return the object of a case, with the year of its programme unless it is the present one."""
        edition = call.app.library.of(head)
        year, title = programme_year(edition, rows.get(head.id, ())), case_title(head, edition)[call.language]
        return title if year in ("", str(call.moment.today.year)) else f"{title} ({year})"

    lines = [
        {**picked(head, "id", "unit"), "object": about(head), "stage": _stage(call, head, stages[head.id])}
        for head in heads
    ]
    call.show({"cases": lines}, "cases", "id", "object", "unit", "stage")


def _stage(call: CommandContext, case: Case, stage: str) -> str:
    """Return the title of the stage a case is in, or of what comes after all stages."""
    title = stage_title(call.app, case, stage)
    return call.say(title) if isinstance(title, str) else title[call.language]


@command("case CASE")
def show(call: CommandContext, case: str) -> None:
    """One case: deadlines, findings, history."""
    view, asked = call.view(case), CaseCommand(case=case)
    if call.json:
        proofs = {name: fact.evidence for name, fact in view.case.facts.items() if fact.evidence}
        besides = {"object": view.case.object_in(call.language), "evidence": proofs}
        events = list_events(call.ctx, asked)
        call.answer({**dict(get_case(call.ctx, asked)), **besides, "events": events})
    else:
        _print_case(call, view)


def _print_case(call: CommandContext, view: View) -> None:
    """Print a case as text: where it stands, deadlines, findings, numbers, signatories, events."""
    app, case, today = call.app, view.case, call.moment.today
    events, titled = app.reads.events(case.id), titles(call, case)
    call.print(f"{case.id}  {case_title(case, view.procedure)[call.language]}")
    call.show({"unit": case.unit, "edition": case.edition, "stage": _stage(call, case, view.stage)})
    if unadopted := app.library.unadopted_act(view.procedure, app.reads.office(), case.unit):
        call.print(call.say("web.act_not_adopted", act=unadopted.short))
    call.print()
    print_deadlines(call, [each for each in view.deadlines if each.state != "not_required"], today=today)
    apart = [each for each in view.deadlines if each.state == "not_required"]
    if names := [titled(deadline.id) for deadline in apart if not deadline.exempted]:
        call.print("\n" + paragraph(call.say("cli.not_required", count=len(names), ids="; ".join(names))))
    print_findings(call, view.findings)
    facts = {titled(name): fact for name, fact in sorted(case.facts.items())}
    effective = {event.seq for event in effective_events(events)}
    details = {
        "exempted": [
            {"id": each.id, **picked(each.exempted, "on", "by", "ground")} for each in apart if each.exempted
        ],
        "ahead": {name: fact.on for name, fact in facts.items() if fact.on > today},
        "values": {name: fact.values for name, fact in facts.items() if fact.values},
        "signed_by": {name: fact.signed_by for name, fact in facts.items() if fact.signed_by},
        # Events are withdrawn by number; withdrawn ones are shown in brackets.
        "events": [
            {
                "seq": f"#{event.seq}" if event.seq in effective else f"(#{event.seq})",
                **picked(event, "at", "by", "on"),
                "kind": event.word,
                "name": titled(event.name),
                "ground": event.payload.get("ground"),
            }
            for event in events
        ],
        "calendar_acts": moves_of(app, events, call.language),
    }
    call.print()
    call.show(details, *DETAILS, kind="event", signed_by="duty")


@command("replan CASE FACT", writes=True)
def replan(
    call: CommandContext, case: str, fact: str, on: Annotated[date, "the date"], dry_run: DryRun = False
) -> None:
    """Sets or changes a plan date; --dry-run only shows which due dates it moves."""
    fields = {"case": case, "planned": {fact: on}, "preview": dry_run}
    result = verbs.replan(call.ctx, build(verbs.Replan, fields))
    give_change(call, result)
    if dry_run:
        call.print(_days_that_keep(call, result.keeps))
    if points := result.points_at_stake:
        call.print(call.say("preview.breaks_points", n=len(result.overdue), points=points))


def _days_that_keep(call: CommandContext, days: Sequence[date | None]) -> str:
    """Return the sentence on the days of a plan that keep every term: first and last, or the first alone."""
    match days:
        case [first, None]:
            return call.say("preview.keeps_from", first=first)
        case [first, last] if first == last:
            return call.say("preview.keeps_one", on=first)
        case [first, last]:
            return call.say("preview.keeps", first=first, last=last)
    return call.say("preview.keeps_none")


@command("explain CASE OBLIGATION")
def explain(call: CommandContext, case: str, name: str) -> None:
    """Explains why a deadline is what it is, with its act."""
    view = call.view(case)
    # All periods of a recurring obligation that is named without one.
    matches = [deadline for deadline in view.deadlines if name in (deadline.id, deadline.obligation.id)]
    named = [deadline for deadline in matches if deadline.id == name]
    deadlines = named or matches or [deadline_of(view, name)]
    answers = [{"case": view.case.id, **dict(ObligationResult.of(each, call.language))} for each in deadlines]
    call.answer(answers[0] if len(answers) == 1 else {"obligations": answers})
    call.print("\n\n".join(" ".join(i18n.explain(each.explanation, call.language)) for each in deadlines))
