"""Before a form moves dates its reader sees what it moves and how many people it tells, and confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TypeVar

from services import cases
from services.context import RequestContext, require_visible
from services.inputs import build
from services.results import CommandResult
from services.verbs import Verb
from web.ui.form_values import Confirmation

ASKED, CONFIRMED = "preview", "confirmed"
"""Fields of a form: that it shows a preview first, and the token of the preview that was confirmed."""
C = TypeVar("C", bound=cases.Previewed)


class Unconfirmed(Exception):
    """The form would change deadlines, and nobody has confirmed that yet."""

    def __init__(self, confirmation: Confirmation) -> None:
        super().__init__(confirmation.token)
        self.confirmation = confirmation


def run_confirmed(
    ctx: RequestContext, answers: Mapping[str, str], verb: Verb[C, CommandResult], fields: Mapping[str, object]
) -> CommandResult:
    """Run the verb of a form with these fields. One that changes no deadline needs no confirmation.

    Raises:
        Unconfirmed: it changes some; or what was confirmed is not what the form says now.
        Refusal: whatever the verb refuses.
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
    """Return what stands for these answers to this state of the case."""
    typed = sorted((name, value) for name, value in answers.items() if name != CONFIRMED)
    return sha256(repr((seq, typed)).encode()).hexdigest()[:32]
