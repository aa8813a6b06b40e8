"""The default channel: writes letters to a folder, one .eml file per notice."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from notifications.channels import NO_ADDRESS, Channel, Folder as FolderPath, Outcomes, OutgoingMessage
from notifications.message import build_message
from notifications.notice import Outcome
from workflow.org.office import Person


class Folder(Channel):
    """A folder of letters. File names come from the Message-ID, so a letter written twice is one file."""

    name: ClassVar = "folder"

    path: FolderPath = Path("var/letters")
    sender: str = "merzim@localhost"

    def as_written(self) -> dict[str, Any]:
        return self.model_dump()

    def address(self, person: Person) -> str | None:
        return person.email or NO_ADDRESS

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        """Write each letter of the batch to its file; written again after a crash it is the same file."""
        for parcel in batch:
            yield parcel.notice.key, self._write(parcel, now)

    def _write(self, parcel: OutgoingMessage, now: datetime) -> Outcome:
        """Write one letter to its file; an error of the disk leaves it queued."""
        notice = parcel.notice
        target = self.path / f"{notice.message_id.strip('<>').partition('@')[0]}.eml"
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            content = build_message(notice, parcel.letter, name=parcel.name, sender=self.sender, now=now)
        except ValueError as problem:
            return Outcome(state="failed", answer=str(problem))
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # A letter may hold a link that lets its reader in.
            with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as problem:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            return Outcome(state="queued", answer=str(problem))
        return Outcome(state="sent", answer=target.name)


channel = Folder
