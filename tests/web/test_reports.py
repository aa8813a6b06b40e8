"""Pages across cases on a real database: monitoring, points of a year, the journal of notices."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.clock import clock
from merzim.services.context import operator_context
from merzim.services.jobs.rounds import deliver, remind
from merzim.services.registers.verbs import AddRow, add_row
from merzim.settings_file import read
from merzim.storage.org import store as office_store
from merzim.web.app import create_app
from tests.case_rows import FoundRisk, RiskCommands, SetMeasure
from tests.documents.test_forms import tables_of
from tests.web.conftest import NOW, PASSWORD, TODAY, people
from tests.web.offices import office
from workflow.cases.case import Evidence
from workflow.cases.commands.opening import Opening
from workflow.org.office import Unit

SAID = {"by": "t", "now": NOW, "today": TODAY}


class Kept:
    """An office on SQLite with a counter of statements per page."""

    def __init__(self, folder: Path) -> None:
        settings = read(at=folder)
        self.app = build_app(
            settings.model_copy(
                update={"office": settings.office.model_copy(update={"kept_from": date(2022, 1, 1)})}
            )
        )
        sample_office = office()
        office_store.save(
            self.app.engine, units=sample_office.units.values(), people=sample_office.people.values()
        )
        people(self.app.accounts)
        self.pages = create_app(self.app, clock("2026-04-06T12:00"))
        self.said = 0
        event.listen(self.app.engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.said += 1

    def open(self, count: int, unit: str = "hr") -> list[str]:
        """That many analyses, each with a risk and a measure whose day has passed."""
        from merzim.documents.schedules.written_terms import read_term

        opened_cases = self.app.case_commands.open_many(
            [
                Opening(
                    procedure="internal-analysis",
                    unit=unit,
                    object=f"Басқарма {n}",
                    planned={"analysis_started": date(2026, 4, 13)},
                )
                for n in range(count)
            ],
            **SAID,
        )
        case_commands, term = (
            RiskCommands(self.app.case_commands),
            read_term("до 3 апреля 2026 года", where="t"),
        )
        for case in opened_cases:
            risk = FoundRisk(description="Бір адам шешеді")
            measure = SetMeasure(risk=1, action="Комиссия құру", term=term)
            case_commands.take_in(case.id, [risk, measure], on=TODAY, **SAID)
        return [case.id for case in opened_cases]

    def cost(self, browser: TestClient, path: str) -> int:
        """Statements one request takes."""
        before = self.said
        assert browser.get(path).status_code == 200
        return self.said - before

    def browser(self, login: str = "officer") -> TestClient:
        client = TestClient(
            self.pages, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=True
        )
        client.post("/login", data={"login": login, "password": PASSWORD})
        return client


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    site = Kept(tmp_path)
    yield site
    site.app.close()


def test_what_is_late_is_counted_narrowed_and_taken_away(kept: Kept) -> None:
    """By unit and by status; the workbook has the same lines."""
    kept.open(2)
    kept.open(1, "law")
    with kept.browser() as browser:
        whole_page = browser.get("/reports/monitoring?lang=ru").text
        law = browser.get("/reports/monitoring?lang=ru&unit=law&late=1").text
        done_page = browser.get("/reports/monitoring?lang=ru&status=executed").text
        content = browser.get("/reports/monitoring?format=xlsx&unit=hr").content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active

    assert whole_page.count("опоздание – 1 рабочий день") == 3
    assert law.count("опоздание – 1 рабочий день") == 1
    assert "Таких рекомендаций нет" in done_page
    assert sheet is not None
    assert sheet.max_row == 3


def test_the_same_risk_in_many_units_stands_together(kept: Kept) -> None:
    """Once, with every unit it was found in."""
    kept.open(1)
    kept.open(1, "law")
    with kept.browser() as browser:
        page = browser.get("/reports/monitoring?lang=ru").text
    shared = page[page.index('id="shared"') :]

    assert shared.count("<b>Бір адам шешеді</b>") == 1
    assert "Персоналды басқару департаменті, Заң департаменті" in shared


def test_who_has_not_reported_the_quarter_is_named(kept: Kept) -> None:
    """The note was signed in November: the first quarter's information was due on 5 April, a Sunday."""
    (case,) = kept.open(1)
    for fact, on in (("analysis_started", date(2025, 9, 1)), ("note_signed", date(2025, 11, 3))):
        kept.app.case_commands.record(case, fact, on=on, **SAID)
    with kept.browser() as browser:
        page = browser.get("/reports/monitoring?lang=ru").text
        silent = page[page.index('id="silent"') :]
        kept.app.case_commands.record(case, "quarter_reported.2025Q4", on=date(2026, 1, 5), **SAID)
        after = browser.get("/reports/monitoring?lang=ru").text

    assert "IV квартал 2025 года" in silent
    assert "IV квартал 2025 года" not in after[after.index('id="silent"') :]


