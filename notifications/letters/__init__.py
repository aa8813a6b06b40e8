"""What letters say on the day they are sent; here the parts of one, rendered as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from i18n import say
from notifications.notice import Letter


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterLine:
    """One line of a letter, with a label in its table, and a note below it in smaller print.

    Attributes:
        below: whether its link stands on a line of its own in plain text; is_button: looks like a button.
        answers: what may be answered by links of its own, with their addresses; in plain text they are one
            address, whose page offers them all.
    """

    text: str
    label: str = ""
    link: str | None = None
    below: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    is_button: bool = False
    note: str = ""


def render_letter(
    *,
    language: str,
    subject: str,
    name: str,
    lead: str,
    table: Sequence[LetterLine] = (),
    sections: Mapping[str, Sequence[LetterLine]] = MappingProxyType({}),
    footer: str = "letter.footer",
    postscript: str = "",
    numbered: Sequence[LetterLine] = (),
    **other: Any,
) -> Letter:
    """Return a letter to a person (name) in plain text and in HTML with the same content.

    Args:
        sections: heading -> lines; one without lines is left out.
        footer: the code of its last sentence; postscript: a line below that.
        numbered: of a list, the lines a chat numbers; it leaves out the notes, for which it has no room.
        other: further fields of the letter.
    """
    greeting = say("letter.greeting", {"name": name}, language)
    last = "\n".join(filter(None, (say(footer, {}, language), postscript)))
    sections = {heading: lines for heading, lines in sections.items() if lines}
    parts = [greeting, lead]
    if table:
        parts.append("\n".join(f"{line.label}: {_plain(line, language)}" for line in table))

    def written(plain: Callable[[LetterLine], str]) -> str:
        blocks = (
            f"{heading}\n{'-' * len(heading)}\n" + "\n".join(map(plain, lines))
            for heading, lines in sections.items()
        )
        return "\n\n".join([*parts, *blocks, f"-- \n{last}"]) + "\n"

    numbers = {line: f"{number}." for number, line in enumerate(numbered, 1)}
    page = {"language": language, "subject": subject, "lead": lead, "table": table, "sections": sections}
    brief = written(lambda line: _in_chat(line, numbers.get(line, "-"))) if numbered else ""
    return Letter(
        subject=subject,
        text=written(lambda line: _plain(line, language)),
        html=_template().render(page, greeting=greeting, footer=last),
        language=language,
        **{"brief": brief, **other},
    )


def _plain(line: LetterLine, language: str) -> str:
    """Return a line as plain text: its address behind it or below, then its note and where it is answered."""
    text = f"{line.text}: {line.link}" if line.link else line.text
    if line.link and line.below:
        text = f"- {line.text}\n  {line.link}"
    if line.note:
        text += f"\n  {line.note}"
    if line.answers:
        text += f"\n  {say('letter.heading_answer', {}, language)}: {line.answers[0][1].partition('?')[0]}"
    return text


def _in_chat(line: LetterLine, mark: str) -> str:
    """Return a line of a list for a chat: with its mark and its address, without note and answers."""
    return f"{mark} {_plain(replace(line, note='', answers=()), '').removeprefix('- ')}"


@cache
def _template() -> Template:
    """Return the HTML template of all letters, read once."""
    folder = Path(__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("letter.html")
