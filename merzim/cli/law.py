"""Commands on the law: `procedures`, `plan`, `audit` (no database), `law check` and `editions`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from merzim.cli.call import CommandContext
from merzim.cli.mount import command
from merzim.cli.parsing import PROCEDURE, DryRun, ProcedureOption, answers_on
from merzim.cli.printing import explanation, obligation, print_deadlines, print_findings, results
from merzim.cli.rendering import paragraph, picked, record_of
from merzim.documents.sheets.listing import write_file
from merzim.services.imports.past import judge_past, past_template, worst_first
from merzim.services.inputs import OpenFile
from merzim.services.law import editions as law
from merzim.settings import find_authority
from workflow.cases.commands.planning import plan as what_if
from workflow.deadlines.explanations import rule_parts
from workflow.law.library import compare
from workflow.machine import diagram as drawn
from workflow.org.kinds import KINDS
from workflow.refusal import Refusal, closest_first

if TYPE_CHECKING:
    from merzim.settings import AuthorisedBody
    from workflow.law.library import EditionChange
    from workflow.law.procedure import Obligation, Procedure

AUTHORITY = ("authorised_body", "now", "before", "detection", "name", "from", "until", "confirmed_on")
OF_ALL_EDITIONS = ("procedures", "edition", "in_force", "title", *AUTHORITY)
OF_ONE_PROCEDURE = (
    *(
        "edition",
        "title",
        "in_force",
        "in_force_assumed",
        "last_checked_on",
        "procedures",
        "stages",
        "obligations",
    ),
    *("acts", "bodies", "id", "stage", "term_in_words", "force", "act", "paragraph", "abolished_on"),
    *("successors", "notes"),
    *AUTHORITY,
)
"""What the text of all editions shows, and of one procedure's."""


@command("procedures ID")
def procedures(
    call: CommandContext,
    name: str | None = None,
    diagram: Annotated[bool, "the stages as a Mermaid diagram"] = False,
) -> None:
    """Procedures and their editions; with ID: stages, obligations, acts."""
    library = call.app.library
    editions = library.all() if name is None else library.editions_of(name) or (library.named(name),)
    if diagram:
        call.write("\n\n".join(drawn(edition) for edition in editions))
        return
    answer = {
        "procedures": [_edition(call, edition) for edition in editions],
        "authorised_body": _authorities_answer(call),
    }
    call.give(answer, *(OF_ALL_EDITIONS if name is None else OF_ONE_PROCEDURE))


@command("plan PROCEDURE")
def plan(
    call: CommandContext,
    procedure: str,
    facts: Annotated[dict[str, date] | None, "a fact and the day it happened"] = None,
    planned: Annotated[dict[str, date] | None, "something intended and its day"] = None,
    decide: Annotated[
        list[str] | None, "The answer to a decision and its day: established=yes@2026-04-10"
    ] = None,
    on: Annotated[date | None, "the edition of the procedure in force on that day"] = None,
    kind: Annotated[str, "the kind of organisation (for example, district_akim_office)"] = "",
) -> bool:
    """All due dates, windows and conflicts: a what-if without a database.

    Exit code 1 when there are findings.
    """
    app = call.app
    if kind and kind not in KINDS:
        raise Refusal("cli.unknown_kind", kind=kind, allowed=closest_first(kind, KINDS))
    plan = what_if(
        app.library,
        procedure,
        facts={**(facts or {}), **answers_on(decide, where="--decide")},
        planned=planned or {},
        calendar=app.calendar,
        on=on,
        today=call.moment.today if call.common.now else None,
        kind=kind,
    )
    answer = {
        "procedure": plan.procedure.id,
        "edition": plan.procedure.edition,
        "calendar_version": app.calendar.version,
        "obligations": [obligation(call, deadline) for deadline in plan.deadlines],
        "findings": results(call, plan.findings),
        "ahead": plan.ahead,
        "latest_start": dict(plan.latest_start),
    }
    call.answer(answer)
    call.print(f"{plan.procedure.title[call.language]} ({plan.procedure.edition})\n")
    print_deadlines(call, plan.deadlines)
    if dated := [deadline for deadline in plan.deadlines if deadline.due is not None]:
        call.print("\n" + call.say("cli.plan.why"))
        call.print("\n\n".join(paragraph(explanation(call, deadline), indent=2) for deadline in dated))
    for deadline_id, start in dict(plan.latest_start).items():
        title = plan.procedure.by_id[deadline_id.partition(".")[0]].title
        call.print("\n" + call.say("cli.plan.latest_start", title=title, on=start))
    print_findings(call, plan.findings)
    return not plan.findings


@command("audit FILE")
def audit(
    call: CommandContext,
    file: OpenFile | None = None,
    template: Annotated[Path | None, "write an empty table with its headings in words to this file"] = None,
    procedure: ProcedureOption = PROCEDURE,
) -> bool:
    """Findings for a table of past analyses.

    Columns are headed in words (Order, Start) or by codes of facts; --template writes an empty one.
    """
    if template is not None:
        write_file(template, past_template(call.app.library.latest(procedure), call.language))
        call.tell({"template": template}, "cli.template_written", file=str(template))
        return True
    if file is None:
        raise Refusal("cli.missing_parameter", name="FILE")
    cases = judge_past(call.app, file.content.read(), file.name, procedure)
    findings = {case.case: [departure.finding for departure in case.departures] for case in cases}
    found = [{"case": name, "findings": results(call, of)} for name, of in findings.items()]
    call.answer({"cases": found, "unread": cases[0].unread})
    for name, of in findings.items():
        call.print(f"{name}:" if of else call.say("cli.audit.case_clean", case=name))
        print_findings(call, of, heading="")
    if cases[0].unread:
        call.print(call.say("paper_unread", names=[f"«{name}»" for name in cases[0].unread]))
    late = worst_first(departure for case in cases for departure in case.departures)
    if late:
        rows = [
            {
                **picked(departure, "case", "cell"),
                "title": departure.title[call.language]
                + (f" ({departure.period})" if departure.period else ""),
                "date": departure.on,
                "law_date": departure.due,
                "late_by_working_days": departure.finding.late_by,
            }
            for departure in late
        ]
        shows = ("case", "cell", "title", "date", "law_date", "late_by_working_days")
        call.print()
        call.show({"late": rows}, "late", *shows)
    return not late


