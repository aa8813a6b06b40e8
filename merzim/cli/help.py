"""Help in three languages: commands and options have codes, texts are `cli.help.*` and `cli.option.*`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from i18n import known_languages
from merzim.cli.call import CommandContext
from merzim.cli.printing import paragraph, table

WRITING = frozenset(
    {
        "import",
        "people",
        "open-year",
        "record-many",
        "replan",
        "attach",
        "remind",
        "deliver",
        "snooze",
        "digest",
        "uploads-through",
        "office-time",
        "seal",
        "baseline",
        "rebuild",
        "restore",
        "serve",
        "worker",
        "installation",
        "calendar-change apply",
        "editions adopt",
        "template take",
        "template choose",
        "risks import",
        "cartogram record",
        "notices acknowledge",
        "notices resend",
        "telegram link",
        "telegram unlink",
        "user add",
        "user change",
        "user remove-totp",
        "reader add",
        "reader remove",
        "secret-key rotate",
    }
)
"""Commands that write, beside mounted verbs: they create the database where there is none. Others refuse."""


class UnknownCommand(typer.TyperException):
    """No command has this name; `suggestions` lists similar ones."""

    def __init__(self, name: str, suggestions: tuple[str, ...]) -> None:
        super().__init__(name)
        self.nearest = suggestions


class Command(TyperCommand):
    """A command whose help is in the user's language.

    The callback of a mounted verb has an attribute `load`, which returns the function with the parameters of
    the verb's model.
    """

    @property
    def params(self) -> list[Any]:
        """The parameters; those of a mounted verb are read on first use."""
        if load := getattr(self.callback, "load", None):
            app = typer.Typer(add_completion=False)
            app.command()(load(self.help))
            loaded = get_command(app)
            self.callback, self._parameters = loaded.callback, loaded.params
        return self._parameters

    @params.setter
    def params(self, parameters: list[Any]) -> None:
        self._parameters = parameters

    def invoke(self, ctx: Any) -> Any:
        """Run the command; only a writing command may create the database."""
        CommandContext.of(ctx).creates_database = ctx.command_path.partition(" ")[2] in WRITING
        return super().invoke(ctx)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the options that begin with a text, with their help in the user's language."""
        helps = {name: parameter.help for parameter in self.params for name in getattr(parameter, "opts", ())}
        return _described(super().shell_complete(ctx, incomplete), helps, ctx)

    def get_help(self, ctx: Any) -> str:
        """Return usage, description and options."""
        call = CommandContext.of(ctx)
        parameters = [parameter for parameter in self.params if parameter.name != "help"]
        pieces = [ctx.command_path, *filter(None, map(usage_of, parameters))]
        options = options_of(parameters, call)
        return "\n".join(
            [
                call.say("cli.usage", line=" ".join(pieces)),
                "",
                paragraph(call.say(self.help or "")),
                *_block(call.say("cli.options"), options),
                *_block(call.say("cli.common_options"), common_options(call)),
            ]
        )

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the code of the first sentence, which the group renders."""
        return self.help or ""


class Group(TyperGroup):
    """A group of commands, listed with the first sentence of each."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; without a command show those of the group."""
        if not args and not ctx.resilient_parsing:
            typer.echo(self.get_help(ctx))
            raise typer.Exit
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command named first. Raises UnknownCommand."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownCommand(args[0], tuple(get_close_matches(args[0], self.commands, n=2)))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the commands that begin with a text, with their help in the user's language."""
        helps = {name: command.help for name, command in self.commands.items()}
        return _described(super().shell_complete(ctx, incomplete), helps, ctx)

    def get_help(self, ctx: Any) -> str:
        """Return usage, description and commands."""
        call = CommandContext.of(ctx)
        return "\n".join(
            [
                call.say("cli.usage", line=f"{ctx.command_path} {call.say('cli.command_word')} ..."),
                "",
                paragraph(call.say(self.help or "cli.help")),
                *_block(call.say("cli.commands"), _commands(self, call)),
                *_block(call.say("cli.common_options"), common_options(call)),
            ]
        )


