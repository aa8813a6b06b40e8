"""E-mail over real SMTP servers that accept, refuse, hang and drop connections."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from notifications.channels import OutgoingMessage
from notifications.channels.email import PATIENCE, Email
from notifications.notice import NoticeState, Outcome
from tests.notifications.sample_office import FIVE_BEFORE, noon, parcel
from tests.notifications.servers import Office, always, free_port, hang, mail, only, serving

NOW = noon(FIVE_BEFORE)
BATCH = tuple(parcel(number, address=f"reader{number}@example.kz") for number in (1, 2, 3))
SECOND = "reader2@example.kz"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def certified(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def sent(email: Email, batch: Sequence[OutgoingMessage] = BATCH) -> Mapping[str, Outcome]:
    return asyncio.run(email.send(batch, now=NOW))


def states(outcomes: Mapping[str, Outcome], batch: Sequence[OutgoingMessage] = BATCH) -> list[NoticeState]:
    return [outcomes[parcel.notice.key].state for parcel in batch]


def test_a_batch_goes_over_one_connection_one_recipient_each() -> None:
    """Nobody sees another's address, and the server is called once."""
    office = Office()
    with serving(office) as port:
        outcomes = sent(mail(port))

    assert states(outcomes) == ["sent", "sent", "sent"]
    assert office.calls == 1
    assert [address for address, _ in office.accepted] == [f"reader{number}@example.kz" for number in (1, 2, 3)]


def test_a_refused_address_has_failed_and_the_others_go_out() -> None:
    """550 is final for the recipient it was given for."""
    office = Office(rcpt=only(SECOND, always("550 no such mailbox")))
    with serving(office) as port:
        outcomes = sent(mail(port))

    assert states(outcomes) == ["sent", "failed", "sent"]
    assert outcomes[BATCH[1].notice.key].answer == "550 no such mailbox"
    assert office.calls == 1


def test_a_server_that_shuts_down_is_called_again_for_the_rest() -> None:
    """421 closes the connection; the next letter opens another."""
    office = Office(rcpt=only(SECOND, always("421 closing down")))
    with serving(office) as port:
        outcomes = sent(mail(port))

    assert states(outcomes) == ["sent", "queued", "sent"]
    assert office.calls == 2


def test_a_server_that_hangs_is_not_waited_for_by_every_letter() -> None:
    """After two time-outs the rest of the batch waits for another day, unasked."""
    office = Office(rcpt=hang)
    with serving(office) as port:
        outcomes = sent(mail(port, timeout=1.0), [*BATCH, parcel(4, address="reader4@example.kz")])

    assert set(states(outcomes)) == {"queued"}
    assert len(outcomes) == 4
    assert office.tries == PATIENCE


def test_a_slow_server_does_not_keep_a_batch_longer_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer comes in time, and a hundred would take hours: what is left waits, its attempts kept."""
    monkeypatch.setattr("notifications.channels.email.BATCH_SECONDS", 0.0)
    office = Office()
    with serving(office) as port:
        outcomes = sent(mail(port))

    assert [(outcomes[parcel.notice.key].state, outcomes[parcel.notice.key].tried) for parcel in BATCH] == [
        ("sent", True),
        ("queued", False),
        ("queued", False),
    ]


def test_tls_from_the_first_byte(authority: trustme.CA, ca_file: Path) -> None:
    """`tls`: encrypted before the first word, the certificate checked."""
    office = Office()
    with serving(office, tls=certified(authority)) as port:
        outcomes = sent(mail(port, tls="tls", ca_file=ca_file))

    assert states(outcomes) == ["sent", "sent", "sent"]


def test_a_server_without_starttls_gets_no_letter_in_the_clear() -> None:
    """Where TLS is asked for, nothing goes without it."""
    office = Office()
    with serving(office) as port:
        outcomes = sent(mail(port, tls="starttls"))

    assert states(outcomes) == ["queued", "queued", "queued"]
    assert not office.accepted


def test_logging_in_with_the_password_of_the_environment(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is in no file; config.toml names its environment variable."""
    monkeypatch.setenv("POST_PASSWORD", "құпия-1")
    office = Office()
    with serving(office, starttls=certified(authority), password="құпия-1") as port:
        outcomes = sent(
            mail(port, tls="starttls", ca_file=ca_file, user="merzim", password_env="POST_PASSWORD")
        )

    assert states(outcomes) == ["sent", "sent", "sent"]
    assert office.logged_in == ["merzim"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password_env": "POST_PASSWORD"}, "environment variable 'POST_PASSWORD' is not set"),
        ({"password": ""}, "no password was given for localhost"),
    ],
)
def test_a_password_that_is_not_there_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    """The answer says which variable to set, or for which server nobody gave one on the page."""
    monkeypatch.delenv("POST_PASSWORD", raising=False)
    outcomes = sent(replace(mail(free_port(), user="merzim"), **given))

    assert states(outcomes) == ["queued", "queued", "queued"]
    assert {outcome.answer for outcome in outcomes.values()} == {said}


def test_an_address_that_is_none_fails_alone() -> None:
    """It never reaches the server; nor does one in Cyrillic where the server takes none."""
    office = Office()
    batch = [
        BATCH[0],
        parcel(8, address="айгүл@example.kz"),
        parcel(9, address="a@b.kz\r\nRCPT TO:<all@b.kz>"),
    ]
    with serving(office) as port:
        outcomes = sent(mail(port), batch)

    assert states(outcomes, batch) == ["sent", "failed", "failed"]
    assert office.tries == 1
