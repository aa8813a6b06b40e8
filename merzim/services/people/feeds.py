"""Calendar feeds (secret addresses for calendar programs), and what people set themselves: leave,
digest, Telegram.

A person's feed has that person's open deadlines; a unit's feed those of the unit and below. Anybody with the
address can read it, so nothing confidential is included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal, cast

from pydantic import BaseModel

import i18n
from i18n.languages import Language
from merzim.services.accounts.credentials import hash_secret
from merzim.services.accounts.verbs import Hash, SessionsEnded, issue_secret
from merzim.services.app import AppContext
from merzim.services.board.deadlines import keys_of_person
from merzim.services.context import RequestContext, in_own_units, reader_of
from merzim.services.inputs import Day, Key
from merzim.services.names import person_named
from merzim.services.verbs import Command, NotFound, verb
from merzim.storage import office as office_store
from merzim.storage.tables.accounts import Credential
from notifications.channels.telegram import CODE_LASTS, Telegram, hash_code, link_address, new_code
from notifications.letter_links import CHOICES, ChoiceLink, read_secret
from notifications.notice import CalendarEntry as Item, item_id
from workflow.board.rows import DeadlineFilter, Horizon
from workflow.cases.case import Case
from workflow.cases.registers.rows import is_entry
from workflow.deadlines.deadline import Row
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.org.access import Account, Reader, must_enrol, scope
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

LASTS = timedelta(days=3 * 366)
"""How long a feed is valid before it must be created anew."""
BACK, AHEAD = timedelta(days=366), timedelta(days=366)
MOST_FEEDS = 10
"""Maximum number of feeds of one account."""
MAX_ITEMS = 500
"""Maximum number of items in a feed: the nearest ones."""
MOST_READ = 20_000
"""Maximum number of a person's deadlines that are read to find the nearest."""
_TOUCH = timedelta(hours=1)
"""A reading of a feed is noted at most once in this time."""


class FeedRevoked(Command):
    id: Hash


def feeds_of(ctx: RequestContext, login: str, *, now: datetime) -> list[Credential]:
    """Return the valid feeds of an account; of the login "" those of all units."""
    return [entry for entry in ctx.accounts.entries(login, now=now) if entry.kind == "feed"]


def create_own_feed(ctx: RequestContext, language: str) -> str:
    """Create a feed of the reader; return its address, shown once. Raises Refusal if there are too many."""
    if len(feeds_of(ctx, ctx.reader.login, now=ctx.now)) >= MOST_FEEDS:
        raise Refusal("web.feed.enough")
    return create_feed(ctx, ctx.reader.login, scope="", name=ctx.reader.name, language=language)


def create_feed(ctx: RequestContext, login: str, *, scope: str, name: str, language: str) -> str:
    """Create a feed; return its address, shown once. `login`: "" for a feed of the unit that `scope` names."""
    secret = issue_secret(ctx.accounts, "feed", login, LASTS, at=ctx.moment, name=name, scope=scope)
    return f"{ctx.app.rules.public_address}/feeds/{secret}.ics?lang={language}"


@verb("self")
def revoke_feed(ctx: RequestContext, command: FeedRevoked) -> SessionsEnded:
    """Revoke a feed of the reader's own."""
    return SessionsEnded(ended=_revoke(ctx, ctx.reader.login, command.id))


@verb("settings")
def revoke_unit_feed(ctx: RequestContext, command: FeedRevoked) -> SessionsEnded:
    """Revoke a feed of a unit."""
    return SessionsEnded(ended=_revoke(ctx, "", command.id))


def _revoke(ctx: RequestContext, login: str, hash: str) -> int:
    """Revoke a feed of an account by its hash; return how many there were (0 or 1)."""
    is_own = any(feed.hash == hash for feed in feeds_of(ctx, login, now=ctx.now))
    if is_own:
        ctx.accounts.end(login, hash, at=ctx.moment)
    return int(is_own)


