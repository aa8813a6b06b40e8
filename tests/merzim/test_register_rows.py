"""Data-defined registers on the command line: rows entered, listed, changed, withdrawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim
from tests.storage.registers import VISITS

AT = ("--now", "2026-04-06T10:00")


@pytest.fixture
def own(office: Merzim, tmp_path: Path) -> Merzim:
    """The example's office with a register of its own."""
    folder = tmp_path / "own" / "registers"
    folder.mkdir(parents=True)
    (folder / "visits.2026-01-01.toml").write_text(VISITS, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    return office


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
