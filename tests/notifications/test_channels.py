"""Channels: their names, letters in a folder, what servers answer, what is said of one that does not work."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import trustme

import i18n
from i18n import LANGUAGES, refusal
from merzim.storage.database import reading
from merzim.storage.notices.delivery_state import ChannelFault, channel_faults, figures, resend_all
from notifications.channels import channel_type, names, send_all
from notifications.channels.email import Email, channel as email_channel
from notifications.channels.folder import Folder, channel
from notifications.notice import ANSWER_LIMIT, Notice, NoticeState, Outcome
from tests.notifications.sample_office import AIGUL, FIVE_BEFORE, Shelf, Town, noon, parcel
from tests.notifications.servers import Office, always, drop, first, free_port, hang, mail, replying, serving
from workflow.cases.case import Case
from workflow.refusal import Refusal

NOW = noon(FIVE_BEFORE)


def written(folder: Folder, *numbers: int) -> list[Outcome]:
    batch = [parcel(number) for number in numbers]
    outcomes = asyncio.run(send_all(folder, batch, now=NOW))
    return [outcomes[parcel.notice.key] for parcel in batch]


def test_every_channel_calls_itself_by_its_file() -> None:
    """Otherwise its notices would be claimed by nobody."""
    for name in names():
        assert channel_type(name)().name == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_channel_is_refused_with_those_there_are(language: str) -> None:
    """A typo in config.toml learns what is allowed."""
    with pytest.raises(Refusal) as refused:
        channel_type("pigeon")
    sentence = refusal(refused.value, language)

    assert "pigeon" in sentence
    assert "email" in sentence
    assert "folder" in sentence


def test_knowing_the_names_imports_no_channel() -> None:
    """A channel's library costs only those who use it."""
    script = "import sys, notifications.channels as c; c.names(); sys.exit('aiosmtplib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_letter_is_one_file_a_mail_program_opens(tmp_path: Path) -> None:
    """An .eml in the folder, which is made when it is not there; after a crash the same notice overwrites
    itself."""
    folder = channel(path=tmp_path / "var" / "letters", sender="merzim@example.kz")
    for _ in range(2):
        (outcome,) = written(folder, 1)
    (file,) = folder.path.iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)

    assert outcome == Outcome(state="sent", answer=file.name)
    assert file.suffix == ".eml"
    assert message["Message-ID"] == parcel(1).notice.message_id
    assert message["Subject"] == parcel(1).letter.subject


def test_a_letter_to_no_address_has_failed(tmp_path: Path) -> None:
    """As by e-mail: nobody finds it in the folder instead."""
    nowhere = parcel(address="nobody")
    outcomes = asyncio.run(send_all(channel(path=tmp_path, sender="merzim@example.kz"), [nowhere], now=NOW))

    assert outcomes == {nowhere.notice.key: Outcome(state="failed", answer="not an e-mail address: 'nobody'")}
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    """Where the folder should be there is a file: nothing is lost, the answer says what the system said."""
    (tmp_path / "letters").write_text("")
    (outcome,) = written(channel(path=tmp_path / "letters", sender="merzim@example.kz"), 1)

    assert outcome.state == "queued"
    assert "letters" in outcome.answer


def test_a_disk_that_is_full_leaves_no_half_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Incomplete files are removed and the delivery retried."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    (outcome,) = written(channel(path=tmp_path, sender="merzim@example.kz"), 1)

    assert outcome.state == "queued"
    assert not list(tmp_path.iterdir())


