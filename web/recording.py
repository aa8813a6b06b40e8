"""What the two forms of a case ask for and how their answers become values of the workflow.

Nothing typed is lost when something is refused: the answers come back as they were given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath, PureWindowsPath

from starlette.datastructures import FormData, UploadFile

from calendars import OutOfRange
from papers.web_address import is_web_address
from web.ports import EvidenceStore
from workflow.case import Case, Evidence
from workflow.deadline import Deadline
from workflow.entries import is_entry
from workflow.office import DUTIES, OF_A_PERSON, OUTSIDE
from workflow.procedure import Text
from workflow.refusal import Refusal

LONGEST_NAME = 200
OTHER = "other"
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?", re.ASCII)


class BadForm(Refusal):
    """An answer of the form that cannot be used; the sentence says which and what is asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One piece of evidence the form asks for. `kind`: a kind of the obligation's list, or "other"."""

    kind: str
    is_link: bool
    address: str = ""
    published: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form as it stands on the page: what may be chosen, what was answered, what was refused.

    Attributes:
        values: names of the numbers that go with the fact, each with its answer.
        signatories: duties that may be said to have signed it, those the act names first.
    """

    choices: tuple[tuple[str, Text], ...]
    fact: str = ""
    on: str = ""
    fields: tuple[Field, ...] = ()
    published: bool = False
    values: tuple[tuple[str, str], ...] = ()
    signatories: tuple[str, ...] = ()
    signed_by: str = ""
    refusal: Refusal | OutOfRange | None = None
    had_files: bool = False


def record_form(
    deadlines: Sequence[Deadline],
    *,
    fact: str = "",
    answers: Mapping[str, str] | None = None,
    refusal: Refusal | OutOfRange | None = None,
    had_files: bool = False,
    kind: str = "",
) -> Form:
    """The form that records a fact. Without a choice it stands at the earliest obligation still open."""
    answers = answers or {}
    choices = tuple(
        (deadline.id, deadline.obligation.title)
        for deadline in deadlines
        if deadline.state not in ("done", "not_required")
        and deadline.recorded_on is None
        and not is_entry(deadline.id)
    )
    known = {deadline.id: deadline for deadline in deadlines if not is_entry(deadline.id)}
    if fact not in known:
        still_open = [d for d in deadlines if d.state == "open" and d.id in dict(choices)]
        nearest = min(still_open, key=lambda d: (d.due is None, d.due or date.max), default=None)
        fact = nearest.id if nearest else (choices[0][0] if choices else "")
    chosen = known.get(fact)
    published = chosen is not None and chosen.obligation.judged_by == "published"
    return Form(
        choices=choices,
        fact=fact,
        on=answers.get("on", ""),
        fields=_fields(chosen.obligation.evidence if chosen else (), answers),
        published=published,
        values=_values(chosen, answers),
        signatories=_signatories(chosen, kind),
        signed_by=answers.get("signed_by", ""),
        refusal=refusal,
        had_files=had_files,
    )


def plan_form(
    deadlines: Sequence[Deadline],
    *,
    fact: str = "",
    answers: Mapping[str, str] | None = None,
    refusal: Refusal | OutOfRange | None = None,
) -> Form:
    """The form that sets a plan date: for everything that has not happened yet."""
    choices = tuple(
        (deadline.id, deadline.obligation.title)
        for deadline in deadlines
        if deadline.recorded_on is None and deadline.state != "not_required" and not is_entry(deadline.id)
    )
    return Form(choices=choices, fact=fact, on=(answers or {}).get("on", ""), refusal=refusal)


def the_date(text: str) -> date:
    """The day a date field names.

    Raises:
        BadForm: it is empty or names no day of the calendar.
    """
    text = text.strip()[:40]
    if not text:
        raise BadForm("web.refusal.no_date")
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII)
    dotted = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text, re.ASCII)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
        if dotted:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    except ValueError:
        pass
    raise BadForm("web.refusal.bad_date", text=text)


def numbers(answers: Mapping[str, str]) -> dict[str, Decimal]:
    """The numbers the form carries, by name; with a point or a comma.

    Raises:
        BadForm: one of them is no number.
    """
    found = {}
    for key, text in answers.items():
        part, _, name = key.partition(".")
        written = re.sub(r"\s", "", text).replace(",", ".")
        if part != "value" or not written:
            continue
        if not _NUMBER.fullmatch(written):
            raise BadForm("web.refusal.bad_number", value=name, text=text[:100])
        found[name] = Decimal(written)
    return found


def evidence(form: FormData, store: EvidenceStore) -> tuple[Evidence, ...]:
    """The evidence the form carries; files are stored last, when all else is in order.

    Raises:
        BadForm: an address that is none, a date that is none, an empty file.
    """
    links, files = [], []
    for key, value in form.multi_items():
        part, _, kind = key.partition(".")
        kind = "" if kind == OTHER else kind
        if part == "link" and isinstance(value, str) and value.strip():
            published = form.get(f"published.{key.partition('.')[2]}", "")
            links.append(
                Evidence(
                    kind=kind,
                    reference=the_address(value),
                    published_on=the_date(published) if isinstance(published, str) and published else None,
                )
            )
        elif part == "file" and isinstance(value, UploadFile) and (value.filename or value.size):
            if not value.size:
                raise BadForm("web.refusal.empty_file", name=file_name(value.filename or ""))
            files.append((kind, value))
    return (*links, *(_stored(kind, file, store) for kind, file in files))


def the_address(text: str) -> str:
    """An address of the web as given, without blanks around it.

    Raises:
        BadForm: it is no http or https address, or too long to be one.
    """
    text = text.strip()
    if not is_web_address(text):
        raise BadForm("web.refusal.bad_address", text=text[:100])
    return text


def file_name(name: str) -> str:
    """The last part of a file's name, without folders or control characters."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    clean = "".join(character for character in last if character.isprintable()).strip(" .")
    return clean[-LONGEST_NAME:] or "file"


def evidence_file(case: Case, reference: str) -> Evidence | None:
    """The stored file of a case with that SHA-256; None when no fact rests on it or few may see it."""
    for fact in case.facts.values():
        for item in fact.evidence:
            if item.reference == reference and item.name is not None and not item.restricted:
                return item
    return None


def _stored(kind: str, file: UploadFile, store: EvidenceStore) -> Evidence:
    name = file_name(file.filename or "")
    kept = store.keep(file.file, name)
    return Evidence(kind=kind, reference=kept.reference, name=name, type=kept.type, size=kept.size)


def _values(chosen: Deadline | None, answers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    names = chosen.obligation.values if chosen else ()
    return tuple((name, answers.get(f"value.{name}", "")) for name in names)


def _signatories(chosen: Deadline | None, kind: str) -> tuple[str, ...]:
    """Those the act names come first; others are there too, since what was signed was signed."""
    if chosen is None or chosen.obligation.signed_by is None:
        return ()
    named = chosen.obligation.signed_by.of(kind)
    rest = (duty for duty in DUTIES if duty not in named and duty not in {OUTSIDE, *OF_A_PERSON})
    return (*named, *rest)


def _fields(kinds: Sequence[str], answers: Mapping[str, str]) -> tuple[Field, ...]:
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
            published=answers.get(f"published.{kind}", "") if is_link else "",
        )
        for kind, is_link in wanted
    )
