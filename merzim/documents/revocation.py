"""Revocation lists (CRL) of authorities, from files of the office: was a certificate revoked by a moment?

Nothing is fetched. A list counts where the very certificate that issued signed it, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

Revocation = Literal["good", "revoked", "stale", "not_checked"]
RevocationList = x509.CertificateRevocationList
Link = tuple[x509.Certificate, x509.Certificate]
"""A certificate and the one that issued it."""
_SUFFIX = ".crl"
_PEM = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedRevocation:
    """What the lists say of a chain of certificates.

    Attributes:
        state: "good" where a list that holds for that moment names none of the chain; "stale" where there are
            lists and none of them holds for it.
        on: the day of the revocation; of the oldest list that was needed; of the end of a stale one.
    """

    state: Revocation
    on: date | None = None


def check_revocation(
    chain: Sequence[Link], lists: Sequence[RevocationList], *, at: datetime
) -> CheckedRevocation:
    """Say whether one of a chain was revoked by a moment. `at`: aware UTC."""
    checked = [_of(certificate, _by(issuer, lists), at) for certificate, issuer in chain]
    for state in ("revoked", "not_checked", "stale"):
        if revocations := [revocation for revocation in checked if revocation.state == state]:
            return min(revocations, key=lambda revocation: revocation.on or date.max)
    days = [revocation.on for revocation in checked if revocation.on]
    return CheckedRevocation(state="good", on=min(days)) if days else CheckedRevocation(state="not_checked")


def read_revocation_lists(folder: Path) -> tuple[RevocationList, ...]:
    """Return the lists of a folder as they are now (*.crl, PEM or DER). Raises OSError, ValueError."""
    lists: list[RevocationList] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() == _SUFFIX:
            state = path.stat()
            lists += _read(path, state.st_mtime_ns, state.st_size)
    return tuple(lists)


def ended_lists(lists: Iterable[RevocationList], *, at: datetime) -> dict[str, date]:
    """Return the authorities whose newest list has ended by a moment (its nextUpdate has passed), with its last
    day.

    Lists of changes alone count for nothing. `at`: aware UTC.
    """
    ends: dict[str, datetime] = {}
    for revocation_list in lists:
        if not _is_of_changes(revocation_list):
            name = _name_of(revocation_list)
            ends[name] = max(_end_of(revocation_list), ends.get(name, _end_of(revocation_list)))
    return {name: end.date() for name, end in sorted(ends.items()) if end < at}


@lru_cache(maxsize=16)
def _read(path: Path, changed: int, size: int) -> tuple[RevocationList, ...]:
    """Read a file once as long as it stays as it is."""
    content = path.read_bytes()
    if b"-----BEGIN" in content:
        return tuple(x509.load_pem_x509_crl(block) for block in _PEM.findall(content))
    return (x509.load_der_x509_crl(content),)


def _of(certificate: x509.Certificate, lists: Sequence[RevocationList], at: datetime) -> CheckedRevocation:
    """Say what the lists of its issuer tell of one certificate."""
    if not lists:
        return CheckedRevocation(state="not_checked")
    full_lists = [revocation_list for revocation_list in lists if _covers(revocation_list, certificate)]
    holding = [revocation_list for revocation_list in full_lists if _holds(revocation_list, certificate, at)]
    newest = max(holding, key=lambda revocation_list: revocation_list.last_update_utc, default=None)
    for revocation_list in lists:
        entry = revocation_list.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None or entry.revocation_date_utc > at:
            continue
        reason = _reason(entry)
        # A suspension may have been lifted since: the newest list says it.
        if reason is x509.ReasonFlags.remove_from_crl or (
            reason is x509.ReasonFlags.certificate_hold and newest not in (None, revocation_list)
        ):
            continue
        return CheckedRevocation(state="revoked", on=entry.revocation_date_utc.date())
    if newest is not None:
        return CheckedRevocation(state="good", on=newest.last_update_utc.date())
    ends = [
        revocation_list.next_update_utc or revocation_list.last_update_utc for revocation_list in full_lists
    ]
    return (
        CheckedRevocation(state="stale", on=max(ends).date())
        if ends
        else CheckedRevocation(state="not_checked")
    )


def _by(issuer: x509.Certificate, lists: Iterable[RevocationList]) -> list[RevocationList]:
    """Return the lists an authority signed."""
    return [
        revocation_list
        for revocation_list in lists
        if revocation_list.issuer == issuer.subject and _is_signed(revocation_list, issuer)
    ]


def _is_signed(revocation_list: RevocationList, issuer: x509.Certificate) -> bool:
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        usage = None
    if usage is not None and not usage.crl_sign:
        return False
    try:
        return revocation_list.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (UnsupportedAlgorithm, TypeError, ValueError):
        return False


def _holds(revocation_list: RevocationList, certificate: x509.Certificate, at: datetime) -> bool:
    """Return whether a list says how things stood then; lists may leave out expired certificates."""
    return at <= _end_of(revocation_list) and revocation_list.last_update_utc <= certificate.not_valid_after_utc


def _end_of(revocation_list: RevocationList) -> datetime:
    return max(
        revocation_list.last_update_utc, revocation_list.next_update_utc or revocation_list.last_update_utc
    )


def _is_of_changes(revocation_list: RevocationList) -> bool:
    try:
        return any(
            isinstance(extension.value, x509.DeltaCRLIndicator) for extension in revocation_list.extensions
        )
    except ValueError:
        return True


def _name_of(revocation_list: RevocationList) -> str:
    names = revocation_list.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else revocation_list.issuer.rfc4514_string()


def _covers(revocation_list: RevocationList, certificate: x509.Certificate) -> bool:
    """Return whether a list would name a revoked certificate: one of changes or of others alone would not."""
    try:
        for extension in revocation_list.extensions:
            if isinstance(extension.value, x509.DeltaCRLIndicator):
                return False
            if isinstance(extension.value, x509.IssuingDistributionPoint):
                point, is_authority = extension.value, _is_authority(certificate)
                covers_others_only = (
                    point.only_contains_user_certs if is_authority else point.only_contains_ca_certs
                )
                if (
                    covers_others_only
                    or point.indirect_crl
                    or point.only_some_reasons
                    or point.only_contains_attribute_certs
                ):
                    return False
            elif extension.critical:
                return False
    except ValueError:
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, ValueError):
        return x509.ReasonFlags.unspecified
