"""Messages to and from the bot as values, independent of the transport."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from i18n import say
from notifications.wire.telegram import Buttons


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A message from the bot in Telegram's HTML."""

    text: str
    buttons: Buttons = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ButtonAction:
    """The result of pressing a button.

    Attributes:
        toast: notification shown over the chat; `alert`: it must be closed by the user.
        replies: further messages.
        buttons: new buttons of the message; None leaves them as they are.
    """

    toast: str
    alert: bool = False
    replies: tuple[Reply, ...] = ()
    buttons: Buttons | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """The sender of a message: the account's id, and the language of its Telegram."""

    chat: str
    language: str = field(default="")


def line(code: str, language: str, **arguments: object) -> str:
    """Return a sentence of the bot (`telegram.` and the code) for Telegram's HTML."""
    return escape(say(f"telegram.{code}", arguments, language), quote=False)
