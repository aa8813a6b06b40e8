"""Verbs on letters: acknowledge one, queue again those that did not arrive."""

from __future__ import annotations

from pydantic import BaseModel

from notifications.acknowledgement import acknowledge
from services.context import RequestContext, stamp
from services.inputs import CaseId, Key, Name
from services.outgoing import sending
from services.verbs import Command, NotFound, verb


class NoSuchLetter(NotFound):
    """The case has no letter with that key that was sent to the reader."""

    not_found = "web.problem.no_letter"


class Letter(Command):
    """A letter about a case, by its key."""

    case: CaseId
    key: Key


class Channel(Command):
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


@verb("record")
def acknowledge_letter(ctx: RequestContext, command: Letter) -> LetterDone:
    """Acknowledge a letter; only its recipient can. A repeated acknowledgement keeps the first time."""
    mine = (ctx.reader.person, ctx.reader.login)
    letters = ctx.reads.notices(command.case)
    letter = next((one for one in letters if one.key == command.key and one.person in mine), None)
    if letter is None:
        raise NoSuchLetter("web.problem.no_letter")
    acknowledge(ctx.app.outbox, ctx.desk, letter, command.key, **stamp(ctx))
    return LetterDone(key=command.key, done=True, obligation=letter.obligation)


@verb("record")
def resend_letter(ctx: RequestContext, command: Letter) -> LetterDone:
    """Queue a letter that did not arrive again, for the next office hours."""
    known = any(notice.key == command.key for notice in ctx.reads.notices(command.case))
    return LetterDone(key=command.key, done=known and sending.resend(ctx.app, command.key, now=ctx.now))


@verb("manage")
def resend_letters_of_channel(ctx: RequestContext, command: Channel) -> Resent:
    """Queue again the letters delayed by a channel's fault."""
    return _resent(ctx, command.channel)


@verb("settings")
def resend_channel_letters(ctx: RequestContext, command: Channel) -> Resent:
    """Queue again the letters delayed by a channel's fault."""
    return _resent(ctx, command.channel)


def _resent(ctx: RequestContext, channel: str) -> Resent:
    return Resent(channel=channel, letters=sending.resend_all(ctx.app, channel, now=ctx.now))
