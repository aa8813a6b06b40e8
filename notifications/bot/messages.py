"""What the bot says and what it is told, as values: the conversation knows nothing of the wire it runs over."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import BinaryIO, Protocol

from documents.sheets.file_kind import StoredFile
from i18n import say
from notifications.wire.telegram import LONGEST, Buttons

LANGUAGES = ("kk", "ru", "en")
LARGEST = 20 * 1024 * 1024
"""Bytes of a document Telegram hands to a bot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One message of the bot, in Telegram's HTML."""

    text: str
    buttons: Buttons = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ButtonAction:
    """What a pressed button leads to.

    Attributes:
        toast: said at once over the chat; `alert`: to be closed by hand.
        replies: messages of their own.
        buttons: what the pressed message has from now on; None leaves it as it is.
    """

    toast: str
    alert: bool = False
    replies: tuple[Reply, ...] = ()
    buttons: Buttons | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who speaks to the bot: the account's id, and the language its program is set to."""

    chat: str
    language: str = field(default="")


class EvidenceStore(Protocol):
    """Where documents are kept by what is in them."""

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        """Store the bytes once. Raises Refusal for an empty file or one too large."""


def line(code: str, language: str, **arguments: object) -> str:
    """A sentence of the catalogues, safe to stand in a message."""
    return escape(say(f"telegram.{code}", arguments, language), quote=False)


def shortened(text: str) -> str:
    """The text, cut at the end of a line where Telegram would refuse it; here the marks count too."""
    if len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text
    lines: list[str] = []
    for one in text.split("\n"):
        if len("\n".join([*lines, one]).encode("utf-16-le")) // 2 > LONGEST - 2:
            break
        lines.append(one)
    return "\n".join([*lines, "…"])
