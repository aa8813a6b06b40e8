"""Pages of one case: correction, cancellation, resumption; risks, documents and history."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

import i18n
from tests.case_rows import completed_case
from tests.web.conftest import AT, THREE_UNITS, TODAY, Site, account, build
from tests.web.offices import ROOT
from tests.web.test_names_of_others import letter
from workflow.cases.commands import answers, recording, statuses

TABS = ("", "/risks", "/papers", "/history")


@pytest.fixture
def case(site: Site) -> str:
    """The address of the case whose announcement is recorded."""
    return f"/cases/{site.real}"


def test_a_correction_asks_for_its_ground_and_keeps_what_was_typed(
    site: Site, case: str, browser: TestClient
) -> None:
    """Without a ground nothing is written and the date stays in the form; with it the history has both."""
    fields = {"fact": "start_announced", "on": "2026-03-27", "ground": " "}
    refused = browser.post(f"{case}/correct?lang=ru", data=fields)
    day = site.facts(site.real)["start_announced"].on
    answer = browser.post(f"{case}/correct", data={**fields, "ground": "Қате терілген"})
    page = browser.get(f"{case}?lang=ru&said=corrected&of=start_announced").text

    assert refused.status_code == 422
    assert 'value="2026-03-27"' in refused.text
    assert day == date(2026, 3, 30)
    assert answer.status_code == 303
    assert site.facts(site.real)["start_announced"].on == date(2026, 3, 27)
    assert "Исправлено: Объявление о начале анализа" in page
    assert "Қате терілген" in page


def test_a_case_called_off_is_taken_up_again_with_grounds(site: Site, case: str, browser: TestClient) -> None:
    """Cancelling needs a ground, reopening too; the page of a cancelled case offers nothing else."""
    assert browser.post(f"{case}/cancel", data={"ground": ""}).status_code == 422
    browser.post(f"{case}/cancel", data={"ground": "Құрылым өзгерді"})
    page = browser.get(f"{case}?lang=ru").text
    browser.post(f"{case}/reopen", data={"ground": "Қайтарылды"})
    stored_case = site.case(site.real)

    assert "Дело отменено: Құрылым өзгерді" in page
    assert 'id="reopen"' in page
    assert 'id="record"' not in page
    assert stored_case.status == "active"


def test_a_letter_about_a_duty_without_a_term_tells_no_day(site: Site, case: str, browser: TestClient) -> None:
    """Neither on the page of the case nor in its history: the act sets none, nor does who only comments."""
    for step, kind, count in (("open+6", "reminder", 0), ("comment", "comment", 0), ("-1", "reminder", 1)):
        site.sent(replace(letter(site.real, "a@org.kz"), key=step, kind=kind, step=step, due=date(2026, 5, 29)))
        assert [browser.get(case + tab).text.count("29.05.2026") for tab in ("", "/history")] == [count, count]


def test_what_is_said_to_be_done_stands_as_a_badge_with_the_day_of_its_evidence(
    site: Site, browser: TestClient
) -> None:
    """On the officer's desk, on the overview and in the case, until the fact is recorded."""
    said = {"person": "c@org.kz", "silent_until": date(2026, 4, 9), "officer": "", "text": ""}
    site.write(site.late, answers.answer_reminder, "start_announced", "k", "said_done", **said)
    badge = "исполнитель сообщил: исполнено, ждём документ до 09.04.2026"
    paths = ("/?lang=ru", "/desk?show=all&lang=ru", f"/cases/{site.late}?lang=ru")

    assert all(badge in browser.get(path).text for path in paths)
    site.write(site.late, recording.record, "start_announced", on=TODAY)
    assert not any(badge in browser.get(path).text for path in paths)


def test_an_obligation_is_handed_over_by_two_fields(site: Site, browser: TestClient) -> None:
    """What and to whom, shown before it is written; the passport's other fields stay as they are."""
    page = browser.get(f"/cases/{site.late}?hand=start_announced&lang=ru").text
    form = page.partition('id="hand"')[2].partition("</form>")[0]
    fields = {"more": "start_announced", "more_who": "a@org.kz"}
    browser.post(f"/cases/{site.late}/passport", data=fields)
    case = site.case(site.late)

    assert form.count("<select") == 2
    assert '<option value="start_announced">' in form
    assert case.responsible["start_announced"] == "Әлиева Гүлнұр"
    assert case.unit == "law"


