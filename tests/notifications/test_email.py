"""E-mail over real SMTP servers that accept, refuse, hang and drop connections."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import dkim
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from notifications.channels import OutgoingMessage, send_all
from notifications.channels.email import PATIENCE, Email
from notifications.notice import NoticeState, Outcome
from tests.notifications.sample_office import FIVE_BEFORE, Town, noon, parcel
from tests.notifications.servers import Office, always, free_port, hang, mail, only, serving
from workflow.refusal import Refusal

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
    return asyncio.run(send_all(email, batch, now=NOW))


def states(outcomes: Mapping[str, Outcome], batch: Sequence[OutgoingMessage] = BATCH) -> list[NoticeState]:
    return [outcomes[parcel.notice.key].state for parcel in batch]


def test_a_batch_goes_over_one_connection_one_recipient_each() -> None:
    """Nobody sees another's address, and the server is called once."""
    with serving(Office()) as office:
        outcomes = sent(mail(office.port))

    assert states(outcomes) == ["sent", "sent", "sent"]
    assert office.calls == 1
    assert [address for address, _ in office.accepted] == [f"reader{number}@example.kz" for number in (1, 2, 3)]


def test_a_refused_address_has_failed_and_the_others_go_out() -> None:
    """550 is final for the recipient it was given for."""
    with serving(Office(rcpt=only(SECOND, always("550 no such mailbox")))) as office:
        outcomes = sent(mail(office.port))

    assert states(outcomes) == ["sent", "failed", "sent"]
    assert outcomes[BATCH[1].notice.key].answer == "550 no such mailbox"
    assert office.calls == 1


def test_a_server_that_shuts_down_is_called_again_for_the_rest() -> None:
    """421 closes the connection; the next letter opens another."""
    with serving(Office(rcpt=only(SECOND, always("421 closing down")))) as office:
        outcomes = sent(mail(office.port))

    assert states(outcomes) == ["sent", "queued", "sent"]
    assert office.calls == 2


def test_a_server_that_hangs_is_not_waited_for_by_every_letter() -> None:
    """After two time-outs the rest of the batch waits for another day, unasked."""
    with serving(Office(rcpt=hang)) as office:
        outcomes = sent(mail(office.port, timeout=1.0), [*BATCH, parcel(4, address="reader4@example.kz")])

    assert set(states(outcomes)) == {"queued"}
    assert len(outcomes) == 4
    assert office.tries == PATIENCE


def test_a_slow_server_does_not_keep_a_batch_longer_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer comes in time, and a hundred would take hours: what is left waits, its attempts kept."""
    monkeypatch.setattr("notifications.channels.email.BATCH_SECONDS", 0.0)
    with serving(Office()) as office:
        outcomes = sent(mail(office.port))

    assert [(outcomes[parcel.notice.key].state, outcomes[parcel.notice.key].tried) for parcel in BATCH] == [
        ("sent", True),
        ("queued", False),
        ("queued", False),
    ]


def test_tls_from_the_first_byte(authority: trustme.CA, ca_file: Path) -> None:
    """`tls`: encrypted before the first word, the certificate checked."""
    with serving(Office(), tls=certified(authority)) as office:
        outcomes = sent(mail(office.port, tls="tls", ca_file=ca_file))

    assert states(outcomes) == ["sent", "sent", "sent"]


def test_a_server_without_starttls_gets_no_letter_in_the_clear() -> None:
    """Where TLS is asked for, nothing goes without it."""
    with serving(Office()) as office:
        outcomes = sent(mail(office.port, tls="starttls"))

    assert states(outcomes) == ["queued", "queued", "queued"]
    assert not office.accepted


def test_logging_in_with_the_password_of_the_environment(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is in no file; config.toml names its environment variable."""
    monkeypatch.setenv("POST_PASSWORD", "құпия-1")
    with serving(Office(), starttls=certified(authority), password="құпия-1") as office:
        outcomes = sent(
            mail(office.port, tls="starttls", ca_file=ca_file, user="merzim", password_env="POST_PASSWORD")
        )

    assert states(outcomes) == ["sent", "sent", "sent"]
    assert office.logged_in == ["merzim"]


@pytest.mark.parametrize(
    ("given", "said"),
    [(None, "environment variable 'POST_PASSWORD' is not set"), ("", "no password was given for localhost")],
)
def test_a_password_that_is_not_there_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, given: str | None, said: str
) -> None:
    """The answer says which variable to set, or for which server nobody gave one on the page."""
    monkeypatch.delenv("POST_PASSWORD", raising=False)
    post = mail(free_port(), user="merzim", password_env="POST_PASSWORD")
    outcomes = sent(post if given is None else post.with_password(given))

    assert states(outcomes) == ["queued", "queued", "queued"]
    assert {outcome.answer for outcome in outcomes.values()} == {said}


def test_an_address_that_is_none_fails_alone() -> None:
    """It never reaches the server; nor does one in Cyrillic where the server takes none."""
    office = Office()
    batch = [BATCH[0], parcel(8, address="айгүл@example.kz"), parcel(9, address="a@b.kz\r\nRCPT TO:<all@b.kz>")]
    with serving(office):
        outcomes = sent(mail(office.port), batch)

    assert states(outcomes, batch) == ["sent", "failed", "failed"]
    assert office.tries == 1


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key_file(key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    file = tmp_path / "dkim.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return file


def published(key: rsa.RSAPrivateKey) -> Callable[..., bytes]:
    """DNS record of merzim._domainkey.example.kz."""
    import base64

    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def answer(name: bytes, timeout: int = 5) -> bytes:
        assert name.rstrip(b".") == b"merzim._domainkey.example.kz"
        return b"v=DKIM1; k=rsa; p=" + public

    return answer


def received(town: Town, key_file: Path) -> bytes:
    town.open()
    with serving(Office()) as office:
        post = mail(office.port, dkim_key=key_file, dkim_selector="merzim")
        town.round([post], FIVE_BEFORE)
        town.deliver([post], FIVE_BEFORE)
    (raw,) = office.raw
    return raw


def test_the_signature_holds_over_what_the_server_received(
    town: Town, key: rsa.RSAPrivateKey, key_file: Path
) -> None:
    """Every byte came through as it was signed; whoever alters a header is found out."""
    raw = received(town, key_file)
    subject, list_id = (b"Subject: ", b"Subject: Re: "), (b"List-Id: <rem", b"List-Id: <dem")

    assert dkim.verify(raw, dnsfunc=published(key))
    for there, instead in (subject, list_id):
        assert there in raw
        assert not dkim.verify(raw.replace(there, instead, 1), dnsfunc=published(key))


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END"])
def test_a_file_that_is_no_key_is_refused_before_any_letter(tmp_path: Path, content: bytes) -> None:
    """At the start of the service, not on the day of a deadline; so is one that is not there, and a key
    without its selector."""
    file = tmp_path / "dkim.pem"
    file.write_bytes(content)

    for key, selector, code in (
        (file, "merzim", "letter.dkim_no_key"),
        (tmp_path / "none.pem", "merzim", "letter.dkim_unreadable"),
        (file, "", "letter.dkim_incomplete"),
    ):
        with pytest.raises(Refusal, match=code):
            mail(25, dkim_key=key, dkim_selector=selector).refuse_unusable()