def standing(town: Town) -> Sequence[ChannelFault]:
    with reading(town.engine) as connection:
        return channel_faults(connection)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_mail_server_that_refuses_us_is_named_until_it_takes_a_letter(
    town: Town, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    """The password was changed: named with the server's words, the letter goes the other way at once, and again
    by mail when the password is right."""
    with serving(Office(), password="right") as office:
        post = mail(office.port, user="m", password_env="A_PASSWORD", timeout=2.0)
        shelf = Shelf()
        monkeypatch.setenv("A_PASSWORD", "wrong")
        town.round([post], FIVE_BEFORE)
        town.deliver([post, shelf], FIVE_BEFORE)
        (fault,) = standing(town)
        monkeypatch.delenv("A_PASSWORD")
        town.deliver([post, shelf], FIVE_BEFORE, at=noon(FIVE_BEFORE) + timedelta(minutes=5))
        (without,) = standing(town)
        monkeypatch.setenv("A_PASSWORD", "right")
        now = noon(FIVE_BEFORE) + timedelta(minutes=6)
        resent_count = resend_all(town.engine, "email", now=now, opens=lambda person: now)
        town.deliver([post, shelf], FIVE_BEFORE, at=now)

    assert (fault.channel, fault.code, fault.letters) == ("email", "login", 1)
    assert fault.answer.startswith("535")
    assert "wrong" not in fault.answer, "a password is in no answer"
    assert (without.since, without.letters) == (fault.since, 1)
    assert "A_PASSWORD" in without.answer
    assert len(shelf.kept) == 1
    assert resent_count == 1
    assert len(office.accepted) == 1
    assert standing(town) == []


def test_a_password_without_its_key_is_another_fault_than_a_refused_log_in(town: Town, case: Case) -> None:
    """The reason is the one given, no server is asked, and the letter goes the other way at once."""
    office, shelf = Office(), Shelf()
    with serving(office):
        post = mail(office.port, user="m").with_password(Refusal("setting.other_key"))
        town.round([post], FIVE_BEFORE)
        town.deliver([post, shelf], FIVE_BEFORE)
    (fault,) = standing(town)

    assert (fault.code, fault.letters) == ("key", 1)
    assert fault.answer == i18n.say("setting.other_key", {}, "en")
    assert (len(shelf.kept), office.calls) == (1, 0)
    for language in i18n.LANGUAGES:
        assert i18n.say("web.fault.key_do", {}, language) != i18n.say("web.fault.login_do", {}, language)


def waiting_since(town: Town, now: datetime) -> datetime | None:
    return figures(town.engine, now=now).oldest


def test_a_server_that_is_down_is_named_while_letters_wait_for_it(town: Town, case: Case) -> None:
    """With their number and since when, though every attempt puts them off; nothing is left of it when they
    have left."""
    town.open()
    post = mail(free_port(), timeout=2.0)
    town.apart([post], FIVE_BEFORE)
    began, later = noon(FIVE_BEFORE), noon(FIVE_BEFORE) + timedelta(hours=3)
    for minutes in range(0, 181, 20):
        town.deliver([post], FIVE_BEFORE, at=began + timedelta(minutes=minutes))
    (fault,) = standing(town)
    since = waiting_since(town, later)
    with serving(Office()) as office:
        back = mail(office.port, timeout=2.0)
        town.deliver([back], FIVE_BEFORE, at=later + timedelta(minutes=1))

    assert (fault.code, fault.letters, fault.since) == ("unreachable", 2, began)
    assert since == began
    assert standing(town) == []
    assert waiting_since(town, later + timedelta(minutes=1)) is None


def test_a_server_that_hangs_over_a_letter_is_named(town: Town, case: Case) -> None:
    """It greets and falls silent; with one letter in the queue as with a hundred."""
    with serving(Office(rcpt=hang)) as office:
        post = mail(office.port, timeout=0.3)
        town.round([post], FIVE_BEFORE)
        town.deliver([post], FIVE_BEFORE)

    assert [(fault.code, fault.letters) for fault in standing(town)] == [("unreachable", 1)]


def test_a_letter_put_off_again_and_again_has_waited_since_its_first_attempt(town: Town, case: Case) -> None:
    """A full mailbox: 1, 5 and 15 minutes after each other."""
    later = Outcome(state="queued", answer="452 full")
    shelf = Shelf(later, later, later, later)
    town.round([shelf], FIVE_BEFORE)
    for minutes in (0, 1, 6, 21):
        town.deliver([shelf], FIVE_BEFORE, at=noon(FIVE_BEFORE) + timedelta(minutes=minutes))

    assert waiting_since(town, noon(FIVE_BEFORE) + timedelta(minutes=30)) == noon(FIVE_BEFORE)


def test_letters_lost_for_good_are_counted_for_a_week(town: Town, case: Case) -> None:
    """An address nobody has: said until somebody has had a week to see it."""
    shelf = Shelf(Outcome(state="failed", answer="550 no such user"))
    town.round([shelf], FIVE_BEFORE)
    town.deliver([shelf], FIVE_BEFORE)
    days = [figures(town.engine, now=noon(FIVE_BEFORE) + timedelta(days=days)).lost for days in (0, 6, 7)]

    assert days == [1, 1, 0]


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
    with serving(office, starttls=certified):
        yield office.port


def notice(town: Town) -> Notice:
    (letter,) = [notice for notice in town.notices() if notice.kind == "letter"]
    return letter


@pytest.mark.parametrize(("fault", "state", "answer", "again"), SMTP, ids=[row[0] for row in SMTP])
def test_smtp(town: Town, tmp_path: Path, fault: str, state: NoticeState, answer: str, again: bool) -> None:
    """What may pass is tried again under the same Message-ID; what is final stays failed, with its answer."""
    authority, office, well = trustme.CA(), Office(), Office()
    ca_file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    patience = 0.5 if fault == "hang" else 10
    town.open()

    def email(port: int) -> Email:
        return email_channel(
            host="localhost", port=port, sender="m@example.kz", ca_file=ca_file, timeout=patience
        )

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
    town: Town, command: str, reply: bytes, state: NoticeState, answer: str, case: Case
) -> None:
    """The outcome is kept with an answer every database takes: what was taken does not leave at every tick."""
    with replying({command: reply}) as port:
        mail = email_channel(host="127.0.0.1", port=port, sender="m@example.kz", tls="none", timeout=5.0)
        town.round((mail,), FIVE_BEFORE)
        town.deliver((mail,), FIVE_BEFORE)

    assert (notice(town).state, notice(town).answer) == (state, answer)
