"""The commands `register` (rows listed, added, edited, withdrawn, imported, exported) and `risks import`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from merzim.cli.call import CommandContext
from merzim.cli.mount import DryRun, Unit, command, give_change, mount, named_texts
from merzim.cli.rendering import picked
from merzim.documents.sheets.listing import Table, tables_workbook, write_workbook
from merzim.services.cases import rows as case_rows, verbs as cases
from merzim.services.inputs import FileInput, build
from merzim.services.law.regulations import case_registers, option_title
from merzim.services.names import unit_named
from merzim.services.registers import tables, verbs, views
from merzim.services.registers.results import cell_value
from merzim.services.registers.views import ListRows
from merzim.services.verbs import Verb
from workflow.refusal import Refusal, closest_first

ACTIONS: Mapping[str, tuple[str, Verb[Any, Any], Verb[Any, Any], str]] = {
    "add": ("", verbs.add_row, case_rows.enter_row, "register.added"),
    "edit": ("ID", verbs.edit_row, case_rows.edit_row, "register.edited"),
    "withdraw": ("ID", verbs.withdraw_row, cases.withdraw, "register.withdrawn"),
    "import": ("FILE", tables.import_rows, case_rows.import_plan, "register.imported"),
}
"""Action on rows -> what stands first after it, its verb in a register and in one of a case, and what is said
where it is done in a register.
"""
PLANNED = ("risks", "measures")
"""The registers of a case that a plan of measures is imported into."""
TAKEN = (
    *("case", "measures", "entered", "terms", "row", "text", "due", "note"),
    *("unread", "unmatched", "withdrawn", "findings"),
)
"""What the text shows of an imported plan."""

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
    planned = not of_case or name in PLANNED
    actions = ["list", *(action for action in ACTIONS if action != "import" or planned), "export"]
    _require_one_of(action, actions, where="ACTION")
    words = words or []
    first = "FILE" if action == "export" else ACTIONS[action][0] if action in ACTIONS else ""
    if first and not words:
        raise Refusal("cli.missing_parameter", name=first)
    file = words[0] if action == "export" else ""
    if action in ACTIONS:
        given = {"register_id": name, "case": case, "unit": unit, "ground": ground, "preview": dry_run}
        _write(call, action, words, given, of_case=of_case)
    elif of_case:
        _list_of_cases(call, name, case, unit, to=file)
    else:
        query = build(ListRows, {"register_id": name, "unit": unit})
        if file:
            _write_file(call, file, tables.export(call.ctx, query, call.language))
        else:
            _list(call, query)


def _require_one_of(text: str, allowed: Sequence[str], *, where: str) -> None:
    if text not in allowed:
        raise Refusal("cli.not_one_of", text=text, where=where, allowed=closest_first(text, tuple(allowed)))


def _write(
    call: CommandContext, action: str, words: list[str], given: dict[str, Any], *, of_case: bool
) -> None:
    """Carry out the verb of an action with those of these values that it takes, and print its result."""
    name, (first, in_register, in_case, done) = given["register_id"], ACTIONS[action]
    verb = in_case if of_case else in_register
    takes = verb.command.model_fields
    if given["preview"] and "preview" not in takes:
        raise Refusal("cli.no_such_option", option=f"--dry-run ({action})")
    if first == "FILE":
        given["content"] = call.open_file(words[0])
    elif first:
        # "3" of risks is "risk.3".
        kind = f"{case_rows.register_of(name)[1].row}." if of_case else ""
        given["row"] = given["name"] = kind + words[0].removeprefix(kind)
    if "values" in takes:
        given["values"] = _values(call, name, words[1:] if first else words, of_case=of_case)
    taken = {field: given[field] for field in takes if given.get(field)}
    result = verb(call.ctx, build(verb.command, taken))
    if of_case:
        give_change(call, result, *(TAKEN if first == "FILE" else ()))
    elif first == "FILE":
        call.tell(result, done, file=given["content"].name, count=result.rows)
        _tell_aside(call, result)
    else:
        call.tell(result, done, row=result.row.id)


def _values(call: CommandContext, name: str, words: Sequence[str], *, of_case: bool) -> dict[str, Any]:
    """Return the values given as FIELD=VALUE; for a file, its content. Raises Refusal for none."""
    values: dict[str, Any] = named_texts(words, "FIELD=VALUE")
    if not values:
        raise Refusal("cli.missing_parameter", name="FIELD=VALUE")
    fields = {} if of_case else call.app.registers.on(name, call.moment.today).fields
    for field, text in values.items():
        if text and field in fields and fields[field].kind == "file":
            values[field] = FileInput(content=call.open_file(text))
    return values


def _tell_aside(call: CommandContext, result: tables.ImportedRows) -> None:
    """Print what of a file was left aside, and that a preview writes nothing."""
    if result.aside:
        columns = [field.title[call.language] for field in result.aside]
        call.print(call.say("register.import.aside", columns=columns))
    if result.there:
        call.print(call.say("register.import.there", n=result.there))
    if result.preview:
        call.print(call.say("cli.nothing_written"))


def _list_of_cases(call: CommandContext, name: str, case: str, unit: str, *, to: str) -> None:
    """Print a register's rows of one or all cases, or write them to a file; fields as in `add` and `edit`."""
    definition, _ = case_rows.register_of(name)
    fields = {field.id: field for field in definition.fields.values() if not field.fixed}
    found = [call.view(case).case] if case else call.app.reads.with_registers(unit_named(call.app, unit))
    rows = [row for each in found for row in case_rows.rows_in(call.ctx, each, name)]
    titles = {key: field.title[call.language] for key, field in fields.items()}
    cells = [{"case": row.case, "id": row.id, **dict.fromkeys(titles, ""), **row.values} for row in rows]
    for line in cells:
        chosen = [key for key, field in fields.items() if field.options and line[key]]
        line |= {key: option_title(key, line[key], call.language) for key in chosen}
    if not to:
        call.answer({"register": name, "rows": rows})
        call.show({"rows": cells}, "rows", "case", "id", *titles, titles=titles)
        return
    # A measure names its risk in words, so that the file can be imported again.
    risks = [risk for each in found for risk in case_rows.rows_in(call.ctx, each, "risks")]
    described = {(risk.case, risk.id): risk.values["description"] for risk in risks}
    for line in cells if name == "measures" else ():
        line["risk"] = described.get((line["case"], f"risk.{line['risk']}"), line["risk"])
    heads = {"case": call.say("head.case"), "id": call.say("head.id"), **titles}
    lines = [[line[key] for key in heads] for line in cells]
    _write_file(call, to, tables_workbook([Table([*heads.values()], lines, definition.title[call.language])]))


def _write_file(call: CommandContext, file: str, content: bytes) -> None:
    write_workbook(file, content)
    call.tell({"file": file}, "register.file_written", file=file)


def _list(call: CommandContext, query: ListRows) -> None:
    """Print every row and the totals."""
    page, *others = views.row_pages(call.ctx, query)
    rows = [row for each in (page, *others) for row in each.rows]
    titles = {field.id: field.title[call.language] for field in page.fields}
    call.answer({"register": query.register_id, **picked(page, "total", "totals"), "rows": rows})
    cells = [
        {"id": row.id} | {field.id: cell_value(field, row, call.language) for field in page.fields}
        for row in rows
    ]
    totals = {titles.get(name, name): amount for name, amount in page.totals.items()}
    call.show({"rows": cells, "totals": totals if rows else {}}, "rows", "id", *titles, "totals", titles=titles)
