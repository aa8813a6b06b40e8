"""The bytes of letters, read back by the standard library: nothing said is lost, no server refuses a line."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from notifications.wire.message import build_message, text_hash
from tests.notifications.sample_office import AIGUL, FIVE_BEFORE, calendar_entry, noon, parcel

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
