"""What nobody meant to write: a few spoiled files a reader, minutes of them by `tests.crash.fuzzing`."""

from __future__ import annotations

import random

import pytest

from papers.sheets.date_text import LONGEST
from papers.sheets.workbook import MAX_LETTERS
from tests.crash import fuzzing
from tests.crash.readers import Reader, readers


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.name)
def test_a_spoiled_file_is_read_or_refused_by_a_sentence(reader: Reader) -> None:
    """No traceback, nothing that cannot be said, no hanging."""
    _, bad = fuzzing.fuzz([reader], random.Random(20261121), each=100)

    assert not bad, [trouble for trouble, _ in bad.values()]


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.name)
def test_the_examples_are_whole_before_they_are_spoiled(reader: Reader) -> None:
    """Spoiling what nobody could read finds nothing; of acts the shipped ones are on file already."""
    seeds = reader.seeds()
    for seed in seeds[:1] if reader.name == "act" else seeds:
        reader.take(seed)


@pytest.mark.parametrize("name", ["dates", "terms"])
@pytest.mark.parametrize(
    "again", ["1", "2026", "12:30 ", "2026жыл", "_", "«_", "\0", "рабоч", "январ", "5 по ", "1-", "а\n", "² "]
)
@pytest.mark.parametrize("length", [LONGEST - 20, LONGEST, MAX_LETTERS])
def test_a_cell_as_long_as_cells_are_is_answered_in_time(name: str, again: str, length: int) -> None:
    """One thing over and over: patterns that try each place again once took minutes over a single cell."""
    (reader,) = (one for one in readers() if one.name == name)
    for ending in ("", "x", " дней", " раз в год"):
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
        _, bad = fuzzing.fuzz([broken], random.Random(1), each=1)
        assert [says in trouble for trouble, _ in bad.values()] == [True]
