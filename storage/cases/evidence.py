"""Files that prove facts, kept by what is in them: the SHA-256 is the name, nothing is ever overwritten."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from papers.sheets.file_kind import ALLOWED, StoredFile, extension, media_type
from storage.refusals import EvidenceRefused

LIMIT = 50 * 1024 * 1024
"""Bytes a file of evidence may have."""
_NAME = re.compile(r"[0-9a-f]{64}")
_STEP = 1024 * 1024


class EvidenceFolder:
    """Evidence in a folder: `ab/abcdef...`. A file appears whole or not at all.

    Args:
        folder: made on the first file.
        limit: bytes a file may have.
    """

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        self._folder = folder
        self._limit = limit

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        """Store the bytes once.

        Args:
            name: the file's own name; its ending says what the content must be.

        Raises:
            EvidenceRefused: an empty file, one too large, of a kind not taken, whose content is not what its
                name says, or a folder that cannot be written.
        """
        if extension(name) not in ALLOWED:
            raise EvidenceRefused("evidence_unknown_kind", name=name, allowed=ALLOWED)
        try:
            return self._keep(content, name)
        except OSError as trouble:
            raise EvidenceRefused(
                "evidence_unwritable", folder=str(self._folder), problem=trouble.strerror or str(trouble)
            ) from trouble

    def open(self, reference: str) -> BinaryIO | None:
        """The bytes stored under that SHA-256; None when there are none."""
        if not _NAME.fullmatch(reference):
            return None
        try:
            return self._place(reference).open("rb")
        except FileNotFoundError:
            return None

    def _keep(self, content: BinaryIO, name: str) -> StoredFile:
        self._folder.mkdir(parents=True, exist_ok=True)
        digest, size = sha256(), 0
        with NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as part:
            path = Path(part.name)
            try:
                while chunk := content.read(_STEP):
                    size += len(chunk)
                    if size > self._limit:
                        raise EvidenceRefused("evidence_too_large", limit=self._limit // (1024 * 1024))
                    digest.update(chunk)
                    part.write(chunk)
                if not size:
                    raise EvidenceRefused("evidence_empty")
                part.flush()
                os.fsync(part.fileno())
                found = media_type(path, name)
                if found is None:
                    raise EvidenceRefused("evidence_other_kind", name=name, kind=extension(name))
                reference = digest.hexdigest()
                place = self._place(reference)
                if not place.exists():
                    place.parent.mkdir(exist_ok=True)
                    path.chmod(0o440)
                    path.replace(place)
                    _fsync_folder(place.parent)
            finally:
                path.unlink(missing_ok=True)
        return StoredFile(reference, found, size)

    def _place(self, name: str) -> Path:
        return self._folder / name[:2] / name


def _fsync_folder(folder: Path) -> None:
    """Make the new name itself durable; where folders cannot be opened (Windows) the system sees to it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
