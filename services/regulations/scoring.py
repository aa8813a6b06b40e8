"""Scoring of execution: the shipped scoring edition, and inputs read from a JSON file."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from workflow.refusal import Refusal

if TYPE_CHECKING:
    from workflow.scoring.scale import Scoring


class NotJson(Refusal, ValueError):
    """A file of inputs that is not JSON, or repeats a name."""


@cache
def scoring() -> Scoring:
    """Return the latest shipped scoring edition."""
    from workflow.law.reader.scoring import read_scoring

    # The folder of regulations is no Python module: find it by name.
    folder = files("regulations") / "scoring"
    toml_files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return max(
        (read_scoring(file.name, file.read_bytes()) for file in toml_files),
        key=lambda edition: edition.in_force,
    )


def read_input_file(file: Path) -> object:
    """Read a file of inputs as JSON values.

    Raises:
        NotJson: not JSON in UTF-8, or a name repeated in one object.
        UnreadablePaper: the file cannot be opened, or is too large.
    """
    from documents.sandbox.readers import contents

    def refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
        record: dict[str, object] = {}
        for name, value in pairs:
            if name in record:
                raise NotJson("score.named_twice", file=file.name, name=name)
            record[name] = value
        return record

    try:
        return json.loads(contents(file, file.name).decode("utf-8-sig"), object_pairs_hook=refuse_duplicates)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NotJson):
            raise
        raise NotJson("score.not_json", file=file.name, detail=str(error)) from error
