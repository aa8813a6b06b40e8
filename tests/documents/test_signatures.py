"""Status of a detached signature: verified here, not verified here, invalid."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from merzim.documents.revocation import CheckedRevocation, RevocationList, read_revocation_lists
from merzim.documents.signatures import (
    MAX_BYTES,
    CheckedSignature,
    SignatureUnreadable,
    check_signature,
    decoded,
    read_certificates,
)
from tests.eds import (
    FROM,
    IIN,
    UNTIL,
    Signatory,
    authority,
    gost,
    gost_authority,
    revocation_list,
    signatory,
    trust,
)

ORDER = "Бұйрық №15".encode()
AT = datetime(2026, 4, 6, 7, tzinfo=UTC)


def checked(
    cms: bytes,
    *,
    over: bytes = ORDER,
    at: datetime = AT,
    trusted: tuple[Signatory, ...] = (authority(),),
    lists: Sequence[RevocationList] = (),
) -> CheckedSignature:
    def digest(algorithm: str) -> bytes:
        return hashlib.new(algorithm, over).digest()

    return check_signature(
        cms, digest, at=at, trusted=[authority.certificate for authority in trusted], lists=lists
    )


def test_a_signature_over_the_very_bytes_by_a_trusted_issuer_is_valid() -> None:
    signature = checked(signatory().sign(ORDER))

    assert (signature.verdict, signature.reasons) == ("valid", ())
    assert (signature.signer.name, signature.signer.organisation) == (
        "Серікбаев Дәулет Мұратұлы",
        "Ұлттық экономика министрлігі",
    )
    assert IIN not in repr(signature)


def test_without_installed_authorities_it_is_never_said_to_be_valid() -> None:
    signature = checked(signatory().sign(ORDER), trusted=())

    assert (signature.verdict, signature.reasons) == ("not_checked", ("eds.issuer_not_checked",))


def test_of_gost_only_the_names_are_read() -> None:
    """Whatever its bytes: it may be right or wrong, nobody has looked. So with an authority of GOST."""
    cms = gost(signatory(), ORDER)

    for over in (ORDER, b"something else"):
        signature = checked(cms, over=over)
        assert (signature.verdict, signature.reasons) == ("not_checked", ("eds.gost_not_checked",))
        assert signature.signer.name == "Серікбаев Дәулет Мұратұлы"
    root = Signatory(gost_authority(), authority().key)
    reasons = ("eds.gost_not_checked", "eds.issuer_not_checked")
    assert checked(cms, trusted=(root,)).reasons == reasons
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
    """A certificate authority that is valid for longer than the certificates it issues."""
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
    authority_signatory = authority("Аралық")
    builder = x509.CertificateBuilder().subject_name(authority_signatory.certificate.subject)
    builder = (
        builder.issuer_name(root.certificate.subject)
        .public_key(authority_signatory.key.public_key())
        .serial_number(9)
    )
    builder = builder.not_valid_before(FROM).not_valid_after(UNTIL)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Signatory(builder.sign(root.key, hashes.SHA256()), authority_signatory.key)


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


def revocation(person: Signatory, *lists: RevocationList, at: datetime = AT) -> tuple[str, date | None]:
    """What is said of the revocation of somebody who signed the order then."""
    certificate_state = checked(person.sign(ORDER), at=at, lists=lists).revocation
    return certificate_state.state, certificate_state.on


SECOND = timedelta(seconds=1)
STRANGER = authority("Басқа орталық")
FALSE = Signatory(authority().certificate, STRANGER.key)
"""The name of the authority over the key of somebody else."""


@pytest.mark.parametrize(
    ("revoked_at", "verdict", "state"),
    [(AT - SECOND, "invalid", "revoked"), (AT, "invalid", "revoked"), (AT + SECOND, "valid", "good")],
)
def test_a_certificate_revoked_by_the_moment_of_signing_is_refused(
    revoked_at: datetime, verdict: str, state: str
) -> None:
    """One that was revoked a second later was good when it signed."""
    person = signatory()
    signature = checked(person.sign(ORDER), lists=[revocation_list((person, revoked_at))])

    assert (signature.verdict, signature.revocation.state) == (verdict, state)
    assert signature.reasons == (("eds.certificate_revoked",) if verdict == "invalid" else ())


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (AT - timedelta(7), AT - SECOND, ("stale", date(2026, 4, 6))),
        (AT - timedelta(7), AT, ("good", date(2026, 3, 30))),
        (AT + timedelta(7), AT + timedelta(8), ("good", date(2026, 4, 13))),
        (UNTIL + SECOND, UNTIL + timedelta(7), ("stale", date(2027, 1, 8))),
    ],
)
def test_a_list_holds_to_its_last_second_and_a_later_one_for_what_was_before(
    since: datetime, until: datetime, expected: tuple[str, date]
) -> None:
    """One made after the certificate ended may have left it out; its end stands in the sentence."""
    assert revocation(signatory(), revocation_list(at=since, until=until)) == expected


def test_only_a_list_the_issuer_signed_itself_counts() -> None:
    """Without one, or with another authority's or a forged one, it is not checked, and nobody is refused."""
    person = signatory()
    false_lists = [revocation_list((person, FROM), by=signer) for signer in (STRANGER, FALSE)]

    assert revocation(person) == revocation(person, *false_lists) == ("not_checked", None)
    assert checked(person.sign(ORDER), lists=false_lists).verdict == "valid"


