"""A round: turns board rows whose step is due into notices, each once, and moves them to their next steps.

Letters are composed when they are sent (letters/daily.py), not here: a notice may wait for office hours or
a server for days, and "5 working days left" must be true on the day it is read. An obligation fulfilled while
its letter waited is not reminded of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from notifications.daily import DAY, bundle_of, first_of_week, queue_letters
from notifications.dispatch import Dispatch, Move, Settlement
from notifications.event_notices import comment_notices, move_notices
from notifications.notice import Notice
from notifications.recipients import resolve_recipients
from workflow.cases.case import Case
from workflow.deadlines.deadline import Row
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.org.office import Person, Recipient
from workflow.refusal import Refusal
from workflow.reminders import (
    RESPONSIBLE,
    SLIPPED,
    ScheduledStep,
    following_step,
    next_step,
    steps_of,
    undated_kind,
)

PAGE = 500
FROM_MONTH = 11
"""From 1 November on the officer is reminded to confirm next year's production calendar."""
LAST_DAYS = 5
"""The last working days of the year: the officer is reminded on each of them, before them once a week."""


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """A notice of a reminder step that would be queued, and why its recipient is told."""

    recipient: Recipient
    notice: Notice


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundProblem:
    """Something a round could not do, as a code with arguments (rendered by i18n/). Always shown to users."""

    case: str
    obligation: str
    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class RoundReport:
    """The result of a round, or of its preview: the number of board rows whose step was due, the notices of
    these steps, and others: moved dates, comments, the calendar's call.

    `queued`: number of new notices queued, without the letters that carry them; None: nothing was written.
    """

    rows: int = 0
    planned: list[PlannedNotice] = field(default_factory=list)
    problems: list[RoundProblem] = field(default_factory=list)
    others: Sequence[Notice] = ()
    queued: int | None = None


def plan(dispatch: Dispatch) -> RoundReport:
    """Return what a round would do, without writing; of other notices than those of steps the first page."""
    report = RoundReport()
    for rows in _due_pages(dispatch):
        plan_page(dispatch, rows, report)
    calls = calendar_calls(dispatch)
    known = dispatch.outbox.states({call.key for call in calls})
    told = [notice for settlement in plan_news(dispatch) for notice in settlement.notices]
    report.others = [*told, *(call for call in calls if call.key not in known)]
    return report


def round(dispatch: Dispatch) -> RoundReport:
    """Run one round. Repeating it, even at the same time in another process, adds nothing.

    Each page of rows is a transaction of its own, so that its letters may leave while the next is planned.
    """
    outbox, report, queued = dispatch.outbox, RoundReport(), 0
    for rows in _due_pages(dispatch):
        queued += outbox.settle(plan_page(dispatch, rows, report))
    others = list[Notice]()
    while settlements := plan_news(dispatch):
        queued += outbox.settle(settlements)
        others += [notice for settlement in settlements for notice in settlement.notices]
    calls = calendar_calls(dispatch)
    report.queued = queued + outbox.add(calls)
    report.others = [*others, *calls]
    queue_letters(dispatch)
    return report


def plan_news(dispatch: Dispatch) -> list[Settlement]:
    """Return the decisions of a round about a page of the dates that moved and the events that concern people
    since the last one: whom to tell.
    """
    news = (
        (about, move_notices(about, dispatch) if isinstance(about, Move) else comment_notices(about, dispatch))
        for about in dispatch.outbox.news(limit=PAGE)
    )
    return [Settlement(about=about, notices=tuple(notices)) for about, notices in news]


def _due_pages(dispatch: Dispatch) -> Iterator[Sequence[Row]]:
    """Yield all rows whose step has come, page by page; each is planned before the next is read."""
    after: tuple[date, str, str] | None = None
    while rows := dispatch.outbox.due_rows(dispatch.moment.today, limit=PAGE, after=after):
        yield rows
        last = rows[-1]
        if len(rows) < PAGE or last.next_step_on is None:
            return
        after = (last.next_step_on, last.case, last.obligation)


def plan_page(dispatch: Dispatch, rows: Sequence[Row], report: RoundReport) -> list[Settlement]:
    """Return the decisions of a round about these rows; the notices of the steps that have come, and a problem
    for each row that could not be planned, are added to the report.
    """
    cases = dispatch.outbox.cases({row.case for row in rows})
    settlements = []
    report.rows += len(rows)
    for row in rows:
        try:
            if (settlement := _plan_row(dispatch, row, cases[row.case], report)) is not None:
                settlements.append(settlement)
        except (Refusal, LookupError) as trouble:
            # An edition that is no longer there: the row keeps its day and is
            # named in every round until somebody mends it.
            report.problems.append(_problem(row, "unplanned", problem=str(trouble)))
    return settlements


