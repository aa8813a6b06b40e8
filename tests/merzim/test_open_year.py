"""Opening a year: once for every organisation of a programme, never twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Prepare
from tests.workflow.test_programmes import HEAD, QUOTA, YEAR, obligation
from workflow.moments import Moment

PEOPLE = """\
unit,parent,kind,name,duties,email
Ministry,,central body,Ana,head,ana@example.kz
Staff,Ministry,,Bek,hr,bek@example.kz
Committee,Ministry,committee,Cem,head,cem@example.kz
Company,,quasi-state entity,Dan,head,dan@example.kz
"""
LAW = HEAD + YEAR + QUOTA + obligation("reported", 'term = { by = "04-15", from = "year_begun", years = 1 }')
CONFIG = '[database]\nurl = "sqlite:///office.db"\n[regulations]\nfolder = "own"\n'


@pytest.fixture
def town(prepared: Prepare) -> Merzim:
    """A ministry with its committee, a company, and a yearly programme for the civil service."""
    return prepared(_town)


def _town(merzim: Merzim) -> None:
    Path("own").mkdir()
    Path("own/tea.2024-01-01.toml").write_text(LAW, encoding="utf-8")
    Path("config.toml").write_text(CONFIG, encoding="utf-8")
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    assert merzim("people", "people.csv").code == 0


def tea(answer: object) -> list[str]:
    """Units whose case of the programme was opened."""
    assert isinstance(answer, dict)
    return sorted({case["unit"] for case in answer["opened"] if case["procedure"] == "tea"})


def test_every_organisation_of_its_kind_gets_its_case_and_no_department(town: Merzim) -> None:
    """The company is no civil service, the staff department no organisation."""
    opened_year = town("open-year", "2026", "--now", "2026-01-12", "--json").json

    assert tea(opened_year) == ["Committee", "Ministry"]
    kinds = {case["kind"] for case in opened_year["opened"] if case["procedure"] == "tea"}
    assert kinds == {"committee", "central_body"}


def test_opening_a_year_again_changes_nothing_and_says_so(town: Merzim) -> None:
    """Also when a case was cancelled meanwhile. In July nothing of last year is ahead any more."""
    first = town("open-year", "2026", "--now", "2026-07-20", "--json").json
    case = first["opened"][0]["id"]
    assert town("cancel", case, "--ground", "liquidated").code == 0

    repeated = town("open-year", "2026", "--now", "2026-07-21", "--json").json
    output = town("open-year", "2026", "--now", "2026-07-21").out

    assert (repeated["opened"], repeated["there"]) == ([], len(first["opened"]))
    assert output.endswith("Nothing changed.\n")


def test_the_list_of_cases_tells_the_programmes_of_two_years_apart(town: Merzim) -> None:
    """Their titles are the same; the present year goes without saying."""
    for year in ("2025", "2026"):
        opened = town("open-year", year, "--now", "2026-07-20", "--json").json["opened"]
        lines = town("cases", "--now", "2026-07-20").out.splitlines()
        ids = {case["id"] for case in opened}
        said = ["(2025)" in line for line in lines if line.split(" ")[0] in ids]
        assert said == [year == "2025"] * len(ids), year


def test_acts_of_one_organisation_are_opened_for_those_who_adopted_them(town: Merzim, tmp_path: Path) -> None:
    """The Ministry's standard for the Ministry, an enterprise's policy for all of an office whose config.toml
    names it; by hand a case is opened without. A word that is no such act is refused with those there are."""

    def opened(year: str) -> set[tuple[str, str]]:
        cases = town("open-year", year, "--now", "2025-12-20", "--json").json["opened"]
        own_procedures = ("mne-standard-year", "enterprise-policy-year")
        return {(case["procedure"], case["unit"]) for case in cases if case["procedure"] in own_procedures}

    assert opened("2026") == set()
    adopted = town("acts", "adopt", "mne-standard-2025", "--unit", "Ministry", "--json").json
    assert adopted["in_force"] == ["mne-standard-2025"]
    staff = town("acts", "--unit", "Staff", "--json").json
    assert (staff["unit"], staff["adopted"], staff["in_force"]) == ("Staff", [], ["mne-standard-2025"])
    assert "mne-standard-year" in staff["brings"]["mne-standard-2025"]
    assert opened("2026") == {("mne-standard-year", "Ministry")}
    config = CONFIG + 'acts = ["enterprise-policy"]\n'
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    assert opened("2026") == {("enterprise-policy-year", "Company")}
    assert town("acts", "leave", "mne-standard-2025", "--unit", "Ministry").code == 0
    assert opened("2027") == {("enterprise-policy-year", "Company")}
    (tmp_path / "config.toml").write_text(CONFIG + 'acts = ["enterprise-polcy"]\n', encoding="utf-8")
    misspelt = town("open-year", "2026", "--now", "2025-12-20")
    assert (misspelt.code, "enterprise-policy" in misspelt.err) == (2, True)
    assert town("open", "mne-standard-year", "--unit", "Ministry", "--now", "2025-12-20").code == 0
    refused = town("acts", "adopt", "mne-standard", "--unit", "Ministry")
    assert (refused.code, "mne-standard-2025" in refused.err) == (2, True)


def test_a_unit_moved_by_the_table_of_people_is_bound_by_the_acts_of_its_new_place(
    town: Merzim, tmp_path: Path
) -> None:
    """The staff move from the Ministry, which adopted the standard, to the Company, which did not: their case
    of the standard asks for nothing more; moved back, it asks again."""
    town("acts", "adopt", "mne-standard-2025", "--unit", "Ministry")
    planned = ("--planned", "appointed=2026-01-20", "--now", "2026-01-12")
    case = town("open", "appointment", "--unit", "Staff", *planned, "--json").json["id"]

    def status(people: str) -> str:
        (tmp_path / "people.csv").write_text(people, encoding="utf-8")
        assert town("people", "people.csv", "--now", "2026-01-12").code == 0
        return str(town("case", case, "--json", "--now", "2026-01-12").json["status"])

    moved_people = PEOPLE.replace("Staff,Ministry", "Staff,Company")

    assert [status(people) for people in (PEOPLE, moved_people, PEOPLE)] == ["active", "exempted", "active"]


def test_a_case_without_a_unit_follows_the_acts_of_the_only_organisation_at_the_top(
    town: Merzim, tmp_path: Path
) -> None:
    """As those of its units: left, it asks for nothing more."""
    (tmp_path / "people.csv").write_text(PEOPLE.replace("Company,,", "Company,Ministry,"), encoding="utf-8")
    assert [town("people", "people.csv").code, town("acts", "adopt", "mne-standard-2025").code] == [0, 0]
    case = town("open", "mne-standard-introduction", "--json").json["id"]
    states = []
    for change in ("leave", "adopt"):
        town("acts", change, "mne-standard-2025")
        states.append(town("case", case, "--json").json["status"])

    assert states == ["exempted", "active"]


def test_what_of_last_year_is_still_ahead_is_opened_with_the_year(town: Merzim) -> None:
    """An office that begins on 12 January 2026 owes the information for 2025 by 15 April, and the Ministry's
    standard the declarations of 2025 by 31 December; what was due before is not asked of it."""
    for act in ("mne-standard-2025", "decree-154"):
        town("acts", "adopt", act, "--unit", "Ministry")
    opening = ("open-year", "2026", "--unit", "Ministry", "--json", "--now")
    ahead = town(*opening, "2026-01-12", "--dry-run").json["openings"]
    opened_year = town(*opening, "2026-01-12").json
    due = town("due", "--until", "2026-12-31", "--json", "--now", "2026-01-12").json["obligations"]
    repeated = town(*opening, "2026-01-13").json

    of_last_year = {case["procedure"] for case in ahead if (case["unit"], case["year"]) == ("Ministry", 2025)}
    assert of_last_year == {"mne-standard-year", "national-report", "tea"}
    assert [case["procedure"] for case in opened_year["opened"]] == [case["procedure"] for case in ahead]
    days = {(obligation["id"], obligation["due"]) for obligation in due}
    assert {("information_submitted", "2026-04-15"), ("declarations_published", "2026-12-31")} <= days
    assert town("overdue", "--json", "--now", "2026-01-12").json["obligations"] == []
    assert repeated["opened"] == []
    listed = town("due", "--until", "2026-12-31", "--now", "2026-01-12", "--lang", "ru").out
    assert "Антикоррупционный стандарт: годовая программа" in listed, "a case without an object has its title"


def test_the_next_year_is_looked_ahead_to_from_december(town: Merzim, tmp_path: Path) -> None:
    """On 30 November it is the year itself, on 1 December the next, until that is opened."""
    from merzim.app import build_app
    from merzim.services.yearly import proposed_year
    from merzim.settings_file import read

    town("open-year", "2026", "--now", "2026-07-20")
    app = build_app(read(None, at=tmp_path))
    noon = datetime(2026, 12, 1, 7, tzinfo=UTC)
    november, december = noon - timedelta(days=1), noon + timedelta(hours=1)

    assert proposed_year(app, at=Moment(now=november, today=date(2026, 11, 30))) == (2026, 0)
    year, lacking = proposed_year(app, at=Moment(now=noon, today=date(2026, 12, 1)))
    assert (year, lacking > 0) == (2027, True)
    town("open-year", "2027", "--now", "2026-12-01")
    assert proposed_year(app, at=Moment(now=december, today=date(2026, 12, 1))) == (2027, 0)
    assert len(app.reads.cases(procedure="tea")) == 4
    app.close()


ONE_DEPARTMENT = """\
unit,kind,name,duties,email
Company,quasi-state entity,Dan,head,dan@example.kz
Company,,Fay,officer,fay@example.kz
"""
NOVEMBER = ("--now", "2026-11-25")
OWN_FIRST_DAY = """\
[office]
kept_from = 2026-01-01
[database]
url = "sqlite:///office.db"
[regulations]
acts = ["tbn4-2024"]
"""


@pytest.fixture
def company(prepared: Prepare) -> Merzim:
    """A company with two people, bound by the instruction of points, and no case yet."""
    return prepared(_company)


def _company(merzim: Merzim) -> None:
    Path("people.csv").write_text(ONE_DEPARTMENT, encoding="utf-8")
    assert merzim("people", "people.csv", *NOVEMBER).code == 0
    assert merzim("acts", "adopt", "tbn4-2024", *NOVEMBER).code == 0


def overdue(merzim: Merzim, day: str) -> set[str]:
    return {row["id"] for row in merzim("overdue", "--json", "--now", day).json["obligations"]}


def told(merzim: Merzim) -> list[str]:
    """Dates of which a round on 25 November tells somebody."""
    merzim("remind", *NOVEMBER)
    return sorted(row["due"] for row in merzim("notices", "--json", *NOVEMBER).json["notices"])


def test_a_year_opened_in_november_asks_for_nothing_that_was_due_before(company: Merzim) -> None:
    """Nobody hears of the quarters' reports of April, July and October; that of January is due as ever."""
    assert company("open-year", "2026", *NOVEMBER).code == 0

    assert overdue(company, "2026-11-25") == set()
    assert [day for day in told(company) if day < "2026-11-25"] == []
    assert "quarter_reported.2026Q4" in overdue(company, "2027-01-06")
    assert "quarter_reported.2026Q3" not in overdue(company, "2027-01-06")


