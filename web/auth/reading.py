"""Requests that have a file read run in threads of their own: no other request ever waits for them.

Pages are made by few threads. Four files of ten seconds each would take all of them, and log-in and `/health`
would answer after the last. A reader who leaves the page ends what was being read for it.
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

from documents.sandbox.limits import WAIT
from documents.sandbox.pool import CALLER, Caller
from documents.sheets.unreadable import UnreadablePaper

THREADS = 8
"""Requests that have files read at the same time."""
EACH = 3
"""Of these, one account's: nobody alone takes all the turns (`documents.sandbox.limits.AT_ONCE`)."""
_PAUSE = 0.05
_JSON = "application/json"
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reading")
_reading: Counter[str] = Counter()
"""Account -> its requests that have files read now."""

P = ParamSpec("P")
T = TypeVar("T")


async def in_reading_thread(request: Request, do: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what has files read, within the time one request may take for that.

    Raises:
        UnreadablePaper: `paper_readers_busy`, others, or others of the same account, have files read already.
    """
    login: str = request.state.reader.login
    caller = Caller()
    await _turn(login)
    _reading[login] += 1
    leaving = asyncio.create_task(_leave_with(request, caller))
    try:
        CALLER.set(caller)
        work = partial(copy_context().run, do, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        CALLER.set(None)
        leaving.cancel()
        _reading[login] -= 1
        if not _reading[login]:
            del _reading[login]


def reads_files(handler: Callable[P, object]) -> Callable[P, Awaitable[Response]]:
    """Have a handler run by `in_reading_thread`; it must take the request under that name.

    A long answer is written there too: the framework would do it between two other requests.
    """

    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        answer = handler(*args, **kwargs)
        return answer if isinstance(answer, Response) else Response(to_json(answer), media_type=_JSON)

    @wraps(handler)
    async def apart(*args: P.args, **kwargs: P.kwargs) -> Response:
        request: Any = kwargs["request"]
        return await in_reading_thread(request, answered, *args, **kwargs)

    return apart


async def _turn(login: str) -> None:
    """Wait until this account may have another file read."""
    clock = asyncio.get_running_loop().time
    until = clock() + WAIT
    while _reading.total() >= THREADS or _reading[login] >= EACH:
        if clock() > until:
            raise UnreadablePaper("paper_readers_busy")
        await asyncio.sleep(_PAUSE)


async def _leave_with(request: Request, caller: Caller) -> None:
    """End what is read for a caller who hangs up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    caller.leave()
