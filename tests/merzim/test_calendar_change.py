"""Adoption of an act that moves days: preview, single adoption, recovery after a crash, altered acts named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calendars.kazakhstan import Kazakhstan
from calendars.records import Records
from merzim.app import build_app
from merzim.clock import clock
from merzim.metronome import Dashboard
from merzim.settings_file import read
from merzim.storage.settings import record_act
from tests.merzim.conftest import Merzim, Prepare, import_example
from tests.notifications.servers import letters_in

SOURCE = 'act = "G26G0000111"\naddress = "https://adilet.zan.kz/rus/docs/G26G0000111"\n'
TRANSFER = f"[[transfer]]\noff = 2026-05-08\nwork = 2026-05-16\n{SOURCE}"
NOW = ("--now", "2026-04-20")
CASES = ("2026-0001", "2026-0002", "2026-0003")
DATABASE = Path("var") / "merzim.sqlite"
LETTERS = Path("var") / "letters"


@pytest.fixture
def act(tmp_path: Path) -> Path:
    """An order: Friday 8 May 2026 is off, Saturday 16 May is worked."""
    file = tmp_path / "order.toml"
    file.write_text(TRANSFER, encoding="utf-8")
    return file


@pytest.fixture
def two(prepared: Prepare) -> Merzim:
    """The example's case, which runs over that May, and another in the autumn."""
    return prepared(import_example, _open_another)


def start(office: Merzim) -> None:
    """The analysis begins as planned: what counts from it no longer waits for it."""
    done = office("record", "2026-0001", "analysis_started", "--on", "2026-04-13", "--now", "2026-04-13")
    assert done.code == 0


def _open_another(office: Merzim) -> None:
    planned = ("--planned", "analysis_started=2026-09-14")
    assert office("open", "internal-analysis", *planned, "--now", "2026-03-30").code == 0


def rows(merzim: Merzim, case: str) -> dict[str, str]:
    answer = merzim("case", case, "--json", *NOW).json
    return {obligation["id"]: obligation["due"] for obligation in answer["obligations"]}


def kept() -> list[tuple[object, ...]]:
    """Everything the database holds."""
    with closing(sqlite3.connect(DATABASE)) as database:
        return [(line,) for line in database.iterdump()]


def test_a_preview_shows_days_deadlines_and_people_and_writes_nothing(two: Merzim, act: Path) -> None:
    """The case around the day, and only that one; who waits for the date."""
    before = kept()
    answer = two("calendar-change", "preview", act, "--json", *NOW).json

    assert [(day["date"], day["working"]) for day in answer["days"]] == [
        ("2026-05-08", {"before": True, "after": False}),
        ("2026-05-16", {"before": False, "after": True}),
    ]
    moves = {deadline["obligation"]: (deadline["from"], deadline["to"]) for deadline in answer["deadlines"]}
    assert moves == {
        "discussion_announced": ("2026-05-12", "2026-05-13"),
        "plan_approved": ("2026-05-26", "2026-05-25"),
        "published": ("2026-05-18", "2026-05-16"),
    }
    assert answer["totals"] == {"days": 2, "touched": 1, "cases": 1, "deadlines": 3, "people": 5}
    assert all(deadline["people"] for deadline in answer["deadlines"])
    assert kept() == before


def test_applied_it_moves_what_the_preview_showed_and_nothing_else(two: Merzim, act: Path) -> None:
    """The case in the autumn stays; board, chains and seals agree; what was known the day before stays
    answerable."""
    old, other = rows(two, "2026-0001"), rows(two, "2026-0002")
    preview = two("calendar-change", "preview", act, "--json", *NOW).json
    applied = two("calendar-change", "apply", act, "--json", *NOW).json

    assert (applied["applied"], applied["written"]) == (True, 1)
    assert applied["deadlines"] == preview["deadlines"]
    moves = {deadline["obligation"]: deadline["to"] for deadline in preview["deadlines"]}
    assert rows(two, "2026-0001") == old | moves
    assert rows(two, "2026-0002") == other
    assert two("verify").code == 0
    assert two("rebuild").code == 0
    assert two("verify").code == 0
    assert two("calendar", "day", "2026-05-08").code == 1
    assert two("calendar", "day", "2026-05-16").code == 0
    assert two("calendar", "day", "2026-05-08", "--as-of", "2026-04-19").code == 0
    assert two("calendar", "day", "2026-05-08", "--as-of", "2026-04-20").code == 1