def test_a_reader_of_one_unit_sees_that_unit_alone(kept: Kept) -> None:
    """Risks, letters and points of others are not there; another's points are a 404."""
    kept.open(1)
    kept.open(1, "law")
    remind(kept.app, now=NOW, today=TODAY)
    with kept.browser("responsible") as own_client:
        monitoring = own_client.get("/reports/monitoring?lang=ru").text
        register = own_client.get("/register?lang=ru").text
        scores = [own_client.get(f"/reports/points?unit={unit}").status_code for unit in ("hr", "law", "head")]

    assert monitoring.count("опоздание – 1 рабочий день") == 1
    assert "2026-0002" not in register
    assert scores == [200, 404, 404]


def test_the_reading_is_chosen_in_the_address(kept: Kept) -> None:
    """One of eight units analysed: whole steps earn nothing, in proportion something; others are refused."""
    units = [Unit(id=f"u{n}", name=f"Бөлім {n}", parent="hr") for n in range(8)]
    office_store.save(kept.app.engine, units=units)
    (case,) = kept.open(1, "u1")
    links = [Evidence(kind=f"link:{kind}", reference="https://org.kz") for kind in ("site", "media", "social")]
    kept.app.case_commands.record(case, "start_announced", on=date(2026, 4, 1), evidence=links, **SAID)
    with kept.browser() as browser:
        usual = browser.get("/reports/points?lang=ru&unit=hr&year=2026").text
        linear = browser.get("/reports/points?lang=ru&unit=hr&year=2026&rounding=linear").text
        wrong = browser.get("/reports/points?lang=ru&rounding=nothing")

    assert "Целых шагов по 10 %" in usual
    assert "по доле: 0,375" in linear
    assert '<option value="linear" selected>' in linear
    assert wrong.status_code == 422


def test_points_are_taken_as_a_workbook_with_the_reading_of_the_page(kept: Kept) -> None:
    """One of eight units analysed: 0.375 in proportion; all units of the page's list, none of another's."""
    units = [Unit(id=f"u{n}", name=f"Бөлім {n}", parent="hr") for n in range(8)]
    office_store.save(kept.app.engine, units=units)
    (case,) = kept.open(1, "u1")
    links = [Evidence(kind=f"link:{kind}", reference="https://org.kz") for kind in ("site", "media", "social")]
    kept.app.case_commands.record(case, "start_announced", on=date(2026, 4, 1), evidence=links, **SAID)
    query = "unit=hr&year=2026&rounding=linear"
    with kept.browser() as browser:
        page = unescape(browser.get(f"/reports/points?lang=ru&{query}").text)
        answer = browser.get(f"/reports/points?format=xlsx&lang=ru&{query}")
        wrong = browser.get("/reports/points?format=xlsx&rounding=nothing")
    with kept.browser("responsible") as own_client:
        refused = [
            own_client.get(path).status_code
            for path in ("/reports/points?format=xlsx&unit=law", "/reports/yearly?format=xlsx")
        ]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    indicators, steps, parts = ([*sheet.iter_rows(min_row=2, values_only=True)] for sheet in book)

    assert 'href="?unit=hr&year=2026&rounding=linear&format=xlsx"' in page
    assert [row[2] for row in indicators if "0,375" in str(row[6])] == [0.375]
    assert steps
    assert {row[0] for row in parts} == {f"Бөлім {n}" for n in range(8)}
    assert (wrong.status_code, refused) == (422, [404, 404])


