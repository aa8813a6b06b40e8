"""Confirmation of forms that move dates: the reader sees what would move and how many people would be
notified.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TypeVar

from services.cases import verbs as cases
from services.context import RequestContext, require_visible
from services.inputs import build
from services.results import CommandResult
from services.verbs import Verb
from web.ui.form_values import Confirmation

ASKED, CONFIRMED = "preview", "confirmed"
"""Form fields: the request for a preview, and the token of the confirmed preview."""
C = TypeVar("C", bound=cases.Previewed)


class Unconfirmed(Exception):
    """The form would change deadlines, and the user has not confirmed that yet."""

    def __init__(self, confirmation: Confirmation) -> None:
        super().__init__(confirmation.token)
        self.confirmation = confirmation


def run_confirmed(
    ctx: RequestContext, answers: Mapping[str, str], verb: Verb[C, CommandResult], fields: Mapping[str, object]
) -> CommandResult:
    """Run the verb of a form with these fields. If it changes no deadline, no confirmation is needed.

    Raises:
        Unconfirmed: it changes deadlines; or the form differs from what was confirmed.
        Refusal: as raised by the verb.
    """
    command = build(verb.command, fields)
    if answers.get(ASKED):
        require_visible(ctx, command.case)
        preview, people = cases.foresee(ctx, command)
        token = _token(answers, preview.change.case.seq)
        loses = any(event.payload.get("lost") for event in preview.change.events)
        if (preview.deadlines or loses) and answers.get(CONFIRMED) != token:
            raise Unconfirmed(Confirmation(preview=preview, people=len(people), token=token))
    return verb(ctx, command)


def _token(answers: Mapping[str, str], seq: int) -> str:
    """Return a token for these answers and this state of the case."""
    typed = sorted((name, value) for name, value in answers.items() if name != CONFIRMED)
    return sha256(repr((seq, typed)).encode()).hexdigest()[:32]
