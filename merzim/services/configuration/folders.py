"""The folders a service uses: tests at the start that they can be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from merzim.settings import BadSetting, Settings


def refuse_unwritable(settings: Settings) -> None:
    """Create missing folders and test each by writing a temporary file.

    Raises:
        BadSetting: `cli.folder_unwritable`; the message names the key of config.toml.
    """
    for key, folder in folders(settings):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            raise BadSetting("cli.folder_unwritable", key=key, folder=str(folder), problem=problem) from None


def folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield the folders a service writes to, each with its key."""
    yield "evidence.folder", settings.evidence.folder
    if settings.backup.folder is not None:
        yield "backup.folder", settings.backup.folder
    if "folder" in settings.channels.use:
        yield "channels.folder.path", Path(str(settings.channels.sections["folder"]["path"]))


def order_folders(settings: Settings) -> list[Path]:
    """Return where orders that anonymised people are listed: with the evidence, and beside the backups."""
    return list(filter(None, (settings.evidence.folder, settings.backup.folder)))
