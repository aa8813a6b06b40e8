"""A request with an `Idempotency-Key` is done once: said again it is answered as the first time.

The key is claimed before anything is done. Where a process died in between, nobody knows whether it was done:
the request is then refused with a sentence that says so, and is never done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, TypeVar

from fastapi import Depends, Header, HTTPException, Request
from pydantic import BaseModel

from services.context import RequestContext

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


class IdempotentRequest:
    """A request that writes, as a dependency: what it asks for is done once under the key it brings."""

    def __init__(self, request: Request, key: Key = None) -> None:
        self._request, self._key = request, key

    def __call__(
        self,
        ctx: RequestContext,
        body: BaseModel | None,
        do: Callable[[], Answer],
        answer: type[Answer],
        *,
        secret: str = "",
    ) -> Answer:
        """Do it, or answer as it was answered when it was done under the same key.

        Args:
            secret: a field of the answer that is told once and kept nowhere: said again, it is empty.

        Raises:
            HTTPException: 409, another request came under the same key, or the first one never ended.
        """
        if self._key is None:
            return do()
        key, login = self._key, ctx.reader.login
        now = ctx.now
        said = body.model_dump_json() if body is not None else ""
        asked = f"{self._request.method} {self._request.url.path} {said}"
        digest = sha256(asked.encode()).hexdigest()
        known = ctx.app.answers.claim(login, key, digest, now=now)
        if known is not None:
            if known.digest != digest:
                raise HTTPException(409, "web.problem.other_request")
            if known.answer is None:
                raise HTTPException(409, "web.problem.never_ended")
            return answer.model_validate_json(known.answer)
        try:
            done = do()
        except Exception as trouble:
            # Refused or failed before anything was written: the key may be used again. Where the database went
            # away while it was written nobody knows; then the key is spent, as if the process had died.
            if not getattr(trouble, "undecided", False):
                ctx.app.answers.release(login, key)
            raise
        kept = done.model_copy(update={secret: ""}) if secret else done
        ctx.app.answers.keep(login, key, kept.model_dump_json())
        return done


Writing = Annotated[IdempotentRequest, Depends(IdempotentRequest)]
