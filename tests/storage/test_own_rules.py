"""Own rules adopted and withdrawn, as events of the office's own chain, on both databases."""

from __future__ import annotations

from sqlalchemy import Engine

from merzim.storage.maintenance.seals import seal
from merzim.storage.maintenance.verify import verify
from merzim.storage.org.adoptions import (
    ADOPTED,
    RULES,
    WITHDRAWN,
    Kind,
    adopt,
    head_of,
    rule_changes,
    rules_in_force,
)
from merzim.storage.org.chain import heads
from tests.storage.sample_cases import NOW, TODAY, on_sqlite_alone


def taken(engine: Engine, kind: Kind, name: str = "overlay.a.2026-01-01.toml", text: str = "мәтін") -> bool:
    return adopt(engine, rule_changes(engine), kind=kind, name=name, text=text, on=TODAY, by="Айгүл", now=NOW)


@on_sqlite_alone
def test_an_office_begins_without_rules_of_its_own(engine: Engine) -> None:
    """Nothing holds, and nothing has to be read."""
    assert rule_changes(engine) == rules_in_force(rule_changes(engine)) == ()
    assert (*heads(engine, RULES), head_of(())) == ("", "")


@on_sqlite_alone
def test_the_last_adoption_of_a_file_holds_until_it_is_withdrawn(engine: Engine) -> None:
    """Every step stays in the chain, with its text."""
    assert taken(engine, ADOPTED)
    assert taken(engine, ADOPTED, text="жаңа мәтін")
    assert taken(engine, ADOPTED, name="overlay.b.2026-01-01.toml")
    assert [step.text for step in rules_in_force(rule_changes(engine))] == ["жаңа мәтін", "мәтін"]
    assert taken(engine, WITHDRAWN)

    assert [step.name for step in rules_in_force(rule_changes(engine))] == ["overlay.b.2026-01-01.toml"]
    assert len(rule_changes(engine)) == 4
    assert heads(engine, RULES) == (head_of(rule_changes(engine)),)
    seal(engine, now=NOW)
    assert verify(engine) == ()


def test_of_two_who_adopt_at_once_the_slower_one_looks_again(engine: Engine) -> None:
    """It read no step, and there is one now: nothing is written."""
    before = rule_changes(engine)
    assert taken(engine, ADOPTED)
    slower = adopt(
        engine, before, kind=ADOPTED, name="overlay.b.2026-01-01.toml", text="", on=TODAY, by="Б", now=NOW
    )

    assert not slower
    assert len(rule_changes(engine)) == 1
