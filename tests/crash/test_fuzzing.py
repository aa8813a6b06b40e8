"""What nobody meant to write: a few spoiled files a reader, minutes of them by `tests.crash.fuzzing`."""

from __future__ import annotations

import random

import pytest

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
