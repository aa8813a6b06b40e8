"""Data-defined registers on the command line: rows entered, listed, changed, withdrawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim
from tests.storage.registers import VISITS

VISIT = ("place=Парк", "purpose=talk", "guest=p.litvinova@example.kz", "came_on=01.04.2026")
AT = ("--now", "2026-04-06T10:00")


@pytest.fixture
def own(office: Merzim, tmp_path: Path) -> Merzim:
    """The example's office with a register of its own."""
    folder = tmp_path / "own" / "registers"
    folder.mkdir(parents=True)
    (folder / "visits.2026-01-01.toml").write_text(VISITS, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    return office


def test_rows_are_entered_listed_changed_and_withdrawn(own: Merzim) -> None:
    """By the fields of the register's file alone; without a name the registers there are."""
    added = own("register", "visits", "add", *VISIT, "cost=8,5", *AT)
    edited = own("register", "visits", "edit", "visits-2026-0001", "cost=16", "place=Сад", *AT)
    listing = own("register", "visits", "list", "--where", "purpose=talk", "--json", *AT)
    withdrawn = own("register", "visits", "withdraw", "visits-2026-0001", "--ground", "mistake", *AT)
    after = own("register", "visits", "list", *AT)

    assert [result.code for result in (added, edited, listing, withdrawn, after)] == [0] * 5
    assert added.out == "Row visits-2026-0001 is entered.\n"
    assert (listing.json["total"], listing.json["totals"]) == (1, {"cost": "16"})
    assert listing.json["rows"][0]["values"]["place"] == "Сад"
    assert after.out == "The register has no rows.\n"
    assert "visits" in own("register", *AT).out
    assert own("verify", *AT).code == 0


def test_everything_wrong_with_a_row_is_said_a_line_each(own: Merzim) -> None:
    """In the language asked for; nothing is written."""
    wrong = ("place=", "purpose=tea", "guest=nobody", "came_on=31.02.2026", "cost=much")

    result = own("register", "visits", "add", *wrong, "--lang", "ru", *AT)

    assert result.code == 2
    assert [line.split(":")[1].strip() for line in result.err.splitlines()] == [
        *("Purpose ru", "Guest ru", "Came_On ru", "Cost ru"),
        "Заполните поле «Place ru».",
    ]
    for arguments in (
        ("visit", "list"),
        ("visits", "lst"),
        ("visits", "add"),
        ("visits", "edit"),
        ("visits", "edit", "visits-2026-0007", "place=x"),
        ("visits", "add", "plase=x"),
        ("visits", "list", "--where", "came_on=soon"),
        ("visits", "add", *VISIT, "paper=nowhere.pdf"),
    ):
        refused = own("register", *arguments, *AT)
        assert (refused.code, refused.err.count("\n")) == (2, 1), arguments
    assert own("register", "visits", "list", *AT).out == "The register has no rows.\n"


def test_a_field_more_is_a_table_more_in_the_file(office: Merzim, tmp_path: Path) -> None:
    """Of an organisation's own file: rows written before are listed with it."""
    own_folder = tmp_path / "own" / "registers"
    own_folder.mkdir(parents=True)
    text = '{ kk = "Жол", ru = "Поле", en = "Field" }'
    register = (
        f'id = "keys"\nin_force = 2026-01-01\ntitle = {text}\nrests_on = "r"\nparagraph = "1"\n'
        f'named_by = ["door"]\n[[act]]\nid = "r"\ntitle = {text}\nshort = {text}\n'
        f'[[field]]\nid = "door"\ntitle = {text}\nkind = "text"\n'
    )
    file = own_folder / "keys.2026-01-01.toml"
    file.write_text(register, encoding="utf-8")
    settings = tmp_path / "config.toml"
    settings.write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    assert office("law", "check").code == 0
    assert office("register", "keys", "add", "door=1", *AT).code == 0

    file.write_text(f'{register}[[field]]\nid = "floor"\ntitle = {text}\nkind = "number"\n', encoding="utf-8")

    assert office("register", "keys", "add", "door=2", "floor=3", *AT).code == 0
    listing = office("register", "keys", "list", "--json", *AT)
    assert [row["values"].get("floor") for row in listing.json["rows"]] == ["3", None]
    assert office("verify", *AT).code == 0
    assert office("rebuild", *AT).code == 0
