"""What a detached signature is worth: checked here, not checked here, invalid."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from documents.signatures import (
    MAX_BYTES,
    CheckedSignature,
    SignatureUnreadable,
    check_signature,
    decoded,
    read_certificates,
)
from tests.eds import FROM, IIN, UNTIL, Signatory, authority, gost, gost_authority, signatory, trust

ORDER = "Бұйрық №15".encode()
AT = datetime(2026, 4, 6, 7, tzinfo=UTC)


def checked(
    cms: bytes, *, over: bytes = ORDER, at: datetime = AT, trusted: tuple[Signatory, ...] = (authority(),)
) -> CheckedSignature:
    def digest(algorithm: str) -> bytes:
        return hashlib.new(algorithm, over).digest()

    return check_signature(cms, digest, at=at, trusted=[one.certificate for one in trusted])


def test_a_signature_over_the_very_bytes_by_a_trusted_issuer_is_valid() -> None:
    found = checked(signatory().sign(ORDER))

    assert (found.verdict, found.reasons) == ("valid", ())
    assert (found.signer.name, found.signer.organisation) == (
        "Серікбаев Дәулет Мұратұлы",
        "Ұлттық экономика министрлігі",
    )
    assert IIN not in repr(found)


def test_without_installed_authorities_it_is_never_said_to_be_valid() -> None:
    found = checked(signatory().sign(ORDER), trusted=())

    assert (found.verdict, found.reasons) == ("not_checked", ("eds.issuer_not_checked",))


def test_of_gost_only_the_names_are_read() -> None:
    """Whatever its bytes: it may be right or wrong, nobody has looked. So with an authority of GOST."""
    cms = gost(signatory(), ORDER)

    for over in (ORDER, b"something else"):
        found = checked(cms, over=over)
        assert (found.verdict, found.reasons) == ("not_checked", ("eds.gost_not_checked",))
        assert found.signer.name == "Серікбаев Дәулет Мұратұлы"
    root = Signatory(gost_authority(), authority().key)
    both = ("eds.gost_not_checked", "eds.issuer_not_checked")
    assert checked(cms, trusted=(root,)).reasons == both
    assert checked(signatory().sign(ORDER), trusted=(root,)).reasons == ("eds.issuer_not_checked",)


def test_what_does_not_hold_is_invalid_and_says_why() -> None:
    cms = signatory().sign(ORDER)
    stranger = authority("Өзінен-өзі берілген")
    forged = bytearray(cms)
    forged[-5] ^= 1

    assert checked(cms, over=ORDER + b" ").reasons == ("eds.other_bytes",)
    assert checked(bytes(forged)).reasons == ("eds.forged",)
    assert checked(signatory(for_documents=False).sign(ORDER)).reasons == ("eds.certificate_not_for_signing",)
    assert checked(signatory(by=stranger).sign(ORDER, stranger.certificate)).reasons == ("eds.issuer_unknown",)
    assert checked(bytes(forged)).verdict == "invalid"


def test_a_certificate_that_only_calls_itself_issued_by_the_authority_is_not() -> None:
    """The name of the authority over the key of somebody else."""
    false = Signatory(authority().certificate, authority("Басқа").key)

    assert checked(signatory(by=false).sign(ORDER)).reasons == ("eds.issuer_unknown",)


def test_somebody_with_a_certificate_issues_none_to_others() -> None:
    """A trusted person's certificate is no authority's, although the chain of signatures holds."""
    person = signatory()
    cms = signatory("БАСҚА", "АДАМ", "", by=person).sign(ORDER, person.certificate)

    assert checked(cms).reasons == ("eds.issuer_unknown",)


@pytest.mark.parametrize(
    ("at", "reasons"),
    [
        (FROM - timedelta(seconds=1), ("eds.certificate_expired",)),
        (FROM, ()),
        (UNTIL, ()),
        (UNTIL + timedelta(seconds=1), ("eds.certificate_expired",)),
    ],
)
def test_a_certificate_counts_from_its_first_second_to_its_last(at: datetime, reasons: tuple[str, ...]) -> None:
    everlasting = authority_until(UNTIL + timedelta(days=900))

    assert checked(signatory(by=everlasting).sign(ORDER), at=at, trusted=(everlasting,)).reasons == reasons


def authority_until(until: datetime) -> Signatory:
    """An authority valid for longer than whom it issues to."""
    old = authority()
    builder = (
        x509.CertificateBuilder().subject_name(old.certificate.subject).issuer_name(old.certificate.subject)
    )
    builder = builder.public_key(old.key.public_key()).serial_number(7)
    builder = builder.not_valid_before(FROM - timedelta(days=900)).not_valid_after(until)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Signatory(builder.sign(old.key, hashes.SHA256()), old.key)


def test_an_authority_between_the_root_and_the_person_may_stand_in_the_signature() -> None:
    root = authority("Түбір")
    between = intermediate(root)

    assert checked(signatory(by=between).sign(ORDER, between.certificate), trusted=(root,)).verdict == "valid"
    assert checked(signatory(by=between).sign(ORDER), trusted=(root,)).reasons == ("eds.issuer_unknown",)


def intermediate(root: Signatory) -> Signatory:
    """An authority another one issued."""
    own = authority("Аралық")
    builder = x509.CertificateBuilder().subject_name(own.certificate.subject)
    builder = builder.issuer_name(root.certificate.subject).public_key(own.key.public_key()).serial_number(9)
    builder = builder.not_valid_before(FROM).not_valid_after(UNTIL)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Signatory(builder.sign(root.key, hashes.SHA256()), own.key)


def test_what_is_no_detached_signature_is_refused_in_a_sentence() -> None:
    cms = signatory().sign(ORDER)
    cases = {
        "eds.not_detached": signatory().sign(ORDER, attached=True),
        "eds.unreadable": cms[:-40],
    }

    for code, content in cases.items():
        with pytest.raises(SignatureUnreadable) as refusal:
            checked(content)
        assert refusal.value.code == code


def test_base64_and_pem_are_read_and_what_is_too_large_is_not() -> None:
    cms = signatory().sign(ORDER)
    text = base64.encodebytes(cms)

    assert (
        decoded(text)
        == decoded(b"-----BEGIN CMS-----\n" + text + b"-----END CMS-----\n")
        == decoded(cms)
        == cms
    )
    for wrong in (b"", b"not base64!", base64.b64encode(b"text"), b"0" * (MAX_BYTES + 1)):
        with pytest.raises(SignatureUnreadable):
            decoded(wrong)


def test_the_folder_of_authorities_takes_pem_and_der(tmp_path: Path) -> None:
    folder = trust(tmp_path / "ca", authority(), authority("Түбір"))
    (folder / "notes.txt").write_text("not a certificate")

    assert len(read_certificates(folder)) == 2
