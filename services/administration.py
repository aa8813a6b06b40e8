"""Administration of an installation: units and people, channels, settings, own rules, Telegram links."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from services.overlays import rewrite_after_unit_change
from storage.org.store import SaveCounts as TableSaved
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.notice import Outcome
    from services.app import AppContext
    from workflow.board.rows import Row
    from workflow.cases.case import Case
    from workflow.law.procedure import Obligation, Text
    from workflow.org.office import Office, Person, Unit
    from workflow.org.office_time import Hours

__all__ = [
    "Administration",
    "ChannelInUse",
    "NotReached",
    "PendingDuty",
    "RulesInForce",
    "Staff",
    "TableSaved",
    "TelegramOffer",
]
_SECRET = ("password", "token", "secret", "key")
"""Settings whose names contain such a word are masked; names of environment variables are shown."""
CHUNK_SIZE = 500
"""Cases read together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingDuty:
    """Open deadlines of one obligation and unit that would pass from a person to others.

    Attributes:
        title: None for confidential cases: administrators of people may not see them.
        unit: id of the unit, "" for confidential cases.
        count: how many open deadlines; `late`: how many of them are overdue.
        to: names of the people who would be notified instead; empty if nobody would.
    """

    title: Text | None
    unit: str
    count: int
    late: int
    to: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelInUse:
    """A channel named in config.toml; `settings` as written there, without secrets."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesInForce:
    """Own rules the organisation adopted and has not withdrawn. `text`: as adopted."""

    name: str
    on: date
    by: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TelegramOffer:
    """A one-time code that links a Telegram account; `address` opens the bot with the code."""

    code: str
    address: str
    until: datetime


class NotReached(Refusal):
    """A channel does not reach the person a test letter is for."""


class Staff:
    """Changes of units and people, one at a time; refused if another writer changed the same row first.

    Own rules apply to a unit and all below it, so a change of the tree recalculates due dates.
    """

    def __init__(self, app: AppContext) -> None:
        from storage.org.staff import SqlStaff

        self._app = app
        self._staff = SqlStaff(app.engine)
        self.keep_person = self._staff.keep_person
        self.remove_person = self._staff.remove_person

    def keep_unit(self, unit: Unit, *, was: Unit | None, by: str, now: datetime, today: date) -> None:
        """Save a unit; `was` is the version the writer saw."""
        self._staff.keep_unit(unit, was=was, by=by, now=now, today=today)
        rewrite_after_unit_change(self._app, now=now, today=today)

    def remove_unit(self, unit: Unit, *, by: str, now: datetime, today: date) -> None:
        """Remove a unit."""
        self._staff.remove_unit(unit, by=by, now=now, today=today)
        rewrite_after_unit_change(self._app, now=now, today=today)

    def take_in(
        self, units: list[Unit], people: list[Person], *, by: str, now: datetime, today: date
    ) -> TableSaved:
        """Save all units and people of a table; those it does not name are left unchanged."""
        saved = self._staff.take_in(units, people, by=by, now=now, today=today)
        rewrite_after_unit_change(self._app, now=now, today=today)
        return saved


class Administration:
    """Units, people, channels and settings of an installation."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    @property
    def staff(self) -> Staff:
        """Units and people, changed one at a time."""
        return Staff(self._app)

    @property
    def address(self) -> str:
        """The public address of the pages."""
        return self._app.rules.public_address

    @property
    def domain(self) -> str:
        """The domain in Message-IDs and UIDs."""
        return self._app.rules.domain

    @property
    def hours(self) -> Hours:
        """The organisation's own office hours."""
        return self._app.settings.reminders.office_hours

    def pending_duties(self, person: str, *, today: date) -> Sequence[PendingDuty]:
        """Return the open deadlines a person is notified of, by obligation and unit, the most numerous first.

        Confidential cases are counted without a title: administrators of people may not see them.
        """
        from workflow.deadlines.lateness import is_overdue

        app = self._app
        office = app.reads.office()
        without = _office_without(office, person)
        counted: Counter[tuple[str, str, str, tuple[str, ...]]] = Counter()
        late: Counter[tuple[str, str, str, tuple[str, ...]]] = Counter()
        titles: dict[tuple[str, str], Text] = {}
        by_case: dict[str, list[Row]] = {}
        for row in app.reads.due(app.calendar.first, app.calendar.last):
            by_case.setdefault(row.case, []).append(row)
        names = sorted(by_case)
        for start in range(0, len(names), CHUNK_SIZE):
            for case in app.ledger.cases(names[start : start + CHUNK_SIZE]).values():
                secret = case.confidential or app.library.of(case).confidential
                for row in by_case[case.id]:
                    obligation = _find_obligation(app, case, row.obligation)
                    if obligation is None:
                        continue
                    if person not in _recipients(office, case, obligation, row.obligation, today):
                        continue
                    others = _recipients(without, case, obligation, row.obligation, today)
                    to = () if secret else tuple(others.values())
                    key = ("", "", "", ()) if secret else (case.procedure, obligation.id, case.unit, to)
                    titles[key[0], key[1]] = obligation.title
                    counted[key] += 1
                    late[key] += is_overdue(row, today=today)
        return [
            PendingDuty(
                title=titles[key[0], key[1]] if key[0] else None,
                unit=key[2],
                count=count,
                late=late[key],
                to=key[3],
            )
            for key, count in counted.most_common()
        ]

    def cases_of(self, unit: str) -> int:
        """Return the number of cases that belong to the unit itself, not to units below it."""
        return self._app.reads.own_of(unit)

    def channels(self) -> Sequence[ChannelInUse]:
        """Return the channels in use, without their secrets."""

        chosen = self._app.settings.channels
        return [
            ChannelInUse(
                name=name,
                settings={
                    key: _mask_secret(key, value)
                    for key, value in sorted(chosen.sections.get(name, {}).items())
                },
            )
            for name in chosen.use
        ]

    def test(self, channel: str, person: Person, *, language: str, now: datetime) -> Outcome:
        """Send a test letter at once. Raises NotReached; BadSetting: the channel's section cannot be used."""
        from i18n import say
        from notifications.channels import OutgoingMessage
        from notifications.letters.page import Page, render_letter
        from notifications.notice import Notice
        from notifications.wire.message import message_id

        sender = self._app.channels[channel]
        address = sender.address(person)
        if address is None:
            raise NotReached("web.channels.not_reached", channel=channel)
        key = f"test:{now.isoformat()}:{person.key}:{channel}"
        letter = render_letter(
            Page(
                subject=say("web.channels.test_subject", {}, language),
                greeting=say("letter.greeting", {"name": person.name}, language),
                lead=say("web.channels.test_text", {"channel": channel}, language),
                table=(),
                sections=(),
                footer=say("letter.footer", {}, language),
            ),
            language,
        )
        notice = Notice(
            key=key,
            case="",
            obligation="",
            due=now.date(),
            rung="test",
            person=person.key,
            channel=channel,
            address=address,
            language=language,
            queued_at=now,
            not_before=now,
            message_id=message_id(key, self._app.rules.domain),
        )
        sent = asyncio.run(
            sender.send([OutgoingMessage(notice=notice, letter=letter, name=person.name)], now=now)
        )
        return sent[key]

    def settings(self) -> Sequence[tuple[str, str]]:
        """Return the settings in force as keys and texts, without secrets."""
        return [(key, text) for key, text in _setting_lines("", self._app.settings)]

    def rules(self) -> Sequence[RulesInForce]:
        """Return the own rules in force."""
        from storage.org.own_rules import standing, steps

        return [
            RulesInForce(name=step.name, on=step.on, by=step.by, text=step.text)
            for step in standing(steps(self._app.engine))
        ]

    def telegram(self, person: str, *, now: datetime) -> TelegramOffer:
        """Create a one-time code that links a person's Telegram account."""
        from services.telegram import offer

        link = offer(self._app, person, now=now)
        return TelegramOffer(code=link.code, address=link.address, until=link.until)

    def linked(self, person: str) -> bool | None:
        """Return whether a person's Telegram account is linked; None if no bot is configured."""
        if "bot" not in self._app.settings.channels.sections.get("telegram", {}):
            return None
        return self._app.links.of(person) is not None

    def unlink(self, person: str, *, by: str, now: datetime) -> None:
        """Remove the link to a person's Telegram account. `by`: login of the account that removes it."""
        self._app.links.unlink(person, by=by, now=now)


