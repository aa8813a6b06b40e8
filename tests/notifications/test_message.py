"""E-mail messages: parsed content equals the letter, header injection is impossible."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from notifications.channels import OutgoingMessage
from notifications.wire.message import build_message, text_hash
from tests.notifications.sample_office import FIVE_BEFORE, noon, parcel

NOW = noon(FIVE_BEFORE)
SENDER = "Мерзім <merzim@letters.example.kz>"


def made(parcel: OutgoingMessage, now: datetime = NOW) -> bytes:
    return build_message(parcel.notice, parcel.letter, name=parcel.name, sender=SENDER, now=now)


def parsed(parcel: OutgoingMessage) -> EmailMessage:
    message = message_from_bytes(made(parcel), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_message_parsed_back_is_the_letter() -> None:
    """Cyrillic subject, names, text and HTML come through bytes unharmed."""
    outgoing_parcel = parcel()
    message = parsed(outgoing_parcel)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None

    assert message["Subject"] == outgoing_parcel.letter.subject
    assert message["To"] == "Ахметова Айгүл <aigul@example.kz>"
    assert message["From"] == SENDER
    assert text.get_content().splitlines() == outgoing_parcel.letter.text.splitlines()
    assert html.get_content().strip() == outgoing_parcel.letter.html


def test_machines_are_asked_not_to_answer() -> None:
    """Out-of-office replies to reminders help nobody."""
    message = parsed(parcel())

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"


def test_the_same_notice_is_the_same_message_byte_for_byte() -> None:
    """A second attempt is identical to the first, boundary included."""
    assert made(parcel()) == made(parcel())


def test_letters_of_one_case_are_one_thread() -> None:
    """Mail programs show them together; another case is another thread."""
    first, same, other = parsed(parcel(1)), parsed(parcel(1, address="bolat@example.kz")), parsed(parcel(2))

    assert first["References"] == same["References"] == first["In-Reply-To"]
    assert first["References"] != other["References"]
    assert first["References"] != first["Message-ID"]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.kz\r\nBcc: all@b.kz",
        "a@b.kz\nBcc: all@b.kz",
        "a@b.kz, all@b.kz",
        "a@b.kz;all@b.kz",
        "x <a@b.kz>",
        " a@b.kz",
        "@b.kz",
        "a@",
        "nobody",
        "",
    ],
)
def test_an_address_that_is_not_one_address_is_refused(address: str) -> None:
    """No recipient or header can be injected."""
    with pytest.raises(ValueError):
        made(parcel(address=address))


@pytest.mark.parametrize("name", ["Айгүл\r\nBcc: all@b.kz", "Айгүл\nBcc: all@b.kz"])
def test_a_name_cannot_break_out_of_its_header(name: str) -> None:
    """A line break in somebody's name is a space."""
    message = parsed(parcel(name=name))

    assert message["Bcc"] is None
    assert [str(address.addr_spec) for address in message["To"].addresses] == ["aigul@example.kz"]


def test_a_subject_cannot_break_out_of_its_header() -> None:
    """Nor can a title."""
    outgoing_parcel = parcel()
    message = parsed(
        replace(outgoing_parcel, letter=replace(outgoing_parcel.letter, subject="Срок\r\nBcc: all@b.kz"))
    )

    assert message["Bcc"] is None
    assert message["Subject"] == "Срок Bcc: all@b.kz"


def test_the_hash_is_of_what_is_read() -> None:
    """Subject and text change it; the HTML is the same words."""
    letter = parcel().letter

    assert text_hash(letter) == text_hash(replace(letter, html=""))
    assert text_hash(letter) != text_hash(replace(letter, text=letter.text + "!"))
    assert text_hash(letter) != text_hash(replace(letter, subject="Срок"))
