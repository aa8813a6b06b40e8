"""Letters: figures and faults of their delivery, sending again, what recipients answer by link or bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import BaseModel

from i18n import available_language, refusal, say
from merzim.services.app import AppContext
from merzim.services.cases.assignments import people_responsible
from merzim.services.cases.verbs import RecordFact, SnoozeReminder, Undo, record, snooze, undo_entry
from merzim.services.context import RequestContext, require_visible, whole_case, write_case
from merzim.services.inputs import CaseCommand, Key, Name
from merzim.services.jobs import rounds
from merzim.services.verbs import Command, LinkRefused, NotFound, verb
from merzim.storage.database import reading
from merzim.storage.notices.delivery_state import (
    ChannelFault,
    Figures as Figures,
    channel_faults,
    figures as read_figures,
    undelivered_letters,
)
from notifications.channels import STAYS_HERE
from notifications.letter_links import ReminderLink, read_secret
from notifications.notice import Notice, fingerprint
from notifications.round import RoundProblem, RoundReport, plan_page
from workflow.cases.case import AWAITED, Case
from workflow.cases.commands import answers
from workflow.cases.commands.answers import CannotComment
from workflow.cases.commands.case_commands import View
from workflow.deadlines.deadline import Deadline
from workflow.moments import Moment
from workflow.org.access import Reader, with_unit
from workflow.org.office import Person
from workflow.refusal import Refusal
from workflow.reminders import LETTER_ANSWERS, LetterAnswer, offered_answers

NOBODY_REACHED = "nobody_reached"
FAILED = 10
"""Number of undelivered letters shown on the overview."""
SEARCHED = 2000
"""Number of undelivered letters of the office among which those visible to the reader are sought."""


def figures(app: AppContext, *, now: datetime) -> Figures:
    """Return the statistics of delivery: letters by channel and state, faults, last runs of tasks."""
    return read_figures(app.engine, now=now)


def faults(app: AppContext) -> Sequence[ChannelFault]:
    """Return the faults of the channels in use; first that no letter leaves or reaches anybody, if so."""
    with reading(app.engine) as session:
        stored = channel_faults(session)
    unusable = _setting_faults(app) or _nobody_reached(app)
    return [*unusable, *(fault for fault in stored if fault.channel in app.settings.channels.use)]


def _setting_faults(app: AppContext) -> list[ChannelFault]:
    """Return the fault of config.toml that prevents creating the channels, and so every round."""
    try:
        _ = app.channels
    except Refusal as trouble:
        message = refusal(trouble, app.settings.office.language)
        return [ChannelFault(channel="", code="settings", answer=message, since=None, letters=0)]
    return []


def _nobody_reached(app: AppContext) -> list[ChannelFault]:
    """Return the fault of an office whose letters all stay on the server: no other channel is set up."""
    if STAYS_HERE.issuperset(app.settings.channels.use):
        return [ChannelFault(channel="", code=NOBODY_REACHED, answer="", since=None, letters=0)]
    return []


def is_unreached(app: AppContext, key: str) -> bool:
    """Return whether letters reach others, and not this person of the office, who has no address."""
    person = app.reads.office().people.get(key)
    if person is None or _setting_faults(app):
        return False
    away = [channel for name, channel in app.channels.items() if name not in STAYS_HERE]
    return bool(away) and not any(channel.address(person) for channel in away)


def visible_faults(ctx: RequestContext) -> Sequence[ChannelFault]:
    """Return the faults of channels for managers; the first head learns only that letters reach nobody."""
    if ctx.reader.may("manage"):
        return faults(ctx.app)
    return _nobody_reached(ctx.app) if ctx.reader.access == "first_head" else ()


def undelivered(ctx: RequestContext) -> list[Notice]:
    """Return the newest FAILED undelivered letters that are of cases visible to the reader."""
    for limit in (FAILED, SEARCHED):
        notices = undelivered_letters(ctx.app.engine, limit=limit)
        visible_cases = ctx.reads.heads({notice.case for notice in notices}) if notices else {}
        visible_notices = [notice for notice in notices if notice.case in visible_cases]
        if len(notices) < limit or len(visible_notices) == FAILED:
            break
    return visible_notices[:FAILED]


def reminders_to_nobody(app: AppContext, *, at: Moment, limit: int) -> Sequence[RoundProblem]:
    """Return the due reminders that can reach nobody. Rounds leave their rows, which are planned here again,
    unwritten.
    """
    if _setting_faults(app):
        return ()
    report = RoundReport()
    if rows := app.outbox.due_rows(at.today, limit=limit):
        plan_page(app.dispatch(at), rows, report)
    return report.problems


class NoSuchLetter(NotFound):
    """The case has no letter with that key that was sent to the reader."""

    not_found = "web.problem.no_letter"


class LetterOfCase(CaseCommand):
    """A letter about a case, by its key."""

    key: Key


class ResendChannel(Command):
    """A channel of letters, by its name."""

    channel: Name


class Resent(BaseModel):
    """The number of letters queued again."""

    channel: str
    letters: int


class LetterDone(BaseModel):
    """The result for one letter. `done`: false if there was nothing to do; `obligation`: what an acknowledged
    one is about, empty for the case as a whole.
    """

    key: str
    done: bool
    obligation: str = ""


@verb("record", answers=True)
def acknowledge_letter(ctx: RequestContext, command: LetterOfCase) -> LetterDone:
    """Acknowledge a letter; only its recipient can, and an operator for them. A repeated acknowledgement keeps
    the first time.
    """
    mine = (ctx.reader.person, ctx.reader.login)
    letter = _letter(ctx, command)
    if letter is None or not (ctx.operator or letter.person in mine):
        raise NoSuchLetter("web.problem.no_letter")
    acknowledge(ctx, letter)
    return LetterDone(key=command.key, done=True, obligation=letter.obligation)


@verb("record")
def resend_letter(ctx: RequestContext, command: LetterOfCase) -> LetterDone:
    """Queue again a letter of a case that did not arrive, for its recipient's next office hours."""
    letter = _letter(ctx, command)
    return LetterDone(
        key=command.key, done=letter is not None and rounds.resend(ctx.app, letter, at=ctx.moment)
    )


