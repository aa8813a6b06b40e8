"""What monitors ask (`/health`, `/ready`, `/metrics`); one log line and one duration for each request.

Both name the route, never the address, which may contain one-time links and search terms.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from operator import attrgetter
from time import perf_counter
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from asgi_correlation_id import correlation_id
from fastapi import APIRouter, HTTPException, Query, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merzim.services import letters
from merzim.services.context import RequestContext
from merzim.services.upkeep.operations import readiness
from merzim.settings import ALARM_AGES
from merzim.version import commit_of, running
from merzim.web.api.answers import PROBLEMS
from merzim.web.auth.dependencies import Anybody, identify
from merzim.web.auth.middleware import is_local
from notifications.notice import NOTICE_STATES
from workflow.board.rows import DeadlineFilter, Urgency
from workflow.moments import is_late
from workflow.org.access import ADMINISTRATORS

log = logging.getLogger("merzim.web")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REGISTRY = CollectorRegistry()
"""The metrics of this process."""
ProcessCollector(registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "merzim_http_request_seconds",
    "Answered requests of this process and the time they took",
    ["method", "route", "status"],
    buckets=(0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
    registry=REGISTRY,
)


def log_context() -> Mapping[str, object]:
    """Return the log field of the current request: `request`, its id."""
    request = correlation_id.get()
    return {"request": request} if request else {}


class RequestLogMiddleware:
    """Logs and times every request; one that raises is a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, began = 500, perf_counter()

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        finally:
            # What clients invent as a method adds no series.
            method = scope["method"] if scope["method"] in METHODS else "other"
            route, seconds = getattr(scope.get("route"), "path", "-"), perf_counter() - began
            case = scope.get("path_params", {}).get("case")
            REQUEST_SECONDS.labels(method, route, str(status)).observe(seconds)
            data = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000)}
            log.info("%s %s %s", method, route, status, extra={**data, "cases": [case]} if case else data)


router = APIRouter(tags=["service"], generate_unique_id_function=attrgetter("name"))

PROBE_THREADS = CapacityLimiter(2)
"""Threads that query the database for `/ready`, separate from those of pages."""
VERSION = running()
"""What was started, whatever is installed later."""


class Health(BaseModel):
    """The process answers; `version` and `commit` name the code it runs."""

    status: Literal["ok"] = "ok"
    version: str
    commit: str


class RoundAnswer(BaseModel):
    last: datetime | None
    age_seconds: int | None
    late: bool


class Ready(BaseModel):
    ready: bool
    database: Literal["ok", "unreachable"]
    tables: Literal["current", "not_ours", "unknown"]
    round: RoundAnswer


@router.get("/healthz")
@router.get("/health", include_in_schema=False)
async def healthz() -> Health:
    """Liveness probe: answers whenever the process does.

    It waits for no thread either: pages that take long are no reason.
    """
    return Health(version=VERSION, commit=commit_of(VERSION))


@router.get("/ready", responses={503: {"model": Ready}, 422: PROBLEMS[422]})
async def ready(
    ctx: Anybody, response: Response, round: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Ready:
    """Readiness probe: whether the database answers, and has this version's schema.

    A late round is reported but does not fail the probe, because pages work without reminders. With `round` it
    fails if the last round is older than so many seconds, for probing workers.
    """
    # By a thread of its own: those that make pages may all be waiting for the database.
    state = await to_thread.run_sync(readiness, ctx.app, limiter=PROBE_THREADS)
    is_usable, last = state or (False, None)
    age = None if last is None else ctx.now - last
    limit = ALARM_AGES["round"] if round is None else timedelta(seconds=round)
    late = is_late(last, now=ctx.now, limit=limit)
    is_ready = is_usable and not (late and round is not None)
    response.status_code = 200 if is_ready else 503
    return Ready(
        ready=is_ready,
        database="ok" if state else "unreachable",
        tables="unknown" if state is None else "current" if is_usable else "not_ours",
        round=RoundAnswer(last=last, age_seconds=None if age is None else int(age.total_seconds()), late=late),
    )


SCRAPERS = ADMINISTRATORS | {"auditor"}
"""Accesses whose API tokens may read the metrics from another machine."""


@router.get("/metrics", include_in_schema=False)
def metrics(ctx: Anybody) -> Response:
    """Return statistics of delivery, board and this process in Prometheus format, for this machine and API
    tokens of administrators and auditors.
    """
    if not is_local(ctx.request):
        identity = identify(ctx) if ctx.request.headers.get("authorization") else None
        if identity is None or identity[1].kind != "token" or identity[0].reader.access not in SCRAPERS:
            raise HTTPException(404)
    text = generate_latest(REGISTRY) + generate_latest(office_metrics(ctx))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def office_metrics(ctx: RequestContext) -> CollectorRegistry:
    """Return the metrics of the office, as they are now: of the board without confidential cases."""
    now, figures, registry = ctx.now, letters.figures(ctx.app, now=ctx.now), CollectorRegistry()
    build = Info("merzim_build", "The version that runs", registry=registry)
    build.info({"version": VERSION, "commit": commit_of(VERSION)})

    def gauge(name: str, text: str, labels: Sequence[str], values: Mapping[Any, float]) -> None:
        metric = Gauge(f"merzim_{name}", text, labels, registry=registry)
        for key, value in values.items():
            (metric.labels(*key) if key else metric).set(value)

    urgencies: tuple[Urgency, ...] = ("overdue", "today", "slipped", "missed")
    board = {(each,): ctx.reads.count(DeadlineFilter(urgency=each, horizon=ctx.horizon)) for each in urgencies}
    gauge("obligations", "Obligations of the office by state", ["state"], board)
    # From its first letter on: a series that begins later hides its first step.
    channels = sorted({*ctx.app.settings.channels.use, *(channel for channel, _ in figures.counts)})
    notices = {key: figures.counts.get(key, 0) for key in product(channels, NOTICE_STATES)}
    gauge("notices", "Notices by channel and state", ["channel", "state"], notices)
    waited = max(0.0, (now - figures.oldest).total_seconds()) if figures.oldest else 0
    gauge(
        "queue_age_seconds", "How long the longest waiting letter that may leave has waited", [], {(): waited}
    )
    pulse = figures.pulses.get("backup")
    backup = (now - pulse[0]).total_seconds() if pulse else float("inf")
    gauge("backup_age_seconds", "How long ago the last backup was verified", [], {(): backup})
    ages = {(name,): limit.total_seconds() for name, limit in ALARM_AGES.items()}
    gauge("alarm_age_seconds", "The age from which something counts as late", ["alarm"], ages)
    faults = {(fault.channel, fault.code): fault.letters for fault in figures.faults}
    text = "Letters kept by a channel somebody must mend"
    gauge("channel_fault_letters", text, ["channel", "fault"], faults)
    ended = {(name,): at.timestamp() for name, (at, _) in sorted(figures.pulses.items())}
    gauge("last_run_timestamp_seconds", "When a round or delivery last ended", ["what"], ended)
    took = {(name,): seconds for name, (_, seconds) in sorted(figures.pulses.items())}
    gauge("last_run_duration_seconds", "How long it took", ["what"], took)
    return registry
