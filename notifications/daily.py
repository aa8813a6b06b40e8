"""One letter a person a day: which letter carries the waiting items, and when it leaves.

Every notice is an item that waits for its person's next letter, except what must arrive at once and alone (an
assignment or question, an invitation). A letter leaves at the start of the person's office hours. What arises
later in the day and falls due before the next letter leaves in one further letter; the rest waits for that.
Who chose a letter a week gets one on its first working day, and what would come too late by it at once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from calendars import OutOfRange
from calendars.hours import local_date, moment_of
from calendars.kazakhstan import Kazakhstan
from notifications.dispatch import Dispatch, PendingStep
from notifications.notice import Notice, message_id
from notifications.rules import OfficeTimes
from workflow.org.duties import stand_in
from workflow.org.office import Person

DAY, WEEK = "day", "week"
"""The letters an item can wait for: its person's next of a day, or of a week."""
WEEKLY = "weekly"
"""The choice of a person who wants one letter a week; "" is one a day."""
LETTER = "letter"
"""The kind of notice that carries others."""
OVERSEERS = ("head_of_unit", "head", "officer")
"""Duties whose holders read once a week what is overdue in their units."""


def bundle_of(person: Person, dispatch: Dispatch, *, due: date | None = None) -> str:
    """Return which letter an item waits for: that of the day, or of the week for who chose one a week, unless
    it would come too late in that. `due`: the day the item is about, where it may come too late.
    """
    if person.digest != WEEKLY:
        return DAY
    today = dispatch.moment.today
    comes = letter_day(WEEK, dispatch.times.days(person.key), today=today)
    return WEEK if due is None or comes == today or due > comes else DAY


def queue_letters(dispatch: Dispatch) -> int:
    """Queue a letter for all that waits, and the weekly ones of heads and officer; return how many were
    queued.
    """
    outbox, times, today = dispatch.outbox, dispatch.times, dispatch.moment.today
    on_their_way = outbox.letters_on_their_way()
    choices = {
        group: days
        # A letter of the week carries what waits for the day as well.
        for group in sorted(outbox.waiting(today), key=lambda group: group.bundle, reverse=True)
        # What is for a later day alone waits for that day's round.
        if group.not_before <= times.opening(group.person, dispatch.moment.now)
        for days in (_choices(group, dispatch),)
        # A letter of a later day (of tomorrow, of a clock that was ahead) holds nothing of today.
        if all(
            on_their_way.get((group.person, group.channel, bundle), date.max) > min(days.values())
            for bundle in (group.bundle, WEEK)
        )
    }
    had = outbox.states({key for days in choices.values() for key in days})
    letters: dict[str, Notice] = {}
    for group, days in choices.items():
        key = next((key for key in days if had.get(key, "withdrawn") == "withdrawn"), [*days][-1])
        letters.setdefault(key, _letter(group, days[key], key, dispatch))
    taken = {place[:2] for place, day in on_their_way.items() if day <= today}
    taken |= {(one.person, one.channel) for one in letters.values()}
    weekly = {
        letter.key: letter
        for reader in _weekly_readers(dispatch)
        for letter in dispatch.notices_to(
            reader, today.isoformat(), kind=LETTER, due=today, step=_bundle_on(today, reader.key, dispatch)
        )
        if (letter.person, letter.channel) not in taken
    }
    had = outbox.states(weekly)
    letters |= {key: letter for key, letter in weekly.items() if key not in had}
    return outbox.add(list(letters.values()))


def letter_day(bundle: str, calendar: Kazakhstan, *, today: date) -> date:
    """Return the first day from today on for a letter: a working day, or the first working day of a week.

    Outside the calendar's records it is today.
    """
    try:
        day = calendar.find_following_working_day(today)
        if bundle != WEEK:
            return day
        while not first_of_week(day, calendar):
            day = calendar.find_following_working_day(day + timedelta(days=1))
    except OutOfRange:
        return today
    return day


def first_of_week(day: date, calendar: Kazakhstan) -> bool:
    """Return whether the day is the first working day of its week; never outside the calendar's records."""
    monday = day - timedelta(days=day.weekday())
    try:
        return calendar.is_working_day(day) and (
            day == monday or calendar.count_working_days(monday, day - timedelta(days=1)) == 0
        )
    except OutOfRange:
        return False


def letter_key(day: date, person: str, channel: str, *, further: bool = False) -> str:
    """Return the key of a person's letter of a day; the INSERT of it is the decision to send."""
    return f"{day.isoformat()}{'.2' if further else ''}:{person}:{channel}"


def next_opening(day: date, person: str, times: OfficeTimes, *, now: datetime) -> datetime:
    """Return the first moment of a local day, or after it, when letters leave for a person; never before
    now.
    """
    return times.opening(person, max(now, moment_of(day, None)), due=day)


def _weekly_readers(dispatch: Dispatch) -> list[Person]:
    """Return the heads and officers, or whoever stands in for them, for whom today is the first working day of
    the week: they get a letter even if no item waits for it.
    """
    office, today = dispatch.office, dispatch.moment.today
    readers = [
        stand_in(office, person, today)
        for (_, duty), holders in sorted(office.holders.items())
        if duty in OVERSEERS
        for person in holders
    ]
    people = {reader.key: reader for reader in (*readers, dispatch.present_officer) if reader is not None}
    return [person for person in people.values() if first_of_week(today, dispatch.times.days(person.key))]


def _choices(group: PendingStep, dispatch: Dispatch) -> dict[str, date]:
    """Return the letters that can carry a group, in order of choice, by key with their days: that of the first
    day for it, a further one of that day if the next comes too late, and that of the next day.
    """
    times, person, channel = dispatch.times, group.person, group.channel
    calendar, due = times.days(person), group.first_due
    day = letter_day(group.bundle, calendar, today=dispatch.moment.today)
    day = max(day, local_date(group.not_before))
    opens = local_date(times.opening(person, max(dispatch.moment.now, group.not_before), due=due))
    # The person's own office may be closed until it is too late.
    day = opens if due is not None and opens <= due < day else day
    next_day = letter_day(group.bundle, calendar, today=day + timedelta(days=1))
    further = {letter_key(day, person, channel, further=True): day} if due and due < next_day else {}
    return {letter_key(day, person, channel): day, **further, letter_key(next_day, person, channel): next_day}


def _bundle_on(day: date, person: str, dispatch: Dispatch) -> str:
    """Return which letter a person's first one of a day is: of the week on its first day, for who chose one."""
    reader = dispatch.office.people.get(person)
    chose = reader is not None and reader.digest == WEEKLY
    return WEEK if chose and first_of_week(day, dispatch.times.days(person)) else DAY


def _letter(group: PendingStep, day: date, key: str, dispatch: Dispatch) -> Notice:
    """Return the notice of the letter that carries a group of items on a day."""
    now = dispatch.moment.now
    is_first = key == letter_key(day, group.person, group.channel)
    return Notice(
        key=key,
        due=day,
        step=_bundle_on(day, group.person, dispatch) if is_first and group.bundle == DAY else group.bundle,
        person=group.person,
        channel=group.channel,
        address=group.address,
        language=group.language,
        queued_at=now,
        not_before=next_opening(day, group.person, dispatch.times, now=max(now, group.not_before)),
        message_id=message_id(key, dispatch.rules.domain),
        kind="letter",
    )
