"""The editions of the regulation files: the shipped ones, and an organisation's own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from services.settings import BadSetting, Settings

if TYPE_CHECKING:
    from workflow.law.procedure import Procedure


def editions(settings: Settings) -> Iterator[Procedure]:
    """Read every edition of every procedure.

    Raises:
        BadSetting: the folder of own regulations named in config.toml does not exist.
        Refusal: a file that cannot be read as an edition.
    """
    return (_read_edition(name, text) for name, text in _files(settings))


def _files(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the edition files. The shipped folder is no module: found by name."""
    for file in sorted(files("regulations").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_bytes()
    own = settings.regulations.folder
    if own is None:
        return
    if not own.is_dir():
        raise BadSetting("cli.no_folder", file=str(settings.file), key="regulations.folder", folder=str(own))
    for path in sorted(Path(own).glob("*.toml")):
        # Own rules are no editions; they take effect once adopted (`merzim overlay`).
        if not path.name.startswith("overlay."):
            yield path.name, path.read_bytes()


@cache
def _read_edition(name: str, text: bytes) -> Procedure:
    """Parse an edition. Cached: a process parses the same text once, however many contexts it builds."""
    from workflow.law.reader import read

    return read(name, text)
