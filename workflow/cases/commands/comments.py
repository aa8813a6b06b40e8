"""Comments on a case: events of its chain; they can be withdrawn, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from workflow.cases.case import Case, EventDraft
from workflow.cases.commands.case_commands import CaseCommands, Change
from workflow.cases.commands.reminder_actions import deadline_of
from workflow.cases.comments import comments
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal


class CannotComment(Refusal, ValueError):
    """The comment is empty, asks for an answer on a past day, or answers a question that does not exist."""


def comment(
    desk: CaseCommands,
    case_id: str,
    *,
    text: str,
    obligation: str = "",
    person: str = "",
    mentions: Sequence[str] = (),
    asks: str = "",
    until: date | None = None,
    answers: int | None = None,
    by: str,
    now: datetime,
    today: date,
) -> Change:
    """Write a comment on a case, or on one of its obligations.

    Args:
        obligation: id with its period; "" for the case.
        person: key of its author; "" for nobody of the people file.
        mentions: keys of the people it names.
        asks: key of the person it asks; `until`: the day the answer is due.
        answers: number of the question it answers.

    Raises:
        CannotComment: nothing is said, the day is past or nobody is asked, or there is no such question.
        UnknownObligation: the case does not have it.
    """

    def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
        if not text.strip():
            raise CannotComment("comment.empty")
        if until is not None and not asks:
            raise CannotComment("comment.nobody_asked")
        if until is not None and until < today:
            raise CannotComment("comment.past", until=until, today=today)
        about = obligation
        to = dict.fromkeys(mentions, "mention")
        if asks:
            to[asks] = "question"
        if answers is not None:
            written = {one.seq: one for one in comments(desk.events(case_id)[: case.seq])}
            question = written.get(answers)
            if question is None or not question.asks or question.withdrawn:
                raise CannotComment("comment.no_question", line=answers)
            about = question.obligation
            if question.person:
                to[question.person] = "answer"
        elif about:
            deadline_of(desk.looked_at(case, today=today), about)
        to.pop(person, None)
        payload: dict[str, object] = {
            "text": text.strip(),
            "person": person,
            "mentions": list(mentions),
            "asks": asks,
            "answers": answers,
            "to": to,
        }
        said = {name: value for name, value in payload.items() if value not in ("", None, [], {})}
        return [("commented", about, until, said)]

    return desk.write(case_id, decide, by=by, now=now, today=today)
