"""Options common to all commands, accepted anywhere on the line: --config, --lang, --json, --now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workflow.refusal import Refusal

_VALUED = ("--config", "--lang", "--now")
_NEGATIVE = re.compile(r"-\d+$")
MINUS = "\N{MINUS SIGN}"


class MissingValue(Refusal):
    """An option at the end of the line has no value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonOptions:
    """Values of the common options; None for those not given."""

    config: str | None = None
    language: str | None = None
    json: bool = False
    now: str | None = None


def split(arguments: Sequence[str]) -> tuple[CommonOptions, list[str]]:
    """Split a command line into its common options and the rest.

    Arguments after `--` are left unchanged. A negative number gets a Unicode minus sign, so that the parser
    does not take it for an option (`merzim calendar add 2026-05-12 -5`).

    Raises:
        MissingValue: an option without its value.
    """
    common, other_arguments = CommonOptions(), list[str]()
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        name, equals, value = argument.partition("=")
        if argument == "--":
            return common, [*other_arguments, argument, *remaining]
        if argument == "--json":
            common = replace(common, json=True)
        elif name in _VALUED:
            if not equals:
                if not remaining:
                    raise MissingValue("cli.missing_value", option=name)
                value = remaining.pop(0)
            common = _with(common, name, value)
        elif _NEGATIVE.match(argument):
            other_arguments.append(MINUS + argument[1:])
        else:
            other_arguments.append(argument)
    return common, other_arguments


def _with(common: CommonOptions, name: str, value: str) -> CommonOptions:
    """Return the options with one value set."""
    match name:
        case "--config":
            return replace(common, config=value)
        case "--lang":
            return replace(common, language=value)
        case _:
            return replace(common, now=value)
