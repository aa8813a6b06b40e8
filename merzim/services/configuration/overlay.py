"""What administrators changed in the browser, laid over the settings of config.toml."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from merzim.services.configuration.keys import CHANGEABLE_KEYS, SERVER_KEYS, overlaid, password_owner
from merzim.services.configuration.settings import BadSetting, Settings
from merzim.storage.accounts.encryption import UnreadableSecret, key_of
from merzim.storage.org import setting_changes
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.storage.accounts.encryption import Cipher
    from merzim.storage.org.setting_changes import SettingChange

log = logging.getLogger("merzim.app")


def changed_settings(configured: Settings, changes: Sequence[SettingChange]) -> Settings:
    """Return the configured settings with these changes, without the passwords given in the browser.

    What this version cannot use, because a key is gone or takes another value, is left as configured.
    """
    settings = configured
    for key, change in setting_changes.in_force(changes).items():
        if key not in CHANGEABLE_KEYS:
            continue
        try:
            settings = overlaid(settings, {key: change.after})
        except (Refusal, ValueError, TypeError):
            log.error("%s = %s, set in the browser, is no value of this version", key, change.after)
    return settings


def with_passwords(settings: Settings, stored: Mapping[str, str], cipher: Callable[[], Cipher]) -> Settings:
    """Return settings with the passwords in place of those of the environment.

    One given in the browser opens the server alone it was given for; the one in the environment goes to no
    server that was named in the browser.
    """
    passwords: dict[str, str] = {}
    undecrypted: dict[str, Refusal] = {}
    for key, server in SERVER_KEYS.items():
        if not settings.from_browser.isdisjoint(server):
            passwords[key] = ""
        if not stored.get(key):
            continue
        try:
            if not cipher().knows(key_of(stored[key])):
                undecrypted[key] = BadSetting("setting.other_key", key=key_of(stored[key]))
                continue
            passwords[key] = cipher().decrypt(stored[key], password_owner(settings, key))
        except BadSetting as refusal:
            undecrypted[key] = refusal
        except UnreadableSecret:
            continue  # It was given for another server.
    return replace(settings, passwords=passwords, undecrypted=undecrypted)
