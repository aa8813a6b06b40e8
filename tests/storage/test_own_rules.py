"""Own rules adopted and withdrawn, as lines of the office's own chain, on both databases."""

from __future__ import annotations

from sqlalchemy import Engine

from storage.maintenance.seals import seal
from storage.maintenance.verify import verify
from storage.org.own_rules import ADOPTED, WITHDRAWN, Kind, head, head_of, standing, steps, take
from tests.storage.house import NOW, TODAY


def taken(engine: Engine, kind: Kind, name: str = "overlay.a.2026-01-01.toml", text: str = "мәтін") -> bool:
    return take(engine, steps(engine), kind=kind, name=name, text=text, on=TODAY, by="Айгүл", now=NOW)


def test_an_office_begins_without_rules_of_its_own(engine: Engine) -> None:
    """Nothing holds, and nothing has to be read."""
    assert steps(engine) == standing(steps(engine)) == ()
    assert head(engine) == head_of(()) == ""


def test_the_last_adoption_of_a_file_holds_until_it_is_withdrawn(engine: Engine) -> None:
    """Every step stays in the chain, with its text."""
    assert taken(engine, ADOPTED)
    assert taken(engine, ADOPTED, text="жаңа мәтін")
    assert taken(engine, ADOPTED, name="overlay.b.2026-01-01.toml")
    assert [step.text for step in standing(steps(engine))] == ["жаңа мәтін", "мәтін"]
    assert taken(engine, WITHDRAWN)

    assert [step.name for step in standing(steps(engine))] == ["overlay.b.2026-01-01.toml"]
    assert len(steps(engine)) == 4
    assert head(engine) == head_of(steps(engine))
    seal(engine, now=NOW)
    assert verify(engine) == ()


def test_of_two_who_adopt_at_once_the_slower_one_looks_again(engine: Engine) -> None:
    """It read no step, and there is one now: nothing is written."""
    before = steps(engine)
    assert taken(engine, ADOPTED)
    slower = take(
        engine, before, kind=ADOPTED, name="overlay.b.2026-01-01.toml", text="", on=TODAY, by="Б", now=NOW
    )

    assert not slower
    assert len(steps(engine)) == 1
