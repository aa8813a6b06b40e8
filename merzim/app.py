"""The composition root: builds the application context from settings and the process's clock."""

from __future__ import annotations

from merzim.clock import read
from merzim.services.app import AppContext, NoteWriter, log_note
from merzim.settings import Settings
from workflow.moments import Clock


def build_app(
    settings: Settings, *, clock: Clock = read, note: NoteWriter = log_note, creates_database: bool = True
) -> AppContext:
    """Return the application context of these settings, and of the machine's clock beside this one."""
    return AppContext(
        configured=settings, clock=clock, system_clock=read, note=note, creates_database=creates_database
    )
