"""The timeline of a case: what is drawn on which day; the template asks where a day is and adds the texts.

One row per obligation, one column of pixels per day, from the first date of the case to the end of its
monitoring. All periods of a recurring obligation share one row.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from calendars.kazakhstan import Kazakhstan
from workflow.cases.states import AWAITED
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import DeadlineStatus, status_on
from workflow.law.procedure import Text

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
HALF_OF_TODAY = 70
"""Pixels the words of today may take on each side of its line."""

MarkKind = Literal["due", "done", "planned"]
BarKind = Literal["window", "counted"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Off:
    """A run of consecutive days off. `names`: codes of its holidays; `holiday`: whether it has one."""

    first: date
    last: date
    holiday: bool
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A bar. window: from the first day it can be done to the last; counted: between a deadline and its anchor.

    `look`: status of its deadline.
    """

    kind: BarKind
    look: DeadlineStatus
    first: date
    last: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A mark in a row: the due date, the planned day or the day it was done.

    `look`: status of its deadline.
    """

    kind: MarkKind
    look: DeadlineStatus
    on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineRow:
    """One row of the timeline; a recurring obligation has one row for all periods.

    `shown`: the date written beside its mark, with its status; `date_end`: whether it is written left of the
    mark.
    """

    id: str
    title: Text
    look: DeadlineStatus
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    due: date | None
    shown: date
    shown_look: DeadlineStatus
    date_end: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """The days drawn, and the place of each in pixels."""

    first: date
    last: date

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline(Scale):
    """The whole timeline.

    Attributes:
        months: the first and last day drawn of each.
        ticks: Mondays, at which the number of the day is written.
        left_out: number of deadlines with a due date that are not drawn.
    """

    months: tuple[tuple[date, date], ...]
    ticks: tuple[date, ...]
    offs: tuple[Off, ...]
    lines: tuple[TimelineRow, ...]
    today: date
    left_out: int
    width: int = WIDTH
    head: int = HEAD
    row: int = ROW

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.lines) + FOOT

    @property
    def today_x(self) -> float | None:
        return self.middle(self.today) if self.first <= self.today <= self.last else None

    @property
    def today_anchor(self) -> Literal["middle", "end"]:
        """Where today is named by its line, so that the right edge does not cut it."""
        return "end" if (self.today_x or 0) > WIDTH - HALF_OF_TODAY else "middle"

    @property
    def has_weekends(self) -> bool:
        return any(not off.holiday for off in self.offs)


def build_timeline(
    deadlines: Iterable[Deadline], *, calendar: Kazakhstan, today: date, soon: date
) -> Timeline | None:
    """Build the timeline of a case's deadlines that are required; None when none of them has a date.

    Args:
        soon: until when an open deadline counts as near.
    """
    required = [deadline for deadline in deadlines if deadline.state != "not_required"]
    dated = [group for group in _groups(required) if any(_dates_of(deadline) for deadline in group)]
    if not dated:
        return None
    first, last = _span(dated, calendar=calendar, today=today)
    scale = Scale(first=first, last=last)
    rows = [
        group for group in dated if any(first <= on <= last for deadline in group for on in _dates_of(deadline))
    ]
    due = [deadline.due for deadline in required if deadline.due is not None]
    drawn = [deadline.due for group in rows for deadline in group if deadline.due is not None]
    return Timeline(
        first=first,
        last=last,
        months=tuple(_months(first, last)),
        ticks=tuple(_ticks(scale)),
        offs=tuple(
            Off(
                first=run[0],
                last=run[-1],
                holiday=any(calendar.day(on).kind != "weekend" for on in run),
                names=names,
            )
            for run in _find_runs_off(first, last, calendar)
            for names in (_holiday_names(run, calendar),)
            if names or (last - first).days <= MAX_DAYS_WITH_WEEKENDS
        ),
        lines=tuple(_build_row(group, scale, today=today, soon=soon) for group in rows),
        today=today,
        left_out=len(due) - sum(first <= on <= last for on in drawn),
    )


def _groups(deadlines: Sequence[Deadline]) -> list[list[Deadline]]:
    """Return the deadlines by row: all periods of a recurring obligation together."""
    groups: dict[str, list[Deadline]] = {}
    for deadline in deadlines:
        groups.setdefault(deadline.obligation.id, []).append(deadline)
    return list(groups.values())


def _dates_of(deadline: Deadline) -> list[date]:
    """Return its due, plan and done dates, those it has."""
    return [on for on in (deadline.due, deadline.planned_on, deadline.done_on) if on is not None]


def _span(groups: Sequence[Sequence[Deadline]], *, calendar: Kazakhstan, today: date) -> tuple[date, date]:
    """Return the first and last day drawn: all dates, and today if near, at most MAX_SPAN_DAYS days.

    So that a date far from the rest (a schedule approved half a year before) does not compress the others, days
    are dropped from the end farther from the middle of the dates, or from today if a recurring obligation has
    begun.
    """
    days = sorted(on for group in groups for deadline in group for on in _dates_of(deadline))
    recurs = any(group[0].period is not None for group in groups)
    middle = min(max(today, days[0]), days[-1]) if recurs else days[len(days) // 2]
    while (days[-1] - days[0]).days > MAX_SPAN_DAYS:
        days.pop(0 if middle - days[0] >= days[-1] - middle else -1)
    first, last = days[0], days[-1]
    if first - timedelta(days=MAX_DAYS_TO_TODAY) <= today <= last + timedelta(days=MAX_DAYS_TO_TODAY):
        first, last = min(first, today), max(last, today)
    margin = timedelta(days=MARGIN_DAYS)
    return max(first - margin, calendar.first), min(last + 2 * margin, calendar.last)


def _ticks(scale: Scale) -> Iterable[date]:
    """Yield the Mondays whose number has room; of narrow days those of the first and third week of a month."""
    on = scale.first + timedelta(days=-scale.first.weekday() % 7)
    while on <= scale.last:
        has_room = scale.step > NARROW_DAY or (on.day - 1) // 7 in (0, 2)
        if has_room and scale.x(on) <= WIDTH - TICK_WIDTH:
            yield on
        on += timedelta(weeks=1)


def _months(first: date, last: date) -> Iterable[tuple[date, date]]:
    """Yield the first and last day drawn of each month."""
    while first <= last:
        end = first.replace(day=monthrange(first.year, first.month)[1])
        yield first, min(end, last)
        first = end + timedelta(days=1)


def _find_runs_off(first: date, last: date, calendar: Kazakhstan) -> list[list[date]]:
    """Return the days off of a span, consecutive ones together."""
    runs: list[list[date]] = []
    for on in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        if calendar.is_working_day(on):
            continue
        if runs and runs[-1][-1] == on - timedelta(days=1):
            runs[-1].append(on)
        else:
            runs.append([on])
    return runs


def _holiday_names(run: Sequence[date], calendar: Kazakhstan) -> tuple[str, ...]:
    """Return the codes of the holidays among these days, each once."""
    names = (calendar.day(on).name for on in run)
    return tuple(dict.fromkeys(name for name in names if name))


def _build_row(group: Sequence[Deadline], scale: Scale, *, today: date, soon: date) -> TimelineRow:
    """Return the row of an obligation, all of whose periods are given, without what lies outside the scale."""
    first, last = scale.first, scale.last
    # Of several periods the row shows the first that is not done.
    deadline = next((occurrence for occurrence in group if occurrence.state in AWAITED), group[-1])
    looks = {occurrence.id: status_on(occurrence, today=today, soon=soon) for occurrence in group}
    marks = tuple(
        Mark(kind=kind, look=looks[occurrence.id], on=on)
        for occurrence in group
        for kind, on in _marks(occurrence)
        if on is not None and first <= on <= last
    )
    bars = tuple(
        Bar(kind=kind, look=looks[occurrence.id], first=begin, last=end)
        for occurrence in group
        for kind, begin, end in _bars(occurrence, first, last)
    )
    ends = sorted(marks, key=lambda mark: mark.on)
    near_right = bool(ends) and scale.middle(ends[-1].on) > WIDTH - 64
    nearest_mark = ends[0 if near_right else -1] if ends else None
    return TimelineRow(
        id=deadline.id,
        title=deadline.obligation.title,
        look=looks[deadline.id],
        bars=bars,
        marks=marks,
        due=deadline.due,
        shown=nearest_mark.on if nearest_mark else first,
        shown_look=nearest_mark.look if nearest_mark else looks[deadline.id],
        date_end=near_right,
    )


def _marks(deadline: Deadline) -> tuple[tuple[MarkKind, date | None], ...]:
    """Return the marks in drawing order: a plan date on the due date is drawn around it; a fulfilled one is not
    drawn.
    """
    planned = deadline.planned_on if deadline.done_on is None else None
    return (("planned", planned), ("due", deadline.due), ("done", deadline.done_on))


def _bars(deadline: Deadline, first: date, last: date) -> list[tuple[BarKind, date, date]]:
    """Return the bars of a row: the window, and the counted days unless they would cover the window."""
    bars: list[tuple[BarKind, date, date]] = []
    due, anchor = deadline.due, deadline.anchor_on
    opens = deadline.opens
    if due is not None and opens is not None and first <= opens <= due <= last:
        bars.append(("window", opens, due))
    if due is not None and anchor is not None and due != anchor:
        begin, end = min(due, anchor), max(due, anchor)
        if first <= begin and end <= last and not (bars and anchor < due):
            bars.append(("counted", begin, end))
    return bars
