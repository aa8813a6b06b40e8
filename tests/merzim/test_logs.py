"""Service logs: sentences for people, JSON for machines, no secrets in either."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from configparser import ConfigParser
from io import StringIO
from pathlib import Path
from typing import get_args

import pytest

from merzim.logs import HIDDEN, JsonLines, LineFormatter, secrets_of, without_secrets
from merzim.settings import ChannelSettings, DatabaseSettings, Settings
from merzim.web.auth.limits import Reason, log_refusal

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
                "email": {"password_env": "POST", "host": "mail"},
                "telegram": {"token": "in-clear", "bot": "MerzimBot"},
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
    log, stream = log_to(JsonLines(("geheim",), lambda: {"request": "abc12345", "cases": ["2026-0001"]}))
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
    log, stream = log_to(LineFormatter(("geheim",), lambda: {"request": "abc12345"}))
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
    formats = (LineFormatter((), context), LineFormatter((), dict), JsonLines((), context))

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
