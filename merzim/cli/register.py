"""The commands `register` (rows listed, added, edited, withdrawn, imported, exported) and `risks import`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

from merzim.cli.call import CommandContext
from merzim.cli.mount import command, give_change, mount, sent_file
from merzim.cli.parsing import DryRun, Unit, named_texts
from merzim.documents.sheets.listing import Table, tables_workbook, write_file
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
    from merzim.services.verbs import Verb

FIRST = {"edit": "ID", "withdraw": "ID", "import": "FILE", "export": "FILE"}
"""What stands first after an action."""
VERBS: Mapping[str, Verb[Any, Any]] = {
    "add": verbs.add_row,
    "edit": verbs.edit_row,
    "withdraw": verbs.withdraw_row,
    "import": tables.import_rows,
}
IN_CASE: Mapping[str, Verb[Any, Any]] = {
    "add": case_rows.enter_row,
    "edit": case_rows.edit_row,
    "withdraw": cases.withdraw,
    "import": case_rows.import_plan,
}
"""The verb of each action on a row of a register, and on one of a register of a case."""
PLANNED = ("risks", "measures")
"""The registers of a case that a plan of measures is imported into."""
DONE = {"add": "register.added", "edit": "register.edited", "withdraw": "register.withdrawn"}
TAKEN = (
    *("case", "measures", "entered", "terms", "row", "text", "due", "note"),
    *("unread", "unmatched", "withdrawn", "findings"),
)
"""What the text shows of an imported plan."""
LISTED = 500
"""Rows read at a time for a list."""

mount("risks import CASE FILE.csv|.xlsx", case_rows.import_plan, *TAKEN)


@command("register NAME list|add|edit|withdraw|import|export [ID]|FIELD=VALUE|FILE")
def register(
    call: CommandContext,
    name: str | None = None,
    action: str = "list",
    words: list[str] | None = None,
    case: Annotated[str, "the case; without it list and export take all rows"] = "",
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
    actions = ["list", *VERBS, "export"]
    if of_case and name not in PLANNED:
        actions.remove("import")
    _require_one_of(action, actions, where="ACTION")
    if action in FIRST and not words:
        raise Refusal("cli.missing_parameter", name=FIRST[action])
    if action in VERBS:
        given = {"register_id": name, "case": case, "unit": unit, "ground": ground, "preview": dry_run}
        _write(call, action, words or [], given, of_case=of_case)
    elif of_case:
        _list_of_cases(call, name, case, unit, to=words[0] if words and action == "export" else "")
    else:
        filters = [{"field": field, "is": [text]} for field, text in (where or {}).items()]
        fields = {"register_id": name, "unit": unit, "filters": filters, "search": search, "size": LISTED}
        query = build(ListRows, fields)
        if words and action == "export":
            _write_file(call, words[0], tables.export(call.ctx, query, call.language))
        else:
            _list(call, query)


def _require_one_of(text: str, allowed: Sequence[str], *, where: str) -> None:
    if text not in allowed:
        raise Refusal("cli.not_one_of", text=text, where=where, allowed=closest_first(text, tuple(allowed)))


def _write(
    call: CommandContext, action: str, words: list[str], given: dict[str, Any], *, of_case: bool
) -> None:
    """Carry out the verb of an action with those of these values that it takes, and print its result."""
    name, verb = given["register_id"], (IN_CASE if of_case else VERBS)[action]
    if given["preview"] and "preview" not in verb.command.model_fields:
        raise Refusal("cli.no_such_option", option=f"--dry-run ({action})")
    with ExitStack() as files:
        match FIRST.get(action):
            case "FILE":
                given["content"] = files.enter_context(sent_file(words[0]))
            case "ID":
                given["row"] = given["name"] = _row_of_case(name, words[0]) if of_case else words[0]
        if "values" in verb.command.model_fields:
            given["values"] = _values(
                call, name, words[1:] if action == "edit" else words, files, of_case=of_case
            )
        taken = {field: given[field] for field in verb.command.model_fields if given.get(field)}
        result = verb(call.ctx, build(verb.command, taken))
        if of_case:
            give_change(call, result, *(TAKEN if action == "import" else ()))
        elif action == "import":
            _tell_imported(call, result, given["content"].name)
        else:
            call.tell(result, DONE[action], row=result.row.id)


def _row_of_case(name: str, text: str) -> str:
    """Return the row of an ID, which may be its number alone: "3" of risks is "risk.3"."""
    kind = case_rows.register_of(name)[1].row
    return f"{kind}.{text.removeprefix(f'{kind}.')}"


def _values(
    call: CommandContext, name: str, words: Sequence[str], files: ExitStack, *, of_case: bool
) -> dict[str, Any]:
    """Return the values given as FIELD=VALUE; for a file, its content. Raises Refusal for none."""
    values: dict[str, Any] = named_texts(words, where="FIELD=VALUE")
    if not values:
        raise Refusal("cli.missing_parameter", name="FIELD=VALUE")
    fields = {} if of_case else call.app.registers.on(name, call.moment.today).fields
    for field, text in values.items():
        if text and field in fields and fields[field].kind == "file":
            values[field] = FileInput(content=files.enter_context(sent_file(text)))
    return values


def _tell_imported(call: CommandContext, result: tables.ImportedRows, file: str) -> None:
    """Print how many rows of a file were imported, and what was left aside."""
    call.tell(result, "register.imported", file=file, count=result.rows)
    if result.aside:
        columns = [field.title[call.language] for field in result.aside]
        call.print(call.say("register.import.aside", columns=columns))
    if result.there:
        call.print(call.say("register.import.there", n=result.there))
    if result.preview:
        call.print(call.say("cli.nothing_written"))


def _list_of_cases(call: CommandContext, name: str, case: str, unit: str, *, to: str) -> None:
    """Print a register's rows of the case, or of all cases, or write them to a file; fields are named as in
    `add` and `edit`.
    """
    definition, _ = case_rows.register_of(name)
    found = [call.view(case).case] if case else cases_with_rows(call.app, unit_named(call.app, unit))
    rows = [row for each in found for row in case_rows.rows_in(call.ctx, each, name)]
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
    if to:
        heads = {"case": call.say("head.case"), "id": call.say("head.id"), **titles}
        # A measure names its risk in words, so that the file can be imported again.
        risks = [risk for each in found for risk in case_rows.rows_in(call.ctx, each, "risks")]
        described = {(risk.case, risk.id): risk.values["description"] for risk in risks}
        for line in cells if name == "measures" else ():
            line["risk"] = described.get((line["case"], f"risk.{line['risk']}"), line["risk"])
        lines = [[line[key] for key in heads] for line in cells]
        table = Table([*heads.values()], lines, definition.title[call.language])
        _write_file(call, to, tables_workbook([table]))
        return
    call.answer({"register": name, "rows": rows})
    call.show({"rows": cells}, "rows", "case", "id", *titles, titles=titles)


def _write_file(call: CommandContext, file: str, content: bytes) -> None:
    write_file(file, content)
    call.tell({"file": file}, "register.file_written", file=file)


def _list(call: CommandContext, query: ListRows) -> None:
    """Print every matching row and the totals; with --search also which fields were not searched."""
    page = views.list_rows(call.ctx, query)
    rows = list(page.rows)
    for number in range(2, page.pages + 1):
        rows += views.list_rows(call.ctx, query.model_copy(update={"page": number})).rows
    answer = {"register": query.register_id, "total": page.total, "totals": page.totals}
    call.answer({**answer, "rows": rows})
    titles = {field.id: field.title[call.language] for field in page.fields}
    cells = [
        {"id": row.id} | {field.id: cell_value(field, row, call.language) for field in page.fields}
        for row in rows
    ]
    totals = {titles.get(name, name): amount for name, amount in page.totals.items()}
    unsearched = [titles[field.id] for field in page.fields if field.confidential and not field.translation_of]
    if query.search and unsearched:
        call.remark(call.say("web.registers.unsearched", fields=unsearched))
    shown = {"rows": cells, "totals": totals} if cells else {}
    call.show(shown, "rows", "id", *titles, "totals", titles=titles)
