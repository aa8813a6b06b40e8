"""Commands on the installation: `verify`, `seal`, `rebuild`, `backup`, `restore`, `migrate-to`, `serve`,
`worker`, `installation`, `secret-key`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.services.moments import almaty
from merzim.services.upkeep import maintenance
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.storage.maintenance.verify import Problem

_HASH = re.compile(r"[0-9a-f]{64}")


class NoSeal(Refusal, ValueError):
    """The text is not a line printed by `merzim seal`."""


class NoGround(Refusal, ValueError):
    """A baseline that accepts differences requires a ground."""


File = Annotated[str, typer.Argument(metavar="FILE")]


def verify(
    ctx: typer.Context,
    seal: Annotated[
        str | None,
        typer.Option(
            "--seal", metavar="LINE", help="a line of merzim seal kept elsewhere: is that seal still here"
        ),
    ] = None,
) -> int:
    """Checks the ledger's chains, seals and editions, and the board.

    Exit code 1 when something does not agree.
    """
    call = CommandContext.of(ctx)
    known_seal = _printed_seal(seal) if seal is not None else None
    if unreadable := maintenance.unreadable_values(call.app):
        if call.json:
            call.answer({"problems": _problems(call, unreadable), "vouched": None})
        for problem in () if call.json else unreadable:
            call.print(call.say(problem.code, **problem.arguments))
        return NOT_SO
    problems = maintenance.verify(call.app, now=call.moment.now, today=call.moment.today, known_seal=known_seal)
    vouching = maintenance.vouching(call.app)
    since = vouching.baseline
    if call.json:
        utc = f"{since.at:%Y-%m-%dT%H:%M:%SZ}" if since else None
        vouched = {"since": utc, "ground": since.ground if since else "", "unvouched": vouching.unvouched}
        call.answer({"problems": _problems(call, problems), "vouched": vouched})
        return NOT_SO if problems else DONE
    for record_problem in problems:
        call.print(call.say(record_problem.code, **record_problem.arguments))
    if not problems:
        call.print(call.say("cli.verified"))
    if since is not None:
        code = "cli.vouched_ground" if since.ground else "cli.vouched"
        at = since.at.astimezone(almaty())
        call.print(call.say(code, since=at.date(), time=f"{at:%H:%M}", by=since.by, ground=since.ground))
    if vouching.unvouched:
        call.note(call.say("cli.unvouched", count=vouching.unvouched))
    return NOT_SO if problems else DONE


def seal(ctx: typer.Context) -> int:
    """Seals everything written until now and prints the newest seal in one line: write it down elsewhere."""
    call = CommandContext.of(ctx, writes=True)
    newest = maintenance.seal(call.app, now=call.moment.now)
    if newest is None:
        call.note(call.say("cli.nothing_sealed"))
        return NOT_SO
    n, at, digest = newest
    moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    if call.json:
        call.answer({"n": n, "at": moment, "hash": digest})
    else:
        call.print(f"{n} {moment} {digest}")
    return DONE


def _problems(call: CommandContext, problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Return problems as JSON."""
    return [
        {"code": problem.code, "message": call.say(problem.code, **problem.arguments)} for problem in problems
    ]


def _printed_seal(line: str) -> tuple[int, str]:
    """Return number and hash from a line that `merzim seal` printed."""
    words = line.split()
    if len(words) < 2 or not words[0].isdecimal() or not _HASH.fullmatch(words[-1]):
        raise NoSeal("cli.no_seal", line=line)
    return int(words[0]), words[-1]


def baseline(
    ctx: typer.Context,
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT", help="why the differences are accepted")],
) -> None:
    """Vouch for accounts and people as they stand now."""
    call = CommandContext.of(ctx, writes=True)
    words = " ".join(ground.split())
    if not words:
        raise NoGround("cli.baseline_no_ground")
    count = maintenance.renew_baseline(call.app, ground=words, by=call.by, now=call.moment.now)
    if call.json:
        call.answer({"accepted": count})
    else:
        call.print(call.say("cli.baseline", count=count))


