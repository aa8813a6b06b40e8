"""Logging of services: lines for people or JSON for machines, with secrets removed."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from merzim.services.configuration import split_keys
from merzim.settings import KEY_VARIABLE, OLD_KEYS_VARIABLE, SECRETS, Settings

HIDDEN = "***"
SHORTEST = 4
"""Minimum length of a known secret to be hidden: hiding shorter ones would make lines unreadable."""
Context = Callable[[], Mapping[str, object]]
_OWN = frozenset({"request", "cases", "method", "route", "status", "ms", "counts", "took_ms"})
"""Extra fields of our own log lines; those of libraries are left out."""
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # an address with a password: postgresql://user:password@host
    (re.compile(r"(\w://[^\s/:@]*):[^\s/]*@"), rf"\1:{HIDDEN}@"),
    # key=value and "key": "value" of whatever is called so, or ends so
    (
        re.compile(
            r"(?i)(password|passwd|secret|token|api_?key|authorization|cookie|\bcode|\botp)"
            r"""(["']?\s*[=:]\s*["']?)(?:(bearer|basic)\s+)?[^\s"'&,;)}]+"""
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # a Telegram bot's token, as it stands in its addresses; a code that links an account
    (re.compile(r"\b(?:bot)?\d{6,}:[\w-]{30,}"), HIDDEN),
    (re.compile(r"(/start\s+)\S+"), rf"\1{HIDDEN}"),
    # our own one-time links, feeds, cookies: 256 bits in letters that fit an address
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])"), HIDDEN),
    (re.compile(r"(/(?:welcome|digest|feeds)/)(?!\{)[^\s/?\"'.]+"), rf"\1{HIDDEN}"),
    # a private key
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.S), HIDDEN),
)
_SECRET_NAME = re.compile(r"PASSWORD|TOKEN|SECRET|_KEY\b")


def without_secrets(text: str, secrets: Collection[str] = ()) -> str:
    """Return a text without known secrets and anything that looks like one."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def secrets_of(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets of the settings and of the environment that lines must not hold, the longest first."""
    secrets = {value for name, value in environment.items() if _SECRET_NAME.search(name)}
    for channel in settings.channels.sections.values():
        for key, value in channel.as_written().items():
            if key.endswith("_env"):
                secrets.add(environment.get(str(value), ""))
            elif key in SECRETS:
                secrets.add(str(value))
        secrets.add(getattr(channel, "given", ""))
    secrets.add(environment.get(settings.database.password_env, ""))
    secrets.add(environment.get(settings.oidc.secret_env, ""))
    secrets.add(environment.get(KEY_VARIABLE, "").strip())
    secrets.update(split_keys(environment.get(OLD_KEYS_VARIABLE, "")))
    password = urlsplit(settings.database.url).password or ""
    secrets |= {password, unquote(password)}
    return tuple(sorted((secret for secret in secrets if len(secret) >= SHORTEST), key=len, reverse=True))


class Lines(logging.Formatter):
    """Log format without secrets: time, level, logger, message for people, then the traceback; for machines one
    JSON object a line: `at` (UTC), `level`, `logger`, `message`, `error`, further data.
    """

    def __init__(self, secrets: Collection[str], context: Context, *, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.secrets = secrets
        self._context = context
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        if not self._as_json:
            request = self._context().get("request")
            line = super().format(record) + (f" [{request}]" if request else "")
            return without_secrets(line, self.secrets)
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._context(),
            **{name: value for name, value in vars(record).items() if name in _OWN},
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(self._veiled(entry), ensure_ascii=False, default=str)

    def _veiled(self, value: object) -> object:
        """Return a value without secrets in its texts, however deep; other collections become lists."""
        if isinstance(value, str):
            return without_secrets(value, self.secrets)
        if isinstance(value, Mapping):
            return {str(name): self._veiled(item) for name, item in value.items()}
        if isinstance(value, Iterable):
            return [self._veiled(item) for item in value]
        return value


def hide_secrets_of(settings: Settings) -> None:
    """Hide the secrets of these settings in all further lines, in place of those of earlier settings."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, Lines):
            handler.formatter.secrets = secrets_of(settings, os.environ)


def set_up(settings: Settings, *, context: Context = dict) -> None:
    """Configure logging to stderr as in config.toml. `context`: returns data on the current request."""
    as_json = settings.logs.format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(secrets_of(settings, os.environ), context, as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.logs.level.upper())
    # Libraries log every connection; our own messages have the configured level.
    for name in ("aiogram", "aiohttp", "apscheduler", "asyncio", "alembic", "httpx2", "transitions", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
