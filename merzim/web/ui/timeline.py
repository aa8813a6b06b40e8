"""The timeline of a case: what is drawn on which day; the template asks where a day is and adds the texts.

One row per obligation, one column of pixels per day, from the first date of the case to the end of its
monitoring. All periods of a recurring obligation share one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal, NamedTuple

from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import AWAITED
from workflow.deadlines.deadline import Deadline, DeadlineStatus, status_on

WIDTH = 1296
LABELS = 360
HEAD = 44
ROW = 26
FOOT = 26
MARGIN_DAYS = 4
MAX_SPAN_DAYS = 560
MAX_DAYS_WITH_WEEKENDS = 270
NARROW_DAY = 3.5
MAX_DAYS_TO_TODAY = 45
TICK_WIDTH = 18
"""Pixels the number of a day takes, from its line to the right."""
DATE_WIDTH = 64
"""Pixels the date beside a mark takes."""


Kind = Literal["window", "counted", "planned", "due", "done"]


class Off(NamedTuple):
    """A run of consecutive days off. `names`: codes of its holidays; `holiday`: whether it has one."""

    first: date
    last: date
    holiday: bool
    names: tuple[str, ...]


class Shape(NamedTuple):
    """What is drawn in a row on its days; `look`: status of its deadline. Of several days are the window, in
    which it can be done, and what is counted, between deadline and anchor; of one the due, planned and done
    date.
    """

    kind: Kind
    look: DeadlineStatus
    first: date
    last: date


class TimelineRow(NamedTuple):
    """One row of the timeline, an obligation with all its periods. `deadline`: the first not done, `look`: its
    status; `shapes`: in drawing order; `dated`: the one with its date beside it, on the left if `is_date_left`.
    """

    deadline: Deadline
    look: DeadlineStatus
    shapes: Sequence[Shape]
    dated: Shape | None
    is_date_left: bool


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The days drawn, and what is drawn on them; a day's place is in pixels. `offs`: the runs of days off;
    `rows`: in the order of the procedure; `left_out`: number of deadlines with a due date that are not drawn.
    """

    first: date
    last: date
    today: date
    offs: Sequence[Off] = ()
    rows: Sequence[TimelineRow] = ()
    left_out: int = 0
    width: int = WIDTH
    head: int = HEAD
    row: int = ROW

    @property
    def step(self) -> float:
        """The width of a day."""
        return (WIDTH - LABELS) / ((self.last - self.first).days + 1)

    def x(self, on: date) -> float:
        """Return the left edge of a day."""
        return round(LABELS + (on - self.first).days * self.step, 1)

    def middle(self, on: date) -> float:
        return round(self.x(on) + self.step / 2, 1)

    def across(self, first: date, last: date) -> float:
        """Return the width of a run of days."""
        return round(self.x(last + timedelta(days=1)) - self.x(first), 1)

    @property
    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    @property
    def months(self) -> list[tuple[date, date]]:
        """The first and last day drawn of each month."""
        months = (list(days) for _, days in groupby(self.days, lambda on: (on.year, on.month)))
        return [(days[0], days[-1]) for days in months]

    @property
    def ticks(self) -> list[date]:
        """The Mondays whose number has room; of narrow days those of the first and third week of a month."""
        narrow = self.step <= NARROW_DAY
        mondays = (on for on in self.days if on.weekday() == 0 and self.x(on) <= WIDTH - TICK_WIDTH)
        return [on for on in mondays if not narrow or (on.day - 1) // 7 in (0, 2)]

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.rows) + FOOT

    @property
    def today_x(self) -> float | None:
        return self.middle(self.today) if self.first <= self.today <= self.last else None

    @property
    def has_weekends(self) -> bool:
        return any(not off.holiday for off in self.offs)


