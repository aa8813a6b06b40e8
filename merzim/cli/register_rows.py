"""The commands on registers outside cases: `merzim register NAME list|show|add|edit|withdraw|...`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from merzim.cli import printing
from merzim.cli.call import BAD_INPUT, DONE, CommandContext
from merzim.cli.parsing import BadArgument, named_texts
from workflow.refusal import closest_first

if TYPE_CHECKING:
    from merzim.services.registers.queries import ListRows
    from merzim.services.registers.results import FieldView
    from merzim.services.registers.views import RowDetail

LISTED = 500
"""Rows read at a time for a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsRequest:
    """The arguments of a `merzim register` command."""

    register: str
    action: str
    words: Sequence[str]
    case: str = ""
    unit: str = ""
    ground: str = ""
    where: Sequence[str] = ()
    search: str = ""
    sort: str = ""
    dry_run: bool = False


def print_registers(call: CommandContext) -> None:
    """Print the list of registers."""
    from merzim.services.registers.views import AskRegisters, list_registers

    registers = list_registers(call.ctx, AskRegisters()).registers
    if call.json:
        call.answer({"registers": [register.model_dump(mode="json") for register in registers]})
        return
    rows = [(register.id, register.title[call.language], register.rows) for register in registers]
    call.table(("id", "title", "rows"), rows)


def run(call: CommandContext, request: RowsRequest) -> int:
    """Carry out a `merzim register` command; mistakes in a row are printed one a line. Return the exit code."""
    from workflow.registers.values import InvalidRow, problem_arguments

    actions = {
        "list": _list,
        "show": _show,
        "add": _add,
        "edit": _edit,
        "withdraw": _withdraw,
        "erase": _erase,
        "template": _template,
        "import": _import,
        "export": _export,
        "forms": _forms,
    }
    if request.action not in actions:
        allowed = closest_first(request.action, actions)
        raise BadArgument("cli.not_one_of", text=request.action, where="ACTION", allowed=allowed)
    register = call.app.registers.on(request.register, call.moment.today)
    try:
        actions[request.action](call, request)
    except InvalidRow as invalid:
        for problem in invalid.problems:
            arguments = problem_arguments(register, problem)
            call.note("merzim: " + call.say(f"register.value.{problem.code}", **arguments))
        return BAD_INPUT
    return DONE


def _command(request: RowsRequest) -> ListRows:
    from merzim.services.inputs import build
    from merzim.services.registers.queries import ListRows

    filters = [
        {"field": name, "is": [text]} for name, text in named_texts(request.where, where="--where").items()
    ]
    fields = {
        "register_id": request.register,
        "unit": request.unit,
        "case": request.case or None,
        "filters": filters,
        "search": request.search,
        "sort": request.sort,
        "size": LISTED,
    }
    return build(ListRows, fields)


