"""Submitted forms: their fields and files, parsers of dates, numbers and texts, and the page shown again with
what was typed after a refusal, which names fields by their labels.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import wraps
from itertools import product
from typing import Annotated, Any, ParamSpec

from fastapi import Depends, Request
from starlette.datastructures import FormData, ImmutableMultiDict, UploadFile
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.inputs import OpenFile, clean_file_name, keep_upload
from merzim.services.verbs import NotAllowed, NotFound
from workflow.cases.commands.case_commands import UnknownCase
from workflow.cases.commands.planning import Preview
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.definition import UnknownRegister
from workflow.registers.values import written_day, written_number

MAX_TEXT_LENGTH = 4000
MAX_FIELDS = 250
MAX_FIELD_BYTES = 64 * 1024
_START, _FIELD, _END = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_START}([^{_FIELD}]*){_FIELD}(.*?){_END}", re.DOTALL)
_LABEL = re.compile(r"<label\b([^>]*)>(.*?)</label>", re.DOTALL)
_NO_WORDS = re.compile(r"<(select|textarea)\b.*?</\1>|<[^>]*>", re.DOTALL)
FIELD = "\ue003"
"""Stands for the label in a marked sentence."""


def submitted_form(*, files: int = 0, fields: int = MAX_FIELDS, field_bytes: int = MAX_FIELD_BYTES) -> Any:
    """Return the dependency that reads a form of so many files and fields; its files are closed after the
    answer.
    """

    async def read(request: Request) -> AsyncIterator[FormData]:
        async with request.form(max_files=files, max_fields=fields, max_part_size=field_bytes) as form:
            yield form

    return Depends(read)


async def read_fields(form: Annotated[FormData, submitted_form()]) -> ImmutableMultiDict[str, str]:
    """Return the text fields of a submitted form, without NUL characters, which databases refuse."""
    return text_fields(form)


def text_fields(form: ImmutableMultiDict[str, Any]) -> ImmutableMultiDict[str, str]:
    """Return the fields of a form that are not files, without NUL characters."""
    texts = [(key, value.replace("\0", "")) for key, value in form.multi_items() if isinstance(value, str)]
    return ImmutableMultiDict(texts)


def file_of(form: ImmutableMultiDict[str, Any], name: str = "file") -> OpenFile | None:
    """Return the file of a form; None where none was chosen. Raises InvalidForm for an empty one."""
    upload = form.get(name)
    if not isinstance(upload, UploadFile) or not (upload.filename or upload.size):
        return None
    file = OpenFile(clean_file_name(upload.filename or ""), upload.file)
    if not upload.size:
        raise InvalidForm("web.refusal.empty_file", name=file.name)
    return file


def store_form_file(ctx: RequestContext, form: FormData, *, required: bool = False) -> tuple[str, str]:
    """Store the file sent with a form until it is confirmed; return its digest and name, without one those of
    the file sent with the preview, "" for none. Raises InvalidForm: it is empty, or lacks where `required`.
    """
    file = file_of(form)
    if file is not None:
        return keep_upload(ctx, file.content.read(), file.name), file.name
    if required and not form.get("digest"):
        raise InvalidForm("web.refusal.no_file")
    return str(form.get("digest", "")), str(form.get("file_name", ""))


Fields = Annotated[ImmutableMultiDict[str, str], Depends(read_fields)]
"""The fields of a submitted form; in handlers a form comes after the context, which checks the right."""


class InvalidForm(Refusal):
    """A form field has an invalid value; the sentence names the field and what is allowed."""


def status_of(refusal: object) -> int:
    """Return the HTTP status of the answer to a form with this refusal: 403 if its sender may not, 409 if it
    contradicts changes by others, 422 for other refusals, 200 for None.
    """
    if refusal is None:
        return 200
    if isinstance(refusal, NotAllowed):
        return 403
    return 409 if isinstance(refusal, Contradiction) else 422


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """The effects of a form to be confirmed. `people`: how many would be notified; `points`: at stake by what
    would be late; `token`: sent back with the confirmed form.
    """

    preview: Preview
    people: int
    points: Decimal
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedForm:
    """A form not carried out: its name on the page, the refusal, the values typed. `confirmation`: where it
    must only be confirmed; `had_files`: whether files were sent, which have to be chosen again.
    """

    form: str
    refusal: Refusal | None
    answers: Mapping[str, str] = field(default_factory=dict)
    confirmation: Confirmation | None = None
    had_files: bool = False


def typed_into(tried: RejectedForm | None, form: str) -> Mapping[str, str]:
    """Return what was typed into a form that was refused; nothing for another one."""
    return tried.answers if tried is not None and tried.form == form else {}


class Unconfirmed(Exception):
    """The form would change deadlines, and the user has not confirmed that yet."""

    def __init__(self, confirmation: Confirmation) -> None:
        super().__init__(confirmation.token)
        self.confirmation = confirmation


def typed_answers(form: ImmutableMultiDict[str, Any]) -> dict[str, str]:
    """Return the texts of a submitted form by name, several of one name joined by `;`."""
    texts = text_fields(form)
    return {name: ";".join(texts.getlist(name)) for name in texts}


P = ParamSpec("P")
BEYOND_FORMS = (NotAllowed, NotFound, UnknownCase, UnknownRegister)
"""Refusals that are no matter of what was typed: a page of their own answers them."""


def shown_again(
    again: Callable[..., Response], form: str | Callable[[Mapping[str, str]], str] = ""
) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Decorate the handler of a form (`answers`, or `form` where it has files): where it is refused, or to be
    confirmed, its page is shown again with what was typed.

    Args:
        again: returns the page; it takes the context, the places of the address, and the refused form as
            `tried`.
        form: the form's name on its page, where that has several; or what returns it for what was typed.
    """

    def decorate(handler: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(handler)
        def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
            try:
                return handler(*args, **kwargs)
            except BEYOND_FORMS:
                raise
            except (Refusal, Unconfirmed) as reason:
                given: dict[str, Any] = dict(kwargs)
                ctx, sent_form = given.pop("ctx"), given.pop("answers" if "answers" in given else "form")
                typed, values = typed_answers(sent_form), sent_form.values()
                tried = RejectedForm(
                    form=form if isinstance(form, str) else form(typed),
                    refusal=reason if isinstance(reason, Refusal) else None,
                    answers=typed,
                    confirmation=reason.confirmation if isinstance(reason, Unconfirmed) else None,
                    had_files=any(isinstance(value, UploadFile) and value.filename for value in values),
                )
                return again(ctx, **given, tried=tried)

        return answer

    return decorate


def parse_date(text: str) -> date:
    """Parse a date field: `2026-03-30` or `30.03.2026`. Raises InvalidForm: empty, or no such day."""
    text = text.strip()[:40]
    if not text:
        raise InvalidForm("web.refusal.no_date")
    with suppress(ValueError):
        if (on := written_day(text)) is not None:
            return on
    raise InvalidForm("web.refusal.bad_date", text=text)


def parse_numbers(answers: Mapping[str, str]) -> dict[str, Decimal]:
    """Parse the number fields (`value.NAME`) of a form that are filled in, by name. Raises InvalidForm."""
    numbers = {}
    for key, text in answers.items():
        part, _, name = key.partition(".")
        if part != "value" or not text.strip():
            continue
        number = written_number(text)
        if number is None or number.is_signed():
            raise InvalidForm("web.refusal.bad_number", value=name, text=text[:100])
        numbers[name] = number
    return numbers


def parse_event_number(text: str) -> int:
    """Parse the number of an event in the history of a case. Raises InvalidForm."""
    if not re.fullmatch(r"[1-9]\d{0,8}", text.strip(), re.ASCII):
        raise InvalidForm("web.refusal.no_record")
    return int(text)


def one_line(text: str | None, *, longest: int = MAX_TEXT_LENGTH) -> str:
    """Return a text as one line of printable characters and single spaces, at most `longest`; "" for None."""
    clean = "".join(sign for sign in text or "" if sign.isprintable() or sign.isspace())
    return " ".join(clean.split())[:longest]


def is_same_text(text: str, other: str) -> bool:
    """Return whether two values of a field are equal but for line ends and outer spaces."""
    return text.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def parse_text(text: str) -> str:
    """Return a text without unprintable characters and outer spaces; other spaces become plain ones, the ends
    of lines stay. Raises InvalidForm: longer than MAX_TEXT_LENGTH characters.
    """
    spaced = "".join(" " if char.isspace() and char != "\n" else char for char in text.replace("\r\n", "\n"))
    clean = "".join(char for char in spaced if char.isprintable() or char == "\n").strip()
    if len(clean) > MAX_TEXT_LENGTH:
        raise InvalidForm("web.refusal.too_long", most=MAX_TEXT_LENGTH, length=len(clean))
    return clean


def mark_sentence(field: str, sentence: str) -> str:
    """Return the sentence marked as being about a field (`lines.0.case`: `case` of a list). Verbs refuse a
    value by its field's name, which has another label in each form: `fill_in_labels` fills in the label.
    """
    return f"{_START}{field}{_FIELD}{sentence}{_END}"


def fill_in_labels(text: str, otherwise: str) -> str:
    """Return a page whose marked sentences name the field by its label in their form; `otherwise`: the sentence
    about a field without a label, which nobody typed.
    """

    def named(match: re.Match[str]) -> str:
        label = _label(text, match[1], match.start())
        return match[2].replace(FIELD, label) if label else otherwise

    return _MARKED.sub(named, text)


def _label(page: str, field: str, sentence: int) -> str:
    """Return the label of a field, of the form in or above which the sentence stands first; "" if none."""
    form = max(page.rfind("<form", 0, sentence), page.rfind("</form", 0, sentence), 0)
    parts = field.split(".")
    names = [field, *reversed(parts), *(".".join(parts[:n]) for n in range(len(parts) - 1, 1, -1))]
    for name, start in product(names, (form, 0)):
        tag = rf'<(?:input|select|textarea)\b(?![^>]*\stype="hidden")[^>]*\sname="{re.escape(name)}"[^>]*>'
        if found := re.compile(tag).search(page, start):
            id = re.search(r'\sid="([^"]+)"', found[0])
            for label in _LABEL.finditer(page):
                if (id and f'for="{id[1]}"' in label[1]) or label.start() < found.start() < label.end():
                    return " ".join(_NO_WORDS.sub("", label[2]).split()).removesuffix(" *")
    return ""
