"""Papers about people, made from register rows: of one row, and of a list or a campaign as one archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel

from i18n import say
from merzim.documents.forms.definitions import Form, form_named, forms_about
from merzim.documents.forms.paper import Paper, missing_values
from merzim.documents.forms.values import title as field_title
from merzim.services.campaigns.views import ShowCampaign, asked_people, definition_of, person_key, seen_campaign
from merzim.services.context import RequestContext
from merzim.services.documents.filling import document_of, office_paper, paper_file, paper_notes, policy_unit
from merzim.services.documents.rows import row_parts
from merzim.services.inputs import clean_file_name
from merzim.services.names import person_named
from merzim.services.registers.results import RowView, field_view
from merzim.services.registers.views import AskRow, ListRows, RowDetail, list_rows, row_pages, show_row
from merzim.services.verbs import verb
from workflow.languages import PAPER_LANGUAGES
from workflow.refusal import Refusal

MOST_PAPERS = 300
"""Maximum number of documents in one archive: some ten seconds of work."""


class RowPaper(BaseModel):
    """A form a row has. `blank`: fields without a value; `notes`: remarks its document does not print."""

    form: str
    title: str
    blank: list[str]
    notes: list[str]


class RowWithPapers(RowDetail):
    """A row with its forms."""

    papers: list[RowPaper]


@verb("read", writes=False)
def show_with_papers(ctx: RequestContext, command: AskRow) -> RowWithPapers:
    """Return a row with the fields visible to the reader, its history, and its forms with notes on them."""
    detail, language = show_row(ctx, command), ctx.language
    papers = [
        RowPaper(
            form=paper.form.id,
            title=paper.form.title[language],
            blank=[field_title(missing.field, language) for missing in missing_values(paper)],
            notes=[say(mark.code, mark.arguments, language) for mark in paper_notes(ctx.app, paper.form)],
        )
        for paper in _papers(ctx, detail.row, PAPER_LANGUAGES[0])
    ]
    return RowWithPapers(**{name: getattr(detail, name) for name in RowDetail.model_fields}, papers=papers)


def register_papers(register: str) -> Sequence[Form]:
    """Return the forms about a person that rows of a register fill."""
    return [form for form in forms_about("person") if form.source and form.source.register_id == register]


def _forms_of_values(register: str, values: Mapping[str, object]) -> Iterator[Form]:
    """Yield the forms that a row of a register with these values stands on."""
    for form in register_papers(register):
        where = form.source.where.items() if form.source else ()
        if all(_written(values.get(name)) in allowed for name, allowed in where):
            yield form


def _written(value: object) -> str:
    """Return a value of a row as the conditions of forms write it; "" for None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _papers(ctx: RequestContext, row: RowView, language: str) -> Iterator[Paper]:
    """Yield the papers that a row (its names in the language) stands on, none for a withdrawn one, with the
    fields its reader sees and what the office knows.
    """
    office, register = ctx.reads.office(), ctx.app.registers.on(row.register_id, ctx.today)
    fields = {name: field_view(field) for name, field in register.fields.items()}
    for form in () if row.withdrawn else _forms_of_values(row.register_id, row.values):
        assert form.source is not None
        # The policy is that of the row's unit, else of the person's.
        people = [office.people.get(str(row.values.get(name))) for name in form.source.parts["name"]]
        units = [row.unit, *(person.unit for person in people if person)]
        unit = next(filter(None, (policy_unit(office, unit) for unit in units)), "")
        paper = office_paper(ctx, form, language, unit=unit)
        values = row_parts(row, fields, form.source, form.fields, language)
        yield paper.with_values(values)


def paper_of_row(ctx: RequestContext, row: str, form: str, language: str) -> tuple[str, bytes]:
    """Return the form of a row: its file name, and the DOCX. Raises as `person_paper`."""
    return paper_file(ctx.app, person_paper(ctx, form_named(form), language, row=row), row)


def person_paper(
    ctx: RequestContext, form: Form, language: str, *, row: str = "", person: str = "", unit: str = ""
) -> Paper:
    """Return a form about a person with what a row says, or the person's newest row; without one, with what the
    office knows of the person. `unit`: the organisation it names instead of theirs. Raises UnknownRow for a row
    the reader does not see, Refusal for one that does not stand on that form, or where nobody is called so.
    """
    reader, rows = replace(ctx, language=language), list[RowView]()
    paper = _unrecorded(ctx, form, language, person=person, unit=unit)
    if row:
        rows = [show_row(reader, AskRow(row=row)).row]
    elif person and form.source:
        key = person_named(ctx.app.reads.office(), person)
        filters = [{"field": form.source.parts["name"][0], "is": [key]}]
        query = {"register_id": form.source.register_id, "filters": filters}
        rows = list_rows(reader, ListRows.model_validate(query)).rows
    papers = (each for form_row in rows for each in _papers(reader, form_row, language))
    recorded = next((each for each in papers if each.form.id == form.id), None)
    if row and recorded is None:
        raise Refusal("papers.none")
    own = {name: paper.values[name] for name in ("organisation",) if unit and name in paper.values}
    return recorded.with_values(own) if recorded else paper


