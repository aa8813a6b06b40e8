"""Responsiveness during file imports: log-in and `/health` do not wait for them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from multiprocessing import active_children
from typing import Any

import pytest
from anyio.to_thread import current_default_thread_limiter

from merzim.documents import child
from merzim.web.auth import dependencies as reading
from tests.documents.sheets import by_hand, far_cells
from tests.web.real import RealOffice, real_office
from tests.web.serving import on_a_port

SLOW = by_hand(far_cells(100_000))
"""Takes a second or more of the processor."""
_END = "----a"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with real_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
def port(office: RealOffice) -> Iterator[int]:
    """The pages behind a real socket, made by one thread."""

    async def pages(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            current_default_thread_limiter().total_tokens = 1
        await office.pages(scope, receive, send)

    with on_a_port(pages) as port:
        yield port


@pytest.fixture
def token(office: RealOffice) -> str:
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
    monkeypatch.setattr(reading, "WAIT", 0)
    with ThreadPoolExecutor(1) as thread_pool:
        first = thread_pool.submit(request, port, "POST", "/api/v1/schedules", token, body, "application/json")
        until(active_children)
        second = request(port, "POST", "/api/v1/schedules", token, body, "application/json")
        child.stop()
        assert first.result().status == 503

    assert (second.status, json.loads(second.text)["code"]) == (503, "paper_readers_busy")
    assert second.headers["retry-after"] == "60"
    assert not reading._reading
