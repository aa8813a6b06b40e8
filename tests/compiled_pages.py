"""Compile the page templates once for all test processes (two seconds of processor time)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from jinja2 import FileSystemBytecodeCache

from merzim.web.ui.render import environment

RAM = Path("/dev/shm")
"""Where Linux keeps files in memory."""


def share_compiled_pages() -> None:
    """Let this process and those forked from it take what another has compiled, and the other way round.

    Only beside the run's other files in memory: on a disk a run has no place of its own.
    """
    folder = Path(tempfile.gettempdir())
    if folder.parent == RAM:
        environment().bytecode_cache = FileSystemBytecodeCache(str(folder))