def rebuild(ctx: typer.Context) -> None:
    """Builds the board anew from the ledger."""
    call = CommandContext.of(ctx, writes=True)
    count = maintenance.rebuild(call.app, now=call.moment.now, today=call.moment.today)
    if call.json:
        call.answer({"cases": count})
    else:
        call.print(call.say("cli.rebuilt", count=count))


def backup(ctx: typer.Context, file: File) -> None:
    """Makes a whole copy of the database."""
    call = CommandContext.of(ctx)
    maintenance.backup(call.app, Path(file), now=call.moment.now)
    if call.app.stored_secrets():
        call.note(call.say("cli.key_not_in_copy", where=maintenance.key_place(call.app)))
    files, folder = maintenance.recorded_evidence(call.app), str(call.app.settings.evidence.folder)
    if call.json:
        call.answer({"file": file, "evidence": {"files": files, "folder": folder}})
        return
    call.print(call.say("cli.backed_up", file=file))
    if files:
        call.print(call.say("cli.backed_up_evidence", count=files, folder=folder))


def restore(ctx: typer.Context, file: File) -> int:
    """Puts the database back from a copy."""
    call = CommandContext.of(ctx, writes=True)
    before = maintenance.restore(call.app, Path(file))
    closed = _tell_of_keys(call)
    damaged = maintenance.damaged_evidence(call.app)
    differing = maintenance.office_differences(call.app, now=call.moment.now)
    orders = maintenance.missing_orders(call.app, Path(file))
    if call.json:
        problems = _problems(call, (*damaged, *differing))
        call.answer({"file": file, "before": before, "problems": problems, "orders": len(orders)})
        return NOT_SO if problems or orders or closed else DONE
    call.print(call.say("cli.restored", file=file))
    if before is not None:
        call.print(call.say("cli.restored_before", file=str(before)))
    if damaged:
        folder = str(call.app.settings.evidence.folder)
        call.note(call.say("cli.restored_evidence", count=len(damaged), folder=folder))
    for problem in (*damaged, *differing):
        call.note(call.say(problem.code, **problem.arguments))
    for order in orders:
        call.note(call.say("cli.order_missing", number=order.number, act=order.act, on=order.act_on))
    if orders:
        call.note(call.say("cli.orders_missing", count=len(orders)))
    return NOT_SO if damaged or differing or orders or closed else DONE


def restore_drill(
    ctx: typer.Context, file: Annotated[str | None, typer.Argument(metavar="FILE")] = None
) -> int:
    """Restores the newest backup (or FILE) into a temporary database and compares it with the office.

    Exit code 1 where something is wrong.
    """
    from merzim.services.upkeep.backups import drill

    call = CommandContext.of(ctx)
    moment = call.moment
    result = drill(call.app, Path(file) if file else None, now=moment.now, today=moment.today)
    if call.json:
        counts = {name: {"copy": copy, "office": office} for name, (copy, office) in result.counts.items()}
        problems = _problems(call, result.problems)
        call.answer(
            {
                "file": str(result.file),
                "seconds": round(result.seconds),
                "counts": counts,
                "problems": problems,
                "orders": result.orders,
            }
        )
        return NOT_SO if problems else DONE
    rows = [
        (call.say(f"cli.drill.{name}"), copy, "" if office is None else office)
        for name, (copy, office) in result.counts.items()
    ]
    call.table(("drill_what", "drill_copy", "drill_office"), rows)
    for problem in result.problems:
        call.note(call.say(problem.code, **problem.arguments))
    if result.orders:
        call.note(call.say("cli.orders_missing", count=result.orders))
    code = "cli.drill.failed" if result.problems else "cli.drill.done"
    call.print(call.say(code, file=str(result.file), seconds=round(result.seconds), count=len(result.problems)))
    return NOT_SO if result.problems else DONE


def _tell_of_keys(call: CommandContext) -> bool:
    """Print which key decrypts the secrets of a restored copy; return whether one is missing here."""
    unopened = maintenance.unopened_secrets(call.app)
    if call.app.stored_secrets():
        code = "cli.key_not_here" if unopened else "cli.key_not_in_copy"
        call.note(call.say(code, where=maintenance.key_place(call.app), count=unopened))
    return bool(unopened)


