"""Plans notices from board rows whose reminder step is due, and determines their next steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from notifications.channels import Channel, language_of
from notifications.daily import Dispatch, bundle_of
from notifications.notice import Notice, message_id
from notifications.ports import Settlement
from notifications.recipients import RoundProblem, channels_for, resolve_recipients
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Obligation, Procedure
from workflow.org.office import Recipient
from workflow.refusal import Refusal
from workflow.reminders import (
    HIMSELF,
    SLIPPED,
    Reminder,
    ScheduledStep,
    following_step,
    next_step,
    steps_of,
    undated_kind,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedNotice:
    """A planned notice: its recipient, the reason and the time. `notice` is the one that would be queued."""

    reminder: Reminder
    recipient: Recipient
    notice: Notice


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """The plan for one page of rows."""

    rows: int
    planned: list[PlannedNotice]
    problems: list[RoundProblem]
    settlements: list[Settlement]


@dataclass(frozen=True)
class Planner(Dispatch):
    """Plans pages of rows; reads the office once, the cases of a page together."""

    _editions: dict[str, Procedure] = field(default_factory=dict, init=False)

    def page(self, rows: Sequence[Row]) -> PlannedPage:
        cases = self.outbox.cases({row.case for row in rows})
        page = PlannedPage(len(rows), [], [], [])
        for row in rows:
            try:
                self._row(row, cases[row.case], page)
            except (Refusal, LookupError) as trouble:
                # An edition that is no longer there: the row keeps its day and is
                # named in every round until somebody mends it.
                page.problems.append(
                    RoundProblem(
                        case=row.case,
                        obligation=row.obligation,
                        code="letter.problem_unplanned",
                        arguments={"problem": str(trouble)},
                    )
                )
        return page

    def _row(self, row: Row, case: Case, page: PlannedPage) -> None:
        assert row.next_step_on is not None
        procedure = self._edition(case.edition)
        obligation = entry_obligation(case, procedure, row.obligation)
        steps = steps_of(case, procedure, row.obligation, row, self.calendar, today=self.today)
        come = next_step(steps, today=self.today)
        planned: list[PlannedNotice] = []
        following = come
        if come is not None and come.on <= self.today:
            planned, problems = self._planned(row, case, obligation, come)
            page.problems.extend(problems)
            if problems and not planned:
                return
            following = following_step(steps, after=self.today)
        page.planned.extend(planned)
        page.settlements.append(
            Settlement(
                case=row.case,
                obligation=row.obligation,
                due=row.due,
                step_on=row.next_step_on,
                notices=tuple(planned_notice.notice for planned_notice in planned),
                next_step=following.id if following else None,
                next_step_on=following.on if following else None,
            )
        )

    def _edition(self, name: str) -> Procedure:
        """Return the edition of a name, read once. Raises UnknownProcedure."""
        if name not in self._editions:
            self._editions[name] = self.library.named(name)
        return self._editions[name]

    def _planned(
        self, row: Row, case: Case, obligation: Obligation, come: ScheduledStep
    ) -> tuple[list[PlannedNotice], list[RoundProblem]]:
        step = come.step
        people, nobody = resolve_recipients(self.office, case, obligation, row.obligation, step, on=self.today)
        unasked: set[str] = set()
        if come.id in SLIPPED and come.on < self.today and HIMSELF[0] not in step.to:
            # Missed questions are included in this one: people responsible who were not asked yet are notified
            # too.
            asking = step.replaced(to=(*HIMSELF, *step.to))
            first = {recipient.person.key for recipient in people}
            people, nobody = resolve_recipients(
                self.office, case, obligation, row.obligation, asking, on=self.today
            )
            unasked = {recipient.person.key for recipient in people} - first
        problems = [
            RoundProblem(
                case=row.case,
                obligation=row.obligation,
                code="letter.problem_nobody",
                arguments={"duty": missing.duty, "unit": missing.unit or "–"},
            )
            for missing in nobody
        ]
        planned: dict[str, PlannedNotice] = {}
        quiet = case.quiet.get(row.obligation)
        for addressee in people:
            if quiet is not None and addressee.person.key == quiet.person and self.today < quiet.until:
                continue
            reached = channels_for(addressee, self.channels, self.office)
            if not reached:
                channels = tuple(channel.name for channel in self.channels)
                problems.append(
                    RoundProblem(
                        case=row.case,
                        obligation=row.obligation,
                        code="letter.problem_no_address",
                        arguments={"person": addressee.person.name, "channel": ", ".join(channels)},
                    )
                )
            for channel, recipient in reached:
                notice = self._planned_notice(row, come, recipient, channel)
                planned.setdefault(notice.notice.key, notice)
        return [notice for notice in planned.values() if not self._got_question(notice, unasked)], problems

    def _got_question(self, planned: PlannedNotice, unasked: Collection[str]) -> bool:
        """Return whether one of these people got an earlier question about the same plan date."""
        if planned.reminder.person not in unasked:
            return False
        keys = [replace(planned.reminder, step=step).key(planned.notice.channel) for step in SLIPPED]
        return bool(self.outbox.existing_keys(keys))

    def _planned_notice(
        self, row: Row, come: ScheduledStep, recipient: Recipient, channel: Channel
    ) -> PlannedNotice:
        reminder = Reminder(
            case=row.case,
            obligation=row.obligation,
            due=come.about,
            step=come.id,
            on=come.on,
            person=recipient.person.key,
        )
        key = reminder.key(channel.name)
        notice = Notice(
            key=key,
            case=row.case,
            obligation=row.obligation,
            due=come.about,
            step=come.id,
            person=recipient.person.key,
            channel=channel.name,
            address=channel.address(recipient.person) or "",
            language=language_of(channel, recipient.person),
            queued_at=self.now,
            not_before=self.times.opening(recipient.person.key, self.now, due=come.about),
            message_id=message_id(key, self.rules.domain),
            bundle=bundle_of(
                recipient.person,
                self.times.days(recipient.person.key),
                today=self.today,
                due=None if undated_kind(come.id) in ("open", "points") else come.about,
            ),
            about={"on": come.on.isoformat()} if come.on < self.today else {},
        )
        return PlannedNotice(reminder=reminder, recipient=recipient, notice=notice)
