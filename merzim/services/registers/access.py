"""Which registers and rows a reader may see, and which they may change."""

from __future__ import annotations

from collections.abc import Collection

from merzim.services.context import RequestContext
from merzim.services.verbs import NotAllowed, NotFound
from merzim.storage.registers.chains import SqlRegisterRows
from workflow.org.office import Office
from workflow.registers.access import (
    EVERYTHING,
    RowScope,
    in_reach,
    keeps_rows,
    row_scope,
    sees_lists,
    visible_fields,
)
from workflow.registers.definition import Register, UnknownRegister
from workflow.registers.rows import RegisterRow


class UnknownRow(NotFound):
    """There is no row with that id visible to the reader."""

    not_found = "web.problem.no_row"


def reader_scope(ctx: RequestContext) -> RowScope:
    """Return the scope of rows visible to the reader."""
    return EVERYTHING if ctx.operator else row_scope(ctx.reader)


def seen_register(ctx: RequestContext, name: str) -> Register:
    """Return a register whose lists are visible to the reader. Raises UnknownRegister."""
    register = ctx.app.registers.on(name, ctx.today)
    if not sees_lists(register, reader_scope(ctx)):
        raise UnknownRegister("register.unknown", register=name, allowed=())
    return register


def writable_register(ctx: RequestContext, name: str) -> Register:
    """Return a register whose rows the reader may write. Raises UnknownRegister, NotAllowed."""
    register = seen_register(ctx, name)
    if not keeps_rows(register, reader_scope(ctx)):
        raise NotAllowed
    return register


def seen_row(ctx: RequestContext, name: str) -> tuple[RegisterRow, Register, Collection[str]]:
    """Return a row, its register and its fields visible to the reader. Raises UnknownRow."""
    row = SqlRegisterRows(ctx.app.engine).rows([name]).get(name)
    if row is not None and row.register in ctx.app.registers.ids():
        register = ctx.app.registers.on(row.register, ctx.today)
        fields = visible_fields(register, row, reader_scope(ctx), ctx.reads.office())
        if fields is not None and (not row.case or ctx.reads.heads([row.case])):
            return row, register, fields
    raise UnknownRow("register.unknown_row", row=name)


def may_write(ctx: RequestContext, register: Register, row: RegisterRow, office: Office) -> bool:
    """Return whether the reader may change a row: it is one of their units' and not withdrawn."""
    scope = reader_scope(ctx)
    allowed = ctx.operator or (ctx.reader.may("record") and keeps_rows(register, scope))
    return allowed and not row.withdrawn and in_reach(register, row, scope, office)
