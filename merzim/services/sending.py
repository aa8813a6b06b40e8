"""Delivery of letters: statistics, failures, faults of channels; acknowledging and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from i18n import refusal
from merzim.services.app import AppContext
from merzim.services.context import RequestContext, require_visible, write_case
from merzim.services.inputs import CaseId, Key, Name
from merzim.services.jobs import rounds
from merzim.services.verbs import Command, NotFound, verb
from merzim.storage.database.engine import reading
from merzim.storage.notices.delivery_state import ChannelFault, channel_faults, undelivered_letters
from merzim.storage.notices.delivery_state import Figures as Figures
from merzim.storage.notices.delivery_state import figures as read_figures
from notifications.channels import STAYS_HERE
from notifications.notice import Notice
from notifications.round import RoundProblem, RoundReport, plan_page
from workflow.cases.commands import answers
from workflow.moments import Moment
from workflow.refusal import Refusal

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
    """Return the due reminders that can reach nobody.

    A round does not advance the rows of such reminders, so these rows are planned here again; nothing is
    written.
    """
    if _setting_faults(app):
        return ()
    report = RoundReport()
    if rows := app.outbox.due_rows(at.today, limit=limit):
        plan_page(rounds.dispatch_at(app, at=at), rows, report)
    return report.problems


class NoSuchLetter(NotFound):
    """The case has no letter with that key that was sent to the reader."""

    not_found = "web.problem.no_letter"


class LetterOfCase(Command):
    """A letter about a case, by its key."""

    case: CaseId
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
    letters = ctx.reads.notices(require_visible(ctx, command.case))
    letter = next((letter for letter in letters if letter.key == command.key), None)
    if letter is None or not (ctx.operator or letter.person in mine):
        raise NoSuchLetter("web.problem.no_letter")
    acknowledge(ctx, letter)
    return LetterDone(key=command.key, done=True, obligation=letter.obligation)


@verb("record")
def resend_letter(ctx: RequestContext, command: LetterOfCase) -> LetterDone:
    """Queue again a letter of a case that did not arrive, for its recipient's next office hours."""
    letters = ctx.reads.notices(require_visible(ctx, command.case))
    is_of_case = any(letter.key == command.key for letter in letters)
    return LetterDone(key=command.key, done=is_of_case and rounds.resend(ctx.app, command.key, now=ctx.now))


def _resend(ctx: RequestContext, command: ResendChannel) -> Resent:
    """Queue again the letters delayed by a channel's fault."""
    letters = rounds.resend_all(ctx.app, command.channel, now=ctx.now)
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
