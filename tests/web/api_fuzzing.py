"""Fuzzing of the API for minutes: the real service, schemathesis, all its phases.

Valid and invalid requests: boundary values, random values, and sequences that use values of earlier answers (a
case is opened, then a fact recorded in it), first as an officer, then as an administrator. No answer may be a
server error (5xx) or differ from the description.

    python -m tests.web.api_fuzzing MINUTES
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.notifications.servers import free_port
from tests.web.lived_in import lived_in_office
from tests.web.real import DAY, ROOT

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
ADMINISTRATION, ACCOUNTS = "^/api/v1/administration", r"/accounts/\{login\}"
PARTS = (
    ("officer", ("--exclude-path-regex", ADMINISTRATION)),
    ("administrator", ("--include-path-regex", ADMINISTRATION, "--exclude-path-regex", ACCOUNTS)),
    # Last: sooner or later they close their own account, and hear 401 from then on.
    ("administrator", ("--include-path-regex", ACCOUNTS)),
)
"""Who asks, and about what."""
KNOWN = {
    "case": ["2026-0001", "2026-0002", "2026-0003", "2026-0004", "2026-0005"],
    "fact": ["order_signed", "start_announced", "analysis_started", "quarter_reported.2026Q3", "uploaded"],
    "day": ["2026-03-30", "2026-04-06", "2026-04-13", "2026-12-31"],
    "procedure": ["internal-analysis", "conflict-of-interest", "tbn4-year"],
    "login": ["head_of_unit", "auditor", "responsible"],
    "unit": ["hr", "Правление"],
    "channel": ["folder", "email"],
    "person": ["a.akhmetova@example.kz", "p.litvinova@example.kz"],
    "text": ["негіздемесі бар"],
}
"""What there is in the office: half of the time it is asked about, else about what comes to mind."""
PLACES = {
    "case": ("path.case", "query.case"),
    "fact": ("body.fact", "body.obligation", "query.obligation"),
    "day": ("body.on", "body.until", "path.day", "query.on", "query.as_of"),
    "procedure": ("query.procedure", "body.procedure"),
    "login": ("path.login", "body.login"),
    "unit": ("query.unit", "body.unit"),
    "channel": ("path.channel", "query.channel"),
    "person": ("query.person", "body.person"),
    "text": ("body.ground", "body.text"),
}


def _settings() -> str:
    """The schema as schemathesis loads it."""
    words = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in KNOWN.items()]
    places = [
        f'"{place}" = {{ dictionary = "{name}", probability = 0.5 }}'
        for name, places in PLACES.items()
        for place in places
    ]
    return "\n".join([*words, "[parameters]", *places]) + "\n"


@contextmanager
def service(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """An office in use behind a real service; its address, and a token of each who asks."""
    with lived_in_office(folder) as office:
        tokens = {login: office.way_in(login, kind="token", scope="write") for login, _ in PARTS}
    port = free_port()
    with (folder / "config.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[web]\nport = {port}\npublic_address = "http://127.0.0.1:{port}"\n')
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "merzim", "serve"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MERZIM_NOW": DAY, "MERZIM_LANG": "en"},
            stdout=subprocess.DEVNULL,
            stderr=stream,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        give_up = time.monotonic() + 60
        while not _answers(address):
            assert time.monotonic() < give_up, log.read_text("utf-8")
            time.sleep(0.1)
        yield address, tokens
        assert process.poll() is None, log.read_text("utf-8")
    finally:
        process.terminate()
        process.wait(60)
    assert "Traceback" not in (text := log.read_text("utf-8")), text[-4000:]


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as page:
            return bool(page.status == 200)
    except OSError:
        return False


def ask(address: str, token: str, about: tuple[str, ...], *, seconds: int) -> int:
    """Ask for so long; 0 when every answer was one that is described."""
    settings = Path(tempfile.gettempdir()) / f"merzim-asking-{os.getpid()}.toml"
    settings.write_text(_settings(), encoding="utf-8")
    program = Path(sys.executable).with_name("schemathesis")
    line = [
        program,
        "--config-file",
        settings,
        "run",
        f"{address}/api/openapi.json",
        "--checks",
        CHECKS,
        "--max-time",
        str(seconds),
    ]
    line += ["--header", f"Authorization: Bearer {token}", *about]
    line += ["--suppress-health-check", "all", "--no-color", "--continue-on-failure"]
    try:
        return subprocess.run(line, cwd=tempfile.gettempdir(), check=False).returncode
    finally:
        settings.unlink()


def main() -> None:
    """Each for their share of the minutes."""
    seconds = int(float(sys.argv[1] if len(sys.argv) > 1 else 5) * 60 / len(PARTS))
    with tempfile.TemporaryDirectory(prefix="merzim-asking-") as name, service(Path(name)) as (address, tokens):
        ended = [ask(address, tokens[login], about, seconds=seconds) for login, about in PARTS]
    sys.exit(max(ended))


if __name__ == "__main__":
    main()
