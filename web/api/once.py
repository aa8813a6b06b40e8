"""A request with an `Idempotency-Key` is done once: said again it is answered as the first time.

The key is claimed before anything is done. Where a process died in between, nobody knows whether it was done:
the request is then refused with a sentence that says so, and is never done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, TypeVar

from fastapi import Header, HTTPException, Request
from pydantic import BaseModel

from web.house import House

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of yours, new for each thing to be done: repeated, it is done once.",
    ),
]
Answer = TypeVar("Answer", bound=BaseModel)


def once(
    home: House,
    request: Request,
    key: str | None,
    body: BaseModel,
    do: Callable[[], Answer],
    answer: type[Answer],
) -> Answer:
    """Do it, or answer as it was answered when it was done under the same key.

    Raises:
        HTTPException: 409, another request came under the same key, or the first one never ended.
    """
    if key is None:
        return do()
    now, _ = home.clock()
    asked = f"{request.method} {request.url.path} {body.model_dump_json()}"
    digest = sha256(asked.encode()).hexdigest()
    known = home.answers.claim(home.reader.login, key, digest, now=now)
    if known is not None:
        if known.digest != digest:
            raise HTTPException(409, "web.problem.other_request")
        if known.answer is None:
            raise HTTPException(409, "web.problem.never_ended")
        return answer.model_validate_json(known.answer)
    try:
        done = do()
    except Exception:
        # Refused or failed before anything was written: the key may be used again.
        home.answers.release(home.reader.login, key)
        raise
    home.answers.keep(home.reader.login, key, done.model_dump_json())
    return done
