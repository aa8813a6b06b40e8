"""Reports across cases and organisations: monitoring, points, register of notices, uploads, the cartogram."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any
from unittest.mock import Mock

import pytest

from merzim.documents.case_tables import read_term
from merzim.services.cases import rows
from merzim.services.context import operator_context
from merzim.services.jobs.rounds import deliver, run_round
from merzim.services.law import regulations
from merzim.services.registers.verbs import AddRow, add_row
from merzim.services.reports import consolidated_report, list_turns
from merzim.services.scoring import _step_to_record, year_scores
from merzim.storage import office as office_store
from merzim.web.ui.render import Translator
from tests.case_rows import FoundRisk, RowCommands, SetMeasure
from tests.documents.test_forms import tables_of
from tests.row_commands import act
from tests.web.conftest import AT, NOW, TODAY, build
from tests.web.offices import Site
from tests.web.serving import first_sheet, sheets
from workflow.cases.case import Evidence
from workflow.cases.commands import recording
from workflow.moments import Moment
from workflow.org.office import Unit


@pytest.fixture
def kept() -> Site:
    """An office without cases."""
    return build()


def open_cases(site: Site, count: int, unit: str = "hr") -> list[str]:
    """That many analyses, each with a risk and a measure whose day has passed."""
    planned = {"analysis_started": date(2026, 4, 13)}
    opened_cases = [site.open(unit=unit, object=f"Басқарма {n}", planned=planned) for n in range(count)]
    term = read_term("до 3 апреля 2026 года", where="t")
    for case in opened_cases:
        risk = FoundRisk(description="Бір адам шешеді")
        measure = SetMeasure(risk=1, action="Комиссия құру", term=term)
        RowCommands(site.case_commands).add(case, [risk, measure], on=TODAY, at=AT)
    return opened_cases


def test_what_is_late_is_counted_narrowed_and_taken_away(kept: Site) -> None:
    """By unit and by status; the workbook has the same lines."""
    open_cases(kept, 2)
    open_cases(kept, 1, "law")
    with kept.client() as browser:
        whole_page = browser.get("/reports/monitoring?lang=ru").text
        law = browser.get("/reports/monitoring?lang=ru&unit=law&late=1").text
        done_page = browser.get("/reports/monitoring?lang=ru&status=executed").text
        content = browser.get("/reports/monitoring?format=xlsx&unit=hr").content

    assert whole_page.count("опоздание – 1 рабочий день") == 3
    assert law.count("опоздание – 1 рабочий день") == 1
    assert "Таких рекомендаций нет" in done_page
    assert len(first_sheet(content)) == 3


def test_a_median_of_no_working_day_is_a_number_and_halves_are_those_of_the_language() -> None:
    assert [Translator("ru").shown(days) for days in (0.0, 2.5, 3.0, None)] == ["0", "2,5", "3", "–"]


def test_who_has_not_reported_the_quarter_is_named(kept: Site) -> None:
    """The note was signed in November: the first quarter's information was due on 5 April, a Sunday."""
    (case,) = open_cases(kept, 1)
    for fact, on in (("analysis_started", date(2025, 9, 1)), ("note_signed", date(2025, 11, 3))):
        kept.write(case, recording.record, fact, on=on)
    with kept.client() as browser:
        page = browser.get("/reports/monitoring?lang=ru").text
        kept.write(case, recording.record, "quarter_reported.2025Q4", on=date(2026, 1, 5))
        after = browser.get("/reports/monitoring?lang=ru").text
        history = browser.get(f"/cases/{case}/history?lang=ru").text

    assert "рекомендаций, IV квартал 2025 года – 5 января 2026 года" in " ".join(history.split())
    silent = [text.partition('id="silent"')[2] for text in (page, after)]
    assert ["IV квартал 2025 года" in text for text in silent] == [True, False]


