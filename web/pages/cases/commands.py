"""What somebody does to a case, a letter or their own leave: the same for forms of pages and for the API.

Everything goes through the desk, by the hand of the reader. Whether the case may be seen was asked before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from notifications.acknowledgement import acknowledge
from web.context import RequestContext, stamp
from web.ui.form_values import InvalidForm
from workflow.cases.case import Evidence
from workflow.cases.commands import reminder_actions
from workflow.cases.commands.desk import Change
from workflow.org.access import Entry

LONGEST_LEAVE = timedelta(days=366)
LONGEST_REMARK = 2000


class NoSuchLetter(Exception):
    """There is no letter of that key, or none the reader may answer."""


def record(
    home: RequestContext,
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
    return home.desk.record(
        case,
        fact,
        on=on,
        evidence=evidence,
        values=values,
        signed_by=signed_by,
        remark=remark.strip()[:LONGEST_REMARK],
        **stamp(home),
    )


def done(home: RequestContext, case: str, obligation: str, *, on: date) -> Change:
    """It was done on that day, and its evidence follows."""
    return reminder_actions.done(home.desk, case, obligation, on=on, **stamp(home))


def put_off(home: RequestContext, case: str, obligation: str, *, until: date) -> Change:
    """Be reminded again on a day."""
    return reminder_actions.put_off(home.desk, home.calendar, case, obligation, until=until, **stamp(home))


def name_reader(home: RequestContext, case: str, person: str) -> Change:
    """Let somebody know of a confidential case. Raises BadForm: nobody of that key."""
    if person not in home.reads.office().people:
        raise InvalidForm("web.refusal.no_person")
    return home.desk.name_reader(case, person, **stamp(home))


def remove_reader(home: RequestContext, case: str, person: str, *, ground: str) -> Change:
    """Let somebody know of it no longer."""
    return home.desk.remove_reader(case, person, ground=ground, **stamp(home))


def read_letter(home: RequestContext, case: str, key: str) -> str:
    """The reader says that a letter of theirs was read; what it spoke of.

    Raises:
        NoSuchLetter: the case has none of that key that was sent to the reader.
    """
    mine = (home.reader.person, home.reader.login)
    letters = home.reads.notices(case) if case else ()
    letter = next((one for one in letters if one.key == key and one.person in mine), None)
    if letter is None or home.post is None:
        raise NoSuchLetter
    acknowledge(home.post, home.desk, letter, key, **stamp(home))
    return letter.obligation


def resend(home: RequestContext, case: str, key: str) -> bool:
    """Queue a letter of the case again that did not arrive; False when it has none of that key."""
    now, _ = home.clock()
    known = home.post is not None and any(one.key == key for one in home.reads.notices(case))
    return home.post.resend(key, now=now) if known and home.post is not None else False


def resend_all(home: RequestContext, channel: str) -> int:
    """Queue again what a fault of a channel has kept from leaving; how many letters."""
    now, _ = home.clock()
    return home.post.resend_all(channel, now=now) if home.post is not None else 0


def go_away(home: RequestContext, away: tuple[date, date] | None, deputy: str | None) -> None:
    """Say when the reader is away (both days included; None is not at all) and who stands in for them.

    Raises:
        BadForm: the account is nobody's of the people file, the days are none, or nobody may stand in so.
    """
    _, today = home.clock()
    office = home.reads.office()
    person = office.people.get(home.reader.person)
    if person is None or home.leaves is None:
        raise InvalidForm("web.desk.no_person")
    if away is not None:
        first, last = away
        if last < first or last < today or last - first > LONGEST_LEAVE:
            raise InvalidForm("web.desk.bad_leave", first=first, last=last)
    if deputy is not None and (deputy not in office.people or deputy == person.key):
        raise InvalidForm("web.desk.bad_deputy", person=deputy)
    home.leaves.set_leave(person.key, away=(away,) if away else (), deputy=deputy, **stamp(home))


def end_sessions(home: RequestContext, *, but: Collection[str] = ()) -> int:
    """End the reader's sessions and known devices, all but those of these hashes; return how many."""
    now, _ = home.clock()
    login = home.reader.login
    ended = [one for one in _sessions(home) if one.hash not in but]
    for one in ended:
        home.accounts.end(login, one.hash, now=now)
    return len(ended)


def end_session(home: RequestContext, hash: str) -> int:
    """End one session or known device of the reader; return how many that were."""
    return end_sessions(home, but={one.hash for one in _sessions(home) if one.hash != hash})


def _sessions(home: RequestContext) -> list[Entry]:
    now, _ = home.clock()
    every = home.accounts.entries(home.reader.login, now=now)
    return [one for one in every if one.kind in ("session", "device")]
