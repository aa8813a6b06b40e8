"""A real OpenID Connect provider on this machine (oidc-provider on Node.js), and browsers that log in there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.node import started

LAUNCHER = Path(__file__).parent / "oidc" / "launcher.mjs"
CLIENT, SECRET = "merzim", "a secret of forty-some letters for the tests"
CALLBACK = "http://127.0.0.1:8000/login/oidc/callback"


class Provider:
    """The server, and what its administrator does there."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"

    def person(self, sub: str, **claims: Any) -> None:
        """Add somebody, or change what is said of them."""
        self._post("person", {"sub": sub, "preferred_username": sub, "name": f"{sub.title()} Адамы", **claims})

    def forge(self, **forgery: Any) -> None:
        """Have the next ID token replaced: `claims` over the real ones, `key` ("foreign"), `alg`."""
        self._post("token", forgery)

    def log_in(self, address: str, sub: str) -> str:
        """Log somebody in at the provider from a new browser; return the address it sends the browser to."""
        with httpx2.Client(trust_env=False, verify=False) as browser:
            answer = browser.get(address)
            for _ in range(12):
                where = answer.headers.get("location", "")
                if where.startswith(CALLBACK):
                    return where
                if where:
                    answer = browser.get(httpx2.URL(address).join(where))
                    continue
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                action = re.search(r'action="([^"]+)"', answer.text)
                assert prompt, answer.text
                assert action, answer.text
                fields = {"prompt": prompt[1], "login": sub, "password": "any"}
                answer = browser.post(httpx2.URL(address).join(action[1]), data=fields)
        raise AssertionError("the provider sends nobody back")

    def _post(self, action: str, body: object) -> None:
        httpx2.post(f"{self.issuer}/test/{action}", json=body, trust_env=False, verify=False).raise_for_status()


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider while the block lasts."""
    with started(LAUNCHER, "oidc-provider", CALLBACK, SECRET) as port:
        yield Provider(port)
