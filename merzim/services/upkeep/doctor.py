"""Diagnosis of an installation: `merzim doctor`. It writes nothing and migrates nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Literal
from zoneinfo import ZoneInfo

from calendars.hours import almaty
from merzim.services.app import AppContext
from merzim.services.configuration.folders import folders, order_folders
from merzim.services.connections.oidc import ProviderSilent, open_provider
from merzim.services.moments import CLOCK_TOLERANCE, is_late
from merzim.services.regulations.editions import read_editions
from merzim.services.regulations.registers import read_registers
from merzim.services.upkeep import backups
from merzim.services.upkeep.check_config import create_unlinked_channel
from merzim.settings import ALARM_AGES
from merzim.storage.database.errors import display_address
from merzim.storage.maintenance.orders import missing
from merzim.storage.maintenance.readiness import look, refuse_anothers, server_time
from merzim.storage.notices.delivery_state import figures
from notifications.channels import STAYS_HERE, Testable
from notifications.notice import UNREACHABLE
from notifications.statistics import Figures
from workflow.refusal import Refusal

State = Literal["ok", "warning", "problem"]
ZONE_LOOK_AHEAD = [timedelta(days=30 * month) for month in range(13)]
"""Moments from now on at which two copies of a time zone are compared."""
LITTLE_SPACE, NO_SPACE = 1024**3, 100 * 1024**2
"""Free bytes on a disk below which there is a warning, and a problem."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """The result of one check.

    Attributes:
        name: what was checked: `doctor.name.<name>` of the catalogues.
        code: the sentence on the result; `doctor.advice.<advice>`, if there is one, says what to do.
        refusal: the error that stands for the sentence.
    """

    name: str
    state: State = "ok"
    code: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None
    advice: str = ""


def diagnose(app: AppContext, problems: list[Refusal]) -> Iterator[Check]:
    """Run every check, one after another, at the moment of the office's clock.

    Args:
        problems: the problems of the settings.
    """
    now = app.clock().now
    with suppress(Refusal):
        app.lay_over_stored_settings()
    if not problems:
        yield Check(name="settings", code="doctor.settings")
    for problem in problems:
        yield Check(name="settings", state="problem", refusal=problem, advice="settings")
    yield from _check_law(app)
    yield from _check_folders(app)
    yield from _check_disk(app)
    yield check_zone(now)
    yield from _check_reach(app)
    yield from _check_channels(app)
    yield from _check_provider(app, app.system_clock().now)
    yield from _check_database(app, now)


def check_running(app: AppContext, now: datetime) -> Iterator[Check]:
    """Run the checks that contact no other machine but the database, for a page of the running service."""
    yield from _check_law(app)
    yield from _check_folders(app)
    yield from _check_disk(app)
    yield check_zone(now)
    yield from _check_reach(app)
    yield from (check for check in _check_database(app, now) if check.name != "clock")


def _check_law(app: AppContext) -> Iterator[Check]:
    try:
        editions, registers = read_editions(app.settings), read_registers(app.settings)
    except Refusal as refusal:
        yield Check(name="law", state="problem", refusal=refusal, advice="law")
        return
    left_out = [*editions.left_out, *registers.left_out]
    for file in left_out:
        yield Check(
            name="law",
            state="warning",
            code="doctor.law_left_out",
            arguments={"file": file.file},
            refusal=file.refusal,
            advice="law",
        )
    if not left_out:
        counts = {"editions": len(editions.editions), "registers": len(registers.registers)}
        yield Check(name="law", code="doctor.law", arguments=counts)


def _check_folders(app: AppContext) -> Iterator[Check]:
    for key, folder in folders(app.settings):
        try:
            with TemporaryFile(dir=_existing(folder)):
                pass
        except OSError as trouble:
            arguments = {"key": key, "folder": str(folder), "problem": trouble.strerror or str(trouble)}
            yield Check(name="folder", state="problem", code="cli.folder_unwritable", arguments=arguments)
        else:
            yield Check(name="folder", code="doctor.folder", arguments={"key": key, "folder": str(folder)})


def _check_disk(app: AppContext) -> Iterator[Check]:
    """Check the free space of each disk that holds the database or a folder, once."""
    paths = [folder for _, folder in folders(app.settings)]
    scheme, mark, path = app.settings.database.url.partition(":///")
    if mark and scheme.startswith("sqlite") and path and not path.startswith(":"):
        paths.insert(0, Path(path.partition("?")[0]).parent)
    disks = {_existing(path).stat().st_dev: _existing(path) for path in reversed(paths)}
    for folder in reversed(disks.values()):
        free = shutil.disk_usage(folder).free
        state: State = "problem" if free < NO_SPACE else "warning" if free < LITTLE_SPACE else "ok"
        arguments = {"folder": str(folder), "free": Decimal(free * 10 // 1024**3) / 10}
        advice = "" if state == "ok" else "disk"
        yield Check(name="disk", state=state, code="doctor.disk", arguments=arguments, advice=advice)


def check_zone(now: datetime) -> Check:
    """Compare the time zone that everything is counted by (of the tzdata package) with the system's copy."""
    system = ZoneInfo.no_cache(almaty().key)  # Where the system has none, it is the package's again.
    for at in (now + ahead for ahead in ZONE_LOOK_AHEAD):
        ours, others = at.astimezone(almaty()), at.astimezone(system)
        if ours.utcoffset() != others.utcoffset():
            return Check(
                name="zone",
                state="warning",
                code="doctor.zone_apart",
                arguments={"on": ours.date(), "package": _offset(ours), "system": _offset(others)},
                advice="zone",
            )
    return Check(name="zone", code="doctor.zone", arguments={"offset": _offset(now.astimezone(almaty()))})


