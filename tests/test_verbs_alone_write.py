"""No page, API operation or command writes to a case but by a verb, which checks the rights.

The calls are followed through the modules of the services: what writes to a case and is no verb may be called
by verbs alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
READING = {"view", "events", "foresee", "view_of"}
"""What of the commands on cases changes nothing."""


def test_notifications_read_cases_and_write_none() -> None:
    """What a person answers, by a button of the bot too, is left to the verbs."""
    reading = READING | {"deadline_of", "days_to_offer", "View", "DeadlineChange"}
    used = {
        (str(file.relative_to(ROOT)), name)
        for file in (ROOT / "notifications").rglob("*.py")
        for name in of_the_commands(ast.parse(file.read_text(encoding="utf-8")))
    }

    assert ("notifications/bot/buttons.py", "deadline_of") in used
    assert not {place for place in used if place[1] not in reading}


def of_the_commands(tree: ast.Module) -> Iterator[str]:
    """The names a module takes from the commands on cases."""
    modules = {"case_commands"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workflow.cases.commands"):
            names = [name.asname or name.name for name in node.names]
            yield from names
            modules.update(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            base = node.value
            if (base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")) in modules:
                yield node.attr
