"""Files people send: kept outside the database, with a quota; while they are read, all else is answered."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from http.client import HTTPConnection
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import select
from starlette.testclient import TestClient

from merzim.documents import child
from merzim.metronome import tick
from merzim.storage.accounts import uploads
from merzim.storage.accounts.rate_limits import count_attempt
from merzim.storage.database import read_column
from merzim.storage.tables.accounts import RATE_LIMIT
from merzim.web.auth import dependencies as reading
from tests.documents.sheets import by_hand, far_cells
from tests.web.conftest import AT, NOW, TODAY
from tests.web.offices import Site
from tests.web.serving import on_a_port
from workflow.moments import Moment
from workflow.org.access import RateLimit

ORDER = b"%PDF-1.7 " + bytes(1_000_000)


def waiting(site: Site) -> list[Path]:
    """The files that wait in the folder of uploads."""
    return sorted((site.context.settings.evidence.folder / "uploads").glob("*"))


def send(browser: TestClient, content: bytes, name: str = "order.pdf") -> int:
    return browser.post("/api/v1/files", files={"file": (name, content)}).status_code


def test_an_upload_lies_beside_the_evidence_and_not_in_the_database(site: Site) -> None:
    """Eight megabytes sent leave the database as small as before."""
    database = Path(str(site.context.engine.url.database))
    with site.client("responsible") as browser:
        before = sum(file.stat().st_size for file in database.parent.glob("merzim.sqlite*"))
        statuses = [send(browser, ORDER + bytes([number])) for number in range(8)]
    after = sum(file.stat().st_size for file in database.parent.glob("merzim.sqlite*"))

    assert statuses == [201] * 8
    assert after - before < 1_000_000
    assert len(waiting(site)) == 8
    assert all(file.stat().st_mode & 0o077 == 0 for file in waiting(site))


def test_nobody_sends_more_in_a_day_than_the_quota(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the quota; the same file again is not counted twice, others send theirs."""
    monkeypatch.setattr(uploads, "DAILY_BYTES", 3 * 1024 * 1024)
    with site.client("responsible") as browser, site.client("officer") as other:
        files = [ORDER + bytes([number]) for number in range(4)]
        statuses = [send(browser, file) for file in (*files[:3], files[2], files[3])]
        refused = browser.post("/api/v1/files", files={"file": ("order.pdf", files[3])})

        assert statuses == [201, 201, 201, 201, 422]
        assert "3" in refused.json()["detail"]
        assert refused.json()["code"] == "upload_quota"
        assert send(other, files[3]) == 201
    assert len(waiting(site)) == 4


def test_files_that_go_straight_into_a_case_are_counted_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "DAILY_BYTES", 1024 * 1024)
    form = {"fact": "start_announced", "on": "2026-03-30"}
    with site.client("responsible") as browser:
        first = browser.post(f"/cases/{site.real}", data=form, files={"file": ("a.pdf", ORDER)})
        second = browser.post(f"/cases/{site.real}", data=form, files={"file": ("b.pdf", ORDER + b"b")})

    assert (first.status_code, second.status_code) == (303, 422)
    assert len(site.files()) == 1


def test_an_unused_upload_is_gone_after_a_day(site: Site) -> None:
    """By the round, though nobody sends another; the quota is whole again. So goes a rate limit that ended."""
    day = RateLimit(kind="account", key="а", attempts=3, period=timedelta(days=1))
    count_attempt(site.context.engine, [day], now=NOW)
    limits = select(RATE_LIMIT.c.attempts).where(RATE_LIMIT.c.key.startswith("account:"))
    with site.client("responsible") as browser:
        assert send(browser, ORDER) == 201
    tick(site.context, lambda: Moment(now=NOW + timedelta(hours=23), today=TODAY))
    assert (len(waiting(site)), read_column(site.context.engine, limits)) == (1, [1])

    tomorrow = NOW + timedelta(hours=25)
    tick(site.context, lambda: Moment(now=tomorrow, today=TODAY + timedelta(days=1)))
    assert (waiting(site), read_column(site.context.engine, limits)) == ([], [])


