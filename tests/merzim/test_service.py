"""Service operation: health, readiness, request ids, no secrets in the log, shutdown."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from merzim.cli import main
from tests.documents.sheets import by_hand, far_cells
from tests.notifications.servers import free_port
from tests.processes import Program

PASSWORD = "жақсы құпиясөз 1"
MAIL = "mail-geheim-7"
GIVEN = "5f0c7a4be1d24c1f9b0e3a6d8c2f1e70"


@dataclass
class Answer:
    """Answer to a request."""

    status: int
    headers: dict[str, str]
    text: str


class Service:
    """`merzim serve` in a folder of its own, logging JSON from `info` on."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        (folder / "config.toml").write_text(
            f'[web]\nport = {self.port}\npublic_address = "http://127.0.0.1:{self.port}"\n'
            '[logs]\nformat = "json"\nlevel = "info"\n[reminders]\ntick = 1\n',
            encoding="utf-8",
        )
        config = ["--config", str(folder / "config.toml"), "--now", "2026-04-06"]
        assert main(["open", "internal-analysis", "--planned", "analysis_started=2026-04-13", *config]) == 0
        self.program = Program("serve", folder=folder, MERZIM_NOW="2026-04-06", MERZIM_SMTP_PASSWORD=MAIL)
        give_up = time.monotonic() + 60
        while True:
            try:
                self.ask("/health")
                return
            except OSError:
                assert time.monotonic() < give_up, self.program.err
                time.sleep(0.05)

    def ask(self, path: str, *, form: dict[str, str] | None = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = urlencode(form) if form is not None else None
        kind = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if form is None else "POST", path, body, {**kind, **sent})
        response = connection.getresponse()
        text = response.read().decode("utf-8")
        connection.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its log lines without those of the start."""
        return [json.loads(line) for line in self.program.err.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all of these; the last test ends it."""
    started_service = Service(tmp_path_factory.mktemp("service"))
    yield started_service
    started_service.program.kill()


def test_it_lives_and_is_ready(service: Service) -> None:
    """The database answers, is of this version, and a round was played."""
    give_up = time.monotonic() + 20
    while (state := json.loads(service.ask("/ready").text))["round"]["last"] is None:
        assert time.monotonic() < give_up
        time.sleep(0.1)

    assert json.loads(service.ask("/healthz").text)["status"] == "ok"
    assert (state["ready"], state["database"], state["tables"]) == (True, "ok", "current")
    assert state["round"]["late"] is False
    assert "Demonstration day: 6 April 2026." in service.program.err
    assert service.ask("/ready?round=60").status == 200


def test_a_request_keeps_the_name_its_sender_gave_it(service: Service) -> None:
    """A balancer's id comes back; whatever could forge a line of the log does not, nor does a missing one."""
    assert service.ask("/healthz", x_request_id=GIVEN).headers["x-request-id"] == GIVEN
    for request_name in ("", "short", "x" * 32, "a b c d e f g h", '"},{"level":"error'):
        answered = service.ask("/healthz", x_request_id=request_name).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", answered)


def test_no_secret_stands_in_the_log(service: Service) -> None:
    """The first log-in by a one-time link, a wrong password, a token, a feed, a digest: then it is searched."""
    (link,) = re.findall(r"/welcome/([\w-]{43})", service.program.err)
    feed = "f" * 43
    service.ask(f"/welcome/{link}", x_request_id=GIVEN)
    service.ask(f"/welcome/{link}", form={"login": "first", "password": PASSWORD, "again": PASSWORD})
    service.ask("/login", form={"login": "first", "password": "falsches geheimnis", "code": "918273"})
    entered = service.ask("/login", form={"login": "first", "password": PASSWORD})
    cookie = entered.headers.get("set-cookie", "").partition(";")[0]
    session = cookie.partition("=")[2]
    assert len(session) == 43, entered
    page_answer = service.ask("/cases/2026-0001", cookie=cookie)
    service.ask("/api/v1/cases", authorization="Bearer " + "t" * 43)
    service.ask(f"/feeds/{feed}.ics")
    service.ask(f"/digest/{feed}/weekly")
    service.ask(f"/nothing/{feed}?password=geheim")

    # The one-time link is printed once, at the start of the service, and is already used.
    logged = "\n".join(json.dumps(line, ensure_ascii=False) for line in service.lines)
    for secret in (link, PASSWORD, "falsches", "918273", session, "t" * 43, feed, "geheim", MAIL):
        assert secret not in logged, secret
    lines = {line.get("request"): line for line in service.lines}
    assert lines[GIVEN]["route"] == "/welcome/{secret}"
    case = lines[page_answer.headers["x-request-id"]]
    assert (case["cases"], case["route"], case["status"]) == (
        ["2026-0001"],
        "/cases/{case}",
        page_answer.status,
    )
    assert any(line["logger"] == "merzim.rounds" and "rows" in line.get("counts", {}) for line in service.lines)


def test_told_to_leave_it_ends_what_is_in_hand(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A form half sent at SIGTERM is answered; a file still being read is not waited for: its sender is asked
    to send it again. New connections are refused; the exit code is 0.
    """
    monkeypatch.chdir(service.folder)
    at = ["--json", "--now", "2026-04-06"]
    assert main(["user", "add", "officer", "--access", "officer", *at]) == 0
    capsys.readouterr()
    assert main(["user", "token", "officer", "--write", *at]) == 0
    headers = {"authorization": f"Bearer {json.loads(capsys.readouterr().out)['token']}"}
    reader = HTTPConnection("127.0.0.1", service.port, timeout=120)
    part = b'--a\r\ncontent-disposition: form-data; name="file"; filename="f.xlsx"\r\n\r\n'
    slow = part + by_hand(far_cells(100_000) * 4) + b"\r\n--a--\r\n"
    reader.request(
        "POST", "/api/v1/files", slow, {**headers, "content-type": "multipart/form-data; boundary=a"}
    )
    file = json.dumps({"file": json.loads(reader.getresponse().read())["file"]})
    reader.request("POST", "/api/v1/schedules", file, {**headers, "content-type": "application/json"})
    body = urlencode({"login": "nobody", "password": "x" * 20}).encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=120) as half:
        head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nContent-Length: {len(body)}\r\n"
        half.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + body[:5])
        time.sleep(4)  # by then the process that reads has started
        service.ask("/healthz")  # what came before it has been heard by then
        service.program.send(signal.SIGTERM)
        _until_nobody_is_let_in(service)
        assert service.program.running
        half.sendall(body[5:])
        answered = half.recv(65536).decode("utf-8", "replace")

    refused = reader.getresponse()
    answer = json.loads(refused.read())
    reader.close()
    assert (refused.status, answer["code"]) == (503, "paper_reading_stopped")
    assert answered.startswith("HTTP/1.1 4")
    assert service.program.wait(60) == 0
    assert "Traceback" not in service.program.err


def _until_nobody_is_let_in(service: Service) -> None:
    give_up = time.monotonic() + 60
    with suppress(OSError):
        while True:
            service.ask("/healthz")
            assert time.monotonic() < give_up
            time.sleep(0.1)
