"""A paper: a form with what is known of it; remarks on it; its document, with lines for what is missing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.rel import Relationships
from docxtpl.template import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from merzim.documents.forms.definitions import Field, Form, RowGroup, Rows, template
from merzim.documents.forms.values import format_value, join_parts, variables
from workflow.languages import PAPER_LANGUAGES
from workflow.refusal import Refusal, closest_first

Row = Mapping[str, object]
_EPOCH = (1980, 1, 1, 0, 0, 0)
VIEWS = 1000
"""Minimum number of views of a publication (scoring document, P4.T3.S1)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A form with its values, in the language of the paper.

    Attributes:
        values: field -> text, date, (first, last), number, list or truth value; None when missing.
        rows: each part -> value; in a form with groups also the group's id (or its number).
        looked_up: groups ("" where there are none) whose register was read: the form says so if it has no rows.
    """

    form: Form
    language: str
    values: Row
    rows: Sequence[Row] = ()
    looked_up: Collection[str] = ()

    def with_values(self, values: Row) -> Paper:
        """Return the paper with these values, in the place of those it has of the same fields."""
        return replace(self, values={**self.values, **values})

    def value_of(self, field: Field) -> object:
        """Return the value of a field; without one its default in the language, if it has any."""
        value = self.values.get(field.id)
        return field.default.get(self.language, value) if value in (None, "", (), []) else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A missing value: a field, or a part of the n-th row (1 is the first); `rows` when there is no row."""

    field: str
    row: int | None = None


def missing_values(paper: Paper) -> list[Missing]:
    """Return the required values that the document of a paper leaves blank. Raises Refusal as `fill` does."""
    _check_names(paper)
    form, language, rows = paper.form, paper.language, paper.form.rows
    missing = [
        Missing(field=field.id)
        for field in form.fields.values()
        if not field.optional and format_value(field, paper.value_of(field), language) is None
    ]
    if rows is None:
        return missing
    if not paper.rows and not paper.looked_up:
        missing.append(Missing(field="rows"))
    return missing + [
        Missing(field=part.id, row=number)
        for number, row in enumerate(paper.rows, 1)
        for part in rows.group_of(row).parts.values()
        if not part.optional and format_value(part, row.get(part.id), language) is None
    ]


def fill(paper: Paper, office_template: bytes | None = None) -> bytes:
    """Return the DOCX of a paper. `office_template`: the organisation's own template; None for ours.

    Raises:
        Refusal: a value or a part of a row that the form does not have; a row of no group; another language;
            the organisation's own template is none, or asks for what the form does not have.
    """
    _check_names(paper)
    form, language, context = paper.form, paper.language, dict[str, object]()
    for each in form.fields.values():
        context |= variables(each, paper.value_of(each), language, year=paper.values.get("year"))
    if form.rows:
        context |= _row_variables(paper, form.rows)
    return _without_timestamps(_render(office_template or template(form.id, language), context, form.id))


def _check_names(paper: Paper) -> None:
    """Raise Refusal for a language without papers, and a value or part of a row that the form does not have."""
    form = paper.form
    if paper.language not in PAPER_LANGUAGES:
        raise Refusal("form_language", language=paper.language, allowed=PAPER_LANGUAGES)
    for name in paper.values:
        form.field(name)
    columns = form.rows.columns if form.rows else ()
    if unknown := next((name for row in paper.rows for name in row if name not in columns), None):
        allowed = closest_first(unknown, columns)
        raise Refusal("form_part_unknown", field=unknown, form=form.id, allowed=allowed)


def _row_variables(paper: Paper, rows: Rows) -> dict[str, object]:
    """Return what a template may say of the rows: a list by variable of each group."""
    written: dict[str, list[dict[str, str]]] = {group.id: [] for group in rows.groups}
    for row in paper.rows:
        group = rows.group_of(row)
        at = len(written[group.id]) + 1
        written[group.id].append(_row_texts(rows, group, row, paper.language, at=at))
    context = dict[str, object]()
    for name, group in rows.by_variable.items():
        blank = dict.fromkeys(_row_texts(rows, group, {}, paper.language, at=1), "")
        if rows.nothing and group.id in paper.looked_up:
            none_found = [blank | _nothing(rows, next(iter(group.parts)), rows.nothing[paper.language])]
        else:
            none_found = [blank] * rows.blank
        context[name] = written[group.id] or none_found
    return context


def _row_texts(rows: Rows, group: RowGroup, row: Row, language: str, *, at: int) -> dict[str, str]:
    """Return what a template may say of a row: its number, each part by its name, parts `joined` in one text,
    and all of them, one paragraph each (`lines`) or in one sentence (`sentence`).
    """
    texts = {part.id: format_value(part, row.get(part.id), language) or "" for part in group.parts.values()}
    filled = [(part, text) for part, text in texts.items() if text]
    joined = {
        name: join_parts([pair for part in names for pair in filled if pair[0] == part], language)
        for name, names in rows.joined.items()
    }
    sentence = f"{at}) " + join_parts(filled, language, between="; ")
    return {"number": f"{at}.", **texts, **joined, "lines": join_parts(filled, language), "sentence": sentence}


def _nothing(rows: Rows, first: str, text: str) -> dict[str, str]:
    """Return the texts of a row saying that there is nothing: in its first part, and where that is joined."""
    joined = (name for name, of in rows.joined.items() if of[0] == first)
    return dict.fromkeys(["lines", "sentence", first, *joined], text)


