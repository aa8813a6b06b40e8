"""Commands on papers: tables read in, evidence, forms to sign, the package for the project platform."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from merzim.cli.call import CommandContext
from merzim.cli.mount import ProcedureOption, Unit, Year, command, evidence, number
from merzim.cli.printing import titles
from merzim.cli.rendering import Json, picked
from merzim.documents.forms.definitions import form_named, form_names
from merzim.documents.forms.paper import Missing, check_paper, missing_values
from merzim.documents.forms.values import title
from merzim.documents.package import write_package
from merzim.documents.people import title as title_of
from merzim.documents.schedules.reading import empty_schedule
from merzim.documents.sheets.listing import write_file, write_workbook
from merzim.services import audit
from merzim.services.cases.verbs import RecordFact, record
from merzim.services.documents.case_documents import package_documents
from merzim.services.documents.considered_schedules import ImportSchedule
from merzim.services.documents.filling import case_paper, document_of, office_paper, paper_notes
from merzim.services.documents.imported_schedules import ImportedFile, keep_match, take_schedule
from merzim.services.documents.row_papers import person_paper
from merzim.services.documents.year_reports import year_report
from merzim.services.inputs import OpenFile, build, clean_file_name
from merzim.services.names import USUAL, unit_named
from merzim.services.people.table import ImportPeople, import_people
from workflow.cases.case import Evidence
from workflow.cases.registers.evidence_list import proofs
from workflow.languages import PAPER_LANGUAGES
from workflow.law.library import known_fact
from workflow.refusal import Refusal

NEW = "new"
"""Value of `--join` for an analysis that is none of the existing cases it resembles."""


@command("import FILE.xlsx", writes=True)
def import_(
    call: CommandContext,
    file: OpenFile | None = None,
    template: Annotated[Path | None, "write an empty workbook for many objects to this file"] = None,
    procedure: ProcedureOption = USUAL,
    join: Annotated[
        dict[str, str] | None, "the analysis at that row is a known case (ROW=CASE) or a new one (ROW=new)"
    ] = None,
) -> None:
    """A published schedule becomes cases with plan dates. Importing the same file again changes nothing."""
    if template is not None:
        write_workbook(template, empty_schedule(call.language))
        call.tell({"template": template}, "cli.template_written", file=str(template))
        return
    if file is None:
        raise Refusal("cli.missing_parameter", name="FILE.xlsx")
    rows = {
        number(row, "--join", first=0): {"joins": "" if case == NEW else case}
        for row, case in (join or {}).items()
    }
    fields = {"content": file, "procedure": procedure, "rows": rows}
    imported = take_schedule(call.ctx, build(ImportSchedule, fields))
    shows = ("opened", "replanned", "unchanged", "cases", "id", "object", "unit", "notes")
    call.give(_import_answer(call, imported), *shows)
    if not imported.opened and not imported.replanned:
        call.print(call.say("cli.nothing_changed"))


@command("people FILE.csv|.xlsx")
def people(
    call: CommandContext,
    file: OpenFile | None = None,
    match: Annotated[list[str] | None, "TEXT=KEY: a text of schedules means this unit or person"] = None,
) -> None:
    """Takes in a table of people and units; without a file: who is known, and whom texts of schedules mean."""
    call.creates_database = file is not None or bool(match)
    taken = import_people(call.ctx, build(ImportPeople, {"content": file})) if file else None
    for pair in match or ():
        text, equals, key = pair.rpartition("=")
        if not equals:
            raise Refusal("cli.not_a_match", text=pair)
        keep_match(call.ctx, text.strip(), key.strip())
    office = call.app.reads.office()
    call.answer({"units": office.units, "people": office.people, "matches": office.matches})
    if taken is not None:
        call.print(call.say("cli.people_known", units=len(office.units), people=len(office.people)))
        if taken.whole_office:
            call.print(call.say("web.staff.whole_office", names=taken.whole_office))
        for note in taken.notes:
            call.print(call.say(note.code, **note.arguments))
    else:
        rows = [
            {
                **picked(person, "unit", "name", "email", "language"),
                "post": person.post_in(call.language),
                "duties": [title_of("duty", duty, call.language) for duty in person.duties],
            }
            for person in office.by_name
        ]
        shows = ("people", "unit", "name", "post", "duties", "email", "language", "matches")
        answer = {"people": rows, "matches": office.matches}
        call.show(answer, *shows, titles={"name": call.say("head.who")})


def _import_answer(call: CommandContext, imported: ImportedFile) -> Json:
    cases = [
        {
            **picked(case, "id", "object_kk", "object_ru", "unit", "planned"),
            "object": case.object_in(call.language),
            "facts": {name: fact.on for name, fact in case.facts.items()},
        }
        for case in imported.cases
    ]
    notes = [picked(note, "row", "code") | {"message": note} for note in imported.notes]
    return {"cases": cases, "notes": notes, **picked(imported, "opened", "replanned", "unchanged")}


@command("attach CASE FACT [KIND=]FILE|URL[@DATE]", writes=True)
def attach(
    call: CommandContext,
    case: str,
    fact: str,
    proof: str,
    written: Annotated[date | None, "the date written in the document"] = None,
    restricted: Annotated[str, "the ground on which few may see the document"] = "",
) -> None:
    """Attaches a document or a link to a recorded fact. A restricted document is marked, with its ground."""
    view = call.view(case)
    title = known_fact(view.procedure, fact).title
    recorded_fact = view.case.facts.get(fact)
    if recorded_fact is None:
        raise Refusal("cli.attach.not_recorded", title=title, case=case, fact=fact)
    sent = evidence(call, proof, view.procedure, fact)
    item = sent.model_copy(update={"written_on": written, "restricted": restricted})
    fields = {"case": case, "fact": fact, "on": recorded_fact.on, "evidence": [item]}
    result = record(call.ctx, build(RecordFact, fields))
    name = clean_file_name(item.content.name) if item.content else item.address
    recorded = call.view(case).case.facts[fact].evidence
    stored = [evidence for evidence in recorded if name in (evidence.name, evidence.reference)]
    named = fact if call.json else titles(call, view.case)(fact)
    answer = {"case": case, "fact": named, "changed": result.changed, "evidence": stored[-1]}
    call.give(answer, "case", "fact", "evidence", *DOCUMENT, kind="evidence")


DOCUMENT = ("kind", "name", "reference", "written_on", "recorded_at", "published_on", "size", "restricted")


@command("evidence CASE")
def show_evidence(call: CommandContext, case: str) -> None:
    """The evidence of a case: kind, three dates, size, restriction."""
    view = call.view(case)
    named = str if call.json else titles(call, view.case)
    by_fact: dict[str, list[Evidence]] = {}
    for proof in proofs(view.case):
        by_fact.setdefault(named(proof.of), []).append(proof.evidence)
    call.give({"case": case, "evidence": by_fact}, "evidence", *DOCUMENT, kind="evidence")


@command("package")
def package(
    call: CommandContext,
    to: Annotated[Path, "file of the package (.zip)"],
    unit: Unit = "",
    year: Year = 0,
    case: Annotated[str, "only this case"] = "",
    with_restricted: Annotated[bool, "put restricted documents in as well"] = False,
) -> bool:
    """A package for the project platform: a ZIP by project, task and subtask, with an index and hashes.

    Exit code 1 when a stored file is missing or altered: it is left out.
    """
    app = call.app
    if case:
        call.view(case)
    case_documents = package_documents(app, unit=unit_named(app, unit) or None, year=year or None, case=case)
    packed = write_package(
        to, case_documents, app.evidence.open, language=call.language, restricted=with_restricted
    )
    audit.record(call.ctx, "file", "package_read", case=case)
    answer = {"file": to, **picked(packed, "files", "links", "restricted")}
    for name, documents in packed.damaged.items():
        damaged = [(each.case, each.evidence) for each in documents]
        answer[name] = [{"case": of, "name": item.name, "sha256": item.reference} for of, item in damaged]
    call.give(answer, "file", "files", "links", "lost", "altered", "case", "name", "sha256")
    if packed.restricted:
        call.print(call.say("cli.package.restricted", count=packed.restricted))
    return not any(packed.damaged.values())


@command("form CASE|FORM FORM")
def form(
    call: CommandContext,
    first: str,
    second: str | None = None,
    *,
    to: Annotated[Path, "the file to write (.docx)"],
    unit: Unit = "",
    year: Annotated[int | None, Field(ge=2000, le=2100, description="the report year")] = None,
    quarter: Annotated[
        int | None,
        Field(
            ge=0,
            le=4,
            description="the quarter of a report: 1 to 4, 0 for the year; left out, the last that has ended",
        ),
    ] = None,
    person: Annotated[str, "whom the policy's form is for: name or key"] = "",
    row: Annotated[str, "row of a register the form is filled from"] = "",
    replace: Annotated[bool, "write over a file that is there"] = False,
) -> None:
    """A form (DOCX) filled from a case, ready to be signed; what is unknown is left as ruled lines.

    Without a case: --unit, --year.
    """
    case, name = (first, second) if second else ("", first)
    definition = form_named(name)
    # Documents are signed in the command's language, else in the office's.
    preferred = (call.language, call.settings.office.language, *PAPER_LANGUAGES)
    language = next(each for each in preferred if each in PAPER_LANGUAGES)
    if to.exists() and not replace:
        raise Refusal("form_exists", file=str(to))
    if definition.about == "case" and not case:
        raise Refusal("form_case_needed", form=definition.id)
    if quarter is not None and year is None:
        raise Refusal("cli.missing_parameter", name="--year")
    view, where, report = call.view(case) if case else None, unit_named(call.app, unit), None
    if view and definition.about == "case":
        paper = case_paper(call.ctx, definition, view, language)
    else:
        where, view = where or (view.case.unit if view else ""), None
        if year:
            report = year_report(call.ctx, definition, unit=where, year=year, quarter=quarter)
        if definition.about == "person":
            paper = person_paper(call.ctx, definition, language, row=row, person=person, unit=where)
        elif report:
            paper = report.paper(language)
        else:
            paper = office_paper(call.ctx, definition, language, unit=where)
    write_file(to, document_of(call.app, paper))
    marks = report.marks((language,)) if report else paper_notes(call.app, definition, (language,))
    notes: list[object] = [*marks, *check_paper(paper)]
    if view and view.case.lacks_object_in(language) and view.case.object not in view.procedure.bodies:
        notes.append(call.say(f"passport.lacks.{language}", object=view.case.object_in(language)))
    missing = [_missing(call, item) for item in missing_values(paper)]
    answer = {"form": definition.id, "language": language, "file": to, "missing": missing, "notes": notes}
    call.give(answer, "form", "file", "missing", "field", "row", "title", "notes")


def _missing(call: CommandContext, value: Missing) -> Json:
    """Return a missing field as JSON, its title with the number of its row if it is in one."""
    name = title(value.field, call.language)
    in_row = name if value.row is None else call.say("form.said.missing_in_row", row=value.row, title=name)
    return {**picked(value, "field", "row"), "title": in_row}


@command("forms")
def forms(call: CommandContext) -> None:
    """Which forms there are; with --json, their fields and columns."""
    answer = [
        {
            **picked(form, "id", "title", "about", "origin", "annex"),
            "fields": {
                field.id: {"title": title(field.id, call.language), "kind": field.kind}
                for field in form.fields.values()
            },
            "rows": form.rows.columns if form.rows else (),
            "groups": {group.id: [*group.parts] for group in form.groups if group.id},
        }
        for form in map(form_named, form_names())
    ]
    call.give({"forms": answer}, "forms", "id", "title")
