"""Checks of settings before anything is started (`merzim check-config`), and of an installation (`doctor`)."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Literal
from zoneinfo import ZoneInfo

from calendars.hours import almaty
from merzim.logs import HIDDEN
from merzim.services.app import AppContext
from merzim.services.configuration import create_channel, folders, refuse_missing, refuse_missing_folder
from merzim.services.law.regulations import own_files, read_editions, read_registers
from merzim.services.oidc import ProviderSilent, open_provider
from merzim.services.upkeep.maintenance import FAILED_BACKUP, backup_files
from merzim.settings import ALARM_AGES, SECRETS, SECTIONS, BadSetting, Settings
from merzim.storage.database import parse_address
from merzim.storage.maintenance.schema import check_readiness, refuse_other_installation, server_time
from merzim.storage.notices.delivery_state import Figures, figures
from merzim.storage.refusals import StorageUnavailable, display_address, hide_secrets
from notifications.channels import STAYS_HERE
from notifications.notice import UNREACHABLE
from workflow.moments import CLOCK_TOLERANCE, is_late
from workflow.refusal import Refusal


def problems(settings: Settings, environment: Mapping[str, str]) -> list[Refusal]:
    """Return everything in these settings that would keep a service from starting or from sending letters.
    Opens no database and connects to nothing.
    """
    checks: list[Callable[[], object]] = [
        settings.web.refuse_plain_http,
        lambda: refuse_missing(settings, environment),
        lambda: parse_address(settings.database.url),
        lambda: open_provider(settings, environment),
        lambda: list(own_files(settings)),
        lambda: refuse_missing_folder(settings),
    ]
    variables = {"database.password_env": settings.database.password_env}
    checks.extend(partial(_note_variables, name, settings, variables) for name in sorted(settings.channels.use))
    raised: list[Refusal] = []
    for run in checks:
        try:
            run()
        except Refusal as refusal:
            raised.append(refusal)
    return raised + [
        BadSetting("cli.no_variable", file=str(settings.file), key=key, variable=variable)
        for key, variable in variables.items()
        if variable and not environment.get(variable)
    ]


def _note_variables(name: str, settings: Settings, variables: dict[str, str]) -> None:
    """Note which variables hold the secrets of a channel, by key. Raises Refusal: it cannot be used."""
    named = create_channel(name, settings).variables()
    variables |= {f"channels.{name}.{key}": variable for key, variable in named.items()}


def values(settings: Settings) -> Iterator[tuple[str, object]]:
    """Yield every key of the settings with its value, secrets masked: ("web.port", 8000)."""
    for name in SECTIONS:
        for key, value in getattr(settings, name):
            if key != "sections":
                yield f"{name}.{key}", _shown(f"{name}.{key}", value)
    for name, channel in sorted(settings.channels.sections.items()):
        for option, value in channel.as_written().items():
            yield f"channels.{name}.{option}", HIDDEN if option in SECRETS and value else value


def _shown(key: str, value: object) -> object:
    """Return a value as it may be shown: the database's address without its password."""
    if key != "database.url":
        return value
    address = parse_address(str(value))
    return value if address.get_backend_name() == "sqlite" else hide_secrets(address)


State = Literal["ok", "warning", "problem"]
ZONE_LOOK_AHEAD = [timedelta(days=30 * month) for month in range(13)]
"""Moments from now on at which two copies of a time zone are compared."""
LITTLE_SPACE, NO_SPACE = 1024**3, 100 * 1024**2
"""Free bytes on a disk below which there is a warning, and a problem."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `name`: what was checked: `doctor.name.<name>` of the catalogues. `code`: the
    sentence on the result; `doctor.advice.<advice>`, if there is one, says what to do.
    """

    name: str
    code: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    state: State = "ok"
    advice: str = ""


def _refused(name: str, refusal: Refusal, advice: str) -> Check:
    """Return the check that failed with a refusal, which says it."""
    return Check(name, refusal.code, refusal.arguments, "problem", advice)


def diagnose(app: AppContext, problems: list[Refusal]) -> Iterator[Check]:
    """Yield the result of every check, one after another, at the moment of the office's clock; channels and the
    log-in provider are connected to. `problems`: those of the settings.
    """
    now = app.clock().now
    if not problems:
        yield Check("settings", "doctor.settings")
    for problem in problems:
        yield _refused("settings", problem, "settings")
    yield from _check_machine(app, now)
    yield from _check_channels(app)
    yield from asyncio.run(_check_provider(app, app.system_clock().now))
    yield from _check_database(app, now)