def test_the_reading_is_chosen_in_the_address_and_taken_as_a_workbook(kept: Site) -> None:
    """One of eight units analysed: whole steps earn nothing, in proportion something; others are refused."""
    units = [Unit(id=f"u{n}", name=f"Бөлім {n}", parent="hr") for n in range(8)]
    office_store.save(kept.context.engine, units=units)
    (case,) = open_cases(kept, 1, "u1")
    links = [Evidence(kind=f"link:{kind}", reference="https://org.kz") for kind in ("site", "media", "social")]
    kept.write(case, recording.record, "start_announced", on=date(2026, 4, 1), evidence=links)
    query = "unit=hr&year=2026&rounding=linear"
    with kept.client() as browser:
        usual = browser.get("/reports/points?lang=ru&unit=hr&year=2026").text
        linear = unescape(browser.get(f"/reports/points?lang=ru&{query}").text)
        book = sheets(browser.get(f"/reports/points?format=xlsx&lang=ru&{query}").content)
        wrong = browser.get("/reports/points?lang=ru&rounding=nothing")
    steps, indicators, parts = (rows[1:] for rows in book.values())

    assert "Целых шагов по 10 %" in usual
    assert "по доле: 0,375" in linear
    assert '<option value="linear" selected>' in linear
    assert f'href="?{query}&format=xlsx"' in linear
    assert [row[2] for row in indicators if "0,375" in str(row[6])] == [0.375]
    assert steps
    assert {row[0] for row in parts} == {f"Бөлім {n}" for n in range(8)}
    assert wrong.status_code == 422


