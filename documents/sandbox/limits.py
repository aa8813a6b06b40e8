"""The limits of one reading process, and the operating system's limits that enforce them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

SECONDS = 13
"""A reading may last, from the moment its turn has come."""
WAIT = 4
"""Seconds a file waits for its turn."""
REQUEST = 14
"""Seconds all readings of one request may last, their waiting included."""
AT_ONCE = 4
"""Tables read at the same time; the others wait their turn."""
MEMORY = 768 * 2**20
"""Bytes of address space of one process."""
MOST_ANSWER = 32 * 2**20
"""Bytes an answer may have."""
MOST_ERRORS = 5_000
"""Bad rows an answer names."""
_GRACE = 2
"""Seconds after which a process nobody stopped ends by itself: whoever asked is gone."""
_HANDLES = 32
_NICE = 5
"""Steps a reading process stands back behind those who answer pages."""


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
