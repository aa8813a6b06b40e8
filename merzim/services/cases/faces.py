"""Where users find the verbs on a case: a line a verb, from which API, command line and pages mount it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from merzim.services.cases import assignments, verbs
from merzim.services.verbs import Verb


@dataclass(frozen=True, slots=True)
class Face:
    """Where a verb on a case is found; "" is nowhere, or where it is served by hand.

    Attributes:
        api: its address after that of the case, with fields in braces.
        command: how it is typed, with the fields given by position in capitals.
        page: the address of its form after that of the case.
        form: the form's name on the page, by default `page`; of one about an assignment with its number.
        tab: the page of the case its form stands on: it is shown after it, and again when it is refused.
    """

    verb: Verb[Any, Any]
    api: str = ""
    command: str = ""
    page: str = ""
    form: str = ""
    tab: Literal["deadlines", "history"] = "deadlines"


FACES = (
    Face(verbs.record, "facts", "record CASE FACT"),
    Face(verbs.decide, "decisions/{decision}", "decide CASE DECISION OPTION"),
    Face(verbs.replan, "plans"),
    Face(verbs.correct, "corrections", "correct CASE FACT", "correct"),
    Face(verbs.withdraw, "withdrawals", "withdraw CASE NAME", "withdraw"),
    Face(verbs.describe_case, "passport"),
    Face(verbs.cancel, "cancellation", "cancel CASE", "cancel"),
    Face(verbs.exempt, "exemption", "exempt CASE", "exempt"),
    Face(verbs.reopen, "reopening", "reopen CASE", "reopen"),
    Face(verbs.migrate, "migration", "migrate CASE", "migrate"),
    Face(verbs.undo_entry, "undo"),
    Face(verbs.add_reader, "readers", "reader add CASE PERSON", "readers", "reader", "history"),
    Face(verbs.remove_reader, "readers/removal", "", "readers/remove", "reader-remove", "history"),
    Face(assignments.add_comment, "comments", "", "comments", "comment"),
    Face(assignments.withdraw_comment, "comments/{line}/withdrawal", "", "comments/withdraw", "comment"),
    Face(assignments.escalate, "", "", "ask", "comment"),
    Face(assignments.give_assignment, "assignments", "", "assignments", "assignment"),
    Face(assignments.answer_assignment, "assignments/{number}/answer", "", "assignments/answer", "done"),
    Face(assignments.refuse_assignment, "assignments/{number}/refusal", "", "assignments/refuse", "refuse"),
    Face(assignments.extend_assignment, "assignments/{number}/extension", "", "assignments/extend", "extend"),
)
