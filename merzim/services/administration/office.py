"""Administration: channels with a test letter, the settings in force, the organisation's own
rules, and what a new installation still lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from merzim.documents.sheets.texts import is_address
from merzim.services.app import AppContext
from merzim.services.connections.channels import try_channel
from merzim.services.context import RequestContext
from merzim.services.people.staff import BadStaff, recorded_office
from merzim.services.verbs import Command, verb
from notifications.channels import STAYS_HERE
from notifications.notice import Outcome
from workflow.law.procedure import Text
from workflow.org.office import Person

_SECRET = ("password", "token", "secret", "key")
"""Settings whose names contain such a word are masked; names of environment variables are shown."""


class ChannelInUse(BaseModel):
    """A channel named in config.toml; `settings` as written there, without secrets."""

    name: str
    settings: dict[str, str]


class ListChannels(Command):
    """Request the channels in use."""


@verb("settings", writes=False)
def list_channels(ctx: RequestContext, command: ListChannels) -> list[ChannelInUse]:
    """List the channels letters are sent through."""
    return list(channels(ctx.app))


def channels(app: AppContext) -> Sequence[ChannelInUse]:
    """Return the channels in use, without their secrets."""
    chosen = app.settings.channels
    return [
        ChannelInUse(
            name=name,
            settings={
                key: _mask_secret(key, value) for key, value in sorted(chosen.sections.get(name, {}).items())
            },
        )
        for name in chosen.use
    ]


def send_test_letter(ctx: RequestContext, channel: str, email: str, language: str) -> Outcome:
    """Send the reader a test letter at once.

    Raises:
        BadStaff: no such channel, or an invalid address.
        NotReached: the channel does not reach the reader.
        BadSetting: the channel's section cannot be used.
    """
    if channel not in ctx.app.settings.channels.use:
        raise BadStaff("web.channels.unknown", channel=channel[:80])
    person = reader_at(ctx, email, language)
    return try_channel(ctx.app.channels[channel], person, ctx.app.settings, now=ctx.now)


def reader_at(ctx: RequestContext, email: str, language: str) -> Person:
    """Return the reader as somebody who is written to at an address. Raises BadStaff."""
    if email and not is_address(email):
        raise BadStaff("web.staff.email_malformed", email=email[:200])
    reader = ctx.reader
    name, key = reader.name or reader.login, reader.person or reader.login
    return Person(key=key, name=name, unit="", email=email or None, language=language)


def unused_files(app: AppContext) -> Sequence[tuple[str, str, Text]]:
    """Return code, name and reason of each own file of procedures or registers that cannot be used."""
    _ = app.read_editions, app.registers
    return [(code, file, reason) for file, (code, reason) in sorted(app.unused_files.items())]


def _mask_secret(key: str, value: object) -> str:
    hidden = any(word in key for word in _SECRET) and not key.endswith(("_env", "_selector", "_key", "_file"))
    return "•••" if hidden and value else _text(value)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_mask_secret(str(key), item)}" for key, item in sorted(value.items()))
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(sorted(map(_text, value)) if isinstance(value, set | frozenset) else map(_text, value))
    return "" if value is None else str(value)


Step = Literal["organisation", "units", "people", "mail", "officer", "accounts"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstStep:
    """A step of an installation's beginning; what is entered says whether it is done."""

    name: Step
    done: bool


def first_steps(ctx: RequestContext) -> Sequence[FirstStep]:
    """Return the steps; none once all of them are done."""
    settings, office = ctx.app.settings, recorded_office(ctx)
    is_step_done: dict[Step, bool] = {
        "organisation": bool(settings.office.name),
        "units": bool(office.units),
        "people": bool(office.people),
        "mail": not STAYS_HERE.issuperset(settings.channels.use),
        "officer": bool(settings.office.officer),
        "accounts": any(
            account.reader.access != "administrator" and not account.disabled for account in ctx.accounts.all()
        ),
    }
    if all(is_step_done.values()):
        return ()
    return [FirstStep(name=name, done=is_done) for name, is_done in is_step_done.items()]
