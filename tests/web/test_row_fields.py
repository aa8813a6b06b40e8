"""A new field in a register's file: search finds rows by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from merzim.services.cases import rows as verbs
from merzim.services.law import regulations as register_files
from merzim.services.law.regulations import case_registers
from tests.case_rows import case_rows
from tests.web.conftest import NOW, TODAY, Site
from workflow.cases.commands.case_rows import NewRow
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.withdrawals import withdraw
from workflow.org.audit import Stamp

WHO = Stamp(by="t", now=NOW, today=TODAY)
TITLE = 'title = { kk = "Залал", ru = "Ущерб", en = "Loss" }'
AREA = """
[[field]]
id = "area"
title = { kk = "Сала", ru = "Сфера", en = "Area" }
kind = "choice"
options = [{ id = "grants", title = { kk = "Тоғызқұмалақ", ru = "Субсидии", en = "grants" } }]
"""
ADDED = {
    "risks": f'\n[[field]]\nid = "loss"\n{TITLE}\nkind = "money"\n' + AREA,
    "measures": f'\n[[field]]\nid = "gain"\n{TITLE}\nkind = "text"\n',
    "positions": f'\n[[field]]\nid = "room"\n{TITLE}\nkind = "text"\n',
    "remarks": f'\n[[field]]\nid = "phone"\n{TITLE}\nkind = "text"\n',
}
"""What is added to each file."""
ROWS = (
    ("risks", {"description": "Сговор", "loss": "1 250,50", "area": "grants"}),
    ("measures", {"risk": 1, "action": "Ротация", "gain": "Үнемделген", "recommendation": "Сменять"}),
    ("positions", {"title": "Кассир", "room": "Қосымша", "on": TODAY}),
    ("remarks", {"text": "Медленно", "phone": "Ұялы", "on": TODAY}),
)
CACHES = (register_files.case_registers, register_files.row_field, verbs.add_row, verbs.act_on_row)


@pytest.fixture
def fields(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The registers with a field more each."""
    shipped = register_files.shipped_register_files

    def files(folder: str = "registers") -> Iterator[tuple[str, bytes]]:
        for name, text in shipped(folder):
            extra_text = ADDED.get(name.partition(".")[0], "") if folder.endswith("/cases") else ""
            yield name, text + extra_text.encode()

    monkeypatch.setattr(register_files, "shipped_register_files", files)
    for cached in CACHES:
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in CACHES:
        cached.cache_clear()


def entered(site: Site, *, procedure: str = "internal-analysis", unit: str = "hr") -> str:
    """A case with a row of each register."""
    opening = Opening(procedure=procedure, unit=unit, object="Закупки")
    case = site.case_commands.open(opening, at=WHO).id
    add = case_rows(registers=case_registers()).add
    for register, values in ROWS:
        site.case_commands.write(case, WHO, add, NewRow(register=register, values=values), on=TODAY)
    return case


def test_rows_are_found_by_the_words_of_every_field(fields: None, site: Site, browser: TestClient) -> None:
    """Also by what an answer is called in any language; corrected and withdrawn, by what stands alone."""
    case = entered(site)

    def links(words: str) -> list[str]:
        page = browser.get("/search", params={"q": words, "lang": "ru"}).text
        return [
            row for row in ("risk", "measure", "position", "remark") if f"/cases/{case}/risks#{row}-1" in page
        ]

    assert [links(words) for words in ("сговора", "субсидиями", "ТОГЫЗКУМАЛАК", "1250.5")] == [["risk"]] * 4
    assert [links(words) for words in ("үнемделген", "қосымша", "уялы")] == [
        ["measure"],
        ["position"],
        ["remark"],
    ]
    assert links("сговор ротация") == []
    answer = browser.get(
        "/api/v1/search", params={"text": "үнемделген"}, headers={"accept-language": "ru"}
    ).json()
    (hit,) = [hit for group in answer["groups"] for hit in group["hits"] if hit["kind"] == "case_row"]
    assert (hit["id"], hit["within"], hit["title"]["ru"]) == ("measure.1", case, "Ротация")

    edit = case_rows(registers=case_registers()).edit
    site.case_commands.write(case, WHO, edit, "measure.1", {"gain": "Басқа"})
    site.case_commands.write(case, WHO, withdraw, "remark.1", ground="x")
    assert [links(words) for words in ("үнемделген", "басқа", "уялы")] == [[], ["measure"], []]


def test_nobody_finds_rows_of_a_case_they_do_not_see(fields: None, site: Site, browser: TestClient) -> None:
    """Neither of a confidential case nor of another unit's."""
    entered(site, procedure="conflict-of-interest")
    entered(site, unit="law")

    def rows_found(reader: TestClient) -> list[int]:
        groups = reader.get("/api/v1/search", params={"text": "үнемделген"}).json()["groups"]
        return [group["total"] for group in groups if group["kind"] == "case_row"]

    with site.client("responsible") as other:
        assert rows_found(other) == []
    assert rows_found(browser) == [1]
