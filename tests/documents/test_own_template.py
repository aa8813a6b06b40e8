"""An organisation's own form template: placeholders replaced, nothing executed or fetched."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache

import docx
import pytest

from merzim.documents.child import read
from merzim.documents.forms import fill, form, names
from merzim.documents.forms.own_template import MAX_TEMPLATE_BYTES, check_template, fill_template, placeholders
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.test_forms import AS_LETTERS, NASTY, tables_of, text_of

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
MARKUP = f'xmlns:mc="{COMPATIBILITY}" xmlns:w14="urn:w14" mc:Ignorable="w14"'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
VALUES = {"object": NASTY, "organisation": "Министерство", "approver_name": "Жумагулов Серик Маратович"}
ROWS = [{"measure": f"Мера {number}: {NASTY}", "responsible": "Отдел {{ object }}"} for number in (1, 2)]


@cache
def letterhead() -> bytes:
    """A template as an organisation writes it: a head, placeholders in several runs, a table, a foot."""
    document = docx.Document()
    section = document.sections[0]
    section.header.paragraphs[0].text = "{{ organisation }}"
    section.footer.paragraphs[0].text = "Исполнитель: {{approver_name_signed}}"
    paragraph = document.add_paragraph("О плане по объекту ")
    for piece, bold in (
        ("{", True),
        ("{ ob", False),
        ("ject", True),
        (" }} и", False),
        (" {{ object }}.", None),
    ):
        paragraph.add_run(piece).bold = bold
    table = document.add_table(rows=2, cols=3)
    for cell, text in zip(table.rows[0].cells, ("№", "Мера", "Кто"), strict=True):
        cell.text = text
    for cell, text in zip(
        table.rows[1].cells,
        ("{{ rows.number }}", "{{ rows.measure }}", "{{ rows.responsible }} ({{ organisation }})"),
        strict=True,
    ):
        cell.text = text
    document.add_paragraph("Подписана {{ note_date }}")
    return saved(document)


@cache
def template(text: str) -> bytes:
    """A template with the object alone."""
    document = docx.Document()
    document.add_paragraph(f"{text}: {{{{ object }}}}")
    return saved(document)


def saved(document: docx.document.Document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def changed(template: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A template with one member changed, or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template)) as archive, zipfile.ZipFile(target, "w") as other:
        for name in archive.namelist():
            content = archive.read(name)
            other.writestr(name, change(content) if name == part else content)
        if part not in archive.namelist():
            other.writestr(part, change(b""))
    return target.getvalue()


def body(text: str) -> bytes:
    """A template whose body is this XML."""
    return changed(
        letterhead(),
        "word/document.xml",
        lambda _: f'<w:document xmlns:w="{WORD}" {MARKUP}><w:body>{text}</w:body></w:document>'.encode(),
    )


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def problems(template: bytes, name: str = "бланк.docx", *, of: str = "plan") -> list[tuple[str, str]]:
    """Code and main argument of everything a check refuses; [] when it takes the template."""
    try:
        check_template(template, name, form=of)
    except UnreadablePaper as refusal:
        mistakes = [(error.code, error.arguments) for error in refusal.errors] or [
            (refusal.code, refusal.arguments)
        ]
        words = ("field", "part", "target", "near", "name")
        return [
            (
                code.removeprefix("form_template_"),
                str(next((arguments[word] for word in words if word in arguments), "")),
            )
            for code, arguments in mistakes
        ]
    return []


def test_a_template_is_filled_in_its_own_layout() -> None:
    """A placeholder Word has split over runs, one in the header, rows of a table: and each value as letters."""
    filled = fill(form("plan"), VALUES, "ru", rows=ROWS, office_template=letterhead())
    document = docx.Document(io.BytesIO(filled.document))

    assert f"О плане по объекту {AS_LETTERS} и {AS_LETTERS}." in text_of(filled.document)
    assert document.sections[0].header.paragraphs[0].text == "Министерство"
    assert document.sections[0].footer.paragraphs[0].text == "Исполнитель: С.\u00a0Жумагулов"
    assert tables_of(filled.document) == [
        [
            ["№", "Мера", "Кто"],
            ["1.", f"Мера 1: {AS_LETTERS}", "Отдел {{ object }} (Министерство)"],
            ["2.", f"Мера 2: {AS_LETTERS}", "Отдел {{ object }} (Министерство)"],
        ]
    ]
    assert "Подписана «___» ____________ 20___ года" in text_of(filled.document)
    assert filled == fill(form("plan"), VALUES, "ru", rows=ROWS, office_template=letterhead()), (
        "equal values, equal bytes"
    )


def test_prefixes_word_needs_stay_declared() -> None:
    """`mc:Ignorable` names prefixes: a file in which one is not declared does not open in Word."""
    template = body(f"<w:p>{run('{{ object }}')}</w:p>")
    filled = fill_template(template, {"object": "Отдел\a вторая строка"})
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        text = archive.read("word/document.xml").decode()

    assert MARKUP in text
    assert '<w:t xml:space="preserve">Отдел</w:t><w:br/><w:t xml:space="preserve"> вторая строка</w:t>' in text


def test_brackets_go_with_the_missing_value_that_stands_in_them_alone() -> None:
    """Split over runs or not; those with words of their own stay, and so do those of a value that is there."""
    document = docx.Document()
    document.add_paragraph("А ({{ object }}) Б")
    split = document.add_paragraph("В (")
    split.add_run("{{ object }}")
    split.add_run(" ), Г ({{ order_number }})")
    document.add_paragraph("({{ object }}, Д) ({{ object }})")

    def text_with(**values: str) -> list[str]:
        filled = fill_template(saved(document), {"order_number": "5", **values})
        return [paragraph.text for paragraph in docx.Document(io.BytesIO(filled)).paragraphs]

    assert text_with(object="") == ["А Б", "В, Г (5)", "(, Д)"]
    assert text_with(object="х")[0] == "А (х) Б"


def test_every_placeholder_of_every_form_is_filled() -> None:
    """What the page lists is what the filling knows: in a table where it has a dot."""
    unfilled = {}
    for name in names():
        document, lists = docx.Document(), dict[str, list[str]]()
        for placeholder in placeholders(form(name)):
            if "." in placeholder.name:
                lists.setdefault(placeholder.name.partition(".")[0], []).append(placeholder.name)
            else:
                document.add_paragraph(f"{{{{ {placeholder.name} }}}}")
        for parts in lists.values():
            row = document.add_table(rows=1, cols=len(parts)).rows[0]
            for cell, part in zip(row.cells, parts, strict=True):
                cell.text = f"{{{{ {part} }}}}"
        assert check_template(saved(document), "a.docx", form=name) == ()
        for language in ("kk", "ru"):
            text = text_of(fill(form(name), {}, language, office_template=saved(document)).document)
            if "{{" in text or "None" in text:
                unfilled[name, language] = text
    assert unfilled == {}


def test_a_check_names_every_mistake_with_its_place() -> None:
    """An unknown field, open brackets, expressions, a row outside a table, two lists in a row."""
    document = docx.Document()
    for text in (
        "Объект {{ objekt }}",
        "{{ object }",
        "{% for x in rows %}",
        "{{ 7 * 7 }}",
        "{{ rows.measure }}",
    ):
        document.add_paragraph(text)
    document.sections[0].header.paragraphs[0].text = "{{ object.__class__ }}"

    assert sorted(problems(saved(document))) == [
        ("broken", "{% for x in rows %}"),
        ("broken", "{{ object }"),
        ("not_in_row", "rows.measure"),
        ("unknown", "7 * 7"),
        ("unknown", "object.__class__"),
        ("unknown", "objekt"),
    ]
    with pytest.raises(UnreadablePaper) as refused:
        check_template(saved(document), "бланк.docx", form="plan")
    arguments = next(
        error.arguments for error in refused.value.errors if error.arguments.get("field") == "objekt"
    )
    assert (arguments["place"], arguments["near"], arguments["allowed"][0]) == (
        "body",
        "Объект {{ objekt }}",
        "object",
    )  # type: ignore[index]
    place = {error.arguments["place"] for error in refused.value.errors if "__class__" in str(error.arguments)}
    assert place == {"header"}

    fields = ("{{ group_1.held_on }}", "{{ group_2.name }}")
    cells = "".join(f"<w:tc><w:p>{run(field)}</w:p></w:tc>" for field in fields)
    two = body(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>")
    assert problems(two, of="ethics_report") == [("two_lists", "group_2.name")]
    row = "<w:tr><w:tc><w:p><w:r><w:t>{{{{ rows.measure }}}}</w:t></w:r></w:p>{}</w:tc></w:tr>"
    nested = body("<w:tbl>" + row.format("<w:tbl>" + row.format("") + "</w:tbl>") + "</w:tbl>")
    assert [code for code, _ in problems(nested)] == ["nested"]


def test_what_runs_or_fetches_something_is_refused() -> None:
    """Macros, objects, foreign documents, links to files, fields that load data; a web address stays."""

    def related(kind: str, target: str, mode: str = "External") -> bytes:
        relation = (
            f'<Relationship Id="x" Type="{RELATION}{kind}" Target="{target}" TargetMode="{mode}"/>'.encode()
        )
        return changed(
            letterhead(),
            "word/_rels/document.xml.rels",
            lambda content: content.replace(b"</Relationships>", relation + b"</Relationships>"),
        )

    def field(*pieces: str) -> bytes:
        texts = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
        begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
        return body(f"<w:p>{begin}{texts}{end}</w:p>")

    assert problems(related("attachedTemplate", "http://evil.kz/a.dotm")) == [
        ("external", "http://evil.kz/a.dotm")
    ]
    assert problems(related("image", "http://evil.kz/a.png")) == [("external", "http://evil.kz/a.png")]
    assert problems(related("hyperlink", "file:////evil.kz/share")) == [("external", "file:////evil.kz/share")]
    assert problems(related("hyperlink", "https://gov.kz")) == []
    assert problems(related("vbaProject", "vbaProject.bin", "Internal")) == [("active", "vbaProject.bin")]
    assert problems(related("oleObject", "embeddings/a.bin", "Internal")) == [("active", "embeddings/a.bin")]
    assert problems(related("aFChunk", "a.html", "Internal")) == [("active", "a.html")]
    assert problems(field(" DDEA", "UTO c:\\\\windows\\\\system32\\\\cmd.exe ")) == [("field", "DDE")]
    assert problems(field(' INCLUDEPICTURE "http://evil.kz" ')) == [("field", "INCLUDE")]
    assert problems(field(" PAGE ")) == []
    macros = changed(
        letterhead(),
        "[Content_Types].xml",
        lambda content: content.replace(
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            b"application/vnd.ms-word.document.macroEnabled.main+xml",
        ),
    )
    assert problems(macros) == [("no_docx", "бланк.docx")]


def test_a_file_that_would_exhaust_or_trick_the_reader_is_refused() -> None:
    """No DOCX, a bomb, entities, a member twice, a file too large: each in one sentence."""
    bomb = changed(letterhead(), "word/media/a.bin", lambda _: b"0" * (60 * 2**20))
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(bomb)) as archive,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as other,
    ):
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    entities = changed(
        letterhead(),
        "word/document.xml",
        lambda _: (
            b'<!DOCTYPE a [<!ENTITY b "c">]><w:document xmlns:w="%s"><w:body/></w:document>' % WORD.encode()
        ),
    )
    twice = io.BytesIO(letterhead())
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("word/document.xml", "<other/>")
    long = body(f"<w:p>{run('слово ' * 300_000)}</w:p>")

    assert problems(b"PK but no archive") == [("no_docx", "бланк.docx")]
    assert problems(packed.getvalue()) == [("too_large", "бланк.docx")]
    assert problems(entities) == [("no_docx", "бланк.docx")]
    assert problems(twice.getvalue()) == [("no_docx", "бланк.docx")]
    assert problems(long) == [("too_large", "бланк.docx")]
    assert problems(b"0" * (MAX_TEMPLATE_BYTES + 1)) == [("no_docx", "бланк.docx")]
    with pytest.raises(UnreadablePaper) as refused:
        read(check_template, packed.getvalue(), "бланк.docx", form="plan")
    assert refused.value.code == "form_template_too_large"


def test_a_check_says_which_obligatory_fields_have_no_place() -> None:
    """A warning, not a refusal; a field may be used in any of its forms."""
    document = docx.Document()
    document.add_paragraph(
        "{{ approver_post_of }} {{ approver_name_signed }} {{ approved_on_of }} {{ object }}"
    )

    lacking = read(check_template, saved(document), "a.docx", form="plan")
    assert lacking == ("organisation", "note_date", "rows")
