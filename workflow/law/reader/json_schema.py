"""The JSON Schema of regulation files, which editors use to complete and check them."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from workflow.law.file_models import Table
from workflow.law.reader.edition import EDITION
from workflow.law.reader.register import REGISTER
from workflow.law.reader.scoring import SCORING

FILES: dict[str, Table] = {
    "edition": EDITION,
    "register-file": REGISTER,
    "scoring-file": SCORING,
}
"""Tables by the name of their schema in docs/schemas/."""


class _WithoutTitles(GenerateJsonSchema):
    """JSON Schema generator that leaves out the titles pydantic makes of keys, so that editors show the
    keys.
    """

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:
        return False


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file, in the draft that TOML editors know."""
    generated: JsonSchemaValue = FILES[name].adapter.json_schema(schema_generator=_WithoutTitles)
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": f"merzim {name}", **generated}
