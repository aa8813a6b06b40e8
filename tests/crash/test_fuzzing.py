"""Fuzzing of file readers: a few corrupted files each; `tests.crash.fuzzing` runs for minutes."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from merzim.documents.people.office_time import parse_week
from merzim.documents.schedules.schedule import read_above
from merzim.documents.schedules.written_terms import read_term
from merzim.documents.sheets.dates import LONGEST, read_lines
from merzim.documents.sheets.rows import MAX_LETTERS, Row
from merzim.documents.sheets.unreadable import Errors
from merzim.logs import veiled
from tests.crash import fuzzing
from tests.crash.readers import Reader, readers
from tests.sweep import sample


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.name)
def test_a_spoiled_file_is_read_or_refused_by_a_sentence(reader: Reader) -> None:
    """No traceback, nothing that cannot be said, no hanging."""
    _, bad = fuzzing.fuzz([reader], random.Random(20261121), runs_each=sample(40, 100))

    assert not bad, [trouble for trouble, _ in bad.values()]


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.name)
def test_the_examples_are_whole_before_they_are_spoiled(reader: Reader) -> None:
    """Spoiling what nobody could read finds nothing; of acts the shipped ones are on file already."""
    seeds = reader.seeds()
    for seed in seeds[:1] if reader.name == "act" else seeds:
        reader.take(seed)


WHOLE_CELLS: dict[str, Callable[[str], object]] = {
    "dates": lambda text: read_lines(text, year=2026),
    "term": lambda text: read_term(text, year=2026),
    "title": lambda text: read_above([Row(1, (f"график {text}"[:MAX_LETTERS],))], Errors()),
    "week": parse_week,
    "line of the log": veiled,
}


@pytest.mark.parametrize("name", WHOLE_CELLS)
@pytest.mark.parametrize(
    "again",
    [
        *("1", "2026", "1-", "12:30 ", "² ", "2026жыл", "январ", "рабоч", "5 по ", "в "),
        *("_", "«_", "\0", "а\n", "a-", " "),
    ],
)
@pytest.mark.parametrize("length", [LONGEST, MAX_LETTERS])
def test_a_text_of_one_thing_over_and_over_is_answered_in_time(name: str, again: str, length: int) -> None:
    """As long as a cell may be. Patterns that try each place again once took minutes over a single one."""
    reader = Reader(name=name, seeds=list, take=lambda data: WHOLE_CELLS[name](data.decode()))
    for ending in ("x", " раз в год"):
        text = ("в течение " + again * length)[: length - len(ending)] + ending
        fuzzing.answer(reader, text.encode(), random.Random(1))


def test_a_reader_that_breaks_or_hangs_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself can fail."""
    monkeypatch.setattr(fuzzing, "PATIENCE", 0.05)

    def hangs(data: bytes) -> object:
        while True:
            pass

    def breaks(data: bytes) -> object:
        raise KeyError(data)

    for take, says in ((hangs, "no answer"), (breaks, "KeyError")):
        broken = Reader(name="broken", seeds=lambda: [b"one two"], take=take)
        _, bad = fuzzing.fuzz([broken], random.Random(1), runs_each=1)
        assert [says in trouble for trouble, _ in bad.values()] == [True]
