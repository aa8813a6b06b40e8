"""The command `merzim register`: rows of registers, listed, added, edited, withdrawn, imported, exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from merzim.cli.call import CommandContext
from merzim.cli.mount import command, give_change, sent_file
from merzim.cli.parsing import DryRun, Unit, named_texts
from merzim.documents.sheets.listing import write_file
from merzim.services.cases import rows as case_rows
from merzim.services.cases import verbs as cases
from merzim.services.cases.risks import cases_with_rows
from merzim.services.inputs import FileInput, build
from merzim.services.law.regulations import case_registers, option_title
from merzim.services.names import unit_named
from merzim.services.registers import tables, verbs, views
from merzim.services.registers.queries import ListRows
from merzim.services.registers.results import cell_value
from workflow.refusal import Refusal, closest_first

if TYPE_CHECKING:
    from merzim.services.registers.views import RowDetail

LISTED = 500
"""Rows read at a time for a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsRequest:
    """The arguments of a `merzim register` command."""

    register: str
    words: Sequence[str]
    case: str
    unit: str
    ground: str
    where: Mapping[str, str]
    search: str
    dry_run: bool

    def word(self, name: str) -> str:
        """Return the first word. Raises Refusal for none; `name` says what it should have been."""
        if not self.words:
            raise Refusal("cli.missing_parameter", name=name)
        return self.words[0]


@command("register NAME list|add|edit|withdraw|import|export [ID]|FIELD=VALUE|FILE")
def register(
    call: CommandContext,
    name: str | None = None,
    action: str = "list",
    words: list[str] | None = None,
    case: Annotated[str, "the case; without it list shows all rows"] = "",
    unit: Unit = "",
    ground: Annotated[str, "the ground, in words"] = "",
    where: Annotated[dict[str, str] | None, "only rows with this value of the field"] = None,
    search: Annotated[str, "words in the row"] = "",
    dry_run: DryRun = False,
) -> None:
    """Registers: lists, adds, edits, withdraws, imports and exports rows; without a name, the registers.

    Registers of a case: risks, measures, positions, remarks.
    """
    if name is None:
        call.give(views.list_registers(call.ctx, views.AskRegisters()), "registers", "id", "title", "rows")
        return
    of_case = name in case_registers().ids()
    _require_one_of(name, (*case_registers().ids(), *call.app.registers.ids()), where="NAME")
    actions = _CASE_ACTIONS if of_case else _ROW_ACTIONS
    _require_one_of(action, tuple(actions), where="ACTION")
    request = RowsRequest(
        register=name,
        words=words or (),
        case=case,
        unit=unit,
        ground=ground,
        where=where or {},
        search=search,
        dry_run=dry_run,
    )
    actions[action](call, request)


def _require_one_of(text: str, allowed: Sequence[str], *, where: str) -> None:
    if text not in allowed:
        raise Refusal("cli.not_one_of", text=text, where=where, allowed=closest_first(text, tuple(allowed)))


def _list_of_case(call: CommandContext, request: RowsRequest) -> None:
    """Print a register's rows of the case, or of all cases; fields are named as in `add` and `edit`."""
    definition, _ = case_rows.register_of(request.register)
    if request.case:
        found = [call.view(request.case).case]
    else:
        found = list(cases_with_rows(call.app, unit_named(call.app, request.unit)))
    rows = [row for case in found for row in case_rows.rows_in(call.ctx, case, request.register)]
    call.answer({"register": request.register, "rows": rows})
    titles = {key: field.title[call.language] for key, field in definition.fields.items() if not field.fixed}
    chosen = {key for key in titles if definition.fields[key].options}
    cells = [
        {"case": row.case, "id": row.id, **dict.fromkeys(titles, "")}
        | {
            key: option_title(key, value, call.language) if key in chosen else value
            for key, value in row.values.items()
        }
        for row in rows
    ]
    call.show({"rows": cells}, "rows", "case", "id", *titles, titles=titles)


def _add_to_case(call: CommandContext, request: RowsRequest) -> None:
    """Add a row to the case and print the change; a measure names its risk by its number."""
    fields = {"case": _case(request), "register_id": request.register, "values": _fields(request.words)}
    result = case_rows.enter_row(call.ctx, build(case_rows.EnterCaseRow, fields))
    give_change(call, result)


def _edit_in_case(call: CommandContext, request: RowsRequest) -> None:
    row = _case_row(request)
    fields = {"case": _case(request), "row": row, "values": _fields(request.words[1:])}
    result = case_rows.edit_row(call.ctx, build(case_rows.EditCaseRow, fields))
    give_change(call, result)


def _withdraw_from_case(call: CommandContext, request: RowsRequest) -> None:
    row = _case_row(request)
    fields = {"case": _case(request), "name": row, "ground": request.ground}
    result = cases.withdraw(call.ctx, build(cases.Withdraw, fields))
    give_change(call, result)


def _case(request: RowsRequest) -> str:
    """Return the case given by --case. Raises Refusal for none."""
    if not request.case:
        raise Refusal("cli.missing_parameter", name="--case C")
    return request.case