def _offset(local: datetime) -> str:
    """Return the offset of a local time from UTC: "UTC+05:00"."""
    return f"UTC{local.isoformat(timespec='minutes')[-6:]}"


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())


def _check_reach(app: AppContext) -> Iterator[Check]:
    """Check that some channel reaches people: letters in a folder of the server are read by nobody."""
    if STAYS_HERE.issuperset(app.settings.channels.use):
        yield Check(name="letters", state="problem", code="web.nobody_reached", advice="nobody_reached")


def _check_channels(app: AppContext) -> Iterator[Check]:
    for name in app.settings.channels.use:
        try:
            channel = create_unlinked_channel(name, app.settings)
        except Refusal:
            continue  # The check of the settings names it.
        if f"channels.{name}.password" in app.settings.undecrypted:
            continue
        if isinstance(channel, Testable):
            outcome = asyncio.run(channel.probe())
            lets_in = outcome.state == "sent"
            yield Check(
                name=name,
                state="ok" if lets_in else "problem",
                code="doctor.channel" if lets_in else "doctor.channel_refuses",
                arguments={"answer": outcome.answer},
                advice="" if lets_in else name,
            )


def _check_provider(app: AppContext, now: datetime) -> Iterator[Check]:
    """Check that the OpenID Connect provider offers everything a log-in needs, without logging in."""
    try:
        provider = open_provider(app.settings, os.environ)
        for probe_kind, arguments in provider.probe(now=now) if provider is not None else ():
            yield Check(name="oidc", code=f"doctor.oidc_{probe_kind}", arguments=arguments)
    except ProviderSilent as failure:
        code = f"oidc_{failure.what}"
        arguments = failure.details
        yield Check(name="oidc", state="problem", code=f"doctor.{code}", arguments=arguments, advice=code)
    except Refusal as refusal:
        yield Check(name="oidc", state="problem", refusal=refusal, advice="settings")


def _check_database(app: AppContext, now: datetime) -> Iterator[Check]:
    if not app.has_database:
        where = app.settings.database.url.partition(":///")[2]
        yield Check(
            name="database",
            state="warning",
            code="doctor.no_database",
            arguments={"where": where},
            advice="no_database",
        )
        return
    try:
        engine = app.unprepared
        refuse_anothers(engine, app.installation)
        state = look(engine)
        where = display_address(engine)
        if not state.schema:
            yield Check(
                name="database",
                state="problem",
                code="doctor.other_tables",
                arguments={"where": where},
                advice="other_tables",
            )
            return
        sent = figures(engine, now=now)
    except Refusal as refusal:
        yield Check(name="database", state="problem", refusal=refusal, advice="database")
        return
    if app.settings.from_browser:
        keys = {"keys": tuple(sorted(app.settings.from_browser))}
        yield Check(name="settings", code="doctor.settings_overridden", arguments=keys)
    yield Check(name="database", code="doctor.database", arguments={"where": where})
    yield from _check_orders(app)
    yield _check_age("verify", sent, now, ALARM_AGES["verify"])
    yield _check_backup(app, sent, now)
    yield _check_clock(app, sent, now)
    yield from _check_sending(app, sent, now)


