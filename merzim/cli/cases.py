"""Cases: `open`, `open-year`, `cases`, `case`, `record`, `replan`, `correct`, `cancel`, `exempt` and more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from merzim.cli.answers import explained, finding, obligation, print_deadlines, print_findings
from merzim.cli.call import CommandContext
from merzim.cli.help import Command
from merzim.cli.parsing import day, named_days, named_numbers, number
from merzim.cli.printing import paragraph
from services.queries import findings_of, person_named, stage_title, unit_named

if TYPE_CHECKING:
    from workflow.cases.case import Case
    from workflow.cases.commands.desk import Change, Desk

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Fact = Annotated[str, typer.Argument(metavar="FACT")]
On = Annotated[str, typer.Option("--on", metavar="DATE", help="cli.option.on")]
Values = Annotated[list[str] | None, typer.Option("--value", metavar="NAME=NUMBER", help="cli.option.value")]
SignedBy = Annotated[str, typer.Option("--signed-by", metavar="DUTY", help="cli.option.signed_by")]
Ground = Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="cli.option.dry_run")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands on the application."""
    commands: dict[str, Callable[..., object]] = {
        "open": open_case,
        "open-year": open_year,
        "cases": cases,
        "case": show,
        "record": record,
        "replan": replan,
        "correct": correct,
        "withdraw": withdraw,
        "cancel": cancel,
        "exempt": exempt,
        "reopen": reopen,
        "explain": explain,
    }
    for name, command in commands.items():
        app.command(name, cls=Command, help=f"cli.help.{name}")(command)


def open_case(
    ctx: typer.Context,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE")],
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
    object: Annotated[str, typer.Option("--object", metavar="O", help="cli.option.object")] = "",
    person: Annotated[str, typer.Option("--person", metavar="KEY", help="cli.option.about")] = "",
    planned: Annotated[
        list[str] | None, typer.Option("--planned", metavar="NAME=DATE", help="cli.option.planned")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="cli.option.again")] = False,
) -> None:
    from workflow.cases.commands.opening import Opening

    call = CommandContext.of(ctx)
    opening = Opening(
        procedure=procedure,
        unit=unit_named(call.app, unit, new=True),
        object=object,
        person=person_named(call.app, person),
        planned=named_days(planned, where="--planned"),
        again=again,
    )
    opened = call.app.desk.open(opening, **_written(call))
    if call.json:
        call.answer(_head(call, opened))
    else:
        call.print(call.say("cli.opened", case=opened.id, edition=opened.edition))


def open_year(
    ctx: typer.Context,
    year: Annotated[str, typer.Argument(metavar="YEAR")],
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
) -> None:
    from services.yearly.opening import open_year as opened_year

    call = CommandContext.of(ctx)
    asked = number(year, where="YEAR", first=2000, last=2100)
    done = opened_year(call.app, asked, unit=unit_named(call.app, unit), **_written(call))
    if call.json:
        cases = [_head(call, case) for case in done.cases]
        call.answer({"year": asked, "opened": cases, "there": done.there})
    elif done.cases:
        units = len({case.unit for case in done.cases})
        call.print(call.say("cli.year_opened", year=asked, cases=len(done.cases), units=units))
    else:
        call.print(call.say("cli.year_there", year=asked, cases=done.there))


def cases(ctx: typer.Context) -> None:
    call = CommandContext.of(ctx)
    heads = call.app.reads.cases()
    standing = call.app.reads.stages([head.id for head in heads])
    if call.json:
        call.answer({"cases": [_head(call, head) | {"stage": standing.get(head.id)} for head in heads]})
        return
    rows = [(head.id, _about(call, head), head.unit, _stage(call, head, standing[head.id])) for head in heads]
    if rows or call.lists:
        call.table(("case", "object", "unit", "stage"), rows)
    else:
        call.print(call.say("cli.no_cases"))


