"""Finds what a notice says today: the deadline it is about, and for whom; or that nothing is left to say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from calendars.hours import local_date
from notifications.daily import WEEKLY
from notifications.dispatch import Dispatch
from notifications.letter_links import answer_address, choice_address
from notifications.letters.deadlines import DayRelation, Matter, relation_to
from notifications.notice import ANSWER_DAY, INSTEAD_OF, Notice, Outcome
from notifications.recipients import resolve_assignees, resolve_recipients
from notifications.round import is_next_year_unconfirmed
from workflow.cases.case import AWAITED, Case, withdrawn_lines
from workflow.cases.registers.assignments import assignments
from workflow.cases.registers.rows import number_of, row_kind
from workflow.deadlines.deadline import Deadline, holds_on, is_overdue
from workflow.deadlines.register_deadlines import withdrawn_deadline
from workflow.deadlines.resolver import deadline as one_deadline
from workflow.law.procedure import Step
from workflow.org.duties import stand_in
from workflow.org.office import Person, Recipient
from workflow.refusal import Refusal
from workflow.reminders import PLAN_STEPS, RESPONSIBLE, SLIPPED, is_about, step_named, step_order, undated_kind
from workflow.scoring.prospects import Stake

NOTHING_LEFT = Outcome(state="withdrawn", answer="")
Item = Matter | Notice
"""What a letter says of a notice: the deadline it is about, or the notice itself where it is about none."""


class Matters:
    """The subjects of the notices of one batch; computes each deadline once. `redirected`: notices that are to
    go to another person.
    """

    def __init__(self, dispatch: Dispatch, notices: Collection[Notice], related: Sequence[Notice]) -> None:
        outbox = dispatch.outbox
        self.dispatch, self.office, self.rules = dispatch, dispatch.office, dispatch.rules
        self.today = dispatch.moment.today
        self.redirected: list[tuple[Notice, Person]] = []
        self.cases = outbox.cases({notice.case for notice in notices if notice.case})
        self._deadlines: dict[tuple[str, str], Deadline | None] = {}
        comments = outbox.comments({notice.case for notice in notices if notice.kind == "comment"})
        self._withdrawn = {(event.case, seq) for event in comments for seq in withdrawn_lines(event.payload)}
        self._answered = {
            (event.case, event.payload["answers"])
            for event in comments
            if "answers" in event.payload and (event.case, event.seq) not in self._withdrawn
        }
        asking = [notice for notice in notices if notice.kind == "campaign"]
        self._awaited = outbox.awaited(asking, today=self.today) if asking else frozenset()
        self._related: dict[tuple[str, str, str], list[Notice]] = {}
        for other in related:
            self._related.setdefault((other.case, other.person, other.channel), []).append(other)

    def item(self, notice: Notice) -> Item | Outcome:
        """Return what a letter says of a notice; its outcome where it goes into no letter.

        Of one whose obligation is done, no longer required, or due on another day by now, nothing is left to
        say (`withdrawn`), nor of a comment withdrawn or a question answered, of one for somebody else by now,
        or superfluous beside another. One that cannot be written (its edition is missing) stays `queued`, in
        case that is corrected in time, and does not keep the others of its letter from being sent.
        """
        try:
            if self._is_superfluous(notice) or not self.is_still_for(notice):
                return NOTHING_LEFT
            if notice.kind in ("reminder", "moved"):
                return self._matter(notice) or NOTHING_LEFT
            if notice.kind == "comment":
                self.cases[notice.case]  # Raises where it is missing.
        except (Refusal, LookupError) as trouble:
            return put_off(trouble)
        return notice

    def is_still_for(self, notice: Notice) -> bool:
        """Return whether the recipient is still in the office, what it tells of is not withdrawn, and what it
        asks for is still awaited.

        True for reminders and moved dates, of which `item` decides.
        """
        if notice.kind in ("comment", "letter", "lost", "calendar") and notice.person not in self.office.people:
            return False
        match notice.kind:
            case "campaign":
                return notice.key in self._awaited
            case "calendar":
                return is_next_year_unconfirmed(self.dispatch.calendar, self.today)
            case "account":
                until = str(notice.about.get("until", "")) if notice.about["event"] == "invited" else ""
                return not until or local_date(datetime.fromisoformat(until)) >= self.today
        line = notice.case, notice.about.get("line")
        if line in self._withdrawn or (notice.step == ANSWER_DAY and line in self._answered):
            return False
        place, case = str(notice.about.get("place", "")), self.cases.get(notice.case)
        if case is None or notice.about.get("kind") not in ("assignment", "extension"):
            return True
        given = assignments(case).get(int(place.removeprefix("given-")))
        return given is not None and given.is_open

    def _is_superfluous(self, notice: Notice) -> bool:
        """Return whether another notice of the same case to the same person says the same: a later step of the
        deadline, or what goes out today and asks or gives what this one reminds of.
        """
        for other in self._related.get((notice.case, notice.person, notice.channel), ()):
            sent_today = other.sent_at is not None and local_date(other.sent_at) == self.today
            goes_on = sent_today or other.state in ("queued", "sending")
            if _is_newer_step(other, notice) or (goes_on and _tells_of(other, notice)):
                return True
        return False

    def _matter(self, notice: Notice) -> Matter | None:
        """Return the deadline a notice is about; None when it does not apply or is for others now, who are
        added to `redirected`.

        Raises Refusal or LookupError: the case or its edition is missing, or there is nobody to send it to.
        """
        case = self.cases[notice.case]
        procedure = self.dispatch.library.of(case)
        deadline = self._deadline(notice, case)
        if deadline is None:
            return None
        obligation = deadline.obligation
        step = step_named(case, procedure, deadline.id, notice.due, self.dispatch.calendar, notice.step)
        resolve = partial(resolve_recipients, self.office, case, obligation, notice.obligation, on=self.today)
        told = resolve(step)[0] if step is not None else ()
        recipients = self._recipients(notice, told)
        if notice.person not in recipients:
            successors = self._successors(notice, step, told, resolve)
            if successors is not None:
                self.redirected += [(notice, person) for person in successors]
                return None
        unit, stakes = self.office.units.get(case.unit), self.dispatch.stakes
        indicator, due = obligation.indicator, deadline.due
        stake = stakes(case.unit, indicator, deadline.period, due) if stakes is not None else None
        return Matter(
            case=case,
            procedure=procedure,
            obligation=obligation,
            id=deadline.id,
            relation=self._relation(notice, deadline, stake),
            page=f"{self.rules.public_address}/cases/{case.id}",
            notice=notice,
            deadline=deadline,
            unit=unit.name_in(notice.language) if unit else case.unit,
            name=self.name(notice),
            recipient=recipients.get(notice.person),
            people=resolve_assignees(self.office, case, obligation, deadline.id, on=self.today),
            others=tuple(
                recipient.person.name_in(notice.language)
                for key, recipient in recipients.items()
                if key != notice.person
            ),
            answer=answer_address(self.rules, notice),
            stake=stake,
        )

    def _relation(self, notice: Notice, deadline: Deadline, stake: Stake | None) -> DayRelation:
        """Return how today relates to the day a notice is about."""
        word = undated_kind(notice.step)
        if word == "points" and stake is None:
            # Of points speaks who has some at stake by it.
            word = "year"
        elif word == "open" and deadline.obligation.options:
            word = "asked"
        if word:
            return DayRelation(word=word, day=notice.due, today=self.today)
        planned = notice.step in PLAN_STEPS
        return relation_to(notice.due, self.dispatch.calendar, today=self.today, planned=planned)

    def _deadline(self, notice: Notice, case: Case) -> Deadline | None:
        """Return the deadline of a notice; None when the notice does not say what is so any more."""
        procedure, place = self.dispatch.library.of(case), (notice.case, notice.obligation)
        if place not in self._deadlines:
            self._deadlines[place] = one_deadline(
                case, procedure, self.dispatch.calendar, notice.obligation, today=self.today
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

    def _reached(self, people: Sequence[Recipient]) -> list[Recipient]:
        """Return these people, or the officer in the place of whom no channel reaches."""
        told = (self.dispatch.reached(recipient) for recipient in people)
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
        self,
        notice: Notice,
        step: Step | None,
        told: Sequence[Recipient],
        resolve: Callable[[Step], tuple[Sequence[Recipient], object]],
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
            asked, _ = resolve(replace(step, to=RESPONSIBLE))
            if any(recipient.person.key == notice.person for recipient in asked):
                return None
        successors = [recipient.person for recipient in self._reached(told)]
        if not successors:
            raise LookupError(f"nobody to send {notice.obligation} to")
        return successors

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
        unsubscription is offered there: their own page when letters link to pages, else the officer to write
        to.
        """
        person = self.office.people.get(notice.person)
        if person is not None and (address := choice_address(self.rules, person.key)):
            may_be_rarer = notice.kind in ("letter", "reminder", "moved") and person.digest != WEEKLY
            return (f"{address}/{WEEKLY}" if may_be_rarer else address, may_be_rarer)
        officer = self.office.officer_of_last_resort
        return (f"mailto:{officer.email}?subject=Merzim" if officer and officer.email else "", False)


def put_off(trouble: Exception) -> Outcome:
    """Return the outcome of a notice that cannot be written now, in case that is corrected in time."""
    return Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")


def _is_newer_step(other: Notice, notice: Notice) -> bool:
    """Return whether another notice is about a later step of the same deadline and the same date."""
    kinds = (other.kind, notice.kind)
    if kinds != ("reminder", "reminder") or (other.obligation, other.due) != (notice.obligation, notice.due):
        return False
    kind, at = step_order(notice.step)
    other_kind, other_at = step_order(other.step)
    return kind == other_kind and other_at > at


def _tells_of(other: Notice, notice: Notice) -> bool:
    """Return whether another letter gives the assignment a notice reminds of, or asks the question whose day
    it reminds of.
    """
    if other.kind != "comment":
        return False
    if notice.step == ANSWER_DAY:
        return other.step != ANSWER_DAY and other.about.get("line") == notice.about.get("line")
    is_reminder = notice.kind == "reminder" and row_kind(notice.obligation) == "assignment"
    return is_reminder and other.about.get("place") == f"given-{number_of(notice.obligation)}"
