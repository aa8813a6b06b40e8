"""`merzim telegram links`: the linked Telegram accounts, as text."""

from __future__ import annotations

import ast
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from i18n import say
from merzim.app import build_app
from merzim.settings_file import read
from notifications.links import hash_code
from tests.merzim.conftest import PEOPLE, ROOT, Merzim

PERSON = "p.litvinova@example.kz"
LINKED = datetime(2026, 4, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "heads"),
    [
        ("kk", ("Кім", "Тілі", "Жазылған", "Күйі")),
        ("ru", ("Кто", "Язык", "Записано", "Состояние")),
        ("en", ("Who", "Language", "Written", "State")),
    ],
)
def test_links_are_listed_in_every_language(
    merzim: Merzim, tmp_path: Path, language: str, heads: tuple[str, ...]
) -> None:
    """A table with a head over each column, and the person, the day and the state below it."""
    assert merzim("people", PEOPLE).code == 0
    with closing(build_app(read(at=tmp_path))) as app:
        app.links.offer(PERSON, hash_code("CODE"), now=LINKED)
        assert app.links.redeem(hash_code("CODE"), "1", language="ru", now=LINKED)[0] == "linked"

    answer = merzim("telegram", "links", "--lang", language)

    assert (answer.code, answer.err) == (0, "")
    assert all(head in answer.out for head in heads)
    assert PERSON in answer.out
    assert "2026" in answer.out


def test_every_head_of_a_table_has_its_words() -> None:
    """Heads are named in code and written in the catalogues: none may be missing there."""
    names = set[str]()
    for file in (ROOT / "merzim" / "cli").glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if call.func.attr == "table" and call.args and isinstance(call.args[0], ast.Tuple):
                heads = call.args[0].elts
            elif call.func.attr == "heads":
                heads = call.args
            else:
                continue
            names |= {head.value for head in heads if isinstance(head, ast.Constant)}

    assert len(names) > 40
    for name in names:
        for language in ("kk", "ru", "en"):
            assert say(f"cli.head.{name}", {}, language)
