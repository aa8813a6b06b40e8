"""The office's own event chain: adopted acts, hashed and sealed like cases, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from calendars.records import RecordError
from merzim.storage.maintenance.verify import verify
from merzim.storage.org.adoptions import ACTS, adopt, adopted_acts, head_of
from merzim.storage.org.chain import head
from tests.storage.sample_cases import NOW, TODAY, opened
from tests.storage.test_verify import by_hand, codes

ACT = """
[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000111"
address = "https://adilet.zan.kz/rus/docs/G26G0000111"
"""
NEXT = ACT.replace("05-08", "07-10").replace("05-16", "07-18")


def adopted(engine: Engine, act: str = ACT) -> bool:
    return adopt(engine, adopted_acts(engine), name="бұйрық.toml", text=act, on=TODAY, by="Айгүл", now=NOW)


def test_an_office_begins_without_acts_and_one_comes_back_as_it_was_given(engine: Engine) -> None:
    """Its calendar is the shipped one. Who, when, which file; every letter of its text."""
    assert adopted_acts(engine) == ()
    assert (head(engine, ACTS), head_of(())) == ("", "")
    assert adopted(engine)
    (act,) = adopted_acts(engine)

    assert (act.kind, act.name, act.text) == ("calendar_changed", "бұйрық.toml", ACT)
    assert (act.on, act.at, act.by) == (TODAY, NOW, "Айгүл")
    assert head(engine, ACTS) == head_of([act]) != ""


def test_of_two_that_adopt_at_once_one_wins(engine: Engine) -> None:
    """The slower one writes nothing and looks again."""
    before = adopted_acts(engine)
    adopted(engine)

    assert not adopt(engine, before, name="x.toml", text=NEXT, on=TODAY, by="Б", now=NOW)
    assert [act.text for act in adopted_acts(engine)] == [ACT]


def test_an_act_changed_by_hand_is_named_and_no_board_is_compared_under_it(engine: Engine) -> None:
    """A Saturday moved by a week; the rows it would compute prove nothing."""
    opened(engine)
    adopted(engine)
    with by_hand(engine) as connection:
        connection.execute(text("UPDATE event SET payload = replace(payload, '05-16', '05-23')"))

    def never(case: object) -> object:
        raise AssertionError(case)

    assert codes(verify(engine, recompute=never)) == [("event_altered", 1)]  # type: ignore[arg-type]


def test_an_act_altered_past_reading_says_so_when_it_is_read(engine: Engine) -> None:
    """A refusal that names the file, not a broken program."""
    adopted(engine)
    with by_hand(engine) as connection:
        connection.execute(text("UPDATE event SET payload = '{'"))

    with pytest.raises(RecordError, match=r"бұйрық\.toml"):
        _ = adopted_acts(engine)[0].records
