"""Handles messages to the bot: linking accounts, lists, languages.

Buttons are in `buttons`. Independent of the transport, so of aiogram.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import escape

from calendars import OutOfRange
from i18n import LANGUAGES, available_language, refusal, say
from notifications.bot import buttons
from notifications.bot.messages import ButtonAction, Reply, Sender, line, shorten
from notifications.bot.office import ActionsOf, BotContext, CampaignAnswers, rows_of_person
from notifications.letters.texts import object_names, relation_to_due_date
from notifications.links import TelegramLink, hash_code
from notifications.wire.telegram import Button
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.org.office import Office, Person, with_officer
from workflow.refusal import Refusal

COMMANDS = ("my", "week", "overdue", "language", "stop")
Clock = Callable[[], tuple[datetime, date]]


class Conversation:
    """Answers messages to the bot.

    Args:
        app: access to data and commands.
        clock: returns (aware UTC, local date), called once for each message.
        language: language for unknown senders whose Telegram uses none of ours.
        actions: makes what a person does to cases by the buttons.
        campaigns: the answers to campaigns; None where the bot takes none.
    """

    def __init__(
        self,
        app: BotContext,
        clock: Clock,
        *,
        language: str,
        actions: ActionsOf,
        campaigns: CampaignAnswers | None = None,
    ) -> None:
        self._app = app
        self._actions = actions
        self._campaigns = campaigns
        self._clock = clock
        self._language = language

    def handle_message(self, sender: Sender, text: str) -> tuple[Reply, ...]:
        now, today = self._clock()
        office = self._office()
        command, _, rest = text.strip().partition(" ")
        name = command.partition("@")[0].lower()
        link, person = self._sender_link(sender, office)
        if name == "/start":
            return (self._start(sender, link, person, rest.strip(), office, now),)
        if link is None or person is None:
            return (self._stranger(sender),)
        language = self._speaks(link, person)
        try:
            match name:
                case "/my" | "/week" | "/overdue":
                    return (list_deadlines(self._app, office, person, name[1:], language, today=today),)
                case "/language":
                    return (self._languages(language),)
                case "/stop":
                    self._app.links.unlink(person.key, by=person.key, now=now)
                    return (Reply(text=line("stopped", language)),)
                case _:
                    return (Reply(text=line("help", language)),)
        except (Refusal, OutOfRange) as no:
            return (_refused(no, language),)

    def unreadable(self, sender: Sender) -> tuple[Reply, ...]:
        """Answer a message the bot cannot use: a document, a photograph, a voice message."""
        link, person = self._sender_link(sender, self._office())
        if link is None or person is None:
            return (self._stranger(sender),)
        return (Reply(text=line("unreadable", self._speaks(link, person))),)

    def knows(self, sender: Sender) -> bool:
        """Return whether the sender is a linked person, not a stranger."""
        link, person = self._sender_link(sender, self._office())
        return link is not None and person is not None

    def pressed(self, sender: Sender, data: str) -> ButtonAction:
        """Answer the press of a button; everything in its data is verified."""
        now, today = self._clock()
        office = self._office()
        link, person = self._sender_link(sender, office)
        if link is None or person is None:
            return ButtonAction(toast=line("not_yours", self._guessed(sender)), alert=True)
        language = self._speaks(link, person)
        mark, _, argument = data.partition(":")
        if mark == "l" and argument in LANGUAGES:
            self._app.links.speak(person.key, argument)
            return ButtonAction(
                toast=line("language_set", argument), replies=(Reply(text=line("help", argument)),)
            )
        try:
            return buttons.handle_button(
                self._app,
                office,
                person,
                mark,
                argument,
                language,
                now=now,
                today=today,
                actions=self._actions,
                campaigns=self._campaigns,
            )
        except (Refusal, OutOfRange) as no:
            return ButtonAction(toast="", replies=(_refused(no, language),))

    def broken(self, sender: Sender) -> Reply:
        """Return the answer after an internal error: the request was not carried out."""
        return Reply(text=line("broken", self._guessed(sender)))

    def _start(
        self,
        sender: Sender,
        link: TelegramLink | None,
        person: Person | None,
        code: str,
        office: Office,
        now: datetime,
    ) -> Reply:
        """Answer /start: link the account when a code comes with it."""
        if not code:
            if link is None or person is None:
                return self._stranger(sender)
            language = self._speaks(link, person)
            if self._app.links.welcome(person.key):
                return Reply(text=line("welcome_back", language, person=person.name_in(language)))
            return Reply(text=line("linked_already", language, person=person.name_in(language)))
        result, new_link = self._app.links.redeem(hash_code(code), sender.chat, language="", now=now)
        if new_link is None:
            return Reply(text=line(f"code_{result}", self._guessed(sender)))
        whose = office.people.get(new_link.person)
        if whose is None:
            self._app.links.unlink(new_link.person, by=new_link.person, now=now)
            return Reply(text=line("code_wrong", self._guessed(sender)))
        language = self._speaks(new_link, whose)
        return Reply(text=line("linked", language, person=whose.name_in(language)))

    def _languages(self, language: str) -> Reply:
        buttons = tuple(Button(line("own_name", language), f"l:{language}") for language in LANGUAGES)
        return Reply(text=line("language_which", language), buttons=(buttons,))

    def _stranger(self, sender: Sender) -> Reply:
        """Answer an account that is not linked."""
        return Reply(text=line("stranger", self._guessed(sender)))

    def _sender_link(self, sender: Sender, office: Office) -> tuple[TelegramLink | None, Person | None]:
        link = self._app.links.behind(sender.chat)
        return link, office.people.get(link.person) if link else None

    def _office(self) -> Office:
        rules = self._app.rules
        return with_officer(self._app.outbox.office(), rules.officer, language=rules.officer_language)

    def _guessed(self, sender: Sender) -> str:
        """Return the language set in the sender's Telegram, else the default."""
        return sender.language if sender.language in LANGUAGES else self._language

    @staticmethod
    def _speaks(link: TelegramLink, person: Person) -> str:
        return available_language(link.language or person.language)


