"""The commands `merzim register NAME list|add|edit|withdraw ...`: rows of registers by their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli import printing
from merzim.cli.call import DONE, CommandContext
from merzim.cli.help import Command
from merzim.cli.parsing import BadArgument, named_texts
from merzim.cli.risk_answers import tell
from workflow.refusal import closest_first

if TYPE_CHECKING:
    from merzim.services.results import CommandResult
    from workflow.cases.case import Case

KINDS: Mapping[str, str] = {
    "risks": "risk",
    "measures": "measure",
    "positions": "position",
    "remarks": "remark",
}
"""Registers of a case -> the kind of their rows."""
_ACTION = "list|show|add|edit|withdraw|erase|template|import|export|forms"
ACTIONS = ("list", "add", "edit", "withdraw")


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("register", cls=Command, help="cli.help.register")(register)


def register(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    action: Annotated[str, typer.Argument(metavar=_ACTION)] = "list",
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[ID] [FIELD=VALUE ...]")] = None,
    case: Annotated[str, typer.Option("--case", metavar="C", help="cli.option.register_case")] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")] = "",
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="FIELD=VALUE", help="cli.option.register_where")
    ] = None,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="cli.option.search")] = "",
    sort: Annotated[str, typer.Option("--sort", metavar="[-]FIELD", help="cli.option.register_sort")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.option.dry_run")] = False,
) -> int:
    from merzim.cli import register_rows

    call = CommandContext.of(ctx)
    if name is None:
        register_rows.print_registers(call)
        return DONE
    if name not in KINDS and name in call.app.registers.ids():
        return register_rows.run(
            call,
            register_rows.RowsRequest(
                register=name,
                action=action,
                words=tuple(arguments or ()),
                case=case,
                unit=unit,
                ground=ground,
                where=tuple(where or ()),
                search=search,
                sort=sort,
                dry_run=dry_run,
            ),
        )
    _of_case(call, name, action, list(arguments or ()), case=case, unit=unit, ground=ground)
    return DONE


def _of_case(
    call: CommandContext, name: str, action: str, words: list[str], *, case: str, unit: str, ground: str
) -> None:
    """Carry out an action on a register whose rows are events of a case."""
    from merzim.services.cases.rows import EditCaseRow, edit_row
    from merzim.services.inputs import build

    kind = KINDS[_one_of(name, (*KINDS, *call.app.registers.ids()), where="NAME")]
    action = _one_of(action, ACTIONS, where="ACTION")
    if action == "list":
        _list(call, name, kind, _cases(call, case, unit))
        return
    if not case:
        raise BadArgument("cli.missing_parameter", name="--case C")
    if action == "add":
        result = _add(call, case, name, _fields(words))
        row = f"{kind}.{result.events[-1].name}" if result.events else ""
        tell(call, result, "cli.register.added", row=row)
        return
    if not words:
        raise BadArgument("cli.missing_parameter", name="ID")
    row = f"{kind}.{words[0].removeprefix(f'{kind}.')}"
    if action == "edit":
        edit = build(EditCaseRow, {"case": case, "row": row, "fields": _fields(words[1:])})
        tell(call, edit_row(call.ctx, edit), "cli.register.edited", row=row)
        return
    _withdraw(call, case, row, ground)


def _one_of(text: str, allowed: Mapping[str, str] | tuple[str, ...], *, where: str) -> str:
    if text not in allowed:
        raise BadArgument("cli.not_one_of", text=text, where=where, allowed=closest_first(text, tuple(allowed)))
    return text


def _cases(call: CommandContext, case: str, unit: str) -> list[Case]:
    from merzim.services.cases.risks import cases
    from merzim.services.names import unit_named

    if case:
        return [call.app.case_commands.view(case, today=call.moment.today).case]
    return list(cases(call.app, unit_named(call.app, unit)))


def _list(call: CommandContext, name: str, kind: str, cases: list[Case]) -> None:
    """Print the fields of each row, named as in `add` and `edit`."""
    from merzim.services.cases.rows import register_of
    from workflow.cases.registers.rows import rows_of, value_of

    fields = {key: field for key, field in register_of(name)[0].fields.items() if not field.fixed}
    rows = [
        (case.id, f"{kind}.{number}", *(_shown(value_of(row, field)) for field in fields))
        for case in cases
        for number, row in rows_of(case, kind).items()
    ]
    if call.json:
        heads = ("case", "id", *fields)
        call.answer({"register": name, "rows": [dict(zip(heads, row, strict=True)) for row in rows]})
        return
    heads = (*call.heads("case", "id"), *(field.title[call.language] for field in fields.values()))
    if call.lists:
        call.sheet(heads, rows)
    else:
        words = [["yes" if cell is True else cell or "" for cell in row] for row in rows]
        call.print(printing.table(heads, words) if rows else call.say("cli.register.empty"))


def _shown(value: object) -> object:
    return value["written"] if isinstance(value, Mapping) else value


def _fields(words: list[str]) -> dict[str, str]:
    """Return the values given as FIELD=VALUE."""
    texts = named_texts(words, where="FIELD=VALUE")
    if not texts:
        raise BadArgument("cli.missing_parameter", name="FIELD=VALUE")
    return texts


def _add(call: CommandContext, case: str, name: str, values: Mapping[str, str]) -> CommandResult:
    from merzim.services.cases.rows import EnterCaseRow, enter_texts
    from merzim.services.inputs import build

    if name == "measures" and "risk" not in values:
        raise BadArgument("cli.missing_parameter", name="risk=N")
    return enter_texts(call.ctx, build(EnterCaseRow, {"case": case, "of_register": name, "fields": values}))


def _withdraw(call: CommandContext, case: str, row: str, ground: str) -> None:
    from merzim.services.cases import verbs as cases
    from merzim.services.inputs import build

    fields = {"case": case, "name": row, "ground": ground}
    result = cases.withdraw(call.ctx, build(cases.Withdraw, fields))
    if call.json:
        call.answer(result.model_dump(mode="json", by_alias=True))
    else:
        call.print(call.say("cli.withdrawn", case=case, name=row))
