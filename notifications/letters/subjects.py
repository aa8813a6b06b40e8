"""Finds the deadline a notice is about, as of today, for its letter; or that there is nothing left to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from notifications.channels import Channel
from notifications.dispatch import Dispatch
from notifications.letter_links import answer_address, choice_address, rarer_than
from notifications.letters.texts import Matter
from notifications.notice import ANSWER_DAY, INSTEAD_OF, Notice
from notifications.recipients import channels_for, resolve_recipients
from workflow.cases.case import Case, Event, withdrawn_lines
from workflow.cases.registers.assignments import assignments
from workflow.cases.states import AWAITED
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import holds_on, is_overdue
from workflow.deadlines.register_deadlines import withdrawn_deadline
from workflow.deadlines.resolver import deadline as one_deadline
from workflow.law.procedure import Procedure, Step
from workflow.org.duties import stand_in
from workflow.org.office import Person, Recipient
from workflow.reminders import PLAN_STEPS, RESPONSIBLE, SLIPPED, is_about, step_named, undated_kind


class Matters:
    """The subjects of the notices of one batch; computes each deadline once."""

    def __init__(
        self, dispatch: Dispatch, cases: Mapping[str, Case], *, comments: Sequence[Event] = ()
    ) -> None:
        self.office = dispatch.office
        self.channels = dispatch.channels
        self.library = dispatch.library
        self.calendar, self.times = dispatch.calendar, dispatch.times
        self.today = dispatch.moment.today
        self.rules = dispatch.rules
        self.redirected: list[tuple[Notice, Channel, Person]] = []
        self._stakes = dispatch.stakes
        self._cases = cases
        self._deadlines: dict[tuple[str, str], Deadline | None] = {}
        self._withdrawn = {(event.case, seq) for event in comments for seq in withdrawn_lines(event.payload)}
        self._answered = {
            (event.case, event.payload["answers"])
            for event in comments
            if "answers" in event.payload and (event.case, event.seq) not in self._withdrawn
        }

    def of(self, notice: Notice) -> Matter | None:
        """Return the subject of a notice about one deadline; None when it no longer applies.

        Raises:
            Refusal: the case's edition is missing.
            LookupError: the case is missing.
        """
        case = self._cases[notice.case]
        procedure = self.library.of(case)
        place = (notice.case, notice.obligation)
        if place not in self._deadlines:
            self._deadlines[place] = one_deadline(
                case, procedure, self.calendar, notice.obligation, today=self.today
            )
        deadline = self._deadlines[place]
        if deadline is None and notice.kind == "moved":
            # Its register row was withdrawn: recipients of the old date are notified.
            deadline = withdrawn_deadline(case, procedure, self.calendar, notice.obligation, due=notice.due)
        if deadline is None or not self._holds(notice, deadline):
            return None
        if undated_kind(notice.step) == "points" and _begins_in_a_later_year(case, procedure, self.today):
            return None
        return self._matter(notice, case, procedure, deadline)

    def to_send(self, notice: Notice) -> Matter | None:
        """Return the subject of a notice about one deadline; None when it does not apply or is for others now.

        Those others are added to `redirected`.

        Raises:
            Refusal: the case's edition is missing.
            LookupError: the case is missing, or there is nobody to send it to.
        """
        matter = self.of(notice)
        successors = None if matter is None else self._successors(notice, matter)
        if successors is None:
            return matter
        self.redirected += [(notice, channel, person) for channel, person in successors]
        return None

    def is_still_for(self, notice: Notice) -> bool:
        """Return whether the recipient is still in the office, what it tells of is not withdrawn, and the
        question or assignment it is about is open.

        True for reminders and moved dates, of which `to_send` decides, and for accounts and campaigns.
        """
        if notice.kind in ("comment", "letter", "lost", "calendar") and notice.person not in self.office.people:
            return False
        line = notice.case, notice.about.get("line")
        if line in self._withdrawn or (notice.step == ANSWER_DAY and line in self._answered):
            return False
        place, case = str(notice.about.get("place", "")), self._cases.get(notice.case)
        if case is None or notice.about.get("kind") not in ("assignment", "extension"):
            return True
        given = assignments(case).get(int(place.removeprefix("given-")))
        return given is not None and given.is_open

    def address(self, notice: Notice) -> str:
        """Return the recipient's address of today; an account's letters go where they were addressed to."""
        person = self.office.people.get(notice.person)
        channel = next((channel for channel in self.channels if channel.name == notice.channel), None)
        if person is None or channel is None or notice.kind == "account":
            return notice.address
        return channel.address(person) or notice.address

    def _successors(self, notice: Notice, matter: Matter) -> Sequence[tuple[Channel, Person]] | None:
        """Return who is to be told instead; None while it is for the person it was queued for.

        A reminder is for whom its step is for today. A moved date is for whoever knew the old one, or stands in
        for them.
        """
        if matter.recipient is not None:
            return None
        case, id = matter.case, matter.deadline.id
        step = step_named(case, matter.procedure, id, notice.due, self.calendar, notice.step)
        if notice.kind != "reminder" or step is None:
            person = self.office.people.get(notice.person)
            present = stand_in(self.office, person, self.today) if person is not None else None
            if person is None:
                return ()
            if present in (person, None):
                return None
            recipients: Sequence[Recipient] = (Recipient(person=present, why="deputy", instead_of=person),)
        else:
            if notice.person in self._asked_late(notice, matter, step):
                return None
            recipients = self._told(notice, matter, step)
        reached = [
            (channel, recipient.person)
            for addressee in recipients
            for channel, recipient in channels_for(addressee, self.channels, self.office)
        ]
        if not reached:
            raise LookupError(f"nobody to send {notice.obligation} to")
        return reached

    def _told(self, notice: Notice, matter: Matter, step: Step) -> tuple[Recipient, ...]:
        """Return the recipients of a step by the office as of today."""
        people, _ = resolve_recipients(
            self.office, matter.case, matter.deadline.obligation, notice.obligation, step, on=self.today
        )
        return people

    def _asked_late(self, notice: Notice, matter: Matter, step: Step) -> frozenset[str]:
        """Return the people responsible (keys), if the notice stands for missed questions about a plan date;
        else nobody.
        """
        if notice.step not in SLIPPED or "on" not in notice.about:
            return frozenset()
        asked = self._told(notice, matter, replace(step, to=RESPONSIBLE))
        return frozenset(recipient.person.key for recipient in asked)

    def case(self, notice: Notice) -> Case:
        """Return the case of a notice. Raises LookupError for one that is missing."""
        return self._cases[notice.case]

    def name(self, notice: Notice) -> str:
        """Return the recipient's name in the notice's language; of somebody unknown the address."""
        person = self.office.people.get(notice.person)
        return person.name_in(notice.language) if person else notice.address

    def settings(self, notice: Notice) -> tuple[str, bool]:
        """Return the address where the recipient chooses how to be reminded, and whether one-click
        unsubscription is offered there.

        Their own page when letters link to pages; else the officer to write to.
        """
        person = self.office.people.get(notice.person)
        if person is not None and (address := choice_address(self.rules, person.key)):
            rarer = rarer_than(person.digest, notice.kind)
            return (f"{address}/{rarer}", True) if rarer else (address, False)
        officer = self.office.officer_of_last_resort
        return (f"mailto:{officer.email}?subject=Merzim" if officer and officer.email else "", False)

    def _holds(self, notice: Notice, deadline: Deadline) -> bool:
        """Return whether the notice still says what is so: the deadline has the date it was queued for and
        waits for it; or, of a date withdrawn, still has none that is valid.
        """
        if undated_kind(notice.step):
            return deadline.state in AWAITED and is_about(deadline, notice.step, notice.due)
        if notice.step in PLAN_STEPS:
            overdue = is_overdue(deadline, today=self.today)
            return deadline.state in AWAITED and deadline.planned_on == notice.due and not overdue
        waited_for = deadline.state in AWAITED and deadline.due is not None
        if notice.kind == "reminder" and not holds_on(deadline, self.today):
            # The date it is computed from has passed, so that it is not late and nobody is reminded.
            return False
        if notice.kind == "moved" and notice.step == "withdrawn":
            awaited = waited_for and not holds_on(deadline, self.today)
            return awaited if waited_for else deadline.state not in ("done", "missed")
        return waited_for and deadline.due == notice.due

    def _matter(self, notice: Notice, case: Case, procedure: Procedure, deadline: Deadline) -> Matter:
        """Return the subject of a notice with all its letter mentions, by the office as of today."""
        recipients = self._recipients(notice, case, procedure, deadline)
        unit, stake, kind = self.office.units.get(case.unit), None, undated_kind(notice.step)
        if self._stakes is not None:
            indicator = deadline.obligation.indicator
            stake = self._stakes.of(case.unit, indicator, deadline.period, deadline.due)
        return Matter(
            case=case,
            procedure=procedure,
            deadline=deadline,
            unit=unit.name_in(notice.language) if unit else case.unit,
            name=self.name(notice),
            recipient=recipients.get(notice.person),
            others=tuple(
                recipient.person.name_in(notice.language)
                for key, recipient in recipients.items()
                if key != notice.person
            ),
            public_address=self.rules.public_address,
            answer=answer_address(self.rules, notice),
            planned=notice.step in PLAN_STEPS,
            # Of points speaks who has some at stake by it.
            undated="year" if kind == "points" and stake is None else kind,
            about=notice.due,
            stake=stake,
        )

    def _recipients(
        self, notice: Notice, case: Case, procedure: Procedure, deadline: Deadline
    ) -> Mapping[str, Recipient]:
        """Return the recipients of the same step by key, by the office as of today."""
        step = step_named(case, procedure, deadline.id, notice.due, self.calendar, notice.step)
        if step is None:
            return {}
        people, _ = resolve_recipients(
            self.office, case, deadline.obligation, notice.obligation, step, on=self.today
        )
        recipients: dict[str, Recipient] = {}
        for recipient in people:
            for _, reached in channels_for(recipient, self.channels, self.office):
                recipients.setdefault(reached.person.key, reached)
        officer = self.office.people.get(notice.person)
        unreached = recipients.get(str(notice.about.get(INSTEAD_OF, "")))
        if officer is not None and unreached is not None:
            instead = Recipient(person=officer, why="unreachable", instead_of=unreached.person)
            recipients.setdefault(officer.key, instead)
        return recipients


def _begins_in_a_later_year(case: Case, procedure: Procedure, today: date) -> bool:
    """Return whether a case begins after this year, so that none of this year's points hang on it."""
    on = case.day_of(procedure.begins_with)
    return on is not None and on.year > today.year
