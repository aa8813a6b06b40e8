"""Liveness and readiness probes, for service managers and load balancers."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.upkeep.operations import DatabaseState, readiness
from web.api.answers import PROBLEMS
from web.auth.dependencies import Anybody

router = APIRouter(tags=["service"], generate_unique_id_function=attrgetter("name"))

LOOKING = CapacityLimiter(2)
"""Threads that query the database for `/ready`, separate from those of pages."""


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class RoundAnswer(BaseModel):
    last: datetime | None
    age_seconds: int | None
    late: bool


class Ready(BaseModel):
    ready: bool
    database: DatabaseState
    tables: Literal["current", "not_ours", "unknown"]
    board: Literal["current", "behind", "unknown"]
    round: RoundAnswer


@router.get("/healthz")
@router.get("/health", include_in_schema=False)
async def healthz() -> Health:
    """Liveness probe: answers whenever the process does.

    It waits for no thread either: pages that take long are no reason.
    """
    return Health()


@router.get("/ready", responses={503: {"model": Ready}, 422: PROBLEMS[422]})
async def ready(
    ctx: Anybody, response: Response, round: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Ready:
    """Readiness probe: whether the database answers, has this version's schema, and a complete board.

    A late round is reported but does not fail the probe, because pages work without reminders. With `round` it
    fails if the last round is older than so many seconds, for probing workers.
    """
    # By a thread of its own: those that make pages may all be waiting for the database.
    found = await to_thread.run_sync(readiness, ctx.app, limiter=LOOKING)
    now = ctx.now
    age = None if found.round is None else now - found.round
    limit = ctx.app.settings.alarms.ages["round"] if round is None else timedelta(seconds=round)
    late = age is None or age > limit
    answers = found.database == "ok"
    is_ready = answers and found.schema and found.board and not (late and round is not None)
    response.status_code = 200 if is_ready else 503
    return Ready(
        ready=is_ready,
        database=found.database,
        tables="unknown" if not answers else "current" if found.schema else "not_ours",
        board="unknown" if not found.schema else "current" if found.board else "behind",
        round=RoundAnswer(
            last=found.round, age_seconds=None if age is None else int(age.total_seconds()), late=late
        ),
    )
