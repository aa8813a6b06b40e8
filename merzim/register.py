"""The register of notices as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from words import say

if TYPE_CHECKING:
    from notifications.notice import Notice

COLUMNS = ("due", "case", "id", "rung", "who", "channel", "address", "state", "sent", "answer")


def write(notices: Iterable[Notice], file: Path, language: str) -> None:
    """Write the register, semicolons and a byte order mark so that a spreadsheet opens it as it is.

    Raises:
        OSError: the file cannot be written.
    """
    text = StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow([say(f"cli.head.{name}", {}, language) for name in COLUMNS])
    lines.writerows(_line(notice, language) for notice in notices)
    file.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def _line(notice: Notice, language: str) -> Sequence[str]:
    return [
        notice.due.isoformat(),
        notice.case,
        notice.obligation,
        _harmless(notice.rung),
        notice.person,
        notice.channel,
        notice.address,
        say(f"cli.notice.{notice.state}", {}, language),
        notice.sent_at.isoformat() if notice.sent_at else "",
        _harmless(notice.answer),
    ]


def _harmless(text: str) -> str:
    """A cell no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
