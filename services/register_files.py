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
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from workflow.registers.definition import Register

FOLDER = "registers"
"""The folder of registers, among the shipped regulations and in an organisation's own folder."""


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
    return _read(path.name, path.read_bytes())


def shipped_register_files() -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the shipped files."""
    for file in sorted((files("regulations") / FOLDER).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_bytes()


@cache
def _read(name: str, text: bytes) -> Register:
    """Parse a register. Cached: a process parses the same text once."""
    from workflow.law.reader.register import read_register

    return read_register(name, text)
