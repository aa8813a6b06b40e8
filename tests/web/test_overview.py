"""The overview of an office, and the timeline of a case."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

import calendars
from merzim.services.board.overview import Overview, overview
from merzim.services.context import RequestContext, operator_context
from merzim.services.letters import FAILED, undelivered
from merzim.services.scoring import points_of_year
from merzim.web.ui.timeline import build_timeline
from tests.law import library
from tests.web.conftest import AT, NOW, TODAY, Site, build
from tests.web.test_names_of_others import letter
from workflow.cases.case import Case, Fact
from workflow.cases.commands import recording
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.moments import Moment
from workflow.org.access import Reader, with_unit


def seen(site: Site, *, today: date = TODAY, unit: str | None = None) -> Overview:
    return overview(operator_context(site.context, at=Moment(by="test", now=NOW, today=today)), unit)


def links(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(/deadlines\?[^"]*)"', page)]


def listed(page: str) -> int:
    """How many a list says there are."""
    match = re.search(r'class="lead-line">[^<]*?(\d+) обязанност', page)
    assert match, page
    return int(match[1])


def test_every_figure_opens_a_list_of_that_length(site: Site, browser: TestClient) -> None:
    """Headlines, cells, days, and people: what is counted is what is listed."""
    page = browser.get("/?lang=ru").text
    numbers = re.findall(
        r'href="(/deadlines\?[^"]*)"[^>]*><(?:b|span class="(?:count-\w+|bar-number)")>(\d+)<', page
    )

    assert len(numbers) > 12
    for link, number in numbers:
        if "balls" not in link and (link, number) != (numbers[1][0], numbers[1][1]):
            assert listed(browser.get(unescape(link)).text) == int(number), link


def test_how_late_is_said_in_working_days_and_whose_it_is(site: Site, browser: TestClient) -> None:
    """Due on Friday 6 February, with Women's Day and Nauryz between: on 6 April 37 working days, of law."""
    longest = seen(site).longest

    assert (longest[0], longest[1].names) == (37, ("Өтегенов Ерлан",))
    assert "37 рабочих дней: Өтегенов Ерлан" in browser.get("/?lang=ru").text


def test_all_is_in_time_only_where_nothing_waits_to_be_confirmed() -> None:
    """An analysis planned for September, just opened: in time. Its discussion held without an
    announcement, the results not published (P1.T2): no due date has passed, two duties are not confirmed."""
    new = build()
    with new.client() as page:
        planned = {"analysis_started": date(2026, 9, 7), "analysis_ended": date(2026, 10, 16)}
        facts = {"schedule_approved": date(2026, 3, 30)}
        case = new.open(object="Сатып алу", planned=planned, facts=facts)
        in_time = page.get("/?lang=ru").text
        new.write(case, recording.record, "discussion_held", on=date(2026, 4, 1))
        unconfirmed = page.get("/?lang=ru").text

    assert "Всё идёт в срок." in in_time
    assert "Всё идёт в срок." not in unconfirmed
    assert "<b>Просроченных сроков нет; исполнение не подтверждено – 2.</b>" in unconfirmed


def test_failed_letters_of_others_do_not_push_out_those_of_the_reader(site: Site) -> None:
    """Ten newer ones are of a case of law: the head of hr is shown the older one of their own case."""
    site.sent(
        replace(letter(site.real, "a@org.kz"), state="failed", queued_at=NOW - timedelta(days=1)),
        *(
            replace(letter(site.late, "c@org.kz"), key=f"{site.late}:{n}", state="failed", queued_at=NOW)
            for n in range(FAILED)
        ),
    )
    ctx: RequestContext = site.app.state.context()
    head = Reader(login="head_of_unit", access="head_of_unit", unit="hr", person="b@org.kz")

    assert [notice.case for notice in undelivered(ctx.read_by(with_unit(head, site.office)))] == [site.real]
    assert [notice.case for notice in undelivered(ctx)] == [site.late] * FAILED


def test_a_unit_of_others_is_neither_offered_nor_said_to_be_in_time(site: Site) -> None:
    """A deadline of law is overdue; whoever sees hr alone is told nothing of law."""
    with site.client("responsible") as browser:
        pages = [browser.get(path).text for path in ("/", "/deadlines", "/cases", "/calendar/2026/4")]

        assert [page for page in pages if '<option value="law"' in page] == []
        assert '<p class="lead-line">Персоналды басқару департаменті · ' in pages[0], "also on paper"
        assert browser.get("/?unit=law").status_code == 404