def _check_orders(app: AppContext) -> Iterator[Check]:
    """Check whether a restored backup lacks orders about people who left."""
    try:
        if count := len(missing(app.unprepared, order_folders(app.settings))):
            arguments = {"count": count}
            yield Check(
                name="orders",
                state="problem",
                code="doctor.orders_missing",
                arguments=arguments,
                advice="orders",
            )
    except Refusal as refusal:
        yield Check(name="orders", state="problem", refusal=refusal)


def _check_backup(app: AppContext, sent: Figures, now: datetime) -> Check:
    """Check how long ago the last backup was made, and that the folder of the schedule still holds one."""
    folder = app.settings.backup.folder
    if folder is not None and "backup" in sent.pulses and not backups.files(folder):
        arguments = {"folder": str(folder), "at": sent.pulses["backup"][0]}
        return Check(
            name="backup", state="problem", code="doctor.no_backup", arguments=arguments, advice="no_backup"
        )
    return _check_age("backup", sent, now, ALARM_AGES["backup"])


def _check_age(name: str, sent: Figures, now: datetime, limit: timedelta) -> Check:
    """Check how long ago something that is due regularly was last done."""
    pulse = sent.pulses.get(name)
    if pulse is None:
        return Check(name=name, state="warning", code="doctor.never", advice=name)
    late = is_late(pulse[0], now=now, limit=limit)
    return Check(
        name=name,
        state="warning" if late else "ok",
        code="doctor.last",
        arguments={"at": pulse[0]},
        advice=name if late else "",
    )


def _check_clock(app: AppContext, sent: Figures, now: datetime) -> Check:
    """Compare the machine's clock with the server's, and the office's with the moments already recorded."""
    latest = max((at for at, _ in sent.pulses.values()), default=now)
    machine = app.system_clock().now
    server = server_time(app.unprepared) or machine
    apart = max(latest - now, abs(server - machine))
    if apart > CLOCK_TOLERANCE:
        seconds = {"seconds": int(apart.total_seconds())}
        return Check(
            name="clock", state="problem", code="doctor.clock_apart", arguments=seconds, advice="clock"
        )
    return Check(name="clock", code="doctor.clock", arguments={"at": now})


def _check_sending(app: AppContext, sent: Figures, now: datetime) -> Iterator[Check]:
    pulse, late = sent.pulses.get("round"), ALARM_AGES
    if pulse is None or is_late(pulse[0], now=now, limit=late["round"]):
        code = "doctor.never" if pulse is None else "doctor.last"
        arguments = {} if pulse is None else {"at": pulse[0]}
        yield Check(name="round", state="problem", code=code, arguments=arguments, advice="round")
    else:
        yield Check(name="round", code="doctor.last", arguments={"at": pulse[0]})
    waiting = now - sent.oldest if sent.oldest is not None else timedelta(0)
    faults = [fault for fault in sent.faults if fault.channel in app.settings.channels.use]
    stuck = sent.oldest is not None and (waiting > late["queue"] or any(fault.letters for fault in faults))
    yield Check(
        name="queue",
        state="problem" if stuck else "ok",
        code="doctor.queue_stuck" if stuck else "doctor.queue",
        arguments={"at": sent.oldest} if stuck else {},
        advice="queue" if stuck else "",
    )
    if sent.lost:
        count = {"count": sent.lost}
        yield Check(name="queue", state="warning", code="doctor.lost", arguments=count, advice="lost")
    for fault in faults:
        yield Check(
            name="queue",
            state="problem",
            code="doctor.fault",
            arguments={"channel": fault.channel, "count": fault.letters, "answer": fault.answer},
            advice="unreachable" if fault.code == UNREACHABLE else "fault",
        )
