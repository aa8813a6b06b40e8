"""Commands on the law: `procedures`, `plan`, `audit` (no database), `law check` and `editions`."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated

import i18n
from merzim.cli.call import CommandContext
from merzim.cli.mount import DryRun, ProcedureOption, command, day, named
from merzim.cli.printing import print_deadlines, print_findings
from merzim.cli.rendering import Json, paragraph, picked
from merzim.documents.sheets.listing import write_workbook
from merzim.services.documents.past_analyses import departures, judge_past, past_template
from merzim.services.inputs import OpenFile
from merzim.services.law import editions as law
from merzim.services.names import USUAL
from merzim.services.results import FindingResult, PlanResult
from merzim.settings import AuthorisedBody, find_authority
from workflow.cases.commands.planning import plan as what_if
from workflow.deadlines.explanations import rule_parts
from workflow.law.library import compare
from workflow.law.procedure import Obligation, Procedure
from workflow.machine import diagram as drawn
from workflow.org.kinds import KINDS
from workflow.refusal import Refusal, closest_first

AUTHORITY = ("authorised_body", "now", "before", "detection", "name", "from", "until", "confirmed_on")
OF_ALL_EDITIONS = ("procedures", "edition", "in_force", "title", *AUTHORITY)
OF_ONE_PROCEDURE = (
    *("edition", "title", "in_force", "in_force_assumed", "last_checked_on", "procedures", "stages"),
    *("obligations", "acts", "bodies", "id", "stage", "term_in_words", "force", "act", "paragraph"),
    *("abolished_on", "successors", "notes", *AUTHORITY),
)
"""What the text of all editions shows, and of one procedure's."""
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
        "authorised_body": _authorities(call),
    }
    call.give(answer, *(OF_ALL_EDITIONS if name is None else OF_ONE_PROCEDURE))


def _edition(call: CommandContext, edition: Procedure) -> Json:
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
    return "; ".join(i18n.explain(rule_parts(obligation, edition), call.language))


def _authorities(call: CommandContext) -> Json:
    """Return the authorised bodies as JSON: whose rules hold, since when confirmed, whose did, who detects."""
    bodies, today = call.settings.office.authorised_body, call.moment.today
    now, before = find_authority(bodies, on=today)
    detection, _ = find_authority(bodies, on=today, function="detection")
    confirmed_on = now and now.confirmed_on

    def body(of: AuthorisedBody | None) -> object:
        return of and {"name": of.name[call.language], "from": of.since, "until": of.until}

    return {
        "on": today,
        "confirmed_on": confirmed_on if confirmed_on and confirmed_on <= today else None,
        "now": body(now),
        "before": body(before),
        "detection": body(detection),
    }


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
    if kind and kind not in KINDS:
        raise Refusal("cli.unknown_kind", kind=kind, allowed=closest_first(kind, KINDS))
    answers = named(decide or (), "--decide", day, code="cli.not_an_answer", sign="@")
    if wrong := next((answer for answer in answers if "=" not in answer), None):
        raise Refusal("cli.not_an_answer", text=wrong, where="--decide")
    plan = what_if(
        call.app.library,
        procedure,
        facts={**(facts or {}), **answers},
        planned=planned or {},
        calendar=call.app.calendar,
        on=on,
        today=call.moment.today if call.common.now else None,
        kind=kind,
    )
    result = PlanResult.of(plan, call.language, calendar_version=call.app.calendar.version)
    call.answer(result)
    call.print(f"{plan.procedure.title[call.language]} ({plan.procedure.edition})\n")
    print_deadlines(call, plan.deadlines)
    if dated := [deadline for deadline in plan.deadlines if deadline.due is not None]:
        call.print("\n" + call.say("cli.plan.why"))
        reasons = (" ".join(i18n.explain(each.explanation, call.language)) for each in dated)
        call.print("\n\n".join(paragraph(reason, indent=2) for reason in reasons))
    for name, start in result.latest_start.items():
        title = plan.procedure.by_id[name.partition(".")[0]].title
        call.print("\n" + call.say("cli.plan.latest_start", title=title, on=start))
    print_findings(call, plan.findings)
    return not plan.findings


