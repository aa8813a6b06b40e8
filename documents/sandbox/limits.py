"""The limits of one reading process, and the operating system's limits that enforce them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

SECONDS = 13
"""Maximum seconds of one reading, without waiting."""
WAIT = 4
"""Maximum seconds a file waits for a free process."""
REQUEST = 14
"""Maximum seconds of all readings of one request, including waiting."""
AT_ONCE = 4
"""Number of tables read at the same time; the others wait."""
MEMORY = 768 * 2**20
"""Bytes of address space of one process."""
MOST_ANSWER = 32 * 2**20
"""Maximum bytes of an answer."""
MOST_ERRORS = 5_000
"""Maximum number of bad rows in an answer."""
_GRACE = 2
"""Seconds after which a process ends by itself if its parent has died."""
_HANDLES = 32
_NICE = 5
"""How much the priority of a reading process is lowered (nice)."""


def apply_limits() -> None:
    """Apply the limits to this process; limits a system does not have are skipped."""
    with suppress(OSError):
        os.nice(_NICE)
    signal.alarm(SECONDS + _GRACE)
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = int(used.ru_utime + used.ru_stime) + SECONDS + _GRACE
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, 2 * MOST_ANSWER),
        (resource.RLIMIT_NOFILE, _HANDLES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))
