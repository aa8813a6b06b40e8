"""Translations: export and import of PO files; a further language needs no code."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

import i18n
from i18n import further, po
from i18n.dates import date_since
from i18n.entries import CATALOGUE
from merzim.services.configuration.translations import use_languages
from merzim.settings import Settings
from tests.merzim.conftest import Merzim

UZBEK = Path(__file__).parent / "languages" / "uz.toml"
"""Fifty sentences in Uzbek."""
HEAD = 'msgid ""\nmsgstr ""\n"X-Source-Language: ru\\n"\n"Language: uz\\n"\n'
NOW = datetime(2026, 4, 6, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _only_the_three_afterwards() -> Iterator[None]:
    yield
    use_languages(Settings())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of further languages of the office `merzim` runs in, empty."""
    (tmp_path / "config.toml").write_text('[languages]\nfolder = "languages"\n', encoding="utf-8")
    (tmp_path / "languages").mkdir()
    return tmp_path / "languages"


def _message(code: str, source: str, text: str, flag: str = "") -> str:
    quoted = ('"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"' for line in (source, text))
    return "\n" + (f"#, {flag}\n" if flag else "") + 'msgctxt "{}"\nmsgid {}\nmsgstr {}\n'.format(code, *quoted)


def test_a_shipped_language_goes_out_and_comes_back_byte_for_byte(tmp_path: Path) -> None:
    """Every English sentence is taken away; what the PO file says puts it back, every comment in its place."""
    copy = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, copy)
    texts = {code: entry.texts["en"] for code, entry in further.written().items()}
    data = po.export("en", "ru", texts, now=NOW)
    for file in copy.glob("*.toml"):
        without = re.sub(r"^en = .*$", 'en = "?"', file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        file.write_text(without, encoding="utf-8", newline="\n")
    assert further.written(copy)["state.open"].texts["en"] == "?"

    further.write_shipped("en", po.read(data).texts, copy)

    assert {file.name: file.read_bytes() for file in copy.iterdir()} == {
        file.name: file.read_bytes() for file in CATALOGUE.iterdir()
    }


def test_a_translator_s_file_becomes_a_language_of_the_installation(merzim: Merzim, folder: Path) -> None:
    """Exported, filled in and wrapped anew by another program, taken in: the file of the language, byte for
    byte.
    """
    own_sentences = further.read_language(UZBEK).sentences
    assert merzim("i18n", "export", "--language", "uz", "--source", "ru", "uz.po").code == 0
    exported = Path("uz.po").read_bytes()
    catalog = read_po(BytesIO(exported))
    for message in catalog:
        message.string = own_sentences.get(message.context or "", message.string)
    edited = BytesIO()
    write_po(edited, catalog, width=79)
    head = b'"X-Source-Language: ru\\n"\n"Language: '
    Path("edited.po").write_bytes(edited.getvalue().replace(b'"Language: ', head, 1))

    result = merzim("i18n", "import", "edited.po", "--language", "uz", "--format", "po")

    assert (result.code, result.out) == (
        0,
        "The translation was taken in: uz, 50 sentences. A running service reads it at its next start.\n",
    )
    assert (folder / "uz.toml").read_bytes() == UZBEK.read_bytes()


def test_a_file_says_what_translators_need(merzim: Merzim) -> None:
    """The code, where it stands, what is said beside it, the other languages, how many forms a word has."""
    data = merzim("i18n", "export", "--language", "uz").out

    assert '"Language: uz\\n"' in data
    assert '"X-Source-Language: ru\\n"' in data
    assert '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"' in data
    data_part = data[data.index("#. kk: {n} {n:plural|жұмыс күні}") if "жұмыс күні}" in data else 0 :]
    assert "#. :plural| one | other" in data_part
    second = data[: data.index('msgctxt "date.since_second"')].rpartition("\n\n")[2]
    assert '#. "со второго"' in second
    assert "#. en: from {on}" in second
    assert re.search(r"^#: common\.toml:\d+$", second, re.MULTILINE)


def test_a_faulty_file_is_refused_whole_and_names_code_and_line(merzim: Merzim, folder: Path) -> None:
    """Placeholders that are missing, unknown or written wrongly, too few forms, what stands twice, is fuzzy,
    unknown, or was translated from an older sentence; the good message among them is not taken in either.
    """
    on = "с {on}"
    wrong = HEAD + "".join(
        [
            _message("state.done", "исполнено", "bajarilgan"),
            _message("date.since", on, "dan"),
            _message("date.day", "{day} {month}", "{day}-{month} {year}"),
            _message("date.since_second", "со {on}", "{on dan"),
            _message("period.nth", "{period}, {number}-й раз", "{number}-marta {period:plural|bir}"),
            _message("state.done", "исполнено", "bajarildi"),
            _message("state.open", "к исполнению", "ochiq", flag="fuzzy"),
            _message("state.unheard", "неслыханно", "eshitilmagan"),
            _message("state.missed", "прежний текст", "tasdiqsiz qolgan"),
        ]
    )
    Path("wrong.po").write_text(wrong, encoding="utf-8")

    result = merzim("i18n", "import", "wrong.po")

    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        "merzim: The translation was not taken in: 8 faults. Nothing was changed.",
        "row 11: date.since: lacks the placeholder on.",
        "row 15: date.day: unknown placeholder year; allowed are day, month.",
        "row 19: date.since_second: a placeholder is written wrongly: '{on dan'.",
        "row 23: period.nth: a placeholder is written wrongly: uz counts with 2 forms, not ['bir'].",
        "row 27: state.done: stands in the file twice.",
        "row 32: state.open: is marked as fuzzy; check the translation and take the mark off.",
        "row 36: state.unheard: there is no such sentence.",
        "row 40: state.missed: the text that was translated (ru) is not the present one; "
        "export the file again.",
    ]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("head", "arguments", "refusal"),
    [
        (HEAD, ("--language", "tr"), 'another language: its head says "uz", wanted is "tr"'),
        (HEAD.replace("uz", ""), (), 'another language: its head says "", wanted is ""'),
        (HEAD.replace(": ru", ": de"), (), 'Nothing is translated from "de"'),
        (HEAD.replace("uz", "xx"), (), 'The language "xx" is unknown'),
        ("hello\n", (), "This is no PO file: line 1"),
        (HEAD, ("--format", "xliff"), 'There is no format "xliff"; allowed are po'),
    ],
)
def test_a_file_of_another_language_or_kind_is_refused(
    head: str, arguments: tuple[str, ...], refusal: str, merzim: Merzim, folder: Path
) -> None:
    """Before anything in it is looked at."""
    Path("wrong.po").write_text(head + _message("state.done", "исполнено", "bajarilgan"), encoding="utf-8")

    result = merzim("i18n", "import", "wrong.po", *arguments)

    assert result.code == 2
    assert refusal in result.err
    assert list(folder.iterdir()) == []


