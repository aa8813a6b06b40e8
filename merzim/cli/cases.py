"""The commands on cases and their deadlines: `open`, `case`, `record`, `due`, `overdue` and more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.formatting import paragraph, picked
from merzim.cli.mount import command, mount
from merzim.cli.parsing import CaseId, DryRun, Fact, Unit, argument, day, named_texts, number, option
from merzim.cli.printing import (
    deadline_named,
    explained,
    finding,
    obligation,
    print_change,
    print_deadlines,
    print_findings,
    says,
)
from merzim.services.cases import verbs
from merzim.services.cases.judgement import findings_of
from merzim.services.inputs import build
from merzim.services.law.calendar_acts import moves_of
from merzim.services.names import cases_of, stage_title, title, unit_named
from merzim.services.results import act_moves_result
from merzim.services.yearly import opening
from workflow.board.rows import DeadlineFilter, Horizon
from workflow.cases.case import effective_events
from workflow.deadlines.lateness import late_by, near
from workflow.law.names import known_option
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.cases.verbs import Decide, Reopen
    from merzim.services.results import ActMovesResult, CommandResult, OpenedCase
    from workflow.board.rows import Row
    from workflow.cases.case import Case, Event
    from workflow.cases.commands.case_commands import View
    from workflow.deadlines.deadline import Deadline
    from workflow.law.procedure import Procedure

AHEAD = 7
"""Working days that `due` looks ahead."""


def _show_opened(call: CommandContext, _: object, opened_case: OpenedCase) -> None:
    call.print(call.say("cli.opened", case=opened_case.id, edition=opened_case.edition))


def _show_reopened(call: CommandContext, command: Reopen, result: CommandResult) -> None:
    code = "cli.reopened_one" if command.obligation else "cli.reopened"
    print_change(call, result, code_done=code, obligation=command.obligation)


def _show_decision(call: CommandContext, command: Decide, result: CommandResult) -> None:
    procedure = call.view(command.case).procedure
    titles = {
        "title": procedure.decisions[command.decision].title,
        "answer": known_option(procedure, command.decision, command.option).title,
    }
    print_change(call, result, code_done="cli.decided", already="cli.decided_already", **titles)


def _show_reader(call: CommandContext, _: object, result: CommandResult) -> None:
    readers = call.view(result.case).case.readers
    call.print(f"{result.case}: {', '.join(call.name(reader) for reader in readers)}")


def _procedure_and_fact(call: CommandContext, values: Mapping[str, Any]) -> tuple[Procedure, str]:
    """Return the procedure of the case and the fact whose evidence the command accepts."""
    return call.view(values["case"]).procedure, values["fact"]


def _procedure_and_option(call: CommandContext, values: Mapping[str, Any]) -> tuple[Procedure, str]:
    """Return the procedure of the case and the fact that the decision records."""
    procedure = call.view(values["case"]).procedure
    return procedure, known_option(procedure, values["decision"], values["option"]).fact


RECORDED = says("cli.recorded", "cli.recorded_already")
mount("open", verbs.open_case, _show_opened, arguments=("procedure",))
mount("record", verbs.record, RECORDED, arguments=("case", "fact"), proves=_procedure_and_fact)
DECISION = ("case", "decision", "option")
mount("decide", verbs.decide, _show_decision, arguments=DECISION, proves=_procedure_and_option)
CORRECTED = says("cli.corrected", "cli.recorded_already")
mount("correct", verbs.correct, CORRECTED, arguments=("case", "fact"))
mount("withdraw", verbs.withdraw, says("cli.withdrawn"), arguments=("case", "name"))
mount("cancel", verbs.cancel, says("cli.cancelled"))
mount("exempt", verbs.exempt, says("cli.exempted"))
mount("reopen", verbs.reopen, _show_reopened)
MIGRATED = says("cli.case_migrated", "cli.case_migrated_already")
mount("migrate", verbs.migrate, MIGRATED, options={"edition": "to"})
mount("reader add", verbs.add_reader, _show_reader, arguments=("case", "person"))


@command("open-year", writes=True)
def open_year(
    call: CommandContext,
    year: Annotated[str, argument("YEAR")],
    unit: Unit = "",
    kept_from: Annotated[
        str, option("--kept-from", "DATE", "first day of records: what was due before is not overdue")
    ] = "",
    dry_run: DryRun = False,
    undo: Annotated[
        bool,
        option("--undo", None, "Undo the last opening of that year, while nothing is recorded in its cases"),
    ] = False,
) -> None:
    """Opens the year's cases of the yearly programmes for every organisation bound by their acts."""
    year_number = number(year, where="YEAR", first=2000, last=2100)
    values = {"year": year_number, "unit": unit_named(call.app, unit)}
    if undo:
        undone = opening.undo_year(call.ctx, build(opening.UndoYear, values))
        call.tell(undone, "cli.year_undone", year=year_number, cases=len(undone.cancelled))
        return
    first_day = day(kept_from, where="--kept-from") if kept_from else None
    asked = build(opening.OpenYear, {**values, "kept_from": first_day})
    if dry_run:
        _show_year(call, asked)
        return
    result = opening.open_year(call.ctx, asked)
    heads = call.app.ledger.cases(result.opened)
    opened = [_summary(call, heads[name]) for name in result.opened]
    answer = {"year": year_number, "opened": opened, "there": result.there}
    if opened:
        units = len({case.unit for case in heads.values()})
        call.tell(answer, "cli.year_opened", year=year_number, cases=len(heads), units=units)
    else:
        call.tell(answer, "cli.year_there", year=year_number, cases=result.there)