def test_a_completed_case_names_on_top_what_was_never_confirmed(site: Site, browser: TestClient) -> None:
    """The results of the discussion (no term): on the case's page with its ways out, on the overview, in the
    list behind it; recorded, the case is closed and nothing is named."""
    name, on = "discussion_results_published", date(2025, 2, 3)
    case = completed_case(site.case_commands, unit="hr", leave={name}, on=on, at=AT)
    page, overview = (browser.get(path).text for path in (f"/cases/{case}?lang=ru", "/?lang=ru"))
    top = page.partition('id="never-confirmed"')[2].partition("</section>")[0]
    listed = browser.get("/deadlines?urgency=never_confirmed&lang=ru").text

    assert page.index('id="never-confirmed"') < page.index('class="facts"')
    assert "исполнение не подтверждено: 1" in top
    assert "ожидает исполнения с 3 февраля 2025 года" in top
    assert f"?fact={name}#record" in top
    assert f"?exempt={name}#exempt" in top
    assert f"/cases/{case}#{name}" in overview.partition('id="never-confirmed"')[2].partition("</section>")[0]
    assert f"/cases/{case}#{name}" in listed
    assert f'<option value="{name}" selected' in browser.get(f"/cases/{case}?exempt={name}").text

    site.write(case, recording.record, name, on=TODAY)
    assert site.case_commands.view(case, today=TODAY).stage == "closed"
    assert 'id="never-confirmed"' not in browser.get(f"/cases/{case}").text
    assert 'id="never-confirmed"' not in browser.get("/").text


def test_what_is_not_required_is_one_line(site: Site, case: str, browser: TestClient) -> None:
    """It is not listed among open rows; its ground is one click away."""
    site.write(site.real, statuses.exempt, obligation="cartogram_updated", ground="-")
    page = browser.get(f"{case}?lang=ru").text

    assert 'class="card fold fold-line"' in page
    assert '<li id="cartogram_updated' in page
    assert '<tbody id="cartogram_updated' not in page


def test_who_only_reads_sees_no_form(site: Site, case: str) -> None:
    """The auditor's page has not a single form that writes but the one that leaves; neither have the risks."""
    with site.client("auditor") as auditor:
        for tab in TABS:
            assert auditor.get(case + tab).text.count('method="post"') == 1


def test_evidence_bears_three_dates_and_a_restriction(site: Site, case: str, browser: TestClient) -> None:
    """The date on the paper, the day of publication, the moment it was recorded; few may see the restricted."""
    browser.post(
        case,
        data={
            "fact": "order_signed",
            "on": "2026-04-03",
            "written.document:order": "2026-04-02",
            "published.document:order": "2026-04-03",
            "restricted.document:order": "ДСП, № 7",
        },
        files={"file.document:order": ("бұйрық.pdf", b"%PDF-1.4", "application/pdf")},
    )
    (item,) = site.facts(site.real)["order_signed"].evidence
    page = browser.get(f"{case}/papers?lang=ru").text

    stored = (item.written_on, item.published_on, item.restricted)
    assert stored == (date(2026, 4, 2), date(2026, 4, 3), "ДСП, № 7")
    assert all(day in page for day in ("02.04.2026", "03.04.2026", "06.04.2026, 12:00", "ДСП, № 7"))
    file = f"{case}/evidence/{item.reference}"
    for login, status in (("officer", 200), ("responsible", 404), ("auditor", 404)):
        assert site.client(login).get(file).status_code == status


def test_every_form_of_a_case_is_offered_and_named_by_what_it_is_and_of_what(
    case: str, browser: TestClient
) -> None:
    page = browser.get(f"{case}/papers?lang=ru").text
    names = {part.partition("/")[0] for part in page.split(f'href="{case}/forms/')[1:]}
    file_name = unquote(browser.get(f"{case}/forms/order/ru").headers["content-disposition"])

    assert len(names) >= 9
    assert file_name.endswith(" – Персоналды басқару департаменті.docx")


