"""The service as a process: it lives, it ends, and what stands in its log."""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

import pytest

from merzim.cli import main
from merzim.logs import HIDDEN, Lines, secrets_of, without_secrets
from merzim.settings import DatabaseSettings, Settings
from merzim.web.auth.attempts import Reason, log_refusal
from notifications.channels import ChannelSettings
from notifications.channels.email import Email
from notifications.channels.telegram import Telegram
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
        sent = kind | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if form is None else "POST", path, body, sent)
        response = connection.getresponse()
        text = response.read().decode("utf-8")
        connection.close()
        headers = {name.lower(): value for name, value in reversed(response.getheaders())}
        return Answer(response.status, headers, text)

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
    to send it again. New connections are refused; the exit code is 0."""
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


# Made up, as long as ours are: a test has one name in every process.
SECRET = "kUa-45cruvnQ978RFvWWsS2-ueaJJAhQnIBGSRKykHg"
CODE = "KCWU5TTHRRGB"
BOT = "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawM"


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("cannot reach postgresql://user:geheim@db/office", "geheim"),
        ("cannot reach postgresql://user:ge%40heim@db/office", "ge%40heim"),
        ("postgresql://db/office?user=a&password=geheim&sslmode=require", "geheim"),
        ("connection failed: host=db password=geheim user=a", "geheim"),
        (f"GET https://api.telegram.org/bot{BOT}/getUpdates", BOT),
        (f"Unauthorized: {BOT}", BOT),
        (f"/welcome/{SECRET}", SECRET),
        (f"https://m.kz/digest/{SECRET}/weekly", SECRET),
        (f"/feeds/{SECRET}.ics", SECRET),
        ("/welcome/short", "short"),
        (f"authorization: Bearer {SECRET}", SECRET),
        ("Authorization: Basic dXNlcjpnZWhlaW0=", "dXNlcjpnZWhlaW0="),
        (f"__Host-merzim={SECRET}; Path=/", SECRET),
        ('{"password": "geheim", "login": "officer"}', "geheim"),
        ("code=123456&login=officer", "123456"),
        (f"/start {CODE}", CODE),
        ("MERZIM_SMTP_PASSWORD=geheim", "geheim"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(said: str, secret: str) -> None:
    """In addresses, headers, forms, links and files of keys."""
    veiled_text = without_secrets(said)

    assert secret not in veiled_text
    assert HIDDEN in veiled_text


@pytest.mark.parametrize(
    "said",
    [
        "2026-0001: order_signed on 2026-04-06, 3 notices queued",
        "Құпиясөз дұрыс емес: кіру әрекеті 5 минутқа тоқтатылды",
        "сохранено: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "http://127.0.0.1:8000/cases/2026-0001?lang=kk",
        "connection to server at 127.0.0.1, port 5432 failed: Connection refused",
    ],
)
def test_what_is_no_secret_stays_legible(said: str) -> None:
    """Cases, days, hashes and addresses are what a log is read for."""
    assert without_secrets(said) == said


def test_the_secrets_a_process_was_given_are_known_by_value() -> None:
    """Whatever they look like and whatever sentence they turn up in; one too short would hide everything."""
    settings = Settings(
        database=DatabaseSettings(url="postgresql://user:%C3%A4pfel@db/office"),
        channels=ChannelSettings(
            sections={
                "email": Email(password_env="POST", host="mail"),
                "telegram": Telegram(token="in-clear", bot="MerzimBot"),
            }
        ),
    )
    environment = {
        "POST": "correct horse",
        "PGPASSWORD": "battery",
        "HOME": "/home/merzim",
        "MERZIM_TOKEN": "x",
    }

    secret_values = secrets_of(settings, environment)

    assert set(secret_values) == {"correct horse", "battery", "in-clear", "äpfel", "%C3%A4pfel"}
    assert without_secrets("it said: correct horse!", secret_values) == f"it said: {HIDDEN}!"


def log_to(formatter: logging.Formatter) -> tuple[logging.Logger, StringIO]:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    log = logging.Logger("merzim.test")
    log.addHandler(handler)
    return log, stream


def test_a_line_for_machines_is_one_object() -> None:
    """With the request's id, the cases, what was counted, and the traceback in it; letters stay letters."""
    log, stream = log_to(
        Lines(("geheim",), lambda: {"request": "abc12345", "cases": ["2026-0001"]}, as_json=True)
    )
    try:
        raise ValueError("the password is geheim")
    except ValueError:
        log.exception("жіберілмеді %s", "geheim", extra={"counts": {"sent": 3}, "of_a_library": "x"})

    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["request"], record["cases"], record["counts"]) == ("abc12345", ["2026-0001"], {"sent": 3})
    assert record["message"] == f"жіберілмеді {HIDDEN}"
    assert "ValueError" in record["error"]
    assert record["at"].endswith("+00:00")
    assert "of_a_library" not in record
    assert "geheim" not in line
    assert "жіберілмеді" in line


