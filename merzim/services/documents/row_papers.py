"""Documents made from register rows: the filled form of a row; those of a list or a campaign as one archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from pydantic import BaseModel

from i18n import say
from merzim.documents.forms.definitions import Form, form_named, forms_about
from merzim.documents.forms.filling import FormData, missing_values
from merzim.documents.forms.values import title as field_title
from merzim.services.campaigns.views import (
    ShowCampaign,
    asked_people,
    definition_of,
    person_key,
    seen_campaign,
)
from merzim.services.context import RequestContext
from merzim.services.documents.filling import (
    fill_form,
    from_office,
    paper_notes,
    policy_unit,
)
from merzim.services.evidence import clean_file_name
from merzim.services.names import person_named
from merzim.services.registers.queries import ListRows
from merzim.services.registers.results import RowView, field_view
from merzim.services.registers.texts import row_in_language
from merzim.services.registers.views import AskRow, RowDetail, list_rows, row_pages, show_row
from merzim.services.verbs import verb
from workflow.languages import PAPER_LANGUAGES
from workflow.refusal import Refusal

MOST_PAPERS = 300
"""Maximum number of documents in one archive: some ten seconds of work."""


def paper_of_row(ctx: RequestContext, row: str, form: str, language: str) -> bytes:
    """Return the form of a row as DOCX, filled with the fields its reader sees; the rest is left blank.

    Raises:
        UnknownRow: no such row, or none the reader sees.
        Refusal: the row does not stand on that form.
    """
    about = form_named(form)
    return _docx(ctx, about, recorded_fields(ctx, about, language, row=row, person=""), language)


def papers_of_list(ctx: RequestContext, command: ListRows, language: str) -> bytes:
    """Return the forms of all rows of a list as a ZIP. Raises Refusal for none or too many."""
    papers: list[tuple[str, Form, Mapping[str, object]]] = []
    for row_page in row_pages(replace(ctx, language=language), command):
        for row in row_page.rows:
            for about in forms_of_row(row):
                fields = row_fields(ctx, about, row, language)
                papers.append((f"{fields.get('name') or ''} {row.id}", about, fields))
        _refuse_many(len(papers))
    return _archive(ctx, papers, language)


def papers_of_campaign(ctx: RequestContext, command: ShowCampaign, language: str) -> bytes:
    """Return the forms of all people a campaign asks as a ZIP: with their answers, or blank except for name and
    post.

    Who left without an answer has none.
    """
    return _archive(ctx, list(_campaign_forms(ctx, command, language)), language)


def paper_in_campaign(ctx: RequestContext, campaign: str, number: int, language: str) -> tuple[str, bytes]:
    """Return file name and DOCX of the form of one person of a campaign, by their number there. Raises Refusal
    for a person without a form.
    """
    key = person_key(ctx, campaign, number)
    for _, about, fields in _campaign_forms(ctx, ShowCampaign(campaign=campaign), language, person=key):
        return f"{about.id}-{campaign}-{number}-{language}.docx", _docx(ctx, about, fields, language)
    raise Refusal("papers.none")


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
    detail, language, paper_language = show_row(ctx, command), ctx.language, PAPER_LANGUAGES[0]
    view = detail.row
    papers = [
        RowPaper(
            form=form.id,
            title=form.title[language],
            blank=[
                field_title(missing.field, language)
                for missing in missing_values(form, row_fields(ctx, form, view, paper_language), paper_language)
            ],
            notes=[say(mark.code, mark.arguments, language) for mark in paper_notes(ctx.app, form)],
        )
        for form in forms_of_row(view)
    ]
    return RowWithPapers(**{name: getattr(detail, name) for name in RowDetail.model_fields}, papers=papers)


def forms_of_row(row: RowView) -> Sequence[Form]:
    """Return the forms that a row stands on; none for a withdrawn one."""
    return () if row.withdrawn else _forms_of_values(row.register_id, row.values)


def _forms_of_values(register: str, values: Mapping[str, object]) -> Sequence[Form]:
    """Return the forms that a row of a register with these values stands on."""
    return [
        paper
        for paper in register_papers(register)
        if paper.source
        and all(_written(values.get(name)) in allowed for name, allowed in paper.source.where.items())
    ]


def register_papers(register: str) -> Sequence[Form]:
    """Return the forms about a person that rows of a register fill."""
    return [paper for paper in forms_about("person") if paper.source and paper.source.register_id == register]


def row_fields(ctx: RequestContext, form: Form, row: RowView, language: str) -> Mapping[str, object]:
    """Return the values of a form's fields from a row and the office. `row`: with names in that language."""
    office, key = ctx.reads.office(), ""
    unit = _policy_unit(ctx, form, row)
    register = ctx.app.registers.on(row.register_id, ctx.today)
    row = row_in_language(row, map(field_view, register.fields.values()), language)
    fields = from_office(ctx.app, form, language, unit=unit, year=None, person="", today=ctx.today)
    for part, names in form.source.parts.items() if form.source else ():
        value = next((row.values[name] for name in names if name in row.values), None)
        match form.fields[part].kind:
            case _ if value is None:
                continue
            case "date":
                fields[part] = date.fromisoformat(str(value))
            case "box":
                fields[part] = value
            case _:
                fields[part] = row.names.get(str(value), str(value))
                key = str(value) if part == "name" else key
    person = office.member(key)
    if person is not None and fields.get("post") in (person.post, person.post_kk, person.post_ru):
        fields["post"] = person.post_in(language)
    return fields


