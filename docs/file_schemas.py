"""JSON Schemas for docs/schemas/ (`make schemas`): files of the law, settings, and answers of commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from merzim.services.results import CommandResult, OpenedCase
from merzim.settings_file import config_schema
from workflow.law.files import Model, json_schema
from workflow.law.procedure import Procedure
from workflow.registers.definition import Register
from workflow.scoring.indicators import Scoring

HERE = Path(__file__).parent / "schemas"
FILES: Mapping[str, type[Model]] = {"edition": Procedure, "register": Register, "points": Scoring}
"""Files of the law."""
RESULTS = {"command": CommandResult, "opened": OpenedCase}
"""What `--json` and the API answer: open; record, replan, correct, withdraw, cancel, exempt, reopen."""


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every generated schema with its name."""
    for name, model in FILES.items():
        yield name, json_schema(name, model)
    yield "config", config_schema()
    for name, result in RESULTS.items():
        yield name, result.model_json_schema(mode="serialization", by_alias=True)


if __name__ == "__main__":
    for name, value in schemas():
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")
