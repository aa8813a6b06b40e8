"""Formats a letter as a Telegram message with buttons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from i18n import say
from notifications.notice import Action, Letter, Notice, fingerprint
from workflow.cases.registers.rows import is_entry

LONGEST = 4096
"""Maximum characters of a message, counted in UTF-16 units without markup."""
_HEADING = re.compile(r"^(.+)\n-{3,}$", re.MULTILINE)
_FOOTER = re.compile(r"^-- \n(.+)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Button:
    """A button of a message. `data` is returned when it is pressed: at most 64 bytes."""

    text: str
    data: str


Buttons = tuple[tuple[Button, ...], ...]


def format_message(letter: Letter) -> str:
    """Return the letter as Telegram HTML: subject and brief, or subject and whole text; what is too long is cut
    above its footer.
    """
    subject = " ".join(letter.subject.split())
    said, mark, footer = (letter.brief or letter.text).strip().partition("\n-- \n")
    said = cut(said.rstrip(), LONGEST - _length(subject + mark + footer) - 2)
    body = escape(said + mark + footer, quote=False)
    body = _HEADING.sub(r"<b>\1</b>", body)
    body = _FOOTER.sub(r"<i>\1</i>", body)
    return f"<b>{escape(subject, quote=False)}</b>\n\n{body}"


def buttons(notice: Notice, actions: Sequence[Action] = ()) -> Buttons:
    """Return the buttons below a notice, in its recipient's language; () for none.

    Args:
        actions: its reminders with buttons of their own: all that there are for one alone, of several numbered
            as they stand.
    """
    language = notice.language
    if notice.kind in ("lost", "campaign"):
        return ()
    if not actions:
        return (_row("ao" if notice.case else "a", notice.key, language),)
    if len(actions) > 1:
        return tuple(
            _row(_doing(action), action.key, language, f"{number}. ")
            for number, action in enumerate(actions, 1)
        )
    (action,) = actions
    if action.asks:
        return (_row("ao", action.key, language),)
    first = "as" if action.can_put_off else "a"
    return _row(first, action.key, language), _row(_doing(action), action.key, language)


_WORDS = {"a": "acknowledge", "s": "snooze", "d": "done", "o": "open"}
"""Mark of a button -> the code of its word."""


def _doing(action: Action) -> str:
    """Return the marks of the buttons by which a reminder is done; what needs more than a day is done on its
    page.
    """
    return "o" if action.asks or is_entry(action.obligation) else "do"


def _row(marks: str, key: str, language: str, number: str = "") -> tuple[Button, ...]:
    """Return a row of buttons of the notice with a key. `number`: what stands before their words."""
    return tuple(
        Button(f"{number}{say(f'telegram.button_{_WORDS[mark]}', {}, language)}", f"{mark}:{fingerprint(key)}")
        for mark in marks
    )


def cut(text: str, room: int) -> str:
    """Return a text cut at the end of a line to so many UTF-16 units, with an ellipsis."""
    if _length(text) <= room:
        return text
    kept = text.encode("utf-16-le")[: 2 * (room - 2)].decode("utf-16-le", errors="ignore")
    return (kept.rpartition("\n")[0].rstrip() or kept) + "\n…"


def _length(text: str) -> int:
    """Return the length as Telegram counts it (UTF-16 units)."""
    return len(text.encode("utf-16-le")) // 2
