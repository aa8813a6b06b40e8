"""The list of analyses: search, filters, done by the database."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.services import names as narrowing
from merzim.services.moments import Moment
from merzim.storage.org import store as office_store
from merzim.web.app import create_app
from tests.web.conftest import NOW, PASSWORD, TODAY, Site, people, settings_in
from tests.web.offices import office
from workflow.cases.commands.opening import Opening


class Kept:
    """An office on a database, and how many statements a page cost."""

    def __init__(self, folder: Path) -> None:
        self.context = build_app(settings_in(folder), clock=lambda: Moment(now=NOW, today=TODAY))
        self.engine, self.case_commands = self.context.engine, self.context.case_commands
        sample_office = office()
        office_store.save(self.engine, units=sample_office.units.values(), people=sample_office.people.values())
        people(self.context.accounts)
        self.app = create_app(self.context, lambda: Moment(now=NOW, today=TODAY, demonstration=True))
        self.said = 0
        event.listen(self.engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.said += 1

    def open(self, count: int, *, unit: str = "hr", object: str = "Басқарма") -> None:
        """That many cases more, their analyses a week apart."""
        self.case_commands.open_many(
            [
                Opening(
                    procedure="internal-analysis",
                    unit=unit,
                    object=f"{object} {n}",
                    planned={"analysis_started": date(2026, 5, 4) + timedelta(weeks=n % 20)},
                )
                for n in range(count)
            ],
            by="test",
            now=NOW,
            today=TODAY,
        )

    def cost(self, browser: TestClient, path: str) -> int:
        """Statements one request takes."""
        before = self.said
        assert browser.get(path).status_code == 200
        return self.said - before


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    site = Kept(tmp_path)
    yield site
    site.context.close()


@pytest.fixture
def officer(kept: Kept) -> Iterator[TestClient]:
    with TestClient(
        kept.app, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=True
    ) as client:
        client.post("/login", data={"login": "officer", "password": PASSWORD})
        yield client


@pytest.mark.parametrize("typed", ["ПЕРСОНАЛДЫ", "персоналды басқ", "Орталық", "2026-00", "заң"])
def test_what_is_typed_is_found_in_any_letter_case(typed: str, kept: Kept, officer: TestClient) -> None:
    """In objects, in names of units, in numbers of cases; Kazakh letters too."""
    kept.open(1, unit="hr", object="Персоналды басқару")
    kept.open(1, unit="law", object="Заң жобалары")
    kept.open(1, unit="head", object="Қабылдау")
    everything = officer.get("/cases?lang=kk").text
    page = officer.get("/cases", params={"search": typed, "lang": "kk"}).text

    names = [name for name in ("Персоналды басқару 0", "Заң жобалары 0", "Қабылдау 0") if f">{name}<" in page]
    expected = {
        "ПЕРСОНАЛДЫ": 1,
        "персоналды басқ": 1,
        "Орталық": 1,
        "2026-00": 3,
        "заң": 1,
    }
    assert all(f">{name} 0<" in everything for name in ("Персоналды басқару", "Заң жобалары", "Қабылдау"))
    assert len(names) == expected[typed]


def test_filters_narrow_together(kept: Kept, officer: TestClient) -> None:
    """Unit with those below it, procedure, stage, status, delay."""
    kept.open(2, unit="hr", object="Алғашқы")
    kept.open(1, unit="law", object="Екінші")
    (first,) = kept.case_commands.open_many(
        [
            Opening(
                procedure="internal-analysis",
                unit="law",
                object="Кешіккен",
                planned={"analysis_started": TODAY},
            )
        ],
        by="test",
        now=NOW,
        today=TODAY,
    )
    kept.case_commands.cancel(first.id, ground="ұйым таратылды", by="test", now=NOW, today=TODAY)

    def count(**filters: str) -> int:
        text = officer.get("/cases", params={"lang": "en", **filters}).text
        return text.count('class="cell-title"')

    assert count() == 4
    assert count(unit="head") == 4
    assert count(unit="law") == 2
    assert count(standing="cancelled") == 1
    assert count(procedure="internal-analysis", standing="active") == 3
    assert count(procedure="conflict-of-interest") == 0
    assert count(late="1") == 0
    assert count(procedure="internal-analysis", stage="no-such-stage") == 0
    assert count(standing="no-such-standing") == 4


def test_pages_follow_each_other_without_gaps(kept: Kept, officer: TestClient) -> None:
    """Every case is on exactly one page; a page number beyond the last gives the last."""
    kept.open(120)
    case_ids: list[str] = []
    for number in (1, 2, 3):
        text = officer.get(f"/cases?page={number}").text
        case_ids += [part.partition('"')[0] for part in text.split('<a href="/cases/')[1:]]

    assert len(case_ids) == len(set(case_ids)) == 120
    assert 'href="/cases?page=2"' in officer.get("/cases?page=99999").text
    assert officer.get("/cases?page=0").status_code == 422


def test_the_workbook_holds_what_the_list_shows(kept: Kept, officer: TestClient) -> None:
    """All pages of it, dates as dates, narrowed as the page is; a formula typed as an object stays text."""
    kept.open(60)
    kept.open(1, unit="law", object="=1+1")
    answer = officer.get("/cases.xlsx?lang=ru")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    response = officer.get("/cases.xlsx?unit=law&lang=ru")
    (_, row) = openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)

    assert rows[0][:4] == ("Дело", "Объект анализа", "Процедура", "Подразделение")
    assert len(rows) == 62
    assert row[1] == "=1+1 0"
    assert row[6].date() > TODAY
    assert "attachment" in answer.headers["content-disposition"]


def test_a_workbook_too_large_is_refused_in_words(
    kept: Kept, officer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how many there are and how to have fewer."""
    kept.open(4)
    monkeypatch.setattr(narrowing, "MAX_EXPORTED", 3)
    answer = officer.get("/cases.xlsx?lang=ru")

    assert answer.status_code == 422
    assert "не больше 3 строк, а здесь их 4" in answer.text


def test_what_is_due_first_stands_first_where_asked(site: Site, browser: TestClient) -> None:
    """Of three analyses the one that starts on 13 April has least to catch up with on 6 April."""

    def order(query: str) -> list[str]:
        return re.findall(r'<a href="/cases/(\d{4}-\d{4})">', browser.get(f"/cases?{query}").text)

    assert order("order=urgent")[-1] == site.real
    assert order("order=newest") == sorted(order(""), reverse=True)
    assert order("order=unit")[0] == site.real, "hr before law"
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/cases.xlsx?order=urgent").content))
    ids = [
        str(cell.value) for row in book.active for cell in row if re.fullmatch(r"\d{4}-\d{4}", str(cell.value))
    ]
    assert ids == order("order=urgent"), "the workbook is the list of the page"


def test_a_plan_date_that_passed_is_said_in_the_list(site: Site, browser: TestClient) -> None:
    """A start planned for Friday 3 April and not recorded on Monday."""
    site.context.case_commands.replan(
        site.real, "analysis_started", on=date(2026, 4, 3), by="officer", now=NOW, today=TODAY
    )

    assert "плановая дата прошла" in browser.get("/cases?lang=ru&unit=hr").text
