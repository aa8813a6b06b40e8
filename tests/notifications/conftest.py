"""Fixtures of the notification tests."""

from __future__ import annotations

from tests.telegram.conftest import bot, case, links, started, telegram, town

__all__ = ["bot", "case", "links", "started", "telegram", "town"]