def test_without_a_folder_there_is_no_place_for_a_language(merzim: Merzim) -> None:
    """The refusal names the setting."""
    Path("uz.po").write_text(HEAD + _message("state.done", "исполнено", "bajarilgan"), encoding="utf-8")

    result = merzim("i18n", "import", "uz.po")

    assert (result.code, "languages.folder" in result.err) == (2, True)


def test_the_command_line_speaks_a_further_language(merzim: Merzim, folder: Path) -> None:
    """Its own sentences where it has them, dates in its own form (CLDR), all else in its fallback; a title of
    the law is in the fallback, too.
    """
    shutil.copyfile(UZBEK, folder / "uz.toml")

    lines = merzim(
        "plan",
        "internal-analysis",
        "--planned",
        "analysis_started=2026-04-13",
        "--now",
        "2026-03-01",
        "--lang",
        "uz",
    ).out.splitlines()

    assert lines[0].startswith("Внутренний анализ коррупционных рисков")
    assert lines[2].split() == ["Muddat", "Что", "Holati", "Majburiyligi", "Код"]
    assert any(
        re.fullmatch(r"2026-03-30  Объявление о начале анализа +по плану +обязательно +start_announced", line)
        for line in lines
    )
    assert merzim("calendar", "day", "2026-05-09", "--lang", "uz").out.startswith(
        "9 мая 2026 года – нерабочий день."
    )
    assert merzim("due", "--lang", "xx").err.rstrip().endswith("kk, ru, en, uz.")


