"""Read access: every route with every access, for own and foreign units; routes from the router."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from tests.web.conftest import READERS, build, untouched
from workflow.org.access import Need

OPEN = {
    "/healthz",
    "/health",
    "/ready",  # says of the database that it answers and is of this version, and when the last round was
    "/metrics",  # to this machine alone
    "/login",
    "/login/demonstration",
    "/login/oidc",  # answers 404 where config.toml names no provider
    "/login/oidc/callback",
    "/login/oidc/code",
    "/welcome/{secret}",
    "/digest/{secret}",  # one click of a mail program; nothing is switched off there
    "/digest/{secret}/{choice}",
    "/confirm/{token}",  # a campaign participant has no account: the link is personal
    "/confirm/{token}/document",
    "/plan",  # computes by dates alone; 404 unless config.toml opens it
    "/answer/{token}",  # by the link of a reminder: for its person and deadline alone
    "/api/openapi.json",
    "/feeds/{token}.ics",
}
"""What anybody may ask for; a new entry here is a decision."""


_home = build()
APP = _home.app
_home.close()


def query_parameters(dependant: Any) -> Iterator[Any]:
    """The parameters of a route, those of what it depends on among them."""
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from query_parameters(dependency)


def routes(base_routes: list[BaseRoute]) -> Iterator[APIRoute]:
    """Every route, those of included routers too."""
    for route in base_routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from routes(list(getattr(route, "routes", ())))


ROUTES = [
    (method, route) for route in routes(APP.routes) for method in sorted(route.methods - {"HEAD", "OPTIONS"})
]


def need(route: APIRoute) -> Need | None:
    """Access a route requires; None when it requires none."""
    answers = [getattr(dependency.call, "need", None) for dependency in route.dependant.dependencies]
    needs = [answer for answer in answers if answer is not None]
    assert len(needs) <= 1, route.path
    return needs[0] if needs else None


def is_question(route: APIRoute) -> bool:
    """Asked by POST because it is too long for an address; it writes nothing."""
    return any(getattr(dependency.call, "only_reads", False) for dependency in route.dependant.dependencies)


def filled(path: str, case: str) -> str:
    """The path with something in its places."""
    values = {
        "{case}": case,
        "{digest}": "0" * 64,
        "{row}": "risk.1" if "{case}" in path else "gifts-2026-0001",
        "{register_id}": "risks" if "{case}" in path else "gifts",
        "{action}": "rank",
        "{campaign}": "2026-001",
        "{kind}": "consents.confirmation",
        "{person}": "1",
        "{number}": "2026",
        "{year}": "2026",
        "{day}": "2026-04-06",
        "{secret}": "x" * 43,
        "{token}": "x" * 43,
        "{n}": "1",
        "{fingerprint}": "0" * 64,
        "{month}": "4",
        "{choice}": "daily",
        "{decision}": "offence_signs",
        "{obligation}": "order_signed",
        "{form}": "order",
        "{report}": "points",
        "{language}": "ru",
        "{ending}": "xlsx",
        "{listed}": "units",
        "{login}": "officer",
        "{guide_id}": "officer",
        "{channel}": "folder",
        "{line}": "3",
        "{what}": "unit",
        "{letter}": "0" * 32,
        "{group}": "retention",
        "{seq}": "1",
        "{act}": "tbn4-2024",
    }
    for place, value in values.items():
        path = path.replace(place, value)
    assert "{" not in path, f"the tests do not know what to put into {path}"
    return path


def test_every_route_names_what_it_needs() -> None:
    """A route without a need is open to anybody; there is a short list of those."""
    wrong = [route.path for _, route in ROUTES if (need(route) is None) != (route.path in OPEN)]

    assert not wrong, wrong


def test_a_write_needs_more_than_reading() -> None:
    """Readers change nothing but their own account."""
    writes = [route for method, route in ROUTES if method != "GET" and not is_question(route)]
    wrong = [route.path for route in writes if need(route) == "read"]

    assert not wrong, wrong


def test_every_access_meets_every_route_that_reads() -> None:
    """403 exactly where the access does not reach; a foreign unit's case is not there (404) for anybody.

    A page is asked for by every third of those who may read it and of those who may not. Of routes that write:
    `tests.web.test_write_access`."""
    wrong: list[tuple[str, str, str, int]] = []
    requests = 0
    site = untouched()
    reads = [(route, access) for method, route in ROUTES if method == "GET" and (access := need(route))]
    for turn, reader in enumerate(READERS):
        # Cases of hr and law; a reader without a unit sees both alike.
        cases = (site.real, site.late) if reader.unit else (site.late,)
        with site.client(reader.login) as browser:
            for number, (route, access) in enumerate(reads):
                for case in cases if "{case}" in route.path else cases[:1]:
                    foreign = "{case}" in route.path and reader.unit == "hr" and case == site.late
                    if not foreign and (number + turn) % 3:
                        continue
                    status = browser.get(filled(route.path, case)).status_code
                    requests += 1
                    if not reader.may(access):
                        # The bare address leads to their own first page (tests.web.test_first_steps).
                        right = status == (303 if route.path == "/" else 403)
                    elif foreign:
                        right = status == 404
                    else:
                        right = status not in (401, 403)
                    if not right:
                        wrong.append((reader.access, route.path, case, status))

    assert not wrong, wrong
    assert requests > len(READERS) * len(reads) // 4


def test_a_stranger_meets_the_log_in_page_on_every_route_that_reads() -> None:
    """Or, as a program, the sentence that a token is missing. Routes that write: test_write_access."""
    site, wrong = untouched(), []
    asked = [route for method, route in ROUTES if method == "GET" and need(route) is not None]
    with site.stranger() as browser:
        for route in asked:
            status = browser.get(filled(route.path, site.real)).status_code
            if status != (401 if route.path.startswith("/api/") else 303):
                wrong.append((route.path, status))

    assert not wrong, wrong
    assert len(asked) > 80


def test_every_write_takes_a_key_and_no_question_does() -> None:
    """Said again under its key a write is done once; what writes nothing needs none."""
    wrong = [
        (method, route.path)
        for method, route in ROUTES
        if route.path.startswith("/api/")
        and _takes_key(route.dependant) != (method != "GET" and not is_question(route))
    ]

    assert not wrong, wrong


def _takes_key(dependant: Any) -> bool:
    keys = [header for header in dependant.header_params if header.alias == "Idempotency-Key"]
    return bool(keys) or any(map(_takes_key, dependant.dependencies))