def _show_year(call: CommandContext, asked: opening.OpenYear) -> None:
    """Print which cases `asked` would open and whom it would tell; open none."""
    ahead = opening.preview_year(call.ctx, asked.year, asked.unit, asked.kept_from)
    openings = [picked(opening, "procedure", "unit") for opening in ahead.openings]
    others = picked(ahead, "there", "kept_from", "overdue")
    call.answer({"year": asked.year, "openings": openings, **others, "told": dict(ahead.told)})
    call.print(call.say("cli.year_ahead", year=asked.year, cases=len(ahead.openings), there=ahead.there))
    call.print(call.say("web.open.year_overdue", n=ahead.overdue, on=ahead.kept_from))
    if ahead.told:
        told_people = ", ".join(f"{name} – {count}" for name, count in ahead.told.items())
        call.print(f"{call.say('web.open.year_told', n=len(ahead.told))} {told_people}")
    else:
        call.print(call.say("web.open.year_told_nobody"))


@command("cases")
def cases(call: CommandContext) -> None:
    """All cases and where they stand."""
    heads = call.app.reads.cases()
    stages = call.app.reads.stages([head.id for head in heads])
    call.answer({"cases": [_summary(call, head) | {"stage": stages.get(head.id)} for head in heads]})
    editions = {head.id: call.app.library.named(head.edition) for head in heads}
    recurring = {id: edition.begins_with for id, edition in editions.items() if edition.opened != "once"}
    begin_days = call.app.reads.days_of(recurring)

    def about(head: Case) -> str:
        """Return the object of a case, with its year unless it is the present one."""
        year = begin_days.get(head.id, call.moment.today).year
        return _object_or_title(call, head) + (f" ({year})" if year != call.moment.today.year else "")

    rows = [
        (head.id, about(head), call.name(head.unit), _stage_title(call, head, stages[head.id]))
        for head in heads
    ]
    call.table(("case", "object", "unit", "stage"), rows, none=call.say("cli.no_cases"))


@command("case")
def show(call: CommandContext, case: CaseId) -> None:
    """One case: deadlines, findings, history."""
    view = call.view(case)
    events = call.app.reads.events(case)
    acts = [act_moves_result(act, call.language) for act in moves_of(call.app, events)]
    call.answer(_case_answer(call, view, events, acts))
    _print_case(call, view, events, acts)


