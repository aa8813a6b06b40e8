"""Answers to a reminder by the link in its letter, without an account: read, done, not mine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from i18n import known, say
from notifications.acknowledgement import acknowledge
from notifications.answer_links import read_token, takes_document
from notifications.notice import Notice
from services.comments import assignees_of
from services.context import RequestContext, Stamp
from services.verbs import NotFound
from workflow.board.rows import WAITING
from workflow.cases.case import Case
from workflow.cases.commands import reminder_actions
from workflow.cases.commands.comments import CannotComment
from workflow.deadlines.deadline import Deadline
from workflow.org.office import Person, with_officer

LetterAnswer = Literal["acknowledged", "said_done", "not_mine"]
ANSWERS: tuple[LetterAnswer, ...] = ("acknowledged", "said_done", "not_mine")
LASTS = timedelta(days=30)
"""How long after its letter was queued a link is good."""
QUIET_WORKING_DAYS = 3
"""Working days in which who said that it is done is not reminded again; heads are told all the same."""


class LinkRefused(NotFound):
    """A link nobody here has made, or of somebody who left."""

    not_found = "web.problem.no_link"


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterQuestion:
    """What a link asks.

    Attributes:
        answered: what was said before by the links of this letter.
        expired: the letter is old, or the deadline is not the one it spoke of any more.
        is_theirs: whether the person is to do it, and was not only told besides.
    """

    notice: Notice
    person: Person
    case: Case
    deadline: Deadline
    answered: LetterAnswer | None
    expired: bool
    is_theirs: bool

    @property
    def takes_document(self) -> bool:
        """Whether who is to do it may send a document of it by mail; of a confidential case nobody may."""
        return self.is_theirs and not self.case.confidential and takes_document(self.deadline)

    @property
    def open(self) -> tuple[LetterAnswer, ...]:
        """The answers that may still be given: once read, the other two; once said, none.

        Who was only told says that they read it.
        """
        if self.expired or self.answered in ("said_done", "not_mine"):
            return ()
        asks = self.deadline.obligation.options
        offered = ANSWERS if self.is_theirs else ANSWERS[:1]
        return tuple(one for one in offered if one != self.answered and not (one == "said_done" and asks))


def open_letter(ctx: RequestContext, token: str) -> LetterQuestion:
    """Return what the link of a letter asks.

    Raises:
        LinkRefused: a link nobody here has made, or of somebody who left.
    """
    link = read_token(ctx.app.rules.link_key, token)
    notice = link.find(ctx.app.outbox.notices(case=link.case)) if link is not None else None
    person = ctx.app.reads.office().people.get(notice.person) if notice is not None else None
    if notice is None or person is None:
        raise LinkRefused("campaign.link_refused")
    view = ctx.desk.view(notice.case, today=ctx.today)
    deadline = reminder_actions.deadline_of(view, notice.obligation)
    return LetterQuestion(
        notice=notice,
        person=person,
        case=view.case,
        deadline=deadline,
        answered=_answered(ctx, notice),
        expired=notice.queued_at + LASTS < ctx.now or _has_changed(notice, deadline),
        is_theirs=_is_theirs(ctx, notice),
    )


def is_genuine(ctx: RequestContext, token: str) -> bool:
    """Return whether a link was made here, good or not any more."""
    return read_token(ctx.app.rules.link_key, token) is not None


def answer_letter(ctx: RequestContext, question: LetterQuestion, said: LetterAnswer) -> None:
    """Write the answer into the case; said again, or too late, it changes nothing."""
    if said not in question.open:
        return
    notice, by = question.notice, question.person.key
    moment: Stamp = {"by": by, "now": ctx.now, "today": ctx.today}
    if said != "acknowledged":
        officer = "" if said == "said_done" else _officer(ctx)
        until = ctx.calendar.add(ctx.today, QUIET_WORKING_DAYS) if said == "said_done" else None
        reminder_actions.answered(
            ctx.desk,
            notice.case,
            notice.obligation,
            notice.key,
            said,
            until=until,
            officer=officer,
            text=_text(ctx, question, officer) if officer else "",
            **moment,
        )
    acknowledge(ctx.app.outbox, ctx.desk, notice, notice.key, **moment)


def _is_theirs(ctx: RequestContext, notice: Notice) -> bool:
    """Return whether the deadline of a letter waits for the person it went to, as of today."""
    try:
        people = assignees_of(ctx, notice.case, notice.obligation)
    except CannotComment:
        return False
    return any(one.person.key == notice.person for one in people)


def _answered(ctx: RequestContext, notice: Notice) -> LetterAnswer | None:
    """Return the last thing said by the links of a letter, from the chain of its case."""
    what = [
        event.payload.get("what")
        for event in ctx.desk.events(notice.case)
        if event.kind == "notice" and event.payload.get("notice") == notice.key
    ]
    return next((one for one in reversed(ANSWERS) if one in what), None)


def _has_changed(notice: Notice, deadline: Deadline) -> bool:
    """Return whether the letter speaks of what is done, or due on another day by now."""
    by_step = notice.rung.lstrip("+-").isdigit()
    return deadline.state not in WAITING or (by_step and deadline.due != notice.due)


def _officer(ctx: RequestContext) -> str:
    """Return the key of the officer who is told; "" where the office names none."""
    rules = ctx.app.rules
    return with_officer(ctx.app.reads.office(), rules.officer, language=rules.officer_language).officer or ""


def _text(ctx: RequestContext, question: LetterQuestion, officer: str) -> str:
    """Return what the officer reads."""
    person = ctx.app.reads.office().people.get(officer)
    language = known(person.language) if person else "ru"
    title = question.deadline.obligation.title
    return say("answer.not_mine_text", {"person": question.person.name_in(language), "title": title}, language)
