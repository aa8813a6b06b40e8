"""Scheduled backups: written, verified, kept for days, weeks and months."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter

from calendars.hours import almaty
from merzim.services.app import AppContext
from merzim.services.upkeep import maintenance
from merzim.settings import BackupSettings
from merzim.storage.notices.delivery_state import figures, record_run
from workflow.moments import Moment, is_late
from workflow.refusal import Refusal

SCHEDULED, FAILED = "scheduled_backup", "failed_backup"
"""Names under which the moments of the last run of each are stored."""
RETRY = timedelta(minutes=15)
"""Time until another attempt after a failed one."""
_NAME = re.compile(r"merzim-(\d{4}-\d{2}-\d{2})T(\d{4})\.(sqlite|dump)")
log = logging.getLogger("merzim.backup")


def back_up(app: AppContext, *, at: Moment) -> None:
    """Write the scheduled backup if it is due and no other process writes it."""
    settings = app.settings.backup
    if settings.folder is not None and _is_due(app, settings, at.now):
        with app.lock("backup").alone() as is_mine:
            if is_mine and _is_due(app, settings, at.now):
                _write(app, settings, settings.folder, now=at.now)


def _write(app: AppContext, settings: BackupSettings, folder: Path, *, now: datetime) -> None:
    """Write a backup, verify it, copy new evidence files beside it, delete backups no rule keeps; record how it
    went.
    """
    started = perf_counter()
    try:
        suffix = "dump" if app.many_nodes else "sqlite"
        file = folder / f"merzim-{now.astimezone(almaty()):%Y-%m-%dT%H%M}.{suffix}"
        maintenance.backup(app, file, now=now, check=True)
        copied = app.evidence.copy_to(folder / "evidence")
        for old in obsolete(files(folder), settings):
            old.unlink(missing_ok=True)
    except (Refusal, OSError) as trouble:
        record_run(app.engine, FAILED, now=now, seconds=perf_counter() - started)
        log.error("the backup of the schedule failed: %s", trouble)
    else:
        record_run(app.engine, SCHEDULED, now=now, seconds=perf_counter() - started)
        log.info("backup %s, %s files of evidence added", file, copied)


def obsolete(files: Iterable[Path], settings: BackupSettings) -> list[Path]:
    """Return the backups to delete: all but the newest of each of the last days, weeks and months."""
    newest = sorted(files, reverse=True)
    kept_files: set[Path] = set(newest[:1])
    for number, period in (
        (settings.daily, lambda day: day),
        (settings.weekly, lambda day: day.isocalendar()[:2]),
        (settings.monthly, lambda day: (day.year, day.month)),
    ):
        of_period: dict[object, Path] = {}
        for file in newest:
            of_period.setdefault(period(_day(file)), file)
        kept_files |= set(list(of_period.values())[:number])
    return [file for file in newest if file not in kept_files]


def _is_due(app: AppContext, settings: BackupSettings, now: datetime) -> bool:
    """Return whether the scheduled time of day has passed since the last scheduled backup, or none is there.

    One made at a moment to come does not count: the clock was set back since.
    """
    pulses = figures(app.engine, now=now).pulses
    if FAILED in pulses and timedelta() <= now - pulses[FAILED][0] < RETRY:
        return False
    if settings.folder is not None and not files(settings.folder):
        return True
    local = now.astimezone(almaty())
    moment = datetime.combine(local.date(), settings.at, local.tzinfo)
    if moment > local:
        moment -= timedelta(days=1)
    return SCHEDULED not in pulses or is_late(pulses[SCHEDULED][0], now=now, limit=now - moment)


def files(folder: Path) -> list[Path]:
    """Return the scheduled backups in a folder, in no order; none if there is no such folder."""
    return [file for file in folder.glob("merzim-*") if _NAME.fullmatch(file.name)] if folder.is_dir() else []


def _day(file: Path) -> date:
    """Return the local day in the name of a scheduled backup."""
    name_match = _NAME.fullmatch(file.name)
    assert name_match is not None
    return date.fromisoformat(name_match[1])
