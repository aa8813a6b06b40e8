"""The commands on cases: `open`, `open-year`, `cases`, `case`, `record`, `decide`, `replan`, `correct`,
`cancel` and more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from merzim.cli.answers import (
    deadline_named,
    explained,
    finding,
    obligation,
    print_change,
    print_deadlines,
    print_findings,
    says,
)
from merzim.cli.call import CommandContext
from merzim.cli.mount import mount
from merzim.cli.parsing import day, named_texts, number
from merzim.cli.printing import paragraph
from merzim.services.cases import verbs
from merzim.services.imports import previews
from merzim.services.inputs import build
from merzim.services.law.calendar_acts import moves_of
from merzim.services.names import findings_of, stage_title, unit_named
from merzim.services.results import act_moves_result
from workflow.cases.case import effective_events
from workflow.law.names import known_option

if TYPE_CHECKING:
    from merzim.services.cases.verbs import Decide, Reopen
    from merzim.services.results import CommandResult, OpenedCase
    from workflow.cases.case import Case
    from workflow.deadlines.deadline import Deadline
    from workflow.law.procedure import Procedure

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Fact = Annotated[str, typer.Argument(metavar="FACT")]
On = Annotated[str, typer.Option("--on", metavar="DATE", help="the date")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would be, write nothing")]


def _show_opened(call: CommandContext, _: object, opened_case: OpenedCase) -> None:
    call.print(call.say("cli.opened", case=opened_case.id, edition=opened_case.edition))


def _show_reopened(call: CommandContext, command: Reopen, result: CommandResult) -> None:
    code = "cli.reopened_one" if command.obligation else "cli.reopened"
    print_change(call, result, code_done=code, obligation=command.obligation)


def _show_decision(call: CommandContext, command: Decide, result: CommandResult) -> None:
    procedure = call.app.case_commands.view(command.case, today=call.moment.today).procedure
    titles = {
        "title": procedure.decisions[command.decision].title,
        "answer": known_option(procedure, command.decision, command.option).title,
    }
    print_change(call, result, code_done="cli.decided", already="cli.decided_already", **titles)


def _procedure_and_fact(call: CommandContext, values: Mapping[str, Any]) -> tuple[Procedure, str]:
    return call.app.case_commands.view(values["case"], today=call.moment.today).procedure, values["fact"]


def _procedure_and_option(call: CommandContext, values: Mapping[str, Any]) -> tuple[Procedure, str]:
    procedure = call.app.case_commands.view(values["case"], today=call.moment.today).procedure
    return procedure, known_option(procedure, values["decision"], values["option"]).fact


def open_year(
    ctx: typer.Context,
    year: Annotated[str, typer.Argument(metavar="YEAR")],
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="the unit")] = "",
    kept_from: Annotated[
        str,
        typer.Option(
            "--kept-from",
            metavar="DATE",
            help="first day of records: what was due before is not overdue",
        ),
    ] = "",
    dry_run: DryRun = False,
    undo: Annotated[
        bool,
        typer.Option(
            "--undo", help="Undo the last opening of that year, while nothing is recorded in its cases"
        ),
    ] = False,
) -> None:
    """Opens the year's cases of the yearly programmes for every organisation bound by their acts."""
    call = CommandContext.of(ctx, writes=True)
    year_number = number(year, where="YEAR", first=2000, last=2100)
    if undo:
        _undo_year(call, year_number, unit_named(call.app, unit))
        return
    first_day = day(kept_from, where="--kept-from") if kept_from else None
    values = {"year": year_number, "unit": unit_named(call.app, unit), "kept_from": first_day}
    command = build(previews.OpenYear, values)
    if dry_run:
        _show_year(call, command)
        return
    result = previews.open_year(call.ctx, command)
    heads = call.app.ledger.cases(result.opened)
    if call.json:
        cases = [_head(call, heads[name]) for name in result.opened]
        call.answer({"year": year_number, "opened": cases, "there": result.there})
    elif result.opened:
        units = len({case.unit for case in heads.values()})
        call.print(call.say("cli.year_opened", year=year_number, cases=len(heads), units=units))
    else:
        call.print(call.say("cli.year_there", year=year_number, cases=result.there))


