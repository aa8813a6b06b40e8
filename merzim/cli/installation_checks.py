"""The commands that check an installation: `doctor` and `test-mail`."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from merzim import settings_file
from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.settings import Settings
from workflow.refusal import Refusal


def check_config(ctx: typer.Context) -> int:
    """Names everything wrong with the settings; when nothing is, shows every value and its source.

    Exit code 1 when something is wrong.
    """
    from merzim.services.upkeep import check_config as configuration

    call = CommandContext.of(ctx)
    read = settings_file.check(call.settings_file, at=Path.cwd())
    settings = _with_browser(read.settings)
    problems = [*read.problems, *configuration.problems(settings, os.environ)]
    browser_keys = settings.from_browser
    sources = {**read.sources, **dict.fromkeys(browser_keys, call.say("cli.in_browser"))}
    values = () if problems else configuration.values(settings)
    rows = [(key, value, sources.get(key, "")) for key, value in values]
    in_clear = read.settings.in_clear
    if call.json:
        call.answer(
            {
                "file": read.file,
                "problems": [{"code": problem.code, "message": call.refusal(problem)} for problem in problems],
                "in_clear": in_clear,
                "settings": [{"key": key, "value": value, "source": source} for key, value, source in rows],
            }
        )
        return NOT_SO if problems else DONE
    for problem in problems:
        call.print(call.refusal(problem))
    if not problems:
        lines = [(key, source or call.say("cli.built_in"), _line(value)) for key, value, source in rows]
        call.table(("key", "source", "value"), lines)
        call.print("\n" + call.say("cli.config_holds"))
    if browser_keys:
        call.print(call.say("cli.config_overridden", keys=tuple(sorted(browser_keys))))
    for key in in_clear:
        call.note(call.say("cli.secret_in_clear", file=str(read.file), key=key))
    return NOT_SO if problems else DONE


def _with_browser(settings: Settings) -> Settings:
    """Return the settings with those changed in the browser laid over them, where a database answers."""
    from merzim.app import build_app

    app = build_app(settings)
    try:
        with suppress(Refusal):
            app.lay_over_stored_settings()
        return app.settings
    finally:
        app.close()


def doctor(ctx: typer.Context) -> int:
    """Checks the installation on one page and says what to do.

    Sends no letter, changes nothing. Exit code 1 when something is wrong.
    """
    from merzim.app import build_app
    from merzim.services.upkeep import check_config as configuration
    from merzim.services.upkeep.doctor import Check, diagnose

    call = CommandContext.of(ctx)
    read = settings_file.check(call.settings_file, at=Path.cwd())
    settings = _with_browser(read.settings)
    problems = [*read.problems, *configuration.problems(settings, os.environ)]

    def message(check: Check) -> str:
        reason = call.refusal(check.refusal) if check.refusal else ""
        return call.say(check.code, **check.arguments, reason=reason) if check.code else reason

    def advice(check: Check) -> str:
        return call.say(f"doctor.advice.{check.advice}") if check.advice else ""

    app = build_app(read.settings, clock=lambda: call.moment)
    try:
        checks = list(diagnose(app, problems))
    finally:
        app.close()
    if call.json:
        rows = [
            {"check": check.name, "state": check.state, "message": message(check), "advice": advice(check)}
            for check in checks
        ]
        call.answer({"checks": rows})
    else:
        call.table(
            ("state", "check", "result"),
            [
                (
                    call.say(f"doctor.state.{check.state}"),
                    call.say(f"doctor.name.{check.name}"),
                    " → ".join(filter(None, (message(check), advice(check)))),
                )
                for check in checks
            ],
        )
    return NOT_SO if any(check.state == "problem" for check in checks) else DONE


def test_mail(ctx: typer.Context, address: Annotated[str, typer.Argument(metavar="ADDRESS")]) -> int:
    """Sends one test letter and shows what the server answered. Exit code 1 when it did not leave."""
    from merzim.services.connections.channels import CHANNEL, refuse_bad_address, try_channel
    from merzim.services.upkeep.check_config import create_unlinked_channel
    from workflow.org.office import Person

    call = CommandContext.of(ctx)
    refuse_bad_address(address)
    settings = call.settings_in_force
    person = Person(key=address, name="", unit="", email=address, language=call.language)
    if f"channels.{CHANNEL}.password" in settings.undecrypted:
        raise settings.undecrypted[f"channels.{CHANNEL}.password"]
    channel = create_unlinked_channel(CHANNEL, settings)
    outcome = try_channel(channel, person, settings, now=call.moment.now)
    sent = outcome.state == "sent"
    if call.json:
        call.answer({"address": address, "sent": sent, "answer": outcome.answer})
    else:
        code = "cli.test_mail_sent" if sent else "cli.test_mail_refused"
        call.print(call.say(code, address=address, answer=outcome.answer))
    return DONE if sent else NOT_SO


def _line(value: object) -> str:
    from json import dumps

    from merzim.cli.printing import plain

    value = "" if value is None else plain(value)
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


COMMANDS: dict[str, Callable[..., object]] = {
    "check-config": check_config,
    "doctor": doctor,
    "test-mail": test_mail,
}