def test_the_explanation_and_the_case_say_that_it_lies_before_the_records(company: Merzim) -> None:
    """The third quarter's report was due on 5 October; done all the same it can be recorded."""
    opened = company("open-year", "2026", *NOVEMBER, "--json").json["opened"]
    case = next(case["id"] for case in opened if case["procedure"] == "tbn4-project-2")

    why = company("explain", case, "quarter_reported.2026Q3", *NOVEMBER).out
    assert "before the office began to keep records here (25 November 2026)" in why
    assert "not recorded here" in company("case", case, *NOVEMBER).out
    assert company("record", case, "quarter_reported.2026Q3", "--on", "2026-10-05", *NOVEMBER).code == 0


def test_an_office_may_name_an_earlier_first_day(company: Merzim, tmp_path: Path) -> None:
    """Kept from 1 January 2026, the reports of three quarters are overdue in November."""
    (tmp_path / "config.toml").write_text(OWN_FIRST_DAY, encoding="utf-8")
    assert company("people", "people.csv", *NOVEMBER).code == 0
    assert company("open-year", "2026", *NOVEMBER).code == 0

    assert {f"quarter_reported.2026Q{quarter}" for quarter in (1, 2, 3)} <= overdue(company, "2026-11-25")
    assert "1 January 2026" in company("score", "--year", "2026", *NOVEMBER).out


