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
    "Falling",
    "NotReached",
    "RulesInForce",
    "Staff",
    "TableSaved",
    "TelegramOffer",
]
_SECRET = ("password", "token", "secret", "key")
"""A setting with such a word in its name is not shown; the name of an environment variable is."""
CHUNK = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Falling:
    """What waits for somebody and would fall to others: one obligation of one unit.

    Attributes:
        title: None for what is confidential: whoever keeps people does not see it.
        unit: id of the unit, "" for what is confidential.
        count: how many open deadlines; `late`: how many of them are overdue.
        to: names of who would be told; nobody where it is empty.
    """

    title: Text | None
    unit: str
    count: int
    late: int
    to: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelInUse:
    """A channel config.toml names; `settings` as they stand there, secrets left out."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesInForce:
    """Own rules the organisation adopted and did not withdraw. `text`: as adopted."""

    name: str
    on: date
    by: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TelegramOffer:
    """A one-time code for somebody's Telegram account; `address` opens the bot and brings it."""

    code: str
    address: str
    until: datetime


class NotReached(Refusal):
    """A channel does not reach the person a test letter is for."""


class Staff:
    """Units and people, changed one at a time; each refuses where another writer was faster.

    Own rules hold for a unit and all below it: a change of the tree moves dates, which are computed anew.
    """

    def __init__(self, app: AppContext) -> None:
        from storage.org.staff import SqlStaff

        self._app = app
        self._staff = SqlStaff(app.engine)
        self.keep_person = self._staff.keep_person
        self.remove_person = self._staff.remove_person

    def keep_unit(self, unit: Unit, *, was: Unit | None, by: str, now: datetime, today: date) -> None:
        """Write a unit down over what the writer saw."""
        self._staff.keep_unit(unit, was=was, by=by, now=now, today=today)
        rewrite_after_unit_change(self._app, now=now, today=today)

    def remove_unit(self, unit: Unit, *, by: str, now: datetime, today: date) -> None:
        """Take a unit out."""
        self._staff.remove_unit(unit, by=by, now=now, today=today)
        rewrite_after_unit_change(self._app, now=now, today=today)

    def take_in(
        self, units: list[Unit], people: list[Person], *, by: str, now: datetime, today: date
    ) -> TableSaved:
        """All of a table of people; whom it does not name stays."""
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
        """Where the pages are reached from outside."""
        return self._app.rules.public_address

    @property
    def domain(self) -> str:
        """The domain in Message-IDs and UIDs."""
        return self._app.rules.domain

    @property
    def hours(self) -> Hours:
        """The organisation's own office hours."""
        return self._app.settings.reminders.office_hours

    def falls(self, person: str, *, today: date) -> Sequence[Falling]:
        """What waits for a person and to whom it would fall, by obligation and unit; the most first.

        What is confidential is counted under no title: whoever keeps people does not see cases.
        """

        app = self._app
        office = app.reads.office()
        without = _without(office, person)
        counted: Counter[tuple[str, str, str, tuple[str, ...]]] = Counter()
        late: Counter[tuple[str, str, str, tuple[str, ...]]] = Counter()
        titles: dict[tuple[str, str], Text] = {}
        by_case: dict[str, list[Row]] = {}
        for row in app.reads.due(app.calendar.first, app.calendar.last):
            by_case.setdefault(row.case, []).append(row)
        names = sorted(by_case)
        for start in range(0, len(names), CHUNK):
            for case in app.ledger.cases(names[start : start + CHUNK]).values():
                secret = case.confidential or app.library.of(case).confidential
                for row in by_case[case.id]:
                    asked = _obligation(app, case, row.obligation)
                    if asked is None or person not in _told(office, case, asked, row.obligation, today):
                        continue
                    to = () if secret else tuple(_told(without, case, asked, row.obligation, today).values())
                    key = ("", "", "", ()) if secret else (case.procedure, asked.id, case.unit, to)
                    titles[key[0], key[1]] = asked.title
                    counted[key] += 1
                    late[key] += row.due is not None and row.due < today
        return [
            Falling(
                title=titles[key[0], key[1]] if key[0] else None,
                unit=key[2],
                count=count,
                late=late[key],
                to=key[3],
            )
            for key, count in counted.most_common()
        ]

    def cases_of(self, unit: str) -> int:
        """How many cases belong to a unit itself."""
        return self._app.reads.own_of(unit)

    def channels(self) -> Sequence[ChannelInUse]:
        """The channels in use, without their secrets."""

        chosen = self._app.settings.channels
        return [
            ChannelInUse(
                name=name,
                settings={
                    key: _shown(key, value) for key, value in sorted(chosen.sections.get(name, {}).items())
                },
            )
            for name in chosen.use
        ]

    def test(self, channel: str, person: Person, *, language: str, now: datetime) -> Outcome:
        """Send a test letter at once. Raises NotReached; BadSetting: the channel's section cannot be used."""
        from i18n import say
        from notifications.channels import OutgoingMessage
        from notifications.letters.page import Page, written
        from notifications.notice import Notice
        from notifications.wire.message import message_id

        way = self._app.channels[channel]
        address = way.address(person)
        if address is None:
            raise NotReached("web.channels.not_reached", channel=channel)
        key = f"test:{now.isoformat()}:{person.key}:{channel}"
        letter = written(
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
        sent = asyncio.run(way.send([OutgoingMessage(notice=notice, letter=letter, name=person.name)], now=now))
        return sent[key]

    def settings(self) -> Sequence[tuple[str, str]]:
        """config.toml as it holds, secrets left out."""
        return [(key, text) for key, text in _lines("", self._app.settings)]

    def rules(self) -> Sequence[RulesInForce]:
        """The own rules that stand."""
        from storage.org.own_rules import standing, steps

        return [
            RulesInForce(name=one.name, on=one.on, by=one.by, text=one.text)
            for one in standing(steps(self._app.engine))
        ]

    def telegram(self, person: str, *, now: datetime) -> TelegramOffer:
        """A one-time code for a person."""
        from services.telegram import offer

        made = offer(self._app, person, now=now)
        return TelegramOffer(code=made.code, address=made.address, until=made.until)

    def linked(self, person: str) -> bool | None:
        """Whether their Telegram account is linked; None where there is no bot."""
        if "bot" not in self._app.settings.channels.sections.get("telegram", {}):
            return None
        return self._app.links.of(person) is not None

    def unlink(self, person: str, *, by: str, now: datetime) -> None:
        """Forget their Telegram account. `by`: the account that says so."""
        self._app.links.unlink(person, by=by, now=now)


def _without(office: Office, person: str) -> Office:
    people = {
        key: replace(one, deputy=None) if one.deputy == person else one
        for key, one in office.people.items()
        if key != person
    }
    officer = office.officer if office.officer != person else None
    return replace(office, people=people, officer=officer)


def _told(office: Office, case: Case, asked: Obligation, name: str, today: date) -> Mapping[str, str]:
    """Who would be told, by key."""
    from workflow.org.duties import Unresolved, resolve

    responsible = case.responsible.get(name) or case.responsible.get(asked.id) or ""
    found = resolve(
        office, duty=asked.duty, unit=case.unit, on=today, responsible=responsible, person=case.person
    )
    if isinstance(found, Unresolved):
        return {}
    return {one.person.key: one.person.name for one in found}


def _obligation(app: AppContext, case: Case, name: str) -> Obligation | None:
    from workflow.deadlines.register_deadlines import entry_obligation

    try:
        return entry_obligation(case, app.library.of(case), name)
    except KeyError:
        return None


def _shown(key: str, value: object) -> str:
    hidden = any(word in key for word in _SECRET) and not key.endswith(("_env", "_selector", "_key", "_file"))
    return "•••" if hidden and value else _text(value)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_shown(str(key), one)}" for key, one in sorted(value.items()))
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(sorted(map(_text, value)) if isinstance(value, set | frozenset) else map(_text, value))
    return "" if value is None else str(value)


def _lines(place: str, value: object) -> list[tuple[str, str]]:
    """A settings value as lines; the database's address loses its password."""
    found: list[tuple[str, str]] = []
    assert is_dataclass(value)
    for one in fields(value):
        key, inside = f"{place}{one.name}", getattr(value, one.name)
        if is_dataclass(inside):
            found += _lines(f"{key}.", inside)
        elif isinstance(inside, tuple) and inside and all(map(is_dataclass, inside)):
            for number, part in enumerate(inside, start=1):
                found += _lines(f"{key}.{number}.", part)
        elif key == "channels.sections":
            continue
        elif key == "database.url":
            found.append((key, _without_password(str(inside))))
        else:
            found.append((key, _shown(one.name, inside)))
    return found


def _without_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    name = user.partition(":")[0]
    return f"{scheme}{mark}{name}{':•••' if ':' in user else ''}{at}{host}" if at else url
