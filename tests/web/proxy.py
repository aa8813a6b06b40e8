"""A reverse proxy with https that connects from an address of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEAD_END = b"\r\n\r\n"


class Proxy:
    """One request a connection, passed on over plain HTTP with the headers every proxy adds.

    Args:
        upstream: port of the application on 127.0.0.1.
        source: the loopback address it connects from.
        tls: with the certificate it shows.
    """

    def __init__(self, upstream: int, *, source: str, tls: ssl.SSLContext) -> None:
        self._upstream = upstream
        self._source = source
        self._tls = tls

    async def listen(self, host: str) -> asyncio.Server:
        """Answer at a free port of that address."""
        return await asyncio.start_server(self._pass_on, host, 0, ssl=self._tls)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(HEAD_END)
            up_reader, up_writer = await asyncio.open_connection(
                "127.0.0.1", self._upstream, local_addr=(self._source, 0)
            )
            up_writer.write(self._with_headers(head, str(writer.get_extra_info("peername")[0])))
            asking = asyncio.create_task(self._copy(reader, up_writer))
            await self._copy(up_reader, writer)
            asking.cancel()
            up_writer.close()
        writer.close()

    def _with_headers(self, head: bytes, client: str) -> bytes:
        """The head of the request as nginx passes it on with `$proxy_add_x_forwarded_for`."""
        request, *lines = head.removesuffix(HEAD_END).split(b"\r\n")
        forwarded_lines = [line for line in lines if line.lower().startswith(b"x-forwarded-for:")]
        addresses = [line.partition(b":")[2].strip() for line in forwarded_lines] + [client.encode()]
        headers = [line for line in lines if not line.lower().startswith((b"x-forwarded-", b"connection:"))]
        added = [
            b"X-Forwarded-For: " + b", ".join(addresses),
            b"X-Forwarded-Proto: https",
            b"Connection: close",
        ]
        return b"\r\n".join([request, *headers, *added]) + HEAD_END

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()


@contextmanager
def proxy(upstream: int, *, host: str, source: str, tls: ssl.SSLContext) -> Iterator[int]:
    """A running proxy at `host`; gives its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(
        Proxy(upstream, source=source, tls=tls).listen(host), loop
    ).result(10)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