@command("audit FILE")
def audit(
    call: CommandContext,
    file: OpenFile | None = None,
    template: Annotated[Path | None, "write an empty table with its headings in words to this file"] = None,
    procedure: ProcedureOption = USUAL,
) -> bool:
    """Findings for a table of past analyses.

    Columns are headed in words (Order, Start) or by codes of facts; --template writes an empty one.
    """
    if template is not None:
        write_workbook(template, past_template(call.app.library.latest(procedure), call.language))
        call.tell({"template": template}, "cli.template_written", file=str(template))
        return True
    if file is None:
        raise Refusal("cli.missing_parameter", name="FILE")
    judged = judge_past(call.app, file.content.read(), file.name, procedure)
    unread = judged[0][0].unread
    found = [
        {"case": past.case, "findings": [FindingResult.of(each, call.language) for each in plan.findings]}
        for past, plan in judged
    ]
    call.answer({"cases": found, "unread": unread})
    for past, plan in judged:
        call.print(f"{past.case}:" if plan.findings else call.say("cli.audit.case_clean", case=past.case))
        print_findings(call, plan.findings, heading="")
    if unread:
        call.print(call.say("paper_unread", names=[f"«{name}»" for name in unread]))
    late = [departure for past, plan in judged for departure in departures(past, plan)]
    late.sort(key=lambda each: (each.finding.late_by is None, -(each.finding.late_by or 0)))
    if late:
        rows = [
            {
                **picked(each, "case", "cell"),
                "title": each.title[call.language] + (f" ({each.period})" if each.period else ""),
                "date": each.on,
                "law_date": each.due,
                "late_by_working_days": each.finding.late_by,
            }
            for each in late
        ]
        call.print()
        call.show({"late": rows}, "late", *rows[0])
    return not late


@command("law check FOLDER")
def check(call: CommandContext, folder: Path | None = None) -> bool:
    """Checks the files of own procedures and registers: names everything wrong with them, runs their examples.

    Exit code 1 when something is wrong.
    """
    files = law.check(call.app, folder)
    answer = [picked(file, "file", "holds", "problems", "warnings", "edition", "register") for file in files]
    if not files:
        call.tell({"files": answer}, "cli.law_none")
        return True
    shows = ("file", "edition", "register", "holds", "problems", "warnings", "files")
    call.give({"files": answer}, *shows)
    return all(file.holds for file in files)


@command("editions diff A B")
def diff(call: CommandContext, before: str, after: str) -> None:
    """Compares two editions, key by key of their files."""
    editions = {"before": call.app.library.named(before), "after": call.app.library.named(after)}

    def side(edition: Procedure, obligation: str, what: str, value: object) -> object:
        """Return one side of a difference: a term in words, anything else as the file has it."""
        if value in (None, ()):
            return ""
        is_term = what in ("term", "added", "removed")
        return _term(call, edition, edition.by_id[obligation]) if is_term else value

    changes = [
        {
            **picked(change, "obligation", "what"),
            **{
                name: side(edition, change.obligation, change.what, getattr(change, name))
                for name, edition in editions.items()
            },
        }
        for change in compare(*editions.values())
    ]
    call.answer({"a": before, "b": after, "changes": changes})
    if not changes:
        call.print(call.say("editions.same"))
    titles = {name: edition.by_id[name].title for edition in editions.values() for name in edition.by_id}
    for name, of_obligation in groupby(changes, key=lambda change: str(change["obligation"])):
        call.print(f"{titles[name][call.language]} ({name})" if name else "")
        for change in of_obligation:
            was, becomes = (call.cell(change[side]) or "–" for side in editions)
            call.print(paragraph(f"{change['what']}: {was} → {becomes}", indent=2))


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
