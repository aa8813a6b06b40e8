"""From a deadline on the board to a mailbox: a real mail server with SMTP and IMAP in another process."""

from __future__ import annotations

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import icalendar
import pytest

from notifications.channels.email import channel as email
from tests.notifications.sample_office import AIGUL, ANNOUNCE_BY, BOLAT, DANA, Town
from tests.notifications.servers import free_port

PASSWORD = "secret"
MONDAY_AFTER = ANNOUNCE_BY.replace(month=4, day=6)


@contextmanager
def post_office(folder: Path) -> Iterator[tuple[int, int]]:
    """mail-devel with a mailbox for every recipient; its SMTP and IMAP ports."""
    smtp, imap = free_port(), free_port()
    program = Path(sys.executable).with_name("mail_devel")
    line = [str(program), "--host", "127.0.0.1", "--multi-user", "--password", PASSWORD, "--no-http"]
    line += ["--smtp-port", str(smtp), "--imap-port", str(imap)]
    with (folder / "post.log").open("wb") as log:
        server = subprocess.Popen(line, stdout=log, stderr=log, cwd=folder)
        try:
            for port in (smtp, imap):
                _listening(port, server)
            yield smtp, imap
        finally:
            server.terminate()
            server.wait(10)


def _listening(port: int, server: subprocess.Popen[bytes]) -> None:
    import socket

    until = time.monotonic() + 20
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the mail server did not start")


def mailbox(port: int, person: str) -> list[EmailMessage]:
    """Messages in a person's inbox."""
    reader = imaplib.IMAP4("127.0.0.1", port)
    try:
        reader.login(person, PASSWORD)
        reader.select("INBOX")
        _, (numbers,) = reader.search(None, "ALL")
        messages = []
        for number in numbers.split():
            _, answer = reader.fetch(number, "(RFC822)")
            message = message_from_bytes(answer[0][1], policy=policy.default)
            assert isinstance(message, EmailMessage)
            messages.append(message)
        return messages
    finally:
        reader.logout()


def text_of(message: EmailMessage) -> str:
    """Subject and plain text of a message."""
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{body.get_content()}"


def test_a_letter_is_read_in_its_readers_mailbox(town: Town, tmp_path: Path) -> None:
    """Each in their language, with a calendar item that a calendar program can read."""
    town.open()
    with post_office(tmp_path) as (smtp, imap):
        post = email(host="127.0.0.1", port=smtp, sender="Merzim <m@example.kz>", tls="none", timeout=10.0)
        town.round([post], MONDAY_AFTER)
        report = town.deliver([post], MONDAY_AFTER)
        boxes = {person.key: mailbox(imap, person.key) for person in (AIGUL, BOLAT, DANA)}
    assert {key: len(box) for key, box in boxes.items()} == dict.fromkeys(boxes, 1), "one letter a day"
    letters = {key: box[0] for key, box in boxes.items()}

    assert set(report.counts) <= {"sent", "withdrawn"}
    assert "Мерзімі өткен" in text_of(letters[AIGUL.key])
    assert "Объявление о начале анализа" in text_of(letters[BOLAT.key])
    assert "Announcement of the start" in text_of(letters[DANA.key])
    for message in letters.values():
        (part,) = [part for part in message.walk() if part.get_content_type() == "application/ics"]
        events = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
        assert ANNOUNCE_BY in {event.decoded("dtstart") for event in events}
        assert message.get_body(("html",)) is not None
