"""Parses command line arguments: options common to all commands, dates, numbers, NAME=DATE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from workflow.refusal import Refusal


def place(parameter: Any) -> str:
    """Return where on the line a parameter of the parser is given: `--ground`, or CASE."""
    flags = [flag for flag in parameter.opts if flag.startswith("-")]
    return flags[0] if flags else str(parameter.metavar or parameter.name.upper())


Unit = Annotated[str, "the unit"]
Year = Annotated[int, Field(ge=0, description="the calendar year")]
DryRun = Annotated[bool, "show what would be, write nothing"]
ProcedureOption = Annotated[str, "the procedure; internal-analysis by default"]
PROCEDURE = "internal-analysis"

_VALUED = {"--config": "config", "--lang": "language", "--now": "now"}
"""Common options with a value -> their fields."""
_NEGATIVE = re.compile(r"-\d+$")
MINUS = "\N{MINUS SIGN}"

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonOptions:
    """Values of the common options; None for those not given."""

    config: str | None = None
    language: str | None = None
    json: bool = False
    now: str | None = None


def split_common_options(arguments: Sequence[str]) -> tuple[CommonOptions, list[str]]:
    """Split a command line into its common options and the rest.

    Arguments after `--` are left unchanged. A negative number gets a Unicode minus sign, so that the parser
    does not take it for an option (`merzim calendar add 2026-05-12 -5`).

    Raises:
        Refusal: an option without its value.
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
                    raise Refusal("cli.missing_value", option=name)
                value = remaining.pop(0)
            given: dict[str, Any] = {_VALUED[name]: value}
            common = replace(common, **given)
        elif _NEGATIVE.match(argument):
            other_arguments.append(MINUS + argument[1:])
        else:
            other_arguments.append(argument)
    return common, other_arguments


def day(text: str, *, where: str) -> date:
    """Parse a date as people write it: 2026-04-13, 13.04.2026 or 13.04.26.

    Raises:
        Refusal: not a date, or an impossible one (31.02.26).
    """
    text_date = text.strip()
    try:
        if match := _ISO.fullmatch(text_date):
            year, month, number = (int(part) for part in match.groups())
            return date(year, month, number)
        if match := _DOTTED.fullmatch(text_date):
            number, month, year = (int(part) for part in match.groups())
            return date(year if year > 99 else 2000 + year, month, number)
    except ValueError:
        pass
    raise Refusal("impossible_date", text=text, where=where)


def number(text: str, *, where: str, first: int | None = None, last: int | None = None) -> int:
    """Parse a whole number, with either minus sign.

    Raises:
        Refusal: not a number, or one outside the bounds.
    """
    try:
        value = int(text.replace(MINUS, "-"))
    except ValueError:
        raise Refusal("cli.not_a_number", text=text, where=where) from None
    if (first is not None and value < first) or (last is not None and value > last):
        raise Refusal("cli.number_out_of_bounds", text=text, where=where, first=first, last=last)
    return value


def named_numbers(pairs: Iterable[str] | None, *, where: str) -> dict[str, Decimal]:
    """Parse any number of NAME=NUMBER, with decimal point or comma; no name twice. Raises Refusal."""

    def parse(text: str, pair: str) -> Decimal:
        plain = re.sub(r"\s", "", text).replace(",", ".").replace(MINUS, "-")
        if not _NUMBER.fullmatch(plain):
            raise Refusal("cli.not_named_number", text=pair, where=where)
        return Decimal(plain)

    named = _pairs(pairs, "cli.not_named_number", where)
    return {name: parse(text, pair) for name, text, pair in named}


def named_texts(pairs: Iterable[str] | None, *, where: str) -> dict[str, str]:
    """Parse any number of NAME=TEXT, each name at most once. Raises Refusal."""
    return {name: text for name, text, _ in _pairs(pairs, "cli.not_a_named_text", where)}


def named_days(pairs: Iterable[str] | None, *, where: str) -> dict[str, date]:
    """Parse any number of NAME=DATE. Raises Refusal, also for one name with two dates."""
    days: dict[str, date] = {}
    for pair in pairs or ():
        ((name, text, _),) = _pairs([pair], "cli.not_a_named_date", where)
        value = day(text, where=f"{where} {name}")
        if days.setdefault(name, value) != value:
            raise Refusal("cli.named_twice", name=name, where=where)
    return days


def answers_on(texts: Iterable[str] | None, *, where: str) -> dict[str, date]:
    """Parse any number of D=OPTION@DATE; return the day of each `D=OPTION`. Raises Refusal."""
    if wrong := next((text for text in texts or () if not all(text.rpartition("@")[0].partition("="))), None):
        raise Refusal("cli.not_an_answer", text=wrong, where=where)
    named = _pairs(texts, "cli.not_an_answer", where, sign="@")
    return {answer: day(text, where=where) for answer, text, _ in named}


def _pairs(
    pairs: Iterable[str] | None, code: str, where: str, *, sign: str = "="
) -> Iterator[tuple[str, str, str]]:
    """Yield name, text and pair of each NAME=TEXT, which may hold an empty text.

    Raises:
        Refusal: `code` for a pair without a name or the sign; a name twice.
    """
    names = set[str]()
    for pair in pairs or ():
        name, given, text = (part.strip() for part in pair.partition(sign))
        if not name or not given:
            raise Refusal(code, text=pair, where=where)
        if name in names:
            raise Refusal("cli.named_twice", name=name, where=where)
        names.add(name)
        yield name, text, pair