def migrate_to(ctx: typer.Context, address: Annotated[str, typer.Argument(metavar="ADDRESS")]) -> int:
    """Moves the office's database into an empty one of PostgreSQL: postgresql://user@host/name."""
    from merzim.storage.database.errors import display_address

    call = CommandContext.of(ctx)
    before = display_address(call.app.engine)
    rows, problems = maintenance.migrate_to(call.app, address, now=call.moment.now, today=call.moment.today)
    evidence = maintenance.recorded_evidence(call.app)
    if call.json:
        counts = {"events": rows["event"], "rows": rows, "evidence_files": evidence}
        call.answer({**counts, "problems": _problems(call, problems)})
    else:
        call.table(("table", "rows"), [(name, count) for name, count in rows.items() if count])
        call.print("\n" + call.say("cli.migrated", count=sum(rows.values()), events=rows["event"]))
        folder = str(call.app.settings.evidence.folder)
        call.print(call.say("cli.migrated_evidence", count=evidence, folder=folder))
        for problem in problems:
            call.print(call.say(problem.code, **problem.arguments))
        call.note(call.say("cli.migrated_next", before=before))
    call.note(call.say("cli.key_moves_along", where=maintenance.key_place(call.app)))
    return NOT_SO if problems else DONE


def installation(
    ctx: typer.Context,
    take: Annotated[
        bool, typer.Option("--take", help="the database is this installation's from now on")
    ] = False,
) -> None:
    """Shows whose database it is; --take makes it this config.toml's."""
    call = CommandContext.of(ctx, writes=True)
    name = maintenance.claim_database(call.app) if take else maintenance.installation_name(call.app)
    if call.json:
        call.answer({"installation": name or None})
    elif take:
        call.print(call.say("cli.installation.taken", name=name))
    else:
        code = "named" if name else "unnamed"
        call.print(call.say(f"cli.installation.{code}", name=name))


def serve(ctx: typer.Context) -> None:
    """Starts the pages and the daily round. MERZIM_NOW replaces the clock."""
    from merzim import metronome

    call = CommandContext.of(ctx, writes=True)
    metronome.serve(call.app, call.clock, tell=call.note, say=call.say, say_in_each=call.say_in_each)


def worker(ctx: typer.Context) -> None:
    """The daily round alone, without pages."""
    from merzim import metronome

    call = CommandContext.of(ctx, writes=True)
    metronome.work(call.app, call.clock, tell=call.note, say=call.say)


def new_key(ctx: typer.Context) -> None:
    """Prints a new random key, which is kept nowhere."""
    from merzim.storage.accounts.encryption import new_key as generate_key

    call, key = CommandContext.of(ctx), generate_key()
    if call.json:
        call.answer({"key": key})
    else:
        call.print(key)


def rotate_key(ctx: typer.Context) -> int:
    """Encrypts everything anew with the present key; older ones are needed for reading only."""
    from merzim.services.administration.settings import encrypt_password

    call = CommandContext.of(ctx, writes=True)
    result = call.app.factors.encrypt(by=call.by, now=call.moment.now)
    encrypt_password(call.ctx)
    if call.json:
        call.answer({"encrypted": result.done, "unreadable": list(result.unreadable)})
    else:
        call.print(call.say("cli.secret_key.rotated", count=result.done))
    if result.unreadable:
        call.note(call.say("cli.secret_key.unreadable", logins=result.unreadable))
    return NOT_SO if result.unreadable else DONE


COMMANDS: dict[str, Callable[..., object]] = {
    "verify": verify,
    "seal": seal,
    "baseline": baseline,
    "rebuild": rebuild,
    "backup": backup,
    "restore": restore,
    "restore-drill": restore_drill,
    "migrate-to": migrate_to,
    "serve": serve,
    "worker": worker,
    "installation": installation,
    "secret-key new": new_key,
    "secret-key rotate": rotate_key,
}
GROUPS = {
    "secret-key": "The key the secrets of second factors are encrypted with.",
}
