"""Crawler of all pages by following links, compared with the router.

`unreached` names the pages that no link leads to."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from tests.web.test_access import routes

STARTS = ("/", "/account", "/administration")
"""Where a reader stands after the log-in; all else must be linked from there."""
ASIDE = {
    "/healthz": "for machines",
    "/health": "for machines",
    "/ready": "for machines",
    "/metrics": "for machines",
    "/api/openapi.json": "for programs",
    "/feeds/{token}.ics": "by a calendar",
    "/login": "before the log-in",
    "/plan": "before the log-in, where config.toml opens it",
    "/login/oidc": "before the log-in, where a provider is named",
    "/login/oidc/callback": "by the provider",
    "/welcome/{secret}": "by a letter",
    "/digest/{secret}": "by a letter",
    "/digest/{secret}/{choice}": "by a letter",
    "/confirm/{token}": "by a letter",
    "/answer/{token}": "by a letter",
    "/confirm/{token}/document": "by a letter",
    "/registers/{register_id}/forms/{language}": "from the journal of consents alone: tests.web.test_campaigns",
    "/registers/{register_id}/{row}/forms/{form}/{language}": "from its rows alone: tests.web.test_campaigns",
    "/suggest/{what}": "by a field, while somebody types",
}
"""Addresses no link on a page need lead to, and why; a new entry is a decision."""


@dataclass
class Walk:
    """What a reader met: answers by address, and addresses by route."""

    texts: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    by_route: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    linked_from: dict[str, str] = field(default_factory=dict)

    @property
    def pages(self) -> list[str]:
        """Addresses that answered with a whole page."""
        return [
            address
            for address, text in self.texts.items()
            if self.types[address].startswith("text/html") and "<html" in text
        ]


def templates(app: Any) -> list[APIRoute]:
    """Every GET route, those with fewer places first, so that /cases/new is not taken for a case."""
    page_routes = [route for route in routes(app.routes) if "GET" in (route.methods or ())]
    return sorted(page_routes, key=lambda route: route.path.count("{"))


def route_of(path: str, known_routes: Iterable[APIRoute]) -> str | None:
    """The route a path belongs to; None when it is none of ours."""
    return next((route.path for route in known_routes if route.path_regex.match(path)), None)


def walk(
    browser: TestClient,
    *,
    samples_each: int = 2,
    starts: Iterable[str] = STARTS,
    met: Callable[[str], None] | None = None,
    files: set[str] | None = None,
    by_query: bool = True,
) -> Walk:
    """Follow every link from the first pages on; of each route at most `samples_each` addresses are looked at.

    A route looks different with other parameters: an address with a query counts apart from one without, unless
    not `by_query`.

    Args:
        files: routes that answer with a file, which are passed over; those met are added, for the next walk."""
    known_routes = templates(browser.app)
    routes_of: dict[str, str | None] = {}
    samples_taken: Counter[tuple[str, frozenset[str]]] = Counter()
    result, waiting = Walk(), list(starts)
    links_seen = set(waiting)
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        if parts.path not in routes_of:
            routes_of[parts.path] = route_of(parts.path, known_routes)
        route = routes_of[parts.path]
        if route is None:
            # The description of the API is served by the library, and no route of ours.
            result.statuses[address] = browser.get(address).status_code if parts.path in ASIDE else 404
            continue
        names = frozenset(name.partition("=")[0] for name in parts.query.split("&") if name)
        # Reports share a route, and each is a page of its own.
        place = parts.path if "{report}" in route else route
        kind = (place, names if by_query else frozenset())
        if names & {"lang", "theme"} or samples_taken[kind] >= samples_each or route.startswith("/static/"):
            continue
        if files is not None and route in files:
            continue
        samples_taken[kind] += 1
        if met is not None:
            met(address)
        answer = browser.get(address)
        result.statuses[address] = answer.status_code
        if 300 <= answer.status_code < 400:
            onward = urljoin(address, answer.headers["location"])
            if onward not in links_seen:
                links_seen.add(onward)
                waiting.append(onward)
            result.by_route[route].append(address)
            continue
        result.types[address] = answer.headers.get("content-type", "")
        result.sizes[address] = len(answer.content)
        if answer.status_code == 200:
            result.by_route[route].append(address)
        if not result.types[address].startswith("text/html"):
            if files is not None:
                files.add(route)
            continue
        result.texts[address] = answer.text
        for link in links(answer.text, address):
            if link not in links_seen:
                links_seen.add(link)
                result.linked_from[link] = address
                waiting.append(link)
    return result


def links(text: str, address: str) -> Iterator[str]:
    """The addresses of this application a page links to, by links and GET forms."""
    for target in dict.fromkeys(_targets(text)):
        parts = urlsplit(urljoin(f"https://here{address}", target))
        if parts.scheme == "https" and parts.netloc == "here":
            yield parts.path + (f"?{parts.query}" if parts.query else "")


_TAG = re.compile(r"""<(/?)(a|form|input|select|option)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")


def _targets(text: str) -> Iterator[str]:
    """Where links and forms of a page lead to; by expressions, a fifth of the time a parser of HTML takes."""
    form: str | None = None
    answers: dict[str, str] = {}
    select = ""
    for end, tag, tag_text in _TAG.findall(text):
        if end and tag == "select":
            select = ""
        elif end and tag == "form" and form is not None:
            query = urlencode({name: value for name, value in answers.items() if value})
            yield f"{form}?{query}" if query else form
            form = None
        if end:
            continue
        attributes = {
            name: unescape(one or two or three) for name, one, two, three in _ATTRIBUTE.findall(tag_text)
        }
        name = attributes.get("name", "")
        if tag == "a" and "href" in attributes:
            yield attributes["href"]
        elif tag == "form" and attributes.get("method", "get").lower() == "get":
            form, answers = attributes.get("action", ""), {}
        elif tag == "input" and name and attributes.get("type") not in ("checkbox", "radio", "file"):
            answers[name] = attributes.get("value", "")
        elif tag == "select":
            select = name
        elif tag == "option" and select and ("selected" in attributes or select not in answers):
            answers[select] = attributes.get("value", "")


def unreached(app: Any, walks: Iterable[Walk]) -> Mapping[str, str]:
    """Pages of the router that no reader came to."""
    reached = {route for walk in walks for route, addresses in walk.by_route.items() if addresses}
    return {
        route.path: route.name
        for route in templates(app)
        if route.path not in reached and route.path not in ASIDE and not route.path.startswith("/api/")
    }
