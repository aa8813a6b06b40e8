"""What somebody does to a case, a letter or their own leave: the same for forms of pages and for the API.

Everything goes through the desk, by the hand of the reader. Whether the case may be seen was asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from notifications.acknowledgement import acknowledge
from notifications.moved_dates import people_to_tell, was_told
from web.context import RequestContext, stamp
from web.ui.form_values import InvalidForm
from workflow.cases.case import Evidence
from workflow.cases.commands import reminder_actions, withdrawals
from workflow.cases.commands.desk import Change, Desk
from workflow.cases.commands.previews import Preview, preview
from workflow.cases.commands.withdrawals import CannotWithdraw
from workflow.cases.registers.evidence_list import proofs
from workflow.org.access import Entry

LONGEST_LEAVE = timedelta(days=366)
LONGEST_REMARK = 2000


class NoSuchLetter(Exception):
    """There is no letter of that key, or none the reader may answer."""


def record(
    ctx: RequestContext,
    case: str,
    fact: str,
    *,
    on: date,
    evidence: Iterable[Evidence] = (),
    values: Mapping[str, Decimal] | None = None,
    signed_by: str = "",
    remark: str = "",
) -> Change:
    """Something happened. Raises Refusal."""
    return ctx.desk.record(
        case,
        fact,
        on=on,
        evidence=evidence,
        values=values,
        signed_by=signed_by,
        remark=remark.strip()[:LONGEST_REMARK],
        **stamp(ctx),
    )


def done(ctx: RequestContext, case: str, obligation: str, *, on: date) -> Change:
    """It was done on that day, and its evidence follows."""
    return reminder_actions.done(ctx.desk, case, obligation, on=on, **stamp(ctx))


def put_off(ctx: RequestContext, case: str, obligation: str, *, until: date) -> Change:
    """Be reminded again on a day."""
    return reminder_actions.put_off(ctx.desk, ctx.calendar, case, obligation, until=until, **stamp(ctx))


def withdraw(
    desk: Desk, ctx: RequestContext, case: str, name: str, *, ground: str, evidence: str = ""
) -> Change:
    """Withdraw what was recorded by mistake, on this desk.

    Raises CannotWithdraw also of a document the reader may not see: it is not there for them.
    """
    if evidence:
        known = ctx.reads.case(case)
        seen = {one.evidence.reference for one in proofs(known)} if known else set()
        names = {one.evidence.name for one in proofs(known)} if known else set()
        if evidence not in seen | names:
            raise CannotWithdraw("no_evidence", case=case, record=name, evidence=evidence, allowed=())
    return withdrawals.withdraw(desk, case, name, ground=ground, evidence=evidence, **stamp(ctx))


def undo(ctx: RequestContext, case: str, line: int, *, ground: str) -> Change:
    """Withdraw a line of the history right after the reader wrote it. Raises CannotUndo."""
    told = partial(was_told, ctx.reads.notices(case))
    return withdrawals.undo(ctx.desk, case, line, ground=ground, was_told=told, **stamp(ctx))


def line_to_undo(ctx: RequestContext, case: str, name: str) -> int | None:
    """Return the line of the history the reader may undo after recording this; None where there is none."""
    now, _ = ctx.clock()
    told = partial(was_told, ctx.reads.notices(case))
    return withdrawals.undoable(ctx.reads.events(case), name, told, by=ctx.reader.login, now=now)


def foresee(
    ctx: RequestContext, case: str, command: Callable[[Desk], Change]
) -> tuple[Preview, frozenset[str]]:
    """Return what a command would do, and the keys of the people it would tell. Raises whatever it refuses."""
    _, today = ctx.clock()
    foreseen = preview(ctx.desk, case, command, today=today)
    return foreseen, people_to_tell(foreseen.deadlines, ctx.reads.notices(case))


def name_reader(ctx: RequestContext, case: str, person: str) -> Change:
    """Let somebody know of a confidential case. Raises BadForm: nobody of that key."""
    if person not in ctx.reads.office().people:
        raise InvalidForm("web.refusal.no_person")
    return ctx.desk.name_reader(case, person, **stamp(ctx))


def remove_reader(ctx: RequestContext, case: str, person: str, *, ground: str) -> Change:
    """Let somebody know of it no longer."""
    return ctx.desk.remove_reader(case, person, ground=ground, **stamp(ctx))


def read_letter(ctx: RequestContext, case: str, key: str) -> str:
    """The reader says that a letter of theirs was read; what it spoke of.

    Raises:
        NoSuchLetter: the case has none of that key that was sent to the reader.
    """
    mine = (ctx.reader.person, ctx.reader.login)
    letters = ctx.reads.notices(case) if case else ()
    letter = next((one for one in letters if one.key == key and one.person in mine), None)
    if letter is None or ctx.post is None:
        raise NoSuchLetter
    acknowledge(ctx.post, ctx.desk, letter, key, **stamp(ctx))
    return letter.obligation


def resend(ctx: RequestContext, case: str, key: str) -> bool:
    """Queue a letter of the case again that did not arrive; False when it has none of that key."""
    now, _ = ctx.clock()
    known = ctx.post is not None and any(one.key == key for one in ctx.reads.notices(case))
    return ctx.post.resend(key, now=now) if known and ctx.post is not None else False


def resend_all(ctx: RequestContext, channel: str) -> int:
    """Queue again what a fault of a channel has kept from leaving; how many letters."""
    now, _ = ctx.clock()
    return ctx.post.resend_all(channel, now=now) if ctx.post is not None else 0


def go_away(ctx: RequestContext, away: tuple[date, date] | None, deputy: str | None) -> None:
    """Say when the reader is away (both days included; None is not at all) and who stands in for them.

    Raises:
        BadForm: the account is nobody's of the people file, the days are none, or nobody may stand in so.
    """
    _, today = ctx.clock()
    office = ctx.reads.office()
    person = office.people.get(ctx.reader.person)
    if person is None or ctx.leaves is None:
        raise InvalidForm("web.desk.no_person")
    if away is not None:
        first, last = away
        if last < first or last < today or last - first > LONGEST_LEAVE:
            raise InvalidForm("web.desk.bad_leave", first=first, last=last)
    if deputy is not None and (deputy not in office.people or deputy == person.key):
        raise InvalidForm("web.desk.bad_deputy", person=deputy)
    ctx.leaves.set_leave(person.key, away=(away,) if away else (), deputy=deputy, **stamp(ctx))


def end_sessions(ctx: RequestContext, *, but: Collection[str] = ()) -> int:
    """End the reader's sessions and known devices, all but those of these hashes; return how many."""
    now, _ = ctx.clock()
    login = ctx.reader.login
    ended = [one for one in _sessions(ctx) if one.hash not in but]
    for one in ended:
        ctx.accounts.end(login, one.hash, now=now)
    return len(ended)


def end_session(ctx: RequestContext, hash: str) -> int:
    """End one session or known device of the reader; return how many that were."""
    return end_sessions(ctx, but={one.hash for one in _sessions(ctx) if one.hash != hash})


def _sessions(ctx: RequestContext) -> list[Entry]:
    now, _ = ctx.clock()
    every = ctx.accounts.entries(ctx.reader.login, now=now)
    return [one for one in every if one.kind in ("session", "device")]
