"""Validation of an e-mail address."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_LONGEST = 254


def is_address(text: str) -> bool:
    """Return whether the text is one plain e-mail address (RFC 5321, unquoted): no display name, no line
    break.
    """
    local = text.partition("@")[0]
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return len(text) <= _LONGEST and not dots and _ADDRESS.fullmatch(text) is not None
