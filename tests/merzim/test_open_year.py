"""Opening a year: once for every organisation of a programme, never twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Prepare
from tests.workflow.test_programmes import HEAD, QUOTA, YEAR, obligation

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
    assert {case["kind"] for case in opened_year["opened"] if case["procedure"] == "tea"} == {
        "committee",
        "central_body",
    }


def test_opening_a_year_again_changes_nothing_and_says_so(town: Merzim) -> None:
    """Also when a case was cancelled meanwhile. In July nothing of last year is ahead any more."""
    first = town("open-year", "2026", "--now", "2026-07-20", "--json").json
    case = first["opened"][0]["id"]
    assert town("cancel", case, "--ground", "liquidated").code == 0

    repeated = town("open-year", "2026", "--now", "2026-07-21", "--json").json
    output = town("open-year", "2026", "--now", "2026-07-21").out

    assert (repeated["opened"], repeated["there"]) == ([], len(first["opened"]))
    assert output.endswith("Nothing changed.\n")


def test_acts_of_one_organisation_are_opened_for_those_who_adopted_them(town: Merzim, tmp_path: Path) -> None:
    """The Ministry's standard for the Ministry, an enterprise's policy for all of an office whose config.toml
    names it; by hand a case is opened without. A word that is no such act is refused with those there are."""

    def opened(year: str) -> set[tuple[str, str]]:
        cases = town("open-year", year, "--now", "2025-12-20", "--json").json["opened"]
        own_procedures = ("mne-standard-year", "enterprise-policy-year")
        return {(case["procedure"], case["unit"]) for case in cases if case["procedure"] in own_procedures}

    assert opened("2026") == set()
    assert town("acts", "adopt", "mne-standard-2025", "--unit", "Ministry", "--json").json["in_force"] == [
        "mne-standard-2025"
    ]
    staff = town("acts", "--unit", "Staff", "--json").json
    assert (staff["unit"], staff["adopted"], staff["in_force"]) == ("Staff", [], ["mne-standard-2025"])
    assert "mne-standard-year" in staff["brings"]["mne-standard-2025"]
    assert opened("2026") == {("mne-standard-year", "Ministry")}
    config = CONFIG + 'acts = ["enterprise-policy"]\n'
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    assert opened("2026") == {("enterprise-policy-year", "Company")}
    assert town("acts", "leave", "mne-standard-2025", "--unit", "Ministry").code == 0
    assert opened("2027") == {("enterprise-policy-year", "Company")}
    assert town("open", "mne-standard-year", "--unit", "Ministry", "--now", "2025-12-20").code == 0
    refused = town("acts", "adopt", "mne-standard", "--unit", "Ministry")
    assert refused.code == 2
    assert "mne-standard-2025" in refused.err


def test_a_unit_moved_by_the_table_of_people_is_bound_by_the_acts_of_its_new_place(
    town: Merzim, tmp_path: Path
) -> None:
    """The staff move from the Ministry, which adopted the standard, to the Company, which did not: their case
    of the standard asks for nothing more; moved back, it asks again."""
    town("acts", "adopt", "mne-standard-2025", "--unit", "Ministry")
    planned = ("--planned", "appointed=2026-01-20", "--now", "2026-01-12")
    case = town("open", "appointment", "--unit", "Staff", *planned, "--json").json["id"]

    def standing(people: str) -> str:
        (tmp_path / "people.csv").write_text(people, encoding="utf-8")
        assert town("people", "people.csv", "--now", "2026-01-12").code == 0
        return str(town("case", case, "--json", "--now", "2026-01-12").json["standing"])

    moved_people = PEOPLE.replace("Staff,Ministry", "Staff,Company")

    assert [standing(people) for people in (PEOPLE, moved_people, PEOPLE)] == ["active", "exempted", "active"]


def test_what_of_last_year_is_still_ahead_is_opened_with_the_year(town: Merzim) -> None:
    """An office that begins on 12 January 2026 owes the information for 2025 by 15 April, and the Ministry's
    standard the declarations of 2025 by 31 December; what was due before is not asked of it."""
    for act in ("mne-standard-2025", "decree-154"):
        town("acts", "adopt", act, "--unit", "Ministry")
    opened_year = town("open-year", "2026", "--unit", "Ministry", "--now", "2026-01-12", "--json").json
    due = town("due", "--until", "2026-12-31", "--json", "--now", "2026-01-12").json["obligations"]
    repeated = town("open-year", "2026", "--unit", "Ministry", "--now", "2026-01-13", "--json").json

    ministry = [case["procedure"] for case in opened_year["opened"] if case["unit"] == "Ministry"]
    assert [name for name in sorted(set(ministry)) if ministry.count(name) == 2] == [
        "mne-standard-year",
        "national-report",
        "tea",
    ]
    days = {(obligation["id"], obligation["due"]) for obligation in due}
    assert {("information_submitted", "2026-04-15"), ("declarations_published", "2026-12-31")} <= days
    assert town("overdue", "--json", "--now", "2026-01-12").json["obligations"] == []
    assert repeated["opened"] == []


def test_the_next_year_is_looked_ahead_to_from_december(town: Merzim, tmp_path: Path) -> None:
    """On 30 November it is the year itself, on 1 December the next; where config.toml says so it is open after
    one tick of the service, which opens nothing twice."""
    from merzim.app import build_app
    from merzim.metronome import _remind
    from merzim.services.yearly.opening import proposed_year
    from merzim.settings_file import read

    town("open-year", "2026", "--now", "2026-07-20")
    (tmp_path / "config.toml").write_text('[office]\nrollover = "open"\n' + CONFIG, encoding="utf-8")
    app = build_app(read(None, at=tmp_path))
    noon = datetime(2026, 12, 1, 7, tzinfo=UTC)
    november, december = noon - timedelta(days=1), noon + timedelta(hours=1)

    assert proposed_year(app, now=november, today=date(2026, 11, 30)) == (2026, 0)
    year, lacking = proposed_year(app, now=noon, today=date(2026, 12, 1))
    assert year == 2027
    assert lacking > 0
    _remind(app, now=noon, today=date(2026, 12, 1))
    assert proposed_year(app, now=december, today=date(2026, 12, 1)) == (2027, 0)
    assert len(app.reads.cases(procedure="tea")) == 4
    app.close()
