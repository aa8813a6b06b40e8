"""The reader's language and theme: from the query string, else a cookie, else the browser's headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import itemgetter
from urllib.parse import urlencode

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

import i18n
from merzim.web.http import WebContext

DEFAULT_LANGUAGE = "kk"
THEMES = ("auto", "light", "dark")
_YEAR = 365 * 24 * 60 * 60
_WEIGHT = re.compile(r"([01](\.\d*)?)?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """Language and theme of an answer. `new_cookies`: cookies to set, because the query changed them."""

    language: str
    theme: str
    new_cookies: tuple[tuple[str, str], ...] = ()


def preferences(request: HTTPConnection) -> Preferences:
    """Return language and theme of a request.

    Language: `?lang=`, the cookie, `request.state.language` (of the page's addressee), Accept-Language, Kazakh;
    theme: `?theme=`, the cookie, the system's.
    """
    asked, allowed = request.query_params, {"lang": i18n.LANGUAGES, "theme": THEMES}
    cookies = {name: asked[name] for name, values in allowed.items() if asked.get(name) in values}
    chosen = {**request.cookies, **cookies}
    languages = (chosen.get("lang"), request.scope.get("state", {}).get("language"))
    return Preferences(
        language=next((language for language in languages if language in i18n.LANGUAGES), "")
        or preferred_language(request.headers.get("accept-language", "")),
        theme=theme if (theme := chosen.get("theme", "")) in THEMES else "auto",
        new_cookies=tuple(cookies.items()),
    )


def preferred_language(header: str) -> str:
    """Return the supported language an Accept-Language header prefers; Kazakh when it accepts none."""
    accepted = (item.partition(";q=") for item in header.lower().replace(" ", "").split(",")[:20])
    ours = [
        (language, float(weight or 1))
        for name, _, weight in accepted
        if (language := name.partition("-")[0]) in i18n.LANGUAGES and _WEIGHT.fullmatch(weight)
    ]
    return max(filter(itemgetter(1), ours), key=itemgetter(1), default=(DEFAULT_LANGUAGE, 1))[0]


def set_preference_cookies(response: Response, cookies: tuple[tuple[str, str], ...]) -> None:
    """Set the preference cookies requested by the query. They contain nothing secret."""
    for name, value in cookies:
        response.set_cookie(name, value, max_age=_YEAR, path="/", samesite="lax", httponly=name == "lang")


def redirect(ctx: WebContext, path: str, *, element: str = "", **parameters: str) -> Response:
    """Return a redirect to a page; for htmx a header, because it would follow one inside its own request.

    Args:
        element: id of the element of that page to show.
    """
    address = path + (f"?{urlencode(parameters)}" if parameters else "") + (f"#{element}" if element else "")
    response: Response = RedirectResponse(address, status_code=303)
    if ctx.is_fragment:
        response = Response(status_code=204, headers={"hx-redirect": address})
    set_preference_cookies(response, preferences(ctx.request).new_cookies)
    return response
