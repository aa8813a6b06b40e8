"""The catalogue: every code in three languages, and the templates its entries are."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import product
from string import Formatter
from types import SimpleNamespace
from typing import Any

import pytest

import i18n
from i18n import entries, sentences
from i18n.entries import CATALOGUE, template, where
from i18n.sentences import FORMATS, Placeholder, placeholder, plain
from tests.i18n.texts import ANNOUNCEMENT, BEGINNING

SAMPLES: Mapping[str, Any] = {
    **dict.fromkeys(FORMATS, date(2026, 3, 30)),
    "": "text",
    "month": 3,
    "period": "2026Q3",
    "ranges": (date(2026, 3, 30),),
    "counted": (date(2026, 3, 30),),
    "number": 12345,
    "percent": Fraction(1, 20),
    "figure": "62.5-65",
    "figures": ((2022, "62.5-65"), (2023, "43")),
    "roman": 3,
    "plural": 5,
    "choose": True,
    "join": (BEGINNING, "text"),
    "join_inner": (BEGINNING, "text"),
    "name": "unheard of",
    "inner": BEGINNING,
    "sentence": BEGINNING,
    "bracketed": "text",
    "cited": "P1.T1.S3",
}
# When one argument stands in a sentence twice, the format that asks most decides what it is.
ASKING_LEAST = ("", "inner", "name")


def placeholders_of(text: str) -> list[Placeholder]:
    return [placeholder(name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None]


def _samples(code: str) -> dict[str, object]:
    """Arguments with which a code can be said."""
    samples: dict[str, tuple[str, object]] = {}
    for language in i18n.LANGUAGES:
        for name, form, options in placeholders_of(template(code, language)):
            if name not in samples or samples[name][0] in ASKING_LEAST:
                samples[name] = form, _value_of(options[0]) if form == "say" else SAMPLES[form]
            if form == "span":
                samples[options[0]] = form, SAMPLES[form]
    return {name: value for name, (_, value) in samples.items()}


def _value_of(prefix: str) -> str:
    """A value after whose prefix there is an entry."""
    return next(code for code in sorted(i18n.codes()) if code.startswith(prefix)).removeprefix(prefix)


def _asked(code: str, language: str) -> set[str]:
    """Arguments a sentence needs, those apart that only choose the form of a counted word.

    Kazakh words have one form only, so a bare word asks for nothing there."""
    return {name for name, form, _ in placeholders_of(template(code, language)) if form != "plural"}


def test_what_is_allowed_is_listed_in_every_sentence_and_headings_begin_alike() -> None:
    """A list shown as a plain value would show Python's brackets; a table has no heading in small letters."""
    for code, language in product(sorted(i18n.codes()), i18n.LANGUAGES):
        text = template(code, language)
        bare = [name for name, form, _ in placeholders_of(text) if name == "allowed" and form != "join"]
        assert not bare, f"{where(code)}: [{code}] {language}"
        assert not (code.startswith("head.") and text[0].islower()), f"{where(code)}: [{code}] {language}"


def test_every_code_can_be_said_in_every_language() -> None:
    """With sample arguments; nothing is left unfilled and no narrow space slips in."""
    for code in i18n.codes():
        for language in i18n.LANGUAGES:
            sentence = i18n.say(code, _samples(code), language)

            assert sentence.strip(), f"{where(code)}: {code}"
            assert not {"\u202f", "\u00a0"} & set(sentence), f"{where(code)}: {code}"


def test_a_code_asks_for_the_same_arguments_in_every_language() -> None:
    """The place that emits it need not know who will read it."""
    wrong = [
        code for code in i18n.codes() if not _asked(code, "kk") == _asked(code, "ru") == _asked(code, "en")
    ]

    assert wrong == []


SENTENCES = ("explanations.toml", "findings.toml", "refusals.toml")


def test_what_the_core_says_is_closed_by_a_full_stop() -> None:
    """Every element, finding and refusal, in each language, but for one that ends with a pattern."""
    codes = [code for code in i18n.codes() if where(code) in SENTENCES and code != "input.pattern"]

    assert len(codes) > 100
    for code, language in product(codes, i18n.LANGUAGES):
        assert i18n.say(code, _samples(code), language).endswith("."), code


