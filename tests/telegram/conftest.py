"""Fixtures of the Telegram tests: the emulator, started once, and an office with a bot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from merzim.storage.notices.links import SqlLinks
from notifications.channels.telegram import Telegram, channel
from tests import node
from tests.notifications.sample_office import OPEN, Town
from tests.telegram.emulator import LAUNCHER, TOKEN, Emulator
from workflow.cases.case import Case


@pytest.fixture(scope="session")
def started() -> Iterator[Emulator]:
    with node.started(LAUNCHER, "telegram-test-api") as port:
        import aiogram  # noqa: F401  # it takes seconds, which no conversation should wait for

        yield Emulator(port)


@pytest.fixture
def telegram(started: Emulator) -> Emulator:
    """The Bot API, as if just started."""
    started.reset()
    return started


@pytest.fixture(autouse=True, scope="module")
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """The office with its four people and no case yet."""
    return Town(tmp_path)


@pytest.fixture
def case(town: Town) -> Case:
    """The first case of that office, opened on 2 February."""
    return town.open()


@pytest.fixture
def links(town: Town) -> SqlLinks:
    return SqlLinks(town.engine)


@pytest.fixture
def bot(telegram: Emulator, links: SqlLinks) -> Telegram:
    """The channel, speaking to the emulator."""
    return channel(bot="MerzimBot", token=TOKEN, server=telegram.server, timeout=10.0).with_links(links)
