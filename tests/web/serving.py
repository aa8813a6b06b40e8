"""Browsers of an application, and pages served on a port of this machine by the HTTP server of the product."""

from __future__ import annotations

import asyncio
import http.client
import io
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socket
from typing import Any

import httpx2
import openpyxl
import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.testclient import TestClient

from merzim.metronome import Dashboard
from merzim.services.app import AppContext
from workflow.moments import Moment


def browser_of(
    app: Any, host: str = "127.0.0.1:8000", *, address: str = "127.0.0.1", scheme: str = "https", **options: Any
) -> TestClient:
    """A browser at an address that asks an application by one of its names; it shows where it is sent."""
    options = {"follow_redirects": False, **options}
    return TestClient(app, base_url=f"{scheme}://{host}", client=(address, 50000), **options)


async def shown_meanwhile(app: Any, mute: socket, *asked: str, **request: Any) -> bool:
    """Whether the log-in page is shown while more requests than there are threads wait for a silent server."""
    current_default_thread_limiter().total_tokens = 2
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browsers:
        waiting = [asyncio.create_task(browsers.request(*asked, **request)) for _ in range(4)]
        await asyncio.sleep(0.3)
        page = await browsers.get("/login")
        is_waiting = not any(answer.done() for answer in waiting)
        mute.close()
    return page.is_success and is_waiting


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each sheet of a workbook."""
    return {sheet.title: [*sheet.values] for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets}


def first_sheet(content: bytes) -> list[tuple[Any, ...]]:
    return next(iter(sheets(content).values()))


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]
    seconds: float


@contextmanager
def running(server: uvicorn.Server, *sockets: socket) -> Iterator[int]:
    """Run a server while the block lasts; yield its port."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": [*sockets] or None}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def on_a_port(app: Any) -> Iterator[int]:
    """Serve an ASGI application at a free port of this machine while the block lasts."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="error",
        ws="none",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    with running(uvicorn.Server(config)) as port:
        yield port


@contextmanager
def served_on_a_port(context: AppContext, moment: Moment) -> Iterator[int]:
    """Serve the pages of an office on a fixed day while the block lasts; yield the port."""
    with on_a_port(Dashboard(context, lambda: moment)) as port:
        yield port


def get(port: int, path: str, headers: Mapping[str, str], *, timeout: float = 60) -> Answer:
    """Ask for a page on a connection of its own.

    Raises:
        TimeoutError: there was no answer within `timeout` seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    began = time.monotonic()
    try:
        connection.request("GET", path, headers={**headers})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    return Answer(
        status=answer.status,
        text=text,
        headers={name.lower(): value for name, value in answer.getheaders()},
        seconds=time.monotonic() - began,
    )