def test_what_every_face_says_names_no_option_of_the_command_line() -> None:
    """The sentences of a case's rows and of a missing ground stand beside the fields of a page too."""
    codes = ("risk.no_body", "risk.why_not", "risk.nobody_holds", "ground_missing")
    arguments = {"risk": 1, "position": 2}

    assert [
        code for code in codes for language in ("kk", "ru", "en") if "--" in i18n.say(code, arguments, language)
    ] == []


def _sentences(file: str, code: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """File, code and texts of every entry of a table and of the tables inside it."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _sentences(file, f"{code}.{key}".lstrip("."), value)
    if texts := {key: value for key, value in table.items() if not isinstance(value, dict)}:
        yield file, code, texts


def test_each_code_stands_in_one_file_in_three_languages_as_it_is_read() -> None:
    """The catalogues are cut at their codes without being parsed; parsed whole they say the same."""
    found = [
        sentence
        for path in sorted(CATALOGUE.glob("*.toml"))
        for sentence in _sentences(path.name, "", tomllib.loads(path.read_text(encoding="utf-8")))
    ]

    assert Counter(code for _, code, _ in found).most_common(1)[0][1] == 1
    assert {code for _, code, _ in found} == {code for code in i18n.codes() if where(code)}
    for file, code, texts in found:
        assert (file, texts.keys()) == (where(code), {"kk", "ru", "en"}), code
        assert texts == {language: template(code, language) for language in texts}, code


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str]]:
    """A catalogue of the test's own, beside the real ones."""
    entry_copy = dict(entries._entries())
    monkeypatch.setattr(entries, "_entries", lambda: entry_copy)
    monkeypatch.setattr(sentences, "_parsed", sentences._parsed.__wrapped__)
    return entry_copy


def _add(catalogue: dict[str, tuple[str, str]], code: str, text: str) -> None:
    catalogue[code] = "own.toml", "".join(f"{language} = '{text}'\n" for language in i18n.LANGUAGES)


def test_braces_and_percent_signs_stand_as_written(catalogue: dict[str, tuple[str, str]]) -> None:
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
        ("{n", "expected '}'"),
        ("n}", "Single '}'"),
        ("{n:long|x}", "takes no options"),
        ("{n:say}", "takes some options"),
        ("{n:plural|день|дня}", "3 forms"),
    ],
)
def test_a_wrong_template_says_file_code_and_what_is_wrong(
    text: str, wrong: str, catalogue: dict[str, tuple[str, str]]
) -> None:
    """Its author finds the place at once."""
    _add(catalogue, "a", text)

    with pytest.raises(i18n.CatalogueError, match=rf"own\.toml: \[a\] ru: .*{wrong}"):
        i18n.say("a", {"n": 1}, "ru")


def test_another_entry_is_said_with_the_same_arguments(catalogue: dict[str, tuple[str, str]]) -> None:
    """A part of a sentence may have its own entry; one that is not there is an error."""
    _add(catalogue, "a", "<{kind:say|part.}>")
    _add(catalogue, "part.x", "{on:short}")

    assert i18n.say("a", {"kind": "x", "on": date(2026, 3, 30)}, "ru") == "<30.03.2026>"
    with pytest.raises(i18n.UnknownCode):
        i18n.say("a", {"kind": "y", "on": date(2026, 3, 30)}, "ru")


def test_plain_values_are_said_in_the_reader_s_language() -> None:
    """A text in its language, also when it is a mapping; a date long; nothing as a dash."""
    plain_values = (ANNOUNCEMENT, {"kk": "а", "ru": "б", "en": "c"}, date(2026, 3, 30), None, 7)
    texts = [plain(value, "ru") for value in (*plain_values, SimpleNamespace(x=1))]
    assert texts == ["Объявление о начале анализа", "б", "30 марта 2026 года", "–", "7", "namespace(x=1)"]


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


def test_the_product_has_one_name_in_a_language() -> None:
    """Мерзім in Kazakh and in Russian, as on the pages; in Latin letters only in its addresses and commands."""
    assert [code for code in i18n.codes() if "Merzim" in template(code, "kk") + template(code, "ru")] == []


def test_a_kazakh_day_on_which_something_was_done_is_in_the_locative() -> None:
    """«5 мамырда қол қойылған», never «5 мамыр қол қойылған»."""
    done = r":(long|day)\} (?!деп|әлі|күні|мерзімі|аралығ)(\w+ ){0,2}\w+([лн]д[ыі]|[лт][ае]д[ыі]|[ғгқк][ае]н)\b"

    assert [code for code in i18n.codes() if re.search(done, template(code, "kk"))] == []
