"""A letter's content before rendering: ordered parts, rendered as plain text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from i18n import say
from notifications.notice import Action, CalendarEntry, Letter


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterLine:
    """One line of a letter.

    Attributes:
        label: label in the table.
        link: its address; `below`: on a line of its own in plain text.
        is_button: whether its link looks like a button: it answers the letter.
        answers: what may be answered by links of its own, with their addresses; in plain text they are one
            address, whose page offers them all.
        note: a smaller text below it.
    """

    text: str
    label: str = ""
    link: str | None = None
    below: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    is_button: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterSection:
    heading: str
    lines: tuple[LetterLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterPage:
    """The parts of a letter in the recipient's language, before rendering."""

    subject: str
    greeting: str
    lead: str
    table: tuple[LetterLine, ...]
    sections: tuple[LetterSection, ...]
    footer: str


def render_letter(
    page: LetterPage,
    language: str,
    *,
    entries: tuple[CalendarEntry, ...] = (),
    actions: tuple[Action, ...] = (),
) -> Letter:
    """Render the page as a letter, in plain text and in HTML with the same content."""
    return Letter(
        subject=page.subject,
        text=_text(page, language),
        html=_template().render(page=page, language=language),
        language=language,
        entries=entries,
        actions=actions,
    )


def _text(page: LetterPage, language: str) -> str:
    """Return the page as plain text."""
    parts = [page.greeting, page.lead]
    answer = say("letter.heading_answer", {}, language)
    if page.table:
        parts.append("\n".join(f"{line.label}: {_line(line)}" for line in page.table))
    for section in page.sections:
        lines = "\n".join(_line(line) + _note(line) + _answers(line, answer) for line in section.lines)
        parts.append(f"{section.heading}\n{'-' * len(section.heading)}\n{lines}")
    parts.append(f"-- \n{page.footer}")
    return "\n\n".join(parts) + "\n"


def _line(line: LetterLine) -> str:
    """Return a line as plain text, its address behind it or below."""
    if line.link and line.below:
        return f"- {line.text}\n  {line.link}"
    return f"{line.text}: {line.link}" if line.link else line.text


def _note(line: LetterLine) -> str:
    """Return the smaller text below a line; "" where there is none."""
    return f"\n  {line.note}" if line.note else ""


def _answers(line: LetterLine, label: str) -> str:
    """Return the address where a line is answered, below it; "" for a line without answers."""
    return f"\n  {label}: {line.answers[0][1].partition('?')[0]}" if line.answers else ""


@cache
def _template() -> Template:
    """Return the HTML template of all letters, read once."""
    folder = Path(__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("letter.html")
