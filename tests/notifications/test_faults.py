"""Fault matrix: the notice state that each server fault leads to (states of DESIGN.md).

One letter, one fault, over real servers; then the stored state of the notice. `again` says whether the next
delivery, with the server working again, sends it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from notifications.channels.email import Email, channel
from notifications.notice import ANSWER_LIMIT, Notice, NoticeState
from tests.notifications.sample_office import AIGUL, FIVE_BEFORE, Town, noon
from tests.notifications.servers import Office, always, drop, first, hang, replying, serving

LATER = noon(FIVE_BEFORE) + timedelta(hours=1)

Row = tuple[str, NoticeState, str, bool]

SMTP: list[Row] = [
    # fault, state, in the answer, sent at the next attempt
    ("421", "queued", "421", True),
    ("450", "queued", "450", True),
    ("550", "failed", "550", False),
    ("554", "failed", "554", False),
    ("hang", "queued", "", True),
    ("drop after DATA", "queued", "", True),
    ("TLS failure", "queued", "", True),
]


@contextmanager
def post_office(fault: str, office: Office, authority: trustme.CA) -> Iterator[int]:
    """A server with that fault at its first letter, or at every greeting."""
    certified = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mail.other.kz" if fault == "TLS failure" else "localhost").configure_cert(certified)
    match fault:
        case "hang":
            office.rcpt = first(1, hang)
        case "drop after DATA":
            office.data = first(1, drop)
        case "554":
            office.data = first(1, always("554 looks like spam"))
        case "TLS failure" | "none":
            pass
        case code:
            office.rcpt = first(1, always(f"{code} not now"))
    with serving(office, starttls=certified) as port:
        yield port


def notice(town: Town) -> Notice:
    (reminder,) = [notice for notice in town.notices() if notice.kind == "reminder"]
    return reminder


@pytest.mark.parametrize(("fault", "state", "answer", "again"), SMTP, ids=[row[0] for row in SMTP])
def test_smtp(town: Town, tmp_path: Path, fault: str, state: NoticeState, answer: str, again: bool) -> None:
    """What may pass is tried again under the same Message-ID; what is final stays failed, with its answer."""
    authority, office, well = trustme.CA(), Office(), Office()
    ca_file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    patience = 0.5 if fault == "hang" else 10
    town.open()

    def email(port: int) -> Email:
        return channel(host="localhost", port=port, sender="m@example.kz", ca_file=ca_file, timeout=patience)

    with post_office(fault, office, authority) as port:
        town.round((email(port),), FIVE_BEFORE)
        town.deliver((email(port),), FIVE_BEFORE)
        kept_notice = notice(town)
        if fault != "TLS failure":
            town.deliver((email(port),), FIVE_BEFORE, at=LATER)
    if fault == "TLS failure":
        with post_office("none", well, authority) as port:
            town.deliver((email(port),), FIVE_BEFORE, at=LATER)
    identities = {message["Message-ID"] for _, message in [*office.accepted, *well.accepted]}

    # A server that does not let us in says nothing about the letter.
    attempts = 0 if fault == "TLS failure" else 1
    assert (kept_notice.state, kept_notice.attempts, kept_notice.person) == (state, attempts, AIGUL.key)
    assert kept_notice.answer
    assert answer in kept_notice.answer
    assert (notice(town).state == "sent") == again
    assert identities <= {kept_notice.message_id}


@pytest.mark.parametrize(
    ("command", "reply", "state", "answer"),
    [
        (".", b"250 \xcf\xf0\xe8\xed\xff\xf2\xee\r\n", "sent", r"\udccf\udcf0\udce8\udced\udcff\udcf2\udcee"),
        ("RCPT", b"550 \xcd\xe5\xf2\r\n", "failed", r"550 \udccd\udce5\udcf2"),
        ("RCPT", b"550 a\x00b\x1b[31m\r\n", "failed", r"550 a\x00b\x1b[31m"),
        ("RCPT", b"550-one\r\n550-two\r\n550 three\r\n", "failed", "550 one two three"),
        ("RCPT", "550 \u202eback\u2028line\r\n".encode(), "failed", r"550 \u202eback line"),
        (".", b"250 " + b"y" * 7000 + b"\r\n", "sent", "y" * ANSWER_LIMIT),
        (".", b"kept\r\n", "queued", "-1 Malformed SMTP response line: kept"),
    ],
    ids=["cp1251 taken", "cp1251 refused", "NUL", "lines", "bidi", "long", "malformed"],
)
def test_a_server_may_answer_any_bytes(
    town: Town, command: str, reply: bytes, state: NoticeState, answer: str
) -> None:
    """The outcome is kept with an answer every database takes: what was taken does not leave at every tick."""
    town.open()
    with replying({command: reply}) as port:
        mail = channel(host="127.0.0.1", port=port, sender="m@example.kz", tls="none", timeout=5.0)
        town.round((mail,), FIVE_BEFORE)
        town.deliver((mail,), FIVE_BEFORE)

    assert (notice(town).state, notice(town).answer) == (state, answer)
