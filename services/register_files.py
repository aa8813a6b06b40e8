"""The registers of the regulation files: the shipped ones, and an organisation's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from services.editions import LeftOutFile
from services.settings import Settings
from workflow.law.reader.table import Problem, UnreadableRegulation
from workflow.refusal import Refusal
from workflow.registers.definition import Registers

if TYPE_CHECKING:
    from workflow.registers.definition import Register, RegisterField

FOLDER = "registers"
"""The folder of registers, among the shipped regulations and in an organisation's own folder."""
IN_CASES = "cases"
"""Inside it the folder of those whose rows are lines of the chain of a case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterFiles:
    """What was read: registers, and own files that were left out."""

    registers: tuple[Register, ...]
    left_out: tuple[LeftOutFile, ...] = ()


def read_registers(settings: Settings) -> RegisterFiles:
    """Read every register. An own file that cannot be used is left out; an own one may replace a shipped one.

    Raises:
        Refusal: a shipped file that cannot be read.
    """
    found = {register.edition: register for register in (_read(*file) for file in shipped_register_files())}
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
            found[register.edition] = register
    return RegisterFiles(registers=tuple(found.values()), left_out=tuple(left_out))


def own_register_files(folder: Path | None) -> Iterator[Path]:
    """Yield the register files inside a folder of own regulations."""
    if folder is not None and (folder / FOLDER).is_dir():
        yield from sorted((folder / FOLDER).glob("*.toml"))


def read_own_register(path: Path) -> Register:
    """Read one own file. Raises Refusal, OSError."""
    register = _read(path.name, path.read_bytes())
    if register.entry is not None:
        # The rows of these are events of cases, which every installation reads alike.
        raise UnreadableRegulation(path.name, [Problem("reserved", "id", {"value": register.id})])
    return register


@cache
def case_registers() -> Registers:
    """Return the registers whose rows are lines of the chain of a case: risks, measures, positions, remarks."""
    return Registers(_read(*file) for file in shipped_register_files(f"{FOLDER}/{IN_CASES}"))


@cache
def row_field(name: str) -> RegisterField | None:
    """Return the field of that id of rows of cases, or of what happens to them; None where there is none."""
    for register in case_registers().all():
        for fields in (register.fields, *(action.fields for action in register.actions.values())):
            if name in fields:
                return fields[name]
    return None


def option_title(field: str, option: str, language: str) -> str:
    """Return what an option of a field of such rows is called; the option itself where it is none any more.

    What a field says where nothing was chosen stands in the catalogues: `risk.outcome.none`.
    """
    from i18n import knows, say

    if knows(code := f"risk.{field}.{option}"):
        return say(code, {}, language)
    known = row_field(field)
    found = known.option(option) if known else None
    return found.title[language] if found else option


def shipped_register_files(folder: str = FOLDER) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the shipped files."""
    for file in sorted((files("regulations").joinpath(folder)).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_bytes()


@cache
def _read(name: str, text: bytes) -> Register:
    """Parse a register. Cached: a process parses the same text once."""
    from workflow.law.reader.register import read_register

    return read_register(name, text)