def test_the_first_case_is_the_first_day_for_those_that_follow(company: Merzim) -> None:
    """An analysis opened on 3 August begins the records: a year opened in November owes the third quarter."""
    planned = ("--planned", "analysis_started=2026-09-14", "--now", "2026-08-03")
    assert company("open", "internal-analysis", *planned).code == 0
    assert company("open-year", "2026", *NOVEMBER).code == 0

    late = overdue(company, "2026-11-25")
    assert "quarter_reported.2026Q3" in late
    assert not {"quarter_reported.2026Q1", "quarter_reported.2026Q2"} & late


def test_opening_a_year_shows_first_what_it_brings_and_to_whom(company: Merzim) -> None:
    """From today on nothing is overdue and nobody is told of what passed, only of the six duties that points of
    the year hang on; from 1 January the reports of three quarters are overdue, and both people are told.
    Nothing is written by asking."""
    today = company("open-year", "2026", "--dry-run", *NOVEMBER, "--json").json
    january = company("open-year", "2026", "--dry-run", "--kept-from", "2026-01-01", *NOVEMBER, "--json").json
    ahead = company("open-year", "2026", "--dry-run", "--kept-from", "2026-11-26", *NOVEMBER)

    assert (today["kept_from"], today["overdue"], today["told"]) == ("2026-11-25", 0, {"Fay": 6})
    assert (january["overdue"] >= 3, set(january["told"]), ahead.code) == (True, {"Dan", "Fay"}, 2)
    assert company("cases", "--json", *NOVEMBER).json["cases"] == []
    company("open-year", "2026", "--kept-from", "2026-01-01", *NOVEMBER)
    assert len(overdue(company, "2026-11-25")) == january["overdue"]


def test_one_undo_takes_a_year_back_and_it_can_be_opened_again(company: Merzim) -> None:
    """All its cases at once; not what somebody began to record in."""
    opened = company("open-year", "2026", "--kept-from", "2026-01-01", *NOVEMBER, "--json").json["opened"]
    undone = company("open-year", "2026", "--undo", *NOVEMBER, "--json").json
    assert sorted(undone["cancelled"]) == sorted(case["id"] for case in opened)
    assert overdue(company, "2026-11-25") == set()
    assert company("open-year", "2026", "--undo", *NOVEMBER).code == 2

    again = company("open-year", "2026", *NOVEMBER, "--json").json["opened"]
    case = next(case["id"] for case in again if case["procedure"] == "tbn4-project-2")
    company("record", case, "quarter_reported.2026Q3", "--on", "2026-10-05", *NOVEMBER)
    refused = company("open-year", "2026", "--undo", *NOVEMBER)
    assert (len(again), refused.code, case in refused.err) == (len(opened), 2, True)