def test_a_preview_moves_no_date_that_was_past_before_the_act_was_known(two: Merzim, act: Path) -> None:
    """Ten working days before 14 May ended on 27 April: what was told stands. And none of a cancelled case."""
    two("open", "internal-analysis", "--planned", "analysis_started=2026-05-14", "--now", "2026-03-30")
    two("cancel", "2026-0001", "--ground", "ошибочно", "--now", "2026-04-01")
    known = ("--json", "--now", "2026-05-12")
    previewed = two("calendar-change", "preview", act, *known).json["deadlines"]

    assert previewed == two("calendar-change", "apply", act, *known).json["deadlines"]
    assert {move["case"] for move in previewed} == {"2026-0003"}
    assert "start_announced" not in [move["obligation"] for move in previewed]


def test_the_history_of_a_case_names_the_act_that_moved_its_dates(two: Merzim, act: Path) -> None:
    """With the dates as they stood then, whatever is recorded since; nothing in a case it did not move, nor in
    one that was opened after it."""
    moves = two("calendar-change", "apply", act, "--json", *NOW).json["deadlines"]
    expected_moves = [{name: move[name] for name in ("obligation", "from", "to")} for move in moves]
    two("replan", "2026-0001", "analysis_ended", "--on", "2026-06-19", "--now", "2026-04-21")
    two("open", "internal-analysis", "--planned", "analysis_started=2026-05-12", "--now", "2026-04-21")

    acts = [two("case", case, "--json", "--now", "2026-04-22").json["calendar_acts"] for case in CASES]
    output = two("case", "2026-0001", "--lang", "ru", "--now", "2026-04-22").out

    assert [len(case_acts) for case_acts in acts] == [1, 0, 0]
    assert (acts[0][0]["on"], acts[0][0]["moved"]) == ("2026-04-20", expected_moves)
    assert "изменён актом: G26G0000111. Изменились дни: 8, 16 мая" in " ".join(output.split())
    assert two("rebuild").code == 0
    assert two("case", "2026-0001", "--json", "--now", "2026-04-22").json["calendar_acts"] == acts[0]


def test_after_a_crash_between_act_and_rows_the_same_command_finishes(two: Merzim, act: Path) -> None:
    """The act is stored, the rows are not: verify names them, apply writes them."""
    app = build_app(read(None, at=Path.cwd()))
    moment = clock("2026-04-20")()
    text = act.read_text(encoding="utf-8")
    record_act(app.engine, (), name=act.name, text=text, at=replace(moment, by="А"))
    app.close()
    broken = two("verify", "--json").json["problems"]
    finished = two("calendar-change", "apply", act, "--json", *NOW).json

    assert {problem["code"] for problem in broken} == {"board_differs"}
    assert (finished["applied"], finished["written"]) == (False, 1)
    assert two("verify").code == 0
    assert "Nothing changed" in two("calendar-change", "apply", act, *NOW).out


def test_an_act_adopted_while_the_calendar_is_computed_is_taken_up(two: Merzim, act: Path) -> None:
    """By the next request: the calendar of before is not left beside the new act."""
    app, moment = build_app(read(None, at=Path.cwd())), clock("2026-04-20")()
    calendar_of = app.calendar_of

    def compute(records: Records) -> Kazakhstan:
        del vars(app)["calendar_of"]
        record_act(app.engine, (), name="x", text=act.read_text(encoding="utf-8"), at=moment)
        app.present()
        return calendar_of(records)

    vars(app)["calendar_of"] = compute
    assert app.calendar.is_working_day(date(2026, 5, 8))
    assert not app.present().calendar.is_working_day(date(2026, 5, 8))
    app.close()


