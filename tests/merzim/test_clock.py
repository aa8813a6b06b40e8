"""The clock: the only place where time is read, and parsing of --now."""

from __future__ import annotations

import os
import subprocess
import sys
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from merzim.clock import parse_moment
from merzim.services.upkeep.doctor import check_zone
from tests.merzim.conftest import Merzim
from workflow.moments import is_late
from workflow.refusal import Refusal


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("2026-04-06", datetime(2026, 4, 6, 7, tzinfo=UTC)),  # noon
        ("2026-04-06T09:30", datetime(2026, 4, 6, 4, 30, tzinfo=UTC)),
        ("2026-04-06 09:30:15", datetime(2026, 4, 6, 4, 30, 15, tzinfo=UTC)),
        ("2026-04-06T09:30:00Z", datetime(2026, 4, 6, 9, 30, tzinfo=UTC)),
        ("2026-04-06T09:30:00+03:00", datetime(2026, 4, 6, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_almatys(text: str, now: datetime) -> None:
    """A moment with a zone keeps it, one without is local; a bare date is noon."""
    moment = parse_moment(text)

    assert (moment.now, moment.today, moment.demonstration) == (now, date(2026, 4, 6), True)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "31.02.26", "2026-04-06T25:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """The refusal carries the text as it was typed."""
    with pytest.raises(Refusal) as refused:
        parse_moment(text)

    assert refused.value.arguments == {"text": text}


def test_merzim_now_is_the_day_of_every_command(merzim: Merzim, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it reads, what it writes, and what it refuses; --now goes before it."""
    monkeypatch.setenv("MERZIM_NOW", "2026-04-06")
    opened = merzim(
        "open", "internal-analysis", "--object", "A", "--planned", "analysis_started=2026-04-27", "--json"
    )
    case = opened.json["id"]
    ahead = merzim("record", case, "order_signed", "--on", "2026-04-07")
    due = merzim("due", "--until", "2026-04-30", "--json")
    later = merzim("record", case, "order_signed", "--on", "2026-04-07", "--now", "2026-04-08")
    (written,) = [event for event in merzim("case", case, "--json").json["events"] if event["seq"] == 1]

    assert (opened.code, ahead.code, due.code, later.code) == (0, 2, 0, 0)
    assert "today is 6 April 2026" in ahead.err
    assert written["at"] == "2026-04-06T07:00:00Z"


def test_a_merzim_now_that_is_no_moment_is_bad_input(merzim: Merzim, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the command would not ask for the day."""
    monkeypatch.setenv("MERZIM_NOW", "yesterday")
    refused = merzim("calendar", "day", "2026-04-06")

    assert (refused.code, refused.out) == (2, "")
    assert "yesterday" in refused.err


OLD_ZONE = "Etc/GMT-6"
"""Six hours ahead of Greenwich all year, as Almaty was until 29 February 2024."""
IN_THE_EVENING = """
from datetime import UTC, datetime
import calendars
from i18n.values import moment
from calendars.hours import local_date
from notifications.rules import Rules, opening
evening = datetime(2026, 4, 6, 18, 30, tzinfo=UTC)
print(moment(evening, "en"))
print(local_date(evening))
print(opening(evening, calendars.calendar(), Rules().office_hours))"""


@pytest.fixture
def old_system(tmp_path: Path) -> Path:
    """A folder of time zones whose Almaty is that of before 1 March 2024."""
    folder = tmp_path / "zones" / "Asia"
    folder.mkdir(parents=True)
    (folder / "Almaty").write_bytes((files("tzdata") / "zoneinfo" / OLD_ZONE).read_bytes())
    return folder.parent


def test_a_system_with_old_time_zones_changes_no_day_and_no_hour(old_system: Path) -> None:
    """6 April, 18:30 UTC, is half past eleven in the evening of the 6th; letters leave next morning at nine."""
    answer = subprocess.run(
        [sys.executable, "-c", IN_THE_EVENING],
        env={**os.environ, "PYTHONTZPATH": str(old_system)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.splitlines() == ["06.04.2026 23:30", "2026-04-06", "2026-04-07 04:00:00+00:00"]


def test_the_doctor_compares_the_time_zone_with_the_systems(old_system: Path) -> None:
    """Both offsets are named; where the system has no copy there is nothing to compare."""
    now = datetime(2026, 4, 6, 7, tzinfo=UTC)
    try:
        zoneinfo.reset_tzpath([])
        alike = check_zone(now)
        zoneinfo.reset_tzpath([old_system])
        apart = check_zone(now)
    finally:
        zoneinfo.reset_tzpath()

    assert (alike.state, alike.arguments) == ("ok", {"offset": "UTC+05:00"})
    assert (apart.state, apart.code, apart.advice) == ("warning", "doctor.zone_apart", "zone")
    assert apart.arguments == {"on": date(2026, 4, 6), "package": "UTC+05:00", "system": "UTC+06:00"}


@pytest.mark.parametrize(
    ("ago", "late"),
    [
        (timedelta(minutes=10), False),
        (timedelta(minutes=11), True),
        (timedelta(seconds=-30), False),  # another machine's clock, a little ahead
        (timedelta(hours=-5), True),
    ],
)
def test_what_was_done_at_a_moment_to_come_counts_as_late(ago: timedelta, late: bool) -> None:
    """Its clock was set back since: nobody knows how long ago it was."""
    now = datetime(2026, 4, 6, 7, tzinfo=UTC)
    assert is_late(now - ago, now=now, limit=timedelta(minutes=10)) is late


def test_what_was_never_done_is_late() -> None:
    """Whatever the limit: of a round, a letter or a backup that never was nothing is known."""
    assert is_late(None, now=datetime(2026, 4, 6, 7, tzinfo=UTC), limit=timedelta(days=365))