class OpenGroup(Group):
    """A command that also has subcommands: `notices`, `notices acknowledge`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; without a subcommand run the command itself."""
        return TyperGroup.parse_args(self, ctx, args)

    def get_help(self, ctx: Any) -> str:
        """Return the group's help with the options of its own command."""
        call = CommandContext.of(ctx)
        options = _block(call.say("cli.options"), options_of(self.params, call))
        return "\n".join([super().get_help(ctx), *options])


def _described(items: list[Any], helps: Mapping[str, str | None], ctx: Any) -> list[Any]:
    """Return completions with the first sentence of their help; completions that are not ours are left out."""
    call = CommandContext.of(ctx)
    for item in items:
        item.help = _first_sentence(call.say(helps[item.value] or "")) if helps.get(item.value) else None
    return [item for item in items if item.help]


def add_group(app: typer.Typer, name: str, otherwise: str = "", /, **commands: Callable[..., object]) -> None:
    """Add a group of commands; their help is `cli.help.<group>.<command>` of the catalogues.

    `otherwise`: the command run when the first argument is not the name of a command.
    """

    class Named(Group):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            words = (
                [*args] if not otherwise or not args or args[0] in (*commands, "--help") else [otherwise, *args]
            )
            return super().parse_args(ctx, words)

    code = f"cli.help.{name.replace('-', '_')}"
    group = typer.Typer(cls=Named, help=code, rich_markup_mode=None)
    for key, command in commands.items():
        group.command(key.replace("_", "-"), cls=Command, help=f"{code}.{key}")(command)
    app.add_typer(group, name=name)


def register_shells() -> None:
    """Register the shells Typer can complete for, as Typer does when it builds an application with
    completion.
    """
    other = typer.Typer()
    other.command()(lambda: None)
    get_command(other)


def options_of(parameters: Iterable[Any], call: CommandContext) -> list[tuple[str, str]]:
    """Return the options among the parameters, each with its help."""
    return [
        (_option_name(parameter), call.say(parameter.help or ""))
        for parameter in parameters
        if isinstance(parameter, TyperOption) and not parameter.hidden and parameter.name != "help"
    ]


def _commands(group: TyperGroup, call: CommandContext, *, prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    groups_first = sorted(group.commands.items(), key=lambda item: not isinstance(item[1], TyperGroup))
    for name, command in groups_first:
        if isinstance(command, OpenGroup):
            rows.append((prefix + name, _first_sentence(call.say(command.help or ""))))
        if isinstance(command, TyperGroup):
            rows += _commands(command, call, prefix=f"{prefix}{name} ")
        elif not command.hidden:
            rows.append((prefix + name, _first_sentence(call.say(command.help or ""))))
    return rows


def common_options(call: CommandContext) -> list[tuple[str, str]]:
    """Return the options common to all commands, each with its help."""
    return [
        (f"{name} {metavar}".strip(), call.say("cli.option." + name.removeprefix("--")))
        for name, metavar in (
            ("--config", "FILE"),
            ("--lang", "|".join(known_languages())),
            ("--json", ""),
            ("--xlsx", "FILE"),
            ("--now", "MOMENT"),
        )
    ]


def _block(head: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    entries = list(rows)
    return ["", head, table(["", ""], entries, indent=2)] if entries else []


def _first_sentence(text: str) -> str:
    first, stop, _ = text.partition(". ")
    return first + "." if stop else text


def usage_of(parameter: Any) -> str:
    """Return a parameter as written in a usage line; "" for a hidden one."""
    if isinstance(parameter, TyperArgument):
        name = parameter.metavar or str(parameter.name).upper()
        name = name if parameter.required else f"[{name}]"
        return name + " ..." if parameter.nargs == -1 else name
    if parameter.hidden:
        return ""
    name = _option_name(parameter)
    name = name if parameter.required else f"[{name}]"
    return name + " ..." if parameter.multiple else name


def _option_name(parameter: TyperOption) -> str:
    metavar = "" if parameter.is_flag else (parameter.metavar or "TEXT")
    return f"{parameter.opts[0]} {metavar}".strip()
