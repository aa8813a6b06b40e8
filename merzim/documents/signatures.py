"""Verifies detached signatures of files (CMS, as made by NCALayer): the signer, and whether the signature is
valid.

RSA signatures are verified here. For other algorithms, GOST included, only the names in the certificate are
read. Revocation is checked by lists in files of the office (`merzim.documents.revocation`); nothing is fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.x509.oid import NameOID

from merzim.documents.revocation import CheckedRevocation, Link, check_revocation
from workflow.refusal import Refusal

MAX_BYTES = 512 * 1024
"""Maximum bytes of a signature without the file: a few certificates and perhaps a time stamp."""
NOT_INSTALLED = "eds.not_installed"
Verdict = Literal["valid", "not_checked", "invalid"]
Digest = Callable[[str], bytes]
"""Returns the digest of the signed file by an algorithm: "sha256", "sha384", "sha512"."""
Authority = x509.Certificate
UNCHECKED = CheckedRevocation(state="not_checked")
_MAX_CHAIN = 5
_PEM = re.compile(rb"-----[A-Z0-9 ]+-----|\s")
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_GOST = ("1.2.398.3.10.", "1.2.643.", "1.3.6.1.4.1.6801.")
_GOST_UNCHECKED = "eds.gost_not_checked"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_RSA = {
    "1.2.840.113549.1.1.1": "",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
"""Algorithms of a signature by RSA (PKCS #1 v1.5), and the digest that belongs to them."""


class SignatureUnreadable(Refusal, ValueError):
    """The data is not a detached signature of one signer that includes the certificate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """The signer named in a certificate; the identification number (IIN) is not read.

    Attributes:
        name: surname, first name and patronymic.
        organisation: "" in the certificate of a private person.
    """

    name: str
    organisation: str
    issuer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedSignature:
    """The result of checking a signature: "valid" if everything was checked here and is correct.

    Attributes:
        reasons: codes of what is wrong, else of what was not checked here.
        revocation: what the office's revocation lists say; "valid" says nothing of it.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    signer: Signer
    revocation: CheckedRevocation = UNCHECKED


def decoded(text: bytes) -> bytes:
    """Return a signature as DER or BER bytes from DER, BER, base64 or PEM.

    Raises:
        SignatureUnreadable: it is none of these, or too large.
    """
    content = text
    if not text.startswith(b"0"):
        try:
            content = base64.b64decode(_PEM.sub(b"", text), validate=True)
        except (binascii.Error, ValueError):
            raise SignatureUnreadable("eds.unreadable") from None
    if not content.startswith(b"0") or len(content) > MAX_BYTES:
        raise SignatureUnreadable("eds.unreadable")
    return content


def check_signature(
    cms: bytes,
    digest: Digest,
    *,
    at: datetime,
    trusted: Sequence[x509.Certificate],
    lists: Sequence[x509.CertificateRevocationList] = (),
    elsewhere: Callable[[], Verdict] | None = None,
) -> CheckedSignature:
    """Check a detached signature.

    Args:
        digest: function that returns the digest of the file that should be signed, by algorithm.
        at: aware UTC: the certificate must have been valid then.
        trusted: trusted root authorities; if empty, the issuer is not checked.
        lists: revocation lists of these authorities.
        elsewhere: function that checks GOST signatures and chains with an external library.

    Raises:
        SignatureUnreadable: it is not a signature.
    """
    signed, info = _parse(cms)
    certificates = _certificates(signed)
    certificate = next((candidate for candidate in certificates if _is_of(info["sid"], candidate)), None)
    if certificate is None:
        raise SignatureUnreadable("eds.no_certificate")
    wrong, unchecked = _over(info, certificate, digest)
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        wrong.append("eds.certificate_expired")
    if not _for_documents(certificate):
        wrong.append("eds.certificate_not_for_signing")
    issuer, chain = _issuer(certificate, certificates, trusted, at)
    gost_verdict = elsewhere() if elsewhere is not None and unchecked == [_GOST_UNCHECKED] else "not_checked"
    if gost_verdict != "not_checked":
        wrong, unchecked, issuer = (
            [*wrong, *(["eds.gost_invalid"] if gost_verdict == "invalid" else [])],
            [],
            "",
        )
    (wrong if issuer == "eds.issuer_unknown" else unchecked).extend([issuer] if issuer else [])
    revocation = check_revocation(chain, lists, at=at)
    if revocation.state == "revoked":
        wrong.append("eds.certificate_revoked")
    verdict: Verdict = "invalid" if wrong else "not_checked" if unchecked else "valid"
    return CheckedSignature(
        verdict=verdict,
        reasons=tuple(wrong or unchecked),
        signer=_signer(certificate),
        revocation=revocation,
    )


def read_certificates(folder: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a folder (PEM, several in a file, or DER). Raises OSError, ValueError."""
    certificates: list[x509.Certificate] = []
    for path in sorted(
        file for file in folder.iterdir() if file.suffix.lower() in (".pem", ".crt", ".cer", ".der")
    ):
        content = path.read_bytes()
        if b"-----BEGIN" in content:
            certificates += x509.load_pem_x509_certificates(content)
        else:
            certificates.append(x509.load_der_x509_certificate(content))
    return tuple(certificates)


def _parse(cms: bytes) -> tuple[Any, Any]:
    """Return the signed data and the only signer's part of it. Raises SignatureUnreadable."""
    try:
        from pyasn1.codec.ber import decoder
        from pyasn1.error import PyAsn1Error
    except ImportError:
        raise SignatureUnreadable(NOT_INSTALLED) from None
    from merzim.documents.signature_syntax import ContentInfo

    try:
        content, trailing_bytes = decoder.decode(cms, asn1Spec=ContentInfo())
        if trailing_bytes or str(content["contentType"]) != _SIGNED_DATA:
            raise SignatureUnreadable("eds.unreadable")
        signed = content["content"]
        infos = list(signed["signerInfos"])
    except (PyAsn1Error, ValueError, TypeError, IndexError, RecursionError):
        raise SignatureUnreadable("eds.unreadable") from None
    if signed["encapContentInfo"]["content"].hasValue():
        raise SignatureUnreadable("eds.not_detached")
    if len(infos) != 1:
        raise SignatureUnreadable("eds.several_signers", count=len(infos))
    return signed, infos[0]


def _certificates(signed: Any) -> list[x509.Certificate]:
    certificates = []
    for encoded in signed["certificates"] if signed["certificates"].hasValue() else ():
        try:
            certificates.append(x509.load_der_x509_certificate(bytes(encoded)))
        except ValueError:
            continue
    return certificates


def _is_of(sid: Any, certificate: x509.Certificate) -> bool:
    """Return whether a certificate is the one the signer's part refers to."""
    if sid.getName() == "issuerAndSerialNumber":
        issuer_and_serial = sid["issuerAndSerialNumber"]
        return (
            int(issuer_and_serial["serialNumber"]) == certificate.serial_number
            and bytes(issuer_and_serial["issuer"]) == certificate.issuer.public_bytes()
        )
    try:
        key_identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return False
    return key_identifier == bytes(sid["subjectKeyIdentifier"])


def _over(info: Any, certificate: x509.Certificate, digest: Digest) -> tuple[list[str], list[str]]:
    """Verify the signature over the file; return codes of what is wrong, and of what was not checked here."""
    hashed, signature_algorithm = (
        str(info[name]["algorithm"]) for name in ("digestAlgorithm", "signatureAlgorithm")
    )
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        key = None
    algorithm = _HASHES.get(hashed)
    if not isinstance(key, rsa.RSAPublicKey) or algorithm is None or signature_algorithm not in _RSA:
        names = (hashed, signature_algorithm, certificate.public_key_algorithm_oid.dotted_string)
        gost = any(name.startswith(_GOST) for name in names)
        return [], [_GOST_UNCHECKED if gost else "eds.algorithm_not_checked"]
    file = digest(algorithm.name)
    if not info["signedAttrs"].hasValue():
        signed = file
    elif _attribute(info, _MESSAGE_DIGEST) != b"\x04" + bytes([len(file)]) + file:
        return ["eds.other_bytes"], []
    else:
        hashing = hashes.Hash(algorithm)
        hashing.update(_attributes_signed(info))
        signed = hashing.finalize()
    if _RSA[signature_algorithm] not in ("", algorithm.name):
        return ["eds.forged"], []
    try:
        key.verify(bytes(info["signature"]), signed, padding.PKCS1v15(), utils.Prehashed(algorithm))
    except InvalidSignature:
        return ["eds.forged" if info["signedAttrs"].hasValue() else "eds.other_bytes"], []
    return [], []


def _attributes_signed(info: Any) -> bytes:
    """Return the signed attributes as the bytes that were signed: in DER, with the tag of a set (RFC 5652,
    5.4).
    """
    from pyasn1.codec.der import encoder

    from merzim.documents.signature_syntax import Attributes

    attributes = Attributes()
    attributes.extend(list(info["signedAttrs"]))
    return bytes(encoder.encode(attributes))


def _attribute(info: Any, oid: str) -> bytes:
    """Return the encoded value of a signed attribute that occurs once; b"" otherwise."""
    attributes = [attribute for attribute in info["signedAttrs"] if str(attribute["type"]) == oid]
    values = list(attributes[0]["values"]) if len(attributes) == 1 else []
    return bytes(values[0]) if len(values) == 1 else b""


def _for_documents(certificate: x509.Certificate) -> bool:
    """Return whether the certificate's key is for signing documents, not for logging in."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False


def _issuer(
    certificate: x509.Certificate,
    other_certificates: Iterable[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    at: datetime,
) -> tuple[str, list[Link]]:
    """Return "" and the chain if it ends in a trusted authority, else the code of the reason."""
    if not trusted:
        return "eds.issuer_not_checked", []
    between = [
        authority
        for authority in other_certificates
        if authority != certificate and _is_authority(authority, at)
    ]
    current, chain = certificate, list[Link]()
    try:
        for _ in range(_MAX_CHAIN):
            for authority in trusted:
                if _is_authority(authority, at) and _issued(current, authority):
                    return "", [*chain, (current, authority)]
            above = next(
                (authority for authority in between if authority != current and _issued(current, authority)),
                None,
            )
            if above is None:
                break
            chain.append((current, above))
            current = above
    except UnsupportedAlgorithm:
        return "eds.issuer_not_checked", []
    return "eds.issuer_unknown", []


def _is_authority(certificate: x509.Certificate, at: datetime) -> bool:
    """Return whether a certificate may issue others and was valid at that moment."""
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
    return is_authority and certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether a certificate was signed by an issuer. Raises UnsupportedAlgorithm (GOST)."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def _signer(certificate: x509.Certificate) -> Signer:
    name = _attribute_text(certificate.subject, NameOID.COMMON_NAME)
    patronymic = _attribute_text(certificate.subject, NameOID.GIVEN_NAME)
    if patronymic and patronymic.casefold() not in name.casefold().split():
        name = f"{name} {patronymic}".strip()
    return Signer(
        name=_as_written(name),
        organisation=_attribute_text(certificate.subject, NameOID.ORGANIZATION_NAME),
        issuer=_attribute_text(certificate.issuer, NameOID.COMMON_NAME),
    )


def _attribute_text(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """Return an attribute of a name as one printable line."""
    values = [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]
    return "".join(character for character in " ".join(values[:1]).strip() if character.isprintable())[:200]


def _as_written(name: str) -> str:
    """Return a name given in capitals in ordinary capitalisation."""
    return name.title() if name.isupper() else name
