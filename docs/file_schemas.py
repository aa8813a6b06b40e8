"""JSON Schemas for docs/schemas/ (`make schemas`): files of the law, and what commands on cases answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.results import CommandResult, OpenedCase
from workflow.law.reader.json_schema import FILES, schema

HERE = Path(__file__).parent / "schemas"
RESULTS = {"command": CommandResult, "opened": OpenedCase}
"""What `--json` and the API answer: open; record, replan, correct, withdraw, cancel, exempt, reopen."""


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every generated schema with its name."""
    for name in FILES:
        yield name, schema(name)
    for name, model in RESULTS.items():
        yield name, model.model_json_schema(mode="serialization", by_alias=True)


if __name__ == "__main__":
    for name, value in schemas():
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")
