"""Looking after what is stored: verify it, rebuild the board, copy it away, put it back, move it elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from services.jobs.new_periods import as_rolled

if TYPE_CHECKING:
    from services.app import AppContext
    from storage.maintenance.installation import InstallationStatus
    from storage.maintenance.verify import Problem
    from storage.maintenance.vouching import Vouching
    from workflow.cases.case import Case
    from workflow.ports import CaseWrite


def verify(
    app: AppContext, *, now: datetime, today: date, kept: tuple[int, str] | None = None
) -> tuple[Problem, ...]:
    """Return everything that is not as it was written: chains, seals, editions, the board, evidence, people.

    Args:
        kept: number and hash of a seal that was written down elsewhere.
    """
    from storage.maintenance.verify import verify as check

    editions = {edition.edition: edition.digest for edition in app.editions.all()}
    return check(
        app.engine,
        editions=editions,
        recompute=as_rolled(app, today),
        kept=kept,
        evidence=app.evidence.check,
        now=now,
    )


def unreadable_values(app: AppContext) -> tuple[Problem, ...]:
    """Return the rows that hold text in place of a date; nothing else can be verified beside them."""
    from storage.maintenance.unreadable import unreadable_values as find

    return find(app.engine)


def vouching(app: AppContext) -> Vouching:
    """Return since when the office's chain vouches for accounts, rights, people and their addresses."""
    from storage.maintenance.vouching import vouching as asked

    return asked(app.engine)


def renew_baseline(app: AppContext, *, ground: str, by: str, now: datetime) -> int:
    """Vouch for accounts, rights and people as they stand now. Returns how many differences that accepts."""
    from storage.maintenance.vouching import renew_baseline as renew

    return renew(app.engine, ground=ground, by=by, now=now)


def damaged_evidence(app: AppContext) -> tuple[Problem, ...]:
    """Return what is wrong with the files of evidence the database names: missing, altered, unreadable."""
    from storage.maintenance.evidence_check import damages
    from storage.maintenance.verify import Problem

    found = damages(app.engine, app.evidence.check)
    return tuple(Problem(code=code, arguments=arguments) for code, arguments in found)


def office_differences(app: AppContext, *, now: datetime) -> tuple[Problem, ...]:
    """Return the accounts, people and addresses that are not as the office's chain says."""
    from storage.maintenance.verify import office_differences as compared

    return compared(app.engine, now=now)


def recorded_evidence(app: AppContext) -> int:
    """Return how many files of evidence the database names: they lie in a folder of their own."""
    from storage.maintenance.evidence_check import count_recorded_files

    return count_recorded_files(app.engine)


def seal(app: AppContext, *, now: datetime) -> tuple[int, datetime, str] | None:
    """The newest seal, over everything written until now; None where there is nothing to seal yet."""
    from storage.maintenance import seals

    seals.seal(app.engine, now=now)
    return seals.newest(app.engine)


def rebuild(app: AppContext, *, now: datetime, today: date, each: Callable[[], None] | None = None) -> int:
    """The board written anew from the ledger; how many cases were gone through. `each`: after every lot."""
    from storage.maintenance.verify import rebuild as again

    return again(app.engine, _recompute(app, today), now=now, each=each)


def backup(app: AppContext, file: Path) -> None:
    """Copy the database into a new file while it is in use. Raises BackupRefused."""
    from storage.maintenance import backup, dump

    if app.many_nodes:
        dump.backup(app.unprepared, file)
    else:
        backup.backup(app.engine, file)


def restore(app: AppContext, file: Path) -> Path | None:
    """Put a backup in the database's place; the file that keeps what stood there. Raises BackupRefused.

    On PostgreSQL into an empty database alone; nothing stood there.
    """
    from storage.maintenance import backup, dump

    if app.many_nodes:
        dump.restore(app.unprepared, file)
        return None
    return backup.restore(app.unprepared, file)


def migrate_to(app: AppContext, address: str, *, now: datetime, today: date) -> tuple[int, tuple[Problem, ...]]:
    """Copy the office into an empty PostgreSQL database and verify it there; its count of events, and what is
    not as it was written. Raises Migration.
    """
    from services.jobs import queue
    from storage.maintenance import migrate_to as migrating

    there = app.on_database(address)
    try:
        events = migrating.migrate(app.engine, there.unprepared, prepare=queue.prepare)
        return events, verify(there, now=now, today=today)
    finally:
        there.close()


def key_place(app: AppContext) -> str:
    """Return where the key of second factors is: the name of a variable, or a file."""
    from services.secret_keys import key_place as place

    return place(app.settings, os.environ)


def missing_keys(app: AppContext) -> tuple[int, tuple[str, ...]]:
    """Return how many second factors open with no key that is at hand, and the ids of their keys.

    No key file is made for the question: where there is none, no key is at hand.
    """
    from services.secret_keys import at_hand

    used = app.factors.keys()
    cipher = app.cipher if at_hand(app.settings, os.environ) else None
    missing = {key: count for key, count in used.items() if key and (cipher is None or not cipher.knows(key))}
    return sum(missing.values()), tuple(sorted(missing))


def whose(app: AppContext) -> InstallationStatus:
    """Which installation the database belongs to."""
    from storage.database.engine import reading
    from storage.maintenance.installation import standing

    with reading(app.engine) as connection:
        return standing(connection)


def take(app: AppContext) -> InstallationStatus:
    """Make the database this installation's, whoever claimed it before: after a change of name, or for a copy.

    Raises:
        BadSetting: config.toml names no installation.
    """
    from services.settings import BadSetting
    from storage.maintenance.installation import take as claim
    from storage.maintenance.schema import create_or_migrate

    if not app.settings.installation:
        raise BadSetting("cli.installation.no_name", file=str(app.settings.file))
    create_or_migrate(app.unprepared)
    claim(app.unprepared, app.settings.installation)
    return whose(app)


def _recompute(app: AppContext, today: date) -> Callable[[Case], CaseWrite]:
    return lambda case: app.desk.recomputed(case, today=today)
