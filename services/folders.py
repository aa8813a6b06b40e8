"""The folders a service writes to: one it may not write is found at the start, not with the first file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from services.settings import BadSetting, Settings


def refuse_unwritable(settings: Settings) -> None:
    """Make the folders that are missing, and write a nameless file into each.

    Raises:
        BadSetting: `cli.folder_unwritable`, which says which key names it.
    """
    for key, folder in _folders(settings):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            raise BadSetting("cli.folder_unwritable", key=key, folder=str(folder), problem=problem) from None


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "evidence.folder", settings.evidence.folder
    if "folder" in settings.channels.use:
        yield "channels.folder.path", Path(str(settings.channels.sections["folder"]["path"]))
