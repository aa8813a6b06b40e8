"""No page, API operation or command writes to a case but by a verb, which checks the rights.

The calls are followed through the modules of the services: what writes to a case and is no verb may be called
by verbs alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
READING = {"view", "events", "foresee", "view_of"}
"""What of the commands on cases changes nothing."""
Place = tuple[str, str]
"""A function: its module and name."""
OF_THE_PROGRAM = {
    # Nothing is written.
    ("merzim.services.cases.verbs", "foresee"),
    ("merzim.services.jobs.rounds", "rehearse"),
    ("merzim.services.law.editions", "adoptable"),
    # The rounds and the upkeep of the whole office: they act for nobody.
    ("merzim.services.jobs.rounds", "remind"),
    ("merzim.services.law.editions", "adopt"),
    ("merzim.services.people.table", "save_table"),
    ("merzim.services.upkeep.maintenance", "migrate_to"),
    ("merzim.services.upkeep.maintenance", "rebuild"),
    ("merzim.services.upkeep.maintenance", "verify"),
    ("merzim.services.yearly.clock", "record_carried_out"),
    # The row of a campaign, by the link of who was asked.
    ("merzim.services.campaigns.answers", "answer"),
    # The composition of the context.
    ("merzim.services.context", "context_of"),
}

MAKE_VERBS = {("merzim.services.cases.rows", "add_row"), ("merzim.services.cases.rows", "act_on_row")}
"""What they write is written by the verb they make of a register's file."""


@dataclass(frozen=True)
class Function:
    """A function: whether it writes to a case itself, whether it is a verb, and what it names."""

    writes: bool
    is_verb: bool
    names: frozenset[Place]


def functions() -> dict[Place, Function]:
    """The functions of the services, of the faces and of the notifications."""
    found: dict[Place, Function] = {}
    for folder in ("merzim/services", "merzim/cli", "merzim/web", "notifications"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(file.read_text(encoding="utf-8"))
            imported = dict(imports(tree))
            for node in tree.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[(module, node.name)] = function_of(node, module, imported)
    return found


def imports(tree: ast.Module) -> Iterator[tuple[str, Place]]:
    """The imported names of a module, also of its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                yield name.asname or name.name, (node.module, name.name)


def function_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef, module: str, imported: dict[str, Place]
) -> Function:
    attributes = [part for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    read = {id(part.value) for part in attributes if part.attr in READING}
    names = {imported.get(part.id, (module, part.id)) for part in ast.walk(node) if isinstance(part, ast.Name)}
    for part in attributes:
        if isinstance(part.value, ast.Name) and part.value.id in imported:
            names.add((".".join(imported[part.value.id]), part.attr))
    return Function(
        writes=any(part.attr == "case_commands" and id(part) not in read for part in attributes),
        is_verb=any("verb" in ast.unparse(decorator) for decorator in node.decorator_list),
        names=frozenset(names),
    )


def test_no_face_writes_to_a_case_but_by_a_verb() -> None:
    known = functions()
    open_ways = {
        place
        for place, function in known.items()
        if function.writes and not function.is_verb and place not in MAKE_VERBS
    }
    open_ways -= OF_THE_PROGRAM
    found = open_ways
    while found:
        found = {
            place
            for place, function in known.items()
            if not function.is_verb
            and place not in open_ways | OF_THE_PROGRAM | MAKE_VERBS
            and function.names & open_ways
            and place[0].startswith("merzim.services.")
        }
        open_ways |= found
    faces = {
        (*place, *sorted(function.names & open_ways))
        for place, function in known.items()
        if place[0].startswith(("merzim.cli", "merzim.web", "notifications"))
        and (function.names & open_ways or (function.writes and place not in OF_THE_PROGRAM))
    }

    assert len(open_ways) > 10
    assert not faces


def test_notifications_read_cases_and_write_none() -> None:
    """What a person answers, by a button of the bot too, is left to the verbs."""
    reading = READING | {"deadline_of", "days_to_offer", "View", "DeadlineChange"}
    used = {
        (str(file.relative_to(ROOT)), name)
        for file in (ROOT / "notifications").rglob("*.py")
        for name in of_the_commands(ast.parse(file.read_text(encoding="utf-8")))
    }

    assert ("notifications/bot/buttons.py", "view") in used
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
