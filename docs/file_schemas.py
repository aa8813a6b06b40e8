"""JSON Schemas for docs/schemas/ (`make schemas`): files of the law, settings, and answers of commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from merzim.services.cases.rows import extra_fields
from merzim.services.results import CommandResult, OpenedCase
from merzim.settings_file import config_schema
from workflow.law.files import Model, json_schema
from workflow.law.procedure import Procedure
from workflow.registers.definition import Register, RegisterField
from workflow.scoring.scale import Scoring

HERE = Path(__file__).parent / "schemas"
FILES: Mapping[str, type[Model]] = {"edition": Procedure, "register": Register, "points": Scoring}
"""Files of the law."""
RESULTS = {"command": CommandResult, "opened": OpenedCase}
"""What `--json` and the API answer: open; record, replan, correct, withdraw, cancel, exempt, reopen."""


ROWS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "risks": {"risks": ("$defs", "risk"), "measures": ("$defs", "measure")},
    "positions": {"positions": ("properties", "positions", "items")},
    "remarks": {"remarks": ("properties", "remarks", "items")},
}
"""What lists of rows of cases answer: schema -> register -> where in it a row of the register stands."""
OF_THE_FILE = "a field of the register's file"
_KINDS: Mapping[str, Mapping[str, Any]] = {"yes_no": {"type": "boolean"}, "row": {"type": "integer"}}


def row_schema(name: str) -> dict[str, Any]:
    """Return the schema of a list of rows, with the fields the program has no attribute for."""
    value: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    for register, path in ROWS[name].items():
        row = reduce(lambda part, key: part[key], path, value)
        own_properties = {
            id: definition
            for id, definition in row["properties"].items()
            if definition.get("$comment") != OF_THE_FILE
        }
        row["properties"] = own_properties | {
            field.id: _field_schema(field) for field in extra_fields(register)
        }
    return value


def _field_schema(field: RegisterField) -> dict[str, Any]:
    kind = {"enum": [*field.option_ids, ""]} if field.options else _KINDS.get(field.kind, {"type": "string"})
    return {**kind, "description": field.title.en, "$comment": OF_THE_FILE}


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every generated schema with its name."""
    for name, model in FILES.items():
        yield name, json_schema(name, model)
    yield "config", config_schema()
    for name, result in RESULTS.items():
        yield name, result.model_json_schema(mode="serialization", by_alias=True)
    for name in ROWS:
        yield name, row_schema(name)


if __name__ == "__main__":
    for name, value in schemas():
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")
