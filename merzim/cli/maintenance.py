"""Commands on the installation: its database and copies, `serve` and `worker`, its settings and channels."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from merzim import metronome, settings_file
from merzim.app import build_app
from merzim.cli.call import CommandContext
from merzim.cli.mount import command
from merzim.cli.rendering import as_json
from merzim.services.administration import encrypt_password
from merzim.services.app import AppContext
from merzim.services.configuration import CHANNEL, create_channel, key_place, refuse_bad_address, try_channel
from merzim.services.upkeep import doctor as configuration, maintenance
from merzim.services.upkeep.doctor import diagnose
from merzim.storage.accounts.encryption import new_key as generate_key
from merzim.storage.maintenance.schema import installation_name
from merzim.storage.maintenance.verify import count_recorded_files, damages, unreadable_values
from merzim.storage.refusals import display_address
from workflow.law.library import UnknownAct
from workflow.org.office import Person
from workflow.refusal import Refusal

_HASH = re.compile(r"[0-9a-f]{64}")


@command("verify")
def verify(
    call: CommandContext,
    seal: Annotated[str | None, "a line of merzim seal kept elsewhere: is that seal still here"] = None,
) -> bool:
    """Checks the events with their seals, editions and evidence, and the board.

    Exit code 1 when something does not agree.
    """
    known_seal = _printed_seal(seal) if seal is not None else None
    problems = unreadable_values(call.app.engine) or maintenance.verify(
        call.app, at=call.moment, known_seal=known_seal
    )
    if problems or call.json:
        call.give({"problems": _problems(problems)}, "problems")
    else:
        call.print(call.say("cli.verified"))
    return not problems


@command("seal", writes=True)
def seal(call: CommandContext) -> bool:
    """Seals everything written until now and prints the newest seal in one line: write it down elsewhere."""
    newest_seal = maintenance.seal(call.app, now=call.moment.now)
    if newest_seal is None:
        call.note(call.say("cli.nothing_sealed"))
        return False
    n, at, digest = newest_seal
    moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    call.answer({"n": n, "at": moment, "hash": digest})
    call.print(f"{n} {moment} {digest}")
    return True


def _problems(problems: Iterable[Refusal]) -> list[dict[str, object]]:
    """Return what is wrong as JSON, each with its sentence."""
    return [{"code": problem.code, "message": problem} for problem in problems]


def _printed_seal(line: str) -> tuple[int, str]:
    """Return number and hash from a line that `merzim seal` printed. Raises Refusal."""
    words = line.split()
    if len(words) < 2 or not words[0].isdecimal() or not _HASH.fullmatch(words[-1]):
        raise Refusal("cli.no_seal", line=line)
    return int(words[0]), words[-1]


@command("rebuild", writes=True)
def rebuild(call: CommandContext) -> None:
    """Builds the board anew from the ledger."""
    count = maintenance.rebuild(call.app, at=call.moment)
    call.tell({"cases": count}, "cli.rebuilt", count=count)


@command("backup FILE")
def backup(call: CommandContext, file: Path) -> None:
    """Makes a whole copy of the database; the files of evidence are to be copied apart."""
    maintenance.backup(call.app, file, now=call.moment.now)
    if call.app.stored_secrets():
        _tell_of_key(call, "cli.key_not_in_copy")
    files, folder = count_recorded_files(call.app.engine), str(call.app.settings.evidence.folder)
    call.give({"file": file, "evidence": {"files": files, "folder": folder}}, "file")
    if files:
        call.print(call.say("cli.backed_up_evidence", count=files, folder=folder))


@command("restore FILE", writes=True)
def restore(call: CommandContext, file: Path) -> bool:
    """Puts the database back from a copy; the former is kept in a file. On PostgreSQL only into an empty one.

    Exit code 1 when files of evidence or keys of the copy are missing here.
    """
    before = maintenance.restore(call.app, file)
    unopened = maintenance.unopened_secrets(call.app)
    if call.app.stored_secrets():
        _tell_of_key(call, "cli.key_not_here" if unopened else "cli.key_not_in_copy", count=unopened)
    if damaged := tuple(damages(call.app.engine, call.app.evidence)):
        folder = str(call.app.settings.evidence.folder)
        call.remark(call.say("cli.restored_evidence", count=len(damaged), folder=folder))
    call.give({"file": file, "before": before, "problems": _problems(damaged)}, "file", "before", "problems")
    return not (damaged or unopened)


@command("migrate-to ADDRESS")
def migrate_to(call: CommandContext, address: str) -> bool:
    """Copies the office's SQLite database into an empty PostgreSQL one: postgresql://user@host/name."""
    before = display_address(call.app.engine)
    rows, problems = maintenance.migrate_to(call.app, address, at=call.moment)
    files, folder = count_recorded_files(call.app.engine), str(call.app.settings.evidence.folder)
    counts = {"events": rows["event"], "rows": rows, "evidence_files": files}
    answer = {**counts, "problems": _problems(problems)}
    call.give(answer, "events", "evidence_files", "rows", "problems")
    call.print(call.say("cli.migrated_evidence", count=files, folder=folder))
    call.remark(call.say("cli.migrated_next", before=before))
    if call.app.stored_secrets():
        _tell_of_key(call, "cli.key_moves_along")
    return not problems


