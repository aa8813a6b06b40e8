"""Formats a letter as a Telegram message with buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from i18n import say
from notifications.notice import Action, Letter, Notice, fingerprint
from workflow.cases.registers.entries import is_entry

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
    """Return the letter as Telegram HTML: subject and brief, or subject and whole text, cut when too long."""
    subject = " ".join(letter.subject.split())
    body = cut((letter.brief or letter.text).strip(), LONGEST - _length(subject) - 2)
    body = escape(body, quote=False)
    body = _HEADING.sub(r"<b>\1</b>", body)
    body = _FOOTER.sub(r"<i>\1</i>", body)
    return f"<b>{escape(subject, quote=False)}</b>\n\n{body}"


def buttons(
    notice: Notice, *, asks: bool = False, can_put_off: bool = False, actions: tuple[Action, ...] = ()
) -> Buttons:
    """Return the buttons below a notice, in its recipient's language; () for none.

    Args:
        actions: of a letter with several items those with buttons of their own, numbered as they stand.
        asks: whether it asks for a decision, which is answered on its page.
        can_put_off: whether the recipient may be reminded again on a later day instead.
    """
    name, language = fingerprint(notice.key), notice.language
    if notice.kind in ("lost", "campaign"):
        return ()
    if actions:
        return tuple(_row(action, number, language) for number, action in enumerate(actions, 1))

    def button(action: str, mark: str) -> Button:
        return Button(say(f"telegram.button_{action}", {}, language), f"{mark}:{name}")

    if not notice.case:
        return ((button("acknowledge", "a"),),)
    if notice.kind != "reminder" or asks:
        return ((button("acknowledge", "a"), button("open", "o")),)
    first = (button("acknowledge", "a"), *((button("snooze", "s"),) if can_put_off else ()))
    if is_entry(notice.obligation):
        # An obligation of a register row is fulfilled on its page, which needs more than a day.
        return (first, (button("open", "o"),))
    return (
        first,
        (button("done", "d"), button("open", "o")),
    )


def _row(action: Action, number: int, language: str) -> tuple[Button, ...]:
    """Return the buttons of one item of a letter; what needs more than a day is done on its page."""
    marks = ["d"] if not action.asks and not is_entry(action.obligation) else []
    words = {"d": "done", "o": "open"}
    return tuple(
        Button(
            f"{number}. {say(f'telegram.button_{words[mark]}', {}, language)}",
            f"{mark}:{fingerprint(action.key)}",
        )
        for mark in (*marks, "o")
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