def test_a_list_of_changes_or_of_authorities_alone_clears_nobody_but_may_name_them() -> None:
    person = signatory()
    delta = x509.DeltaCRLIndicator(1)
    of_authorities = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)

    for extension in (delta, of_authorities):
        assert revocation(person, revocation_list(extension=extension))[0] == "not_checked"
        assert revocation(person, revocation_list((person, FROM), extension=extension))[0] == "revoked"


def test_a_suspension_ends_with_the_list_that_no_longer_names_it() -> None:
    person = signatory()
    hold = x509.ReasonFlags.certificate_hold
    suspension = revocation_list((person, FROM), reason=hold, until=AT + timedelta(1))
    later = revocation_list(at=AT - SECOND)

    assert revocation(person, suspension)[0] == "revoked"
    assert revocation(person, suspension, later)[0] == "good"
    assert revocation(person, revocation_list((person, FROM)), later)[0] == "revoked"


def test_every_authority_of_the_chain_has_to_have_its_list() -> None:
    root = authority("Түбір")
    between = intermediate(root)
    person = signatory(by=between)
    own_list, above = revocation_list(by=between), revocation_list(by=root)

    def found(*lists: RevocationList) -> CheckedSignature:
        return checked(person.sign(ORDER, between.certificate), trusted=(root,), lists=lists)

    assert found(own_list).revocation.state == "not_checked"
    assert found(own_list, above).revocation == CheckedRevocation(state="good", on=FROM.date())
    assert found(own_list, revocation_list((between, FROM), by=root)).verdict == "invalid"


def test_lists_are_read_anew_when_their_file_changes(tmp_path: Path) -> None:
    """PEM and DER; what is no list is refused, not passed over."""
    file = tmp_path / "rsa.crl"
    file.write_bytes(revocation_list().public_bytes(Encoding.PEM))
    (tmp_path / "other.CRL").write_bytes(revocation_list(by=STRANGER).public_bytes(Encoding.DER))
    before = read_revocation_lists(tmp_path)
    file.write_bytes(revocation_list((signatory(), FROM)).public_bytes(Encoding.DER))
    after = read_revocation_lists(tmp_path)
    file.write_bytes(b"not a list")

    assert sorted(len(entries) for entries in before) == [0, 0]
    assert sorted(len(entries) for entries in after) == [0, 1]
    with pytest.raises(ValueError):
        read_revocation_lists(tmp_path)
