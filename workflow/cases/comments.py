"""Comments on a case and its obligations, read from its events: remarks, questions with a day, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from workflow.cases.case import Event, withdrawn_lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """One comment.

    Attributes:
        seq: number of its event in the history of the case.
        obligation: id with its period; "" for a comment on the case.
        by: login of its author; `person`: key of the author, "" if not in the list of people.
        mentions: keys of the people it names.
        asks: key of the person it asks; "" for no question. `until`: the day the answer is due (local date).
        answers: number of the question it answers.
        answered_by: number of the comment that answers it.
        withdrawn: whether it was withdrawn; its text is not shown then.
    """

    seq: int
    obligation: str
    text: str
    by: str
    person: str
    at: datetime
    mentions: tuple[str, ...] = ()
    asks: str = ""
    until: date | None = None
    answers: int | None = None
    answered_by: int | None = None
    withdrawn: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is a question that has no answer yet."""
        return bool(self.asks) and self.answered_by is None and not self.withdrawn


def comments(events: Sequence[Event]) -> tuple[Comment, ...]:
    """Return the comments of a case in the order they were written, withdrawn ones without their text."""
    gone = {seq for event in events if event.kind == "withdrawn" for seq in withdrawn_lines(event)}
    written = [event for event in events if event.kind == "commented"]
    answers = {
        int(str(event.payload["answers"])): event.seq
        for event in written
        if "answers" in event.payload and event.seq not in gone
    }
    return tuple(comment_of(event, answers.get(event.seq), event.seq in gone) for event in written)


def comment_of(event: Event, answered_by: int | None = None, withdrawn: bool = False) -> Comment:
    """Return the comment an event holds."""
    payload = event.payload
    mentions = payload.get("mentions", ())
    answers = payload.get("answers")
    return Comment(
        seq=event.seq,
        obligation=event.name,
        text="" if withdrawn else str(payload.get("text", "")),
        by=event.by,
        person=str(payload.get("person", "")),
        at=event.at,
        mentions=tuple(map(str, mentions)) if isinstance(mentions, list | tuple) else (),
        asks=str(payload.get("asks", "")),
        until=event.on,
        answers=int(str(answers)) if answers is not None else None,
        answered_by=answered_by,
        withdrawn=withdrawn,
    )
