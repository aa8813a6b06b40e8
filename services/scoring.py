"""How execution is scored: the shipped scoring files, and plain numbers read from a file."""

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
    """A file of inputs that is no JSON, or names something twice."""


@cache
def scoring() -> Scoring:
    """The latest shipped edition. The folder of regulations has no code: it is found by name."""
    from workflow.law.reader.scoring import read_scoring

    folder = files("regulations") / "scoring"
    named = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return max((read_scoring(file.name, file.read_bytes()) for file in named), key=lambda one: one.in_force)


def inputs(file: Path) -> object:
    """What a file of inputs holds, made of what JSON knows.

    Raises:
        NotJson: no JSON in UTF-8, or one name twice in one record.
        UnreadablePaper: the file cannot be opened, or is too large.
    """
    from documents.sandbox.readers import contents

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        record: dict[str, object] = {}
        for name, value in pairs:
            if name in record:
                raise NotJson("score.named_twice", file=file.name, name=name)
            record[name] = value
        return record

    try:
        return json.loads(contents(file, file.name).decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NotJson):
            raise
        raise NotJson("score.not_json", file=file.name, detail=str(error)) from error
