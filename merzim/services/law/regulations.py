"""Reads the law an office works by: shipped and own editions, registers, points; and titles from registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar, get_args

import i18n
from i18n import knows, say
from i18n.entries import where
from merzim.settings import BadSetting, Function, OfficeSettings, Settings
from workflow.cases.registers.risks import Words
from workflow.languages import LANGUAGES
from workflow.law.files import Shared, UnreadableRegulation, parsed, problem, read_file
from workflow.law.library import ALONE, read_edition
from workflow.law.procedure import Procedure, Text
from workflow.refusal import Refusal
from workflow.registers import reading
from workflow.registers.definition import Register, RegisterField, Registers
from workflow.scoring.indicators import Scoring
from workflow.search_words import normalise, search_words

T = TypeVar("T")
REGISTERS = "registers"
"""Name of the folder of registers, in the shipped regulations and in an organisation's own folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOutFile:
    """An own file that cannot be used. `adopted`: whether the text the office adopted last is used instead."""

    file: str
    refusal: Refusal
    adopted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadEditions:
    """The editions read, the texts of own ones by edition, and own files that were left out."""

    editions: tuple[Procedure, ...]
    own: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOutFile, ...] = ()


Bodies = tuple[tuple[Function | None, date, date | None, Text], ...]
"""What bodies are authorised in, since and until when, and their names: what of the settings the law names."""


def bodies_of(settings: OfficeSettings) -> Bodies:
    """Return the authorised bodies of the settings."""
    return tuple(
        (body.function, body.since, body.until, Text(**body.name)) for body in settings.authorised_body
    )


SHIPPED_BODIES = bodies_of(OfficeSettings())


def _with_bodies(bodies: Bodies, text: str, language: str, law_in_force: date) -> str:
    """Return a text of the law with the names of the authorised bodies it speaks of: of each function the
    newest one that did not end before the law came into force, and since when if it was authorised later.
    """
    for function in get_args(Function) if "_body}" in text else ():
        authorised = [
            (since, name)
            for of_function, since, until, name in bodies
            if of_function in (None, function) and (until is None or until >= law_in_force)
        ]
        since, name = authorised[-1] if authorised else (law_in_force, _NOBODY)
        code = "authority.since" if since > law_in_force else "authority.name"
        named = say(code, {"since": since, "name": name[language]}, language)
        text = text.replace(f"{{{function}_body}}", named)
    return text


_NOBODY = Text(kk="–", ru="–", en="–")


def read_editions(settings: Settings, adopted: Mapping[str, str]) -> ReadEditions:
    """Read the shipped editions and the own ones, whose words are added to the catalogues; an own file that
    cannot be used is left out, or read as last adopted.

    `adopted`: TOML texts of own editions, by edition. Raises BadSetting: there is no folder of own ones.
    """
    bodies = bodies_of(settings.office)
    read_shipped = (_read_edition(file.name, file.read_bytes(), bodies) for file in shipped_files())
    shipped = {edition.edition: edition for edition in read_shipped}

    def read(path: Path) -> Procedure:
        edition = read_own(path, bodies)
        for unknown_word in unknown_words(edition, path.name):
            raise unknown_word
        if edition.edition in shipped:
            raise Refusal("regulation.two_editions", edition=edition.edition)
        return edition

    usable, left_out = read_each(own_files(settings), read)
    texts = {edition.edition: path.read_text(encoding="utf-8-sig") for path, edition in usable}
    instead = [
        _read_edition(f"{name}.toml", text.encode(), bodies)
        for name, text in adopted.items()
        if name not in {*shipped, *texts}
    ]
    own = [*(edition for _, edition in usable), *instead]
    for code, title in (word for edition in own for word in edition.words.items()):
        i18n.add_word(code, {str(language): title[language] for language in i18n.LANGUAGES})
    names = {f"{edition.edition}.toml" for edition in instead}
    left_out = tuple(replace(unused, adopted=unused.file in names) for unused in left_out)
    return ReadEditions(editions=(*shipped.values(), *own), own=texts, left_out=left_out)


def read_each(
    paths: Iterable[Path], read: Callable[[Path], T]
) -> tuple[list[tuple[Path, T]], tuple[LeftOutFile, ...]]:
    """Return what each own file says, and those that cannot be used."""
    usable, left_out = [], []
    for path in paths:
        try:
            usable.append((path, read(path)))
        except Refusal as refusal:
            left_out.append(LeftOutFile(file=path.name, refusal=refusal))
    return usable, tuple(left_out)


def unknown_words(edition: Procedure, file: str) -> Iterator[Refusal]:
    """Yield each kind of evidence or number in an own edition without a name, in it or in the product."""
    for obligation in edition.obligations:
        for prefix, names in (("evidence", obligation.evidence), ("value", obligation.values)):
            for name in names:
                code = f"{prefix}.{name}"
                if code not in edition.words and not (i18n.knows(code) and where(code)):
                    said = {"file": file, "obligation": obligation.id, "word": name}
                    yield Refusal("law.unknown_word", **said, table=f"[[{prefix}]]")


