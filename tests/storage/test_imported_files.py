"""Imported files, identified by the hash of their content."""

from __future__ import annotations

from sqlalchemy import Engine

from merzim.storage.cases import imported_files
from tests.storage.sample_cases import (
    NOW,
    OBJECT,
    PROCEDURE,
    TODAY,
    UNIT,
    case_commands,
    later,
    on_sqlite_alone,
    opened,
)
from workflow.cases.commands import standings
from workflow.org.audit import Stamp


def test_a_file_imported_before_is_known_with_its_cases(engine: Engine) -> None:
    """Byte for byte the same file: place by place the same cases."""
    case = opened(engine)

    imported_files.remember(engine, "ab12", {"0": case.id}, now=NOW)

    assert imported_files.cases_of_file(engine, "ab12") == {"0": case.id}
    assert imported_files.cases_of_file(engine, "cd34") == {}


@on_sqlite_alone
def test_what_a_place_became_stays(engine: Engine) -> None:
    """Remembering again, after a crash perhaps, changes nothing."""
    first, second = opened(engine), opened(engine)
    imported_files.remember(engine, "ab12", {"0": first.id}, now=NOW)

    imported_files.remember(engine, "ab12", {"0": second.id, "1": second.id}, now=later(1))

    assert imported_files.cases_of_file(engine, "ab12") == {"0": first.id, "1": second.id}


@on_sqlite_alone
def test_cases_alike_are_found_by_unit_and_object_the_newest_first(engine: Engine) -> None:
    """So that changed dates are plan dates of the same case; a cancelled one is none."""
    first, second, third = opened(engine), opened(engine), opened(engine)
    standings.cancel(case_commands(engine), third.id, ground="Қате", at=Stamp(by="А", now=NOW, today=TODAY))

    case_ids = imported_files.alike(engine, PROCEDURE, [(UNIT, OBJECT), (UNIT, "Басқа")])

    assert case_ids == [second.id, first.id]
    assert imported_files.alike(engine, "other", [(UNIT, OBJECT)]) == []


def test_thousands_of_places_are_asked_at_once(engine: Engine) -> None:
    """A file of 5,000 objects."""
    case = opened(engine)
    places = [(UNIT, f"Объект {n}") for n in range(5000)]

    assert imported_files.alike(engine, PROCEDURE, [*places, (UNIT, OBJECT)]) == [case.id]