def _tell_of_key(call: CommandContext, code: str, *, count: int = 0) -> None:
    """Print where the key is that decrypts the secrets of a database, in this sentence."""
    call.note(call.say(code, where=key_place(call.app.settings, os.environ), count=count))


@command("installation", writes=True)
def installation(
    call: CommandContext,
    take: Annotated[bool, "the database is this installation's from now on"] = False,
) -> None:
    """Shows whose database it is; --take makes it this config.toml's."""
    name = maintenance.claim_database(call.app) if take else installation_name(call.app.engine)
    code = "taken" if take else "named" if name else "unnamed"
    call.tell({"installation": name or None}, f"cli.installation.{code}", name=name)


@command("serve", writes=True)
def serve(call: CommandContext) -> None:
    """Starts the pages and, unless workers do, the rounds and deliveries. MERZIM_NOW replaces the clock."""
    metronome.serve(call.app, call.clock, tell=call.note, say=call.say, say_in_each=call.say_in_each)


@command("worker", writes=True)
def worker(call: CommandContext) -> None:
    """Runs rounds and deliveries alone, without pages."""
    metronome.work(call.app, call.clock, tell=call.note, say=call.say)


@command("secret-key new")
def new_key(call: CommandContext) -> None:
    """Prints a new random key, which is kept nowhere."""
    key = generate_key()
    call.answer({"key": key})
    call.print(key)


@command("secret-key rotate", writes=True)
def rotate_key(call: CommandContext) -> bool:
    """Encrypts second factors and the mail password anew with the present key; older keys then open copies.

    Exit code 1 when a second factor cannot be read.
    """
    count, unreadable = call.app.accounts.encrypt_factors(at=call.moment)
    encrypt_password(call.ctx)
    answer = {"encrypted": count, "unreadable": unreadable}
    call.tell(answer, "cli.secret_key.rotated", count=count)
    if unreadable:
        call.note(call.say("cli.secret_key.unreadable", logins=tuple(unreadable)))
    return not unreadable


@command("check-config")
def check_config(call: CommandContext) -> bool:
    """Names everything wrong with the settings; when nothing is, shows every value and its source.

    Exit code 1 when something is wrong.
    """
    read, app, problems = _checked_office(call)
    settings = app.settings
    browser_keys, in_clear = settings.from_browser, read.settings.in_clear
    sources = {**read.sources, **dict.fromkeys(browser_keys, call.say("cli.in_browser"))}
    values = () if problems else configuration.values(settings)
    lines = [{"key": key, "value": value, "source": sources.get(key, "")} for key, value in values]
    answer = {"file": read.settings.file, "problems": _problems(problems), "in_clear": in_clear}
    call.answer({**answer, "settings": lines})
    shown = [{**line, "value": _line(call, line["value"])} for line in lines]
    call.show({**answer, "settings": shown}, "problems", "settings", "key", "source", "value")
    if not problems:
        call.print("\n" + call.say("cli.config_holds"))
    if browser_keys:
        call.print(call.say("cli.config_overridden", keys=tuple(sorted(browser_keys))))
    for key in in_clear:
        call.remark(call.say("cli.secret_in_clear", file=str(read.settings.file), key=key))
    return not problems


def _line(call: CommandContext, value: object) -> str:
    """Return the value of a setting in one line."""
    return value if isinstance(value, str) else as_json(value, call.language, indent=None)


def _checked_office(call: CommandContext) -> tuple[settings_file.SettingsCheck, AppContext, list[Refusal]]:
    """Return the settings file as read, the application with the browser's changes, and all problems."""
    read = settings_file.check(call.settings_file, at=Path.cwd())
    app = call.opened(build_app(read.settings, clock=lambda: call.moment))
    problems = [*read.problems, *configuration.problems(app.settings, os.environ)]
    try:
        app.library.known_acts(app.settings.regulations.acts)
    except UnknownAct as unknown:
        problems.append(unknown)
    except Refusal:
        # A folder of own editions that cannot be read is among the problems already.
        pass
    return read, app, problems


@command("doctor")
def doctor(call: CommandContext) -> bool:
    """Checks the installation on one page and says what to do.

    Sends no letter, changes nothing. Exit code 1 when something is wrong.
    """
    _, app, problems = _checked_office(call)
    checks = list(diagnose(app, problems))
    rows = [
        {
            "check": check.name,
            "state": check.state,
            "message": check,
            "advice": call.say(f"doctor.advice.{check.advice}") if check.advice else "",
        }
        for check in checks
    ]
    shows = ("state", "check", "message", "advice")
    call.give({"checks": rows}, "checks", *shows, state="doctor.state", check="doctor.name")
    return all(check.state != "problem" for check in checks)


@command("test-mail ADDRESS")
def test_mail(call: CommandContext, address: str) -> bool:
    """Sends one test letter and shows what the server answered. Exit code 1 when it did not leave."""
    refuse_bad_address(address)
    settings = call.app.present().settings
    person = Person(key=address, name="", unit="", email=address, language=call.language)
    channel = create_channel(CHANNEL, settings)
    outcome = try_channel(channel, person, settings, now=call.moment.now)
    sent = outcome.state == "sent"
    answer = {"address": address, "sent": sent, "answer": outcome.answer}
    code = "cli.test_mail_sent" if sent else "cli.test_mail_refused"
    call.tell(answer, code, address=address, answer=outcome.answer)
    return sent
