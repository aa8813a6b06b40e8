"""Commands on the law: `merzim procedures`, `plan` and `audit`. They need no database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.answers import explained, finding, obligation, print_deadlines, print_findings
from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.parsing import BadArgument, answers_on, named_days, optional_day
from merzim.cli.printing import paragraph

if TYPE_CHECKING:
    from merzim.services.imports.past import CheckedDate
    from merzim.settings import AuthorisedBody, Authority
    from workflow.law.procedure import Obligation, Procedure

PROCEDURE = "internal-analysis"
Facts = Annotated[
    list[str] | None, typer.Option("--fact", metavar="NAME=DATE", help="a fact and the day it happened")
]
Planned = Annotated[
    list[str] | None, typer.Option("--planned", metavar="NAME=DATE", help="something intended and its day")
]


def procedures(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="ID")] = None,
    diagram: Annotated[bool, typer.Option("--diagram", help="the stages as a Mermaid diagram")] = False,
) -> None:
    """Procedures and their editions; with ID: stages, obligations, acts."""
    call = CommandContext.of(ctx)
    library = call.app.library
    editions = library.all() if name is None else library.editions_of(name) or (library.named(name),)
    if diagram:
        from workflow.machine import diagram as drawn

        call.print("\n\n".join(drawn(edition) for edition in editions))
    elif call.json:
        procedures = [_edition(call, edition) for edition in editions]
        call.answer({"procedures": procedures, "authorised_body": _authority(call)})
    elif name is None:
        rows = [
            (edition.edition, edition.in_force, edition.title[call.language], len(edition.obligations))
            for edition in editions
        ]
        call.table(("edition", "in_force", "title", "obligations"), rows)
        call.print("\n" + paragraph(_authorised(call)))
    else:
        for edition in editions:
            _print_edition(call, edition)


def plan(
    ctx: typer.Context,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE")],
    facts: Facts = None,
    planned: Planned = None,
    decide: Annotated[
        list[str] | None,
        typer.Option(
            "--decide",
            metavar="D=OPTION@DATE",
            help="The answer to a decision and its day: established=yes@2026-04-10",
        ),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="the edition of the procedure in force on that day"),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind", metavar="KIND", help="the kind of organisation (for example, district_akim_office)"
        ),
    ] = "",
) -> int:
    """All due dates, windows and conflicts: a what-if without a database.

    Exit code 1 when there are findings.
    """
    from workflow.cases.commands.planning import AssumedCase
    from workflow.cases.commands.planning import plan as what_if
    from workflow.refusal import closest_first

    call = CommandContext.of(ctx)
    app = call.app
    if kind and kind not in app.library.kinds:
        raise BadArgument("cli.unknown_kind", kind=kind, allowed=closest_first(kind, app.library.kinds))
    plan = what_if(
        app.library,
        procedure,
        facts={**named_days(facts, where="--fact"), **answers_on(decide, where="--decide")},
        planned=named_days(planned, where="--planned"),
        calendar=app.calendar,
        on=optional_day(on, where="--on"),
        today=call.moment.today if call.common.now else None,
        supposed=AssumedCase(kind=kind),
    )
    if call.json:
        call.answer(
            {
                "procedure": plan.procedure.id,
                "edition": plan.procedure.edition,
                "calendar_version": app.calendar.version,
                "obligations": [obligation(call, deadline) for deadline in plan.deadlines],
                "findings": [finding(call, plan_finding) for plan_finding in plan.findings],
                "ahead": plan.ahead,
                "latest_start": dict(plan.latest_start),
            }
        )
    else:
        call.print(call.say("cli.plan.title", title=plan.procedure.title, edition=plan.procedure.edition))
        call.print()
        print_deadlines(call, plan.deadlines)
        if dated := [deadline for deadline in plan.deadlines if deadline.due is not None]:
            call.print("\n" + call.say("cli.plan.why"))
            call.print("\n\n".join(paragraph(explained(call, deadline), indent=2) for deadline in dated))
        for deadline_id, start in dict(plan.latest_start).items():
            title = plan.procedure.by_id[deadline_id.partition(".")[0]].title
            call.print("\n" + call.say("cli.plan.latest_start", title=title, on=start))
        if plan.findings:
            call.print("\n" + call.say("cli.findings"))
            print_findings(call, plan.findings, indent=2)
    return NOT_SO if plan.findings else DONE


def audit(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="FILE")] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="FILE", help="write an empty table with its headings in words to this file"
        ),
    ] = None,
    procedure: Annotated[
        str,
        typer.Option("--procedure", metavar="PROCEDURE", help="the procedure; internal-analysis by default"),
    ] = PROCEDURE,
) -> int:
    """Findings for a table of past analyses.

    Columns are headed in words (Order, Start) or by codes of facts; --template writes an empty one.
    """
    from merzim.services.imports.past import judge_past, past_template, worst_first

    call = CommandContext.of(ctx)
    if template is not None:
        from merzim.documents.sheets.listing import write_file

        write_file(template, past_template(call.app.library.latest(procedure), call.language))
        if call.json:
            call.answer({"template": template})
        else:
            call.print(call.say("cli.template_written", file=template))
        return DONE
    if file is None:
        raise BadArgument("cli.missing_parameter", name="FILE")
    cases = judge_past(call.app, call.given(file, "xlsx", "csv"), procedure)
    if call.json:
        answer = [{"case": case.case, "findings": [finding(call, f) for f in case.findings]} for case in cases]
        call.answer({"cases": answer, "unread": cases[0].unread})
    else:
        for case in cases:
            call.print(call.say("cli.audit.case" if case.findings else "cli.audit.case_clean", case=case.case))
            print_findings(call, case.findings, indent=2)
        if cases[0].unread:
            call.print(call.say("paper_unread", names=[f"«{name}»" for name in cases[0].unread]))
        late = [
            checked_date
            for checked_date in worst_first(checked_date for case in cases for checked_date in case.dates)
            if checked_date.finding
        ]
        if late:
            heads = ("case", "cell", "title", "date", "law_date", "late_by")
            call.print()
            call.table(heads, [_checked(call, checked_date) for checked_date in late])
    return NOT_SO if any(case.findings for case in cases) else DONE


def _checked(call: CommandContext, checked_date: CheckedDate) -> tuple[object, ...]:
    """Return the table row of a date of a past analysis, with the law's date beside it."""
    late = checked_date.finding.late_by if checked_date.finding else None
    title = checked_date.title[call.language] + (f" ({checked_date.period})" if checked_date.period else "")
    return (
        checked_date.case,
        checked_date.cell or "-",
        title,
        checked_date.on or "-",
        checked_date.due or "-",
        "-" if late is None else late,
    )


