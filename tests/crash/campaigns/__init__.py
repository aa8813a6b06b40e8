"""Crash campaigns: each module injects one kind of fault (common form: tests/crash/campaign.py)."""

from __future__ import annotations

from tests.crash.campaign import Campaign
from tests.crash.campaigns import away, clocks, copies, disk, kills, spoiling, tampering

CAMPAIGNS = (
    Campaign(name="kills", run=kills.killed, times=kills.KILLS),
    Campaign(name="kills-sqlite", run=kills.alone, times=kills.ALONE),
    Campaign(name="stops", run=away.stopped, times=away.STOPS),
    Campaign(name="ended", run=away.cut, times=away.CUTS),
    Campaign(name="cut", run=away.torn, times=away.CUTS),
    Campaign(name="full-sqlite", run=disk.sqlite, times=disk.TIMES),
    Campaign(name="full-postgresql", run=disk.postgresql, times=disk.TIMES),
    Campaign(name="steps", run=clocks.stepped, times=clocks.STEPS),
    Campaign(name="apart", run=clocks.apart, times=2 * len(clocks.APART)),
    Campaign(name="backup-sqlite", run=copies.sqlite, times=copies.TIMES),
    Campaign(name="backup-postgresql", run=copies.postgresql, times=copies.TIMES),
    Campaign(name="tampering", run=tampering.tampered, times=tampering.ROUNDS),
    Campaign(name="orders", run=spoiling.ordered, times=spoiling.SECONDS),
    Campaign(name="fuzzing", run=spoiling.fuzzed, times=spoiling.SECONDS),
    Campaign(name="hostile", run=spoiling.attacked, times=spoiling.SPOILED),
    Campaign(name="morning", run=kills.bad_morning, times=kills.MORNING),
)
"""In the order they are held in; their number is what `NAME=NUMBER` gives."""
