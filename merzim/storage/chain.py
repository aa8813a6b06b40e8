"""The chain of a case: the canonical text of an event, and the hash that links it to the previous one. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as _text


def canonical(value: object) -> str:
    """Return the canonical JSON text of a value: sorted keys, no spaces, non-ASCII letters unescaped, dates in
    ISO format.

    Raises:
        TypeError, ValueError: the value has no JSON form (a set, a NaN).
    """
    return "{}" if value == {} else _ENCODER.encode(value)


# What is written at once bears one moment.
@lru_cache(maxsize=64)
def moment(at: datetime) -> str:
    """Return a moment in the ledger's format: UTC, whole seconds, "2026-04-06T07:00:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def line(
    *, case: str, seq: int, kind: str, name: str, on: date | None, at: datetime, by: str, payload: str
) -> str:
    """Return an event as one canonical JSON object."""
    return (
        f'{{"at":"{moment(at)}","by":{_text(by)},"case":{_text(case)},"kind":{_text(kind)}'
        f',"name":{_text(name)},"on":{_text(on.isoformat()) if on else "null"}'
        f',"payload":{payload},"seq":{seq}}}'
    )


def link(previous: str, text: str) -> str:
    """Return the SHA-256 (hexadecimal) of the previous hash and the canonical text."""
    return sha256(f"{previous}{text}".encode()).hexdigest()


def seal_line(n: int, at: datetime, heads: Iterable[tuple[str, int, str]]) -> str:
    """Return a seal as canonical JSON: its number, its moment, and (case, seq, head) of every case it
    covers.
    """
    return canonical({"at": moment(at), "heads": [list(head) for head in heads], "n": n})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON: {type(value).__name__}")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
)
