"""Plans notices from board rows whose reminder step is due, and determines their next steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from notifications.channels import Channel
from notifications.daily import bundle_of
from notifications.dispatch import Dispatch, notice_to
from notifications.notice import Notice
from notifications.ports import Settlement
from notifications.recipients import RoundProblem, channels_for, resolve_recipients
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Obligation
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


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """A notice of a reminder step that would be queued, and why its recipient is told."""

    recipient: Recipient
    notice: Notice


@dataclass(kw_only=True, slots=True)
class RoundReport:
    """The result of a round, or of its preview.

    Attributes:
        rows: number of board rows whose step was due.
        planned: the planned notices of the steps; only the first of them when limited.
        others: other notices: moved dates, the calendar's call.
        queued: number of new notices queued, without the letters that carry them; None: nothing was written.
    """

    rows: int = 0
    planned: list[PlannedNotice] = field(default_factory=list)
    problems: list[RoundProblem] = field(default_factory=list)
    others: Sequence[Notice] = ()
    queued: int | None = None


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
    assert row.next_step_on is not None
    procedure = dispatch.library.of(case)
    obligation = entry_obligation(case, procedure, row.obligation)
    steps = steps_of(case, procedure, row.obligation, row, dispatch.calendar, today=dispatch.moment.today)
    following = next_step(steps, today=dispatch.moment.today)
    planned: list[PlannedNotice] = []
    if following is not None and following.on <= dispatch.moment.today:
        planned, problems = _plan_step(dispatch, row, case, obligation, following)
        report.problems += problems
        if problems and not planned:
            return None
        following = following_step(steps, after=dispatch.moment.today)
    report.planned += planned
    return Settlement(
        case=row.case,
        obligation=row.obligation,
        due=row.due,
        step_on=row.next_step_on,
        notices=tuple(planned_notice.notice for planned_notice in planned),
        next_step_on=following.on if following else None,
    )


def _plan_step(
    dispatch: Dispatch, row: Row, case: Case, obligation: Obligation, come: ScheduledStep
) -> tuple[list[PlannedNotice], list[RoundProblem]]:
    """Return the notices of a step to everybody it tells (but who said it is done), and what keeps it from
    telling others.
    """
    step, today = come.step, dispatch.moment.today
    people, nobody = resolve_recipients(dispatch.office, case, obligation, row.obligation, step, on=today)
    unasked: set[str] = set()
    if come.id in SLIPPED and come.on < today and RESPONSIBLE[0] not in step.to:
        # Missed questions are included in this one: people responsible who were not asked yet are notified
        # too.
        asking = replace(step, to=RESPONSIBLE)
        asked, unheld = resolve_recipients(dispatch.office, case, obligation, row.obligation, asking, on=today)
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
        reached = channels_for(addressee, dispatch.channels, dispatch.office)
        if not reached:
            channels = ", ".join(channel.name for channel in dispatch.channels)
            problems.append(_problem(row, "no_address", person=addressee.person.name, channel=channels))
        for channel, recipient in reached:
            notice = _notice(dispatch, row, come, recipient.person, channel)
            if notice is not None:
                planned.setdefault(notice.key, PlannedNotice(recipient, notice))
    return [
        planned_notice
        for planned_notice in planned.values()
        if planned_notice.notice.person not in unasked or not _was_asked(dispatch, planned_notice.notice)
    ], problems


def _problem(row: Row, code: str, **arguments: object) -> RoundProblem:
    """Return why a row's step tells nobody, or not everybody; the code stands under `letter.problem_`."""
    return RoundProblem(
        case=row.case, obligation=row.obligation, code=f"letter.problem_{code}", arguments=arguments
    )


def _was_asked(dispatch: Dispatch, notice: Notice) -> bool:
    """Return whether the notice's reader got an earlier question about the same plan date."""
    keys = [notice.key.replace(f":{notice.step}:", f":{step}:", 1) for step in SLIPPED]
    return bool(dispatch.outbox.existing_keys(keys))


def _notice(
    dispatch: Dispatch, row: Row, come: ScheduledStep, person: Person, channel: Channel
) -> Notice | None:
    """Return the notice of a step; its key is `case:obligation:due:step:person:channel`."""
    has_day = undated_kind(come.id) not in ("open", "points")
    return notice_to(
        person,
        channel,
        f"{row.case}:{row.obligation}:{come.about.isoformat()}:{come.id}",
        kind="reminder",
        case=row.case,
        obligation=row.obligation,
        due=come.about,
        step=come.id,
        now=dispatch.moment.now,
        leaves=dispatch.times.opening(person.key, dispatch.moment.now, due=come.about),
        rules=dispatch.rules,
        bundle=bundle_of(
            person,
            dispatch.times.days(person.key),
            today=dispatch.moment.today,
            due=come.about if has_day else None,
        ),
        about={"on": come.on.isoformat()} if come.on < dispatch.moment.today else {},
    )
