"""Where ports meet adapters. Nothing is opened until it is asked for, and nothing is joined anywhere else."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote
from uuid import uuid4

from services.moments import Clock
from services.settings import HOME_CALENDAR, BadSetting, Settings

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from calendars.records import Records
    from notifications.channels import Channel
    from notifications.rules import Rules
    from storage.accounts.accounts import SqlAccounts
    from storage.accounts.encryption import Cipher
    from storage.accounts.idempotency import SqlIdempotency
    from storage.accounts.second_factors import SqlSecondFactors
    from storage.cache import DatabaseCache
    from storage.cases.evidence import EvidenceFolder
    from storage.cases.ledger import SqlLedger
    from storage.cases.points_cache import PointsCache
    from storage.database.leases import SqlLeases
    from storage.database.limits import Limits
    from storage.notices.links import SqlLinks
    from storage.notices.outbox import SqlOutbox
    from storage.notices.sending import EnqueueJobs
    from storage.org.adoptions import Adoption
    from storage.org.leaves import SqlLeaves
    from storage.org.own_rules import Step
    from storage.queries import SqlReads
    from workflow.cases.commands.desk import CaseCommands
    from workflow.law.library import Library
    from workflow.org.office import Office


UNWATCHED = 3
"""So many times as long as pages commands and workers wait for a server: nobody looks at them."""
log = logging.getLogger("merzim.house")


class NoteWriter(Protocol):
    """Hears a code of the catalogues with its arguments."""

    def __call__(self, code: str, **arguments: object) -> None: ...


class AppContext:
    """Everything the commands, the daily round and the pages work with, made of the settings."""

    def __init__(
        self, settings: Settings, *, clock: Clock, system_clock: Clock, note: NoteWriter | None = None
    ) -> None:
        """Keep the settings; everything else is made when it is first asked for.

        Args:
            clock: the present for what a new version writes anew when the database is opened.
            system_clock: the machine's own clock, on a demonstration day too; leases are counted by it.
            note: hears what is written anew; the log where it is None.

        Attributes:
            stopping: set when the process was told to stop: work in hand is finished, nothing more is begun.
            answers_pages: whether somebody waits for the answers. Processes that do other work set it to False
                before the database is opened.
        creates_database: whether a database that does not exist is created. Commands that only read set it to
            False before the database is opened.
        """
        self.settings = settings
        self.system_clock = system_clock
        self.answers_pages = True
        self.creates_database = True
        self.stopping = threading.Event()
        self._clock = clock
        self._note = _logged if note is None else note

    def apart(self) -> AppContext:
        """Return a context of the same settings with connections of its own, for work in another thread."""
        other = self._with(self.settings)
        other.creates_database = self.creates_database
        return other

    def on_database(self, url: str) -> AppContext:
        """Return a context of the same settings on another database."""
        return self._with(replace(self.settings, database=replace(self.settings.database, url=url)))

    def _with(self, settings: Settings) -> AppContext:
        other = AppContext(settings, clock=self._clock, system_clock=self.system_clock, note=self._note)
        other.answers_pages = self.answers_pages
        return other

    @cached_property
    def acts(self) -> tuple[Adoption, ...]:
        """The acts the office adopted (`merzim calendar-change apply`); none before it has a database."""
        if _not_there(self.settings.database.url):
            return ()
        from storage.org.adoptions import adoptions

        return adoptions(self.engine)

    @property
    def records(self) -> Records:
        """What the office's calendar is made of: the shipped records and the acts it adopted."""
        return self.records_of(self.acts)

    def records_of(self, acts: Iterable[Adoption]) -> Records:
        """The shipped records and these acts."""
        from calendars.records import shipped, with_records

        return reduce(with_records, (act.records for act in acts), shipped())

    @cached_property
    def calendar(self) -> Calendar:
        """The days of these records, with the office's own days off and days of work over them."""
        if self.settings.office.calendar != HOME_CALENDAR:
            return self.calendar_of(self.records)
        return self.calendar_of(self.records) if self.acts else self._with_office_days(_shipped())

    def calendar_of(self, records: Records, as_of: date | None = None) -> Calendar:
        """The same of other records, or as known on a day; a library's calendar knows neither."""
        import calendars

        if self.settings.office.calendar != HOME_CALENDAR:
            from calendars.registered import by_code

            return self._with_office_days(by_code(self.settings.office.calendar))
        return self._with_office_days(calendars.compiled(records, as_of))

    def refresh(self) -> None:
        """Look whether another process adopted an act or own rules: calendar or library are made anew then.

        The library also where own rules lie over a tree of units that is another one now.
        """
        if _not_there(self.settings.database.url):
            return
        from storage.org import adoptions, own_rules

        if adoptions.head(self.engine) != adoptions.head_of(self.acts):
            self._forget("acts", "calendar", "desk")
        if own_rules.head(self.engine) != own_rules.head_of(self.steps):
            self._forget("steps", "library", "units_ruled", "desk")
        elif self.steps and self._units() != self.units_ruled:
            self._forget("library", "units_ruled", "desk")

    def adopted(self) -> Hashable:
        """What decides how days are counted here, as the database says it now: another value, other pages."""
        if _not_there(self.settings.database.url):
            return None
        from storage.org import adoptions, own_rules

        rules = own_rules.head(self.engine)
        return adoptions.head(self.engine), rules, self._units() if rules else None

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What the office adopted of own rules, and withdrew again; nothing before it has a database."""
        if _not_there(self.settings.database.url):
            return ()
        from storage.org.own_rules import steps

        return steps(self.engine)

    @cached_property
    def editions(self) -> Library:
        """Every edition of every procedure, shipped and the organisation's own; no rules laid over them."""
        from services.editions import editions
        from workflow.law.library import Library

        return Library(editions(self.settings))

    @cached_property
    def library(self) -> Library:
        """The editions with the own rules the office has adopted."""
        if self.steps:
            _ = self.units_ruled
        return self.library_of(self.steps)

    def library_of(self, steps: Sequence[Step], office: Office | None = None) -> Library:
        """The editions with the rules that hold after these steps, over the office's units."""
        from storage.org.own_rules import standing

        held = standing(steps)
        if not held:
            return self.editions
        from workflow.law.own_rules import OwnRules
        from workflow.law.reader.overlay import read_overlay

        overlays = [read_overlay(one.name, one.text.encode()) for one in held]
        return self.editions.with_own(OwnRules(overlays, office or self.reads.office()))

    @cached_property
    def units_ruled(self) -> frozenset[tuple[str, str, str | None]]:
        """The tree of units the library was made over."""
        return self._units()

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """The channels config.toml names, each with its own settings.

        Raises:
            UnknownChannel: nobody sends that way.
            BadSetting: a key the channel does not know, or one it needs and does not have.
        """
        from services.channels import create_channel

        return {
            name: create_channel(name, self.settings, lambda: self.links) for name in self.settings.channels.use
        }

    @cached_property
    def engine(self) -> Any:
        """The database, created or brought up to date. Its type is storage's own: nobody else looks inside.

        Raises:
            StorageUnavailable: it cannot be used, or does not exist (`no_database`); nothing was changed.
            AnothersDatabase: another installation's.
        """
        from storage.database.limits import long_work

        if not self.creates_database:
            self._refuse_missing_database()
        with long_work():
            return self._prepared()

    def _refuse_missing_database(self) -> None:
        """Refuse to go on without a database, leaving no trace: opening a file of SQLite would create it."""
        from storage.maintenance.schema import refuse_missing
        from storage.refusals import StorageUnavailable

        url = self.settings.database.url
        if _not_there(url):
            raise StorageUnavailable("no_database", where=url.partition(":///")[2])
        refuse_missing(self.unprepared)

    def _prepared(self) -> Any:
        from storage.cases import recommendations
        from storage.maintenance.installation import claim, refuse_anothers
        from storage.maintenance.schema import BOARD, create_or_migrate
        from storage.maintenance.vouching import ensure_baseline

        name = self.settings.installation
        found = refuse_anothers(self.unprepared, name)
        migrated = create_or_migrate(self.unprepared)
        if self.many_nodes:
            from services.jobs import queue
            from storage.database.engine import driver, writing

            with writing(self.unprepared) as connection:
                queue.prepare(driver(connection))
        if name and not found.name:
            claim(self.unprepared, name)
        ensure_baseline(self.unprepared, now=self._clock().now)
        if migrated or found.board < BOARD:
            self._catch_up()
            if waiting := recommendations.waiting(self.unprepared):
                self._note("cli.recommendations_behind", count=waiting)
                recommendations.catch_up(self.unprepared)
        return self.unprepared

    @property
    def many_nodes(self) -> bool:
        """Whether several machines share the database, so that a queue in it hands out the work."""
        from storage.database.engine import shared

        return shared(self.settings.database.url)

    @cached_property
    def unprepared(self) -> Any:
        """The database as it is, for whoever puts another one in its place."""
        from storage.database import engine

        variable = self.settings.database.password_env
        if variable and variable not in os.environ:
            raise BadSetting(
                "cli.no_variable",
                file=str(self.settings.file),
                key="database.password_env",
                variable=variable,
            )
        return engine.open(
            self.settings.database.url,
            password=os.environ[variable] if variable else None,
            limits=self._limits,
        )

    @property
    def _limits(self) -> Limits:
        """How long a server is waited for: by pages, which somebody looks at, and by all others."""
        from storage.database.limits import Limits

        said = self.settings.database
        long = said.long_statement_limit
        if self.answers_pages:
            return Limits(patience=said.answer_within, statement=said.statement_limit, long_statement=long)
        return Limits(patience=UNWATCHED * said.answer_within, statement=long, long_statement=long)

    def refuse_unable(self) -> None:
        """Find out, before a service begins, that letters can leave and that it may write.

        Raises:
            UnknownChannel, BadSetting: no channel can be made as config.toml asks; nothing was touched.
            StorageUnavailable: `read_only` or `no_rights`.
            BadSetting: a folder of config.toml cannot be written.
        """
        from services import folders
        from storage.maintenance.privileges import refuse_unwritable

        self.channels  # noqa: B018 (made here, or refused here)
        refuse_unwritable(self.engine)
        folders.refuse_unwritable(self.settings)

    @cached_property
    def kept(self) -> DatabaseCache:
        """What this process keeps of the database while it holds: the office, the sums of the board."""
        from storage.cache import DatabaseCache

        return DatabaseCache(self.engine, officer=self._officer, language=self._language)

    @cached_property
    def kept_points(self) -> PointsCache:
        """What this process keeps of what points are counted from."""
        from storage.cases.points_cache import PointsCache

        return PointsCache(self.engine, self.kept)

    @cached_property
    def ledger(self) -> SqlLedger:
        """The cases as chains of events."""
        from storage.cases.ledger import SqlLedger

        return SqlLedger(self.engine, kept=self.kept)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """The notices with their delivery records."""
        from storage.notices.outbox import SqlOutbox

        return SqlOutbox(self.engine, hand=self._hand, kept=self.kept)

    @cached_property
    def leaves(self) -> SqlLeaves:
        """When people are away, and who stands in for them."""
        from storage.org.leaves import SqlLeaves

        return SqlLeaves(self.engine)

    @cached_property
    def links(self) -> SqlLinks:
        """Whose Telegram account is which."""
        from storage.notices.links import SqlLinks

        return SqlLinks(self.engine)

    @cached_property
    def leases(self) -> SqlLeases:
        """What one process at a time may do."""
        from storage.database.leases import SqlLeases

        return SqlLeases(self.engine)

    @cached_property
    def reads(self) -> SqlReads:
        """The questions commands and pages ask."""
        from storage.queries import SqlReads

        return SqlReads(self.engine, kept=self.kept)

    @cached_property
    def desk(self) -> CaseCommands:
        """The one way to write."""
        from workflow.cases.commands.desk import CaseCommands

        return CaseCommands(self.ledger, self.library, self.calendar)

    @cached_property
    def accounts(self) -> SqlAccounts:
        """Who may log in."""
        from storage.accounts.accounts import SqlAccounts

        return SqlAccounts(self.engine)

    @cached_property
    def factors(self) -> SqlSecondFactors:
        """The second factors of those who may log in."""
        from storage.accounts.second_factors import SqlSecondFactors

        return SqlSecondFactors(self.engine, cipher=lambda: self.cipher, queue=self.outbox.queue)

    def refuse_without_key(self) -> None:
        """Refuse a start that has no key for second factors, before anything is made. Raises BadSetting."""
        from services.secret_keys import refuse_missing

        refuse_missing(self.settings, os.environ)

    @cached_property
    def cipher(self) -> Cipher:
        """What encrypts second factors and reads them.

        Raises:
            BadSetting: the key is missing, is none, or lies open to others; nothing was touched.
        """
        from services.secret_keys import read_cipher

        return read_cipher(self.settings, os.environ, note=self._note)

    @cached_property
    def answers(self) -> SqlIdempotency:
        """What requests of the API were answered under their keys."""
        from storage.accounts.idempotency import SqlIdempotency

        return SqlIdempotency(self.engine)

    @cached_property
    def evidence(self) -> EvidenceFolder:
        """Files that prove facts."""
        from storage.cases.evidence import EvidenceFolder

        return EvidenceFolder(self.settings.evidence.folder)

    @cached_property
    def rules(self) -> Rules:
        """How this office sends."""
        from notifications.rules import Rules
        from services.channels import sender_domain

        return Rules(
            office_hours=self.settings.reminders.office_hours,
            officer=self._officer,
            officer_language=self._language,
            domain=sender_domain(self.settings) or "merzim.invalid",
            public_address=self.settings.web.public_address.rstrip("/"),
            digests=self.settings.reminders.digests,
            link_key=self._link_key,
        )

    def close(self) -> None:
        """Let go of the database, if it was ever opened."""
        if "unprepared" in self.__dict__:
            self.unprepared.dispose()

    def _catch_up(self) -> None:
        """Have the board written anew where a new version needs more of it than an older one wrote."""
        from storage.maintenance.after_migration import behind, catch_up
        from storage.maintenance.verify import rebuild
        from storage.refusals import CannotRebuild

        def anew(each: Callable[[], None]) -> None:
            self._note("cli.board_behind")
            moment = self._clock()
            try:
                rebuild(
                    self.unprepared,
                    lambda case: self.desk.recomputed(case, today=moment.today),
                    now=moment.now,
                    each=each,
                )
            except CannotRebuild as left:
                # All others are; `merzim verify` names what is wrong with these, and no start would mend it.
                self._note(left.code, **left.arguments)

        if not behind(self.unprepared):
            return
        # What the board is computed with asks for the database itself.
        self.__dict__["engine"] = self.unprepared
        try:
            catch_up(self.unprepared, anew, holder=uuid4().hex, clock=lambda: self.system_clock().now)
        finally:
            self._forget("engine")

    def _units(self) -> frozenset[tuple[str, str, str | None]]:
        from storage.org.store import units

        return units(self.engine)

    def _forget(self, *made: str) -> None:
        for name in made:
            self.__dict__.pop(name, None)

    def _with_office_days(self, calendar: Calendar) -> Calendar:
        office = self.settings.office
        return calendar.with_office_days(off=office.days_off, working=office.working_days)

    @property
    def _hand(self) -> EnqueueJobs | None:
        if not self.many_nodes:
            return None
        from services.jobs.queue import hand

        return hand

    @property
    def _officer(self) -> str:
        return self.settings.office.officer

    @property
    def _language(self) -> str:
        return self.settings.office.language

    @property
    def _link_key(self) -> str:
        if not self.settings.web.public_address.startswith("https://"):
            return ""
        from storage.org.preferences import link_key

        return link_key(self.engine)


def _logged(code: str, **arguments: object) -> None:
    log.warning("%s %s", code, arguments)


def _shipped() -> Calendar:
    import calendars

    return calendars.calendar()


def _not_there(url: str) -> bool:
    """Whether the address is a file of SQLite that does not exist. Letters may stand percent-encoded in it."""
    scheme, mark, rest = url.partition(":///")
    file = rest.partition("?")[0]
    return (
        bool(mark) and scheme.startswith("sqlite") and not (Path(file).exists() or Path(unquote(file)).exists())
    )
