"""A real OpenID Connect provider on this machine (oidc-provider on Node.js), and browsers that log in there."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.notifications.servers import free_port

FOLDER = Path(__file__).parent / "oidc"
CLIENT, SECRET = "merzim", "a secret of forty-some letters for the tests"
CALLBACK = "http://127.0.0.1:8000/login/oidc/callback"


def missing() -> str:
    """Return why the provider cannot run here; "" when it can."""
    if shutil.which("node") is None:
        return "OpenID Connect: Node.js is not here"
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        return "OpenID Connect: the provider is not installed (npm ci in tests/oidc)"
    return ""


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
    provider = Provider(port := free_port())
    process = subprocess.Popen(
        ["node", str(FOLDER / "launcher.mjs"), str(port), CALLBACK, SECRET],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(400):
            assert process.poll() is None, "the provider did not start"
            try:
                httpx2.get(f"{provider.issuer}/jwks", trust_env=False, verify=False)
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield provider
    finally:
        process.terminate()
        process.wait(10)