def _authorities_answer(call: CommandContext) -> dict[str, object]:
    """Return the authorised bodies of the settings as JSON: whose rules hold, whose did, and who detects."""
    bodies, today = call.settings.office.authorised_body, call.moment.today
    authority = find_authority(bodies, on=today)
    detection = find_authority(bodies, on=today, function="detection")

    def answer(body: AuthorisedBody | None) -> object:
        return body and {"name": body.name[call.language], "from": body.since, "until": body.until}

    days = picked(authority, "on", "confirmed_on")
    bodies_now = {"now": authority.now, "before": authority.before, "detection": detection.now}
    return {**days, **{name: answer(body) for name, body in bodies_now.items()}}


EDITION = (
    *("id", "edition", "in_force", "in_force_assumed", "last_checked_on", "begins_with", "digest"),
    *("applies_to", "opened", "confidential", "title"),
)
OBLIGATION = (
    *("id", "stage", "duty", "act", "paragraph", "force", "assumed", "since", "sources", "only_for"),
    *("bodies", "values", "evidence", "indicator", "title"),
)
ACT = ("id", "number", "adopted_on", "address", "by_authorised_body", "title")
BODY = ("id", "abolished_on", "successors", "title", "short")


def _edition(call: CommandContext, edition: Procedure) -> dict[str, object]:
    """Return an edition as JSON."""
    return {
        **picked(edition, *EDITION),
        "stages": [picked(stage, "id", "title") for stage in edition.stages],
        "obligations": [
            {
                **picked(obligation, *OBLIGATION),
                "term": next(rule_parts(obligation, edition)).code.removeprefix("term."),
                "term_in_words": _term(call, edition, obligation),
            }
            for obligation in edition.obligations
        ],
        "acts": [picked(act, *ACT) for act in edition.acts.values()],
        "bodies": [picked(body, *BODY) for body in edition.bodies.values()],
        "notes": edition.notes,
    }


def _term(call: CommandContext, edition: Procedure, obligation: Obligation) -> str:
    """Return the rule of an obligation in words."""
    return "; ".join(call.say(part.code, **part.arguments) for part in rule_parts(obligation, edition))


@command("law check FOLDER")
def check(call: CommandContext, folder: Path | None = None) -> bool:
    """Checks the files of own procedures and registers: names everything wrong with them, runs their examples.

    Exit code 1 when something is wrong.
    """
    files = law.check(call.app, folder)
    answer = [
        {
            **picked(file, "file", "holds", "problems", "warnings"),
            "edition": file.edition and file.edition.edition,
            "register": file.register and file.register.edition,
        }
        for file in files
    ]
    if not files:
        call.tell({"files": answer}, "cli.law_none")
        return True
    call.give(
        {"files": answer}, "file", "edition", "register", "holds", "examples", "problems", "warnings", "files"
    )
    return all(file.holds for file in files)


@command("editions diff A B")
def diff(call: CommandContext, before: str, after: str) -> None:
    """Compares two editions, key by key of their files."""
    old, new = call.app.library.named(before), call.app.library.named(after)
    changes = [
        {
            "obligation": change.obligation,
            "what": change.what,
            "before": _side_of_change(call, old, change, change.before),
            "after": _side_of_change(call, new, change, change.after),
        }
        for change in compare(old, new)
    ]
    call.answer({"a": before, "b": after, "changes": changes})
    if not changes:
        call.print(call.say("editions.same"))
    titles = {name: edition.by_id[name].title for edition in (old, new) for name in edition.by_id}
    last = ""
    for change in changes:
        obligation = str(change["obligation"])
        if obligation != last:
            call.print(f"{titles[obligation][call.language]} ({obligation})")
            last = obligation
        line = f"{change['what']}: {call.cell(change['before']) or '–'} → {call.cell(change['after']) or '–'}"
        call.print(paragraph(line, indent=2))


@command("editions adopt", writes=True)
def adopt(call: CommandContext, dry_run: DryRun = False) -> None:
    """Records own editions, and editions whose text changed, in the office's chain and moves the due dates of
    their cases; --dry-run only shows which.
    """
    if dry_run:
        adoptions = law.adoptable(call.app, today=call.moment.today)
    else:
        adoptions = law.adopt(call.app, at=call.moment)
    editions = [picked(adoption, "edition", "digest", "before", "moved") for adoption in adoptions]
    shows = ("adopted", "edition", "digest", "moved", "case", "obligation", "from", "to")
    call.give({"adopted": editions, "preview": dry_run}, *shows)
    if adoptions and dry_run:
        call.print(call.say("cli.nothing_written"))


def _side_of_change(call: CommandContext, edition: Procedure, change: EditionChange, value: object) -> object:
    """Return one side of a difference: a term in words, anything else as the file has it; "" for no value."""
    if value is None or value == ():
        return ""
    if change.what in ("term", "added", "removed"):
        return _term(call, edition, edition.by_id[change.obligation])
    return value if (record := record_of(value)) is None else record
