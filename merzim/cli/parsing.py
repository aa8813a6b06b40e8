"""Parses what is typed: the options of all commands, dates, numbers, NAME=VALUE, evidence."""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentError, ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import Field

from merzim.documents.sheets.texts import is_web_address
from merzim.services.inputs import EvidenceInput, OpenFile
from workflow.law.library import known_fact
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from workflow.law.procedure import Procedure

Unit = Annotated[str, "the unit"]
Year = Annotated[int, Field(ge=0, description="the calendar year")]
DryRun = Annotated[bool, "show what would be, write nothing"]
ProcedureOption = Annotated[str, "the procedure; internal-analysis by default"]
PROCEDURE = "internal-analysis"
MINUS = "\N{MINUS SIGN}"
V = TypeVar("V")

_COMMON = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False, argument_default=SUPPRESS)
_COMMON.add_argument("--config")
_COMMON.add_argument("--lang", dest="language")
_COMMON.add_argument("--json", action="store_true")
_COMMON.add_argument("--now")
_COMMON.add_argument("--version", action="store_true")
_NEGATIVE = re.compile(r"-\d+$")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_KIND = re.compile(r"([a-z_:-]+)=(.+)", re.DOTALL)
_DATED = re.compile(r"(.+)@(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.\d{2,4})", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonOptions:
    """Values of the common options; None for those not given."""

    config: str | None = None
    language: str | None = None
    json: bool = False
    now: str | None = None
    version: bool = False


def split_common_options(arguments: Sequence[str]) -> tuple[CommonOptions, list[str]]:
    """Split a command line into its common options and the rest.

    Arguments after `--` are left unchanged. A negative number gets a Unicode minus sign, so that the parser
    does not take it for an option (`merzim calendar add 2026-05-12 -5`).

    Raises:
        Refusal: an option without its value, or --json with one.
    """
    end = [*arguments, "--"].index("--")
    try:
        common, others = _COMMON.parse_known_args(arguments[:end])
    except ArgumentError as error:
        code = "cli.missing_value" if "expected" in error.message else "cli.takes_no_value"
        raise Refusal(code, option=error.argument_name) from None
    others = [MINUS + each[1:] if _NEGATIVE.match(each) else each for each in others]
    return CommonOptions(**vars(common)), [*others, *arguments[end:]]


def day(text: str, where: str) -> date:
    """Parse a date as people write it: 2026-04-13, 13.04.2026 or 13.04.26.

    Raises:
        Refusal: not a date, or an impossible one (31.02.26).
    """
    match = _ISO.fullmatch(text.strip()) or _DOTTED.fullmatch(text.strip())
    try:
        if match:
            year = match["year"] if len(match["year"]) == 4 else "20" + match["year"]
            return date(int(year), int(match["month"]), int(match["day"]))
    except ValueError:
        pass
    raise Refusal("impossible_date", text=text, where=where)


def period(text: str, where: str) -> list[date]:
    """Parse two days written FIRST..LAST. Raises Refusal."""
    return [day(part, where) for part in text.split("..") if part.strip()]


def number(text: str, where: str, *, first: int | None = None, last: int | None = None) -> int:
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


def amount(text: str, where: str) -> Decimal:
    """Parse a number with decimal point or comma. Raises ValueError."""
    plain = re.sub(r"\s", "", text).replace(",", ".").replace(MINUS, "-")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(where)
    return Decimal(plain)


def text(text: str, where: str) -> str:
    """Return a text as it is."""
    return text


def named(
    pairs: Iterable[str], where: str, value: Callable[[str, str], V], *, code: str, sign: str = "="
) -> dict[str, V]:
    """Parse any number of NAME=VALUE.

    Raises:
        Refusal: `code` for a pair without name, sign or proper value; one name with two values.
    """
    values: dict[str, V] = {}
    for pair in pairs:
        name, given, written = (part.strip() for part in pair.partition(sign))
        try:
            parsed = value(written, f"{where} {name}") if name and given else None
        except ValueError:
            parsed = None
        if parsed is None:
            raise Refusal(code, text=pair, where=where)
        if values.setdefault(name, parsed) != parsed:
            raise Refusal("cli.named_twice", name=name, where=where)
    return values


named_days = partial(named, value=day, code="cli.not_a_named_date")
named_numbers = partial(named, value=amount, code="cli.not_named_number")
named_texts = partial(named, value=text, code="cli.not_a_named_text")


def evidence(
    written: str, procedure: Procedure, fact: str, open_file: Callable[[str], OpenFile]
) -> EvidenceInput:
    """Parse an --evidence argument, `[KIND=]FILE|URL[@DATE]`.

    A kind may be given without its sort ("site" is "link:site"). Without a kind, the obligation's only kind of
    that sort is used, if there is just one.

    Raises:
        Refusal: a kind the obligation does not have; neither a link nor an existing file.
    """
    obligation = known_fact(procedure, fact)
    allowed = obligation.evidence
    kind, place, published = "", written, None
    if (match := _KIND.fullmatch(written)) and not _is_file(written):
        kind, place = match.groups()
        kind = next((name for name in allowed if kind in (name, name.partition(":")[2])), kind)
        if kind not in allowed:
            raise Refusal("cli.unknown_evidence", kind=kind, title=obligation.title, allowed=allowed)
    if match := _DATED.fullmatch(place):
        place, published = match[1], day(match[2], "--evidence")
    is_link = place.lower().startswith(("http:", "https:"))
    if is_link and not is_web_address(place):
        raise Refusal("cli.bad_link", text=place[:100])
    if not is_link and not _is_file(place):
        raise Refusal("cli.no_such_file", file=place)
    of_sort = [name for name in allowed if name.startswith("link:" if is_link else "document:")]
    return EvidenceInput(
        kind=kind or (of_sort[0] if len(of_sort) == 1 else ""),
        address=place if is_link else None,
        content=None if is_link else open_file(place),
        published_on=published,
    )


def _is_file(text: str) -> bool:
    """Return whether a file is at this path; False for a text that can be no path."""
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long to be a name, say
        return False
