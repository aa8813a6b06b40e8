"""An uploaded file that waits for the user's confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UploadKind = Literal["schedule", "past", "file"]
"""The purpose of an upload; `file`: sent by a program, which refers to it by its digest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """The name of the file, the procedure chosen for it, and its bytes.

    Attributes:
        digest: the SHA-256 of the bytes in hexadecimal.
    """

    digest: str
    name: str
    procedure: str
    content: bytes