def show(ctx: typer.Context, case: CaseId) -> None:
    from workflow.cases.case import effective_events

    call = CommandContext.of(ctx)
    app, today = call.app, call.moment.today
    view = app.desk.view(case, today=today)
    found = findings_of(app, view)
    events = app.reads.events(case)
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
                "obligations": [obligation(call, deadline) for deadline in view.deadlines],
                "findings": [finding(call, one) for one in found],
                "events": events,
            }
        )
        return
    stage = _stage(call, view.case, view.stage)
    call.print(f"{view.case.id}  {_about(call, view.case)}")
    for head, value in (("unit", view.case.unit), ("edition", view.case.edition), ("stage", stage)):
        if value:
            call.print(f"  {call.say('cli.head.' + head)}: {value}")
    call.print()
    asked = [deadline for deadline in view.deadlines if deadline.state != "not_required"]
    print_deadlines(call, asked, today=today)
    apart = [deadline.id for deadline in view.deadlines if deadline.state == "not_required"]
    if apart:
        call.print("\n" + paragraph(call.say("cli.not_required", count=len(apart), ids=", ".join(apart))))
    ahead = [(fact.on, name) for name, fact in sorted(view.case.facts.items()) if fact.on > today]
    if ahead:
        call.print("\n" + call.say("cli.ahead", today=today))
        call.table(("on", "id"), ahead, indent=2)
    _print_told(call, view.case)
    if found:
        call.print("\n" + call.say("cli.findings"))
        print_findings(call, found, indent=2)
    call.print("\n" + call.say("cli.history"))
    # A line is withdrawn by its number: one that is withdrawn already stands in brackets.
    effective = effective_events(events)
    history = [
        (
            f"#{one.seq}" if left is not None else f"(#{one.seq})",
            one.at.date(),
            one.by,
            call.say(f"cli.event.{one.word}"),
            one.name,
            one.on,
        )
        for one, left in zip(events, effective, strict=True)
    ]
    call.table(("line", "at", "by", "event", "id", "on"), history, indent=2)


def record(
    ctx: typer.Context,
    case: CaseId,
    fact: Fact,
    on: On,
    evidence: Annotated[
        list[str] | None,
        typer.Option("--evidence", metavar="[KIND=]FILE|URL[@DATE]", help="cli.option.evidence"),
    ] = None,
    value: Values = None,
    signed_by: SignedBy = "",
) -> None:
    from merzim.cli.proofs import given, kept

    call = CommandContext.of(ctx)
    told: dict[str, Any] = {"values": named_numbers(value, where="--value"), "signed_by": signed_by}
    app, happened = call.app, day(on, where="--on")
    before = app.desk.view(case, today=call.moment.today)
    proofs = [given(text, before.procedure, fact) for text in evidence or ()]
    items = [kept(proof, app.evidence) for proof in proofs]
    change = app.desk.record(case, fact, on=happened, evidence=items, **told, **_written(call))
    _tell(call, change, done="cli.recorded", already="cli.recorded_already", fact=fact, on=happened)


def replan(ctx: typer.Context, case: CaseId, fact: Fact, on: On, dry_run: DryRun = False) -> None:
    call = CommandContext.of(ctx)
    intended = day(on, where="--on")
    _do(
        call,
        case,
        lambda desk: desk.replan(case, fact, on=intended, **_written(call)),
        dry_run=dry_run,
        done="cli.replanned",
        already="cli.replanned_already",
        fact=fact,
        on=intended,
    )


def correct(
    ctx: typer.Context,
    case: CaseId,
    fact: Fact,
    on: On,
    ground: Ground,
    value: Values = None,
    signed_by: SignedBy = "",
    dry_run: DryRun = False,
) -> None:
    call = CommandContext.of(ctx)
    right = day(on, where="--on")
    told: dict[str, Any] = {"values": named_numbers(value, where="--value"), "signed_by": signed_by}
    _do(
        call,
        case,
        lambda desk: desk.correct(case, fact, on=right, ground=ground, **told, **_written(call)),
        dry_run=dry_run,
        done="cli.corrected",
        already="cli.recorded_already",
        fact=fact,
        on=right,
    )


def withdraw(
    ctx: typer.Context,
    case: CaseId,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    ground: Ground,
    evidence: Annotated[str, typer.Option("--evidence", metavar="FILE|URL", help="cli.option.withdrawn")] = "",
    dry_run: DryRun = False,
) -> None:
    from workflow.cases.commands import withdrawals

    call = CommandContext.of(ctx)
    _do(
        call,
        case,
        lambda desk: withdrawals.withdraw(desk, case, name, ground=ground, evidence=evidence, **_written(call)),
        dry_run=dry_run,
        done="cli.withdrawn",
        name=name,
    )


def cancel(ctx: typer.Context, case: CaseId, ground: Ground, dry_run: DryRun = False) -> None:
    call = CommandContext.of(ctx)
    _do(
        call,
        case,
        lambda desk: desk.cancel(case, ground=ground, **_written(call)),
        dry_run=dry_run,
        done="cli.cancelled",
    )


def exempt(
    ctx: typer.Context,
    case: CaseId,
    ground: Ground,
    only: Annotated[str, typer.Option("--obligation", metavar="OBLIGATION", help="cli.option.obligation")] = "",
    dry_run: DryRun = False,
) -> None:
    call = CommandContext.of(ctx)
    _do(
        call,
        case,
        lambda desk: desk.exempt(case, ground=ground, obligation=only, **_written(call)),
        dry_run=dry_run,
        done="cli.exempted",
    )