def _refused(no: BaseException, language: str) -> Reply:
    return Reply(text=escape(refusal(no, language), quote=False))


WORKING_DAYS_AHEAD = 5
DAYS_AHEAD = 30
SHOWN = 15
"""Number of lines listed; the rest is counted."""


def list_deadlines(
    app: BotContext, office: Office, person: Person, list_kind: str, language: str, *, today: date
) -> Reply:
    """Return a list of the person's obligations: `overdue`, due within a working `week`, or all near ones
    (`my`).
    """
    last = app.calendar.add_working_days(today, WORKING_DAYS_AHEAD)
    if list_kind == "my":
        last = min(today + timedelta(days=DAYS_AHEAD), app.calendar.last)
    rows = list(app.reads.overdue(today)) if list_kind in ("overdue", "my") else []
    if list_kind != "overdue":
        rows += app.reads.due(today, last)
    mine = rows_of_person(app, office, person, rows, today=today)
    if not mine:
        return Reply(text=line(f"list_{list_kind}_empty", language, until=last))
    lines = [f"<b>{line(f'list_{list_kind}', language, until=last)}</b>", ""]
    for row, case, procedure in mine[:SHOWN]:
        assert row.due is not None
        if procedure.confidential:
            discreet = say("digest.discreet", {}, language)
            lines += [f"• {escape(discreet, quote=False)} – {line('day', language, on=row.due)} · {case.id}"]
            continue
        obligation = entry_obligation(case, procedure, row.obligation)
        stands = relation_to_due_date(row, app.calendar, today=today)
        arguments = {"title": obligation.title, "due": row.due, "today": today}
        arguments |= {"left": stands.left, "late": stands.late}
        subject = say(f"letter.subject_{stands.word}", arguments, language)
        force = say(f"letter.force_{obligation.force}", {}, language)
        place = " · ".join(filter(None, (force, object_names(case, procedure)[language], case.id)))
        lines += [
            f"• {escape(subject, quote=False)}\n   {escape(place, quote=False)} · <code>{row.obligation}</code>"
        ]
    if len(mine) > SHOWN:
        lines += ["", line("list_more", language, count=len(mine) - SHOWN)]
    return Reply(text=shorten("\n".join(lines)))
