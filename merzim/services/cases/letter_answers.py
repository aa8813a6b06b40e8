"""Answers to a reminder by the link in its letter, without an account: read, done, not mine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from pydantic import BaseModel

from i18n import available_language, say
from merzim.services.cases.comments import people_responsible
from merzim.services.context import RequestContext, require_visible, write_case
from merzim.services.inputs import CaseCommand, Key
from merzim.services.sending import acknowledge
from merzim.services.verbs import NotFound, verb
from notifications.letter_links import ReminderLink, read_secret
from notifications.notice import Notice, fingerprint
from workflow.cases.case import AWAITED, Case
from workflow.cases.commands import answers
from workflow.cases.commands.answers import CannotComment
from workflow.deadlines.deadline import Deadline
from workflow.org.access import Reader, with_unit
from workflow.org.office import Person, with_officer

LetterAnswer = Literal["acknowledged", "said_done", "not_mine"]
ANSWERS: tuple[LetterAnswer, ...] = get_args(LetterAnswer)
LASTS = timedelta(days=30)
"""Validity of a link after its letter was queued."""
QUIET_WORKING_DAYS = 3
"""Working days without reminders for a person who reported it done; heads are still notified."""


class LetterLinkRefused(NotFound):
    """The link was not issued here, or belongs to a person who left."""

    not_found = "web.problem.no_letter_link"


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterQuestion:
    """The question that a link in a letter opens.

    Attributes:
        last_answer: the answer given before by a link of this letter; None for none.
        expired: whether the letter is too old, or the deadline has changed since.
        is_theirs: whether the person is responsible, not only notified.
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
        """The answers still possible: after "read" the other two; after another one, or too late, none.

        People who were only notified can only acknowledge. Of a decision nobody can say that it is done.
        """
        if self.expired or self.last_answer in ("said_done", "not_mine"):
            return ()
        asks = self.deadline.obligation.options
        offered = ANSWERS if self.is_theirs else ANSWERS[:1]
        return tuple(
            answer for answer in offered if answer != self.last_answer and not (answer == "said_done" and asks)
        )


def open_letter(ctx: RequestContext, token: str) -> LetterQuestion:
    """Return the question of a link in a letter.

    Raises:
        LetterLinkRefused: the link was not issued here, or belongs to a person who left.
    """
    link = read_secret(ctx.app.rules.link_key, token, ReminderLink)
    notices = ctx.app.reads.notices_matching(case=link.case) if link is not None else ()
    notice = next((notice for notice in notices if link and fingerprint(notice.key) == link.mark), None)
    person = ctx.app.reads.office().people.get(notice.person) if notice is not None else None
    if notice is None or person is None:
        raise LetterLinkRefused(LetterLinkRefused.not_found)
    return _question(ctx, notice, person)


def _question(ctx: RequestContext, notice: Notice, person: Person) -> LetterQuestion:
    """Return what a letter asks of its recipient today."""
    view = ctx.case_commands.view(notice.case, today=ctx.today)
    deadline = answers.deadline_of(view, notice.obligation)
    return LetterQuestion(
        notice=notice,
        person=person,
        case=view.case,
        deadline=deadline,
        last_answer=_last_answer(ctx, notice),
        expired=notice.queued_at + LASTS < ctx.now or _has_changed(notice, deadline),
        is_theirs=_is_theirs(ctx, notice),
    )


def is_genuine(ctx: RequestContext, token: str) -> bool:
    """Return whether a link was issued here, still valid or not."""
    return read_secret(ctx.app.rules.link_key, token, ReminderLink) is not None


class AnswerLetter(CaseCommand):
    """The answer of a recipient to a letter about a case, by the letter's key."""

    key: Key
    answer: LetterAnswer


class LetterAnswered(BaseModel):
    """The result. `recorded`: false if it was repeated or came too late."""

    recorded: bool


def as_recipient(ctx: RequestContext, question: LetterQuestion) -> RequestContext:
    """Return the context of a letter's recipient, who may see what its person may see and have no account."""
    person = question.person
    reader = Reader(login=person.key, access="responsible", person=person.key, name=person.name)
    return ctx.read_by(with_unit(reader, ctx.app.reads.office()))


@verb("record", answers=True)
def answer_letter(ctx: RequestContext, command: AnswerLetter) -> LetterAnswered:
    """Record a recipient's answer in the case, and that they read the letter; too late, it changes nothing.

    Who says that it is done gets no reminders for QUIET_WORKING_DAYS; "not mine" is told to the officer.
    """
    person = ctx.app.reads.office().people.get(ctx.reader.person)
    letters = ctx.reads.notices(require_visible(ctx, command.case))
    notice = next(
        (letter for letter in letters if letter.key == command.key and letter.person == ctx.reader.person), None
    )
    if notice is None or person is None:
        raise LetterLinkRefused(LetterLinkRefused.not_found)
    question, answer = _question(ctx, notice, person), command.answer
    if answer not in question.possible_answers:
        return LetterAnswered(recorded=False)
    if answer != "acknowledged":
        officer = "" if answer == "said_done" else _officer(ctx)
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
    return LetterAnswered(recorded=True)


def _is_theirs(ctx: RequestContext, notice: Notice) -> bool:
    """Return whether the recipient of a letter is responsible for its deadline today."""
    try:
        people = people_responsible(ctx, notice.case, notice.obligation)
    except CannotComment:
        return False
    return any(recipient.person.key == notice.person for recipient in people)


def _last_answer(ctx: RequestContext, notice: Notice) -> LetterAnswer | None:
    """Return the answer given by the links of a letter, of several the last in ANSWERS; None for none."""
    answers_given = [
        event.payload.get("what")
        for event in ctx.case_commands.events(notice.case)
        if event.kind == "notice" and event.payload.get("notice") == notice.key
    ]
    return next((answer for answer in reversed(ANSWERS) if answer in answers_given), None)


def _has_changed(notice: Notice, deadline: Deadline) -> bool:
    """Return whether the letter's deadline is done, or due on another day by now."""
    by_step = notice.step.lstrip("+-").isdigit()
    return deadline.state not in AWAITED or (by_step and deadline.due != notice.due)


def _officer(ctx: RequestContext) -> str:
    """Return the key of the officer to notify; "" if the office names none."""
    rules = ctx.app.rules
    return with_officer(ctx.app.reads.office(), rules.officer, language=rules.officer_language).officer or ""


def _text(ctx: RequestContext, question: LetterQuestion, officer: str) -> str:
    """Return the sentence that tells the officer who disclaims an obligation, in the officer's language."""
    person = ctx.app.reads.office().people.get(officer)
    language = available_language(person.language) if person else "ru"
    title = question.deadline.obligation.title
    return say("answer.not_mine_text", {"person": question.person.name_in(language), "title": title}, language)