def open_feed(ctx: RequestContext, secret: str, language: str = "") -> tuple[str, Sequence[Item]] | None:
    """Return the name and the items of the feed of a secret address; None if its owner must first set up a
    second factor. `language`: the requested one; by default that of its person. Raises NotFound: there is no
    such feed, or its account is disabled.
    """
    now, today = ctx.now, ctx.today
    entry = ctx.accounts.entry("feed", hash_secret(secret), now=now)
    account = ctx.accounts.account(entry.login) if entry and entry.login else None
    if entry is None or (entry.login and (account is None or account.disabled)):
        raise NotFound("web.problem.no_feed")
    if account is not None and must_enrol(account, ctx.app.settings.web.totp_required):
        return None
    if entry.seen_at + _TOUCH < now:
        ctx.accounts.mark_used(entry.hash, now=now)
    office = ctx.reads.office()
    language = _language(language, account, office)
    if account is not None:
        rows = _own_rows(ctx, reader_of(ctx, account), today)
        name = i18n.say("web.feed.of", {"name": account.reader.name or account.reader.login}, language)
    else:
        rows = _unit_rows(ctx, entry.scope, today)
        name = i18n.say("web.feed.of", {"name": entry.name}, language)
    return name, [_item(ctx, case, row, language, now) for case, row in rows]


def _language(language: str, account: Account | None, office: Office) -> str:
    """Return the language of a feed: the requested one, else its person's, else the first."""
    if language in i18n.LANGUAGES:
        return language
    person = office.people.get(account.reader.person) if account else None
    return i18n.available_language(person.language) if person else i18n.LANGUAGES[0]


def _days_away(row: Row, today: date) -> int:
    """Return the distance of a row's due date from today in days."""
    return abs(((row.due or today) - today).days)


def _own_rows(ctx: RequestContext, reader: Reader, today: date) -> list[tuple[Case, Row]]:
    """Return the open rows the account's person must act on, in any unit; of confidential cases only those
    visible to the account.
    """
    if not reader.person or not reader.may("read"):
        return []
    reads, day = ctx.reads.seen_by(scope(reader)).whole_office(), Horizon(today=today, soon=today)
    assignees = frozenset(keys_of_person(reads.office(), reader.person, reads.assignees(), on=today))
    # The longest overdue come first, the nearest last: all of them are read.
    listed = reads.listed(DeadlineFilter(horizon=day, assignees=assignees), limit=MOST_READ)
    rows = [row for row in listed if row.due is not None and today - BACK <= row.due <= today + AHEAD]
    rows = sorted(rows, key=lambda row: _days_away(row, today))[:MAX_ITEMS]
    cases = reads.whole({row.case for row in rows})
    return _by_day((cases[row.case], row) for row in rows if row.case in cases)


def _unit_rows(ctx: RequestContext, unit: str, today: date) -> list[tuple[Case, Row]]:
    """Return the open rows of a unit and those below it, without confidential ones."""
    first, last = max(today - BACK, ctx.calendar.first), min(today + AHEAD, ctx.calendar.last)
    due = DeadlineFilter(urgency="due", horizon=Horizon(today=first, soon=last), unit=unit)
    rows = sorted(ctx.reads.listed(due), key=lambda row: _days_away(row, today))
    heads = ctx.reads.heads({row.case for row in rows})
    shown_rows = [row for row in rows if row.case in heads and not _hidden(ctx, heads[row.case])][:MAX_ITEMS]
    cases = ctx.reads.whole({row.case for row in shown_rows})
    # A head does not say that a single case was made confidential; the case itself does.
    open_to_all = {id: case for id, case in cases.items() if not case.confidential}
    return _by_day((open_to_all[row.case], row) for row in shown_rows if row.case in open_to_all)


def _by_day(rows: Iterable[tuple[Case, Row]]) -> list[tuple[Case, Row]]:
    return sorted(rows, key=lambda pair: (pair[1].due or date.max, pair[1].case, pair[1].obligation))


def _hidden(ctx: RequestContext, case: Case) -> bool:
    """Return whether a case is confidential, by itself or by its edition."""
    return case.confidential or ctx.library.named(case.edition).confidential