def _list(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.registers.results import cell_value
    from merzim.services.registers.views import list_rows

    query = _command(request)
    page = list_rows(call.ctx, query)
    rows = list(page.rows)
    for number in range(2, page.pages + 1):
        rows += list_rows(call.ctx, query.model_copy(update={"page": number})).rows
    if call.json:
        answer = {"register": request.register, "total": page.total, "totals": page.totals}
        call.answer({**answer, "rows": [row.model_dump(mode="json") for row in rows]})
        return
    heads = ["ID", *(field.title[call.language] for field in page.fields)]
    cells = [(row.id, *(cell_value(field, row, call.language) for field in page.fields)) for row in rows]
    unsearched = [
        field.title[call.language] for field in page.fields if field.confidential and not field.translation_of
    ]
    if request.search and unsearched:
        call.note(call.say("web.registers.unsearched", fields=unsearched))
    if call.lists:
        call.sheet(heads, cells)
    elif not rows:
        call.print(call.say("cli.register.empty"))
    else:
        call.print(printing.table(heads, [[_shown(call, cell) for cell in row] for row in cells]))
        totals = [f"{_title(call, page.fields, name)}: {amount}" for name, amount in page.totals.items()]
        if totals:
            call.print("\n" + call.say("cli.register.totals", totals=tuple(totals)))


def _show(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.documents.row_papers import show_with_papers
    from merzim.services.registers.results import cell_value
    from merzim.services.registers.views import AskRow

    detail = show_with_papers(call.ctx, AskRow(row=_row_id(request)))
    if call.json:
        call.answer(detail.model_dump(mode="json"))
        return
    rows = [
        (field.title[call.language], _shown(call, cell_value(field, detail.row, call.language)))
        for field in detail.fields
    ]
    titles = {field.id: field.title[call.language] for field in detail.fields}
    rows += [
        (titles[name], call.say("register.day_of_case", on=day) if day else call.say("register.not_in_case"))
        for name, day in detail.days_of_case.items()
    ]
    call.print(printing.table(["", ""], [row for row in rows if row[1]]))
    for event in detail.history:
        fields = [_title(call, detail.fields, change.field) for change in event.changes]
        event_title = call.say(f"register.event.{event.kind}")
        words = [str(event.seq), event.at.strftime("%Y-%m-%d %H:%M"), event.by, event_title, ", ".join(fields)]
        call.print("  ".join(filter(None, [*words, event.ground])))
    for paper in detail.papers:
        call.print("\n".join((f"{paper.title}:", *paper.notes)) if paper.notes else paper.title)


def _add(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.inputs import build
    from merzim.services.registers.verbs import AddRow, add_row

    with ExitStack() as files:
        fields = {
            "register_id": request.register,
            "unit": request.unit,
            "case": request.case or None,
            "values": _values(call, request.register, request.words, files),
        }
        detail = add_row(call.ctx, build(AddRow, fields))
    _tell(call, detail, "register.added")


def _edit(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.inputs import build
    from merzim.services.registers.verbs import EditRow, edit_row

    with ExitStack() as files:
        values = _values(call, request.register, request.words[1:], files)
        fields = {"row": _row_id(request), "values": values, "ground": request.ground}
        detail = edit_row(call.ctx, build(EditRow, fields))
    _tell(call, detail, "register.edited")


def _withdraw(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.inputs import build
    from merzim.services.registers.verbs import WithdrawRow, withdraw_row

    command = build(WithdrawRow, {"row": _row_id(request), "ground": request.ground})
    _tell(call, withdraw_row(call.ctx, command), "register.withdrawn")


def _erase(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.inputs import build
    from merzim.services.registers.verbs import EraseRow, erase_row

    fields = {"row": _row_id(request), "fields": list(request.words[1:]), "ground": request.ground}
    _tell(call, erase_row(call.ctx, build(EraseRow, fields)), "register.erased")


def _template(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.registers.tables import template

    _write(call, request, template(call.ctx, request.register, call.language))


def _export(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.registers.tables import export

    _write(call, request, export(call.ctx, _command(request), call.language))


def _forms(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.documents.row_papers import papers_of_list

    _write(call, request, papers_of_list(call.ctx, _command(request), call.paper_language))


def _import(call: CommandContext, request: RowsRequest) -> None:
    from merzim.services.inputs import OpenFile, build
    from merzim.services.registers.tables import ImportRows, import_rows

    path = call.given(_file(request), "xlsx", "csv")
    with path.open("rb") as content:
        fields = {
            "register_id": request.register,
            "unit": request.unit,
            "case": request.case or None,
            "preview": request.dry_run,
            "content": OpenFile(path.name, content),
        }
        result = import_rows(call.ctx, build(ImportRows, fields))
    if call.json:
        call.answer(result.model_dump(mode="json"))
        return
    call.print(call.say("register.imported", file=path.name, count=result.rows))
    if result.aside:
        call.print(
            call.say("register.import.aside", columns=[field.title[call.language] for field in result.aside])
        )
    if result.there:
        call.print(call.say("register.import.there", n=result.there))
    if request.dry_run:
        call.print(call.say("cli.nothing_written"))


def _write(call: CommandContext, request: RowsRequest, content: bytes) -> None:
    from merzim.documents.sheets.listing import write_file

    file = _file(request)
    write_file(file, content)
    call.print(call.say("register.file_written", file=file))


def _file(request: RowsRequest) -> str:
    if not request.words:
        raise BadArgument("cli.missing_parameter", name="FILE")
    return request.words[0]


def _values(call: CommandContext, name: str, words: Sequence[str], files: ExitStack) -> Mapping[str, Any]:
    """Return the values given as FIELD=VALUE; for a file, its path."""
    from merzim.services.inputs import FileInput, OpenFile

    register = call.app.registers.on(name, call.moment.today)
    values: dict[str, Any] = {}
    for word in words:
        field, equals, text = word.partition("=")
        if not equals or not field.strip():
            raise BadArgument("cli.not_a_named_text", text=word, where="FIELD=VALUE")
        values[field.strip()] = text.strip()
    for field, text in values.items():
        definition = register.fields.get(field)
        if definition is not None and definition.kind == "file" and text:
            path = call.given(text)
            values[field] = FileInput(content=OpenFile(path.name, files.enter_context(path.open("rb"))))
    if not values:
        raise BadArgument("cli.missing_parameter", name="FIELD=VALUE")
    return values


def _row_id(request: RowsRequest) -> str:
    if not request.words:
        raise BadArgument("cli.missing_parameter", name="ID")
    return request.words[0]


def _tell(call: CommandContext, detail: RowDetail, code: str) -> None:
    if call.json:
        call.answer(detail.model_dump(mode="json"))
    else:
        call.print(call.say(code, row=detail.row.id))


def _title(call: CommandContext, fields: Sequence[FieldView], name: str) -> str:
    return next((field.title[call.language] for field in fields if field.id == name), name)


def _shown(call: CommandContext, cell: object) -> str:
    if isinstance(cell, bool):
        return call.say("register.yes" if cell else "register.no")
    return cell.isoformat() if isinstance(cell, date) else "" if cell is None else str(cell)
