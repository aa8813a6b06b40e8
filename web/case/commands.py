"""What somebody does to a case, a letter or their own leave: the same for forms of pages and for the API.

Everything goes through the desk, by the hand of the reader. Whether the case may be seen was asked before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from notifications.answering import acknowledge
from web.house import House, hand
from web.page.answers import BadForm
from workflow.access import Entry
from workflow.case import Evidence
from workflow.desk import minding
from workflow.desk.desk import Change

LONGEST_LEAVE = timedelta(days=366)
LONGEST_REMARK = 2000


class NoSuchLetter(Exception):
    """There is no letter of that key, or none the reader may answer."""


def record(
    home: House,
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
        **hand(home),
    )


def done(home: House, case: str, obligation: str, *, on: date) -> Change:
    """It was done on that day, and its evidence follows."""
    return minding.done(home.desk, case, obligation, on=on, **hand(home))


def put_off(home: House, case: str, obligation: str, *, until: date) -> Change:
    """Be reminded again on a day."""
    return minding.put_off(home.desk, home.calendar, case, obligation, until=until, **hand(home))


def name_reader(home: House, case: str, person: str) -> Change:
    """Let somebody know of a confidential case. Raises BadForm: nobody of that key."""
    if person not in home.reads.office().people:
        raise BadForm("web.refusal.no_person")
    return home.desk.name_reader(case, person, **hand(home))


def remove_reader(home: House, case: str, person: str, *, ground: str) -> Change:
    """Let somebody know of it no longer."""
    return home.desk.remove_reader(case, person, ground=ground, **hand(home))


def read_letter(home: House, case: str, key: str) -> str:
    """The reader says that a letter of theirs was read; what it spoke of.

    Raises:
        NoSuchLetter: the case has none of that key that was sent to the reader.
    """
    mine = (home.reader.person, home.reader.login)
    letters = home.reads.notices(case) if case else ()
    letter = next((one for one in letters if one.key == key and one.person in mine), None)
    if letter is None or home.post is None:
        raise NoSuchLetter
    acknowledge(home.post, home.desk, letter, key, **hand(home))
    return letter.obligation


def resend(home: House, case: str, key: str) -> bool:
    """Queue a letter of the case again that did not arrive; False when it has none of that key."""
    now, _ = home.clock()
    known = home.post is not None and any(one.key == key for one in home.reads.notices(case))
    return home.post.resend(key, now=now) if known and home.post is not None else False


def resend_all(home: House, channel: str) -> int:
    """Queue again what a fault of a channel has kept from leaving; how many letters."""
    now, _ = home.clock()
    return home.post.resend_all(channel, now=now) if home.post is not None else 0


def go_away(home: House, away: tuple[date, date] | None, deputy: str | None) -> None:
    """Say when the reader is away (both days included; None is not at all) and who stands in for them.

    Raises:
        BadForm: the account is nobody's of the people file, the days are none, or nobody may stand in so.
    """
    _, today = home.clock()
    office = home.reads.office()
    person = office.people.get(home.reader.person)
    if person is None or home.leaves is None:
        raise BadForm("web.desk.no_person")
    if away is not None:
        first, last = away
        if last < first or last < today or last - first > LONGEST_LEAVE:
            raise BadForm("web.desk.bad_leave", first=first, last=last)
    if deputy is not None and (deputy not in office.people or deputy == person.key):
        raise BadForm("web.desk.bad_deputy", person=deputy)
    home.leaves.set_leave(person.key, away=(away,) if away else (), deputy=deputy, **hand(home))


def end_sessions(home: House, *, but: Collection[str] = ()) -> int:
    """End the reader's sessions and known devices, all but those of these hashes; return how many."""
    now, _ = home.clock()
    login = home.reader.login
    ended = [one for one in _sessions(home) if one.hash not in but]
    for one in ended:
        home.accounts.end(login, one.hash, now=now)
    return len(ended)


def end_session(home: House, hash: str) -> int:
    """End one session or known device of the reader; return how many that were."""
    return end_sessions(home, but={one.hash for one in _sessions(home) if one.hash != hash})


def _sessions(home: House) -> list[Entry]:
    now, _ = home.clock()
    every = home.accounts.entries(home.reader.login, now=now)
    return [one for one in every if one.kind in ("session", "device")]