def _undo_year(call: CommandContext, year: int, unit: str) -> None:
    undone = previews.undo_year(call.ctx, build(previews.UndoYear, {"year": year, "unit": unit}))
    if call.json:
        call.answer(undone.model_dump())
    else:
        call.print(call.say("cli.year_undone", year=year, cases=len(undone.cancelled)))


def _show_year(call: CommandContext, command: previews.OpenYear) -> None:
    ahead = previews.preview_year(call.ctx, command.year, command.unit, command.kept_from)
    if call.json:
        openings = [{"procedure": opening.procedure, "unit": opening.unit} for opening in ahead.openings]
        told = dict(ahead.told)
        call.answer(
            {
                "year": command.year,
                "openings": openings,
                "there": ahead.there,
                "kept_from": ahead.kept_from,
                "overdue": ahead.overdue,
                "told": told,
            }
        )
        return
    call.print(call.say("cli.year_ahead", year=command.year, cases=len(ahead.openings), there=ahead.there))
    call.print(call.say("web.open.year_overdue", n=ahead.overdue, on=ahead.kept_from))
    if ahead.told:
        told_people = ", ".join(f"{name} – {count}" for name, count in ahead.told.items())
        call.print(f"{call.say('web.open.year_told', n=len(ahead.told))} {told_people}")
    else:
        call.print(call.say("web.open.year_told_nobody"))


def cases(ctx: typer.Context) -> None:
    """All cases and where they stand."""
    call = CommandContext.of(ctx)
    heads = call.app.reads.cases()
    stages = call.app.reads.stages([head.id for head in heads])
    if call.json:
        call.answer({"cases": [_head(call, head) | {"stage": stages.get(head.id)} for head in heads]})
        return
    editions = {head.id: call.app.library.named(head.edition) for head in heads}
    recurring = {id: edition.begins_with for id, edition in editions.items() if edition.opened != "once"}
    begin_days = call.app.reads.days_of(recurring)

    def about(head: Case) -> str:
        """Return the object of a case, with its year unless it is the present one."""
        year = begin_days.get(head.id, call.moment.today).year
        return _about(call, head) + (f" ({year})" if year != call.moment.today.year else "")

    rows = [(head.id, about(head), call.name(head.unit), _stage(call, head, stages[head.id])) for head in heads]
    if rows:
        call.table(("case", "object", "unit", "stage"), rows)
    else:
        call.print(call.say("cli.no_cases"))


def show(ctx: typer.Context, case: CaseId) -> None:
    """One case: deadlines, findings, history."""
    call = CommandContext.of(ctx)
    app, today = call.app, call.moment.today
    view = app.case_commands.view(case, today=today)
    findings = findings_of(app, view)
    events = app.reads.events(case)
    acts = [act_moves_result(act, call.language) for act in moves_of(app, events)]
    if call.json:
        call.answer(
            _head(call, view.case)
            | {
                "stage": view.stage,
                "planned": view.case.planned,
                "facts": {name: fact.on for name, fact in view.case.facts.items()},
                "values": {name: fact.values for name, fact in view.case.facts.items() if fact.values},
                "signed_by": {name: fact.signed_by for name, fact in view.case.facts.items() if fact.signed_by},
                "ahead": [name for name, fact in view.case.facts.items() if fact.on > today],
                "evidence": {name: fact.evidence for name, fact in view.case.facts.items() if fact.evidence},
                "responsible": view.case.responsible,
                "calendar_version": app.calendar.version,
                "obligations": [
                    {
                        **obligation(call, deadline),
                        "waiting_for": deadline.waiting_for,
                        "exempted": deadline.exempted.ground if deadline.exempted else None,
                    }
                    for deadline in view.deadlines
                ],
                "findings": [finding(call, case_finding) for case_finding in findings],
                "events": events,
                "calendar_acts": [act.model_dump(by_alias=True) for act in acts],
            }
        )
        return
    unadopted = app.library.unadopted_act(view.procedure, app.reads.office(), view.case.unit)
    stage = _stage(call, view.case, view.stage)
    call.print(f"{view.case.id}  {_about(call, view.case)}")
    for head, value in (("unit", call.name(view.case.unit)), ("edition", view.case.edition), ("stage", stage)):
        if value:
            call.print(f"  {call.say('cli.head.' + head)}: {value}")
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
    ahead = [(fact.on, name) for name, fact in sorted(view.case.facts.items()) if fact.on > today]
    if ahead:
        call.print("\n" + call.say("cli.ahead", today=today))
        call.table(("on", "id"), ahead, indent=2)
    _print_notices(call, view.case)
    if findings:
        call.print("\n" + call.say("cli.findings"))
        print_findings(call, findings, indent=2)
    call.print("\n" + call.say("cli.history"))
    # Events are withdrawn by number; withdrawn ones are shown in brackets.
    history = [
        (
            f"#{event.seq}" if effective is not None else f"(#{event.seq})",
            event.at.date(),
            event.by,
            call.say(f"cli.event.{event.word}"),
            event.name,
            event.on,
            event.payload.get("ground"),
        )
        for event, effective in zip(events, effective_events(events), strict=True)
    ]
    call.table(("line", "at", "by", "event", "id", "on", "ground"), history, indent=2)
    for act in acts:
        call.print("\n" + paragraph(f"{act.on}, {act.by}: {act.cause}", indent=2))
        moved_rows = [
            (moved_date.obligation, moved_date.before or "-", moved_date.after or "-")
            for moved_date in act.moved
        ]
        call.table(("id", "was", "is"), moved_rows, indent=4)


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


