"""Evidence: the fields that ask for it, the answers as values of the workflow, the stored file it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO

from starlette.datastructures import FormData, UploadFile

from documents.sheets.web_address import is_web_address
from web.ports.writing import EvidenceStore
from web.ui.form_values import InvalidForm, parse_date
from workflow.cases.case import Evidence

LONGEST_NAME = 200
LONGEST_GROUND = 300
OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One piece of evidence the form asks for. `kind`: a kind of the obligation's list, or "other".

    Attributes:
        written: the date the document bears, as typed; restricted: the ground on which few may see it.
    """

    kind: str
    is_link: bool
    address: str = ""
    published: str = ""
    written: str = ""
    restricted: str = ""


def fields(kinds: Sequence[str], answers: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields for these kinds; there is always one for a link and one for a file."""
    wanted = [(kind, kind.startswith("link:")) for kind in kinds]
    if not any(link for _, link in wanted):
        wanted.append((OTHER, True))
    if all(link for _, link in wanted):
        wanted.append((OTHER, False))
    return tuple(
        Field(
            kind=kind,
            is_link=is_link,
            address=answers.get(f"link.{kind}", "") if is_link else "",
            published=answers.get(f"published.{kind}", ""),
            written=answers.get(f"written.{kind}", ""),
            restricted=answers.get(f"restricted.{kind}", ""),
        )
        for kind, is_link in wanted
    )


def evidence(form: FormData, store: EvidenceStore, *, today: date) -> tuple[Evidence, ...]:
    """The evidence the form carries; files are stored last, when all else is in order.

    Raises:
        BadForm: an address that is none, a date that is none or has not come, an empty file.
    """
    links, files = [], []
    for key, value in form.multi_items():
        part, _, place = key.partition(".")
        if part == "link" and isinstance(value, str) and value.strip():
            links.append(_item(form, place, today, reference=the_address(value)))
        elif part == "file" and isinstance(value, UploadFile) and (value.filename or value.size):
            if not value.size:
                raise InvalidForm("web.refusal.empty_file", name=file_name(value.filename or ""))
            files.append((_item(form, place, today, reference=""), value))
    return (*links, *(stored(told, file.file, file.filename or "", store) for told, file in files))


def the_address(text: str) -> str:
    """An address of the web as given, without blanks around it.

    Raises:
        BadForm: it is no http or https address, or too long to be one.
    """
    text = text.strip()
    if not is_web_address(text):
        raise InvalidForm("web.refusal.bad_address", text=text[:100])
    return text


def file_name(name: str) -> str:
    """The last part of a file's name, without folders or control characters."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    clean = "".join(character for character in last if character.isprintable()).strip(" .")
    return clean[-LONGEST_NAME:] or "file"


def item(
    kind: str, reference: str, *, published: date | None, written: date | None, restricted: str, today: date
) -> Evidence:
    """One piece of evidence as somebody tells it. Raises BadForm: its day has not come."""
    if written is not None and written > today:
        raise InvalidForm("cli.attach.written_in_future", on=written, today=today)
    return Evidence(
        kind=kind,
        reference=reference,
        published_on=published,
        written_on=written,
        restricted=" ".join(restricted.split())[:LONGEST_GROUND],
    )


def stored(told: Evidence, content: BinaryIO, name: str, store: EvidenceStore) -> Evidence:
    """The same with its file kept. Raises EvidenceRefused: a kind of file that is not taken."""
    name = file_name(name)
    kept = store.keep(content, name)
    return replace(told, reference=kept.reference, name=name, type=kept.type, size=kept.size)


def _item(form: FormData, place: str, today: date, *, reference: str) -> Evidence:
    return item(
        "" if place == OTHER else place,
        reference,
        published=_day(form, f"published.{place}"),
        written=_day(form, f"written.{place}"),
        restricted=_text(form, f"restricted.{place}"),
        today=today,
    )


def _text(form: FormData, key: str) -> str:
    value = form.get(key, "")
    return value if isinstance(value, str) else ""


def _day(form: FormData, key: str) -> date | None:
    text = _text(form, key)
    return parse_date(text) if text.strip() else None
