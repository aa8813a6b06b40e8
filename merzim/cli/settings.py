"""`merzim settings list|set|history|take-back`: settings that administrators change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount
from merzim.cli.parsing import STDIN
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.administration.settings import SettingHistory, SettingList, SettingsChanged

PASSWORDS = {"channels.email.password": "mail_password"}


class BadPairs(Refusal, ValueError):
    """Keys and values do not come in pairs, or a password stands in the command or did not come."""


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(
        app,
        "settings",
        list=mount("merzim.services.administration.settings:list_settings", _list, arguments=()),
        set=change,
        history=mount("merzim.services.administration.settings:list_setting_changes", _history, arguments=()),
        take_back=mount(
            "merzim.services.administration.settings:take_back_setting", _changed, arguments=("key",)
        ),
    )


def change(
    ctx: typer.Context,
    pairs: Annotated[list[str], typer.Argument(metavar="KEY VALUE")],
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.option.dry_run")] = False,
) -> int:
    from merzim.services.administration.settings import ChangeSettings, change_settings
    from merzim.services.inputs import build

    call = CommandContext.of(ctx)
    call.creates_database = True
    if len(pairs) % 2:
        raise BadPairs("cli.settings.pairs")
    values: dict[str, object] = {"ground": ground, "preview": dry_run}
    changes = []
    for key, text in zip(pairs[::2], pairs[1::2], strict=True):
        if key not in PASSWORDS:
            changes.append({"key": key, "value": text})
        elif text == STDIN:
            values[PASSWORDS[key]] = _password(key)
        else:
            raise BadPairs("cli.settings.stdin", key=key)
    result = change_settings(call.ctx, build(ChangeSettings, {**values, "changes": changes}))
    if call.json:
        call.answer(result.model_dump(mode="json"))
        return DONE
    return _changed(call, None, result)


def _password(key: str) -> str:
    """Return the password on standard input. Raises BadPairs when nothing came."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise BadPairs("cli.settings.no_password", key=key)
    return password


def _list(call: CommandContext, _: object, result: SettingList) -> int:
    from i18n.dates import moment

    rows = [
        (
            *(setting.key, setting.value, call.say(f"setting.source.{setting.source}")),
            *(setting.changed_by, moment(setting.changed_at, call.language) if setting.changed_at else ""),
        )
        for setting in result.settings
    ]
    call.table(("key", "value", "source", "by", "at"), rows)
    call.print("\n" + call.say("web.settings.authority"))
    return DONE


def _history(call: CommandContext, _: object, result: SettingHistory) -> int:
    from i18n.dates import moment

    if result.changes or call.lists:
        rows = [
            (
                moment(change.at, call.language),
                change.by,
                change.key,
                change.before,
                change.after,
                change.ground,
            )
            for change in result.changes
        ]
        call.table(("at", "by", "key", "before", "after", "ground"), rows)
    else:
        call.print(call.say("web.settings.no_history"))
    return DONE


def _changed(call: CommandContext, _: object, result: SettingsChanged) -> int:
    if not result.changes:
        call.print(call.say("web.settings.nothing"))
        return DONE
    rows = [(change.key, change.before, change.after) for change in result.changes]
    call.table(("key", "before", "after"), rows)
    for text in result.effects:
        call.print(text)
    call.print(call.say("cli.settings.preview" if result.preview else "web.administration.said_saved"))
    return DONE
