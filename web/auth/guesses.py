"""Counts invalid link tokens by network, to stop guessing."""

from __future__ import annotations

from datetime import timedelta

from fastapi import HTTPException, Request

from services.context import RequestContext
from web.auth.limits import network_of
from web.auth.proxies import client_address
from workflow.org.access import RateLimit

GUESSES, GUESS_PERIOD = 30, timedelta(minutes=1)
"""Number of invalid links one network may open at once, and the time after which one more is allowed."""


def count_guess(request: Request, ctx: RequestContext) -> None:
    """Count a link that was not issued here. Raises HTTPException 429 after too many from one network."""
    network = network_of(client_address(request))
    limit = RateLimit(kind="link", key=network, burst=GUESSES, period=GUESS_PERIOD)
    if ctx.accounts.count_attempt((limit,), now=ctx.now):
        raise HTTPException(429, "web.problem.too_many_links") from None
