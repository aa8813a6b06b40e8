"""Imports replies to reminders from the mailbox: attachments become evidence, text becomes a comment."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from i18n import available_language as spoken
from i18n import refusal as refusal_text
from i18n import say
from merzim.services.cases.assignments import AnswerAssignment, answer_assignment
from merzim.services.cases.letter_answers import LASTS, LetterQuestion, LinkRefused, open_letter
from merzim.services.cases.verbs import RecordFact, record
from merzim.services.connections.channels import mailbox_of
from merzim.services.context import ORIGIN, Origin, RequestContext, operator_context, stamp
from merzim.services.inputs import EvidenceInput, OpenFile
from merzim.storage.cases.evidence import LIMIT
from merzim.storage.refusals import StorageUnavailable
from notifications.acknowledgement import acknowledge
from notifications.event_notices import COMMENT, line_key
from notifications.letter_links import answer_token, read_token
from notifications.letters.texts import with_period
from notifications.notice import Notice, message_id
from notifications.rules import OfficeTimes
from notifications.wire.imap import open_mailbox
from notifications.wire.reply import Reply, Unreadable, read_reply
from workflow.cases.commands.assignments import comment
from workflow.cases.registers.assignments import assignments
from workflow.cases.registers.entries import number_of, row_kind
from workflow.org.access import Reader
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.app import AppContext

MESSAGES_AT_ONCE = 50
"""Messages processed in one round; the others wait for the next."""
MAX_BYTES = LIMIT * 3 // 2
"""Maximum bytes of a message: the largest evidence file, encoded for mail."""
MAX_FILES = 10
TEXT_LIMIT = 2000
LEASE = timedelta(minutes=10)
TASK = "replies"
Result = Literal["taken", "refused", "ignored"]
log = logging.getLogger("merzim.replies")


class ReplyRefused(Refusal, ValueError):
    """A reply that is not accepted; its text is used in the letter about that."""


def take_replies(app: AppContext, *, now: datetime, today: date, at_once: bool = False) -> dict[Result, int]:
    """Read the mailbox when it is time, in one process only. Return the number of replies by result.

    A message is marked as read after everything in it is stored. If a process dies before that, the message is
    processed again without storing anything twice.

    Args:
        at_once: whether to read now, even if it was read recently.

    Raises:
        MailboxRefused: it cannot be opened or read.
    """
    address, counts = mailbox_of(app.settings), dict[Result, int]()
    if address is None or not app.has_database:
        return counts
    machine, started = app.system_clock().now, perf_counter()
    if not at_once and not _is_time(app, machine):
        return counts
    holder = uuid4().hex
    if not app.leases.take(TASK, holder, now=machine, lasts=LEASE):
        return counts
    try:
        with open_mailbox(address) as mailbox:
            for waiting in mailbox.unread(limit=MESSAGES_AT_ONCE):
                if app.stopping.is_set():
                    break
                content = mailbox.read(waiting.uid) if waiting.size <= MAX_BYTES else b""
                try:
                    result = take_reply(app, content, arrived=_day(waiting.arrived), now=now, today=today)
                except Exception:
                    # The database, the disk or a mistake of ours: it waits, the others are looked at.
                    log.exception("message %s is not taken, the next round tries again", waiting.uid)
                    continue
                mailbox.mark_read(waiting.uid)
                counts[result] = counts.get(result, 0) + 1
        from merzim.storage.notices.tally import beat

        beat(app.engine, TASK, now=machine, seconds=perf_counter() - started)
    finally:
        app.leases.give_back(TASK, holder)
    if counts:
        log.info("replies: %s", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return counts


def take_reply(app: AppContext, content: bytes, *, arrived: date, now: datetime, today: date) -> Result:
    """Store the contents of a reply in the name of the person the letter went to.

    A message without the secret of a letter, or written by a program, is ignored without an answer. If a reply
    is refused, the reason is sent to the address of the letter, never to that of the message, once a day.

    Args:
        arrived: the local date of its arrival, used as the day of a fact that is not recorded yet.
    """
    try:
        reply = read_reply(content)
    except Unreadable:
        return "ignored"
    key = app.rules.link_key
    of_one, of_several, quoted = (
        [token for token in tokens if read_token(key, token) is not None]
        for tokens in (reply.tokens, reply.of_several, reply.quoted)
    )
    if reply.automatic or not (of_one or of_several or quoted):
        return "ignored"
    operator = operator_context(app, by="merzim", now=now, today=today)
    if not of_one and len(quoted) != 1:
        return _ask_which(operator, of_several, quoted)
    token = (of_one or quoted)[0]
    try:
        question = open_letter(operator, token)
    except LinkRefused:
        return "ignored"
    except Refusal as refusal:
        link = read_token(key, token)
        notice = link.find(app.outbox.notices(case=link.case)) if link else None
        return _refuse(operator, notice, refusal) if notice else "ignored"
    author = question.person.key
    # Nothing of a confidential case is taken by mail; elsewhere the mark is the right to do this one thing.
    ctx = replace(operator, operator=False, reader=Reader(login=author, access="officer", person=author))
    try:
        with _by_mail():
            _write(ctx, question, reply, min(arrived, today))
    except Refusal as refusal:
        if isinstance(refusal, StorageUnavailable) or refusal.code == "evidence_unwritable":
            raise
        return _refuse(ctx, question.notice, refusal)
    return "taken"


def _ask_which(ctx: RequestContext, of_several: list[str], quoted: list[str]) -> Result:
    """Answer a reply to a letter of several steps that names none of them, with a link for each step."""
    outbox, questions = ctx.app.outbox, dict[tuple[str, str], LetterQuestion]()
    links = [read_token(ctx.app.rules.link_key, token) for token in of_several[:1] or quoted[:MAX_FILES]]
    notices = [link.find(outbox.notices(case=link.case)) for link in links if link is not None]
    letter_notices = [notice for notice in notices if notice is not None]
    if letter_notices and of_several and letter_notices[0].carrier:
        letter_notices = [
            notice for notice in outbox.carried(letter_notices[0].carrier) if notice.kind == "reminder"
        ]
    for member in letter_notices:
        try:
            question = open_letter(ctx, answer_token(ctx.app.rules.link_key, member))
        except Refusal:
            # Its person left, or its edition is missing: the others are named.
            continue
        if question.takes_document and member.person == letter_notices[0].person:
            questions[member.case, member.obligation] = question
    if not questions:
        return "ignored"
    steps = []
    for question in questions.values():
        notice, about = question.notice, question.case.object_in(question.notice.language)
        title = with_period(question.deadline.obligation.title, question.deadline.period, notice.language)
        named_title = f"{title} ({about})" if about else title
        steps.append({"title": named_title, "key": notice.key, "case": notice.case})
    first = next(iter(questions.values())).notice
    return _refuse(ctx, first, ReplyRefused("replies.several"), steps)


def _is_time(app: AppContext, machine: datetime) -> bool:
    from merzim.services.outgoing import sending

    last = sending.figures(app, now=machine).pulses.get(TASK)
    return last is None or not timedelta() <= machine - last[0] < timedelta(seconds=app.settings.imap.period)


def _day(moment: datetime) -> date:
    """Return the local date of a moment."""
    from merzim.services.moments import almaty

    return moment.astimezone(almaty()).date()


def _write(ctx: RequestContext, question: LetterQuestion, reply: Reply, on: date) -> None:
    """Store evidence, or a comment if nothing is attached. Raises Refusal."""
    notice, deadline = question.notice, question.deadline
    if reply.sender.casefold() != notice.address.casefold():
        raise ReplyRefused("replies.other_sender", sender=reply.sender[:200])
    if question.case.confidential:
        raise ReplyRefused("replies.confidential")
    if notice.queued_at + LASTS < ctx.now:
        raise ReplyRefused("replies.old", days=LASTS.days)
    if not question.is_theirs:
        raise ReplyRefused("replies.not_yours")
    if not reply.files and not reply.text:
        raise ReplyRefused("replies.empty")
    if len(reply.files) > MAX_FILES:
        raise ReplyRefused("replies.too_many", most=MAX_FILES)
    text, kind = reply.text[:TEXT_LIMIT], row_kind(deadline.id)
    if not reply.files:
        _comment(ctx, question, text)
    elif kind == "assignment":
        _answer(ctx, question, reply, text, on)
    elif kind or deadline.obligation.options:
        raise ReplyRefused("replies.in_the_case")
    else:
        fact = question.case.facts.get(deadline.fact)
        command = RecordFact(
            case=notice.case,
            fact=deadline.fact,
            on=fact.on if fact else on,
            evidence=_evidence(question, reply),
            remark="" if fact else say("replies.remark", {}, spoken(question.person.language)),
        )
        record(ctx, command)
        if text:
            _comment(ctx, question, text)
    acknowledge(ctx.app.outbox, ctx.case_commands, notice, notice.key, **stamp(ctx))


def _answer(ctx: RequestContext, question: LetterQuestion, reply: Reply, text: str, on: date) -> None:
    number = number_of(question.deadline.id)
    assignment = assignments(question.case)[number]
    names = {item.name for item in assignment.evidence}
    if assignment.answered_on is not None and all(name in names for name, _ in reply.files):
        return
    command = AnswerAssignment(
        case=question.notice.case, number=number, on=on, text=text, evidence=_evidence(question, reply)
    )
    answer_assignment(ctx, command)


def _evidence(question: LetterQuestion, reply: Reply) -> list[EvidenceInput]:
    """Return the attachments, with the kind of document required if there is only one."""
    kinds = [kind for kind in question.deadline.obligation.evidence if kind.startswith("document:")]
    kind = kinds[0] if len(kinds) == 1 else ""
    return [EvidenceInput(kind=kind, content=OpenFile(name, BytesIO(content))) for name, content in reply.files]


def _comment(ctx: RequestContext, question: LetterQuestion, text: str) -> None:
    """Store the text as a comment, once even if the message is processed again."""
    notice, author = question.notice, question.person.key
    for event in ctx.case_commands.events(notice.case):
        event_comment = (event.kind, event.name, event.payload.get("person"), event.payload.get("text"))
        if event_comment == ("commented", notice.obligation, author, text):
            return
    comment(
        ctx.case_commands, notice.case, text=text, obligation=notice.obligation, person=author, **stamp(ctx)
    )


def _refuse(
    ctx: RequestContext, notice: Notice, refusal: Refusal, steps: Sequence[Mapping[str, str]] = ()
) -> Result:
    """Queue a letter with the reason why a reply was refused: at most one a day about a case to a person.

    Args:
        steps: those it may have been meant for; each gets a link.
    """
    app, now = ctx.app, ctx.now
    key = f"{line_key(notice.case, 0)}{ctx.today.isoformat()}:reply:{notice.person}:{notice.channel}"
    about = {
        "kind": "reply",
        "place": notice.obligation,
        "text": refusal_text(refusal, notice.language),
    } | ({"steps": steps} if steps else {})
    times = OfficeTimes(app.outbox.office(), app.calendar, app.rules)
    letter = replace(
        notice,
        key=key,
        obligation="",
        due=ctx.today,
        rung=COMMENT,
        kind="comment",
        state="queued",
        attempts=0,
        queued_at=now,
        not_before=times.opening(notice.person, now),
        attempted_at=None,
        sent_at=None,
        answer="",
        text_hash="",
        acknowledged_at=None,
        message_id=message_id(key, app.rules.domain),
        bundle="",
        carrier="",
        about=about,
    )
    from merzim.storage.database.engine import writing

    with writing(app.engine) as connection:
        app.outbox.queue(connection, [letter])
    return "refused"


@contextmanager
def _by_mail() -> Iterator[None]:
    """Mark everything written in this block as coming by mail, for the audit log."""
    before = ORIGIN.set(Origin(way="mail"))
    try:
        yield
    finally:
        ORIGIN.reset(before)
