"""Commands on evidence: `attach`, `evidence`, `package`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.parsing import BadArgument, day
from merzim.services.names import unit_named

if TYPE_CHECKING:
    from merzim.documents.package import Document
    from workflow.cases.case import Evidence
    from workflow.cases.registers.evidence_list import ProvedItem


def attach(
    ctx: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE")],
    fact: Annotated[str, typer.Argument(metavar="FACT")],
    proof: Annotated[str, typer.Argument(metavar="[KIND=]FILE|URL[@DATE]")],
    written: Annotated[
        str, typer.Option("--written", metavar="DATE", help="the date written in the document")
    ] = "",
    restricted: Annotated[
        str, typer.Option("--restricted", metavar="GROUND", help="the ground on which few may see the document")
    ] = "",
) -> None:
    """Attaches a document or a link to a recorded fact. A restricted document is marked, with its ground."""
    from merzim.cli.proofs import evidence_inputs
    from merzim.services.cases.verbs import RecordFact, record
    from merzim.services.evidence import clean_file_name
    from merzim.services.inputs import build
    from workflow.law.names import known_fact

    call = CommandContext.of(ctx, writes=True)
    view = call.app.case_commands.view(case, today=call.moment.today)
    title = known_fact(view.procedure, fact).title
    recorded_fact = view.case.facts.get(fact)
    if recorded_fact is None:
        raise BadArgument("cli.attach.not_recorded", title=title, case=case, fact=fact)
    written_on = day(written, where="--written") if written else None
    with evidence_inputs([proof], view.procedure, fact) as inputs:
        item = inputs[0].model_copy(update={"written_on": written_on, "restricted": restricted})
        fields = {"case": case, "fact": fact, "on": recorded_fact.on, "evidence": [item]}
        result = record(call.ctx, build(RecordFact, fields))
    name = clean_file_name(item.content.name) if item.content else item.address
    if call.json:
        recorded = call.app.case_commands.view(case, today=call.moment.today).case.facts[fact].evidence
        stored = [evidence for evidence in recorded if name in (evidence.name, evidence.reference)]
        call.answer({"case": case, "fact": fact, "changed": result.changed, "evidence": stored[-1]})
        return
    code = "cli.attach.done" if result.changed else "cli.attach.already"
    call.print(call.say(code, case=case, title=title, name=name))


def listed(ctx: typer.Context, case: Annotated[str, typer.Argument(metavar="CASE")]) -> None:
    """The evidence of a case: kind, three dates, size, restriction."""
    from workflow.cases.registers.evidence_list import proofs

    call = CommandContext.of(ctx)
    view = call.app.case_commands.view(case, today=call.moment.today)
    if call.json:
        evidence_by_fact: dict[str, list[Evidence]] = {}
        for proof in proofs(view.case):
            evidence_by_fact.setdefault(proof.of, []).append(proof.evidence)
        call.answer({"case": case, "evidence": evidence_by_fact})
        return
    rows = [_row(call, proof) for proof in proofs(view.case)]
    if rows:
        heads = ("id", "kind", "document", "written", "recorded", "published", "size", "restricted")
        call.table(heads, rows)
    else:
        call.print(call.say("cli.evidence.none", case=case))


def package(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="FILE.zip", help="file of the package")],
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="the unit")] = "",
    year: Annotated[
        int, typer.Option("--year", metavar="YYYY", help="only facts of this calendar year", min=0)
    ] = 0,
    case: Annotated[str, typer.Option("--case", metavar="CASE", help="only this case")] = "",
    with_restricted: Annotated[
        bool, typer.Option("--with-restricted", help="put restricted documents in as well")
    ] = False,
) -> int:
    """A package for the project platform: a ZIP by project, task and subtask, with an index and hashes."""
    from merzim.documents.package import write_package
    from merzim.services.documents.case_documents import documents
    from merzim.services.outgoing.audit import record

    call = CommandContext.of(ctx)
    app = call.app
    if case:
        app.case_commands.view(case, today=call.moment.today)
    case_documents = documents(app, unit=unit_named(app, unit) or None, year=year or None, case=case)
    packed = write_package(
        Path(to),
        case_documents,
        app.evidence.open,
        language=call.language,
        restricted=with_restricted,
    )
    record(call.ctx, "file", "package_read", case=case)
    if call.json:
        call.answer(
            {
                "file": to,
                "files": packed.files,
                "links": packed.links,
                "restricted": packed.restricted,
                "lost": _named(packed.lost),
                "altered": _named(packed.altered),
            }
        )
    else:
        call.print(call.say("cli.package.done", file=to, files=packed.files, links=packed.links))
        if packed.restricted:
            call.print(call.say("cli.package.restricted", count=packed.restricted))
        for document in packed.lost:
            call.note(call.say("cli.package.lost", case=document.case, name=document.name))
        for document in packed.altered:
            call.note(
                call.say(
                    "cli.package.altered", case=document.case, name=document.name, sha256=document.reference
                )
            )
    return DONE if packed.whole else NOT_SO


def _named(documents: Iterable[Document]) -> list[dict[str, str]]:
    """Return documents as JSON with their names."""
    return [
        {"case": document.case, "name": document.name, "sha256": document.reference} for document in documents
    ]


def _row(call: CommandContext, proof: ProvedItem) -> tuple[object, ...]:
    """Return the table row of a document."""
    item = proof.evidence
    return (
        proof.of,
        call.say(f"evidence.{item.kind}") if item.kind else "",
        item.name or item.reference,
        item.written_on,
        _recorded(item),
        item.published_on,
        item.size,
        item.restricted,
    )


def _recorded(item: Evidence) -> object:
    """Return the local date on which the evidence was recorded."""
    from merzim.services.moments import almaty

    return item.recorded_at.astimezone(almaty()).date() if item.recorded_at else None


COMMANDS: dict[str, Callable[..., object]] = {
    "attach": attach,
    "evidence": listed,
    "package": package,
}