def test_a_case_lists_all_its_stages_with_what_is_done_of_each(site: Site, browser: TestClient) -> None:
    """Fourteen stages as well as five: each links to its steps, one of them is the current one."""
    from tests.law import library

    longest = max(library().all(), key=lambda procedure: len(procedure.stages))
    case = site.open(procedure=longest.id, unit="", edition=longest.edition)
    page = browser.get(f"/cases/{case}").text

    assert len(longest.stages) > 7
    assert page.count('href="#stage-') == len(longest.stages)
    assert page.count('aria-current="step"') == 1


def test_what_to_do_now_stands_on_top_with_its_day_and_its_form(site: Site, browser: TestClient) -> None:
    """The order, due today: its ground, today as the day, its form in two languages. Its stage alone is
    unfolded; the analysis ahead and what follows it are folded."""
    page = browser.get(f"/cases/{site.real}?lang=ru").text
    card = page.partition('id="record"')[2].partition("</section>")[0]
    is_open = {
        part.partition('"')[0]: '<details class="fold" open>' in part
        for part in page.split('aria-labelledby="title-')[1:]
    }

    assert page.index('id="record"') < page.index('aria-labelledby="title-preparation"')
    assert "Сделать сейчас" in card
    assert "до 6 апреля 2026 года" in card
    assert '<option value="order_signed" selected>' in card
    assert 'name="on" value="2026-04-06"' in card
    assert all(f'href="/cases/{site.real}/forms/order/{language}"' in card for language in ("kk", "ru"))
    assert [is_open[stage] for stage in ("order", "analysis", "monitoring")] == [True, False, False]


def test_another_step_is_chosen_and_its_links_are_published_on_the_day_of_the_fact(
    site: Site, browser: TestClient
) -> None:
    """Chosen with another day it starts with that day, and each link's day of publication is the same."""
    chosen = {"fact": "discussion_announced", "on": "2026-04-03"}
    card = browser.get(f"/cases/{site.real}", params=chosen).text.partition('id="record"')[2]

    assert '<option value="discussion_announced" selected>' in card
    assert 'name="published.link:site" value="2026-04-03"' in card


def test_before_it_is_recorded_the_card_says_what_it_would_move(site: Site, browser: TestClient) -> None:
    """A start three working days before the planned one moves what counts from it; nothing is written."""
    before = site.facts(site.real)
    query = {"fact": "analysis_started", "on": "2026-04-06", "lang": "en"}
    page = browser.get(f"/cases/{site.real}", params=query).text
    effect = page.partition('id="record-effect">')[2].partition("</p>")[0]

    assert "Deadlines moved: " in effect
    assert site.facts(site.real) == before


def test_whatever_was_just_done_in_a_case_is_said_by_its_page(site: Site, browser: TestClient) -> None:
    """Each sentence of the catalogues that says so is one the page knows; a comment was followed by silence."""
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "i18n" / "catalogue").glob("*.toml"))
    codes = {code for text in texts for code in re.findall(r'^\["?web\.case\.said\.(\w+)', text, re.MULTILINE)}
    assert "commented" in codes
    answer = browser.post(f"/cases/{site.real}/comments", data={"text": "Пікір"})
    sentence = i18n.say("web.case.said.commented", {}, "ru")
    assert sentence in browser.get(f"{answer.headers.get('location') or answer.url}&lang=ru").text


ENDED = date(2026, 3, 19)
QUESTION = "Есть ли признаки административного или уголовного правонарушения?"


@pytest.fixture
def asking() -> Site:
    """An office with one purchase analysis that has ended; its officer is its prevention unit."""
    officer = replace(THREE_UNITS.people["a@org.kz"], duties=("authorised_person", "prevention_unit"))
    site = build(replace(THREE_UNITS, people={**THREE_UNITS.people, officer.key: officer}))
    account(site, "officer", "officer", "a@org.kz")
    facts = {"procurement_analysis_ended": ENDED, "procurement_result_reported": ENDED}
    site.open(procedure="procurement-analysis", object="Орда", facts=facts)
    return site


