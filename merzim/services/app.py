"""What commands, rounds and pages work with, built from the settings; the database is prepared at first use."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, reduce
from typing import Any, Protocol

import calendars
from calendars.kazakhstan import Kazakhstan, compiled
from calendars.records import Records, shipped_records, with_records
from merzim.services import configuration
from merzim.services.configuration import create_channel, sender_domain
from merzim.services.law.regulations import LeftOutFile, ReadEditions, read_editions, read_registers
from merzim.services.oidc import OidcProvider, open_provider
from merzim.settings import BadSetting, Settings
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.encryption import Cipher
from merzim.storage.accounts.uploads import SqlIdempotency, SqlUploads
from merzim.storage.cases.evidence import EvidenceFolder
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import driver, is_shared_database, open as open_database, reading, writing
from merzim.storage.events import office_head
from merzim.storage.locks import ProcessLock
from merzim.storage.maintenance.backup import stored_secrets
from merzim.storage.maintenance.schema import (
    board_steps,
    check_readiness,
    claim,
    create_or_migrate,
    refuse_missing,
    refuse_other_installation,
    refuse_unwritable,
    write_installation,
)
from merzim.storage.notices.campaigns import SqlCampaigns
from merzim.storage.notices.links import SqlLinks
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.office import PresentOffice
from merzim.storage.queries import SqlReads
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.register_lists import SqlRegisterLists
from merzim.storage.settings import (
    CALENDAR_CHANGED,
    CHANGED,
    Adoption,
    adopted_calendar_acts,
    adopted_editions,
    link_key,
    password,
    stored,
)
from notifications.channels import Channel
from notifications.dispatch import Dispatch
from notifications.rules import Rules
from workflow.cases.commands.case_commands import CaseCommands
from workflow.law.library import Library
from workflow.moments import Clock, Moment
from workflow.refusal import Refusal
from workflow.registers.definition import Registers

_STAY = ("unprepared", "engine", "library", "read_editions", "registers", "cipher", "evidence")
"""What depends on neither the settings administrators change nor calendar acts: handed on, once built."""
log = logging.getLogger("merzim.app")


class NoteWriter(Protocol):
    """A function that reports a message: a code of the catalogues with its arguments."""

    def __call__(self, code: str, **arguments: object) -> None: ...


def log_note(code: str, **arguments: object) -> None:
    log.warning("%s %s", code, arguments)


@dataclass(kw_only=True, eq=False)
class Process:
    """What a process remembers, whatever settings and acts it works with.

    Attributes:
        stopping: set when the process must stop: running work is finished, nothing new is started.
        proposed: by unit, the day and hour at which missing yearly cases were counted, and their number.
        last_days: by task name, the local date on which a daily task last ran.
        newest: the application by the settings and acts read last, where they changed; set under `lock`.
    """

    stopping: threading.Event = field(default_factory=threading.Event)
    proposed: dict[str, tuple[tuple[date, int] | None, int]] = field(default_factory=dict)
    last_days: dict[str, date] = field(default_factory=dict)
    newest: AppContext | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AppContext:
    """Everything that commands, rounds and pages work with, by the settings and calendar acts of one moment;
    each part is made at its first use. What changes meanwhile is in the `present` one, made in its place.

    Attributes:
        configured: the settings of config.toml and the environment.
        clock: the present, used when a new version rewrites the board on opening the database.
        system_clock: the machine's own clock, on a demonstration day too.
        note: reports what is rewritten.
        creates_database: whether a database that does not exist is created; not by commands that only read.
    """

    configured: Settings
    clock: Clock
    system_clock: Clock
    note: NoteWriter = log_note
    creates_database: bool = True
    process: Process = field(default_factory=Process)

    def on_database(self, url: str) -> AppContext:
        """Return a context of the configured settings on another database, with connections of its own."""
        return self.with_settings(
            self.configured.model_copy(
                update={"database": self.configured.database.model_copy(update={"url": url})}
            )
        )

    def with_settings(self, settings: Settings) -> AppContext:
        """Return a context of these settings with connections of its own."""
        return replace(self, configured=settings, creates_database=True, process=Process())

    @property
    def has_database(self) -> bool:
        """Whether there is a database; False where its file was not created yet."""
        return not self.configured.database.is_missing

    @property
    def newest(self) -> AppContext:
        """The application by the settings and acts this process read last."""
        return self.process.newest or self

    def present(self) -> AppContext:
        """Return the application by the settings and acts stored now: the newest one, or one in its place."""
        newest = self.newest
        if not newest.has_database or newest.version == _version(newest.engine):
            return newest
        successor, known = replace(newest), vars(newest)
        vars(successor).update((name, known[name]) for name in _STAY if name in known)
        with self.process.lock:
            if self.newest is newest:  # else another was made meanwhile, by what is stored now or later
                self.process.newest = successor
            return self.newest

    @cached_property
    def version(self) -> str:
        """What changes with settings and acts; read before they are, so that none of them is older."""
        return _version(self.unprepared) if self.has_database and self._is_usable() else ""

    def _is_usable(self) -> bool:
        """Return whether the database has our tables; it is neither created nor migrated."""
        with suppress(Refusal):
            return check_readiness(self.unprepared)[0]
        return False

    @cached_property
    def settings(self) -> Settings:
        """The configured settings with what administrators set in the browser laid over them."""
        if not self.version:
            return self.configured
        values, secret = stored(self.unprepared), password(self.unprepared)
        return configuration.with_browser(self.configured, values, secret, lambda: self.cipher)

    @cached_property
    def acts(self) -> tuple[Adoption, ...]:
        """The acts the office adopted (`merzim calendar-change apply`); none while there is no database."""
        _ = self.version  # read first: acts adopted meanwhile make it out of date, and another is made
        return adopted_calendar_acts(self.engine) if self.has_database else ()

    @property
    def records(self) -> Records:
        """The records the office's calendar is built from: the shipped ones and those of the adopted acts."""
        return self.records_of(self.acts)

    def records_of(self, acts: Iterable[Adoption]) -> Records:
        """Return the shipped records together with those of these acts."""
        return reduce(with_records, (act.records for act in acts), shipped_records())

    @cached_property
    def calendar(self) -> Kazakhstan:
        """The office's calendar, with its own days off and working days; beyond the records, as far as
        deadlines reach, by rule.
        """
        return self.calendar_of(self.records)

    def calendar_of(self, records: Records, as_of: date | None = None) -> Kazakhstan:
        """Return the calendar of these records as known on a day (None: all), with the office's own days."""
        office = self.configured.office
        calendar = compiled(records, calendars.REACH).as_known(as_of)
        return calendar.with_office_days(off=office.days_off, working=office.working_days)

    @property
    def steps(self) -> str:
        """The reminder steps of config.toml, as stored beside a board made by them."""
        return " ".join(str(step) for step in self.configured.reminders.steps)

    @cached_property
    def library(self) -> Library:
        """Every edition of every procedure, shipped or the organisation's own."""
        return Library(
            self.read_editions.editions,
            acts=self.configured.regulations.acts,
            days=self.configured.reminders.steps,
        )

    @cached_property
    def read_editions(self) -> ReadEditions:
        """The editions as read; in place of own files that cannot be used the texts the office adopted last."""
        adopted: Mapping[str, str] = {}
        if self.configured.regulations.folder is not None and self.has_database:
            # Commands that need no database work without one: these files are left out.
            with suppress(StorageUnavailable):
                adopted = {own.edition: own.text for own in adopted_editions(self.engine) if own.text}
        read = read_editions(self.configured, adopted)
        self._note_unused(read.left_out)
        return read

    @cached_property
    def registers(self) -> Registers:
        """The office's registers, shipped and own, but those of cases; unusable own files are reported."""
        registers, left_out = read_registers(self.configured)
        self._note_unused(left_out)
        return Registers(registers)

    def _note_unused(self, files: Iterable[LeftOutFile]) -> None:
        """Report which own files cannot be used, and why."""
        for file in files:
            code = "law.left_out_adopted" if file.adopted else "law.left_out"
            self.note(code, file=file.file, reason=file.refusal)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """The channels in use, each with its own settings. Raises Refusal for an unknown one, BadSetting
        without a required key.
        """
        return {
            name: create_channel(name, self.settings, lambda: self.links) for name in self.settings.channels.use
        }

    def one_session(self) -> AbstractContextManager[object]:
        """Let all reads of a block share one session."""
        return reading(self.engine)

    @cached_property
    def engine(self) -> Any:
        """The database engine, its schema created or migrated, claimed for this installation; private to the
        storage layer. Raises StorageUnavailable if it cannot be used or does not exist (`no_database`), Refusal
        if it belongs to another installation.
        """
        if not self.creates_database:  # opening an SQLite file would create it
            if not self.has_database:
                raise StorageUnavailable("no_database", where=str(self.configured.database.file))
            refuse_missing(self.unprepared)
        installation, unprepared = self.configured.installation, self.unprepared
        claimed = refuse_other_installation(unprepared, installation)
        create_or_migrate(unprepared)
        if self.many_nodes:
            from merzim.services.jobs import queue  # only an office on PostgreSQL has one

            with writing(unprepared) as session:
                queue.prepare(driver(session))
        if installation and not claimed:
            claim(unprepared, installation)
        if not board_steps(unprepared):
            write_installation(unprepared, steps=self.steps)
        return self.unprepared

    @property
    def many_nodes(self) -> bool:
        """Whether several machines share the database, so that a queue in it hands out the work."""
        return is_shared_database(self.configured.database.url)

    @cached_property
    def unprepared(self) -> Any:
        """The database engine as it is, neither created nor migrated; for restore and migration. Raises
        BadSetting if the variable of its password is missing.
        """
        variable = self.configured.database.password_env
        if variable and variable not in os.environ:
            raise BadSetting(
                "cli.no_variable",
                file=str(self.configured.file),
                key="database.password_env",
                variable=variable,
            )
        return open_database(self.configured.database.url, password=os.environ[variable] if variable else None)

    def refuse_unable(self) -> None:
        """Refuse to start a service that could not send letters or write.

        Raises Refusal or BadSetting for a channel, StorageUnavailable (`read_only`, `no_rights`), BadSetting
        for a folder.
        """
        self.channels  # noqa: B018 (created here, or refused here)
        self.provider  # noqa: B018
        refuse_unwritable(self.engine)
        configuration.refuse_unwritable(self.settings)

    @cached_property
    def present_office(self) -> PresentOffice:
        own = self.settings.office
        return PresentOffice(self.engine, officer=own.officer, language=own.language, kind=own.kind)

    @cached_property
    def ledger(self) -> SqlLedger:
        """The cases, stored as chains of events."""
        return SqlLedger(self.engine, office=self.present_office)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self.engine, office=self.present_office)

    @cached_property
    def campaigns(self) -> SqlCampaigns:
        return SqlCampaigns(self.engine, self.outbox)

    @cached_property
    def register_lists(self) -> SqlRegisterLists:
        return SqlRegisterLists(self.engine)

    @cached_property
    def links(self) -> SqlLinks:
        return SqlLinks(self.engine)

    def lock(self, name: str) -> ProcessLock:
        """Return the lock of a task that only one process at a time may run."""
        return ProcessLock(self.engine, name)

    @cached_property
    def reads(self) -> SqlReads:
        return SqlReads(self.engine, office=self.present_office)

    @cached_property
    def case_commands(self) -> CaseCommands:
        return CaseCommands(self.ledger, self.library, self.calendar, self.first_day)

    def first_day(self, today: date) -> date:
        """Return the local date from which the office keeps records: as config.toml says, else the day its
        first case was opened; `today` while there is none.
        """
        return min(self.settings.office.kept_from or self.ledger.first_day() or today, today)

    @cached_property
    def accounts(self) -> SqlAccounts:
        return SqlAccounts(self.engine, cipher=lambda: self.cipher)

    @cached_property
    def provider(self) -> OidcProvider | None:
        """The OpenID provider for log-in; None if config.toml names none. Raises BadSetting."""
        return open_provider(self.settings, os.environ)

    @cached_property
    def cipher(self) -> Cipher:
        """The cipher of second factors, links in letters and the mail password. Where only this machine reaches
        the pages and nothing is encrypted yet, a missing key file is made. Raises BadSetting for a key that is
        missing, malformed or readable by others.
        """
        return configuration.read_cipher(
            self.configured, os.environ, stored=self.stored_secrets, note=self.note
        )

    def stored_secrets(self) -> Sequence[str]:
        """Return the encrypted secrets in the database; none where there is none."""
        return stored_secrets(self.unprepared) if self.has_database else []

    @cached_property
    def answers(self) -> SqlIdempotency:
        """The stored answers to API requests, by idempotency key."""
        return SqlIdempotency(self.engine)

    @cached_property
    def evidence(self) -> EvidenceFolder:
        return EvidenceFolder(self.configured.evidence.folder)

    @cached_property
    def uploads(self) -> SqlUploads:
        """Files previewed and not imported yet, beside the evidence, where all nodes find them."""
        return SqlUploads(self.engine, self.configured.evidence.folder / "uploads")

    @cached_property
    def rules(self) -> Rules:
        return Rules(
            office_hours=self.settings.reminders.office_hours,
            officer=self.settings.office.officer,
            officer_language=self.settings.office.language,
            domain=sender_domain(self.settings) or "merzim.invalid",
            public_address=self.settings.web.public_address.rstrip("/"),
            link_key=link_key(self.engine),
            read_here=self.clock().demonstration,
            unseal=lambda text, owner: self.cipher.decrypt(text, owner),
        )

    def dispatch(self, at: Moment) -> Dispatch:
        """Return what a round or delivery works with at a moment."""
        return Dispatch(
            outbox=self.outbox,
            library=self.library,
            calendar=self.calendar,
            channels=tuple(self.channels.values()),
            rules=self.rules,
            moment=at,
        )

    def close(self) -> None:
        if "unprepared" in self.__dict__:
            self.unprepared.dispose()


def _version(database: Any) -> str:
    """Return the hash of the last event that changed settings or calendar acts; "" for none."""
    return office_head(database, CALENDAR_CHANGED, CHANGED)
