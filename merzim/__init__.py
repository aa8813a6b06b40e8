"""The program: command line, pages, services, storage, documents; settings, clock and what keeps running."""

from __future__ import annotations