def build_timeline(
    deadlines: Iterable[Deadline], *, calendar: Kazakhstan, today: date, soon: date
) -> Timeline | None:
    """Build the timeline of a case's required deadlines; None when none has a date. `soon`: until when one is
    near.
    """
    groups: dict[str, list[Deadline]] = {}
    for deadline in deadlines:
        if deadline.state != "not_required":
            groups.setdefault(deadline.obligation.id, []).append(deadline)
    days = sorted(on for group in groups.values() for deadline in group for on in _dates_of(deadline))
    if not days:
        return None
    recurs = any(group[0].period is not None for group in groups.values() if any(map(_dates_of, group)))
    first, last = _span(days, calendar, today, recurs=recurs)
    empty = Timeline(first=first, last=last, today=today)
    rows = {
        id: _row(group, empty, soon)
        for id, group in groups.items()
        if any(first <= on <= last for deadline in group for on in _dates_of(deadline))
    }
    due = [(id, deadline.due) for id, group in groups.items() for deadline in group if deadline.due]
    return Timeline(
        first=first,
        last=last,
        today=today,
        offs=list(_offs(empty, calendar)),
        rows=list(rows.values()),
        left_out=sum(1 for id, on in due if id not in rows or not first <= on <= last),
    )


def _dates_of(deadline: Deadline) -> list[date]:
    """Return its due, plan and done dates, those it has."""
    return [on for on in (deadline.due, deadline.planned_on, deadline.done_on) if on is not None]


def _span(days: list[date], calendar: Kazakhstan, today: date, *, recurs: bool) -> tuple[date, date]:
    """Return the first and last day drawn: all these dates, and today if near, at most MAX_SPAN_DAYS days. So
    that a date far off does not compress the others, days are dropped from the end farther from the middle of
    the dates, or from today if a recurring obligation has begun.
    """
    middle = min(max(today, days[0]), days[-1]) if recurs else days[len(days) // 2]
    while (days[-1] - days[0]).days > MAX_SPAN_DAYS:
        days.pop(0 if middle - days[0] >= days[-1] - middle else -1)
    first, last = days[0], days[-1]
    if first - timedelta(days=MAX_DAYS_TO_TODAY) <= today <= last + timedelta(days=MAX_DAYS_TO_TODAY):
        first, last = min(first, today), max(last, today)
    margin = timedelta(days=MARGIN_DAYS)
    return max(first - margin, calendar.first), min(last + 2 * margin, calendar.last)


def _offs(timeline: Timeline, calendar: Kazakhstan) -> Iterator[Off]:
    """Yield the runs of days off; in a long timeline only those with a holiday."""
    with_weekends = (timeline.last - timeline.first).days <= MAX_DAYS_WITH_WEEKENDS
    for works, run in groupby(timeline.days, calendar.is_working_day):
        days = [calendar.day(on) for on in ([] if works else run)]
        names = tuple(dict.fromkeys(day.name for day in days if day.name))
        if days and (names or with_weekends):
            yield Off(days[0].on, days[-1].on, any(day.kind != "weekend" for day in days), names)


def _row(group: Sequence[Deadline], timeline: Timeline, soon: date) -> TimelineRow:
    """Return the row of an obligation, all of whose periods are given, without what lies outside the days."""
    first, last = timeline.first, timeline.last
    deadline = next((each for each in group if each.state in AWAITED), group[-1])
    looks = {each.id: status_on(each, today=timeline.today, soon=soon) for each in group}
    drawn = [shape for each in group for shape in _shapes(each, looks[each.id], first, last)]
    marks = [shape for shape in drawn if shape.kind not in ("window", "counted")]
    ends = sorted(marks, key=lambda mark: mark.first)
    is_date_left = bool(ends) and timeline.middle(ends[-1].first) > WIDTH - DATE_WIDTH
    dated = ends[0 if is_date_left else -1] if ends else None
    bars = [shape for shape in drawn if shape not in marks]
    return TimelineRow(deadline, looks[deadline.id], [*bars, *marks], dated, is_date_left)


def _shapes(deadline: Deadline, look: DeadlineStatus, first: date, last: date) -> Iterator[Shape]:
    """Yield what is drawn of a deadline within the days, in drawing order: no counted days over the window, a
    plan date around the due date, no plan date once done.
    """
    due, anchor, opens = deadline.due, deadline.anchor_on, deadline.opens
    has_window = False
    if due is not None and opens is not None and first <= opens <= due <= last:
        has_window = True
        yield Shape("window", look, opens, due)
    if due is not None and anchor is not None and not (has_window and anchor < due):
        start, end = sorted((due, anchor))
        if first <= start < end <= last:
            yield Shape("counted", look, start, end)
    planned = None if deadline.done_on else deadline.planned_on
    marks: Mapping[Kind, date | None] = {"planned": planned, "due": due, "done": deadline.done_on}
    for kind, on in marks.items():
        if on is not None and first <= on <= last:
            yield Shape(kind, look, on, on)