def reopen(
    ctx: typer.Context,
    case: CaseId,
    ground: Ground,
    only: Annotated[str, typer.Option("--obligation", metavar="OBLIGATION", help="cli.option.obligation")] = "",
    dry_run: DryRun = False,
) -> None:
    call = CommandContext.of(ctx)
    _do(
        call,
        case,
        lambda desk: desk.reopen(case, ground=ground, obligation=only, **_written(call)),
        dry_run=dry_run,
        done="cli.reopened_one" if only else "cli.reopened",
        obligation=only,
    )


def explain(
    ctx: typer.Context, case: CaseId, name: Annotated[str, typer.Argument(metavar="OBLIGATION")]
) -> None:
    from merzim.cli.obligation_names import deadline_named

    call = CommandContext.of(ctx)
    view = call.app.desk.view(case, today=call.moment.today)
    deadlines = deadline_named(view, name)
    if call.json:
        answers = [{"case": view.case.id, **obligation(call, deadline)} for deadline in deadlines]
        call.answer(answers[0] if len(answers) == 1 else {"obligations": answers})
        return
    call.print("\n\n".join(explained(call, deadline) for deadline in deadlines))


def _written(call: CommandContext) -> dict[str, Any]:
    """Who writes, and when: what every command of the desk asks for."""
    return {"by": call.by, "now": call.moment.now, "today": call.moment.today}


def _do(
    call: CommandContext,
    case: str,
    command: Callable[[Desk], Change],
    *,
    dry_run: bool,
    done: str,
    already: str = "",
    **arguments: object,
) -> None:
    """Run a command and print what it did; with `--dry-run` print what it would do."""
    if not dry_run:
        _tell(call, command(call.app.desk), done=done, already=already, **arguments)
        return
    from notifications.moved_dates import people_to_tell
    from workflow.cases.commands.previews import preview

    foreseen = preview(call.app.desk, case, command, today=call.moment.today)
    people = people_to_tell(foreseen.deadlines, call.app.reads.notices(case))
    changes = [(one.obligation, one.before, one.after) for one in foreseen.deadlines]
    if call.json:
        moved = [{"obligation": name, "from": old, "to": new} for name, old, new in changes]
        would = bool(foreseen.change.events)
        call.answer({"case": case, "dry_run": True, "changed": would, "moved": moved, "tells": sorted(people)})
        return
    call.print(
        call.say(
            "preview.summary",
            moved=len(foreseen.moved),
            dropped=len(foreseen.dropped),
            opened=len(foreseen.opened),
            people=len(people),
        )
    )
    if changes:
        call.table(
            ("id", "was", "is"), [(name, old or "-", new or "-") for name, old, new in changes], indent=2
        )
    call.print(call.say("cli.nothing_written"))


def _print_told(call: CommandContext, case: Case) -> None:
    """Numbers and signatures that go with the facts."""
    told = [
        (name, call.say("cli.value", value=value, number=number))
        for name, fact in sorted(case.facts.items())
        for value, number in fact.values.items()
    ]
    signed = [
        (name, call.say("cli.signed_by", duty=fact.signed_by))
        for name, fact in sorted(case.facts.items())
        if fact.signed_by
    ]
    if told or signed:
        call.print("\n" + call.say("cli.told"))
        call.table(("id", "value"), sorted([*told, *signed]), indent=2)


def _about(call: CommandContext, case: Case) -> str:
    """What a case is about: its object, as the act names it; of a programme without one, its title."""
    edition = call.app.library.named(case.edition)
    if case.object in edition.bodies:
        return edition.bodies[case.object].title[call.language]
    return case.object or edition.title[call.language]


def _stage(call: CommandContext, case: Case, stage: str) -> str:
    named = stage_title(call.app, case, stage)
    return call.say(named) if isinstance(named, str) else named[call.language]


def _head(call: CommandContext, case: Case) -> dict[str, object]:
    return {
        "id": case.id,
        "procedure": case.procedure,
        "edition": case.edition,
        "object": case.object,
        "unit": case.unit,
        "kind": case.kind,
        "person": case.person,
        "standing": case.standing,
    }


def _tell(call: CommandContext, change: Change, *, done: str, already: str = "", **arguments: object) -> None:
    """What a command did, and which due dates it moved."""
    if call.json:
        call.answer(
            {
                "case": change.case.id,
                "changed": bool(change.events),
                "events": change.events,
                "moved": [{"obligation": name, "from": old, "to": new} for name, old, new in change.moved],
            }
        )
        return
    code = done if change.events or not already else already
    call.print(call.say(code, case=change.case.id, **arguments))
    if change.moved:
        call.print(call.say("cli.moved"))
        moved = [(name, old or "-", new or "-") for name, old, new in change.moved]
        call.table(("id", "was", "is"), moved, indent=2)