def test_a_line_for_people_names_the_request() -> None:
    """So that what a reader quotes from an answer is found."""
    log, stream = log_to(Lines(("geheim",), lambda: {"request": "abc12345"}, as_json=False))
    log.warning("не отправлено: %s", "geheim")

    assert f"WARNING merzim.test: не отправлено: {HIDDEN} [abc12345]" in stream.getvalue()


ROOT = Path(__file__).parents[2]
FILTER = ROOT / "docs" / "operations" / "fail2ban-filter.conf"
ADDRESS = r"(?P<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*)"
"""What fail2ban puts in the place of <ADDR>."""
JOURNAL = ("", "merzim[123]: ", "host merzim[123]: ", " ")
"""What stands before a line: nothing in a file, the service in the journal, a blank where a date was cut."""


def patterns() -> list[re.Pattern[str]]:
    """The expressions of the filter, as fail2ban compiles them."""
    read = ConfigParser(interpolation=None)
    read.read(FILTER, encoding="utf-8")
    section = dict(read["Definition"])
    expression = section["failregex"]
    while "%(" in expression:
        expression = re.sub(r"%\((\w+)\)s", lambda name: section[name.group(1)], expression)
    return [
        re.compile(line.strip().replace("<ADDR>", ADDRESS)) for line in expression.splitlines() if line.strip()
    ]


def banned(line: str) -> str | None:
    """The address a line of the log counts against; None for none."""
    return next((match["address"] for pattern in patterns() if (match := pattern.search(line))), None)


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Logged lines in both formats."""
    lines: list[str] = []
    context = lambda: {"request": "balancer-0001.a"}  # noqa: E731
    formats = [Lines((), dict, as_json=False), *(Lines((), context, as_json=json) for json in (False, True))]

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.extend(formatter.format(record) for formatter in formats)

    root, handler = logging.getLogger(), Handler()
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)


@pytest.mark.parametrize("reason", get_args(Reason))
@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::9"])
def test_every_refused_log_in_counts_against_its_address(
    reason: Reason, address: str, written: list[str]
) -> None:
    """As text and as JSON, from a file and from the journal."""
    log_refusal(address, reason, "әлиева@org.kz")
    log_refusal(address, reason)

    assert len(written) == 6
    assert {banned(prefix + line) for line in written for prefix in JOURNAL} == {address}


def test_a_line_that_only_quotes_a_refused_log_in_bans_nobody(written: list[str]) -> None:
    """Somebody may type such a text where a fault will show it."""
    log_refusal("192.0.2.7", "wrong_password", "officer")
    quoted = list(written)
    for line in quoted:
        logging.getLogger("merzim.web").warning("a name that cannot be: %s", line)
        logging.getLogger("merzim.web").warning("%s", line)

    assert [banned(line) for line in written[len(quoted) :]] == [None] * (len(quoted) * 6)
