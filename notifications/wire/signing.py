"""DKIM signatures (RFC 6376) for messages that no relay signs."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path

from workflow.refusal import Refusal

# What must not be altered on the way. List headers and the rest belong to it: a mail program acts on them.
SIGNED = (
    *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"MIME-Version"),
    *(b"Content-Type", b"List-Id", b"List-Unsubscribe", b"List-Unsubscribe-Post"),
)


class UnusableKey(Refusal, ValueError):
    """The key in config.toml cannot sign."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A signing key with its domain; `selector`: the DNS name of its public key."""

    domain: str
    selector: str
    key: bytes

    def signed(self, message: bytes) -> bytes:
        """Return the message with its signature header first, otherwise unchanged."""
        import dkim

        header: bytes = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in SIGNED if name.lower() in _names(message)],
        )
        return header + message


def load_signature(sender: str, key: Path, selector: str) -> Signature:
    """Return the signature of the sender's domain with a key file, tested once so that a wrong key is found at
    once.

    Raises:
        UnusableKey: no such file, no key dkimpy can sign with, no selector, or a sender without a domain.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2]
    if not selector or not domain:
        raise UnusableKey("letter.dkim_incomplete", sender=sender)
    try:
        made = Signature(domain=domain, selector=selector, key=key.read_bytes())
        made.signed(b"From: " + sender.encode("ascii", "replace") + b"\r\n\r\n.\r\n")
    except OSError as trouble:
        raise UnusableKey("letter.dkim_unreadable", file=str(key), problem=trouble.strerror or "") from None
    except Exception:  # dkimpy, its ASN.1 and its curves each raise their own; none must show the key.
        raise UnusableKey("letter.dkim_no_key", file=str(key)) from None
    return made


def _names(message: bytes) -> set[bytes]:
    """Return the names of the headers, in lower case."""
    head = message.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    return {line.partition(b":")[0].lower() for line in lines if line[:1] not in (b" ", b"\t")}
