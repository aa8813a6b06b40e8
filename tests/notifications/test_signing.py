"""DKIM signatures: they cover the message as sent and verify on the receiving server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from notifications.wire.message import load_signature
from tests.notifications.sample_office import FIVE_BEFORE, Town
from tests.notifications.servers import Office, mail, serving
from workflow.refusal import Refusal


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
    office = Office()
    with serving(office) as port:
        post = mail(port, dkim_key=key_file, dkim_selector="merzim")
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
            load_signature("m@example.kz", key, selector)