def _unrecorded(ctx: RequestContext, form: Form, language: str, *, person: str, unit: str = "") -> Paper:
    """Return a form about a person (by name or key; "" for nobody) with what the office knows of them."""
    office = ctx.app.reads.office()
    if not person:
        return office_paper(ctx, form, language, unit=unit)
    signer = office.people[person_named(office, person)]
    place = unit or policy_unit(office, signer.unit)
    paper = office_paper(ctx, form, language, unit=place)
    own = {"name": signer.name_in(language), "post": signer.post_in(language)}
    return paper.with_values({name: text for name, text in own.items() if text})


def papers_of_list(ctx: RequestContext, command: ListRows, language: str) -> bytes:
    """Return the forms of all rows of a list as a ZIP. Raises Refusal for none or too many."""
    papers, reader = list[tuple[str, Paper]](), replace(ctx, language=language)
    for row_page in row_pages(reader, command):
        for row in row_page.rows:
            for paper in _papers(reader, row, language):
                papers.append((f"{paper.values.get('name') or ''} {row.id}", paper))
        _refuse_many(len(papers))
    return _archive(ctx, papers)


def campaign_papers(ctx: RequestContext, campaign: str) -> Sequence[Form]:
    """Return the forms that the rows of a campaign the reader sees stand on."""
    started = seen_campaign(ctx, campaign)
    register, kind = definition_of(ctx, started)
    return list(_forms_of_values(register.id, {**kind.values, **started.given}))


def papers_of_campaign(ctx: RequestContext, command: ShowCampaign, language: str) -> bytes:
    """Return the forms of all people a campaign asks as a ZIP: with their answers, or blank but for name and
    post; none of who left without an answer.
    """
    return _archive(ctx, list(_asked_papers(ctx, command, language)))


def paper_in_campaign(ctx: RequestContext, campaign: str, number: int, language: str) -> tuple[str, bytes]:
    """Return file name and DOCX of a person's form in a campaign, by number. Raises Refusal without one."""
    key = person_key(ctx, campaign, number)
    for _, paper in _asked_papers(ctx, ShowCampaign(campaign=campaign), language, person=key):
        return f"{paper.form.id}-{campaign}-{number}-{language}.docx", document_of(ctx.app, paper)
    raise Refusal("papers.none")


def _asked_papers(
    ctx: RequestContext, command: ShowCampaign, language: str, *, person: str = ""
) -> Iterator[tuple[str, Paper]]:
    """Yield each paper of a campaign with its name, or those of one person by key: of those who answered the
    filled forms of their rows, of those awaited a form to fill in, of others none.
    """
    forms, office = campaign_papers(ctx, command.campaign), ctx.reads.office()
    if not forms:
        return
    reader = replace(ctx, language=language)
    people = asked_people(reader, command)
    _refuse_many(0 if person else len(people))
    for asked in people:
        if person not in ("", asked.person):
            continue
        if asked.answer:
            row = show_row(reader, AskRow(row=asked.answer)).row
            yield from ((f"{asked.name} {row.id}", paper) for paper in _papers(reader, row, language))
        elif asked.state == "awaited" and asked.person in office.people:
            for form in forms:
                yield asked.name, _unrecorded(ctx, form, language, person=asked.person)


def _archive(ctx: RequestContext, papers: Sequence[tuple[str, Paper]]) -> bytes:
    """Return papers as a ZIP of DOCX files, each named after its person. Raises Refusal for none."""
    if not papers:
        raise Refusal("papers.none")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, (name, paper) in enumerate(papers, 1):
            file = clean_file_name(f"{number:03} {name.strip()} {paper.form.id}-{paper.language}.docx")
            entry = zipfile.ZipInfo(file, date_time=ctx.now.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, document_of(ctx.app, paper))
    return target.getvalue()


def _refuse_many(count: int) -> None:
    """Raise Refusal for more papers than MOST_PAPERS."""
    if count > MOST_PAPERS:
        raise Refusal("papers.too_many", count=count, most=MOST_PAPERS)