def test_the_case_asks_its_question_and_is_closed_by_the_answer(asking: Site) -> None:
    """The page shows the question and its answers; without a choice it is refused in words; answered, the
    case that would have been over before stands where the answer leaves it, and another answer is refused."""
    (case,) = asking.cases()
    browser = asking.client()
    page = browser.get(f"/cases/{case}?lang=ru&fact=offence_signs").text
    data = {"fact": "offence_signs", "on": TODAY.isoformat(), "preview": "yes", "signed_by": "deputy"}
    blank = browser.post(f"/cases/{case}?lang=ru", data=data)
    answer = browser.post(f"/cases/{case}", data={**data, "option": "none"})
    after = browser.get(answer.headers["location"]).text
    other = browser.post(f"/cases/{case}", data={**data, "option": "found"})

    assert QUESTION in page
    assert re.findall(r'name="option" value="(\w+)"', page) == ["found", "none"]
    assert (blank.status_code, "Выберите один из ответов" in blank.text) == (422, True)
    assert '<option value="deputy">' in page, "who decided may be said"
    assert asking.facts(case)["offence_signs_absent"].on == TODAY
    assert asking.facts(case)["offence_signs_absent"].signed_by == "deputy"
    assert "Записано: Признаков правонарушения нет" in after
    assert "Закрыто: сроков больше нет" in after
    assert (other.status_code, "сначала отзовите его" in other.text) == (409, True)
    for address, is_listed in (("/cases?stage=closed", True), ("/cases?stage=completed", False)):
        assert (f"/cases/{case}" in browser.get(address).text) is is_listed


def test_a_measure_is_shown_and_never_asked_for_as_a_fact(site: Site, browser: TestClient) -> None:
    case = f"/cases/{site.real}"
    plan = "№;Риск;Мероприятие;Форма завершения;Ответственный;Срок\n1;Риск;Обучение;Отчёт;Никто;ежеквартально\n"
    imported = browser.post(f"{case}/risks/plan?lang=ru", files={"file": ("a.csv", plan.encode())})
    assert "подразделений: «Никто»." in browser.get(imported.headers["location"]).text
    browser.post(f"{case}/rows/risks", data={"field.description": "Тәртіп жоқ", "field.on": "2026-04-01"})
    form = browser.get(f"{case}/risks?risk=1").text.partition('id="measures-new-1"')[2].partition("</form>")[0]
    drawn = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    measure = {"field.action": "Сатып алу қағидасын бекіту", "field.term": "01.04.2026"}
    browser.post(f"{case}/rows/measures", data={**drawn, **measure})
    page = browser.get(case).text
    recorded, _, withdrawn = page.partition('id="withdraw-title"')
    assert {"Сатып алу қағидасын бекіту" in page, "01.04.2026" in page} == {True}
    assert "fact=measure." not in page
    assert [('<option value="measure.1"' in form) for form in (recorded, withdrawn)] == [False, True]


def test_what_was_written_in_a_register_is_said_on_the_page_it_comes_back_to(
    site: Site, browser: TestClient
) -> None:
    """A position entered, changed, talked with and taken out; a remark recorded and answered."""
    day = TODAY.isoformat()
    register_writes = (
        ("positions", {"field.title": "Басшы", "field.holder": "А. Б."}, "Position exposed."),
        ("positions/1/edit", {"was.title": "Басшы", "field.title": "Бас"}, "Register entry changed."),
        ("positions/1/talk", {"field.on": day, "field.holder": "А. Б."}, "Talk held."),
        ("positions/1/clear", {"field.on": day}, "Position cleared."),
        ("remarks", {"field.text": "Тәртіп ашылмаған", "field.source": "site"}, "Remark made."),
        ("remarks/1/answer", {"field.taken": "yes", "field.on": day}, "Remark answered."),
    )
    headers = {"Accept-Language": "en"}
    for path, data, message in register_writes:
        address = f"/cases/{site.real}/rows/{path}"
        assert message in browser.post(address, data=data, headers=headers, follow_redirects=True).text
