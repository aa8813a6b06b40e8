"""The commands on regulation files: `merzim law check`, `merzim editions diff` and `editions adopt`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext

if TYPE_CHECKING:
    from merzim.services.law.editions import CheckedFile
    from workflow.law.library import EditionChange
    from workflow.law.procedure import Procedure

_CODES = {
    "force": "force",
    "duty": "duty",
    "evidence": "evidence",
    "only_for": "kind",
    "values": "value",
    "judged_by": "editions.judged_by",
}
"""Prefixes of the catalogue codes for values of a key."""
MOVED_LIMIT = 50
"""Number of moved due dates shown to people; JSON contains all of them."""


def check(
    ctx: typer.Context,
    folder: Annotated[str | None, typer.Argument(metavar="FOLDER")] = None,
) -> int:
    """Checks the files of own procedures: names everything wrong with them and runs their examples."""
    from merzim.services.law import editions as law

    call = CommandContext.of(ctx)
    files = law.check(call.app, Path(folder) if folder is not None else None)
    if call.json:
        call.answer({"files": [_checked(call, checked_file) for checked_file in files]})
    else:
        for checked_file in files:
            for line in _messages(call, checked_file):
                call.print(line)
        if not files:
            call.print(call.say("law.no_files"))
    return DONE if all(checked_file.holds for checked_file in files) else NOT_SO


def diff(
    ctx: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A")],
    after: Annotated[str, typer.Argument(metavar="B")],
) -> None:
    """Compares two editions."""
    from workflow.law.library import compare

    call = CommandContext.of(ctx)
    old, new = call.app.library.named(before), call.app.library.named(after)
    rows = [
        (
            change.obligation,
            change.what,
            _shown(call, old, change, change.before),
            _shown(call, new, change, change.after),
        )
        for change in compare(old, new)
    ]
    if call.json:
        keys = ("obligation", "what", "before", "after")
        call.answer({"a": before, "b": after, "changes": [dict(zip(keys, row, strict=True)) for row in rows]})
    elif rows:
        change_rows = (
            (id, call.say(f"editions.key.{change_kind}"), *sides) for id, change_kind, *sides in rows
        )
        call.table(("id", "change", "was", "is"), change_rows)
    else:
        call.print(call.say("editions.same"))


def adopt(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be, write nothing")] = False,
) -> None:
    """Adopts editions whose text has changed in the office's chain; --dry-run only shows which dates move."""
    from merzim.services.law import editions as law

    call = CommandContext.of(ctx, writes=True)
    moment = call.moment
    if dry_run:
        adoptions = law.adoptable(call.app, today=moment.today)
    else:
        adoptions = law.adopt(call.app, by=call.by, now=moment.now, today=moment.today)
    if call.json:
        editions = [
            {
                "edition": adoption.edition,
                "digest": adoption.digest,
                "before": adoption.before,
                "moved": adoption.moved,
            }
            for adoption in adoptions
        ]
        call.answer({"adopted": editions, "preview": dry_run})
        return
    for adoption in adoptions:
        code = "editions.adopted" if adoption.before else "editions.adopted_own"
        call.print(call.say(code, edition=adoption.edition, moved=len(adoption.moved)))
        moved_rows = [
            (line["case"], line["obligation"], line["from"] or "–", line["to"] or "–")
            for line in adoption.moved
        ]
        if moved_rows:
            call.table(("case", "id", "was", "is"), moved_rows[:MOVED_LIMIT], indent=2)
    if not adoptions:
        call.print(call.say("editions.nothing_to_adopt"))
    elif dry_run:
        call.print(call.say("cli.nothing_written"))


def _shown(call: CommandContext, edition: Procedure, change: EditionChange, value: object) -> str:
    """Return one side of a difference in words; "" if it has no value."""
    from workflow.deadlines.term_elements import wording

    if value is None or value == ():
        return ""
    if change.what in ("term", "added", "removed"):
        terms = wording(edition.by_id[change.obligation], edition)
        return "; ".join(call.say(part.code, **part.arguments) for part in terms)
    several = value if isinstance(value, tuple) else (value,)
    return ", ".join(str(value) if call.json else _word(call, edition, change.what, value) for value in several)


def _word(call: CommandContext, edition: Procedure, kind: str, value: object) -> str:
    """Return the words for a value of an edition's key; an id without words unchanged."""
    from i18n import knows, paragraph
    from workflow.law.procedure import Option, Recurrence
    from workflow.org.kinds import Signatories

    titles = {name: anchor.title for name, anchor in edition.by_id.items()}
    match value:
        case bool():
            return call.say("change.yes" if value else "change.no")
        case Option():
            return _word(call, edition, kind, value.title)
        case Recurrence():
            return call.say(f"term.every.{value.every}")
        case Signatories():
            duties = dict.fromkeys(duty for _, duties in value.by_kind for duty in duties)
            return ", ".join(call.say(f"duty.{duty}") for duty in duties)
        case str() if kind in ("paragraph", "indicator"):
            return paragraph(value, call.language)
        case str() if kind == "act":
            return edition.acts[value].short[call.language]
        case str() if kind in ("stage", "stages"):
            return edition.stage_title[value][call.language]
        case str() if kind in ("bodies", "by_agreement"):
            return edition.bodies[value].title[call.language]
        case str() if value in titles and kind not in _CODES:
            return titles[value][call.language]
        case str() if knows(code := f"{_CODES.get(kind, kind)}.{value}"):
            return call.say(code)
    return str(getattr(value, call.language, value))


def _messages(call: CommandContext, checked_file: CheckedFile) -> list[str]:
    """Return all messages about a file, one a line."""
    lines = [call.say(code, **arguments) for code, arguments in checked_file.problems]
    lines += [
        call.say(
            "law.example_fails",
            file=checked_file.file,
            example=wrong.example,
            what=wrong.what,
            expected=wrong.expected,
            actual=wrong.actual,
        )
        for wrong in checked_file.mismatches
    ]
    if checked_file.holds and checked_file.edition is not None:
        lines = [call.say("law.holds", file=checked_file.file, count=len(checked_file.edition.examples))]
    elif checked_file.holds and checked_file.register is not None:
        lines = [
            call.say("law.register_holds", file=checked_file.file, count=len(checked_file.register.fields))
        ]
    return lines + _warned(call, checked_file)


def _warned(call: CommandContext, checked_file: CheckedFile) -> list[str]:
    return [call.say(code, **arguments) for code, arguments in checked_file.warnings]


def _checked(call: CommandContext, checked_file: CheckedFile) -> dict[str, object]:
    return {
        "file": checked_file.file,
        "edition": checked_file.edition.edition if checked_file.edition else None,
        "register": checked_file.register.edition if checked_file.register else None,
        "holds": checked_file.holds,
        "problems": []
        if checked_file.holds
        else [line for line in _messages(call, checked_file) if line not in _warned(call, checked_file)],
        "warnings": _warned(call, checked_file),
    }


COMMANDS: dict[str, Callable[..., object]] = {
    "law check": check,
    "editions diff": diff,
    "editions adopt": adopt,
}
GROUPS = {
    "law": "The organisation's own procedures.",
    "editions": "Editions of procedures.",
}
