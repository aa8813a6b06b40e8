"""Fixtures of the notification tests."""

from __future__ import annotations

from tests.telegram.conftest import _closed, bot, case, links, started, telegram, town

__all__ = ["_closed", "bot", "case", "links", "started", "telegram", "town"]