def _plan_row(dispatch: Dispatch, row: Row, case: Case, report: RoundReport) -> Settlement | None:
    """Return the notices of a row's step that has come, if one has, and the day of the step after it; None of a
    step that reaches nobody, which is left to be tried again.
    """
    today, procedure = dispatch.moment.today, dispatch.library.of(case)
    steps = steps_of(case, procedure, row.obligation, row, dispatch.calendar, today=today)
    following = next_step(steps, today=today)
    planned: list[PlannedNotice] = []
    if following is not None and following.on <= today:
        planned, problems = _plan_step(dispatch, row, case, following)
        report.problems += problems
        if problems and not planned:
            return None
        following = following_step(steps, after=today)
    report.planned += planned
    return Settlement(
        about=row,
        notices=tuple(planned_notice.notice for planned_notice in planned),
        next_step_on=following.on if following else None,
    )


def _plan_step(
    dispatch: Dispatch, row: Row, case: Case, come: ScheduledStep
) -> tuple[list[PlannedNotice], list[RoundProblem]]:
    """Return the notices of a step to everybody it tells (but who said it is done), and what keeps it from
    telling others.
    """
    step, today, office = come.step, dispatch.moment.today, dispatch.office
    obligation = entry_obligation(case, dispatch.library.of(case), row.obligation)
    people, nobody = resolve_recipients(office, case, obligation, row.obligation, step, on=today)
    unasked: set[str] = set()
    if come.id in SLIPPED and come.on < today and RESPONSIBLE[0] not in step.to:
        # A late round asks about a passed plan date (SLIPPED) those above at once: whom the step before should
        # have asked and did not, the people responsible, are asked with them.
        asking = replace(step, to=RESPONSIBLE)
        asked, unheld = resolve_recipients(office, case, obligation, row.obligation, asking, on=today)
        above = {recipient.person.key: recipient for recipient in people}
        everybody = above | {recipient.person.key: recipient for recipient in asked}
        people, unasked = tuple(everybody.values()), everybody.keys() - above.keys()
        nobody = (*unheld, *(missing for missing in nobody if missing not in unheld))
    problems = [_problem(row, "nobody", duty=missing.duty, unit=missing.unit or "–") for missing in nobody]
    planned: dict[str, PlannedNotice] = {}
    quiet = case.quiet.get(row.obligation)
    for addressee in people:
        if quiet is not None and addressee.person.key == quiet.person and today < quiet.until:
            continue
        recipient = dispatch.reached(addressee)
        if recipient is None:
            channels = ", ".join(channel.name for channel in dispatch.channels)
            problems.append(_problem(row, "no_address", person=addressee.person.name, channel=channels))
            continue
        for notice in _notices(dispatch, row, come, recipient.person):
            if not (recipient.person.key in unasked and _was_asked(dispatch, notice)):
                planned.setdefault(notice.key, PlannedNotice(recipient, notice))
    return [*planned.values()], problems


def _problem(row: Row, code: str, **arguments: object) -> RoundProblem:
    """Return why a row's step tells nobody, or not everybody; the code stands under `letter.problem_`."""
    return RoundProblem(
        case=row.case, obligation=row.obligation, code=f"letter.problem_{code}", arguments=arguments
    )


def _was_asked(dispatch: Dispatch, notice: Notice) -> bool:
    """Return whether the notice's reader got an earlier question about the same plan date."""
    keys = [notice.key.replace(f":{notice.step}:", f":{step}:", 1) for step in SLIPPED]
    return bool(dispatch.outbox.states(keys))


def _notices(dispatch: Dispatch, row: Row, come: ScheduledStep, person: Person) -> Iterator[Notice]:
    """Return the notices of a step to a person; their keys are `case:obligation:due:step:person:channel`."""
    due = come.about if undated_kind(come.id) not in ("open", "points") else None
    return dispatch.notices_to(
        person,
        f"{row.case}:{row.obligation}:{come.about.isoformat()}:{come.id}",
        case=row.case,
        obligation=row.obligation,
        due=come.about,
        step=come.id,
        bundle=bundle_of(person, dispatch, due=due),
        about={"on": come.on.isoformat()} if come.on < dispatch.moment.today else {},
    )


def calendar_calls(dispatch: Dispatch) -> list[Notice]:
    """Return the notices, one a channel, that call on the officer today to confirm next year's calendar."""
    today = dispatch.moment.today
    reader = dispatch.present_officer
    if reader is None or not is_next_year_unconfirmed(dispatch.calendar, today):
        return []
    days = dispatch.times.days(reader.key)
    try:
        left = days.count_working_days(today, date(today.year, 12, 31))
        is_called = first_of_week(today, days) or (days.is_working_day(today) and left <= LAST_DAYS)
    except OutOfRange:
        return []
    if not is_called:
        return []
    place = f"calendar:{today.isoformat()}"
    return [*dispatch.notices_to(reader, place, kind="calendar", due=today, step="", bundle=DAY)]


def is_next_year_unconfirmed(calendar: Kazakhstan, today: date) -> bool:
    """Return whether it is late in the year, and next year's production calendar is not confirmed yet."""
    year = today.year + 1
    if today.month < FROM_MONTH or year > calendar.last.year:
        return False
    return bool(calendar.provisional_years(date(year, 1, 1), date(year, 12, 31)))