def replan(ctx: typer.Context, case: CaseId, fact: Fact, on: On, dry_run: DryRun = False) -> None:
    """Changes a plan date."""
    call = CommandContext.of(ctx, writes=True)
    planned = day(on, where="--on")
    result = verbs.replan(
        call.ctx, build(verbs.Replan, {"case": case, "planned": {fact: planned}, "preview": dry_run})
    )
    print_change(
        call, result, code_done="cli.replanned", already="cli.replanned_already", fact=fact, on=planned
    )


def passport(
    ctx: typer.Context,
    case: CaseId,
    object_ru: Annotated[
        str | None, typer.Option("--object-ru", metavar="T", help="the object in Russian, in the nominative")
    ] = None,
    object_kk: Annotated[
        str | None, typer.Option("--object-kk", metavar="T", help="the object in Kazakh, in the nominative")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="U", help="the unit")] = None,
    responsible: Annotated[
        list[str] | None,
        typer.Option(
            "--responsible", metavar="OBLIGATION=PERSON", help="who answers for an obligation (repeatable)"
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            metavar="NAME;POST;ROLE",
            help="a member of the working group (repeatable); an empty one takes the group away",
        ),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(
            "--period",
            metavar="FIRST..LAST",
            help="the period analysed, first and last day: 2024-01-01..2025-12-31",
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Shows or changes the passport of a case: object, unit, group, responsible people, period analysed."""
    call = CommandContext.of(ctx, writes=True)
    fields: dict[str, object] = {"object_ru": object_ru, "object_kk": object_kk, "unit": unit, "group": group}
    if responsible:
        fields["responsible"] = named_texts(responsible, where="--responsible")
    if period is not None:
        fields["period"] = [day(text, where="--period") for text in period.split("..") if text.strip()]
    changes = {name: value for name, value in fields.items() if value is not None}
    if not changes:
        _print_passport(call, call.app.case_commands.view(case, today=call.moment.today).case)
        return
    command = build(verbs.Passport, {"case": case, **changes, "preview": dry_run})
    print_change(
        call, verbs.describe(call.ctx, command), code_done="cli.described", already="cli.described_already"
    )


def explain(
    ctx: typer.Context, case: CaseId, name: Annotated[str, typer.Argument(metavar="OBLIGATION")]
) -> None:
    """Explains why a deadline is what it is, with its act."""
    call = CommandContext.of(ctx)
    view = call.app.case_commands.view(case, today=call.moment.today)
    deadlines = deadline_named(view, name)
    if call.json:
        answers = [{"case": view.case.id, **obligation(call, deadline)} for deadline in deadlines]
        call.answer(answers[0] if len(answers) == 1 else {"obligations": answers})
        return
    call.print("\n\n".join(explained(call, deadline) for deadline in deadlines))


def _print_passport(call: CommandContext, case: Case) -> None:
    period = [day.isoformat() for day in case.period or ()]
    fields: dict[str, object] = {
        name: getattr(case, name) for name in ("object", "object_kk", "object_ru", "unit")
    }
    fields |= {"group": case.group, "period": period, "responsible": case.responsible}
    if call.json:
        call.answer({"case": case.id, **fields})
        return
    rows: list[tuple[str, str]] = [
        *((name, str(fields[name])) for name in ("object", "object_kk", "object_ru")),
        ("unit", call.name(case.unit)),
        ("period", " – ".join(period)),
        *(("group", member) for member in case.group),
        *(("responsible", f"{name}: {call.name(text)}") for name, text in sorted(case.responsible.items())),
    ]
    call.table(("field", "value"), [(call.say(f"passport.{name}"), value) for name, value in rows if value])


def _print_notices(call: CommandContext, case: Case) -> None:
    """Print the numbers and signatories recorded with the facts."""
    numbers = [
        (name, call.say("cli.value", value=value, number=number))
        for name, fact in sorted(case.facts.items())
        for value, number in fact.values.items()
    ]
    signed = [
        (name, call.say("cli.signed_by", duty=fact.signed_by))
        for name, fact in sorted(case.facts.items())
        if fact.signed_by
    ]
    if numbers or signed:
        call.print("\n" + call.say("cli.told"))
        call.table(("id", "value"), sorted([*numbers, *signed]), indent=2)


def _about(call: CommandContext, case: Case) -> str:
    """Return the object of a case, for bodies as named by the act; for a yearly programme without one, its
    title.
    """
    edition = call.app.library.named(case.edition)
    if case.object in edition.bodies:
        return edition.bodies[case.object].title[call.language]
    return case.object_in(call.language) or edition.title[call.language]


def _stage(call: CommandContext, case: Case, stage: str) -> str:
    title = stage_title(call.app, case, stage)
    return call.say(title) if isinstance(title, str) else title[call.language]


def _head(call: CommandContext, case: Case) -> dict[str, object]:
    return {
        "id": case.id,
        "procedure": case.procedure,
        "edition": case.edition,
        "object": case.object_in(call.language),
        "object_kk": case.object_kk,
        "object_ru": case.object_ru,
        "unit": case.unit,
        "kind": case.kind,
        "person": case.person,
        "standing": case.standing,
    }


def _show_reader(call: CommandContext, _: object, result: CommandResult) -> None:
    case = call.app.case_commands.view(result.case, today=call.moment.today).case
    call.print(f"{result.case}: {', '.join(call.name(reader) for reader in case.readers)}")


COMMANDS: dict[str, Callable[..., object]] = {
    "open": mount(verbs.open_case, _show_opened, arguments=("procedure",)),
    "record": mount(
        verbs.record,
        says("cli.recorded", "cli.recorded_already"),
        arguments=("case", "fact"),
        proves=_procedure_and_fact,
    ),
    "decide": mount(
        verbs.decide, _show_decision, arguments=("case", "decision", "option"), proves=_procedure_and_option
    ),
    "correct": mount(verbs.correct, says("cli.corrected", "cli.recorded_already"), arguments=("case", "fact")),
    "withdraw": mount(verbs.withdraw, says("cli.withdrawn"), arguments=("case", "name")),
    "cancel": mount(verbs.cancel, says("cli.cancelled")),
    "exempt": mount(verbs.exempt, says("cli.exempted")),
    "reopen": mount(verbs.reopen, _show_reopened),
    "migrate": mount(
        verbs.migrate, says("cli.case_migrated", "cli.case_migrated_already"), options={"edition": "to"}
    ),
    "reader add": mount(verbs.add_reader, _show_reader, arguments=("case", "person")),
    "open-year": open_year,
    "cases": cases,
    "case": show,
    "replan": replan,
    "passport": passport,
    "explain": explain,
}
GROUPS = {
    "reader": "Who knows of a confidential case.",
}
