"""What a round or a delivery works with at one moment: the outbox (a protocol `storage` implements), law,
calendar, channels and rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from calendars.kazakhstan import Kazakhstan
from notifications.channels import Channel
from notifications.notice import Notice, NoticeState, message_id
from notifications.rules import OfficeTimes, Rules
from workflow.cases.case import Case, Event
from workflow.deadlines.deadline import Row
from workflow.law.library import Library
from workflow.moments import Moment
from workflow.org.duties import stand_in
from workflow.org.office import Office, Person, Recipient, with_officer
from workflow.scoring.prospects import StakeOf

_SAID = ("case", "obligation", "due", "step", "kind", "bundle", "about")
"""What a notice says, whomever it is for."""


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """What one round or delivery works with. `stakes`: finds the points at stake, which letters name."""

    outbox: Outbox
    library: Library
    calendar: Kazakhstan
    channels: Sequence[Channel]
    rules: Rules
    moment: Moment
    stakes: StakeOf | None = None

    @cached_property
    def office(self) -> Office:
        """The office as of its first use here, with the officer config.toml names."""
        return with_officer(self.outbox.office(), self.rules.officer, language=self.rules.officer_language)

    @cached_property
    def times(self) -> OfficeTimes:
        """When letters may leave for each recipient."""
        return OfficeTimes(self.office, self.calendar, self.rules)

    @property
    def present_officer(self) -> Person | None:
        """The officer told where nobody else can be, or their deputy on that day; None without one."""
        officer = self.office.officer_of_last_resort
        return officer and (stand_in(self.office, officer, self.moment.today) or officer)

    def reached(self, recipient: Recipient, channels: Sequence[Channel] | None = None) -> Recipient | None:
        """Return a recipient, or the officer in their place when no channel (of these, if not of all) reaches
        them; None when none reaches either.
        """
        officer = self.office.officer_of_last_resort
        instead = officer and Recipient(person=officer, why="unreachable", instead_of=recipient.person)
        reaching = self.channels if channels is None else channels
        for told in (recipient, instead):
            if told and any(channel.address(told.person) is not None for channel in reaching):
                return told
        return None

    def notices_to(
        self,
        person: Person,
        place: str,
        *,
        channels: Iterable[Channel] | None = None,
        at: datetime | None = None,
        **said: Any,
    ) -> Iterator[Notice]:
        """Yield a notice queued now for a person, for each channel (of these, if not of all) that reaches them.
        `place`: its key but for person and channel; `at`: from when on it may leave, if not now.
        """
        now = self.moment.now
        for channel in self.channels if channels is None else channels:
            if (address := channel.address(person)) is not None:
                key = f"{place}:{person.key}:{channel.name}"
                new = Notice(
                    key=key,
                    person=person.key,
                    channel=channel.name,
                    address=address,
                    language=person.language,
                    queued_at=now,
                    not_before=now,
                    message_id=message_id(key, self.rules.domain),
                    **said,
                )
                yield replace(new, not_before=self.times.leaving(new, at or now))

    def readdressed(self, notice: Notice, person: Person, channels: Iterable[Channel]) -> Iterator[Notice]:
        """Yield what a notice says as a new one for a person, for each channel that reaches them."""
        place = notice.key.removesuffix(f":{notice.person}:{notice.channel}")
        said = {name: getattr(notice, name) for name in _SAID}
        return self.notices_to(person, place, channels=channels, **said)


class PendingStep(NamedTuple):
    """Queued notices to one person through one channel that wait to be combined in one letter.

    `first_due`: the earliest due date or plan date, from today on, that its reminders are about; None without.
    """

    person: str
    channel: str
    bundle: str
    not_before: datetime
    first_due: date | None
    address: str
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A deadline whose due date has moved since somebody may have been notified of it.

    Attributes:
        numbers: ids of the lines that record the move.
        change: name of the change, shared by all it moved; cause: the same in parts; author: key of the person
            who made it, "" where an account has none.
        row: None when the deadline no longer exists.
        notified: the notices about it that were delivered, in order of time.
    """

    numbers: tuple[int, ...]
    case: str
    obligation: str
    change: str
    cause: Mapping[str, object]
    author: str = ""
    row: Row | None
    notified: tuple[Notice, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxLine:
    """An event of a case (`confidential`: never quoted in letters) that concerns a person; `kind`: mention,
    question, answer, assignment, refusal.
    """

    person: str
    kind: str
    event: Event
    confidential: bool
    read_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """The decision of a round about a board row, a moved deadline or an event, as it read them: its notices.

    `next_step_on`: of a row, the day of the step after this one; None after the last one.
    """

    about: Row | Move | InboxLine
    notices: tuple[Notice, ...]
    next_step_on: date | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Case and obligation it is about."""
        about = self.about
        return (about.event.case, "") if isinstance(about, InboxLine) else (about.case, about.obligation)


class Outbox(Protocol):
    """Repository of notices with their delivery records and board rows; each method is one transaction."""

    def due_rows(self, today: date, *, limit: int, after: tuple[date, str, str] | None = None) -> Sequence[Row]:
        """Return open rows whose next reminder step has come, in the order (next_step_on, case, obligation),
        only those after `after`. Cost depends on the number due.
        """

    def cases(self, ids: Collection[str]) -> Mapping[str, Case]:
        """Return these cases folded from their events, read together; unknown ids are left out."""

    def comments(self, cases: Collection[str]) -> Sequence[Event]:
        """Return the events of these cases that comment on them or withdraw something, in order."""

    def office(self) -> Office:
        """Return units, people and matches."""

    def settle(self, settlements: Sequence[Settlement]) -> int:
        """Store decisions and queue their notices (`add`): rows go to their next steps, moves and events are
        told; return how many notices were queued.

        A row's settlement counts only while it still has the due date and the step it was planned from.
        """

    def add(self, notices: Sequence[Notice]) -> int:
        """Queue notices; return how many were queued.

        The insert under the unique key is the decision to send: a key already there changes nothing, except
        that a `withdrawn` notice is queued anew.
        """

    def awaited_channels(self) -> Sequence[str]:
        """Return the names of the channels that queued notices wait for."""

    def claim(self, channel: str, *, now: datetime, limit: int) -> Sequence[Notice]:
        """Take up to `limit` queued letters of the channel that may leave now, oldest first, and after them the
        notices that go inside them, by due date, each with the letter's key as its carrier.

        They become `sending` with one attempt more. Of two claimers each notice goes to one.
        """

    def fault(self, channel: str, code: str, answer: str, *, now: datetime) -> None:
        """Record a fault of the channel itself (`Outcome.fault`); an empty code ends the fault."""

    def mark(self, notices: Sequence[Notice], *, now: datetime) -> None:
        """Store the delivery records of claimed notices after an attempt, where they are still `sending`."""

    def delivering(self) -> AbstractContextManager[None]:
        """Hold the delivery lock in the block, so that nobody recovers what this delivery has claimed."""

    def recover(self, channel: str, *, state: NoticeState, now: datetime) -> int:
        """Give notices left in `sending` by a crash a new state, unknown or queued for now; return how many.

        Not to be called with claimed notices in hand.
        """

    def waiting(self, today: date) -> Sequence[PendingStep]:
        """Return notices that wait to be carried by a letter, as of a local date."""

    def states(self, keys: Collection[str]) -> Mapping[str, NoticeState]:
        """Return the states of the notices with these keys; keys that do not exist are left out."""

    def letters_on_their_way(self) -> Mapping[tuple[str, str, str], date]:
        """Return the first days of letters that carry others and have not left, by person, channel, bundle."""

    def news(self, *, limit: int) -> Sequence[Move | InboxLine]:
        """Return the dates that moved and the events that concern people of which no letter was queued yet, of
        each kind up to `limit`, the oldest first.
        """

    def open_rows(self, until: date, *, today: date) -> Sequence[Row]:
        """Return open rows of active cases due by that day, or whose plan date has passed, by due date."""

    def newest_seal(self) -> tuple[int, datetime, str] | None:
        """Return number, moment (UTC) and hash of the last seal over the events; None before the first."""

    def never_confirmed(self, *, today: date) -> Sequence[Row]:
        """Return the open obligatory rows that completed cases still wait for, by due date."""

    def related(self, notices: Sequence[Notice], *, since: datetime) -> Sequence[Notice]:
        """Return what may say the same as these notices to the same people: reminders and comments of the same
        cases queued after the oldest of them, or sent since a moment, that neither failed nor were withdrawn.
        """

    def awaited(self, notices: Sequence[Notice], *, today: date) -> frozenset[str]:
        """Return the keys of those notices of campaigns whose person's answer is still awaited."""
