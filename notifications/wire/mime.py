"""Writes headers and parts of a message as bytes (RFC 5322, 2045-2047, 2231).

The standard library parses and folds every header as objects, again for each part, which took two thirds of the
time of sending a letter. This module writes only what a letter needs, in ASCII, so that no relay has a reason
to re-encode it. The address in `List-Unsubscribe` is never folded: the library turns a long one into encoded
words, which no mail program follows.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator, Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache

WIDTH = 76
"""Characters of a line without its end, as far as it can be folded."""
_OVERHEAD = len("=?utf-8?b??=")
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_PLAIN_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE)
_PLAIN_NAME = re.compile(rf"{_ATOM}( {_ATOM})*", re.ASCII)
_QUOTED = re.compile(r'(["\\])')
_MIN_PART = 6
"""Up to one non-ASCII byte in so many, quoted-printable is shorter than base64."""


def header(name: str, value: str) -> bytes:
    """Return a header of words; words outside ASCII become encoded words that include their spaces."""
    value = " ".join(value.split())
    if not _is_plain_ascii(value):
        return _line(name, _encoded(value, WIDTH - len(name) - 2))
    return _line(name, _folded(value, WIDTH - len(name) - 2))


def raw(name: str, value: str) -> bytes:
    """Return a header that programs read (an id, an address): never folded.

    Raises:
        ValueError: it would break out of the header.
    """
    if not value.isprintable():
        raise ValueError(f"cannot stand in a header: {value!r}")
    return _line(name, value) if value.isascii() else header(name, value)


def mailbox(name: str, label: str, address: str) -> bytes:
    """Return a header with one mailbox, with a display name or "".

    Raises:
        ValueError: the address is invalid.
    """
    label = " ".join(label.split())
    if not _PLAIN_ADDRESS.fullmatch(address):
        return _unusual(name, label, address)
    if not label:
        return _line(name, address)
    room = WIDTH - len(name) - 2
    if not _is_plain_ascii(label):
        display_name = _encoded(label, room)
    elif _PLAIN_NAME.fullmatch(label):
        display_name = _folded(label, room)
    else:
        quoted = _QUOTED.sub(r"\\\1", label)
        display_name = f'"{quoted}"' if len(quoted) + 2 <= room else _encoded(label, room)
    last = len(display_name.rpartition("\r\n")[2])
    width = last if "\r\n" in display_name else last + len(name) + 2
    return _line(name, f"{display_name}{' ' if width + len(address) + 3 <= WIDTH else _FOLD}<{address}>")


def text(subtype: str, content: str) -> bytes:
    """Return a text part: headers and body.

    Raises:
        ValueError: it contains a lone surrogate, which no encoding has.
    """
    lines = content.encode().splitlines()
    data = b"".join(line + b"\r\n" for line in lines)
    beyond = len(data) - len(data.decode("ascii", "ignore"))
    if not beyond and b"\0" not in data and all(len(line) <= WIDTH for line in lines):
        how, body = "7bit", data
    elif beyond * _MIN_PART <= len(data):
        # Only at the end of a line is a space in danger, and there the function writes it out.
        how, body = "quoted-printable", b2a_qp(data or b"\r\n", istext=True)
    else:
        how, body = "base64", base64(data)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {how}\r\n\r\n'
    return head.encode("ascii") + body


def base64(data: bytes) -> bytes:
    """Return the data in base64, in lines."""
    encoded = b64encode(data)
    return b"".join(encoded[at : at + WIDTH] + b"\r\n" for at in range(0, len(encoded), WIDTH))


def multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """Return parts with their headers as one body: its Content-Type and content."""
    mark = boundary.encode("ascii")
    between = b"\r\n--" + mark + b"\r\n"
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n--{boundary}\r\n'
    return head.encode("ascii") + between.join(parts) + b"\r\n--" + mark + b"--\r\n"


_FOLD = "\r\n "


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _is_plain_ascii(value: str) -> bool:
    """Return whether ASCII without encoding is enough."""
    # What looks like an encoded word would be read as one; what is longer than a line could not be folded.
    plain = value.isascii() and value.isprintable() and "=?" not in value
    return plain and all(len(word) < WIDTH - 20 for word in value.split(" "))


def _folded(value: str, room: int) -> str:
    """Return the value, folded at spaces where it is longer than the room in its line."""
    if len(value) <= room:
        return value
    lines, line = [], ""
    for word in value.split(" "):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, WIDTH - 1
        else:
            line = f"{line} {word}" if line else word
    return _FOLD.join([*lines, line])


def _encoded(value: str, room: int) -> str:
    """Return encoded words of whole characters; spaces are inside them, so that folding cannot lose them."""
    return _FOLD.join(
        f"=?utf-8?b?{b64encode(piece).decode('ascii')}?=" for piece in _pieces(value.encode(), room)
    )


def _pieces(data: bytes, room: int) -> Iterator[bytes]:
    """Yield pieces of UTF-8 text that fit into encoded words."""
    at = 0
    while at < len(data):
        end = at + (min(room, WIDTH - 2) - _OVERHEAD) // 4 * 3
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[at:end]
        at, room = end, WIDTH - 2


@lru_cache(maxsize=1000)
def _unusual(name: str, label: str, address: str) -> bytes:
    """Return an address with special or non-ASCII characters, formatted or refused by the standard library."""
    try:
        mailbox_address = Address(display_name=label, addr_spec=address)
        message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        message[name] = mailbox_address
        return SMTP.clone(cte_type="7bit").fold_binary(name, message[name])
    except (MessageError, IndexError) as problem:
        raise ValueError(f"not an e-mail address: {address!r}") from problem
