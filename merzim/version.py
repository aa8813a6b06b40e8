"""Which code this is: the release it follows, the time of its last commit, and that commit.

`0.1.0.post20261125103000+g53b176207e4c` follows release 0.1.0; the time is UTC, so that whatever lands later is
newer to pip, from a shallow clone too. A wheel carries it (pyproject.toml lets hatchling ask `of_source`); a
checkout is asked anew, because an editable installation remembers the commit it was made at.
"""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

RELEASE = "0.1.0"
ROOT = Path(__file__).resolve().parents[1]
ARCHIVED = "$Format:%ct %h$"
"""Time and commit, written by `git archive` (.gitattributes); in a checkout the pattern itself."""
VARIABLE = "MERZIM_COMMIT"
"""Time and commit for a build without a history, as of a container: `git log -1 --format='%ct %h'`."""


def of_source(root: Path = ROOT) -> str:
    """Return the version of a checkout or archive of the sources; RELEASE where nothing tells the commit."""
    stamp = os.environ.get(VARIABLE) or (ARCHIVED if not ARCHIVED.startswith("$") else _last_commit(root))
    seconds, _, commit = stamp.partition(" ")
    if not commit:
        return RELEASE
    return f"{RELEASE}.post{datetime.fromtimestamp(int(seconds), UTC):%Y%m%d%H%M%S}+g{commit}"


@cache
def running() -> str:
    """Return the version of the code that runs (asked once: what comes to lie beside it later does not run)."""
    in_checkout = of_source() if (ROOT / ".git").exists() else RELEASE
    return in_checkout if in_checkout != RELEASE else version("merzim")


def commit_of(version_text: str) -> str:
    """Return the commit a version names; "" where it names none."""
    return version_text.partition("+g")[2]


def _last_commit(root: Path) -> str:
    """Return time (seconds of the epoch) and name of a checkout's last commit; "" where git does not tell."""
    if not (root / ".git").exists():
        return ""
    try:
        command = ["git", "-C", str(root), "log", "-1", "--format=%ct %h", "--abbrev=12"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
