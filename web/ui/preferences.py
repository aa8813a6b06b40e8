"""The reader's language and theme: asked for in the address, remembered in a cookie, else guessed."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response

import i18n

DEFAULT_LANGUAGE = "kk"
THEMES = ("auto", "light", "dark")
_YEAR = 365 * 24 * 60 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """What one request is answered in. `asked`: the cookies to set because the address asked for a change."""

    language: str
    theme: str
    asked: tuple[tuple[str, str], ...] = ()


def preferences(request: HTTPConnection) -> Preferences:
    """Language: `?lang=`, the cookie, Accept-Language, Kazakh; theme: `?theme=`, the cookie, the system's."""
    asked: list[tuple[str, str]] = []
    language = request.query_params.get("lang", "")
    if language in i18n.LANGUAGES:
        asked.append(("lang", language))
    else:
        language = request.cookies.get("lang", "")
    if language not in i18n.LANGUAGES:
        language = accepted(request.headers.get("accept-language", ""))
    theme = request.query_params.get("theme", "")
    if theme in THEMES:
        asked.append(("theme", theme))
    else:
        theme = request.cookies.get("theme", "")
    if theme not in THEMES:
        theme = "auto"
    return Preferences(language=language, theme=theme, asked=tuple(asked))


def accepted(header: str) -> str:
    """The language of ours that an Accept-Language header wants most; Kazakh when it wants none."""
    wanted = []
    for position, item in enumerate(header.split(",")[:20]):
        name, _, weight = item.strip().partition(";")
        language = name.strip().partition("-")[0].lower()
        if language not in i18n.LANGUAGES:
            continue
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            quality = 0.0
        if quality > 0:
            wanted.append((-quality, position, language))
    return min(wanted)[2] if wanted else DEFAULT_LANGUAGE


def remember(response: Response, asked: tuple[tuple[str, str], ...]) -> None:
    """Set the cookies the reader asked for; they name a taste, nothing secret."""
    for name, value in asked:
        response.set_cookie(name, value, max_age=_YEAR, path="/", samesite="lax", httponly=name == "lang")
