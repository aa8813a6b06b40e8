"""From settings to the channels letters leave by."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from services.settings import BadSetting, Settings

if TYPE_CHECKING:
    from notifications.channels import Channel
    from storage.notices.links import SqlLinks


def made(name: str, settings: Settings, links: Callable[[], SqlLinks]) -> Channel:
    """A channel with its own section of config.toml; `links` for one that people switch on themselves.

    Raises:
        UnknownChannel: nobody sends that way.
        BadSetting: a key the channel does not know, or one it needs and does not have.
    """
    from importlib import import_module

    from notifications.channels import UnknownChannel, load, names

    if name not in names():
        raise UnknownChannel(name)
    section = settings.channels.sections.get(name, {})
    asked = inspect.signature(import_module(f"notifications.channels.{name}").channel).parameters
    known = {key: parameter for key, parameter in asked.items() if key != "links"}
    file = str(settings.file)
    for key in section:
        if key not in known:
            nearest = get_close_matches(key, known, n=1, cutoff=0.5)
            raise BadSetting(
                "cli.unknown_setting_nearest" if nearest else "cli.unknown_setting",
                file=file,
                key=f"channels.{name}.{key}",
                nearest=nearest[0] if nearest else "",
                allowed=tuple(known),
            )
    for key, parameter in known.items():
        if parameter.default is parameter.empty and key not in section:
            raise BadSetting("cli.missing_setting", file=file, key=f"channels.{name}.{key}")
    # A channel people switch on for themselves is told who has; that stands in no file.
    given = {"links": links()} if "links" in asked else {}
    return load(name, {**section, **given})


def domain(settings: Settings) -> str:
    """What stands behind the @ of the first sender among the channels in use; "" where none has one."""
    sections = settings.channels.sections
    senders = (sections.get(name, {}).get("sender") for name in settings.channels.use)
    return str(next(filter(None, senders), "")).rpartition("@")[2].strip("> ")
