"""Digital signatures for tests: a certificate authority with RSA keys, and an emulator of NCALayer's socket.

The socket speaks the protocol of the module kz.gov.pki.knca.basics: it greets with a version, `sign` is
answered with a detached CMS in base64, a closed window with no result.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
IIN = "850101300123"
_RSA, _SHA256 = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("608648016503040201")
_GOST_KEY, _GOST_DIGEST = bytes.fromhex("2a830e030a01010101"), bytes.fromhex("2a830e030a01030101")
"""1.2.398.3.10.1.1.1.1 and 1.2.398.3.10.1.3.1.1: as long as the names of RSA and SHA-256."""


@cache
def _key(of: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Signatory:
    """A person's key with its certificate."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def sign(self, content: bytes, *other_certificates: x509.Certificate, attached: bool = False) -> bytes:
        """Return the CMS over these bytes."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA256())
        for certificate in other_certificates:
            builder = builder.add_certificate(certificate)
        options = [pkcs7.PKCS7Options.Binary]
        if not attached:
            options.append(pkcs7.PKCS7Options.DetachedSignature)
        return builder.sign(serialization.Encoding.DER, options)


@cache
def authority(name: str = "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)") -> Signatory:
    """An authority that issues to itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, _key(name), FROM, UNTIL).issuer_name(subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Signatory(builder.sign(_key(name), hashes.SHA256()), _key(name))


def signatory(
    surname: str = "СЕРІКБАЕВ",
    name: str = "ДӘУЛЕТ",
    patronymic: str = "МҰРАТҰЛЫ",
    *,
    by: Signatory | None = None,
    since: datetime = FROM,
    until: datetime = UNTIL,
    for_documents: bool = True,
) -> Signatory:
    """Somebody with a certificate as the NCA fills it in: capitals, the patronymic apart, the IIN."""
    issuer, key = by or authority(), _key("person")
    names = {
        NameOID.COMMON_NAME: f"{surname} {name}",
        NameOID.SURNAME: surname,
        NameOID.GIVEN_NAME: patronymic,
        NameOID.SERIAL_NUMBER: f"IIN{IIN}",
        NameOID.ORGANIZATION_NAME: "Ұлттық экономика министрлігі",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "BIN123456789012",
    }
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items() if value])
    usage = {
        "digital_signature": True,
        "content_commitment": for_documents,
        "key_encipherment": not for_documents,
    }
    other_usages = (
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    builder = _builder(subject, key, since, until).issuer_name(issuer.certificate.subject)
    builder = builder.add_extension(x509.KeyUsage(**usage, **dict.fromkeys(other_usages, False)), critical=True)
    return Signatory(builder.sign(issuer.key, hashes.SHA256()), key)


def gost(signer: Signatory, content: bytes, *, by: Signatory | None = None) -> bytes:
    """Return the CMS of somebody whose key and signature are said to be of GOST; the authority's is of RSA."""
    plain = signer.certificate.public_bytes(serialization.Encoding.DER)
    body = signer.certificate.tbs_certificate_bytes.replace(_RSA, _GOST_KEY)
    signature = (by or authority()).key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    certificate = plain.replace(signer.certificate.tbs_certificate_bytes, body)
    certificate = certificate.replace(signer.certificate.signature, signature)
    cms = signer.sign(content).replace(plain, certificate)
    return cms.replace(_RSA, _GOST_KEY).replace(_SHA256, _GOST_DIGEST)


def gost_authority() -> x509.Certificate:
    """Return the certificate of the authority, its key said to be of GOST."""
    content = authority().certificate.public_bytes(serialization.Encoding.DER)
    return x509.load_der_x509_certificate(content.replace(_RSA, _GOST_KEY))


def revocation_list(
    *revoked: tuple[Signatory, datetime],
    by: Signatory | None = None,
    at: datetime = FROM,
    until: datetime = UNTIL,
    reason: x509.ReasonFlags | None = None,
    extension: x509.ExtensionType | None = None,
) -> x509.CertificateRevocationList:
    """Return the list (CRL) of an authority with these people's certificates and the moments of revocation."""
    issuer = by or authority()
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(at).next_update(until)
    for holder, moment in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number)
        entry = entry.revocation_date(moment)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    if extension is not None:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer.key, hashes.SHA256())


def trust(folder: Path, *authorities: Signatory) -> Path:
    """Write the certificates of authorities into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, issuer in enumerate(authorities or (authority(),)):
        content = issuer.certificate.public_bytes(serialization.Encoding.PEM)
        (folder / f"{number}.pem").write_bytes(content)
    return folder


def _builder(
    subject: x509.Name, key: rsa.RSAPrivateKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


@dataclass
class Layer:
    """Emulator of NCALayer. `sign`: makes the CMS of its input; None closes the window."""

    address: str = ""
    sign: Callable[[bytes], bytes] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def ncalayer() -> Iterator[Layer]:
    """Answer at a free port of this machine, by TLS with a certificate nobody trusts."""
    from aiohttp import web

    layer, loop, ready = Layer(), asyncio.new_event_loop(), threading.Event()

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"result": {"version": "1.4"}})
        async for message in socket:
            layer_request = json.loads(message.data)
            layer.requests.append(layer_request)
            body: dict[str, Any] = {}
            if layer.sign is not None:
                content = base64.b64decode(layer_request["args"]["data"])
                body["result"] = [base64.b64encode(layer.sign(content)).decode()]
            await socket.send_json({"status": True, "body": body})
        return socket

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/", talk)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        layer.address = f"wss://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await stopping.wait()
        await runner.cleanup()

    stopping = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield layer
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()
