"""What all commands share: their options, how an answer is shown, how a process ends."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from merzim.cli.call import split_common_options
from merzim.cli.mount import named_days, number
from merzim.cli.rendering import Renderer
from tests.merzim.conftest import ROOT
from workflow.refusal import Refusal


@pytest.mark.parametrize(
    "line",
    [
        ["--now", "2026-04-06", "--json", "cases", "--lang", "ru", "--config", "c.toml"],
        ["cases", "--now=2026-04-06", "--json", "--lang=ru", "--config=c.toml"],
        ["--json", "--lang", "ru", "--config", "c.toml", "--now", "2026-04-06", "cases"],
    ],
)
def test_common_options_stand_anywhere(line: list[str]) -> None:
    """Before the command, after it, with `=` or without."""
    common, arguments = split_common_options(line)

    assert (common.config, common.language, common.json, common.now) == ("c.toml", "ru", True, "2026-04-06")
    assert arguments == ["cases"]


def test_nothing_after_two_dashes_is_ours() -> None:
    """`--` ends the options, as everywhere."""
    common, arguments = split_common_options(["case", "--", "--json", "-5"])

    assert not common.json
    assert arguments == ["case", "--", "--json", "-5"]


def test_a_common_option_needs_its_value() -> None:
    """`merzim cases --now` is a refusal, not a crash."""
    with pytest.raises(Refusal):
        split_common_options(["cases", "--now"])


def test_a_negative_number_is_no_option() -> None:
    """`calendar add 2026-05-12 -5`: the parser sees a typographic minus, the command a number."""
    _, arguments = split_common_options(["calendar", "add", "2026-05-12", "-5"])

    assert number(arguments[-1], where="N") == -5


@pytest.mark.parametrize("pairs", [["x"], ["=2026-04-13"], ["x="], ["x=2026-04-13", "x=2026-04-14"]])
def test_a_named_date_needs_a_name_and_one_date(pairs: list[str]) -> None:
    """Two dates for one fact are a question, not an answer."""
    with pytest.raises(Refusal):
        named_days(pairs, where="--fact")


def test_the_same_named_date_twice_is_one() -> None:
    """Saying a thing again is no contradiction."""
    days_by_name = named_days(["x=2026-04-13", "x=13.04.2026"], where="--fact")

    assert days_by_name == {"x": date(2026, 4, 13)}


def _text(answer: object, *shows: str, **words: str) -> str:
    return Renderer("ru", {"b-1": "Бухгалтерия"}.__getitem__, shows, words, {"theme": "Тема"}).text(answer)


def test_an_answer_is_shown_by_titles_words_and_names() -> None:
    """No key, no English name of a field, no Python value; moments are Almaty's, days in ISO."""
    answer = {
        "case": "2026-0001",
        "digest_of_nothing": "for programs",
        "working": True,
        "unit": "b-1",
        "at": datetime(2026, 4, 6, 5, tzinfo=UTC),
        "title": {"kk": "Мерзім", "ru": "Срок", "en": "Term"},
        "deadlines": [
            {"case": "2026-0001", "due": date(2026, 4, 6), "force": "obligatory", "theme": "Риск"},
            {"case": "2026-0001", "due": None, "force": "may", "theme": ""},
        ],
        "days": [{"date": date(2026, 5, 8), "kind": {"before": "working", "after": "weekend"}}],
    }

    assert _text(answer).splitlines() == [
        "Дело: 2026-0001",
        "Рабочий день: да",
        "Подразделение: Бухгалтерия",
        "Записано: 2026-04-06 10:00",
        "Название: Срок",
        "",
        "Сроки:",
        "  Срок        Обязательность  Тема",
        "  ----------  --------------  ----",
        "  2026-04-06  обязательно     Риск",
        "              вправе",
        "",
        "Дни:",
        "  Дата        Вид",
        "  ----------  " + "-" * 28,
        "  2026-05-08  Рабочий день → Выходной день",
    ]


@pytest.mark.parametrize("answer", [{}, {"cases": []}, {"unknown": 1}])
def test_an_answer_with_nothing_to_show_says_so(answer: object) -> None:
    """A blank output would leave the reader in doubt whether the command ran."""
    assert _text(answer) == "Ничего нет."


def test_only_the_fields_named_are_shown_in_their_order() -> None:
    """At any depth, records in blocks where they hold lists."""
    files = [{"problems": [{"message": "строка 1"}], "digest": "0", "holds": False}]

    assert _text({"files": files}, "files", "holds", "problems") == "Без ошибок: нет\n\nОшибки:\n  строка 1"


def test_a_refusal_of_a_process_in_any_terminal(tmp_path: Path) -> None:
    """Code 2, one line on stderr, nothing on stdout; in UTF-8 even where the machine speaks ASCII."""
    locale = {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    refused = subprocess.run(
        [sys.executable, "-m", "merzim", "calendar", "day", "31.02.26", "--lang", "kk"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **locale},
        capture_output=True,
        check=False,
    )

    assert (refused.returncode, refused.stdout, refused.stderr.count(b"\n")) == (2, b"", 1)
    assert "күн" in refused.stderr.decode("utf-8")


def test_a_reader_who_stops_reading_is_no_trouble(tmp_path: Path) -> None:
    """`merzim calendar year 2026 | head -1`: done, with nothing on stderr, unbuffered too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "merzim", "procedures", "internal-analysis", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    output = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), output) == (0, "")
