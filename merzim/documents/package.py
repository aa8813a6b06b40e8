"""Writes the export package for the project platform as a ZIP: a folder for each project, task and subtask, an
index workbook and the hashes of all files.

Equal documents give equal bytes, but for the code the index bears where anybody may check it.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from calendars.hours import almaty
from i18n import paragraph, say
from merzim.documents.evidence import EvidenceDamaged
from merzim.documents.sheets.listing import ColumnFormat, Table, tables_workbook
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.cases.case import Evidence
from workflow.law.procedure import Text

_PLACE = re.compile(r"(P\d+)(\.T\d+)?(\.S\d+)?(?: intro)?")
PLACE_NAMES: Mapping[str, str] = tomllib.loads(
    Path(__file__).with_name("platform_folders.toml").read_text(encoding="utf-8")
)
"""Place in the Instruction -> its name there. It wants folders named so; there is none in another language."""
_FOLDER_LENGTHS = (45, 45, 110)
"""Longest names of a project's, task's and subtask's folder: with a case and a file they still make a path that
Windows unpacks (260 characters).
"""
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_LONGEST = 120
_STEP = 1024 * 1024
# A fixed moment inside the archive: its bytes must not depend on when it was made.
_MOMENT = (1980, 1, 1, 0, 0, 0)
NO_EVIDENCE = Evidence(kind="", reference="")
_COLUMNS = (
    *(("place", 24), ("obligation", 44), ("case", 12), ("unit", 30), ("object", 34), ("kind", 26)),
    *(("evidence", 44), ("fact_on", 12), ("written_on", 12), ("recorded_on", 12), ("published_on", 12)),
    *(("type", 22), ("size", 10), ("sha256", 66), ("note", 44)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What proves an obligation of a case, or the ground of an exemption from it: a line of the index.

    Attributes:
        paragraph: the paragraph that requires it; `P1.T2.S3` (or `P2`) becomes folders, any other is put under
            its act.
        act: name of the act.
        evidence: the document or link, with neither name nor reference where the package's reader may not see
            it; a restricted file is left out of the package and the index gives the ground.
        exempted: ground of an exemption from the obligation, which then has no document; `fact_on` is its day.
    """

    paragraph: str
    act: Text
    obligation: Text
    case: str
    unit: str
    object: Mapping[str, str]
    fact_on: date
    evidence: Evidence = NO_EVIDENCE
    exempted: str = ""


@dataclass(frozen=True, slots=True)
class PackageContent:
    """The contents of a package: number of files, links listed in the index, restricted files left out; and
    what is damaged and left out: `lost` files, which the store cannot read, and `altered` ones.
    """

    files: int
    links: int
    restricted: int
    damaged: Mapping[str, Sequence[Document]]


def write_package(
    target: Path,
    documents: Iterable[Document],
    content: Callable[[str], BinaryIO],
    *,
    language: str,
    restricted: bool = False,
) -> PackageContent:
    """Write the package and return what is in it; the file appears complete or not at all. Raises
    UnreadablePaper: it exists already, or cannot be written.

    Args:
        content: function that returns the bytes of a SHA-256; raises EvidenceDamaged if they are missing.
        language: of the folders and the index; `restricted`: whether to include restricted files.
    """
    if target.exists():
        raise UnreadablePaper("package_there", name=str(target))
    try:
        with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as part:
            path = Path(part.name)
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                packed = _write(archive, documents, content, language, restricted)
            path.replace(target)
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UnreadablePaper(
            "paper_not_written", name=str(target), problem=error.strerror or str(error)
        ) from error
    return packed


