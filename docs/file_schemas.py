"""The JSON Schemas of the files of the law: `make schemas` writes them to docs/schemas/."""

from __future__ import annotations

import json
from pathlib import Path

from workflow.law.reader.json_schema import FILES, schema

HERE = Path(__file__).parent / "schemas"

if __name__ == "__main__":
    for name in FILES:
        text = json.dumps(schema(name), ensure_ascii=False, indent=2) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")