def _now(call: CommandContext) -> Authority:
    """Return the authorised body of today."""
    from merzim.settings import find_authority

    return find_authority(call.settings.office.authorised_body, on=call.moment.today)


def _authority(call: CommandContext) -> dict[str, object]:
    """Return the authorised body of the settings as JSON."""
    authority = _now(call)
    bodies, language = {"now": authority.now, "before": authority.before}, call.language
    return {
        "on": authority.on,
        "confirmed_on": authority.confirmed_on,
        **{
            key: body and {"name": body.name[language], "from": body.since, "until": body.until}
            for key, body in bodies.items()
        },
    }


def _authorised(call: CommandContext) -> str:
    """Return in words who issued the rules, who is authorised now, and whether they were confirmed."""
    authority, sentences = _now(call), []
    if authority.before is not None:
        code = "authority.before" if authority.before.until else "authority.before_until_next"
        sentences.append(call.say(code, name=_body_name(call, authority.before), until=authority.before.until))
    if authority.now is not None:
        sentences.append(
            call.say("authority.now", name=_body_name(call, authority.now), since=authority.now.since)
        )
    else:
        sentences.append(call.say("authority.nobody"))
    if authority.confirmed_on is not None:
        sentences.append(call.say("authority.confirmed", on=authority.confirmed_on))
    else:
        sentences.append(call.say("authority.not_confirmed", year=authority.on.year))
    return " ".join(sentences)


