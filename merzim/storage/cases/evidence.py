"""Evidence files stored under the SHA-256 of their bytes, verified whenever a file is read.

Verification is never cached: size, time and inode do not prove that the bytes are unchanged, since anybody who
can write to the folder can set the times as well.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Generator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile, SpooledTemporaryFile
from typing import BinaryIO, cast

from merzim.documents.child import read
from merzim.documents.evidence import (
    ALLOWED,
    EvidenceDamaged,
    StoredFile,
    extension,
    is_packed,
    media_type,
    packed_type,
)
from workflow.refusal import Refusal

LIMIT = 50 * 1024 * 1024
"""Maximum bytes of an evidence file. It may be raised, never lowered: a larger file counts as altered."""
log = logging.getLogger("merzim.evidence")
_NAME = re.compile(r"[0-9a-f]{64}")
_STEP = 1024 * 1024
# A pipe put in a file's place must not hold the reader; Windows knows neither flag's counterpart.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class EvidenceFolder:
    """Evidence in a folder: `ab/abcdef...`. A file appears complete or not at all. `folder`: created with the
    first file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        """Store a file once under its hash. `name`: the file's name; its extension determines the allowed
        content. Raises Refusal: an empty or too large file, a kind not accepted, content that contradicts the
        name, an unsafe archive, or a folder that cannot be written.
        """
        if extension(name) not in ALLOWED:
            raise Refusal("evidence_unknown_kind", name=name, allowed=ALLOWED)
        try:
            return self._keep(content, name)
        except OSError as trouble:
            raise Refusal(
                "evidence_unwritable", folder=str(self._folder), problem=trouble.strerror or str(trouble)
            ) from trouble

    def open(self, reference: str) -> BinaryIO:
        """Return a file recorded under that SHA-256, after verifying all its bytes. Returns a private copy, so
        that the file cannot be changed between verification and reading. Raises EvidenceDamaged.
        """
        copy = cast(BinaryIO, SpooledTemporaryFile(max_size=_STEP))  # noqa: SIM115 (the caller closes it)
        try:
            self._copy(reference, copy)
        except EvidenceDamaged:
            copy.close()
            raise
        copy.seek(0)
        return copy

    def check(self, reference: str) -> None:
        """Verify a stored file against its recorded SHA-256. Raises EvidenceDamaged."""
        self._copy(reference, None)

    def copy_to(self, folder: Path) -> int:
        """Copy each stored file that a folder lacks, verified; return how many. A damaged one is logged. Raises
        OSError: the folder cannot be written.
        """
        other, copied = EvidenceFolder(folder), 0
        for source in sorted(self._folder.glob("??/*")):
            place = other._place(source.name)
            if not _NAME.fullmatch(source.name) or place.exists():
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=place.parent, prefix=".", delete=False) as part:
                try:
                    self._copy(source.name, cast(BinaryIO, part))
                    part.flush()
                    os.fsync(part.fileno())
                    Path(part.name).replace(place)
                    copied += 1
                except EvidenceDamaged as damage:
                    log.error("%s: %s is not in the backup", damage.damage, source)
                finally:
                    Path(part.name).unlink(missing_ok=True)
        return copied

    def _copy(self, reference: str, target: BinaryIO | None) -> None:
        """Verify a stored file while copying it to the target, if there is one. Raises EvidenceDamaged."""
        if not _NAME.fullmatch(reference):
            raise EvidenceDamaged("evidence_missing", sha256=reference)
        digest = sha256()
        try:
            with closing(self._chunks(reference)) as chunks:
                for chunk in chunks:
                    digest.update(chunk)
                    if target is not None:
                        target.write(chunk)
        except (FileNotFoundError, NotADirectoryError):
            raise EvidenceDamaged("evidence_missing", sha256=reference) from None
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            raise EvidenceDamaged("evidence_unreadable", sha256=reference, problem=problem) from trouble
        if digest.hexdigest() != reference:
            raise EvidenceDamaged("evidence_altered", sha256=reference)

    def _chunks(self, reference: str) -> Generator[bytes, None, None]:
        """Yield a stored file in chunks. Raises OSError, EvidenceDamaged (not a regular file, or too large)."""
        descriptor = os.open(self._place(reference), _FLAGS)
        try:
            file_stat = os.fstat(descriptor)
            if not stat.S_ISREG(file_stat.st_mode) or file_stat.st_size > LIMIT:
                raise EvidenceDamaged("evidence_altered", sha256=reference)
            size = 0
            while chunk := os.read(descriptor, _STEP):
                size += len(chunk)
                if size > LIMIT:
                    raise EvidenceDamaged("evidence_altered", sha256=reference)
                yield chunk
        finally:
            os.close(descriptor)

    def _keep(self, content: BinaryIO, name: str) -> StoredFile:
        """Store a file as `keep`, whose extension is allowed. Raises Refusal, OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        digest, size = sha256(), 0
        with NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as part:
            path = Path(part.name)
            try:
                while chunk := content.read(_STEP):
                    size += len(chunk)
                    if size > LIMIT:
                        raise Refusal("evidence_too_large", limit=LIMIT // (1024 * 1024))
                    digest.update(chunk)
                    part.write(chunk)
                if not size:
                    raise Refusal("evidence_empty")
                part.flush()
                os.fsync(part.fileno())
                packed = is_packed(name)
                kind = read(packed_type, b"", name, path=str(path)) if packed else media_type(path, name)
                if kind is None:
                    raise Refusal("evidence_other_kind", name=name, kind=extension(name))
                reference = digest.hexdigest()
                place = self._place(reference)
                if not self._whole(reference):
                    place.parent.mkdir(exist_ok=True)
                    path.chmod(0o440)
                    path.replace(place)
                    sync_path(place.parent)
            finally:
                path.unlink(missing_ok=True)
        return StoredFile(reference, kind, size)

    def _whole(self, reference: str) -> bool:
        """Return whether the file is stored with the right bytes; a damaged one is logged, to be replaced."""
        try:
            self.check(reference)
        except EvidenceDamaged as damage:
            if damage.damage != "evidence_missing":
                log.error(
                    "%s: %s is replaced by the same file sent again", damage.damage, self._place(reference)
                )
            return False
        return True

    def _place(self, name: str) -> Path:
        return self._folder / name[:2] / name


def sync_path(path: Path) -> None:
    """Sync a file or folder to disk, where the system allows it; of a folder, the names of its new files."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