def test_a_second_act_comes_on_top_of_the_first(two: Merzim, act: Path) -> None:
    """Checked against the calendar the first one made."""
    two("calendar-change", "apply", act, *NOW)
    act.write_text(TRANSFER.replace("2026-05-16", "2026-05-23"), encoding="utf-8")
    clash = two("calendar-change", "apply", act, *NOW)
    act.write_text(TRANSFER.replace("05-08", "07-10").replace("05-16", "07-18"), encoding="utf-8")
    fits = two("calendar-change", "apply", act, *NOW)

    assert clash.code == 2
    assert "08.05.2026 is a day off already" in clash.err
    assert fits.code == 0
    assert two("verify").code == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[transfers]]\n", 'unknown key "transfers"'),
        ("", "no entries"),
        ("[[transfer]\n", "TOML"),
        (TRANSFER.replace("05-08", "05-09"), "09.05.2026 is a day off already"),
        (TRANSFER.replace("05-16", "05-15"), "15.05.2026 is a working day already"),
        (TRANSFER.replace("off = 2026", "off = 2029"), "2029"),
        (f"[[confirmed_year]]\nyear = 2026\n{SOURCE}", "on file already"),
        (f"[[override]]\non = 2026-05-08\nworking = false\n{SOURCE}", "official balance says 247"),
    ],
)
def test_an_act_that_does_not_fit_is_refused_in_one_sentence(
    two: Merzim, act: Path, text: str, says: str
) -> None:
    """Exit 2, one line, nothing written; preview and apply alike."""
    act.write_text(text, encoding="utf-8")
    before = kept()
    for command in ("preview", "apply"):
        result = two("calendar-change", command, act, *NOW)

        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert says in result.err
    assert kept() == before


def test_a_service_that_runs_takes_the_new_days_up(two: Merzim, act: Path) -> None:
    """Another process adopts the act; the next page counts by it."""
    two("user", "add", "officer", "--access", "officer", *NOW)
    office_app = build_app(read(None, at=Path.cwd()))
    app = Dashboard(office_app, clock("2026-04-20"))
    with TestClient(app, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        client.post("/login/demonstration", data={"login": "officer"})
        pages = [client.get("/calendar/2026").text for _ in range(2)]
        two("calendar-change", "apply", act, *NOW)
        pages.append(client.get("/calendar/2026").text)
        case_view = client.get("/api/v1/cases/2026-0001").json()
    office_app.close()

    assert pages[0] == pages[1] != pages[2]
    assert {obligation["id"]: obligation["due"] for obligation in case_view["obligations"]}[
        "discussion_announced"
    ] == "2026-05-13"


def test_whoever_was_told_of_a_date_the_act_moves_hears_of_the_new_one(two: Merzim, act: Path) -> None:
    """Reminded on 4 May of the announcement due on the 12th; the act, called by its name, makes it the 13th."""
    act.write_text(
        f'{TRANSFER}adopted = 2026-05-05\nnumber = "111"\n'
        'title = { kk = "Демалыс күнін ауыстыру туралы", ru = "О переносе дня отдыха" }\n',
        encoding="utf-8",
    )
    start(two)
    for moment in ("2026-05-04T10:00", "2026-05-05T10:00"):
        assert two("remind", "--now", moment).code == 0
        assert two("deliver", "--now", moment).code == 0
    recipients = {
        notice["person"]
        for notice in two("notices", "--json").json["notices"]
        if notice["obligation"] == "discussion_announced" and notice["state"] == "sent"
    }
    later = ("--now", "2026-05-06T10:00")
    assert two("calendar-change", "apply", act, *later).code == 0
    two("remind", *later)
    two("deliver", *later)
    notices = two("notices", "--json").json["notices"]
    move_notices = [
        notice
        for notice in notices
        if notice["kind"] == "moved" and notice["obligation"] == "discussion_announced"
    ]

    assert recipients
    assert {notice["person"] for notice in move_notices} == recipients
    assert {notice["state"] for notice in move_notices} == {"sent"}
    assert {(notice["about"]["old"], notice["due"]) for notice in move_notices} == {
        ("2026-05-12", "2026-05-13")
    }
    causes = [notice["about"]["cause"] for notice in move_notices]
    assert {tuple(cause["acts"]) for cause in causes} == {("G26G0000111",)}
    assert {tuple(cause["days"]) for cause in causes} == {("2026-05-08", "2026-05-16")}
    texts = [text for _, text in letters_in(LETTERS)]
    assert any(
        "Календарь рабочих дней изменён актом: «О переносе дня отдыха» от 5 мая 2026 года № 111. "
        "Изменились дни: 8, 16 мая" in text.replace("\n", " ")
        for text in texts
    )
    assert two("verify", *later).code == 0