def check_running(app: AppContext, now: datetime) -> Iterator[Check]:
    """Yield the results of checks that contact no machine but the database's, for a page of the service."""
    yield from _check_machine(app, now)
    yield from (check for check in _check_database(app, now) if check.name != "clock")


def _check_machine(app: AppContext, now: datetime) -> Iterator[Check]:
    """Yield the results of checks of this machine: own law, folders, disks, time zone, where letters go."""
    yield from _check_law(app)
    yield from _check_folders(app)
    yield from _check_disk(app)
    yield check_zone(now)
    # Letters in a folder of the server are read by nobody.
    if STAYS_HERE.issuperset(app.settings.channels.use):
        yield Check("letters", "web.nobody_reached", {}, "problem", "nobody_reached")


def _check_law(app: AppContext) -> Iterator[Check]:
    """Check that every own edition and register can be used."""
    try:
        editions = read_editions(app.settings, {})
        registers, unused_registers = read_registers(app.settings)
    except Refusal as refusal:
        yield _refused("law", refusal, "law")
        return
    left_out = [*editions.left_out, *unused_registers]
    for file in left_out:
        about = {"file": file.file, "reason": file.refusal}
        yield Check("law", "doctor.law_left_out", about, "warning", "law")
    if not left_out:
        counts = {"editions": len(editions.editions), "registers": len(registers)}
        yield Check("law", "doctor.law", counts)


def _check_folders(app: AppContext) -> Iterator[Check]:
    """Check that each folder a service writes to, or the one it would be created in, can be written."""
    for key, folder in folders(app.settings):
        about = {"key": key, "folder": str(folder)}
        try:
            with TemporaryFile(dir=_existing(folder)):
                pass
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            yield Check("folder", "cli.folder_unwritable", {**about, "problem": problem}, "problem")
        else:
            yield Check("folder", "doctor.folder", about)


