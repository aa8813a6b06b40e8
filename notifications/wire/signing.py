"""Signs messages with DKIM, where no relay does."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path

import dkim

from workflow.refusal import Refusal

# What must not be altered on the way. List headers and the rest belong to it: a mail program acts on them.
SIGNED = (
    *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"MIME-Version"),
    *(b"Content-Type", b"List-Id", b"List-Unsubscribe", b"List-Unsubscribe-Post"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A signing key with its domain; `selector`: the DNS name of its public key."""

    domain: str
    selector: str
    key: bytes

    def signed(self, message: bytes) -> bytes:
        """Return the message with its signature header first, otherwise unchanged."""
        header: bytes = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in SIGNED if name.lower() in _names(message)],
        )
        return header + message


def load_signing_key(sender: str, key: Path, selector: str) -> SigningKey:
    """Return the DKIM key of the sender's domain from a file, tested so that a wrong one is found at once.

    Raises:
        Refusal: no such file, no key dkimpy can sign with, no selector, or a sender without a domain.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2]
    if not selector or not domain:
        raise Refusal("letter.dkim_incomplete", sender=sender)
    try:
        signing_key = SigningKey(domain=domain, selector=selector, key=key.read_bytes())
        signing_key.signed(b"From: " + sender.encode("ascii", "replace") + b"\r\n\r\n.\r\n")
    except OSError as trouble:
        raise Refusal("letter.dkim_unreadable", file=str(key), problem=trouble.strerror or "") from None
    except Exception:  # dkimpy, its ASN.1 and its curves each raise their own; none must show the key.
        raise Refusal("letter.dkim_no_key", file=str(key)) from None
    return signing_key


def _names(message: bytes) -> set[bytes]:
    """Return the names of a message's headers in lower case."""
    head = message.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    return {line.partition(b":")[0].lower() for line in lines if line[:1] not in (b" ", b"\t")}
