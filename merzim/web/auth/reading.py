"""A separate thread pool for requests that read uploaded files, so that other requests never wait for them.

The pool for pages has few threads: four files of ten seconds each would occupy all of them and delay log-in and
`/health`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from fastapi import Request
from pydantic_core import to_json
from starlette.responses import Response

from merzim.documents.child import WAIT
from merzim.documents.sheets.unreadable import UnreadablePaper

READING_THREADS = 8
"""The most requests that read files at the same time."""
MAX_READING_PER_ACCOUNT = 3
"""Maximum number of these requests of one account, so that nobody occupies all threads
(`merzim.documents.child.AT_ONCE`).
"""
_POLL_SECONDS = 0.05
_JSON = "application/json"
_threads = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="reading")
_reading: Counter[str] = Counter()
"""Login -> number of its requests that are reading files now."""

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_reading_thread(
    request: Request, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a function that reads files in the reading pool.

    Raises:
        UnreadablePaper: `paper_readers_busy` if no thread became free in time, or the account reads too many
            files at once.
    """
    login: str = request.state.reader.login
    await _wait_for_turn(login)
    _reading[login] += 1
    try:
        work = partial(copy_context().run, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _reading[login] -= 1
        if not _reading[login]:
            del _reading[login]


def reads_files(handler: Callable[P, object]) -> Callable[P, Awaitable[Response]]:
    """Decorate a handler to run by `run_in_reading_thread`; it must take the request as `request`.

    The answer is serialised in that thread too, instead of in the event loop.
    """

    def respond(*args: P.args, **kwargs: P.kwargs) -> Response:
        answer = handler(*args, **kwargs)
        return answer if isinstance(answer, Response) else Response(to_json(answer), media_type=_JSON)

    @wraps(handler)
    async def run_apart(*args: P.args, **kwargs: P.kwargs) -> Response:
        request: Any = kwargs["request"]
        return await run_in_reading_thread(request, respond, *args, **kwargs)

    return run_apart


async def _wait_for_turn(login: str) -> None:
    """Wait until the account may read another file."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + WAIT
    while _reading.total() >= READING_THREADS or _reading[login] >= MAX_READING_PER_ACCOUNT:
        if clock() > deadline:
            raise UnreadablePaper("paper_readers_busy")
        await asyncio.sleep(_POLL_SECONDS)