def _office_without(office: Office, person: str) -> Office:
    """Return the office as it would be without a person."""
    people = {
        key: replace(member, deputy=None) if member.deputy == person else member
        for key, member in office.people.items()
        if key != person
    }
    officer = office.officer if office.officer != person else None
    return replace(office, people=people, officer=officer)


def _recipients(
    office: Office, case: Case, obligation: Obligation, name: str, today: date
) -> Mapping[str, str]:
    """Return the names of the people notified of an obligation's deadline, by key."""
    from workflow.org.duties import Unresolved, resolve

    responsible = case.responsible.get(name) or case.responsible.get(obligation.id) or ""
    holders = resolve(
        office, duty=obligation.duty, unit=case.unit, on=today, responsible=responsible, person=case.person
    )
    if isinstance(holders, Unresolved):
        return {}
    return {holder.person.key: holder.person.name for holder in holders}


def _find_obligation(app: AppContext, case: Case, name: str) -> Obligation | None:
    from workflow.deadlines.register_deadlines import entry_obligation

    try:
        return entry_obligation(case, app.library.of(case), name)
    except KeyError:
        return None


def _mask_secret(key: str, value: object) -> str:
    hidden = any(word in key for word in _SECRET) and not key.endswith(("_env", "_selector", "_key", "_file"))
    return "•••" if hidden and value else _text(value)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_mask_secret(str(key), item)}" for key, item in sorted(value.items()))
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(sorted(map(_text, value)) if isinstance(value, set | frozenset) else map(_text, value))
    return "" if value is None else str(value)


def _setting_lines(prefix: str, value: object) -> list[tuple[str, str]]:
    """Return a settings value as keys and texts; the password in the database's address is masked."""
    lines: list[tuple[str, str]] = []
    assert is_dataclass(value)
    for field in fields(value):
        key, inside = f"{prefix}{field.name}", getattr(value, field.name)
        if is_dataclass(inside):
            lines += _setting_lines(f"{key}.", inside)
        elif isinstance(inside, tuple) and inside and all(map(is_dataclass, inside)):
            for number, part in enumerate(inside, start=1):
                lines += _setting_lines(f"{key}.{number}.", part)
        elif key == "channels.sections":
            continue
        elif key == "database.url":
            lines.append((key, _mask_password(str(inside))))
        else:
            lines.append((key, _mask_secret(field.name, inside)))
    return lines


def _mask_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    name = user.partition(":")[0]
    return f"{scheme}{mark}{name}{':•••' if ':' in user else ''}{at}{host}" if at else url