def _check_disk(app: AppContext) -> Iterator[Check]:
    """Check the free space of each disk that holds the database or a folder, once."""
    paths = [folder for _, folder in folders(app.settings)]
    if (database := app.settings.database.file) is not None:
        paths.insert(0, database.parent)
    disks = {_existing(path).stat().st_dev: _existing(path) for path in reversed(paths)}
    for folder in reversed(disks.values()):
        free = shutil.disk_usage(folder).free
        state: State = "problem" if free < NO_SPACE else "warning" if free < LITTLE_SPACE else "ok"
        about = {"folder": str(folder), "free": Decimal(free * 10 // 1024**3) / 10}
        yield Check("disk", "doctor.disk", about, state, "" if state == "ok" else "disk")


def check_zone(now: datetime) -> Check:
    """Compare the time zone that everything is counted by (of the tzdata package) with the system's copy."""
    system = ZoneInfo.no_cache(almaty().key)  # Where the system has none, it is the package's again.
    for at in (now + ahead for ahead in ZONE_LOOK_AHEAD):
        ours, others = at.astimezone(almaty()), at.astimezone(system)
        if ours.utcoffset() != others.utcoffset():
            about = {"on": ours.date(), "package": _offset(ours), "system": _offset(others)}
            return Check("zone", "doctor.zone_apart", about, "warning", "zone")
    return Check("zone", "doctor.zone", {"offset": _offset(now.astimezone(almaty()))})


def _offset(local: datetime) -> str:
    """Return the offset of a local time from UTC: "UTC+05:00"."""
    return f"UTC{local.isoformat(timespec='minutes')[-6:]}"


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())


def _check_channels(app: AppContext) -> Iterator[Check]:
    """Check each channel that can be tested by connecting to its server."""
    for name in app.settings.channels.use:
        try:
            channel = create_channel(name, app.settings)
        except Refusal:
            continue  # The check of the settings names it.
        outcome = asyncio.run(channel.probe())
        if outcome is not None and outcome.state == "sent":
            yield Check(name, "doctor.channel", {"answer": outcome.answer})
        elif outcome is not None:
            yield Check(name, "doctor.channel_refuses", {"answer": outcome.answer}, "problem", name)


async def _check_provider(app: AppContext, now: datetime) -> list[Check]:
    """Check that the OpenID Connect provider offers everything a log-in needs, without logging in."""
    checks: list[Check] = []
    try:
        if (provider := open_provider(app.settings, os.environ)) is not None:
            async for probe_kind, arguments in provider.probe(now=now):
                checks.append(Check("oidc", f"doctor.oidc_{probe_kind}", arguments))
    except ProviderSilent as failure:
        code = f"oidc_{failure.what}"
        checks.append(Check("oidc", f"doctor.{code}", failure.details, "problem", code))
    except Refusal as refusal:
        checks.append(_refused("oidc", refusal, "settings"))
    return checks


def _check_database(app: AppContext, now: datetime) -> Iterator[Check]:
    """Check the database, and by what it records the last backup, round, letters and clock."""
    if not app.has_database:
        where = {"where": str(app.settings.database.file)}
        yield Check("database", "doctor.no_database", where, "warning", "no_database")
        return
    try:
        engine = app.unprepared
        refuse_other_installation(engine, app.configured.installation)
        where = {"where": display_address(engine)}
        if not check_readiness(engine)[0]:
            yield Check("database", "doctor.other_tables", where, "problem", "other_tables")
            return
        sent = figures(engine, now=now)
        file = app.settings.database.file
        if file is not None and file.exists() and not os.access(file, os.W_OK):
            raise StorageUnavailable("read_only", where=str(file), problem=os.strerror(errno.EACCES))
    except Refusal as refusal:
        yield _refused("database", refusal, "database")
        return
    if app.settings.from_browser:
        keys = {"keys": tuple(sorted(app.settings.from_browser))}
        yield Check("settings", "doctor.settings_overridden", keys)
    yield Check("database", "doctor.database", where)
    yield _check_age("verify", sent, now)
    yield _check_backup(app, sent, now)
    yield _check_clock(app, sent, now)
    yield _check_age("round", sent, now, "problem")
    yield from _check_sending(app, sent, now)


def _check_backup(app: AppContext, sent: Figures, now: datetime) -> Check:
    """Check how long ago the last backup was made, that none failed since, and that the folder of the schedule
    still holds one.
    """
    last, failed = (sent.pulses.get(name) for name in ("backup", FAILED_BACKUP))
    if failed is not None and (last is None or failed[0] > last[0]):
        return Check("backup", "doctor.backup_failed", {"at": failed[0]}, "problem", "backup_failed")
    folder = app.settings.backup.folder
    if folder is not None and last is not None and not backup_files(folder):
        about = {"folder": str(folder), "at": last[0]}
        return Check("backup", "doctor.no_backup", about, "problem", "no_backup")
    return _check_age("backup", sent, now)


def _check_age(name: str, sent: Figures, now: datetime, worst: State = "warning") -> Check:
    """Check how long ago something that is due regularly was last done."""
    if name not in sent.pulses:
        return Check(name, "doctor.never", {}, worst, name)
    at, _ = sent.pulses[name]
    if is_late(at, now=now, limit=ALARM_AGES[name]):
        return Check(name, "doctor.last", {"at": at}, worst, name)
    return Check(name, "doctor.last", {"at": at})


def _check_clock(app: AppContext, sent: Figures, now: datetime) -> Check:
    """Compare the machine's clock with the server's, and the office's with the moments already recorded."""
    latest = max((at for at, _ in sent.pulses.values()), default=now)
    machine = app.system_clock().now
    server = server_time(app.unprepared) or machine
    apart = max(latest - now, abs(server - machine))
    if apart > CLOCK_TOLERANCE:
        seconds = {"seconds": int(apart.total_seconds())}
        return Check("clock", "doctor.clock_apart", seconds, "problem", "clock")
    return Check("clock", "doctor.clock", {"at": now})


def _check_sending(app: AppContext, delivery: Figures, now: datetime) -> Iterator[Check]:
    """Check that letters leave: that none waits too long, none was lost this week, no channel has a fault."""
    faults = [fault for fault in delivery.faults if fault.channel in app.settings.channels.use]
    is_old = delivery.oldest is not None and now - delivery.oldest > ALARM_AGES["queue"]
    if delivery.oldest is not None and (is_old or any(fault.letters for fault in faults)):
        yield Check("queue", "doctor.queue_stuck", {"at": delivery.oldest}, "problem", "queue")
    else:
        yield Check("queue", "doctor.queue")
    if delivery.lost:
        yield Check("queue", "doctor.lost", {"count": delivery.lost}, "warning", "lost")
    for fault in faults:
        advice = "unreachable" if fault.code == UNREACHABLE else "fault"
        about = {"channel": fault.channel, "count": fault.letters, "answer": fault.answer}
        yield Check("queue", "doctor.fault", about, "problem", advice)