def _write(
    archive: zipfile.ZipFile,
    documents: Iterable[Document],
    content: Callable[[str], BinaryIO],
    language: str,
    restricted: bool,
) -> PackageContent:
    """Write the files, the index of all documents, the hashes; what is left out stands in the index alone."""
    rows, hashes = list[Sequence[object]](), list[str]()
    damaged: dict[str, list[Document]] = {"lost": [], "altered": []}
    taken_names, links, hidden = set[str](), 0, 0
    for document in documents:
        item = document.evidence
        is_file, place, remark = item.name is not None, item.name or "", item.restricted
        hidden += bool(is_file and item.restricted and not restricted)
        if document.exempted:
            remark = say("package.exempted", {"ground": document.exempted}, language)
        elif item.reference and not is_file:
            links, place = links + 1, item.reference
        elif item.restricted and not (restricted and item.reference):
            remark = say("package.restricted", {"ground": item.restricted}, language)
        else:
            try:
                stored = content(item.reference)
            except EvidenceDamaged as damage:
                kind = "altered" if damage.damage == "evidence_altered" else "lost"
                damaged[kind].append(document)
                remark = say(f"package.{kind}", {}, language)
            else:
                name = f"{document.fact_on.isoformat()} {_safe_name(place)}"
                place = _unique_name(f"{document_folder(document, language)}/{name}", taken_names)
                with stored, archive.open(_entry(place), "w") as entry:
                    copyfileobj(stored, entry, _STEP)
                hashes.append(f"{item.reference}  {place}\n")
        rows.append(_cells(document, place, remark, language))
    heads = [say(f"head.{name}", {}, language) for name, _ in _COLUMNS]
    columns = {at: ColumnFormat(width=width) for at, (_, width) in enumerate(_COLUMNS)}
    index = tables_workbook([Table(heads, rows, say("package.sheet", {}, language), columns)])
    archive.writestr(_entry(say("package.index_name", {}, language)), index)
    archive.writestr(_entry("SHA256SUMS"), "".join(hashes).encode())
    return PackageContent(len(hashes), links, hidden, damaged)


def document_folder(document: Document, language: str) -> str:
    """Return the folder of a document: project, task, subtask and case, named as the Instruction names them
    (000, introduction); else its act, paragraph and case. What belongs to a whole project stands under its
    obligation there.
    """
    match = _PLACE.fullmatch(document.paragraph)
    if match:
        parts = [part for part in match.groups() if part]
        places = ["".join(parts[: count + 1]) for count in range(len(parts))]
        names = [PLACE_NAMES.get(place, place) for place in places]
        if len(parts) < len(match.groups()):
            names.append(document.obligation[language])
        folder_steps = [
            textwrap.shorten(name, length, placeholder="…")
            for name, length in zip(names, _FOLDER_LENGTHS, strict=False)
        ]
    else:
        folder_steps = [document.act[language], paragraph(document.paragraph, language)]
    return "/".join(_safe_name(name) for name in (*folder_steps, document.case))


def _safe_name(name: str) -> str:
    """Return a file name valid on every system: no separators or controls, not too long, same extension."""
    clean = _FORBIDDEN.sub("_", name).strip(" .") or "_"
    if len(clean) <= _LONGEST:
        return clean
    ending = Path(clean).suffix[:10]
    return clean[: _LONGEST - len(ending)] + ending


def _unique_name(name: str, taken_names: set[str]) -> str:
    """Return the name, numbered when another file has it already, ignoring letter case as Windows does."""
    number, free = 1, name
    while free.casefold() in taken_names:
        number += 1
        stem, dot, ending = name.rpartition(".")
        free = f"{stem} ({number}){dot}{ending}" if dot and "/" not in ending else f"{name} ({number})"
    taken_names.add(free.casefold())
    return free


def _entry(name: str) -> zipfile.ZipInfo:
    """Return a ZIP entry with a fixed timestamp."""
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _cells(document: Document, place: str, remark: str, language: str) -> Sequence[object]:
    """Return the cells of a document in the order of the columns. `place`: in the package, or its link."""
    item = document.evidence
    recorded_on = item.recorded_at.astimezone(almaty()).date() if item.recorded_at else None
    return (
        document_folder(document, language).rpartition("/")[0].replace("/", ", "),
        document.obligation[language],
        document.case,
        document.unit,
        document.object[language],
        say(f"evidence.{item.kind}", {}, language) if item.kind else "",
        place,
        "" if document.exempted else document.fact_on,
        item.written_on,
        document.fact_on if document.exempted else recorded_on,
        item.published_on,
        item.type or "",
        item.size,
        item.reference if item.name is not None else "",
        remark,
    )
