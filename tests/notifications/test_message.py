"""A letter as mail programs see it: headers, parts, the item of a calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any, get_args

import icalendar
import pytest
from hypothesis import example, given, settings, strategies as some

from notifications.message import build_message, calendar, text_hash
from notifications.notice import EntryStatus
from tests.notifications.sample_office import (
    AIGUL,
    ANNOUNCE_BY,
    FIVE_BEFORE,
    OFFICER,
    RULES,
    Town,
    at_noon,
    calendar_entry,
    noon,
    parcel,
)
from tests.notifications.servers import Office, mail, serving
from workflow.cases.case import Case
from workflow.cases.commands import recording

WORDS = some.text(
    some.characters(
        codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cf"), exclude_characters="="
    ),
    min_size=1,
)
SENTENCES = some.lists(WORDS, min_size=1, max_size=30).map(" ".join)
READABLE = settings(max_examples=40)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def lines(raw: bytes) -> list[bytes]:
    """Its lines; all end as mail asks for."""
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    return raw.split(b"\r\n")


def letter(*, number: int = 1, name: str = AIGUL.name, address: str = AIGUL.key, **said: Any) -> bytes:
    """A letter of case `number` to a reader, with another `subject`, `text` ..."""
    outgoing = parcel(number, address=address)
    content = replace(outgoing.letter, **said)
    return build_message(outgoing.notice, content, name=name, sender="m@example.kz", now=noon(FIVE_BEFORE))


@READABLE
@given(SENTENCES)
@example("Мерзімі жақын: " + "ә" * 300)
@example("x" * 60 + " ә" * 40)
@example("😀" * 50)
def test_whatever_a_subject_says_comes_back(subject: str) -> None:
    """No line is longer than a server takes, no character is torn, no space is lost."""
    raw = letter(subject=subject)

    assert all(len(line) <= 998 for line in lines(raw))
    assert raw.isascii()
    assert read(raw)["Subject"] == subject


@READABLE
@given(SENTENCES)
@example('Ахметова "Айгүл", (бөлім) <x>')
@example('O\'Brien, "Bob" \\ <admin@b.kz>')
@example("a@b.kz, c@d.kz")
@example(("Very Long Name " * 12).strip())
def test_whatever_somebody_is_called_they_are_one_reader(name: str) -> None:
    """Commas and quotes in a name make no second address."""
    raw = letter(name=name, address="aigul@example.kz")
    # The library's newer reader puts spaces of its own into encoded names: it counts the addresses, no more.
    (header_address,) = read(raw)["To"].addresses
    label, address = parseaddr(message_from_bytes(raw)["To"])

    assert all(len(line) <= 998 for line in lines(raw))
    assert header_address.addr_spec == address == "aigul@example.kz"
    assert str(make_header(decode_header(label))) == name


@READABLE
@given(some.lists(some.one_of(SENTENCES, some.just(""), some.just("From here"), some.just(".")), max_size=40))
@example(["x" * 500])
@example(["trailing  ", "\ttab", "=3D"])
@example(["an English letter about ә"] * 30)
@example(["мерзім " * 40])
def test_whatever_a_text_says_comes_back(said: list[str]) -> None:
    """Plain, quoted-printable or base64, whichever it was."""
    content = "\n".join(said)
    raw = letter(text=content)
    body = read(raw).get_body(("plain",))

    assert raw.isascii()
    assert all(len(line) <= 998 for line in lines(raw))
    assert body.get_content().splitlines() == (content.splitlines() or [""])


def test_half_a_character_is_refused_and_not_sent_as_another() -> None:
    """A lone surrogate has no UTF-8."""
    with pytest.raises(ValueError):
        letter(text="\ud800")


def test_a_letter_with_an_item_has_the_parts_programs_look_for() -> None:
    """Text and HTML to choose from, the item shown with them and kept as a file beside them."""
    message = read(letter(entries=(calendar_entry(),)))

    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"),
        "application/ics",
    ]
    assert [part.get_filename() for part in message.iter_attachments()] == ["мерзім.ics"]
    assert not [defect for part in message.walk() for defect in part.defects]


@pytest.mark.parametrize("length", [10, 43, 200])
def test_the_address_of_one_click_is_whole_however_long(length: int) -> None:
    """Mail programs read no encoded words in it, and none of them unfolds an address."""
    address = f"https://merzim.example.kz/digest/{'x' * length}/daily"

    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in letter(settings=address, one_click=True)


def test_machines_are_asked_not_to_answer() -> None:
    """Out-of-office replies to reminders help nobody."""
    message = read(letter())

    assert message["From"] == "m@example.kz"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"


def test_the_same_notice_is_the_same_message_byte_for_byte() -> None:
    """A second attempt is identical to the first, boundary included."""
    assert letter() == letter()


def test_letters_of_one_case_are_one_thread() -> None:
    """Mail programs show them together; another case is another thread."""
    first, same, other = read(letter()), read(letter(address="bolat@example.kz")), read(letter(number=2))

    assert first["References"] == same["References"] == first["In-Reply-To"]
    assert first["References"] != other["References"]
    assert first["References"] != first["Message-ID"]


@pytest.mark.parametrize(
    "address",
    [
        *("a@b.kz\r\nBcc: all@b.kz", "a@b.kz\nBcc: all@b.kz", "a@b.kz, all@b.kz", "a@b.kz;all@b.kz"),
        *("x <a@b.kz>", " a@b.kz", "@b.kz", "a@", "nobody", ""),
    ],
)
def test_an_address_that_is_not_one_address_is_refused(address: str) -> None:
    """No recipient or header can be injected."""
    with pytest.raises(ValueError):
        letter(address=address)


@pytest.mark.parametrize("line_break", ["\r\n", "\n"])
def test_neither_a_name_nor_a_subject_breaks_out_of_its_header(line_break: str) -> None:
    """A line break in them is a space."""
    message = read(letter(name=f"Айгүл{line_break}Bcc: all@b.kz", subject=f"Срок{line_break}Bcc: all@b.kz"))

    assert message["Bcc"] is None
    assert message["Subject"] == "Срок Bcc: all@b.kz"
    assert [str(address.addr_spec) for address in message["To"].addresses] == ["aigul@example.kz"]


def test_the_hash_is_of_what_is_read() -> None:
    """Subject and text change it; the HTML is the same words."""
    letter = parcel().letter

    assert text_hash(letter) == text_hash(replace(letter, html=""))
    assert text_hash(letter) != text_hash(replace(letter, text=letter.text + "!"))
    assert text_hash(letter) != text_hash(replace(letter, subject="Срок"))


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
    with serving(Office()) as office:
        post = mail(office.port)
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


def test_one_deadline_is_one_item_and_its_sequence_rises(town: Town, case: Case) -> None:
    """A later letter replaces the item of the earlier one, also where the date has moved in between."""
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


def test_the_file_is_called_in_the_readers_language(town: Town, case: Case) -> None:
    """Kazakh letters in its name come through."""
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
