"""Reads registers and the scoring in regulation files: the shipped ones, and the organisation's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

from i18n import date_long, knows, money, number, say
from merzim.documents.sheets.workbook import contents
from merzim.services.regulations.editions import REGISTERS, LeftOutFile, read_register, shipped_files
from merzim.settings import Settings
from workflow.cases.registers.risk_lists import Words
from workflow.languages import LANGUAGES
from workflow.law.files import Problem, UnreadableRegulation
from workflow.refusal import Refusal
from workflow.registers.definition import Register, RegisterField, Registers
from workflow.registers.values import is_filled
from workflow.scoring.scale import Scoring, read_scoring
from workflow.search_words import normalise, search_words

IN_CASES = "cases"
"""The subfolder of shipped registers whose rows are events of a case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterFiles:
    """The registers read, and own files that were left out."""

    registers: tuple[Register, ...]
    left_out: tuple[LeftOutFile, ...] = ()


def read_registers(settings: Settings) -> RegisterFiles:
    """Read every register. An own file that cannot be used is left out; an own one may replace a shipped one.

    Raises:
        Refusal: a shipped file that cannot be read.
    """
    registers = {
        register.edition: register for register in (read_register(*file) for file in shipped_register_files())
    }
    left_out = []
    for path in own_register_files(settings.regulations.folder):
        try:
            register = read_own_register(path)
        except Refusal as refusal:
            left_out.append(LeftOutFile(file=path.name, refusal=refusal))
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            unreadable = Refusal("law.unreadable_file", file=path.name, problem=problem)
            left_out.append(LeftOutFile(file=path.name, refusal=unreadable))
        else:
            registers[register.edition] = register
    return RegisterFiles(registers=tuple(registers.values()), left_out=tuple(left_out))


def own_register_files(folder: Path | None) -> Iterator[Path]:
    """Yield the register files inside a folder of own regulations."""
    if folder is not None and (folder / REGISTERS).is_dir():
        yield from sorted((folder / REGISTERS).glob("*.toml"))


def read_own_register(path: Path) -> Register:
    """Read one own register file. Raises Refusal, OSError."""
    register = read_register(path.name, path.read_bytes())
    if register.entry is not None:
        # The rows of these are events of cases, which every installation reads alike.
        raise UnreadableRegulation(path.name, [Problem("reserved", "id", {"value": register.id})])
    return register


@cache
def case_registers() -> Registers:
    """Return the registers whose rows are events of a case: risks, measures, positions, remarks."""
    return Registers(read_register(*file) for file in shipped_register_files(f"{REGISTERS}/{IN_CASES}"))


@cache
def row_field(name: str) -> RegisterField | None:
    """Return the field with that id of rows of cases or of their actions; None if there is none."""
    for register in case_registers().all():
        for fields in (register.fields, *(action.fields for action in register.actions.values())):
            if name in fields:
                return fields[name]
    return None


def option_title(field: str, option: str, language: str) -> str:
    """Return the title of an option of a field of such rows; the id itself if it no longer exists.

    The text for no choice is in the catalogues: `risk.outcome.none`.
    """
    if knows(code := f"risk.{field}.{option}"):
        return say(code, {}, language)
    known_field = row_field(field)
    field_option = known_field.option(option) if known_field else None
    return field_option.title[language] if field_option else option


def row_words(text: str) -> Words:
    """Return the search words for rows of cases: each word itself, and the options it may name."""
    fields = [field for register in case_registers().all() for field in register.fields.values()]
    options = {
        f"{field.id}={option.id}": " ".join(normalise(option.title[language]) for language in LANGUAGES)
        for field in fields
        for option in field.options
    }
    return tuple(
        (word, *(token for token, titles in options.items() if word in titles)) for word in search_words(text)
    )


def extra_values(register_id: str, extra: Mapping[str, object], language: str) -> dict[str, str]:
    """Return the values of fields defined only in the register's file, formatted for documents."""
    fields = case_registers().latest(register_id).fields
    return {
        name: _text(fields[name], value, language)
        for name, value in extra.items()
        if name in fields and is_filled(value)
    }


def _text(field: RegisterField, value: object, language: str) -> str:
    match field.kind:
        case "date":
            return date_long(date.fromisoformat(str(value)), language)
        case "number" | "money":
            unit = f" {field.unit[language]}" if field.unit else ""
            write_number = money if field.kind == "money" else number
            return write_number(Decimal(str(value)), language) + unit
        case "yes_no":
            return say("register.yes" if value else "register.no", {}, language)
    return option_title(field.id, str(value), language) if field.options else str(value)


def shipped_register_files(folder: str = REGISTERS) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the shipped register files."""
    return ((file.name, file.read_bytes()) for file in shipped_files(folder))


class NotJson(Refusal, ValueError):
    """A file of inputs that is not JSON, or repeats a name."""


@cache
def scoring() -> Scoring:
    """Return the latest shipped scoring edition."""

    # The folder of regulations is no Python module: find it by name.
    folder = files("regulations") / "scoring"
    toml_files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return max(
        (read_scoring(file.name, file.read_bytes()) for file in toml_files),
        key=lambda edition: edition.in_force,
    )


def read_input_file(file: Path) -> object:
    """Read a file of inputs as JSON values.

    Raises:
        NotJson: not JSON in UTF-8, or a name repeated in one object.
        UnreadablePaper: the file cannot be opened, or is too large.
    """

    def refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
        record: dict[str, object] = {}
        for name, value in pairs:
            if name in record:
                raise NotJson("score.named_twice", file=file.name, name=name)
            record[name] = value
        return record

    try:
        return json.loads(contents(file, file.name).decode("utf-8-sig"), object_pairs_hook=refuse_duplicates)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NotJson):
            raise
        raise NotJson("score.not_json", file=file.name, detail=str(error)) from error
