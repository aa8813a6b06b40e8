"""Calendar items in letters, read back as a calendar program reads them, and as they stand on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, get_args

import icalendar
import pytest

from notifications.notice import EntryStatus
from notifications.wire.entry import calendar
from tests.notifications.sample_office import (
    AIGUL,
    ANNOUNCE_BY,
    FIVE_BEFORE,
    OFFICER,
    RULES,
    Town,
    at_noon,
    calendar_entry,
)
from tests.notifications.servers import Office, mail, serving
from workflow.cases.commands import recording

LATER_START = date(2026, 4, 27)


def item(message: EmailMessage, *, uid: str = "") -> icalendar.Event:
    """The event of a message's calendar part, or the one with that id; the attached file is the same text."""
    parts = {part.get_content_type(): part for part in message.walk()}
    shown_entry, attachment = parts["text/calendar"], parts["application/ics"]
    assert shown_entry.get_param("method") == "PUBLISH"
    assert shown_entry.get_payload(decode=True) == attachment.get_payload(decode=True)
    read = icalendar.Calendar.from_ical(attachment.get_payload(decode=True))
    assert str(read["METHOD"]) == "PUBLISH"
    (event,) = [event for event in read.walk("VEVENT") if uid in ("", event["uid"])]
    assert isinstance(event, icalendar.Event)
    return event


def sent(town: Town, *days: date) -> list[EmailMessage]:
    """What a real server received of rounds and deliveries on these days."""
    office = Office()
    with serving(office) as port:
        post = mail(port)
        for day in days:
            town.round([post], day)
            town.deliver([post], day)
    return [message for _, message in office.accepted]


def test_a_letter_brings_the_deadline_as_a_whole_day(tmp_path: Path) -> None:
    """DATE values, no hour and no time zone; the same day the letter names, and the same words. List headers
    as mail programs expect them say where to write about reminders; a reminder offers no click that would
    end it."""
    town = Town(tmp_path, rules=replace(RULES, officer=OFFICER.key))
    town.open()
    (message,) = sent(town, FIVE_BEFORE)
    town.close()
    event = item(message)

    assert message["List-Id"] == "<reminders.letters.example.kz>"
    assert message["List-Unsubscribe"] == "<mailto:officer@example.kz?subject=Merzim>"
    assert message["List-Unsubscribe-Post"] is None
    assert message["Content-Language"] == "kk"
    assert event.decoded("dtstart") == ANNOUNCE_BY
    assert type(event.decoded("dtstart")) is date
    assert event.decoded("dtend") == ANNOUNCE_BY + timedelta(days=1)
    assert str(event["summary"]) == "Ішкі талдаудың басталғаны туралы хабарландыру – Құрылыс басқармасы"
    assert "10, 9, 8, 7, 6, 3, 2, 1 сәуір, 31, 30 наурыз" in str(event["description"])
    assert str(event["description"]).startswith("Міндеттілігі: міндетті")
    assert str(event["url"]).startswith("https://merzim.example.kz/cases/")


def test_one_deadline_is_one_item_and_its_sequence_rises(town: Town) -> None:
    """A later letter replaces the item of the earlier one, also where the date has moved in between."""
    case = town.open()
    first = sent(town, FIVE_BEFORE)
    town.case_commands.write(case.id, at_noon(FIVE_BEFORE), recording.replan, {"analysis_started": LATER_START})
    second = [message for message in sent(town, date(2026, 4, 6)) if AIGUL.email in message["To"]]
    events = [item(first[0]), item(second[-1], uid=item(first[0])["uid"])]

    assert events[0]["uid"] == events[1]["uid"]
    assert events[0]["sequence"] < events[1]["sequence"]
    assert (events[0].decoded("dtstart"), events[1].decoded("dtstart")) == (ANNOUNCE_BY, date(2026, 4, 13))


def test_a_feed_reminds_at_nine_the_day_before_and_on_the_day() -> None:
    """Not of what was withdrawn, and not in a letter, which is a reminder itself."""
    entries = [calendar_entry(uid=status, status=status) for status in get_args(EntryStatus)]

    def alarms(**options: Any) -> list[tuple[str, timedelta]]:
        read = icalendar.Calendar.from_ical(calendar(entries, **options))
        return [
            (str(event["uid"]), alarm["TRIGGER"].dt)
            for event in read.walk("VEVENT")
            for alarm in event.walk("VALARM")
        ]

    assert alarms() == []
    assert alarms(refresh=timedelta(hours=6)) == [
        (status, timedelta(hours=hours)) for status in ("CONFIRMED", "TENTATIVE") for hours in (-15, 9)
    ]


def test_the_file_is_called_in_the_readers_language(town: Town) -> None:
    """Kazakh letters in its name come through."""
    town.open()
    messages = sent(town, FIVE_BEFORE, date(2026, 3, 27), ANNOUNCE_BY, date(2026, 3, 31))
    names = {
        message["To"].addresses[0].addr_spec: part.get_filename()
        for message in messages
        for part in message.walk()
        if part.get_content_type() == "application/ics"
    }

    assert names[AIGUL.key] == "мерзім.ics"
    assert names["bolat@example.kz"] == "срок.ics"


@pytest.mark.parametrize("text", ["а; б, в\\г", "бірінші\nекінші", "ұ" * 200, '"тырнақша"'])
def test_whatever_stands_in_a_title_comes_back_whole(text: str) -> None:
    """Commas, semicolons, line breaks and long Kazakh words are the library's to escape and fold."""
    new_entry = calendar_entry(on=date(2026, 12, 31), summary=text, text=text)
    (event,) = icalendar.Calendar.from_ical(calendar([new_entry])).walk("VEVENT")

    assert str(event["summary"]) == text
    assert event.decoded("dtend") == date(2027, 1, 1)
    assert all(len(line) <= 75 for line in calendar([new_entry]).split(b"\r\n"))