def test_a_report_of_a_year_says_what_its_reader_may_know(kept: Kept) -> None:
    """The officer's report has the gift and names empty registers; another reader's omits confidential ones."""
    stamp = {"by": "t", "now": NOW, "today": TODAY, "demonstration": True}
    gift = {"kind": "gift", "description": "сағат", "employee": "a@org.kz", "received_on": "2026-03-02"}
    accepted = {"acceptance": True, "found_on": "2026-03-03", "post": "маман", "measures": "Тапсырылды."}
    command = AddRow(register_id="gifts", unit="hr", values={**gift, **accepted})
    add_row(operator_context(kept.app, **stamp), command)
    open_gift = AddRow(register_id="gifts", unit="hr", values=gift)
    add_row(operator_context(kept.app, **stamp), open_gift)
    files = {}
    for login in ("officer", "responsible"):
        with kept.browser(login) as browser:
            page = browser.get("/reports/points?lang=ru&unit=hr&year=2026").text
            files[login] = browser.get("/reports/legislation_report/ru?unit=hr&year=2026")
            unknown = browser.get("/reports/plan/ru?unit=hr&year=2026").status_code

            # The report of the first quarter is the one due; what it leaves open is said to who may know.
            assert "/reports/legislation_report/kk?unit=hr&amp;year=2026&amp;quarter=1" in page
            assert '<option value="2026Q1" selected>I квартал 2026 года</option>' in page
            assert ("в записях: № 2, 2026." in page) == (login == "officer")
            assert unknown == 422
    with kept.browser("responsible") as browser:
        assert browser.get("/reports/legislation_report/ru?unit=law&year=2026").status_code == 404

    full, silent = ([row[-1] for row in tables_of(files[login].content)[0][1:]] for login in files)
    assert [cell for cell in full if cell != "Не выявлено."] == [
        "Полученный подарок, услуга: сағат\nДата получения: 2 марта 2026 года\n"
        "Кто принял: маман, Әлиева Гүлнұр\nПринятые меры: Тапсырылды."
    ]
    assert silent == [""] * 9


def test_the_register_says_who_was_told_what_and_is_narrowed(kept: Kept) -> None:
    """By case, person and state; the workbook has what the page has."""
    (case, other) = kept.open(2)
    remind(kept.app, now=NOW, today=TODAY)
    deliver(kept.app, now=NOW, today=TODAY)
    with kept.browser() as browser:
        page = browser.get(f"/register?lang=ru&case={case}").text
        nobody = browser.get("/register?lang=ru&person=nobody@org.kz").text
        failed = browser.get("/register?lang=ru&state=failed").text
        book = browser.get(f"/register/xlsx?case={case}").content

    assert "Әлиева Гүлнұр" in page
    assert other not in page
    assert "Таких уведомлений нет" in nobody
    assert "Таких уведомлений нет" in failed
    assert openpyxl.load_workbook(io.BytesIO(book)).active is not None


def test_a_reader_acknowledges_their_own_letter_once(kept: Kept) -> None:
    """The register and the history of the case then say when; said again, the first time stays."""
    (case,) = kept.open(1)
    remind(kept.app, now=NOW, today=TODAY)
    deliver(kept.app, now=NOW + timedelta(minutes=1), today=TODAY)
    own_notices = [notice for notice in kept.app.reads.notices(case) if notice.person == "a@org.kz"]
    with kept.browser("responsible") as browser:
        for _ in range(2):
            page = browser.post(f"/cases/{case}/acknowledge?lang=ru", data={"key": own_notices[0].key}).text
    notices = [notice for notice in kept.app.reads.notices(case) if notice.acknowledged_at]

    assert "уведомление прочитано" in page
    assert [notice.key for notice in notices] == [own_notices[0].key]


def test_a_confidential_case_is_known_to_those_named(kept: Kept) -> None:
    """The officer who must know names another; without that it is not there, for lists and for its address."""
    case = kept.app.case_commands.open(
        Opening(procedure="conflict-of-interest", unit="hr", person="b@org.kz"), **SAID
    )
    kept.app.case_commands.name_reader(case.id, "officer", **SAID)
    with kept.browser() as officer, kept.browser("responsible") as other:
        before = other.get(f"/cases/{case.id}").status_code
        officer.post(f"/cases/{case.id}/readers", data={"person": "a@org.kz"})
        page = officer.get(f"/cases/{case.id}/history?lang=ru").text
        after = other.get(f"/cases/{case.id}").status_code
        nobody = officer.post(f"/cases/{case.id}/readers", data={"person": "x"}).status_code
        bare = officer.post(f"/cases/{case.id}/readers/remove", data={"person": "a@org.kz", "ground": ""})
        officer.post(f"/cases/{case.id}/readers/remove", data={"person": "a@org.kz", "ground": "Ауысты"})
        gone_status = other.get(f"/cases/{case.id}").status_code

    assert (before, after, gone_status) == (404, 200, 404)
    assert (nobody, bare.status_code) == (422, 422)
    assert "Әлиева Гүлнұр" in page
