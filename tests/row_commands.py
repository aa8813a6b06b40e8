"""Actions on rows of a case's registers, carried out by the verbs as pages and the API do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from merzim.cli.call import CommandContext, split_common_options
from merzim.services.cases.rows import ActOnCaseRow, EnterCaseRow, act_on_row, enter_row
from merzim.services.context import RequestContext
from merzim.services.inputs import build


@contextmanager
def operator(now: str) -> Iterator[RequestContext]:
    """The context of whoever types commands in the present folder at this moment."""
    call = CommandContext(split_common_options(("--now", now))[0])
    try:
        yield call.ctx
    finally:
        call.close()


def act(ctx: RequestContext, register: str, action: str, case: str, /, number: int = 0, **values: Any) -> None:
    """Carry out an action on a row (`number`); with the action "add", enter a row."""
    if action == "add":
        enter_row(ctx, build(EnterCaseRow, {"case": case, "register_id": register, "values": values}))
        return
    row = f"{register.removesuffix('s')}.{number}"
    act_on_row(ctx, build(ActOnCaseRow, {"case": case, "row": row, "action": action, "values": values}))