def _letter(ctx: RequestContext, command: LetterOfCase) -> Notice | None:
    """Return a letter about a case visible to the reader; None if the case has none with that key."""
    letters = ctx.reads.notices(require_visible(ctx, command.case))
    return next((letter for letter in letters if letter.key == command.key), None)


def _resend(ctx: RequestContext, command: ResendChannel) -> Resent:
    """Queue again the letters delayed by a channel's fault."""
    letters = rounds.resend_all(ctx.app, command.channel, at=ctx.moment)
    return Resent(channel=command.channel, letters=letters)


resend_as_manager, resend_as_administrator = verb("manage")(_resend), verb("settings")(_resend)


def acknowledge(ctx: RequestContext, notice: Notice) -> None:
    """Record that the recipient has read a notice and those it carried; repeated, the first time stays."""
    if notice.acknowledged_at is not None:
        return
    # A letter that carried others was read with all it carried.
    for read in (*ctx.app.outbox.carried(notice.key), notice):
        if read.case:
            write_case(ctx, read.case, answers.acknowledge, read.obligation, read.key)
        ctx.app.outbox.acknowledge(read.key, now=ctx.now)


LASTS = timedelta(days=30)
"""Validity of a link after its letter was queued."""
QUIET_WORKING_DAYS = 3
"""Working days without reminders for a person who reported it done; heads are still notified."""


class LetterLinkRefused(LinkRefused):
    """The link was not issued here, or belongs to a person who left."""

    not_found = "web.problem.no_letter_link"


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterQuestion:
    """The question that a link in a letter opens. `last_answer`: given by a link of this letter before;
    `expired`: too old, or the deadline has changed since; `is_theirs`: the person is responsible, not only
    notified.
    """

    notice: Notice
    person: Person
    case: Case
    deadline: Deadline
    last_answer: LetterAnswer | None
    expired: bool
    is_theirs: bool

    @property
    def possible_answers(self) -> tuple[LetterAnswer, ...]:
        """The answers still possible: after "read" the others; after another one, or too late, none."""
        if self.expired or self.last_answer in ("said_done", "not_mine"):
            return ()
        offered = offered_answers(self.deadline.obligation, theirs=self.is_theirs)
        return tuple(answer for answer in offered if answer != self.last_answer)


def open_letter(ctx: RequestContext, token: str) -> LetterQuestion:
    """Return the question of a link in a letter. Raises LetterLinkRefused for one not issued here, or of who
    left.
    """
    link = read_secret(ctx.app.rules.link_key, token, ReminderLink)
    notices = ctx.app.reads.notices_matching(case=link.case) if link is not None else ()
    notice = next((notice for notice in notices if link and fingerprint(notice.key) == link.mark), None)
    person = ctx.app.reads.office().people.get(notice.person) if notice is not None else None
    if notice is None or person is None:
        raise LetterLinkRefused(is_ours=link is not None)
    return _question(ctx, notice, person)


def _question(ctx: RequestContext, notice: Notice, person: Person) -> LetterQuestion:
    """Return what a letter asks of its recipient today."""
    view = ctx.case_commands.view(notice.case, today=ctx.today)
    deadline = answers.deadline_of(view, notice.obligation)
    moved = notice.step.lstrip("+-").isdigit() and deadline.due != notice.due
    too_old = notice.queued_at + LASTS < ctx.now
    return LetterQuestion(
        notice=notice,
        person=person,
        case=view.case,
        deadline=deadline,
        last_answer=_last_answer(ctx, notice),
        expired=too_old or moved or deadline.state not in AWAITED,
        is_theirs=_is_theirs(ctx, notice),
    )


