"""Every row of the founding documents is carried out by an obligation; every contradiction is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.law import ROOT, library


def tables(folder: str) -> list[dict[str, Any]]:
    """Return the contents of the files in a folder of the regulations."""
    return [
        tomllib.loads(file.read_text("utf-8"))
        for file in sorted((ROOT / "regulations" / folder).glob("*.toml"))
    ]


SOURCES = tables("sources")
ROWS: Mapping[str, dict[str, Any]] = {
    f"{source['id']}:{row['n']}": row for source in SOURCES for row in source["rows"]
}
ACTS: Mapping[str, list[str]] = {
    document["id"]: document["acts"] for source in SOURCES for document in source["document"]
}
READINGS = [reading for table in tables("readings") for reading in table["contradiction"]]


def carried_out() -> Iterator[tuple[str, str, str]]:
    """Give each row an obligation names: the row, the act the obligation rests on, and where it stands."""
    for procedure in library().all():
        for obligation in procedure.obligations:
            for row in obligation.sources:
                yield row, obligation.act, f"{procedure.edition}: {obligation.id}"


def test_the_rows_are_the_180_obligations_and_the_73_items() -> None:
    """No row is missing from the list, none is in it twice."""
    plan = [row for row in ROWS if row.startswith("plan:")]

    assert [row for row in ROWS if row.startswith("seed:")] == [f"seed:{number}" for number in range(1, 181)]
    assert len(plan) == 73
    assert len({row.partition(".")[0] for row in plan}) == 61


def test_every_row_is_carried_out_by_an_obligation_of_its_document() -> None:
    """A row nobody carries out, and an obligation that names another document's row, fail here."""
    named = list(carried_out())

    assert ROWS.keys() - {row for row, _, _ in named} == set()
    assert [
        (row, place)
        for row, act, place in named
        if row not in ROWS or not any(act in ACTS[document] for document in ROWS[row]["of"])
    ] == []
    assert len(named) == len({(row, place) for row, _, place in named}), "twice by one obligation"


def test_every_contradiction_is_read_and_its_reading_is_held_by_a_test() -> None:
    """Twenty-six; each names procedures (or scales) there are and tests there are."""
    file_names = {file.name.partition(".")[0] for file in (ROOT / "regulations").rglob("*.toml")}

    assert sorted(reading["n"] for reading in READINGS) == list(range(1, 27))
    for reading in READINGS:
        assert set(reading["where"]) <= file_names, reading["n"]
        assert reading["proved_by"], reading["n"]
        for test_name in reading["proved_by"]:
            file, _, test = test_name.partition("::")
            source = (ROOT / Path(file)).read_text(encoding="utf-8")
            assert re.search(rf"^def {re.escape(test)}\(", source, re.MULTILINE), test_name