def _body_name(call: CommandContext, body: AuthorisedBody) -> str:
    return body.name[call.language]


def _edition(call: CommandContext, edition: Procedure) -> dict[str, object]:
    """Return an edition as JSON."""
    language = call.language
    return {
        "id": edition.id,
        "edition": edition.edition,
        "in_force": edition.in_force,
        "in_force_assumed": edition.in_force_assumed,
        "last_checked_on": edition.last_checked_on,
        "title": edition.title[language],
        "begins_with": edition.begins_with,
        "digest": edition.digest,
        "applies_to": edition.applies_to,
        "opened": edition.opened,
        "confidential": edition.confidential,
        "stages": [{"id": stage.id, "title": stage.title[language]} for stage in edition.stages],
        "obligations": [
            {
                "id": obligation.id,
                "stage": obligation.stage,
                "title": obligation.title[language],
                "duty": obligation.duty,
                "act": obligation.act,
                "paragraph": obligation.paragraph,
                "force": obligation.force,
                "assumed": obligation.assumed,
                "since": obligation.since,
                "term": type(obligation.term).__name__,
                "term_in_words": _term(call, edition, obligation),
                "sources": obligation.sources,
                "only_for": obligation.only_for,
                "bodies": obligation.bodies,
                "values": obligation.values,
                "evidence": obligation.evidence,
                "indicator": obligation.indicator,
            }
            for obligation in edition.obligations
        ],
        "acts": [
            {
                "id": act.id,
                "title": act.title[language],
                "number": act.number,
                "adopted_on": act.adopted_on,
                "address": act.address,
                "by_authorised_body": act.by_authorised_body,
            }
            for act in edition.acts.values()
        ],
        "bodies": [
            {
                "id": body.id,
                "title": body.title[language],
                "short": body.short[language],
                "abolished_on": body.abolished_on,
                "successors": body.successors,
            }
            for body in edition.bodies.values()
        ],
        "notes": [note[language] for note in edition.notes],
    }


def _term(call: CommandContext, edition: Procedure, obligation: Obligation) -> str:
    """Return the rule of an obligation in words."""
    from workflow.deadlines.term_elements import wording

    return "; ".join(call.say(part.code, **part.arguments) for part in wording(obligation, edition))


def _print_edition(call: CommandContext, edition: Procedure) -> None:
    language = call.language
    call.print(f"{edition.edition}  {edition.title[language]}")
    code = "cli.edition.assumed" if edition.in_force_assumed else "cli.edition.in_force"
    call.print(call.say(code, on=edition.in_force, checked=edition.last_checked_on) + "\n")
    for stage in edition.stages:
        call.print(f"{stage.title[language]} ({stage.id})")
        rows = [
            (
                obligation.id,
                obligation.title[language],
                _term(call, edition, obligation),
                call.say(f"cli.force.{obligation.force}"),
                f"{obligation.act}, {obligation.paragraph}",
            )
            for obligation in edition.obligations
            if obligation.stage == stage.id
        ]
        if rows:
            call.table(("id", "title", "term", "force", "act"), rows, indent=2)
        call.print()
    call.table(("act", "title"), [(act.id, act.title[language]) for act in edition.acts.values()])
    if edition.bodies:
        bodies = [
            (body.id, body.title[language], body.abolished_on or "", ", ".join(body.successors))
            for body in edition.bodies.values()
        ]
        call.print()
        call.table(("body", "title", "abolished_on", "successors"), bodies)
    if any(act.by_authorised_body for act in edition.acts.values()):
        call.print("\n" + paragraph(_authorised(call)))
    for note in edition.notes:
        call.print("\n" + note[language])
    call.print()


COMMANDS: dict[str, Callable[..., object]] = {
    "procedures": procedures,
    "plan": plan,
    "audit": audit,
}
