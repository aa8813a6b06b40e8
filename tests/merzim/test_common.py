"""Command-line parsing: common options, negative numbers, dates as people write them, wrong calls."""

from __future__ import annotations

from datetime import date

import pytest

from merzim.cli.parsing import CommonOptions, named_days, number, split
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
    common, arguments = split(line)

    assert common == CommonOptions(config="c.toml", language="ru", json=True, now="2026-04-06")
    assert arguments == ["cases"]


def test_nothing_after_two_dashes_is_ours() -> None:
    """`--` ends the options, as everywhere."""
    common, arguments = split(["case", "--", "--json", "-5"])

    assert not common.json
    assert arguments == ["case", "--", "--json", "-5"]


def test_a_common_option_needs_its_value() -> None:
    """`merzim cases --now` is a refusal, not a crash."""
    with pytest.raises(Refusal):
        split(["cases", "--now"])


def test_a_negative_number_is_no_option() -> None:
    """`calendar add 2026-05-12 -5`: the parser sees a typographic minus, the command a number."""
    _, arguments = split(["calendar", "add", "2026-05-12", "-5"])

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