def _case_answer(
    call: CommandContext, view: View, events: Sequence[Event], acts: Sequence[ActMovesResult]
) -> dict[str, object]:
    """Return a case as JSON, in the format of the contract."""
    facts = view.case.facts
    return {
        **_summary(call, view.case),
        "stage": view.stage,
        "planned": view.case.planned,
        "facts": {name: fact.on for name, fact in facts.items()},
        "values": {name: fact.values for name, fact in facts.items() if fact.values},
        "signed_by": {name: fact.signed_by for name, fact in facts.items() if fact.signed_by},
        "ahead": [name for name, fact in facts.items() if fact.on > call.moment.today],
        "evidence": {name: fact.evidence for name, fact in facts.items() if fact.evidence},
        "responsible": view.case.responsible,
        "calendar_version": call.app.calendar.version,
        "obligations": [
            {
                **obligation(call, deadline),
                "waiting_for": deadline.waiting_for,
                "exempted": deadline.exempted.ground if deadline.exempted else None,
            }
            for deadline in view.deadlines
        ],
        "findings": [
            finding(call, case_finding)
            for case_finding in findings_of(view.case, view.procedure, view.deadlines, call.app.calendar)
        ],
        "events": events,
        "calendar_acts": acts,
    }


def _print_case(
    call: CommandContext, view: View, events: Sequence[Event], acts: Sequence[ActMovesResult]
) -> None:
    app, case, today = call.app, view.case, call.moment.today
    unadopted = app.library.unadopted_act(view.procedure, app.reads.office(), case.unit)
    stage = _stage_title(call, case, view.stage)
    call.print(f"{case.id}  {_object_or_title(call, case)}")
    for head, value in (("unit", call.name(case.unit)), ("edition", case.edition), ("stage", stage)):
        if value:
            call.print(f"  {call.say('head.' + head)}: {value}")
    if unadopted:
        call.print("  " + call.say("web.act_not_adopted", act=unadopted.short))
    call.print()
    required_deadlines = [deadline for deadline in view.deadlines if deadline.state != "not_required"]
    print_deadlines(call, required_deadlines, today=today)
    _print_exempted(call, view.deadlines)
    apart = [
        deadline.id for deadline in view.deadlines if deadline.state == "not_required" and not deadline.exempted
    ]
    if apart:
        call.print("\n" + paragraph(call.say("cli.not_required", count=len(apart), ids=", ".join(apart))))
    ahead = [(fact.on, name) for name, fact in sorted(case.facts.items()) if fact.on > today]
    if ahead:
        call.print("\n" + call.say("cli.ahead", today=today))
        call.table(("on", "id"), ahead, indent=2)
    _print_values(call, case)
    if findings := findings_of(case, view.procedure, view.deadlines, call.app.calendar):
        call.print("\n" + call.say("cli.findings"))
        print_findings(call, findings, indent=2)
    call.print("\n" + call.say("cli.history"))
    # Events are withdrawn by number; withdrawn ones are shown in brackets.
    history = [
        (
            f"#{event.seq}" if effective is not None else f"(#{event.seq})",
            *(event.at.date(), event.by, call.say(f"event.{event.word}"), event.name, event.on),
            event.payload.get("ground"),
        )
        for event, effective in zip(events, effective_events(events), strict=True)
    ]
    call.table(("line", "at", "by", "event", "id", "on", "ground"), history, indent=2)
    for act in acts:
        call.print("\n" + paragraph(f"{act.on}, {act.by}: {act.cause}", indent=2))
        moved = [(line.obligation, line.before or "-", line.after or "-") for line in act.moved]
        call.table(("id", "was", "is"), moved, indent=4)