def test_dates_and_counted_words_of_a_further_language_come_from_the_cldr(folder: Path) -> None:
    """Nobody wrote them; a sentence it lacks is whole in the other language."""
    shutil.copyfile(UZBEK, folder / "uz.toml")
    further.load(folder)
    day = date(2026, 3, 30)

    assert i18n.known_languages() == ("kk", "ru", "en", "uz")
    assert (i18n.own_name("uz"), i18n.fallback("uz"), i18n.fallback("en")) == ("o‘zbek", "ru", "en")
    assert i18n.date_long(day, "uz") == "30-mart, 2026"
    assert i18n.date_day(day, "uz") == "30-mart"
    assert i18n.date_weekday(day, "uz") == "dushanba"
    assert date_since(day, "uz") == "с 30 марта 2026 года"
    assert i18n.period("2026Q3", "uz") == "III квартал 2026 года"
    assert (
        i18n.say("due_by", {"title": "Tahlil", "on": day}, "uz")
        == "Tahlil – 30-mart, 2026 kunidan kechiktirmay."
    )
    assert i18n.say("due_none", {"title": "Tahlil"}, "uz") == "Tahlil – последний день не определён."
    assert i18n.number(12345, "uz") == "12 345"
    assert (i18n.available_language("uz"), i18n.available_language("tr")) == ("uz", "kk")


def test_what_cannot_be_said_is_said_in_the_fallback_and_found_by_check(merzim: Merzim, folder: Path) -> None:
    """A file edited by hand breaks no page."""
    text = 'fallback = "kk"\n\n[sentences]\n"state.done" = "bajarilgan"\n"due_by" = "{titel}"\n'
    (folder / "uz.toml").write_text(text, encoding="utf-8")

    result = merzim("i18n", "check")

    assert result.code == 1
    row = next(line for line in result.out.splitlines() if line.startswith("uz"))
    count = len(further.written())
    assert row.split() == ["uz", "o‘zbek", "1", str(count - 2), "1", "kk"]
    assert result.out.splitlines()[-1] == "uz: due_by: lacks the placeholder on, title."
    assert i18n.say("due_none", {"title": "T"}, "uz") == i18n.say("due_none", {"title": "T"}, "kk")
    arguments = {"title": "T", "on": date(2026, 3, 30)}
    assert i18n.say("due_by", arguments, "uz") == i18n.say("due_by", arguments, "kk")


@pytest.mark.parametrize(
    "text", ['fallback = "de"\n[sentences]\n', "hello", 'fallback = "ru"\n[sentences]\na = 1\n']
)
def test_a_file_that_is_no_language_is_named(text: str, merzim: Merzim, folder: Path) -> None:
    """With its folder, at the start."""
    (folder / "uz.toml").write_text(text, encoding="utf-8")

    result = merzim("due")

    assert result.code == 2
    assert "uz.toml" in result.err


def test_the_office_may_speak_a_further_language_once_it_has_its_file(merzim: Merzim, folder: Path) -> None:
    """Before, the start is refused as for any language there is not."""
    config = folder.parent / "config.toml"
    config.write_text(config.read_text("utf-8") + '[office]\nlanguage = "uz"\n', encoding="utf-8")
    before = merzim("check-config")
    shutil.copyfile(UZBEK, folder / "uz.toml")

    after = merzim("check-config")

    assert (before.code, "office.language" in before.out) == (1, True)
    assert after.code == 0
