"""Servers on Node.js, started on this machine for tests."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.notifications.servers import free_port


@contextmanager
def started(launcher: Path, package: str, *arguments: str) -> Iterator[int]:
    """A launcher of a package behind a port of its own; where they are not here the test is skipped."""
    folder = launcher.parent
    if shutil.which("node") is None:
        pytest.skip(f"{package}: Node.js is not here")
    if not (folder / "node_modules" / package).is_dir():
        pytest.skip(f"{package} is not installed (npm ci in {folder.relative_to(Path(__file__).parents[1])})")
    port = free_port()
    process = subprocess.Popen(
        ["node", launcher.name, str(port), *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(400):
            assert process.poll() is None, f"{package} did not start"
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()
