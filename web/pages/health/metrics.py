"""`/metrics` for operators, and letters that did not arrive sent again from a case's page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from notifications.statistics import Figures
from services import sending
from web.auth.dependencies import Anybody, Managing, Recording, Setting
from web.pages.cases import commands
from web.pages.cases.page import CaseId, get_case_or_404

router = APIRouter(include_in_schema=False)
Name = Annotated[str, Form(max_length=100)]
STATES = ("queued", "sending", "sent", "unknown", "failed", "withdrawn")


@router.get("/metrics")
def metrics(request: Request, ctx: Anybody) -> Response:
    """The figures of the sending as Prometheus reads them: numbers alone, and to this machine alone."""
    if not request.state.local:
        raise HTTPException(404)
    from prometheus_client import CONTENT_TYPE_LATEST

    now = ctx.now
    return Response(exposition(sending.figures(ctx.app, now=now), now=now), media_type=CONTENT_TYPE_LATEST)


@router.post("/cases/{case}/notices/resend")
def resend(ctx: Recording, case: CaseId, key: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Queue a letter of the case again that failed; then the case's page. Any other key changes nothing."""
    get_case_or_404(ctx, case)
    commands.resend(ctx, case, key)
    return RedirectResponse(f"/cases/{case}#notices", status_code=303)


@router.post("/channels/resend")
def resend_all(ctx: Managing, channel: Name = "") -> Response:
    """Queue again what a fault of a channel has kept from leaving; then the overview."""
    commands.resend_all(ctx, channel)
    return RedirectResponse("/#faults", status_code=303)


@router.post("/administration/channels/resend")
def resend_there(ctx: Setting, channel: Name = "") -> Response:
    """The same for the administrator, who has mended the channel; then the page of the channels."""
    commands.resend_all(ctx, channel)
    return RedirectResponse("/administration/channels", status_code=303)


def exposition(figures: Figures, *, now: datetime) -> bytes:
    """The figures in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    notices = Gauge("merzim_notices", "Notices by channel and state", ["channel", "state"], registry=registry)
    for channel in sorted({channel for channel, _ in figures.counts}):
        for state in STATES:
            notices.labels(channel, state).set(figures.counts.get((channel, state), 0))
    age = Gauge(
        "merzim_queue_age_seconds",
        "How long the longest waiting letter that may leave has waited",
        registry=registry,
    )
    age.set(max(0.0, (now - figures.oldest).total_seconds()) if figures.oldest else 0)
    broken = Gauge(
        "merzim_channel_fault_letters",
        "Letters kept by a channel somebody must mend",
        ["channel", "fault"],
        registry=registry,
    )
    for one in figures.faults:
        broken.labels(one.channel, one.code).set(one.letters)
    last = Gauge(
        "merzim_last_run_timestamp_seconds", "When a round or delivery last ended", ["what"], registry=registry
    )
    took = Gauge("merzim_last_run_duration_seconds", "How long it took", ["what"], registry=registry)
    for name, (at, seconds) in sorted(figures.pulses.items()):
        last.labels(name).set(at.timestamp())
        took.labels(name).set(seconds)
    return generate_latest(registry)
