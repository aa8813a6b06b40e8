"""Every message code of `documents` has a sentence in three languages that uses its arguments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import merzim.documents
from i18n import LANGUAGES, knows, say
from merzim.documents.people.table import read_people
from merzim.documents.schedules.audit_table import read_audit
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.sheets import REAL, published, xlsx

CODES = sorted(
    {
        code
        for path in Path(merzim.documents.__file__).parent.rglob("*.py")
        for code in re.findall(r'"((?:paper|read)_[a-z_.]+)"', path.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_sentence(code: str) -> None:
    """A refusal nobody can read is none."""
    assert knows(code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_on_the_real_schedule_is_a_sentence(language: str) -> None:
    """In each language, with nothing left to fill in."""
    (read,) = read_schedule(REAL)
    sentences = [say(note.code, note.arguments, language) for note in read.notes]

    assert all(sentence.endswith(".") and "{" not in sentence for sentence in sentences)


BAD = [
    lambda: read_schedule(b"hello", "a.xlsx"),
    lambda: read_schedule(Path("нет.xlsx")),
    lambda: read_schedule(xlsx([("Виды работ", "Ответственные"), ("a", "b")]), "a.xlsx"),
    lambda: read_schedule(xlsx([("Виды работ", "Сроки", "Срок", "Ответственные")]), "a.xlsx"),
    lambda: read_schedule(xlsx([["x"] * 1000]), "a.xlsx"),
    lambda: read_schedule(
        published(("Приказ", "31.02.26"), ("Приказ", "=A1"), ("Приказ", "01.01.1999"), ("Приказ", "13 мая")),
        "a.xlsx",
    ),
    lambda: read_schedule("Объект;Начало;Конец\nа;;\n;1.1.26;\nб;2.1.26;1.1.26\n".encode(), "a.csv"),
    lambda: read_people("unit;name;duties;e-mail;language\nа;б;царь;a@;xx\n;в;;;\n".encode(), "a.csv"),
    lambda: read_people("unit;parent;name;deputy\nа;б;в;г\nб;а;в;\nа;д;е;\n".encode(), "a.csv"),
    lambda: read_audit(b"case,publisht\n1,2026-01-01\n", "a.csv", facts=("published",)),
    lambda: read_audit("что,published\n2026-01-02,2026-01-01\n".encode(), "a.csv", facts=("published",)),
    lambda: read_audit(b"case\n1\n", "a.csv", facts=("published",)),
    lambda: read_audit(b"case,published\n1,x\n1,2026-01-01\n", "a.csv", facts=("published",)),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("bad", BAD)
def test_every_refusal_is_a_sentence(bad: object, language: str) -> None:
    """The file's, and each row's."""
    with pytest.raises(UnreadablePaper) as refusal:
        bad()  # type: ignore[operator]
    exception = refusal.value
    sentences = [say(exception.code, exception.arguments, language)]
    sentences += [say(error.code, error.arguments, language) for error in exception.errors]

    assert all(sentence[-1] in ".?" and "{" not in sentence for sentence in sentences)
