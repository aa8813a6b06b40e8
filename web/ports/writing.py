"""What the pages keep beside the desk: answers given, leave, evidence, files between two steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import BinaryIO, Protocol

from documents.sheets.file_kind import StoredFile
from documents.sheets.upload import Upload, UploadKind
from workflow.org.access import Answered


class Answers(Protocol):
    """What requests were answered under their senders' keys."""

    def claim(self, login: str, key: str, digest: str, *, now: datetime) -> Answered | None:
        """Take the key for a request; None when it was free, else what is known of it."""

    def keep(self, login: str, key: str, answer: str) -> None:
        """What it was answered, as JSON."""

    def release(self, login: str, key: str) -> None:
        """Give the key back: nothing was done under it."""


class Leaves(Protocol):
    """When people are away and who stands in for them, as they say themselves."""

    def set_leave(
        self,
        person: str,
        *,
        away: Sequence[tuple[date, date]],
        deputy: str | None,
        by: str,
        now: datetime,
        today: date,
    ) -> None:
        """Write down the leave of a person (local dates, both ends included) and their deputy."""


class EvidenceStore(Protocol):
    """Files that prove facts, kept by what is in them."""

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        """Store the bytes once, under the SHA-256 of them; `name` is the file's own name."""

    def open(self, reference: str) -> BinaryIO:
        """Return the bytes recorded under that SHA-256. Raises EvidenceDamaged: they are not there."""


class Uploads(Protocol):
    """Files between being shown and being taken in: kept by what is in them, for whoever sent them, a day."""

    def keep(
        self, kind: UploadKind, content: bytes, name: str, procedure: str, *, by: str, now: datetime
    ) -> str:
        """Keep a file; the SHA-256 of its bytes."""

    def kept(self, kind: UploadKind, digest: str, *, by: str, now: datetime) -> Upload | None:
        """The file of that digest that `by` sent; None when there is none, or no longer."""
