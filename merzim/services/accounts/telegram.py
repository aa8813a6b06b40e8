"""Creates the one-time code by which a person links their Telegram account; tells whether it is linked.

The caller must make sure that only the person concerned sees the code.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.names import person_named
from notifications.channels.telegram import CODE_LASTS, hash_code, link_address, new_code
from workflow.refusal import Refusal


class TelegramCode(BaseModel):
    """A one-time code that links a person's Telegram account; `address` opens the bot with it.

    It is stored only as a hash: if it is lost, create another. `until`: UTC moment at which it expires.
    """

    person: str
    code: str
    address: str
    until: datetime


def create_code(ctx: RequestContext, person: str) -> TelegramCode:
    """Create the code by which a person links their Telegram account; an earlier unused code becomes invalid.

    Raises:
        Refusal: there is nobody with that name, or several people.
        Refusal: `[channels.telegram] bot` is missing, or Telegram is not among the channels in use.
    """
    bot = _bot(ctx.app)
    if not bot:
        raise Refusal("telegram.no_bot")
    if "telegram" not in ctx.app.settings.channels.use:
        # No process would receive the code.
        raise Refusal("telegram.not_in_use")
    key, code = person_named(ctx.app.reads.office(), person, required=True), new_code()
    ctx.app.links.offer(key, hash_code(code), now=ctx.now)
    return TelegramCode(person=key, code=code, address=link_address(bot, code), until=ctx.now + CODE_LASTS)


def is_linked(app: AppContext, person: str) -> bool | None:
    """Return whether a person's Telegram account is linked; None if no bot is configured."""
    return app.links.of(person) is not None if _bot(app) else None


def _bot(app: AppContext) -> str:
    """Return the user name of the bot in config.toml; "" without one."""
    return str(app.settings.channels.sections.get("telegram", {}).get("bot", ""))