def recorded_fields(
    ctx: RequestContext, form: Form, language: str, *, row: str, person: str
) -> Mapping[str, object]:
    """Return the values of a form's fields from a row, or from a person's newest row; empty if there is none.

    Raises:
        UnknownRow: no such row, or none the reader sees.
        Refusal: the row named does not stand on that form, or not exactly one person is called so.
    """
    reader = replace(ctx, language=language)
    if row:
        rows = [show_row(reader, AskRow(row=row)).row]
    else:
        assert form.source is not None
        filters = [{"field": _person_fields(form)[0], "is": [person_named(ctx.app.reads.office(), person)]}]
        query = {"register_id": form.source.register_id, "filters": filters}
        rows = list_rows(reader, ListRows.model_validate(query)).rows
    for form_row in rows:
        if form in forms_of_row(form_row):
            return row_fields(ctx, form, form_row, language)
    if row:
        raise Refusal("papers.none")
    return {}


def campaign_papers(ctx: RequestContext, campaign: str) -> Sequence[Form]:
    """Return the forms that the rows of a campaign the reader sees stand on."""
    started = seen_campaign(ctx, campaign)
    register, kind = definition_of(ctx, started)
    return _forms_of_values(register.id, {**kind.values, **started.given})


def _campaign_forms(
    ctx: RequestContext, command: ShowCampaign, language: str, *, person: str = ""
) -> Iterable[tuple[str, Form, Mapping[str, object]]]:
    """Yield name, form and fields of each paper of a campaign, or of one person by key: of those who answered
    the filled forms of their rows, of those awaited a form to fill in, of others none.
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
            for about in forms_of_row(row):
                yield f"{asked.name} {row.id}", about, row_fields(ctx, about, row, language)
        elif asked.state == "awaited" and asked.person in office.people:
            for about in forms:
                blank = from_office(
                    ctx.app, about, language, unit="", year=None, person=asked.person, today=ctx.today
                )
                yield asked.name, about, blank


def _docx(ctx: RequestContext, form: Form, fields: Mapping[str, object], language: str) -> bytes:
    return fill_form(ctx.app, form, FormData(fields), language).document


def _archive(
    ctx: RequestContext, papers: Sequence[tuple[str, Form, Mapping[str, object]]], language: str
) -> bytes:
    """Return documents as a ZIP, each named after its person. Raises Refusal for none."""
    if not papers:
        raise Refusal("papers.none")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, (name, form, fields) in enumerate(papers, 1):
            file = clean_file_name(f"{number:03} {name.strip()} {form.id}-{language}.docx")
            entry = zipfile.ZipInfo(file, date_time=ctx.now.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, _docx(ctx, form, fields, language))
    return target.getvalue()


def _refuse_many(count: int) -> None:
    """Raise Refusal for more papers than MOST_PAPERS."""
    if count > MOST_PAPERS:
        raise Refusal("papers.too_many", count=count, most=MOST_PAPERS)


def _policy_unit(ctx: RequestContext, form: Form, row: RowView) -> str:
    """Return the organisation whose policy a row falls under: that of its unit, else of its person; "" if
    neither has one.
    """
    office = ctx.reads.office()
    people = [office.people.get(str(row.values.get(name))) for name in _person_fields(form)]
    units = [row.unit, *(person.unit for person in people if person)]
    return next(filter(None, (policy_unit(office, unit) for unit in units)), "")


def _person_fields(form: Form) -> Sequence[str]:
    """Return the fields of a register that name the person a form is about."""
    return form.source.parts.get("name", ()) if form.source else ()


def _written(value: object) -> str:
    """Return a value of a row as the conditions of forms write it; "" for None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