def _print_exempted(call: CommandContext, deadlines: Iterable[Deadline]) -> None:
    """Print what the case was exempted from, when, by whom and why."""
    rows = [
        (deadline.id, deadline.exempted.on, deadline.exempted.by, deadline.exempted.ground)
        for deadline in deadlines
        if deadline.exempted and deadline.state == "not_required"
    ]
    if rows:
        call.print("\n" + call.say("web.case.exempted", n=len(rows)))
        call.table(("id", "on", "by", "ground"), rows, indent=2)


@command("replan", writes=True)
def replan(
    call: CommandContext,
    case: CaseId,
    fact: Fact,
    on: Annotated[str, option("--on", "DATE", "the date")],
    dry_run: DryRun = False,
) -> None:
    """Changes a plan date."""
    planned = day(on, where="--on")
    fields = {"case": case, "planned": {fact: planned}, "preview": dry_run}
    result = verbs.replan(call.ctx, build(verbs.Replan, fields))
    done, already = "cli.replanned", "cli.replanned_already"
    print_change(call, result, code_done=done, already=already, fact=fact, on=planned)


@command("passport", writes=True)
def passport(
    call: CommandContext,
    case: CaseId,
    object_ru: Annotated[
        str | None, option("--object-ru", "T", "the object in Russian, in the nominative")
    ] = None,
    object_kk: Annotated[
        str | None, option("--object-kk", "T", "the object in Kazakh, in the nominative")
    ] = None,
    unit: Annotated[str | None, option("--unit", "U", "the unit")] = None,
    responsible: Annotated[
        list[str] | None,
        option("--responsible", "OBLIGATION=PERSON", "who answers for an obligation (repeatable)"),
    ] = None,
    group: Annotated[
        list[str] | None,
        option(
            "--group",
            "NAME;POST;ROLE",
            "a member of the working group (repeatable); an empty one takes the group away",
        ),
    ] = None,
    period: Annotated[
        str | None,
        option("--period", "FIRST..LAST", "the period analysed, first and last day: 2024-01-01..2025-12-31"),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Shows or changes the passport of a case: object, unit, group, responsible people, period analysed."""
    fields: dict[str, object] = {"object_ru": object_ru, "object_kk": object_kk, "unit": unit, "group": group}
    if responsible:
        fields["responsible"] = named_texts(responsible, where="--responsible")
    if period is not None:
        fields["period"] = [day(text, where="--period") for text in period.split("..") if text.strip()]
    changes = {name: value for name, value in fields.items() if value is not None}
    if not changes:
        _print_passport(call, call.view(case).case)
        return
    result = verbs.describe(call.ctx, build(verbs.Passport, {"case": case, **changes, "preview": dry_run}))
    print_change(call, result, code_done="cli.described", already="cli.described_already")


@command("explain")
def explain(call: CommandContext, case: CaseId, name: Annotated[str, argument("OBLIGATION")]) -> None:
    """Explains why a deadline is what it is, with its act."""
    view = call.view(case)
    deadlines = deadline_named(view, name)
    answers = [{"case": view.case.id, **obligation(call, deadline)} for deadline in deadlines]
    call.answer(answers[0] if len(answers) == 1 else {"obligations": answers})
    call.print("\n\n".join(explained(call, deadline) for deadline in deadlines))


@command("due")
def due(
    call: CommandContext,
    until: Annotated[str | None, option("--until", "DATE", "until which day, included")] = None,
    unit: Unit = "",
) -> None:
    """What is due; without --until for seven working days."""
    app, today = call.app, call.moment.today
    last = day(until, where="--until") if until is not None else app.calendar.add_working_days(today, AHEAD)
    if last < today:
        raise Refusal("cli.until_before_today", until=last, today=today)
    rows = app.reads.due(today, last, unit_named(app, unit) or None)
    _print_rows(call, rows, {"until": last}, call.say("cli.nothing_due", until=last))


@command("overdue")
def overdue(call: CommandContext, unit: Unit = "") -> int:
    """What is overdue. Exit code 1 when there is anything."""
    app, today, place = call.app, call.moment.today, unit_named(call.app, unit) or None
    rows = app.reads.overdue(today, place)
    unconfirmed = DeadlineFilter(
        urgency="unconfirmed", horizon=Horizon(today=today, soon=near(app.calendar, today)), unit=place
    )
    count = 0 if rows else app.reads.count(unconfirmed)
    code = "cli.nothing_overdue_unconfirmed" if count else "cli.nothing_overdue"
    _print_rows(call, rows, {}, call.say(code, today=today, count=count))
    return NOT_SO if rows else DONE


def _print_rows(call: CommandContext, rows: Sequence[Row], extra: dict[str, date], none: str) -> None:
    """Print obligations as a table; the sentence `none` when there are none."""
    app, today, language = call.app, call.moment.today, call.language
    heads = cases_of(app.reads, rows)
    titles = {(row.case, row.obligation): title(app, heads[row.case], row.obligation)[language] for row in rows}
    lines = [
        {
            **picked(row, "case", "unit", "stage", "due", "safe_by", "status", "calendar", "force"),
            "object": heads[row.case].object_in(language),
            "id": row.obligation,
            "title": titles[row.case, row.obligation],
            "late_by_working_days": late_by(row.due, today, app.calendar),
        }
        for row in rows
    ]
    call.answer({"today": today, **extra, "obligations": lines})
    columns = ("due", "late_by_working_days", "case", "object", "title")
    cells = [
        (*(line[column] for column in columns), call.say(f"force.{line['force']}"), line["id"])
        for line in lines
    ]
    call.table(("due", "late_by", "case", "object", "what", "force", "id"), cells, none=none)


def _print_passport(call: CommandContext, case: Case) -> None:
    period = [day.isoformat() for day in case.period or ()]
    fields = picked(case, "object", "object_kk", "object_ru", "unit", "group", "responsible")
    call.answer({"case": case.id, **fields, "period": period})
    rows: list[tuple[str, str]] = [
        *((name, str(fields[name])) for name in ("object", "object_kk", "object_ru")),
        ("unit", call.name(case.unit)),
        ("period", " – ".join(period)),
        *(("group", member) for member in case.group),
        *(("responsible", f"{name}: {call.name(text)}") for name, text in sorted(case.responsible.items())),
    ]
    call.table(("field", "value"), [(call.say(f"passport.{name}"), value) for name, value in rows if value])


def _print_values(call: CommandContext, case: Case) -> None:
    """Print the numbers and signatories recorded with the facts."""
    rows = []
    for name, fact in case.facts.items():
        rows += [(name, call.say("cli.value", value=key, number=value)) for key, value in fact.values.items()]
        rows += [(name, call.say("cli.signed_by", duty=fact.signed_by))] if fact.signed_by else []
    if rows:
        call.print("\n" + call.say("cli.told"))
        call.table(("id", "value"), sorted(rows), indent=2)


def _object_or_title(call: CommandContext, case: Case) -> str:
    """Return the object of a case, for bodies as named by the act; for a yearly programme without one, its
    title.
    """
    edition = call.app.library.named(case.edition)
    if case.object in edition.bodies:
        return edition.bodies[case.object].title[call.language]
    return case.object_in(call.language) or edition.title[call.language]


def _stage_title(call: CommandContext, case: Case, stage: str) -> str:
    """Return the title of the stage a case is in, or of what comes after all stages."""
    title = stage_title(call.app, case, stage)
    return call.say(title) if isinstance(title, str) else title[call.language]


def _summary(call: CommandContext, case: Case) -> dict[str, object]:
    """Return what every list of cases says of one, as JSON."""
    names = ("id", "procedure", "edition", "object_kk", "object_ru", "unit", "kind", "person", "standing")
    return {**picked(case, *names), "object": case.object_in(call.language)}
