"""The composition root: the application context of a configuration, with the clocks of this process."""

from __future__ import annotations

from merzim.clock import read
from services.app import AppContext, NoteWriter
from services.moments import Clock
from services.settings import Settings


def build_app(settings: Settings, *, clock: Clock = read, note: NoteWriter | None = None) -> AppContext:
    """Return the application context of these settings.

    Args:
        clock: the present of what is recorded and computed; on a demonstration day it stands still.
        note: hears what a start has to say; the log where it is None.
    """
    return AppContext(settings, clock=clock, system_clock=read, note=note)
