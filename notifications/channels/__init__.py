"""Channels: one file each, found by the name config.toml gives. To add one, add its file and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast, runtime_checkable

from notifications.notice import Letter, Notice, Outcome
from workflow.org.office import Person
from workflow.refusal import Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingMessage:
    """One claimed notice with what it says and how its reader is called."""

    notice: Notice
    letter: Letter
    name: str


class Channel(Protocol):
    """One way to somebody's hands.

    Attributes:
        name: its file's name.
        repeatable: whether sending the same notice again after a crash does no harm (the same Message-ID, the
            same file). Where it does harm, an interrupted notice becomes `unknown` instead.
    """

    @property
    def name(self) -> str: ...

    @property
    def repeatable(self) -> bool: ...

    def address(self, person: Person) -> str | None:
        """Where this channel finds the person; None when it cannot."""

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Mapping[str, Outcome]:
        """Try each parcel once; an outcome for every key, never an exception for what a server or disk does.

        `queued` means: again later. The delivery decides when, and when to give up.
        """


@runtime_checkable
class Switchable(Protocol):
    """A channel people switch on for themselves, and off again."""

    def language(self, person: Person) -> str:
        """The language they chose there."""

    def lose(self, person: str, *, now: datetime) -> None:
        """It reaches that person (by key) no more, until they switch it on again."""


def language_of(channel: Channel, person: Person) -> str:
    """The language in which the channel speaks to the person."""
    return channel.language(person) if isinstance(channel, Switchable) else person.language


class UnknownChannel(Refusal):
    """config.toml names a channel there is no file for."""

    def __init__(self, channel: str) -> None:
        super().__init__("unknown_channel", channel=channel, allowed=names())


def names() -> tuple[str, ...]:
    """Names of the channels there are, without importing them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str, settings: Mapping[str, Any]) -> Channel:
    """The channel of that name. Every channel file has `channel(**settings) -> Channel`.

    Args:
        settings: its section of config.toml; relative paths already made absolute.

    Raises:
        UnknownChannel: there is no such file.
        TypeError: a setting it does not know, or one it needs is missing.
    """
    if name not in names():
        raise UnknownChannel(name)
    module = importlib.import_module(f"{__name__}.{name}")
    return cast(Channel, module.channel(**settings))
