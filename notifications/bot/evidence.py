"""Takes evidence through the bot: a document or an address for a given obligation.

The obligation awaiting evidence is stored with the person's link for an hour; so a restart loses nothing, and
nothing sent by chance becomes evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import BinaryIO

from merzim.documents.sheets.texts import is_web_address
from notifications.bot.messages import ButtonAction, Reply, line
from notifications.bot.office import BotContext, is_notified
from notifications.links import Link, PendingLink
from notifications.wire.telegram import Button
from workflow.cases.case import Evidence
from workflow.cases.commands import reminder_actions
from workflow.cases.commands.case_commands import UnknownCase, View
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.deadline import Deadline
from workflow.org.office import Office, Person

AWAITED_FOR = timedelta(hours=1)
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")


def handle_evidence_button(
    app: BotContext,
    person: Person,
    view: View,
    deadline: Deadline,
    name: str,
    chosen: str,
    language: str,
    *,
    now: datetime,
) -> ButtonAction:
    """Handle the evidence button: request the evidence, or first its kind where several are possible."""
    kinds = deadline.obligation.evidence
    if not chosen:
        return ButtonAction(
            toast="", replies=request_evidence(app, person, view, deadline, name, language, now=now)
        )
    if not chosen.isdigit() or int(chosen) >= len(kinds):
        return ButtonAction(toast=line("not_yours", language), alert=True)
    awaited = PendingLink(case=view.case.id, obligation=deadline.id, kind=kinds[int(chosen)], at=now)
    app.links.await_from(person.key, awaited)
    return ButtonAction(toast="", replies=(_evidence_request(deadline, awaited.kind, language),))


def request_evidence(
    app: BotContext,
    person: Person,
    view: View,
    deadline: Deadline,
    name: str,
    language: str,
    *,
    now: datetime,
) -> tuple[Reply, ...]:
    """Request missing evidence, or first its kind where several are missing; return nothing when none is
    missing.
    """
    fact = view.case.facts.get(deadline.fact)
    shown_kinds = {item.kind for item in fact.evidence} if fact else set()
    kinds = [(n, kind) for n, kind in enumerate(deadline.obligation.evidence) if kind not in shown_kinds]
    if len(kinds) > 1:
        rows = tuple(
            (Button(line("kind", language, kinds=(kind,)), f"e:{name}:{number}"),) for number, kind in kinds
        )
        return (Reply(text=line("evidence_which", language, title=deadline.obligation.title), buttons=rows),)
    kind = kinds[0][1] if kinds else ""
    app.links.await_from(person.key, PendingLink(case=view.case.id, obligation=deadline.id, kind=kind, at=now))
    return (_evidence_request(deadline, kind, language),)


def handle_evidence_command(
    app: BotContext,
    office: Office,
    person: Person,
    words: Sequence[str],
    language: str,
    *,
    now: datetime,
    today: date,
) -> tuple[Reply, ...]:
    """Handle `/evidence CASE OBLIGATION`. Raises Refusal for an unknown case or obligation."""
    if len(words) != 2:
        return (Reply(text=line("evidence_how", language)),)
    view = app.case_commands.view(words[0], today=today)
    if view.procedure.confidential and not any(
        is_notified(app, office, person, view.case, deadline.id, today=today)
        for deadline in view.deadlines
        if not is_entry(deadline.id)
    ):
        # People without access to a confidential case must not learn that it exists, nor what it requires.
        raise UnknownCase(words[0])
    deadline = reminder_actions.deadline_of(view, words[1])
    if not is_notified(app, office, person, view.case, deadline.id, today=today):
        return (Reply(text=line("no_longer_yours", language)),)
    if view.procedure.confidential:
        return (Reply(text=line("behind_login", language)),)
    app.links.await_from(person.key, PendingLink(case=view.case.id, obligation=deadline.id, kind="", at=now))
    return (_evidence_request(deadline, "", language),)


def handle_text(
    app: BotContext,
    office: Office,
    link: Link,
    person: Person,
    text: str,
    language: str,
    *,
    now: datetime,
    today: date,
) -> tuple[Reply, ...]:
    """Handle a text that is not a command: record it as an address where one is expected, else show the
    help.
    """
    addresses = [word for word in text.split() if is_web_address(word)]
    if len(addresses) != 1:
        return (Reply(text=line("evidence_no_address" if link.awaited else "help", language)),)
    return _record_evidence(
        app, office, link, person, addresses[0], None, text.replace(addresses[0], " "), language, now, today
    )


def handle_document(
    app: BotContext,
    office: Office,
    link: Link,
    person: Person,
    content: BinaryIO,
    name: str,
    caption: str,
    language: str,
    *,
    now: datetime,
    today: date,
) -> tuple[Reply, ...]:
    """Handle a document: record it as evidence. Raises Refusal for a file that is not accepted."""
    if _unexpired(link, now) is None:
        return (Reply(text=line("evidence_for_what", language)),)
    return _record_evidence(app, office, link, person, name, content, caption, language, now, today)


def _record_evidence(
    app: BotContext,
    office: Office,
    link: Link,
    person: Person,
    reference: str,
    content: BinaryIO | None,
    date_text: str,
    language: str,
    now: datetime,
    today: date,
) -> tuple[Reply, ...]:
    awaited = _unexpired(link, now)
    if awaited is None:
        return (Reply(text=line("evidence_for_what", language)),)
    view = app.case_commands.view(awaited.case, today=today)
    deadline = reminder_actions.deadline_of(view, awaited.obligation)
    if not is_notified(app, office, person, view.case, deadline.id, today=today):
        # It has passed to another person since it was requested.
        app.links.await_from(person.key, None)
        return (Reply(text=line("no_longer_yours", language)),)
    kind = _choose_kind(awaited.kind, deadline.obligation.evidence, "link:" if content is None else "document:")
    document_date = _date(date_text)
    fact = view.case.facts.get(deadline.fact)
    if content is None:
        item = Evidence(kind=kind, reference=reference, published_on=document_date)
    else:
        stored = app.evidence.keep(content, reference)
        item = Evidence(
            kind=kind, reference=stored.reference, name=reference, type=stored.type, size=stored.size
        )
    on = fact.on if fact else (document_date or today)
    by = f"{person.name} (Telegram)"
    app.case_commands.record(awaited.case, deadline.fact, on=on, by=by, now=now, today=today, evidence=(item,))
    app.links.await_from(person.key, None)
    return (Reply(text=line("evidence_taken", language, title=deadline.obligation.title, on=on)),)


def _unexpired(link: Link, now: datetime) -> PendingLink | None:
    """Return the pending request for evidence, unless it has expired."""
    awaited = link.awaited
    return awaited if awaited is not None and abs(now - awaited.at) < AWAITED_FOR else None


def _choose_kind(kind: str, kinds: Sequence[str], sort: str) -> str:
    """Return the kind of evidence: the requested one if it fits, else the only one that does, else ""."""
    if kind.startswith(sort):
        return kind
    fitting = [kind for kind in kinds if kind.startswith(sort)]
    return fitting[0] if len(fitting) == 1 else ""


def _evidence_request(deadline: Deadline, kind: str, language: str) -> Reply:
    title = deadline.obligation.title
    if kind:
        return Reply(text=line("evidence_asked_kind", language, title=title, kinds=(kind,)))
    return Reply(text=line("evidence_asked", language, title=title))


def _date(text: str) -> date | None:
    """Parse the date written beside a document; None when it is missing or invalid."""
    try:
        if match := _ISO.search(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DOTTED.search(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None