def test_the_same_points_are_at_stake_on_every_page(site: Site, browser: TestClient) -> None:
    """The overview, the board of the API and the page of points name one figure, that of the whole year."""
    figure = re.search(r"<b>([^<]+)</b><span>баллы впереди", browser.get("/?lang=ru").text)
    board = browser.get("/api/v1/board").json()
    points = points_of_year(operator_context(site.context, at=AT), None, 2026, {}, number=None)

    assert figure
    assert points.whole.at_stake > 30
    assert figure[1].replace(",", ".") == board["points_at_stake"] == str(points.whole.at_stake)


def test_the_first_sentence_says_how_much_waits_for_its_reader_and_for_whom_else(site: Site) -> None:
    """Two orders are late for the head's signature, announcements wait for others."""
    for _ in range(2):
        planned = {"analysis_started": date(2026, 4, 8), "analysis_ended": date(2026, 5, 20)}
        site.open(object="Сатып алу", planned=planned)
    head = Reader(login="head", access="first_head", person="b@org.kz")
    read = overview(operator_context(site.context, at=AT).read_by(head), None)
    page = site.client("head_of_unit").get("/?lang=ru").text

    assert (read.lead.mine, read.lead.signatures, read.overdue > 2) == (2, 2, True)
    assert "b@org.kz" not in {key for work in read.lead.others for key in work.who.keys}
    assert page.index("ждут вас") < page.index('class="figures')


def test_lateness_belongs_to_the_unit_of_who_must_act(site: Site, browser: TestClient) -> None:
    """The schedule of an analysis of hr names somebody of the law department for the announcement: it is late
    there, and the cell leads to it."""
    before = {row.unit.id: row.total.overdue for row in seen(site).matrix.rows}
    planned = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 20)}
    case = site.open(object="Сатып алу", planned=planned, responsible={"start_announced": "c@org.kz"})
    rows = {row.unit.id: row.total.overdue for row in seen(site).matrix.rows}
    of_law, of_hr = (browser.get(f"/deadlines?urgency=overdue&acting={unit}").text for unit in ("law", "hr"))

    assert {unit: rows[unit] - before.get(unit, 0) for unit in rows} == {"law": 1, "hr": 0}
    assert f"/cases/{case}#start_announced" in of_law
    assert f"/cases/{case}#start_announced" not in of_hr


