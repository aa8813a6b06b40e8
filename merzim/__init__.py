"""The program itself: command line, clock, settings, composition root, services that run all the time."""

from __future__ import annotations
