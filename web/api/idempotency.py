"""Idempotent requests: a request with an `Idempotency-Key` is run once; a repeated one gets the stored answer.

The key is claimed before the request is run. If the process dies in between, it is unknown whether the request
was carried out: a repeated one is then refused with a sentence that says so, and is never run twice.
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
    """Dependency of handlers that write: runs a command once per idempotency key of the request."""

    def __init__(self, request: Request, key: Key = None) -> None:
        self._request, self._key = request, key

    def __call__(
        self,
        ctx: RequestContext,
        body: BaseModel | None,
        run: Callable[[], Answer],
        answer: type[Answer],
        *,
        secret: str = "",
    ) -> Answer:
        """Run the command, or return the stored answer of the request that came under the same key before.

        Args:
            secret: a field of the answer that is given once and not stored: in a repeated answer it is empty.

        Raises:
            HTTPException: 409, a different request came under the same key, or the first one never ended.
        """
        if self._key is None:
            return run()
        key, login = self._key, ctx.reader.login
        now = ctx.now
        body_text = body.model_dump_json() if body is not None else ""
        request_text = f"{self._request.method} {self._request.url.path} {body_text}"
        digest = sha256(request_text.encode()).hexdigest()
        claim = ctx.app.answers.claim(login, key, digest, now=now)
        if claim is not None:
            if claim.digest != digest:
                raise HTTPException(409, "web.problem.other_request")
            if claim.answer is None:
                raise HTTPException(409, "web.problem.never_ended")
            return answer.model_validate_json(claim.answer)
        try:
            result = run()
        except Exception as error:
            # Refused or failed before anything was written: the key may be used again. If the database was lost
            # during the write the result is unknown; then the key stays claimed, as if the process had died.
            if not getattr(error, "undecided", False):
                ctx.app.answers.release(login, key)
            raise
        stored = result.model_copy(update={secret: ""}) if secret else result
        ctx.app.answers.keep(login, key, stored.model_dump_json())
        return result


Writing = Annotated[IdempotentRequest, Depends(IdempotentRequest)]
