"""The fail2ban patterns match exactly the log lines they are for, in both log formats."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import get_args

import pytest

from merzim.logs import JsonLines, LineFormatter
from merzim.web.auth.limits import Reason, log_refusal

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
