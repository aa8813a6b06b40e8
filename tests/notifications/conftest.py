"""Fixtures of the notification tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notifications.sample_office import Town
from tests.telegram.conftest import bot, links, started, telegram

__all__ = ["bot", "links", "started", "telegram", "town"]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The office with its four people and no case yet."""
    new_town = Town(tmp_path)
    yield new_town
    new_town.close()
