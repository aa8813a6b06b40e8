"""Commands on letters, leave and sessions of the reader, used by pages and API."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from notifications.acknowledgement import acknowledge
from services.context import RequestContext, stamp
from services.outgoing import sending
from web.ui.form_values import InvalidForm
from workflow.org.access import Entry

LONGEST_LEAVE = timedelta(days=366)


class NoSuchLetter(Exception):
    """There is no letter with that key, or none the reader may acknowledge."""


def read_letter(ctx: RequestContext, case: str, key: str) -> str:
    """Acknowledge a letter to the reader; return what it is about.

    Raises:
        NoSuchLetter: the case has no letter with that key that was sent to the reader.
    """
    mine = (ctx.reader.person, ctx.reader.login)
    letters = ctx.reads.notices(case) if case else ()
    letter = next((one for one in letters if one.key == key and one.person in mine), None)
    if letter is None:
        raise NoSuchLetter
    acknowledge(ctx.app.outbox, ctx.desk, letter, key, **stamp(ctx))
    return letter.obligation


def resend(ctx: RequestContext, case: str, key: str) -> bool:
    """Queue again a letter of the case that did not arrive; return False if it has none with that key."""
    now = ctx.now
    known = any(notice.key == key for notice in ctx.reads.notices(case))
    return known and sending.resend(ctx.app, key, now=now)


def resend_all(ctx: RequestContext, channel: str) -> int:
    """Queue again the letters delayed by a channel's fault; return their number."""
    now = ctx.now
    return sending.resend_all(ctx.app, channel, now=now)


def go_away(ctx: RequestContext, away: tuple[date, date] | None, deputy: str | None) -> None:
    """Set the reader's leave (both days included; None for no leave) and deputy.

    Raises:
        InvalidForm: the account belongs to no person, the days are invalid, or the deputy is not possible.
    """
    today = ctx.today
    office = ctx.reads.office()
    person = office.people.get(ctx.reader.person)
    if person is None:
        raise InvalidForm("web.desk.no_person")
    if away is not None:
        first, last = away
        if last < first or last < today or last - first > LONGEST_LEAVE:
            raise InvalidForm("web.desk.bad_leave", first=first, last=last)
    if deputy is not None and (deputy not in office.people or deputy == person.key):
        raise InvalidForm("web.desk.bad_deputy", person=deputy)
    ctx.app.leaves.set_leave(person.key, away=(away,) if away else (), deputy=deputy, **stamp(ctx))


def end_sessions(ctx: RequestContext, *, but: Collection[str] = ()) -> int:
    """End the reader's sessions and known devices, except those with these hashes; return their number."""
    now = ctx.now
    login = ctx.reader.login
    ended = [one for one in _sessions(ctx) if one.hash not in but]
    for one in ended:
        ctx.accounts.end(login, one.hash, now=now)
    return len(ended)


def end_session(ctx: RequestContext, hash: str) -> int:
    """End one session or known device of the reader; return the number ended."""
    return end_sessions(ctx, but={one.hash for one in _sessions(ctx) if one.hash != hash})


def _sessions(ctx: RequestContext) -> list[Entry]:
    now = ctx.now
    every = ctx.accounts.entries(ctx.reader.login, now=now)
    return [one for one in every if one.kind in ("session", "device")]
