"""The bot's side of a conversation: linking an account, lists, languages. Buttons: `buttons`; documents and
addresses: `evidence`. Nothing here knows the wire, so nothing here knows aiogram.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import BinaryIO

from calendars import OutOfRange
from i18n import refusal
from notifications.bot import buttons, evidence
from notifications.bot.lists import listed
from notifications.bot.messages import LANGUAGES, ButtonAction, Reply, Sender, line
from notifications.bot.office import House
from notifications.links import Link, hashed
from notifications.wire.telegram import Button
from workflow.org.office import Office, Person, with_officer
from workflow.refusal import Refusal

COMMANDS = ("my", "week", "overdue", "language", "evidence", "stop")
Clock = Callable[[], tuple[datetime, date]]


class Conversation:
    """Answers whoever writes to the bot.

    Args:
        house: what is known and where things are written.
        clock: gives (aware UTC, local date), asked once for each thing said.
        language: in which a stranger is answered whose program speaks none of ours.
    """

    def __init__(self, house: House, clock: Clock, *, language: str) -> None:
        self._house = house
        self._clock = clock
        self._language = language

    def said(self, sender: Sender, text: str) -> tuple[Reply, ...]:
        """Somebody has written a text."""
        now, today = self._clock()
        office = self._office()
        command, _, rest = text.strip().partition(" ")
        name = command.partition("@")[0].lower()
        link, person = self._known(sender, office)
        if name == "/start":
            return (self._start(sender, link, person, rest.strip(), office, now),)
        if link is None or person is None:
            return (self._stranger(sender),)
        language = self._speaks(link, person)
        try:
            match name:
                case "/my" | "/week" | "/overdue":
                    return (listed(self._house, office, person, name[1:], language, today=today),)
                case "/language":
                    return (self._languages(language),)
                case "/stop":
                    self._house.links.unlink(person.key, by=person.key, now=now)
                    return (Reply(text=line("stopped", language)),)
                case "/evidence":
                    words = rest.split()
                    return evidence.named(self._house, office, person, words, language, now=now, today=today)
                case _ if name.startswith("/"):
                    return (Reply(text=line("help", language)),)
            return evidence.address(self._house, office, link, person, text, language, now=now, today=today)
        except (Refusal, OutOfRange) as no:
            return (_refused(no, language),)

    def sent(self, sender: Sender, content: BinaryIO, name: str, caption: str) -> tuple[Reply, ...]:
        """Somebody has sent a document."""
        now, today = self._clock()
        office = self._office()
        link, person = self._known(sender, office)
        if link is None or person is None:
            return (self._stranger(sender),)
        language = self._speaks(link, person)
        try:
            return evidence.document(
                self._house, office, link, person, content, name, caption, language, now=now, today=today
            )
        except (Refusal, OutOfRange) as no:
            return (_refused(no, language),)

    def unreadable(self, sender: Sender, *, large: bool = False) -> tuple[Reply, ...]:
        """Somebody has sent what the bot cannot take: a photograph, a voice, a document too large."""
        link, person = self._known(sender, self._office())
        if link is None or person is None:
            return (self._stranger(sender),)
        return (Reply(text=line("too_large" if large else "unreadable", self._speaks(link, person))),)

    def expects_document(self, sender: Sender) -> bool:
        """Whether a document of theirs is worth fetching."""
        link, person = self._known(sender, self._office())
        return link is not None and person is not None

    def pressed(self, sender: Sender, data: str) -> ButtonAction:
        """Somebody has pressed a button, or says so: nothing in it is believed that is not looked up."""
        now, today = self._clock()
        office = self._office()
        link, person = self._known(sender, office)
        if link is None or person is None:
            return ButtonAction(toast=line("not_yours", self._guessed(sender)), alert=True)
        language = self._speaks(link, person)
        mark, _, rest = data.partition(":")
        if mark == "l" and rest in LANGUAGES:
            self._house.links.speak(person.key, rest)
            return ButtonAction(toast=line("language_set", rest), replies=(Reply(text=line("help", rest)),))
        try:
            return buttons.pressed(self._house, office, person, mark, rest, language, now=now, today=today)
        except (Refusal, OutOfRange) as no:
            return ButtonAction(toast="", replies=(_refused(no, language),))

    def broken(self, sender: Sender) -> Reply:
        """Something of ours broke; what they asked for was not done."""
        return Reply(text=line("broken", self._guessed(sender)))

    def _start(
        self, sender: Sender, link: Link | None, person: Person | None, code: str, office: Office, now: datetime
    ) -> Reply:
        if not code:
            if link is None or person is None:
                return self._stranger(sender)
            language = self._speaks(link, person)
            if self._house.links.welcome(person.key):
                return Reply(text=line("welcome_back", language, person=person.name))
            return Reply(text=line("linked_already", language, person=person.name))
        result, made = self._house.links.redeem(hashed(code), sender.chat, language="", now=now)
        if made is None:
            return Reply(text=line(f"code_{result}", self._guessed(sender)))
        whose = office.people.get(made.person)
        if whose is None:
            self._house.links.unlink(made.person, by=made.person, now=now)
            return Reply(text=line("code_wrong", self._guessed(sender)))
        return Reply(text=line("linked", self._speaks(made, whose), person=whose.name))

    def _languages(self, language: str) -> Reply:
        buttons = tuple(Button(line("own_name", one), f"l:{one}") for one in LANGUAGES)
        return Reply(text=line("language_which", language), buttons=(buttons,))

    def _stranger(self, sender: Sender) -> Reply:
        return Reply(text=line("stranger", self._guessed(sender)))

    def _known(self, sender: Sender, office: Office) -> tuple[Link | None, Person | None]:
        link = self._house.links.behind(sender.chat)
        return link, office.people.get(link.person) if link else None

    def _office(self) -> Office:
        rules = self._house.rules
        return with_officer(self._house.outbox.office(), rules.officer, language=rules.officer_language)

    def _guessed(self, sender: Sender) -> str:
        return sender.language if sender.language in LANGUAGES else self._language

    @staticmethod
    def _speaks(link: Link, person: Person) -> str:
        return link.language or person.language


def _refused(no: BaseException, language: str) -> Reply:
    from html import escape

    return Reply(text=escape(refusal(no, language), quote=False))
