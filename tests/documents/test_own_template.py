"""An organisation's own template of a form: a DOCX file made in Word, filled by the engine of ours."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest

from merzim.documents.forms.definitions import form_named, template as ours
from merzim.documents.forms.paper import Paper, fill
from workflow.refusal import Refusal

VALUES: dict[str, object] = {"object": "Отдел <закупок> & склад"}


def template(*lines: str) -> bytes:
    """A document of these paragraphs."""
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def text_of(data: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs)


def test_a_template_of_ones_own_is_filled_like_ours() -> None:
    """With its own words around the values, which stand as they are, and its own rows."""
    own = template("АО «Жайық»", "{{ object }}", "{%p for row in rows %}", "{{ row.number }}", "{%p endfor %}")
    paper = Paper(form_named("plan"), "ru", VALUES, [{}, {}])
    assert text_of(fill(paper, own)) == "АО «Жайық»\nОтдел <закупок> & склад\n1.\n2."


def test_a_template_of_libreoffice_gives_a_document_that_word_opens() -> None:
    """LibreOffice calls the properties of a file by another name: they are in it once all the same."""
    own = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ours("order", "ru"))) as word, zipfile.ZipFile(own, "w") as libre:
        for name in word.namelist():
            theirs = b"officedocument/2006/relationships/metadata/core-properties"
            part = word.read(name).replace(b"package/2006/relationships/metadata/core-properties", theirs)
            libre.writestr(name, part)
    filled = fill(Paper(form_named("order"), "ru", VALUES), own.getvalue())
    parts = zipfile.ZipFile(io.BytesIO(filled)).namelist()

    assert sorted(parts) == sorted(set(parts))
    assert docx.Document(io.BytesIO(filled)).core_properties.title == form_named("order").title["ru"]
    assert text_of(filled) == text_of(fill(Paper(form_named("order"), "ru", VALUES)))


def test_names_the_form_does_not_have_are_named() -> None:
    """With those it has, the nearest first."""
    with pytest.raises(Refusal) as refusal:
        fill(Paper(form_named("plan"), "ru", VALUES), template("{{ object }} {{ obejct }} {{ total }}"))

    arguments = refusal.value.arguments
    assert (refusal.value.code, arguments["names"]) == ("form_template_unknown", ("obejct", "total"))
    assert arguments["allowed"][0] == "object"
    assert {"rows", "approver_name_signed", "note_date_of"} <= {*arguments["allowed"]}


@pytest.mark.parametrize(
    "own",
    [
        *(template("{{ ''.__class__.__mro__ }}"), template("{{ object.__init__.__globals__ }}")),
        *(template("{{ object"), template("{% for %}"), template("{{ object / 2 }}"), template("{{ 1 / 0 }}")),
        b"PK no document",
    ],
)
def test_a_template_cannot_reach_beyond_its_values(own: bytes) -> None:
    """A program in it, or a slip, or what is no document, is refused by a sentence."""
    with pytest.raises(Refusal, match="form_template_broken"):
        fill(Paper(form_named("plan"), "ru", VALUES), own)
