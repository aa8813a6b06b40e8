"""An outbox in memory: the simplest thing that keeps the promises of notifications/ports.py.

tests/notifications/test_outbox.py holds it and the real one to the same promises.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from notifications.notice import Notice, NoticeState
from notifications.ports import Mark, Settlement
from workflow.board import WAITING, Row
from workflow.case import Case
from workflow.office import Office


class MemoryOutbox:
    """Rows, cases and notices in dictionaries."""

    def __init__(
        self, rows: Iterable[Row] = (), cases: Iterable[Case] = (), office: Office | None = None
    ) -> None:
        self.rows = {(row.case, row.obligation): row for row in rows}
        self.known = {case.id: case for case in cases}
        self.notices: dict[str, Notice] = {}
        self.people = office or Office()

    def due_rows(self, today: date, *, limit: int, after: tuple[date, str, str] | None = None) -> Sequence[Row]:
        due = [
            ((row.next_rung_on, row.case, row.obligation), row)
            for row in self.rows.values()
            if row.next_rung_on is not None and row.next_rung_on <= today and row.state in WAITING
        ]
        due.sort(key=lambda pair: pair[0])
        return [row for place, row in due if after is None or place > after][:limit]

    def cases(self, ids: Collection[str]) -> Mapping[str, Case]:
        return {name: self.known[name] for name in ids if name in self.known}

    def office(self) -> Office:
        return self.people

    def settle(self, settlements: Sequence[Settlement], *, now: datetime) -> int:
        queued = 0
        for one in settlements:
            row = self.rows[one.case, one.obligation]
            if (row.due, row.next_rung_on) != (one.due, one.rung_on):
                continue
            self.rows[one.case, one.obligation] = replace(
                row, next_rung=one.next_rung, next_rung_on=one.next_rung_on
            )
            for notice in one.notices:
                known = self.notices.get(notice.key)
                if known is None or known.state == "withdrawn":
                    self.notices[notice.key] = notice
                    queued += 1
        return queued

    def claim(self, channel: str, *, now: datetime, limit: int) -> Sequence[Notice]:
        ready = [
            notice
            for notice in self.notices.values()
            if notice.channel == channel and notice.state == "queued" and notice.not_before <= now
        ]
        ready.sort(key=lambda notice: (notice.not_before, notice.key))
        claimed = [
            replace(notice, state="sending", attempts=notice.attempts + 1, attempted_at=now)
            for notice in ready[:limit]
        ]
        self.notices.update({notice.key: notice for notice in claimed})
        return claimed

    def mark(self, marks: Sequence[Mark], *, now: datetime) -> None:
        for mark in marks:
            notice = self.notices[mark.key]
            if notice.state == "sending":
                self.notices[mark.key] = replace(
                    notice,
                    state=mark.state,
                    answer=mark.answer,
                    not_before=mark.not_before or notice.not_before,
                    text_hash=mark.text_hash or notice.text_hash,
                    sent_at=now if mark.state == "sent" else notice.sent_at,
                )

    def recover(self, channel: str, *, before: datetime, state: NoticeState, now: datetime) -> int:
        left = [
            notice
            for notice in self.notices.values()
            if notice.channel == channel
            and notice.state == "sending"
            and notice.attempted_at is not None
            and notice.attempted_at < before
        ]
        for notice in left:
            again = now if state == "queued" else notice.not_before
            self.notices[notice.key] = replace(notice, state=state, not_before=again)
        return len(left)
