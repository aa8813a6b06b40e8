"""Delivery channels: one file each, loaded by its name in config.toml. A new channel needs only its file.

What all sections of config.toml have in common stands here, too.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from notifications.notice import Letter, Notice, Outcome
from workflow.org.office import Person
from workflow.refusal import Refusal


class Section(BaseModel):
    """A section of config.toml. Relative paths are those beside the file, where the validation's context names
    its folder as `base`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, validate_default=True)


def refuse_bool(value: object) -> object:
    """Return a value. Raises an error for true and false, which Pydantic takes for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "true and false are no numbers")
    return value


def base_of(info: ValidationInfo) -> Path:
    """Return the folder of the settings file, where the validation knows it; else the present one, unnamed."""
    return Path((info.context or {}).get("base", ""))


def _beside(path: Path | None, info: ValidationInfo) -> Path | None:
    """Return a path, a relative one as that beside the settings file."""
    return None if path is None else base_of(info) / path


def _filled(value: object) -> object:
    """Return a path. Raises an error for "", which Path takes for the present folder."""
    if value == "":
        raise PydanticCustomError("missing", "a path is missing")
    return value


EMPTY = BeforeValidator(lambda value: None if value == "" else value)
"""Takes "" for a key left out."""
BESIDE = AfterValidator(_beside)
NO_BOOL = BeforeValidator(refuse_bool)
Folder = Annotated[Path, Field(json_schema_extra={"minLength": 1}), BESIDE, BeforeValidator(_filled)]
OptionalPath = Annotated[Path | None, BESIDE, EMPTY, WithJsonSchema({"type": "string"})]
Port = Annotated[int, Field(ge=1, le=65_535), NO_BOOL]
Seconds = Annotated[float, Field(ge=0), NO_BOOL]
MAIL_PORTS = {"none": 25, "starttls": 587, "tls": 465}
"""The usual port of a mail server by kind of connection (RFC 8314, RFC 6409)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingMessage:
    """A claimed notice with its letter and its recipient's name."""

    notice: Notice
    letter: Letter
    name: str


NO_ADDRESS = "no-address@localhost.invalid"
"""Recipient address of letters in a folder if no e-mail address is known."""


Outcomes = AsyncGenerator[tuple[str, Outcome], None]
"""Key and outcome of each message, as soon as it is known."""
STAYS_HERE = frozenset({"folder"})
"""Channels whose letters never leave the server: they reach nobody."""


class Channel(Section):
    """A way to deliver letters to a person, named as its file, which has it as `channel`: what it does and its
    section `[channels.<name>]` in one. `needed`: keys without which it sends nothing; `is_chosen`: whether
    people enable and disable it themselves.
    """

    needed: ClassVar[tuple[str, ...]] = ()
    is_chosen: ClassVar = False

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    def repeatable(self) -> bool:
        """Whether the same notice may be sent again after a crash (same Message-ID, same file); if not, an
        interrupted one becomes `unknown`.
        """
        return True

    def as_written(self) -> dict[str, Any]:
        """Return the keys of its section that are set, with their values, paths absolute."""
        return self.model_dump(exclude_unset=True)

    def variables(self) -> Mapping[str, str]:
        """Return the variables of the environment that hold its secrets, by the key that names them."""
        return {}

    def refuse_unusable(self) -> None:
        """Raise Refusal for what a section names and the channel cannot use: a file, a library."""

    @abstractmethod
    def address(self, person: Person) -> str | None:
        """Return the person's address in this channel; None when there is none."""

    @abstractmethod
    def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        """Try each message once; yield its outcome before the next one leaves. Errors of server or disk are
        outcomes, too; of what is `queued` the delivery decides when it is tried again.
        """

    def lose(self, person: str, *, now: datetime) -> None:
        """Mark the person (by key) as unreachable until they enable the channel again, if people do so."""

    async def probe(self) -> Outcome | None:
        """Connect and log in as for sending, without sending a letter; the outcome is `sent` if the server
        accepts us, None without a server.
        """
        return None


class SilentChannel(Channel):
    """A channel that sends nothing and answers alike for each letter: one used no more, or, with the recipients
    of its original, one of a rehearsal.
    """

    silenced: str
    outcome: Outcome
    original: Channel | None = None

    @property
    def name(self) -> str:
        return self.silenced

    def address(self, person: Person) -> str | None:
        return self.original.address(person) if self.original is not None else None

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        for message in batch:
            yield message.notice.key, self.outcome


async def send_all(channel: Channel, batch: Sequence[OutgoingMessage], *, now: datetime) -> dict[str, Outcome]:
    """Return the outcome of each message by key, once all have been tried."""
    return {key: outcome async for key, outcome in channel.send(batch, now=now)}


def names() -> tuple[str, ...]:
    """Return the names of all channels, without importing them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def channel_type(name: str) -> type[Channel]:
    """Return the class of a channel. Raises Refusal: no channel has this name."""
    if name not in names():
        raise Refusal("unknown_channel", channel=name, allowed=names())
    return cast("type[Channel]", importlib.import_module(f"{__name__}.{name}").channel)


class ChannelSettings(Section):
    """The channels letters are sent through, and every section `[channels.<name>]` there is, by name."""

    use: tuple[str, ...] = ("folder",)
    sections: Annotated[Mapping[str, Channel], WithJsonSchema({})] = {}

    def of(self, name: str) -> Channel:
        """Return a channel as its section says, or as built in. Raises Refusal: there is no such channel."""
        return self.sections.get(name) or channel_type(name)()