def _case_row(request: RowsRequest) -> str:
    """Return the row of ID, which may be its number alone: "3" of risks is "risk.3"."""
    kind = case_rows.register_of(request.register)[1].row
    return f"{kind}.{request.word('ID').removeprefix(f'{kind}.')}"


def _fields(words: Sequence[str]) -> dict[str, str]:
    """Return the values given as FIELD=VALUE. Raises Refusal for none."""
    texts = named_texts(words, where="FIELD=VALUE")
    if not texts:
        raise Refusal("cli.missing_parameter", name="FIELD=VALUE")
    return texts


def _query(request: RowsRequest) -> ListRows:
    """Return the query for the rows that fit every --where and --search, LISTED at a time."""
    fields = {
        "register_id": request.register,
        "unit": request.unit,
        "filters": [{"field": name, "is": [text]} for name, text in request.where.items()],
        "search": request.search,
        "size": LISTED,
    }
    return build(ListRows, fields)


def _list(call: CommandContext, request: RowsRequest) -> None:
    """Print every matching row and the totals; with --search also which fields were not searched."""
    query = _query(request)
    page = views.list_rows(call.ctx, query)
    rows = list(page.rows)
    for number in range(2, page.pages + 1):
        rows += views.list_rows(call.ctx, query.model_copy(update={"page": number})).rows
    answer = {"register": request.register, "total": page.total, "totals": page.totals}
    call.answer({**answer, "rows": rows})
    titles = {field.id: field.title[call.language] for field in page.fields}
    cells = [
        {"id": row.id} | {field.id: cell_value(field, row, call.language) for field in page.fields}
        for row in rows
    ]
    totals = {titles.get(name, name): amount for name, amount in page.totals.items()}
    unsearched = [titles[field.id] for field in page.fields if field.confidential and not field.translation_of]
    if request.search and unsearched:
        call.remark(call.say("web.registers.unsearched", fields=unsearched))
    shown = {"rows": cells, "totals": totals} if cells else {}
    call.show(shown, "rows", "id", *titles, "totals", titles=titles)


def _add(call: CommandContext, request: RowsRequest) -> None:
    with ExitStack() as files:
        fields = {
            "register_id": request.register,
            "unit": request.unit,
            "values": _values(call, request.register, request.words, files),
        }
        _tell_of_row(call, "added", verbs.add_row(call.ctx, build(verbs.AddRow, fields)))


def _edit(call: CommandContext, request: RowsRequest) -> None:
    with ExitStack() as files:
        values = _values(call, request.register, request.words[1:], files)
        fields = {"row": request.word("ID"), "values": values, "ground": request.ground}
        _tell_of_row(call, "edited", verbs.edit_row(call.ctx, build(verbs.EditRow, fields)))


def _withdraw(call: CommandContext, request: RowsRequest) -> None:
    command = build(verbs.WithdrawRow, {"row": request.word("ID"), "ground": request.ground})
    _tell_of_row(call, "withdrawn", verbs.withdraw_row(call.ctx, command))


def _tell_of_row(call: CommandContext, done: str, detail: RowDetail) -> None:
    """Print what was done to a row, a sentence or with --json the row."""
    call.tell(detail, f"register.{done}", row=detail.row.id)


def _import(call: CommandContext, request: RowsRequest) -> None:
    """Import the rows of a file, or with --dry-run none, and print how many and what was left aside."""
    with sent_file(request.word("FILE")) as file:
        fields = {
            "register_id": request.register,
            "unit": request.unit,
            "preview": request.dry_run,
            "content": file,
        }
        result = tables.import_rows(call.ctx, build(tables.ImportRows, fields))
    call.answer(result)
    call.print(call.say("register.imported", file=file.name, count=result.rows))
    if result.aside:
        columns = [field.title[call.language] for field in result.aside]
        call.print(call.say("register.import.aside", columns=columns))
    if result.there:
        call.print(call.say("register.import.there", n=result.there))
    if request.dry_run:
        call.print(call.say("cli.nothing_written"))


def _export(call: CommandContext, request: RowsRequest) -> None:
    file = request.word("FILE")
    write_file(file, tables.export(call.ctx, _query(request), call.language))
    call.tell({"file": file}, "register.file_written", file=file)


def _values(call: CommandContext, name: str, words: Sequence[str], files: ExitStack) -> Mapping[str, Any]:
    """Return the values given as FIELD=VALUE; for a file, its content."""
    definition = call.app.registers.on(name, call.moment.today)
    values: dict[str, Any] = dict(_fields(words))
    for field, text in values.items():
        known = definition.fields.get(field)
        if known is not None and known.kind == "file" and text:
            values[field] = FileInput(content=files.enter_context(sent_file(text)))
    return values


Act = Callable[[CommandContext, RowsRequest], None]
_CASE_ACTIONS: dict[str, Act] = {
    "list": _list_of_case,
    "add": _add_to_case,
    "edit": _edit_in_case,
    "withdraw": _withdraw_from_case,
}
_ROW_ACTIONS: dict[str, Act] = {
    "list": _list,
    "add": _add,
    "edit": _edit,
    "withdraw": _withdraw,
    "import": _import,
    "export": _export,
}