def test_recommended_steps_stand_apart_below_the_obligatory_ones(
    site: Site, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An analysis begun on 6 January has not ended after the recommended 30 working days, by February.

    It stands below what is obligatory, counted apart and in the figure; the API lists in the same order. The
    way to all of a group leads to a list of as many, all of that force."""
    before = browser.get("/?lang=ru").text
    facts = {"order_signed": date(2026, 1, 5), "analysis_started": date(2026, 1, 6)}
    site.open(object="Ұзаққа созылған талдау", facts=facts)
    overview = seen(site)
    page = browser.get("/?lang=ru").text
    obligatory, _, recommended = page.partition('id="recommended-late"')
    forces = [line.force for line in overview.worst]

    assert 'id="recommended-late"' not in before
    assert (overview.recommended, forces.count("recommended")) == (1, 1)
    assert forces == sorted(forces)
    assert re.findall(r'-late">(\w+) <span class="tally">(\d+)', page) == [
        ("Обязательно", str(overview.overdue - 1)),
        ("Рекомендуется", "1"),
    ]
    assert "force-recommended" not in obligatory
    assert "force-recommended" in recommended

    monkeypatch.setattr("merzim.services.board.overview.WORST", 1)
    monkeypatch.setattr("merzim.services.board.overview.WORST_RECOMMENDED", 0)
    ways = re.findall(r'href="(/deadlines[^"]+force=(\w+))">Показать все: (\d+)', browser.get("/?lang=ru").text)
    assert [way_line[1:] for way_line in ways] == [
        ("obligatory", str(overview.overdue - 1)),
        ("recommended", "1"),
    ]
    for link, force, number in ways:
        page = browser.get(unescape(link)).text
        assert (listed(page), {*re.findall(r'class="force force-(\w+)"', page)}) == (int(number), {force})


def test_a_case_of_no_unit_counts_for_the_organisation() -> None:
    """Its late announcement stands with who must make it, and in the list of the organisation."""
    site = build()
    planned = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    case = site.open(unit="", object="Сатып алу", planned=planned)
    overview = seen(site)

    assert [(row.unit.id, row.total.overdue) for row in overview.matrix.rows] == [("hr", 1), ("head", 0)]
    assert overview.matrix.rows[0].total.overdue == overview.overdue == seen(site, unit="head").overdue == 1
    assert overview.matrix.rows[0].late == seen(site, unit="head").matrix.rows[0].late
    assert seen(site, unit="law").overdue == 0
    assert [listed_case.id for listed_case in site.context.reads.cases("head")] == [case]


SOON = date(2026, 4, 15)


def chain(
    planned: dict[str, date] | None = None, facts: dict[str, date] | None = None, *, today: date = TODAY
) -> tuple[Deadline, ...]:
    case = Case(
        facts={name: Fact(name=name, on=on) for name, on in (facts or {}).items()},
        id="x",
        procedure="internal-analysis",
        edition="internal-analysis.2024-01-01",
        planned=planned or {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)},
    )
    procedure = library().named(case.edition)
    return deadlines(case, procedure, calendars.calendar(), today=today)


def test_the_shaded_days_are_exactly_the_days_off_while_days_are_wide() -> None:
    """In the months of the analysis every day off is shaded and no working day is; of a whole life holidays."""
    analysis = [
        deadline for deadline in chain() if deadline.obligation.stage not in ("monitoring", "following")
    ]
    wide, life = (
        build_timeline(deadlines, calendar=calendars.calendar(), today=TODAY, soon=SOON)
        for deadlines in (analysis, chain())
    )
    shaded = {
        off.first + timedelta(days=n) for off in wide.offs for n in range((off.last - off.first).days + 1)
    }
    days = [wide.first + timedelta(days=n) for n in range((wide.last - wide.first).days + 1)]

    assert shaded == {on for on in days if not calendars.is_working_day(on)}
    assert life.offs
    assert all(off.holiday for off in life.offs)
    assert not life.has_weekends


def test_the_analysis_stays_in_the_picture_during_the_monitoring() -> None:
    """In November the announcement of March stands beside the report due next."""
    today = date(2026, 11, 2)
    facts = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    facts["note_signed"] = date(2026, 6, 9)
    deadlines_then = chain(facts=facts, today=today)
    picture = build_timeline(
        deadlines_then, calendar=calendars.calendar(), today=today, soon=date(2026, 11, 11)
    )

    rows = {line.deadline.id.partition(".")[0]: line for line in picture.rows}
    assert rows["quarter_reported"].deadline.id == "quarter_reported.2026Q2"
    assert picture.first <= date(2026, 3, 30) < today <= picture.last
    assert "start_announced" in rows


def test_each_period_of_a_row_has_its_own_look_and_the_date_is_of_the_mark_it_stands_by() -> None:
    """The second quarter is overdue in November; the third was reported, and that of April lies ahead. A plan
    that was fulfilled is not drawn: its date is not shown either."""
    today = date(2026, 11, 2)
    facts = {"analysis_started": date(2026, 4, 14), "analysis_ended": date(2026, 5, 26)}
    facts |= {"note_signed": date(2026, 6, 9), "quarter_reported.2026Q3": date(2026, 10, 5)}
    picture = build_timeline(
        chain(facts=facts, today=today), calendar=calendars.calendar(), today=today, soon=date(2026, 11, 11)
    )

    started = next(line for line in picture.rows if line.deadline.id == "analysis_started")
    assert started.dated.first == date(2026, 4, 14)
    row = next(line for line in picture.rows if line.deadline.id.startswith("quarter_reported"))
    looks = [(shape.first, shape.look) for shape in row.shapes if shape.kind == "due"]
    assert row.look == "overdue"
    assert looks == [
        (date(2026, 7, 7), "overdue"),
        (date(2026, 10, 5), "done"),
        (date(2027, 1, 5), "open"),
        (date(2027, 4, 5), "not_due_yet"),
    ]
    assert (row.dated.first, row.dated.look) == (date(2027, 4, 5), "not_due_yet")
