"""A round: the board rows whose day has come become notices, each once, and their ladders move on.

Letters are not written here but when they leave (notifications/composing.py): a notice may wait for office
hours or a server for days, and "5 working days left" must be true on the day it is read. So what is sent is
what was hashed, and a duty done while its letter waited is not reminded of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from calendars.calendar import Calendar
from notifications.channels import Channel
from notifications.message import message_id
from notifications.notice import Notice
from notifications.ports import Outbox, Settlement
from notifications.recipients import Problem, reachable, told
from notifications.rules import Rules, opening
from workflow.board import Row
from workflow.case import Case
from workflow.library import Library
from workflow.office import Office, Told, with_officer
from workflow.procedure import Obligation, Procedure, Rung
from workflow.refusal import Refusal
from workflow.reminder import Reminder, following_rung, next_rung, rung_named

PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Hearing:
    """Who would hear what, why and when. `notice` is the one that would be queued for it."""

    reminder: Reminder
    told: Told
    notice: Notice


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundReport:
    """What a round did, or would do.

    Attributes:
        rows: how many board rows' day had come.
        queued: how many notices it queued, without those whose key was there before; None: nothing was written.
    """

    rows: int
    hearings: tuple[Hearing, ...]
    problems: tuple[Problem, ...]
    queued: int | None


@dataclass(frozen=True, slots=True)
class _Page:
    rows: int
    hearings: list[Hearing]
    problems: list[Problem]
    settlements: list[Settlement]


def plan(
    outbox: Outbox,
    library: Library,
    calendar: Calendar,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
) -> RoundReport:
    """What a round would do at that moment; writes nothing."""
    pages = list(_pages(_Planner(outbox, library, calendar, channels, now, today, rules)))
    return _report(pages, queued=None)


def round(
    outbox: Outbox,
    library: Library,
    calendar: Calendar,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
) -> RoundReport:
    """One round. Running it again, at once or by somebody else at the same time, adds nothing.

    Args:
        now: aware UTC.
        today: the local date.
    """
    pages, queued = [], 0
    for page in _pages(_Planner(outbox, library, calendar, channels, now, today, rules)):
        if page.settlements:
            queued += outbox.settle(page.settlements, now=now)
        pages.append(page)
    return _report(pages, queued=queued)


def _report(pages: Sequence[_Page], *, queued: int | None) -> RoundReport:
    return RoundReport(
        rows=sum(page.rows for page in pages),
        hearings=tuple(hearing for page in pages for hearing in page.hearings),
        problems=tuple(problem for page in pages for problem in page.problems),
        queued=queued,
    )


def _pages(planner: _Planner) -> Iterator[_Page]:
    after: tuple[date, str, str] | None = None
    while True:
        rows = planner.outbox.due_rows(planner.today, limit=PAGE, after=after)
        if not rows:
            return
        yield planner.page(rows)
        last = rows[-1]
        if len(rows) < PAGE or last.next_rung_on is None:
            return
        after = (last.next_rung_on, last.case, last.obligation)


class _Planner:
    """Plans pages of rows; reads the office once, the cases of a page together."""

    def __init__(
        self,
        outbox: Outbox,
        library: Library,
        calendar: Calendar,
        channels: Sequence[Channel],
        now: datetime,
        today: date,
        rules: Rules,
    ) -> None:
        self.outbox = outbox
        self.library = library
        self.calendar = calendar
        self.channels = channels
        self.now = now
        self.today = today
        self.rules = rules
        self.opens = opening(now, calendar, rules)
        self._office: Office | None = None
        self._editions: dict[str, Procedure] = {}

    @property
    def office(self) -> Office:
        if self._office is None:
            self._office = with_officer(
                self.outbox.office(), self.rules.officer, language=self.rules.officer_language
            )
        return self._office

    def page(self, rows: Sequence[Row]) -> _Page:
        cases = self.outbox.cases({row.case for row in rows})
        page = _Page(len(rows), [], [], [])
        for row in rows:
            try:
                self._row(row, cases[row.case], page)
            except (Refusal, LookupError) as trouble:
                # An edition that is no longer there, a ladder without its name: the row keeps its day and is
                # named in every round until somebody mends it.
                page.problems.append(
                    Problem(
                        case=row.case,
                        obligation=row.obligation,
                        code="letter.problem_unplanned",
                        arguments={"problem": str(trouble)},
                    )
                )
        return page

    def _row(self, row: Row, case: Case, page: _Page) -> None:
        assert row.due is not None
        assert row.next_rung_on is not None
        procedure = self._edition(case.edition)
        obligation = procedure.by_id[row.obligation.partition(".")[0]]
        ladder = procedure.ladders[obligation.ladder]
        come = next_rung(ladder, row.due, self.calendar, today=self.today)
        hearings: list[Hearing] = []
        following = come
        if come is not None and come[1] <= self.today:
            rung = rung_named(ladder, come[0])
            assert rung is not None
            hearings, problems = self._hearings(row, case, obligation, rung, come[1])
            page.problems.extend(problems)
            if problems and not hearings:
                return
            following = following_rung(ladder, row.due, self.calendar, after=self.today)
        page.hearings.extend(hearings)
        page.settlements.append(
            Settlement(
                case=row.case,
                obligation=row.obligation,
                due=row.due,
                rung_on=row.next_rung_on,
                notices=tuple(hearing.notice for hearing in hearings),
                next_rung=following[0] if following else None,
                next_rung_on=following[1] if following else None,
            )
        )

    def _edition(self, name: str) -> Procedure:
        if name not in self._editions:
            self._editions[name] = self.library.named(name)
        return self._editions[name]

    def _hearings(
        self, row: Row, case: Case, obligation: Obligation, rung: Rung, on: date
    ) -> tuple[list[Hearing], list[Problem]]:
        people, nobody = told(self.office, case, obligation, row.obligation, rung, on=self.today)
        problems = [
            Problem(
                case=row.case,
                obligation=row.obligation,
                code="letter.problem_nobody",
                arguments={"duty": missing.duty, "unit": missing.unit or "–"},
            )
            for missing in nobody
        ]
        hearings: dict[str, Hearing] = {}
        for one in people:
            for channel in self.channels:
                reached = reachable(one, channel, self.office)
                if reached is None:
                    arguments = {"person": one.person.name, "channel": channel.name}
                    problems.append(
                        Problem(
                            case=row.case,
                            obligation=row.obligation,
                            code="letter.problem_no_address",
                            arguments=arguments,
                        )
                    )
                    continue
                hearing = self._hearing(row, rung, on, reached, channel)
                hearings.setdefault(hearing.notice.key, hearing)
        return list(hearings.values()), problems

    def _hearing(self, row: Row, rung: Rung, on: date, one: Told, channel: Channel) -> Hearing:
        assert row.due is not None
        reminder = Reminder(
            case=row.case,
            obligation=row.obligation,
            due=row.due,
            rung=rung.id,
            on=on,
            person=one.person.key,
        )
        key = reminder.key(channel.name)
        notice = Notice(
            key=key,
            case=row.case,
            obligation=row.obligation,
            due=row.due,
            rung=rung.id,
            person=one.person.key,
            channel=channel.name,
            address=channel.address(one.person) or "",
            language=one.person.language,
            queued_at=self.now,
            not_before=self.opens,
            message_id=message_id(key, self.rules.domain),
        )
        return Hearing(reminder=reminder, told=one, notice=notice)
