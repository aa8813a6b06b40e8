"""The reader's own sessions and known devices."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from services.context import RequestContext
from services.verbs import Command, verb

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Ending(Command):
    """What to end. `id`: a session or known device; without it all of them but those of `keep`."""

    id: Hash | None = None
    keep: list[Hash] = Field(default_factory=list, max_length=100)


class SessionsEnded(BaseModel):
    """The number of sessions, devices or feeds that were ended."""

    ended: int


@verb("self")
def end_sessions(ctx: RequestContext, command: Ending) -> SessionsEnded:
    """End all sessions and known devices of the reader, or one of them; tokens and feeds stay."""
    now, login = ctx.now, ctx.reader.login
    every = [one.hash for one in ctx.accounts.entries(login, now=now) if one.kind in ("session", "device")]
    ended = [one for one in every if one == command.id or (command.id is None and one not in command.keep)]
    for one in ended:
        ctx.accounts.end(login, one, now=now)
    return SessionsEnded(ended=len(ended))
