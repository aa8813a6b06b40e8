"""Administration page: the state of the installation, and sending failed letters again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.context import RequestContext
from services.inputs import build
from services.outgoing import sending
from services.upkeep.operations import AskOperations, ResendLetter, get_operations, resend_failed_letter
from services.verbs import NotFound
from web.auth.dependencies import Setting
from web.pages.administration.common import onward, show
from web.ui.preferences import preferences
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
PATH = "/administration/operations"
STATES = ("queued", "sending", "sent", "unknown", "failed", "withdrawn")


@router.get(PATH)
def operations_page(request: Request, ctx: Setting) -> Response:
    """Show checks, tasks, the queue of each channel, and letters that failed with their cause."""
    return _page(request, ctx)


@router.post(PATH)
def send_again(request: Request, ctx: Setting, letter: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Queue a failed letter again."""
    try:
        resend_failed_letter(ctx, build(ResendLetter, {"letter": letter}))
    except NotFound as refusal:
        return _page(request, ctx, status=404, refusal=refusal)
    return onward(request, PATH, said="saved")


def _page(
    request: Request, ctx: RequestContext, *, status: int = 200, refusal: Refusal | None = None
) -> Response:
    view = get_operations(ctx, AskOperations(language=preferences(request).language))
    channels = sorted({one.channel for one in view.queue})
    counts = {(one.channel, one.state): one.count for one in view.queue}
    return show(
        request,
        ctx,
        "operations.html",
        status=status,
        view=view,
        channels=channels,
        counts=counts,
        states=STATES,
        faults=sending.faults(ctx.app),
        refusal=refusal,
    )
