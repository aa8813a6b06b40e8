"""The state of the installation for its administrator: checks, periodic tasks, queued and failed letters.

Cases, steps and texts of letters are left out, because an administrator may not see them.
"""

from __future__ import annotations

import logging
from datetime import datetime
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, StringConstraints

import i18n
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.jobs import rounds
from merzim.services.results import Result
from merzim.services.upkeep.doctor import Check, State, check_running
from merzim.services.verbs import Ask, Command, NotFound, verb
from merzim.storage.maintenance.schema import check_readiness
from merzim.storage.notices.delivery_state import figures, undelivered_letters
from merzim.storage.refusals import StorageUnavailable

MAX_LETTERS = 100
"""Maximum number of failed letters on the page."""
LetterId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class ResendLetter(Command):
    """A failed letter to be sent again."""

    letter: LetterId


class CheckView(BaseModel):
    """One check and its result, in words."""

    check: str
    state: State
    message: str


class TaskView(BaseModel):
    """A periodic task: the moment of its last run (UTC) and its duration in seconds."""

    name: str
    at: datetime
    seconds: float


class QueueView(BaseModel):
    """The number of letters of a channel in a state."""

    channel: str
    state: str
    count: int


class FailedLetter(Result):
    """A letter that failed, or whose arrival is unknown; `answer`: the server's last answer."""

    id: str
    person: str
    channel: str
    state: str
    attempted_at: datetime | None
    attempts: int
    answer: str


class OperationsView(BaseModel):
    """The state of the installation. `oldest`: UTC moment since which the oldest letter due for sending has
    waited.
    """

    checks: list[CheckView]
    tasks: list[TaskView]
    queue: list[QueueView]
    oldest: datetime | None
    letters: list[FailedLetter]


class LetterQueued(BaseModel):
    """The letter that is queued again."""

    letter: str


@verb("settings", writes=False)
def get_operations(ctx: RequestContext, command: Ask) -> OperationsView:
    """Return the state of the installation, its queue and the last hundred letters that failed."""
    delivery = figures(ctx.app.engine, now=ctx.now)
    people = ctx.reads.office().people
    return OperationsView(
        checks=[_check(check, ctx.spoken_language) for check in check_running(ctx.app, ctx.now)],
        tasks=[
            TaskView(name=name, at=at, seconds=seconds)
            for name, (at, seconds) in sorted(delivery.pulses.items())
        ],
        queue=[
            QueueView(channel=channel, state=state, count=count)
            for (channel, state), count in sorted(delivery.counts.items())
            if count
        ],
        oldest=delivery.oldest,
        letters=[
            FailedLetter.of(
                notice,
                id=_letter_id(notice.key),
                person=people[notice.person].name if notice.person in people else notice.person,
            )
            for notice in undelivered_letters(ctx.app.engine, limit=MAX_LETTERS)
        ],
    )


@verb("settings")
def resend_failed_letter(ctx: RequestContext, command: ResendLetter) -> LetterQueued:
    """Queue a failed letter again, for its recipient's next office hours.

    Raises:
        NotFound: no failed letter in the list has that id.
    """
    for notice in undelivered_letters(ctx.app.engine, limit=MAX_LETTERS):
        if _letter_id(notice.key) == command.letter and rounds.resend(ctx.app, notice, at=ctx.moment):
            return LetterQueued(letter=command.letter)
    raise NotFound("web.problem.no_failed_letter")


def _letter_id(key: str) -> str:
    """Return an id that does not reveal the case in a letter's key."""
    return sha256(key.encode()).hexdigest()[:32]


def _check(check: Check, language: str) -> CheckView:
    """Return a check with its result in words."""
    code = check.code
    if check.name == "folder":
        # The command line names the key of the configuration; who reads a page knows what the folder holds.
        code = "doctor.folder_named" if check.state == "ok" else "doctor.folder_refused"
    return CheckView(check=check.name, state=check.state, message=i18n.say(code, check.arguments, language))


log = logging.getLogger("merzim.web")


def readiness(app: AppContext) -> tuple[bool, datetime | None] | None:
    """Return whether the tables are of this version, and when a round last ended (UTC); None, which is logged,
    if the database does not answer.
    """
    try:
        return check_readiness(app.engine)
    except StorageUnavailable as trouble:
        log.warning("not ready: %s", trouble)
        return None
