"""Finds the deadline a notice is about, as of today, for its letter; or that there is nothing left to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from notifications.dispatch import Dispatch
from notifications.letter_links import answer_address, choice_address, rarer_than
from notifications.letters.deadlines import DayRelation, Matter, relation_to
from notifications.notice import ANSWER_DAY, INSTEAD_OF, Notice
from notifications.recipients import reached, resolve_recipients
from workflow.cases.case import AWAITED, Case, Event, withdrawn_lines
from workflow.cases.registers.assignments import assignments
from workflow.deadlines.deadline import Deadline, holds_on, is_overdue
from workflow.deadlines.register_deadlines import withdrawn_deadline
from workflow.deadlines.resolver import deadline as one_deadline
from workflow.law.procedure import Obligation, Step
from workflow.org.duties import stand_in
from workflow.org.office import Person, Recipient
from workflow.reminders import PLAN_STEPS, RESPONSIBLE, SLIPPED, is_about, step_named, undated_kind
from workflow.scoring.prospects import Stake


class Matters:
    """The subjects of the notices of one batch; computes each deadline once.

    Attributes:
        redirected: notices that are to go to another person.
    """

    def __init__(
        self, dispatch: Dispatch, cases: Mapping[str, Case], *, comments: Sequence[Event] = ()
    ) -> None:
        self.dispatch = dispatch
        self.office = dispatch.office
        self.today = dispatch.moment.today
        self.rules = dispatch.rules
        self.redirected: list[tuple[Notice, Person]] = []
        self._cases = cases
        self._deadlines: dict[tuple[str, str], Deadline | None] = {}
        self._withdrawn = {(event.case, seq) for event in comments for seq in withdrawn_lines(event.payload)}
        self._answered = {
            (event.case, event.payload["answers"])
            for event in comments
            if "answers" in event.payload and (event.case, event.seq) not in self._withdrawn
        }

    def of(self, notice: Notice) -> Matter | None:
        """Return the subject of a notice about one deadline; None when it does not apply or is for others now,
        who are added to `redirected`.

        Raises:
            Refusal: the case's edition is missing.
            LookupError: the case is missing, or there is nobody to send it to.
        """
        deadline = self._deadline(notice)
        if deadline is None:
            return None
        case = self._cases[notice.case]
        procedure = self.dispatch.library.of(case)
        step = step_named(case, procedure, deadline.id, notice.due, self.dispatch.calendar, notice.step)
        told = self._told(case, deadline.obligation, notice, step)
        recipients = self._recipients(notice, told)
        if notice.person not in recipients:
            successors = self._successors(notice, case, deadline.obligation, step, told)
            if successors is not None:
                self.redirected += [(notice, person) for person in successors]
                return None
        unit, stakes = self.office.units.get(case.unit), self.dispatch.stakes
        indicator = deadline.obligation.indicator
        stake = stakes.of(case.unit, indicator, deadline.period, deadline.due) if stakes is not None else None
        return Matter(
            case=case,
            procedure=procedure,
            obligation=deadline.obligation,
            id=deadline.id,
            relation=self._relation(notice, deadline.obligation, stake),
            page=f"{self.rules.public_address}/cases/{case.id}",
            notice=notice,
            deadline=deadline,
            unit=unit.name_in(notice.language) if unit else case.unit,
            name=self.name(notice),
            recipient=recipients.get(notice.person),
            others=tuple(
                recipient.person.name_in(notice.language)
                for key, recipient in recipients.items()
                if key != notice.person
            ),
            answer=answer_address(self.rules, notice),
            stake=stake,
        )

    def _relation(self, notice: Notice, obligation: Obligation, stake: Stake | None) -> DayRelation:
        """Return how today relates to the day a notice is about."""
        word = undated_kind(notice.step)
        if word == "points" and stake is None:
            # Of points speaks who has some at stake by it.
            word = "year"
        elif word == "open" and obligation.options:
            word = "asked"
        if word:
            return DayRelation(word=word, day=notice.due, today=self.today)
        planned = notice.step in PLAN_STEPS
        return relation_to(notice.due, self.dispatch.calendar, today=self.today, planned=planned)

    def _deadline(self, notice: Notice) -> Deadline | None:
        """Return the deadline of a notice; None when the notice does not say what is so any more."""
        case = self._cases[notice.case]
        procedure, calendar = self.dispatch.library.of(case), self.dispatch.calendar
        place = (notice.case, notice.obligation)
        if place not in self._deadlines:
            self._deadlines[place] = one_deadline(
                case, procedure, calendar, notice.obligation, today=self.today
            )
        deadline = self._deadlines[place]
        if deadline is None and notice.kind == "moved":
            # Its register row was withdrawn: recipients of the old date are notified.
            deadline = withdrawn_deadline(case, procedure, notice.obligation, due=notice.due)
        if deadline is None or not self._holds(notice, deadline):
            return None
        begins = case.day_of(procedure.begins_with)
        # None of this year's points hang on a case that begins in a later year.
        is_later = begins is not None and begins.year > self.today.year
        return None if is_later and undated_kind(notice.step) == "points" else deadline

    def _holds(self, notice: Notice, deadline: Deadline) -> bool:
        """Return whether the notice still says what is so: the deadline has the date it was queued for and
        waits for it; or, of a date withdrawn, still has none that is valid.
        """
        is_awaited = deadline.state in AWAITED
        if undated_kind(notice.step):
            return is_awaited and is_about(deadline, notice.step, notice.due)
        if notice.step in PLAN_STEPS:
            overdue = is_overdue(deadline, today=self.today)
            return is_awaited and deadline.planned_on == notice.due and not overdue
        is_dated, is_valid = is_awaited and deadline.due is not None, holds_on(deadline, self.today)
        if notice.kind == "moved" and notice.step == "withdrawn":
            return not is_valid if is_dated else deadline.state not in ("done", "missed")
        # Of a date that holds no more (what it is computed from has passed) nobody is reminded.
        return is_dated and deadline.due == notice.due and (is_valid or notice.kind != "reminder")

    def _told(
        self, case: Case, obligation: Obligation, notice: Notice, step: Step | None
    ) -> tuple[Recipient, ...]:
        """Return the recipients of a step by the office as of today; nobody of one that is no more."""
        if step is None:
            return ()
        return resolve_recipients(self.office, case, obligation, notice.obligation, step, on=self.today)[0]

    def _reached(self, people: Sequence[Recipient]) -> list[Recipient]:
        """Return these people, or the officer in the place of whom no channel reaches."""
        told = (reached(recipient, self.dispatch.channels, self.office) for recipient in people)
        return [recipient for recipient in told if recipient is not None]

    def _recipients(self, notice: Notice, told: Sequence[Recipient]) -> Mapping[str, Recipient]:
        """Return by key the people whom channels reach, and the officer where they got the notice in the place
        of one of them.
        """
        recipients: dict[str, Recipient] = {}
        for recipient in self._reached(told):
            recipients.setdefault(recipient.person.key, recipient)
        officer = self.office.people.get(notice.person)
        unreached = recipients.get(str(notice.about.get(INSTEAD_OF, "")))
        if officer is not None and unreached is not None:
            instead = Recipient(person=officer, why="unreachable", instead_of=unreached.person)
            recipients.setdefault(officer.key, instead)
        return recipients

    def _successors(
        self, notice: Notice, case: Case, obligation: Obligation, step: Step | None, told: Sequence[Recipient]
    ) -> Sequence[Person] | None:
        """Return who is to be told instead; None while it is for the person it was queued for.

        A reminder is for whom its step is for today; that of missed questions about a plan date also for the
        people responsible. A moved date is for whoever knew the old one, or stands in for them.
        """
        if notice.kind != "reminder" or step is None:
            person = self.office.people.get(notice.person)
            if person is None:
                return ()
            present = stand_in(self.office, person, self.today)
            if present in (person, None):
                return None
            told = (Recipient(person=present, why="deputy", instead_of=person),)
        elif notice.step in SLIPPED and "on" in notice.about:
            asked = self._told(case, obligation, notice, replace(step, to=RESPONSIBLE))
            if any(recipient.person.key == notice.person for recipient in asked):
                return None
        successors = [recipient.person for recipient in self._reached(told)]
        if not successors:
            raise LookupError(f"nobody to send {notice.obligation} to")
        return successors

    def is_still_for(self, notice: Notice) -> bool:
        """Return whether the recipient is still in the office, what it tells of is not withdrawn, and the
        question or assignment it is about is open.

        True for reminders and moved dates, of which `of` decides, and for accounts and campaigns.
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

    def case(self, notice: Notice) -> Case:
        """Return the case of a notice. Raises LookupError for one that is missing."""
        return self._cases[notice.case]

    def address(self, notice: Notice) -> str:
        """Return the recipient's address of today; an account's letters go where they were addressed to."""
        person = self.office.people.get(notice.person)
        by_name = {channel.name: channel for channel in self.dispatch.channels}
        if person is None or notice.channel not in by_name or notice.kind == "account":
            return notice.address
        return by_name[notice.channel].address(person) or notice.address

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
