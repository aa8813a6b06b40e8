"""What a round and a delivery need kept, said as protocols. Storage answers them; wiring joins them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from notifications.notice import Notice, NoticeState
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.org.office import Office


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What a round decided about one board row: the notices of its rung, and the rung that comes next.

    Attributes:
        due, rung_on: `due` and `next_rung_on` as the round read them. Where the row carries other values by
            now (somebody recorded a fact meanwhile) nothing of this settlement is written.
        next_rung, next_rung_on: the rung after this one; both None when the ladder is spent.
    """

    case: str
    obligation: str
    due: date | None
    rung_on: date
    notices: tuple[Notice, ...]
    next_rung: str | None
    next_rung_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryOutcome:
    """What became of one claimed notice.

    Attributes:
        state: sent, failed, unknown, withdrawn, or queued (to be tried again from `not_before` on).
        answer: what the server said, as `Outcome` keeps it.
        not_before: UTC; given exactly when the state is queued.
        text_hash: of what was handed to the channel, empty when nothing was.
        tried: False gives the attempt back that claiming has counted.
    """

    key: str
    state: NoticeState
    answer: str
    not_before: datetime | None = None
    text_hash: str = ""
    tried: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingStep:
    """Queued notices of one person through one channel that wait for one letter to carry them all."""

    person: str
    channel: str
    bundle: str
    count: int
    not_before: datetime
    address: str
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A deadline whose due date has moved since somebody may have been told of it.

    Attributes:
        numbers: of the lines that say so.
        change: what moved it, one name for all it moved; `cause`: the same in its parts.
        row: where the deadline stands now; None when there is none of it any more.
        told: the last notice each person has had of it through each channel.
    """

    numbers: tuple[int, ...]
    case: str
    obligation: str
    change: str
    cause: Mapping[str, object]
    row: Row | None
    told: tuple[Notice, ...]


class Outbox(Protocol):
    """Notices with their delivery records, and the board rows they come from; each method one transaction."""

    def due_rows(self, today: date, *, limit: int, after: tuple[date, str, str] | None = None) -> Sequence[Row]:
        """Rows with `next_rung_on <= today` that still wait for somebody (state `open` or `not_due_yet`).

        In the order (next_rung_on, case, obligation), those behind `after` only. Cost follows what is due.
        """

    def cases(self, ids: Collection[str]) -> Mapping[str, Case]:
        """These cases folded from their events, read together; an unknown id is left out."""

    def office(self) -> Office:
        """Units, people and matches."""

    def settle(self, settlements: Sequence[Settlement], *, now: datetime) -> int:
        """Insert the notices and move the rows' next rungs, all in one transaction. Returns how many notices
        are queued by it.

        The insert under the unique key is the decision to send: a key already there changes nothing, except
        that a `withdrawn` notice is queued again (attempts 0, `queued_at` and `not_before` of the new one,
        answer emptied). Each settlement counts only while its row still has the `due` and `next_rung_on` it was
        planned from.
        """

    def add(self, notices: Sequence[Notice], *, now: datetime) -> int:
        """Queue notices no row of the board has asked for; a key already there changes nothing, as in `settle`.
        Returns how many are queued by it."""

    def claim(
        self, channel: str, *, now: datetime, limit: int, keys: Collection[str] | None = None
    ) -> Sequence[Notice]:
        """Take up to `limit` queued notices of the channel with `not_before <= now`, oldest first; of those
        `keys` only, if given.

        They become `sending`, attempts + 1, `attempted_at = now`; committed before this returns. Of two
        claimers each notice goes to one.
        """

    def fault(self, channel: str, code: str, answer: str, *, now: datetime) -> None:
        """Write down what a channel itself suffers from (`Outcome.fault`); with no code it is well again."""

    def mark(self, marks: Sequence[DeliveryOutcome], *, now: datetime) -> None:
        """Write down outcomes of claimed notices in one transaction (only where the state is still `sending`);
        `sent_at = now` where sent."""

    def delivering(self) -> AbstractContextManager[None]:
        """Around a delivery: while it lasts nobody takes what it has claimed for left behind."""

    def recover(
        self,
        channel: str,
        *,
        before: datetime,
        state: NoticeState,
        now: datetime,
        keys: Collection[str] | None = None,
    ) -> int:
        """Notices of the channel left in `sending` since before `before` (a crash between send and mark) become
        `state`: queued with `not_before = now`, or unknown. With `keys` those and what they carried, since
        whenever: of them it is known that nobody sends them. Returns how many.

        Where it can be told otherwise than by time that whoever claimed them is gone, `before` says nothing.
        Not to be called with claimed notices in hand.
        """

    def waiting(self) -> Sequence[PendingStep]:
        """Notices that wait to be carried and for which no letter is on its way."""

    def unbundle(self, groups: Sequence[PendingStep]) -> None:
        """Let these go as letters of their own."""

    def collect(self, carriers: Sequence[Notice], *, now: datetime) -> Mapping[str, Sequence[Notice]]:
        """Claim what each of these claimed letters is to carry, by the letter's key."""

    def known(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these notices there are already."""

    def moves(self, *, limit: int) -> Sequence[Move]:
        """Deadlines whose due date has moved, the oldest move first."""

    def settle_moves(self, moves: Sequence[Move], notices: Sequence[Notice], *, now: datetime) -> int:
        """Queue the notices of these moves and forget the moves, in one transaction; how many are queued."""

    def open_rows(self, until: date, *, today: date) -> Sequence[Row]:
        """Open rows of active cases due by that day, by due date."""

    def unreached(self) -> frozenset[tuple[str, str]]:
        """Case and obligation of letters that did not arrive."""
