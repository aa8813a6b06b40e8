"""Before a form moves dates its reader sees what it moves and whom it tells, and confirms it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from web.context import RequestContext
from web.pages.cases import commands
from web.ui.form_values import Confirmation
from workflow.cases.commands.desk import Change, Desk

ASKED, CONFIRMED = "preview", "confirmed"
"""Fields of a form: that it shows a preview first, and the token of the preview that was confirmed."""


class Unconfirmed(Exception):
    """The form would change deadlines, and nobody has confirmed that yet."""

    def __init__(self, confirmation: Confirmation) -> None:
        super().__init__(confirmation.token)
        self.confirmation = confirmation


def run_confirmed(
    ctx: RequestContext, case: str, answers: Mapping[str, str], command: Callable[[Desk], Change]
) -> Change:
    """Run the command of a form. One that changes no deadline needs no confirmation.

    Raises:
        Unconfirmed: it changes some; or what was confirmed is not what the form says now.
        Refusal: whatever the command refuses.
    """
    if answers.get(ASKED):
        preview, people = commands.foresee(ctx, case, command)
        token = _token(answers, preview.change.case.seq)
        if preview.deadlines and answers.get(CONFIRMED) != token:
            raise Unconfirmed(Confirmation(preview=preview, people=len(people), token=token))
    return command(ctx.desk)


def _token(answers: Mapping[str, str], seq: int) -> str:
    """What stands for these answers to this state of the case."""
    typed = sorted((name, value) for name, value in answers.items() if name != CONFIRMED)
    return sha256(repr((seq, typed)).encode()).hexdigest()[:32]
