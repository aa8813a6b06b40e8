"""The bytes of letters, read back by the standard library: nothing said is lost, no server refuses a line."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from notifications.notice import CalendarEntry
from notifications.wire.message import build_message
from tests.notifications.sample_office import ANNOUNCE_BY, FIVE_BEFORE, noon, parcel

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


def letter(**said: str) -> bytes:
    """A letter with this `name` or `address` of its reader, `subject` or `text`."""
    outgoing = parcel()
    notice = replace(outgoing.notice, address=said.pop("address", outgoing.notice.address))
    name = said.pop("name", outgoing.name)
    content = replace(outgoing.letter, **said)  # type: ignore[arg-type]
    return build_message(notice, content, name=name, sender="m@example.kz", now=noon(FIVE_BEFORE))


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
    assert body is not None
    assert body.get_content().splitlines() == (content.splitlines() or [""])


def test_half_a_character_is_refused_and_not_sent_as_another() -> None:
    """A lone surrogate has no UTF-8."""
    with pytest.raises(ValueError):
        letter(text="\ud800")


def test_a_letter_with_an_item_has_the_parts_programs_look_for() -> None:
    """Text and HTML to choose from, the item shown with them and kept as a file beside them."""
    entry = CalendarEntry(
        uid="a@x.kz",
        sequence=1,
        on=ANNOUNCE_BY,
        stamp=noon(FIVE_BEFORE),
        summary="x",
        text="y",
        link="",
        status="CONFIRMED",
        language="kk",
    )
    outgoing_parcel = parcel()
    letter = replace(outgoing_parcel.letter, entries=(entry,))
    message = read(
        build_message(
            outgoing_parcel.notice,
            letter,
            name=outgoing_parcel.name,
            sender="m@example.kz",
            now=noon(FIVE_BEFORE),
        )
    )
    types = [part.get_content_type() for part in message.walk()]

    assert types == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"),
        "application/ics",
    ]
    assert [part.get_filename() for part in message.iter_attachments()] == ["мерзім.ics"]
    assert not [defect for part in message.walk() for defect in part.defects]


@pytest.mark.parametrize("length", [10, 43, 200])
def test_the_address_of_one_click_is_whole_however_long(length: int) -> None:
    """Mail programs read no encoded words in it, and none of them unfolds an address."""
    outgoing_parcel = parcel()
    address = f"https://merzim.example.kz/digest/{'x' * length}/daily"
    letter = replace(outgoing_parcel.letter, settings=address, one_click=True)
    raw = build_message(
        outgoing_parcel.notice, letter, name=outgoing_parcel.name, sender="m@example.kz", now=noon(FIVE_BEFORE)
    )

    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in raw
