"""How the installation works, for its administrator: checks, tasks, letters on their way, what failed and why.

No case, step or text of a letter is named: an administrator may not see them.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, StringConstraints

import i18n
from services import sending
from services.context import RequestContext
from services.doctor import Check, State, check_running
from services.verbs import Command, NotFound, verb

MAX_LETTERS = 100
"""Failed letters the page lists; a failed channel is mended for all of its letters at once."""
LetterId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class UnknownLetter(NotFound):
    """No letter of that id failed, or it has been sent since."""

    not_found = "web.problem.no_failed_letter"


class AskOperations(Command):
    """Ask how the installation works. `language`: of the sentences."""

    language: str = "en"


class ResendLetter(Command):
    """A letter that failed, to be sent again."""

    letter: LetterId


class CheckView(BaseModel):
    """One check and what it found, in words."""

    check: str
    state: State
    message: str


class TaskView(BaseModel):
    """A task that runs by itself: the moment of its last run (UTC) and how many seconds it took."""

    name: str
    at: datetime
    seconds: float


class QueueView(BaseModel):
    """How many letters of a channel are in a state."""

    channel: str
    state: str
    count: int


class FailedLetter(BaseModel):
    """A letter that failed, or of which it is not known whether it arrived; `answer`: the server's last one."""

    id: str
    person: str
    channel: str
    state: str
    attempted_at: datetime | None
    attempts: int
    answer: str


class OperationsView(BaseModel):
    """The state of the installation. `oldest`: since when the oldest letter that may leave waits (UTC)."""

    checks: list[CheckView]
    tasks: list[TaskView]
    queue: list[QueueView]
    oldest: datetime | None
    letters: list[FailedLetter]


class LetterQueued(BaseModel):
    """The letter that waits to be sent again."""

    letter: str


@verb("settings")
def get_operations(ctx: RequestContext, command: AskOperations) -> OperationsView:
    """Return the state of the installation, its queue and the letters that failed."""
    figures = sending.figures(ctx.app, now=ctx.now)
    people = ctx.reads.office().people
    return OperationsView(
        checks=[_check(one, command.language) for one in check_running(ctx.app, ctx.now)],
        tasks=[
            TaskView(name=name, at=at, seconds=seconds)
            for name, (at, seconds) in sorted(figures.pulses.items())
        ],
        queue=[
            QueueView(channel=channel, state=state, count=count)
            for (channel, state), count in sorted(figures.counts.items())
            if count
        ],
        oldest=figures.oldest,
        letters=[
            FailedLetter(
                id=_letter_id(one.key),
                person=people[one.person].name if one.person in people else one.person,
                channel=one.channel,
                state=one.state,
                attempted_at=one.attempted_at,
                attempts=one.attempts,
                answer=one.answer,
            )
            for one in sending.failed(ctx.app, limit=MAX_LETTERS)
        ],
    )


@verb("settings")
def resend_failed_letter(ctx: RequestContext, command: ResendLetter) -> LetterQueued:
    """Queue a letter that failed again, for its recipient's next office hours.

    Raises:
        UnknownLetter: none of that id is among the failed ones listed.
    """
    for one in sending.failed(ctx.app, limit=MAX_LETTERS):
        if _letter_id(one.key) == command.letter and sending.resend(ctx.app, one.key, now=ctx.now):
            return LetterQueued(letter=command.letter)
    raise UnknownLetter("web.problem.no_failed_letter")


def _letter_id(key: str) -> str:
    """Return an id that tells nothing of the case a letter's key names."""
    return sha256(key.encode()).hexdigest()[:32]


def _check(check: Check, language: str) -> CheckView:
    reason = i18n.refusal(check.refusal, language) if check.refusal else ""
    message = i18n.say(check.code, {**check.arguments, "reason": reason}, language) if check.code else reason
    return CheckView(check=check.name, state=check.state, message=message)
