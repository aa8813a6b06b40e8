"""The program itself: command line, clock, settings, composition root, services that run all the time."""

from __future__ import annotations

COLLECTIONS = (20_000, 20, 20)
"""Thresholds of the garbage collector in a process of a command. With a national database one that serves pages
holds 700,000 objects: with Python's defaults a full collection would stop all pages for 0.4 s, every 75 pages
(docs/performance.md). Of a short command collections would be a tenth.
"""
