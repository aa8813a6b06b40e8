"""Allowed syntax of catalogue templates."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

import i18n
from i18n import entries, sentences
from i18n.formats import plain
from tests.i18n.texts import ANNOUNCEMENT


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, entries.CatalogueEntry]:
    """A catalogue of the test's own, beside the real ones."""
    entry_copy = dict(entries._entries())
    monkeypatch.setattr(entries, "_entries", lambda: entry_copy)
    monkeypatch.setattr(sentences, "_compiled", {})
    return entry_copy


def _add(catalogue: dict[str, entries.CatalogueEntry], code: str, text: str) -> None:
    catalogue[code] = entries.CatalogueEntry("own.toml", dict.fromkeys(i18n.LANGUAGES, text))


def test_braces_and_percent_signs_stand_as_written(catalogue: dict[str, entries.CatalogueEntry]) -> None:
    """A doubled brace is a brace; per cent is per cent, with gaps and without, inside a choice too."""
    _add(catalogue, "a", "{{{n}}} of 100 %")
    _add(catalogue, "b", "100 %")
    _add(catalogue, "c", "{n:choose|5 %|6 %}")

    assert i18n.say("a", {"n": 7}, "ru") == "{7} of 100 %"
    assert i18n.say("b", {}, "ru") == "100 %"
    assert i18n.say("c", {"n": True}, "ru") == "5 %"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{n:lomg}", "unknown format 'lomg'"),
        ("{n", "a brace that is no placeholder"),
        ("n}", "a brace that is no placeholder"),
        ("{n:long|x}", "takes no options"),
        ("{n:say}", "takes some options"),
        ("{n:plural|день|дня}", "3 forms"),
    ],
)
def test_a_wrong_template_says_file_code_and_what_is_wrong(
    text: str, wrong: str, catalogue: dict[str, entries.CatalogueEntry]
) -> None:
    """Its author finds the place at once."""
    _add(catalogue, "a", text)

    with pytest.raises(i18n.CatalogueError, match=rf"own\.toml: \[a\] ru: .*{wrong}"):
        i18n.say("a", {"n": 1}, "ru")


def test_another_entry_is_said_with_the_same_arguments(catalogue: dict[str, entries.CatalogueEntry]) -> None:
    """A part of a sentence may have its own entry; one that is not there is an error."""
    _add(catalogue, "a", "<{kind:say|part.}>")
    _add(catalogue, "part.x", "{on:short}")

    assert i18n.say("a", {"kind": "x", "on": date(2026, 3, 30)}, "ru") == "<30.03.2026>"
    with pytest.raises(i18n.UnknownCode):
        i18n.say("a", {"kind": "y", "on": date(2026, 3, 30)}, "ru")


def test_plain_values_are_said_in_the_reader_s_language() -> None:
    """A text in its language, also when it is a mapping; a date long; nothing as a dash."""
    assert plain(ANNOUNCEMENT, "ru") == "Объявление о начале анализа"
    assert plain({"kk": "а", "ru": "б", "en": "c"}, "ru") == "б"
    assert plain(date(2026, 3, 30), "ru") == "30 марта 2026 года"
    assert plain(None, "ru") == "–"
    assert plain(7, "ru") == "7"
    assert plain(SimpleNamespace(x=1), "ru") == "namespace(x=1)"


def test_a_title_inside_a_sentence_loses_its_capital_letter() -> None:
    """Unless it is an abbreviation's."""
    assert i18n.inner("Объявление о начале") == "объявление о начале"
    assert i18n.inner("Ішкі талдау") == "ішкі талдау"
    assert i18n.inner("БАҚ-тағы жариялау") == "БАҚ-тағы жариялау"
    assert i18n.inner("О размещении") == "о размещении"
    assert i18n.inner("") == ""


def test_a_day_of_another_year_carries_its_year() -> None:
    """Read in December, "12 January" would be any January; the last and the first day of a year are of it."""
    days = {
        date(2026, 1, 1): "1 января",
        date(2026, 12, 31): "31 декабря",
        date(2027, 1, 1): "1 января 2027 года",
    }
    for today in (date(2026, 1, 1), date(2026, 12, 31)):
        arguments = {"title": "Отчёт", "left": 5, "today": today}
        texts = {day: i18n.say("digest.when_soon", {**arguments, "due": day}, "ru") for day in days}
        assert {day: text.partition(" (")[0] for day, text in texts.items()} == days