def _item(ctx: RequestContext, case: Case, row: Row, language: str, now: datetime) -> Item:
    """Return a row as an all-day calendar item with the UID it has in letters, so that programs show one item.
    Of a confidential case it says only that something is due.
    """
    assert row.due is not None
    rules = ctx.app.rules
    if _hidden(ctx, case):
        # A date of one's own may be known to one's own calendar; what it is about may not.
        summary, text, link = i18n.say("digest.awaits_subject", {}, language), "", rules.public_address
    else:
        title = entry_obligation(case, ctx.library.of(case), row.obligation).title[language]
        period = "" if is_entry(row.obligation) else row.obligation.partition(".")[2]
        title = i18n.titled(title, period, language)
        summary = " – ".join(filter(None, (title, case.object_in(language))))
        text, link = "\n".join(_explained(ctx, case, row, language)), f"{rules.public_address}/cases/{case.id}"
    return Item(
        uid=item_id(case.id, row.obligation, rules.domain),
        sequence=max(0, int((now - (case.opened_at or now)).total_seconds())),
        on=row.due,
        stamp=now,
        summary=summary,
        text=text,
        link=link,
        status="CONFIRMED" if row.status == "firm" else "TENTATIVE",
        language=language,
    )


def _explained(ctx: RequestContext, case: Case, row: Row, language: str) -> Iterator[str]:
    """Yield the lines of an item's text: procedure, act and paragraph if any, force, due date."""
    procedure = ctx.library.of(case)
    obligation = entry_obligation(case, procedure, row.obligation)
    yield procedure.title[language]
    act = procedure.acts.get(obligation.act)
    if act is not None:
        yield f"{act.short[language]}, {i18n.paragraph(obligation.paragraph, language)}"
    label, word = i18n.say("head.force", {}, language), f"letter.force_{obligation.force}"
    yield f"{label}: {i18n.say(word, {}, language)}"
    yield i18n.say("web.feed.due", {"on": row.due}, language)


LONGEST_LEAVE = timedelta(days=366)


class Away(Command):
    """First and last day of leave, one of them for a single day; neither for none. `deputy`: their key."""

    first: Day | None = None
    last: Day | None = None
    deputy: Key | None = None


@verb("record")
def set_leave(ctx: RequestContext, command: Away) -> None:
    """Set the reader's deputy, of their own units or as appointed, and one leave in place of all they had;
    without days they have none.
    """
    first, last = command.first or command.last, command.last or command.first
    office = ctx.reads.office()
    person = office.people.get(ctx.reader.person)
    if person is None:
        raise Refusal("web.desk.no_person")
    if first and last and (last < first or last < ctx.today or last - first > LONGEST_LEAVE):
        raise Refusal("web.desk.bad_leave", first=first, last=last)
    deputy = office.people.get(command.deputy or "")
    is_own = deputy is not None and deputy is not person and in_own_units(ctx, deputy.unit)
    if command.deputy not in (None, person.deputy) and not is_own:
        raise Refusal("web.desk.bad_deputy", person=command.deputy)
    away = ((first, last),) if first and last else ()
    office_store.set_leave(ctx.app.engine, person.key, away=away, deputy=command.deputy, at=ctx.moment)


class DigestChoice(Command):
    digest: Literal["daily", "weekly"]
    language: Language


@verb("self")
def set_digest(ctx: RequestContext, command: DigestChoice) -> DigestChoice:
    """Set how often letters are sent to the reader, and their language; return what was chosen."""
    person = own_person(ctx)
    if person is None:
        raise NotFound("web.problem.no_person")
    digest, language = CHOICES[command.digest], command.language
    office_store.choose(ctx.app.engine, person.key, digest=digest, language=language, at=ctx.moment)
    return command


def person_of_link(ctx: RequestContext, token: str) -> Person:
    """Return the person whose letters hold this address for choosing. Raises NotFound."""
    link = read_secret(ctx.app.rules.link_key, token, ChoiceLink)
    person = ctx.reads.office().people.get(link.person) if link is not None else None
    if person is None:
        raise NotFound("web.problem.no_choice")
    return person


def choose_by_link(ctx: RequestContext, token: str, digest: str) -> None:
    """Set how often letters are sent to the person of an address. Raises NotFound."""
    key = person_of_link(ctx, token).key
    office_store.choose(ctx.app.engine, key, digest=CHOICES[digest], at=replace(ctx.moment, by=key))


def own_person(ctx: RequestContext) -> Person | None:
    """Return the reader's person with their choice; None for an account without a person."""
    return ctx.app.reads.office().people.get(ctx.reader.person)


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
    The caller must make sure that only the person concerned sees it. Raises Refusal: there is nobody with that
    name, or several people, `[channels.telegram] bot` is missing, or Telegram is not among the channels in use.
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
    return cast(Telegram, app.settings.channels.of("telegram")).bot
