"""Database maintenance: verify, rebuild the board, back up (by hand and by schedule), restore, migrate."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from time import perf_counter

from calendars.hours import almaty
from merzim.services.app import AppContext
from merzim.services.configuration import has_key, refuse_new_key
from merzim.services.jobs import queue
from merzim.settings import BackupSettings, BadSetting
from merzim.storage import events
from merzim.storage.database import writing
from merzim.storage.maintenance import backup as stored_backup, schema
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.verify import rebuild as rebuild_board, rebuild_rows, verify as verify_database
from merzim.storage.notices.delivery_state import figures, record_run
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.settings import accepted_digests, adopted_editions
from workflow.law.library import ALONE
from workflow.moments import Moment, is_late
from workflow.org.office import Office
from workflow.refusal import Refusal
from workflow.registers.rows import Projection, RegisterRow, project


def verify(app: AppContext, *, at: Moment, known_seal: tuple[int, str] | None = None) -> tuple[Refusal, ...]:
    """Verify events, seals, editions, evidence and the board; return what was altered, and own law files that
    cannot be used. A run that finds nothing is recorded as the last one. `known_seal`: number and hash of a
    seal recorded outside the database.
    """
    present = {edition.edition: edition.digest for edition in (*app.library.all(), ALONE)}
    editions = accepted_digests(adopted_editions(app.engine), present)
    left_out = tuple(file.refusal for file in app.read_editions.left_out)
    problems = left_out + verify_database(
        app.engine,
        editions=editions,
        recompute=partial(app.case_commands.recomputed, today=at.today),
        project=partial(_projected, app, cache(app.reads.office)),
        known_seal=known_seal,
        evidence=app.evidence,
    )
    if not problems:
        _record_run(app, "verify", now=at.now)
    return problems


def _record_run(app: AppContext, name: str, *, now: datetime) -> None:
    """Store the moment of the last run, for `merzim doctor` and `/metrics`; skipped in a read-only database."""
    with suppress(StorageUnavailable):
        record_run(app.unprepared, name, now=now, seconds=0.0)


def seal(app: AppContext, *, now: datetime) -> tuple[int, datetime, str] | None:
    """Seal everything written until now; return the newest seal, an earlier one if nothing is new, or None if
    nothing was ever written.
    """
    with writing(app.engine) as session:
        events.seal(session, now=now)
        return events.newest_seal(session)


def rebuild(app: AppContext, *, at: Moment) -> int:
    """Rewrite the board and the index of register rows from their events; return the number of cases. Raises
    Refusal for broken cases, after all others and the rows are rewritten.
    """
    recompute = partial(app.case_commands.recomputed, today=at.today)
    try:
        return rebuild_board(app.engine, recompute, now=at.now)
    finally:
        rebuild_rows(app.engine, partial(_projected, app, cache(app.reads.office)))


def _projected(app: AppContext, office: Callable[[], Office], row: RegisterRow) -> Projection | None:
    """Return the index entries of a row by the register version it was written under; None where an own file
    that cannot be used has the register.
    """
    if row.register not in app.registers.ids():
        return None
    return project(app.registers.version(row.register, row.version), row, office())


def refresh_names(app: AppContext, people: Collection[str]) -> None:
    """Update the search texts of register rows that name these people (keys), whose names changed."""
    registers = [app.registers.latest(name) for name in app.registers.ids()]
    fields = {
        register.id: [field.id for field in register.fields.values() if field.kind == "person"]
        for register in registers
    }
    rows = [head.id for head in app.register_lists.naming(people, fields)]
    rebuild_rows(app.engine, partial(_projected, app, cache(app.reads.office)), rows)


def backup(app: AppContext, file: Path, *, now: datetime, check: bool = False) -> None:
    """Copy the database into a new file while it is in use, and record it as the last backup. `check`: whether
    the file is verified; a damaged one is renamed to `FILE.damaged`. Raises Refusal: it cannot be written, or
    was not written whole.
    """
    engine = app.unprepared if app.many_nodes else app.engine
    stored_backup.backup(engine, file)
    if check:
        try:
            stored_backup.check(engine, file)
        except Refusal:
            file.rename(file.with_name(f"{file.name}.damaged"))
            raise
    _record_run(app, "backup", now=now)


def restore(app: AppContext, file: Path) -> Path | None:
    """Replace the database with a backup; return the file with the former content. On PostgreSQL only into an
    empty database; returns None. Raises Refusal: it cannot be restored; BadSetting: its secrets are encrypted,
    and there is no key here; nothing was written.
    """
    if not has_key(app.settings, os.environ):
        refuse_new_key(app.settings, os.environ, stored_backup.secrets_of_backup(file))
    return stored_backup.restore(app.unprepared, file)


def migrate_to(app: AppContext, address: str, *, at: Moment) -> tuple[dict[str, int], tuple[Refusal, ...]]:
    """Copy everything into an empty PostgreSQL database and verify it there. Raises Refusal.

    Returns:
        The number of rows of each table, and the problems found.
    """
    target = app.on_database(address)
    try:
        rows = stored_backup.migrate(app.engine, target.unprepared, prepare=queue.prepare)
        return rows, verify(target, at=at)
    finally:
        target.close()


def unopened_secrets(app: AppContext) -> int:
    """Return how many stored secrets no key here decrypts, all if there is no key; no key file is created."""
    secrets = app.stored_secrets()
    return len(app.cipher.unopened(secrets)) if has_key(app.settings, os.environ) else len(secrets)


def claim_database(app: AppContext) -> str:
    """Assign the database to this installation even if another one claimed it: after a renaming, or for a copy;
    return its name. Raises BadSetting: config.toml names no installation.
    """
    if not app.configured.installation:
        raise BadSetting("cli.installation.no_name", file=str(app.settings.file))
    create_or_migrate(app.unprepared)
    schema.write_installation(app.unprepared, name=app.configured.installation)
    return schema.installation_name(app.engine)


SCHEDULED_BACKUP, FAILED_BACKUP = "scheduled_backup", "failed_backup"
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
        backup(app, file, now=now, check=True)
        copied = app.evidence.copy_to(folder / "evidence")
        for old in obsolete_backups(backup_files(folder), settings):
            old.unlink(missing_ok=True)
    except (Refusal, OSError) as trouble:
        record_run(app.engine, FAILED_BACKUP, now=now, seconds=perf_counter() - started)
        log.error("the backup of the schedule failed: %s", trouble)
    else:
        record_run(app.engine, SCHEDULED_BACKUP, now=now, seconds=perf_counter() - started)
        log.info("backup %s, %s files of evidence added", file, copied)


def obsolete_backups(files: Iterable[Path], settings: BackupSettings) -> list[Path]:
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
    After a failed one not before RETRY. One made at a moment to come does not count: the clock was set back.
    """
    pulses = figures(app.engine, now=now).pulses
    if FAILED_BACKUP in pulses and timedelta() <= now - pulses[FAILED_BACKUP][0] < RETRY:
        return False
    if settings.folder is not None and not backup_files(settings.folder):
        return True
    local = now.astimezone(almaty())
    moment = datetime.combine(local.date(), settings.at, local.tzinfo)
    if moment > local:
        moment -= timedelta(days=1)
    return SCHEDULED_BACKUP not in pulses or is_late(pulses[SCHEDULED_BACKUP][0], now=now, limit=now - moment)


def backup_files(folder: Path) -> list[Path]:
    """Return the scheduled backups in a folder, in no order; none if there is no such folder."""
    return [file for file in folder.glob("merzim-*") if _NAME.fullmatch(file.name)] if folder.is_dir() else []


def _day(file: Path) -> date:
    """Return the local day in the name of a scheduled backup."""
    name_match = _NAME.fullmatch(file.name)
    assert name_match is not None
    return date.fromisoformat(name_match[1])
