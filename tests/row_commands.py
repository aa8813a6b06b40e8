"""Actions on rows of a case's registers, carried out by the verbs as pages and the API do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from merzim.cli.call import CommandContext
from merzim.cli.parsing import CommonOptions
from merzim.services.cases.rows import new_row_verb, row_action_verb
from merzim.services.context import RequestContext
from merzim.services.inputs import build


@contextmanager
def operator(now: str) -> Iterator[RequestContext]:
    """The context of whoever types commands in the present folder at this moment."""
    call = CommandContext(CommonOptions(now=now))
    try:
        yield call.ctx
    finally:
        call.close()


def act(ctx: RequestContext, register: str, action: str, case: str, /, **fields: Any) -> None:
    """Carry out an action on a row (`number`); with the action "add", enter a row."""
    verb = new_row_verb(register) if action == "add" else row_action_verb(register, action)
    verb(ctx, build(verb.command, {"case": case, **fields}))