class AnswerLetter(LetterOfCase):
    """The answer of a recipient to a letter about a case, by the letter's key."""

    answer: LetterAnswer


def as_person(ctx: RequestContext, person: Person, *, signature: str = "") -> RequestContext:
    """Return the context of a person who needs no account: `responsible` in their unit, whatever their account
    has. `signature`: the author of what they write, by default their key.
    """
    login = signature or person.key
    reader = Reader(login=login, access="responsible", person=person.key, name=person.name)
    return ctx.read_by(with_unit(reader, ctx.app.reads.office()))


@verb("record", answers=True)
def answer_letter(ctx: RequestContext, command: AnswerLetter) -> LetterDone:
    """Record a recipient's answer in the case, and that they read the letter; too late, it changes nothing.

    Who says that it is done gets no reminders for QUIET_WORKING_DAYS; "not mine" is told to the officer.
    """
    person = ctx.app.reads.office().people.get(ctx.reader.person)
    notice = _letter(ctx, command)
    if notice is None or person is None or notice.person != person.key:
        raise LetterLinkRefused
    question, answer = _question(ctx, notice, person), command.answer
    if answer not in question.possible_answers:
        return LetterDone(key=command.key, done=False)
    if answer != "acknowledged":
        officer = "" if answer == "said_done" else ctx.app.reads.office().officer or ""
        until = ctx.calendar.add_working_days(ctx.today, QUIET_WORKING_DAYS) if answer == "said_done" else None
        write_case(
            ctx,
            notice.case,
            answers.answer_reminder,
            notice.obligation,
            notice.key,
            answer,
            person=ctx.moment.by,
            silent_until=until,
            officer=officer,
            text=_text(ctx, question, officer) if officer else "",
        )
    acknowledge(ctx, notice)
    return LetterDone(key=command.key, done=True)


def _is_theirs(ctx: RequestContext, notice: Notice) -> bool:
    """Return whether the recipient of a letter is responsible for its deadline today."""
    try:
        people = people_responsible(ctx, notice.case, notice.obligation)
    except CannotComment:
        return False
    return any(recipient.person.key == notice.person for recipient in people)


def _last_answer(ctx: RequestContext, notice: Notice) -> LetterAnswer | None:
    """Return the answer given by the links of a letter, of several the last offered; None for none."""
    answers_given = [
        event.payload.get("what")
        for event in ctx.case_commands.events(notice.case)
        if event.kind == "notice" and event.payload.get("notice") == notice.key
    ]
    return next((answer for answer in reversed(LETTER_ANSWERS) if answer in answers_given), None)


def _text(ctx: RequestContext, question: LetterQuestion, officer: str) -> str:
    """Return the sentence that tells the officer who disclaims an obligation, in the officer's language."""
    person = ctx.app.reads.office().people.get(officer)
    language = available_language(person.language) if person else "ru"
    title = question.deadline.obligation.title
    return say("answer.not_mine_text", {"person": question.person.name_in(language), "title": title}, language)


LOOKED_AT = 1000
"""Number of a person's notices that are searched, the newest first; older ones are answered on the pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonActions:
    """What a person does to cases through the bot, without an account (`notifications.bot.Actions`)."""

    app: AppContext
    person: Person
    language: str
    at: Moment

    @property
    def _ctx(self) -> RequestContext:
        ctx = RequestContext(app=self.app, clock=lambda: self.at, language=self.language)
        return as_person(ctx, self.person, signature=f"{self.person.name} (Telegram)")

    def notice(self, mark: str) -> Notice | None:
        sent = self.app.reads.notices_matching(person=self.person.key, channel="telegram", limit=LOOKED_AT)
        return next((notice for notice in sent if fingerprint(notice.key) == mark), None)

    def view(self, case: str) -> View:
        require_visible(self._ctx, case)
        return self.app.case_commands.view(case, today=self.at.today)

    def read(self, notice: Notice) -> None:
        """Record that the person read a notice, and all its letter carried. Raises UnknownCase if hidden."""
        ctx = self._ctx
        if notice.case:
            require_visible(ctx, notice.case)
        acknowledge(ctx, notice)

    def done(self, case: str, fact: str, *, on: date) -> int | None:
        result = record(self._ctx, RecordFact(case=case, fact=fact, on=on, evidence_follows=True))
        return result.events[0].seq if result.events else None

    def snooze(self, case: str, obligation: str, *, until: date) -> date:
        ctx = self._ctx
        snooze(ctx, SnoozeReminder(case=case, obligation=obligation, until=until))
        return whole_case(ctx, case)[0].snoozed[obligation].until

    def undo(self, case: str, line: int) -> None:
        undo_entry(self._ctx, Undo(case=case, line=line))