def test_the_number_of_a_share_is_recorded_in_a_case_of_that_year(
    kept: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No programme of 2025, its own or one of a unit below, hides the one of 2026; its own of 2026 comes
    first."""
    monkeypatch.setattr("merzim.services.scoring.MOST_SEARCHED", 1)
    ctx = operator_context(kept.context, at=AT)
    share = regulations.scoring().indicators["P4.T2.S1"].counting
    cases = {}
    for unit, year in (("head", 2025), ("hr", 2025), ("hr", 2026), ("head", 2026)):
        begun = {"year_begun": date(year, 1, 1)}
        cases[unit, year] = kept.open(procedure="tbn4-project-4", unit=unit, planned=begun)
        step = _step_to_record(ctx, share, "head", 2026)
        assert step is not None
        assert step.case == cases.get((unit, 2026), ""), (unit, year)


def test_a_report_of_a_year_says_what_its_reader_may_know(kept: Site) -> None:
    """The officer's report has the gift and names empty registers; another reader's omits confidential ones."""
    ctx = operator_context(kept.context, at=Moment(by="t", now=NOW, today=TODAY))
    gift = {"kind": "gift", "description": "сағат", "employee": "a@org.kz", "received_on": "2026-03-02"}
    accepted = {"acceptance": True, "found_on": "2026-03-03", "post": "маман", "measures": "Тапсырылды."}
    command = AddRow(register_id="gifts", unit="hr", values={**gift, **accepted})
    add_row(ctx, command)
    open_gift = AddRow(register_id="gifts", unit="hr", values=gift)
    add_row(ctx, open_gift)
    files = {}
    for login in ("officer", "responsible"):
        with kept.client(login) as browser:
            page = browser.get("/reports/points?lang=ru&unit=hr&year=2026").text
            files[login] = browser.get("/reports/legislation_report/ru?unit=hr&year=2026")
            unknown = browser.get("/reports/plan/ru?unit=hr&year=2026").status_code

            # The report of the first quarter is the one due; what it leaves open is said to who may know.
            assert "/reports/legislation_report/kk?unit=hr&amp;year=2026&amp;quarter=1" in page
            assert '<option value="2026Q1" selected>I квартал 2026 года</option>' in page
            assert ("в записях: № 2, 2026." in page) == (login == "officer")
            assert unknown == 422
    with kept.client("responsible") as browser:
        assert browser.get("/reports/legislation_report/ru?unit=law&year=2026").status_code == 404

    full, silent = ([row[-1] for row in tables_of(files[login].content)[0][1:]] for login in files)
    assert [cell for cell in full if cell != "Не выявлено."] == [
        "Полученный подарок, услуга: сағат\nДата получения: 2 марта 2026 года\n"
        "Кто принял: маман, Әлиева Гүлнұр\nПринятые меры: Тапсырылды."
    ]
    assert silent == [""] * 9


def test_a_measure_is_named_by_what_is_done_and_by_whom_not_by_number_and_address(kept: Site) -> None:
    """In the journal of notices, on pages, in the plan; a unit in the language of the page."""
    (case,) = open_cases(kept, 1)
    places = ("/reports/monitoring", f"/cases/{case}/risks")
    RowCommands(kept.case_commands).edit(case, "measure.1", {"responsible": "a@org.kz"}, at=AT)
    run_round(kept.context, at=AT)
    with kept.client() as browser:
        pages = [browser.get(f"{place}?lang=ru").text for place in places]
        plan = browser.get(f"/cases/{case}/forms/plan/ru").content
        journal = browser.get("/register?lang=ru").text
        office_store.save(
            kept.context.engine, units=[Unit(id="hr", name="Отдел кадров", name_kk="Кадр бөлімі")]
        )
        RowCommands(kept.case_commands).edit(case, "measure.1", {"responsible": "Отдел кадров"}, at=AT)
        in_kazakh = [browser.get(f"{place}?lang=kk").text for place in places]

    assert all(">Кадр бөлімі</td>" in page and "Отдел кадров<" not in page for page in in_kazakh)
    assert all("Әлиева Гүлнұр" in page and "a@org.kz<" not in page for page in pages)
    assert "отозвана" not in pages[1]
    assert tables_of(plan)[-1][-1][-2] == "Әлиева Гүлнұр"
    assert "Комиссия құру" in journal


def test_a_measure_is_written_whole_or_not(kept: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With whom its words mean."""
    (case,) = open_cases(kept, 1)
    monkeypatch.setattr(rows, "keep_responsible", Mock(side_effect=OSError))
    with pytest.raises(OSError):
        act(operator_context(kept.context, at=AT), "measures", "add", case, risk=1, action="x", responsible="Б")
    assert [event.kind for event in kept.events(case)].count("measure_set") == 1


def test_the_register_says_who_was_told_what_and_is_narrowed(kept: Site) -> None:
    """By case, person and state; the workbook has what the page has, and a case's page tells no other term."""
    (case, other) = open_cases(kept, 2)
    run_round(kept.context, at=AT)
    deliver(kept.context, at=AT)
    with kept.client() as browser:
        page = browser.get(f"/register?lang=ru&case={case}").text
        by = ("person=nobody@org.kz", "state=failed")
        narrowed = [browser.get(f"/register?lang=ru&{what}").text for what in by]
        book = browser.get(f"/register/xlsx?case={case}").content
        of_case = browser.get(f"/cases/{case}/history?lang=ru").text
        inbox = kept.client("responsible").get("/inbox?lang=ru").text

    assert "Әлиева Гүлнұр" in page
    assert 'тайны<span class="under">срока нет, открыто 1 рабочий день' in of_case
    assert inbox.count(" · срока нет, открыто 1 рабочий день") == 2
    assert other not in page
    assert all("Таких уведомлений нет" in text for text in narrowed)
    assert {line[6] for line in first_sheet(book)[1:]} == {"папка"}


CASE = "2026-0001"


def test_what_is_announced_and_proved_waits_to_be_uploaded(officer: Any) -> None:
    """Three links of the announcement; through the holder of the platform account."""
    text = officer.get("/reports/uploads?lang=ru").text

    assert f'href="/cases/{CASE}#start_announced"' in text
    assert "документов: 3" in text
    assert "Ахметова Айгерім Нұрланқызы" in text


def test_one_obligation_is_gathered_from_all_organisations(officer: Any) -> None:
    """The page names the organisation, the case and its day; the workbook has the same line."""
    query = "procedure=internal-analysis&obligation=start_announced&year=2026"
    text = officer.get(f"/reports/consolidated?{query}&lang=ru").text
    content = officer.get(f"/reports/consolidated?format=xlsx&{query}&lang=ru").content

    assert "30.03.2026" in text
    assert re.search(rf'<a href="/cases/{CASE}#start_announced">(?!{CASE})[^<]+</a>', text)
    assert "Ещё не отчитались" not in text
    assert [row[1:3] for row in first_sheet(content)[1:]] == [(CASE, "Объявление о начале анализа")]


def test_who_has_no_case_has_not_reported(officer: Any) -> None:
    """An obligation of a procedure nobody opened."""
    query = "procedure=internal-analysis&obligation=start_announced&year=2025"
    assert "Ещё не отчитались" in officer.get(f"/reports/consolidated?{query}&lang=ru").text


def test_one_procedure_is_not_judged_by_what_another_calls_alike(kept: Site) -> None:
    """A quarter of the standard is overdue; of the analysis, whose quarters bear the same name, nothing is."""
    ctx = operator_context(kept.context, at=AT)
    before = consolidated_report(ctx, "internal-analysis", "", "", None).obligation.id
    kept.open(procedure="tbn4-project-2", unit="hr", planned={"year_begun": date(2025, 1, 1)})

    assert before != "quarter_reported"
    assert consolidated_report(ctx, "internal-analysis", "", "", None).obligation.id == before


def test_the_yearly_clock_shows_when_the_next_analysis_starts(officer: Any) -> None:
    """The plan of the example schedule, with the sentence that the count is practice and not law."""
    text = officer.get("/reports/yearly?lang=ru").text

    assert f'<a href="/cases/{CASE}">13.04.2026</a>' in text
    assert "а не требование закона" in text


def test_an_external_analysis_in_its_register_closes_the_year_for_internal_ones(kept: Site) -> None:
    """Its row is recorded in the programme of the year, by which the yearly page and the points go."""
    ctx = operator_context(kept.context, at=AT)
    kept.open(procedure="tbn4-year", planned={"year_begun": date(2026, 1, 1)})
    values = {"analysed": "Аренда", "carried_out_by": "Агентство", "ended_on": "2026-02-02"}
    add_row(ctx, AddRow(register_id="external-analyses", unit="hr", values=values))

    turns = {(turn.state, turn.closed_until) for turn in list_turns(ctx, "") or ()}
    assert ("closed", date(2027, 2, 2)) in turns
    (counted,) = year_scores(ctx, "", 2026, readings=regulations.scoring().usual)
    assert {score.id[:2] for score in counted.scores} == {"P2", "P4"}


def test_what_is_refused_is_said_though_its_form_is_not_on_the_page(officer: Any) -> None:
    """A position nobody knows, or that was taken off meanwhile, has no form the sentence could stand in."""
    form = {"form": "talk-position-77", "field.on": "2026-04-03", "field.topic": "Тема"}
    answer = officer.post(f"/cases/{CASE}/rows/positions/77/talk?lang=ru", data=form)
    (message,) = re.findall(
        r'<div id="talk-position-77-problem" class="problem-line" role="alert">([^<]+)</div>', answer.text
    )

    assert answer.status_code == 422
    assert "77" in message


CARTOGRAM = "Раздел;Управление;Район;Должность или риск\n"


def _cartogram(officer: Any, rows: str, **fields: str) -> Any:
    return officer.post(
        f"/cases/{CASE}/cartogram?lang=ru",
        data={"on": "2026-04-03", **fields},
        files={"table": ("картограмма.csv", (CARTOGRAM + rows).encode(), "text/csv")},
    )


def test_a_published_cartogram_is_held_against_the_results(officer: Any) -> None:
    """Before it is recorded there is nothing to compare; recorded, each difference is named by its place."""
    officer.post(
        f"/cases/{CASE}/rows/positions",
        data={"field.title": "Кадровик", "field.department": "Кадры", "field.district": "Алматинский район"},
    )
    before = officer.get("/reports/cartogram?lang=ru").text
    recorded = _cartogram(officer, "1;Кадры;Алматинский район;кадровик\n2;Закупки;;Сговор при закупках\n")
    after = officer.get("/reports/cartogram?lang=ru").text

    assert "Опубликованная картограмма не записана" in before
    assert recorded.headers["location"] == f"/cases/{CASE}/risks?said=cartogram_recorded#cartogram"
    assert "опубликованная 3 апреля 2026" in after
    assert "нет в результатах анализа: Сговор при закупках" in after
    assert "нет в разделе" not in after


def test_a_bad_row_of_the_cartogram_is_named_and_nothing_is_recorded(officer: Any) -> None:
    """The day typed stays."""
    answer = _cartogram(officer, "7;Кадры;;Кадровик\n", on="2026-04-04")

    assert answer.status_code == 422
    assert "строка 2" in answer.text
    assert 'value="2026-04-04"' in answer.text
    assert "опубликованная 3 апреля 2026" in officer.get("/reports/cartogram?lang=ru").text