def _render(docx: bytes, context: Mapping[str, object], form: str) -> bytes:
    """Return the DOCX template filled with the variables. Raises Refusal for a template that cannot be. Values
    are escaped and never run as template code; what a template may say itself is bounded by a sandbox.
    """
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document = DocxTemplate(io.BytesIO(docx))
        unknown = document.get_undeclared_template_variables(environment) - context.keys()
        if unknown:
            names = tuple(sorted(unknown))
            allowed = closest_first(names[0], (name for name in context if not name.endswith("_known")))
            raise Refusal("form_template_unknown", form=form, names=names, allowed=allowed)
        document.init_docx()
        _name_properties(cast(Document, document.docx).part.package.rels)
        document.render(dict(context), environment, autoescape=True)
    except (TemplateError, zipfile.BadZipFile, ValueError, KeyError, TypeError, ArithmeticError) as problem:
        raise Refusal("form_template_broken", form=form, problem=str(problem)) from problem
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _name_properties(relations: Relationships) -> None:
    """Give the properties of a file that LibreOffice wrote the name Word knows them by; else python-docx adds a
    second part of the same name, and Word calls the document damaged.
    """
    for id, relation in list(relations.items()):
        if relation.reltype.endswith("/officedocument/2006/relationships/metadata/core-properties"):
            relations.get_or_add(RELATIONSHIP_TYPE.CORE_PROPERTIES, relation.target_part)
            del relations[id]


def _without_timestamps(docx: bytes) -> bytes:
    """Return the same file without timestamps, so that equal values give equal bytes."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx)) as original,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for item in original.infolist():
            archive.writestr(
                zipfile.ZipInfo(item.filename, _EPOCH), original.read(item), compress_type=zipfile.ZIP_DEFLATED
            )
    return target.getvalue()


@dataclass(frozen=True, kw_only=True, slots=True)
class FormNote:
    """A remark about a filled form: a code of the catalogues with its arguments."""

    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


def form_marks(form: Form, language: str) -> tuple[FormNote, ...]:
    """Return remarks shown beside a form but never printed: that its layout, or its Russian text, is ours."""
    translated = form.origin in ("instruction", "policy") and language != "kk"
    if form.origin == "no488":
        return (FormNote(code="form.mark.layout", arguments={"annex": form.annex}),)
    return (FormNote(code="form.mark.translation"),) if translated else ()


def check_paper(paper: Paper) -> list[FormNote]:
    """Return the remarks on the values of a paper."""
    notes = list[FormNote]()
    match paper.form.id:
        case "social_order":
            notes = _social_order(paper.values, paper.rows)
        case "reconciliation_act":
            # An act that is not in force yet; the form has no place for the second signature.
            notes = _of_rows("form.note.not_in_force", (not row.get("in_force_on") for row in paper.rows))
            notes.append(FormNote(code="form.note.second_signature"))
        case "propaganda_report":
            sparse = [isinstance(views := row.get("views"), int) and views < VIEWS for row in paper.rows]
            notes = _of_rows("form.note.few_views", sparse, views=VIEWS)
        case "confirmation":
            # Some boxes ticked and others empty prove nothing.
            boxes = {bool(paper.values.get(box)) for box in ("has_read", "undertakes", "is_aware")}
            notes = [FormNote(code="form.note.box_empty")] if len(boxes) > 1 else []
        case "plan":
            for part in ("completion_form", "responsible", "term"):
                without = (not row.get(part) for row in paper.rows)
                notes += _of_rows("form.note.measures_without", without, field=part)
    rows = paper.form.rows
    filled = {rows.group_of(row).id for row in paper.rows} if rows else set[str]()
    groups = rows.groups if rows and rows.nothing else ()
    looked_up = ((place, group.id) for place, group in enumerate(groups, 1) if group.id in paper.looked_up)
    # Their registers were read and have no row.
    if empty := [place for place, group in looked_up if group not in filled]:
        notes.append(FormNote(code="form.note.none_found", arguments={"rows": empty}))
    return notes


def _of_rows(code: str, are_meant: Iterable[bool], **arguments: object) -> list[FormNote]:
    """Return a remark on the rows that are meant, by their numbers; none where no row is."""
    numbers = [number for number, is_meant in enumerate(are_meant, 1) if is_meant]
    return [FormNote(code=code, arguments={**arguments, "rows": numbers})] if numbers else []


def _social_order(values: Row, rows: Sequence[Row]) -> list[FormNote]:
    """Return remarks where parts and theme, or theme and whole, disagree; and how many rows have an amount."""
    notes: list[FormNote] = []
    amounts = [_amount(row.get("amount")) for row in rows]
    theme, total = _amount(values.get("theme_amount")), _amount(values.get("total_amount"))
    parts = sum((amount for amount in amounts if amount is not None), Decimal(0))
    if rows and theme is not None and parts != theme:
        notes.append(FormNote(code="form.note.sum_differs", arguments={"sum": parts, "amount": theme}))
    if theme is not None and total is not None and theme > total:
        notes.append(FormNote(code="form.note.theme_above_total", arguments={"amount": theme, "total": total}))
    if rows:
        filled_count = sum(1 for amount in amounts if amount)
        notes.append(FormNote(code="form.note.share", arguments={"done": filled_count, "of": len(rows)}))
    return notes


def _amount(value: object) -> Decimal | None:
    """Return a number as a decimal; None for anything else."""
    return Decimal(value) if isinstance(value, int | Decimal) else None