def own_files(settings: Settings, folder: Path | None = None, *, within: str = "") -> Iterator[Path]:
    """Yield the files of own editions in the folder given or that of config.toml, or in a folder `within` it,
    which it may lack. Raises BadSetting: there is no such folder.
    """
    own_folder = folder or settings.regulations.folder
    if own_folder is None:
        return
    if not own_folder.is_dir():
        key = "FOLDER" if folder else "regulations.folder"
        raise BadSetting("cli.no_folder", file=str(settings.file), key=key, folder=str(own_folder))
    yield from sorted((own_folder / within).glob("*.toml"))


def read_own(path: Path, bodies: Bodies = SHIPPED_BODIES) -> Procedure:
    """Read one own edition file. Raises Refusal."""
    edition = _read_edition(path.name, _content(path), bodies)
    if edition.id == ALONE.id:
        # Its cases would be taken for assignments.
        raise UnreadableRegulation(path.name, [problem("reserved", "id", value=edition.id)])
    return edition


def _content(path: Path) -> bytes:
    """Return the content of an own file. Raises Refusal: it cannot be opened."""
    try:
        return path.read_bytes()
    except OSError as trouble:
        problem = trouble.strerror or str(trouble)
        raise Refusal("law.unreadable_file", file=path.name, problem=problem) from trouble


def shipped_files(folder: str = "") -> Iterator[Traversable]:
    """Yield the shipped regulation files, or those of a folder among them, by name; no folder is a module."""
    shipped = files("regulations")
    for file in sorted((shipped / folder if folder else shipped).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != "acts.toml":
            yield file


@cache
def _read_edition(name: str, text: bytes, bodies: Bodies) -> Procedure:
    """Parse an edition. Cached: a process parses the same text only once."""
    return read_edition(name, text, shared_law(bodies))


@cache
def read_register(name: str, text: bytes, bodies: Bodies = SHIPPED_BODIES) -> Register:
    """Parse a register. Cached: a process parses the same text only once."""
    return reading.read_register(name, text, shared_law(bodies))


@cache
def shared_law(bodies: Bodies = SHIPPED_BODIES) -> Shared:
    """Return the acts of acts.toml, the shipped editions others may extend, and the bodies that texts name."""
    acts = parsed("acts.toml", files("regulations").joinpath("acts.toml").read_bytes())["act"]
    return Shared(
        acts={act["id"]: act for act in acts},
        editions=lambda: {file.name.removesuffix(".toml"): file.read_bytes() for file in shipped_files()},
        named=partial(_with_bodies, bodies),
    )


IN_CASES = "cases"
"""The subfolder of shipped registers whose rows are events of a case."""


def read_registers(settings: Settings) -> tuple[tuple[Register, ...], tuple[LeftOutFile, ...]]:
    """Return the registers of the office, shipped and own (which may replace a shipped one), without those of
    cases, and own files that cannot be used.

    Raises BadSetting: config.toml names a folder that does not exist; Refusal: a shipped file cannot be read.
    """
    bodies = bodies_of(settings.office)
    shipped = (read_register(*file, bodies) for file in shipped_register_files())
    own_paths = own_files(settings, within=REGISTERS)
    usable, left_out = read_each(own_paths, lambda path: read_own_register(path, bodies))
    registers = {register.edition: register for register in (*shipped, *(own for _, own in usable))}
    return tuple(registers.values()), left_out


def read_own_register(path: Path, bodies: Bodies = SHIPPED_BODIES) -> Register:
    """Read one own register file. Raises Refusal."""
    register = read_register(path.name, _content(path), bodies)
    if register.entry is not None:
        # The rows of these are events of cases, which every installation reads alike.
        raise UnreadableRegulation(path.name, [problem("reserved", "id", value=register.id)])
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
    """Return each search word with the options (`field=option`) of rows of cases whose titles contain it."""
    fields = [field for register in case_registers().all() for field in register.fields.values()]
    options = {
        f"{field.id}={option.id}": " ".join(normalise(option.title[language]) for language in LANGUAGES)
        for field in fields
        for option in field.options
    }
    return tuple(
        (word, *(token for token, titles in options.items() if word in titles)) for word in search_words(text)
    )


def shipped_register_files(folder: str = REGISTERS) -> Iterator[tuple[str, bytes]]:
    """Return the name and the content of the shipped register files."""
    return ((file.name, file.read_bytes()) for file in shipped_files(folder))


@cache
def scoring() -> Scoring:
    """Return the newest shipped edition of the points of the four projects."""
    editions = [read_file(Scoring, file.name, file.read_bytes()) for file in shipped_files("scoring")]
    return max(editions, key=lambda edition: edition.in_force)
