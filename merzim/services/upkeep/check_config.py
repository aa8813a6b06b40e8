"""Check settings as a whole before anything is started by them: `merzim check-config`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import cast

from merzim.services.configuration.secret_keys import refuse_missing
from merzim.services.connections.channels import create_channel
from merzim.services.connections.oidc import open_provider
from merzim.services.regulations.editions import own_files
from merzim.settings import SECRETS, SECTIONS, BadSetting, Settings
from merzim.storage.database.engine import parse_address
from merzim.storage.database.errors import hide_secrets
from merzim.storage.notices.links import SqlLinks
from notifications.channels import Channel
from workflow.refusal import Refusal

HIDDEN = "***"
"""Shown in place of a secret."""


def problems(settings: Settings, environment: Mapping[str, str]) -> list[Refusal]:
    """Return everything in these settings that would keep a service from starting or from sending letters.

    Opens no database and connects to nothing.
    """
    checks: list[Callable[[], object]] = [
        settings.web.refuse_plain_http,
        lambda: refuse_missing(settings, environment),
        lambda: parse_address(settings.database.url),
        lambda: open_provider(settings, environment),
        lambda: list(own_files(settings)),
    ]
    checks.extend(partial(create_unlinked_channel, name, settings) for name in sorted(settings.channels.use))
    unused = sorted(settings.channels.sections.keys() - settings.channels.use)
    checks.extend(partial(_refuse_wrong_keys, name, settings) for name in unused)
    raised: list[Refusal] = list(settings.undecrypted.values())
    for run in checks:
        try:
            run()
        except Refusal as refusal:
            raised.append(refusal)
    return [*raised, *_missing_variables(settings, environment)]


def create_unlinked_channel(name: str, settings: Settings) -> Channel:
    """Create a channel without the links between people and accounts, which are stored in the database."""
    return create_channel(name, settings, lambda: cast("SqlLinks", None))


def _refuse_wrong_keys(name: str, settings: Settings) -> None:
    """Refuse wrong keys of a channel not in use; those that are missing may be given in the browser later."""
    try:
        create_unlinked_channel(name, settings)
    except BadSetting as refusal:
        if refusal.code != "cli.missing_setting":
            raise


def _missing_variables(settings: Settings, environment: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield a refusal for each environment variable that the settings name but that is not set."""
    variables = {"database.password_env": settings.database.password_env}
    for channel in settings.channels.use:
        section = settings.channels.sections.get(channel, {})
        if channel == "telegram" and not section.get("token"):
            variables["channels.telegram.token_env"] = str(section.get("token_env", "MERZIM_TELEGRAM_TOKEN"))
        if channel == "email" and section.get("user") and "channels.email.password" not in settings.passwords:
            variables["channels.email.password_env"] = str(section.get("password_env", ""))
    for key, variable in variables.items():
        if variable and not environment.get(variable):
            yield BadSetting("cli.no_variable", file=str(settings.file), key=key, variable=variable)


def values(settings: Settings) -> Iterator[tuple[str, object]]:
    """Yield every key with its value, secrets masked: ("web.port", 8000)."""
    for name in SECTIONS:
        for key, value in getattr(settings, name):
            if key != "sections":
                yield f"{name}.{key}", _shown(f"{name}.{key}", value)
    for name, channel in sorted(settings.channels.sections.items()):
        for option, value in channel.items():
            yield f"channels.{name}.{option}", HIDDEN if option in SECRETS and value else value


def _shown(key: str, value: object) -> object:
    if key != "database.url":
        return value

    address = parse_address(str(value))
    return value if address.get_backend_name() == "sqlite" else hide_secrets(address)