def test_what_a_killed_process_left_behind_goes_as_well(site: Site) -> None:
    """A file without a row: the process died between the two."""
    store = site.context.uploads
    store.keep(ORDER, "order.pdf", at=AT)
    (folder,) = {file.parent for file in waiting(site)}
    for name, age in (("stray", timedelta(days=2)), ("being written", timedelta(hours=1))):
        (folder / name).write_bytes(b"left")
        os.utime(folder / name, ((NOW - age).timestamp(),) * 2)
    store.expire(now=NOW)

    assert not (folder / "stray").exists()
    assert (folder / "being written").exists()
    assert store.stored_file(sha256(ORDER).hexdigest(), at=AT) is not None


SLOW = by_hand(far_cells(100_000))
"""Takes a second or more of the processor."""
_END = "----a"


@pytest.fixture(scope="module")
def port(office: Site) -> Iterator[int]:
    """The pages behind a real socket, made by one thread."""

    async def pages(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            current_default_thread_limiter().total_tokens = 1
        await office.app(scope, receive, send)

    with on_a_port(pages) as port:
        yield port


@pytest.fixture
def token(office: Site) -> str:
    return office.way_in("officer", kind="token", scope="write")


def request(
    port: int, method: str, path: str, token: str = "", body: bytes | None = None, kind: str = ""
) -> Any:
    """One request on a connection of its own; the answer, read."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body, {**headers, "content-type": kind} if kind else headers)
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    connection.close()
    return answer


def sent(port: int, token: str, data: bytes) -> bytes:
    """A file sent to be read; the body of the request that has it read."""
    head = f'--{_END}\r\ncontent-disposition: form-data; name="file"; filename="f.xlsx"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{_END}--\r\n".encode()
    upload = request(port, "POST", "/api/v1/files", token, body, f"multipart/form-data; boundary={_END}")
    return json.dumps({"file": json.loads(upload.text)["file"]}).encode()


def until(so: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not so():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def not_stopped_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test stops is stopped for this test alone."""
    monkeypatch.setattr(child, "_stopped", threading.Event())


def test_while_files_are_read_everything_else_is_answered(port: int, token: str) -> None:
    """Health, log-in, the desk, while the only thread for pages would wait for the first file."""
    body = sent(port, token, SLOW)
    with ThreadPoolExecutor(2) as thread_pool:
        futures = [
            thread_pool.submit(request, port, "POST", "/api/v1/schedules", token, body, "application/json")
            for _ in "ab"
        ]
        until(lambda: len(active_children()) == 2)
        answered = [request(port, "GET", path, token).status for path in ("/health", "/login", "/desk")]
        still_read = len(active_children())
        child.stop()
        ended = [future.result() for future in futures]

    assert (answered, still_read) == ([200, 200, 200], 2)
    assert [json.loads(answer.text)["code"] for answer in ended] == ["paper_reading_stopped"] * 2


def test_an_account_with_as_many_readings_as_allowed_is_asked_to_wait(
    port: int, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 and when to come again: nothing is wrong with the file."""
    body = sent(port, token, SLOW)
    monkeypatch.setattr(reading, "MAX_READING_PER_ACCOUNT", 1)
    monkeypatch.setattr(reading, "WAIT", 0.5)
    with ThreadPoolExecutor(1) as thread_pool:
        first = thread_pool.submit(request, port, "POST", "/api/v1/schedules", token, body, "application/json")
        until(active_children)
        second = request(port, "POST", "/api/v1/schedules", token, body, "application/json")
        child.stop()
        assert first.result().status == 503

    assert (second.status, json.loads(second.text)["code"]) == (503, "paper_readers_busy")
    assert second.headers["retry-after"] == "60"
    assert not reading._reading.borrowed_tokens
