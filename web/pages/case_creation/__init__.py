"""Before there is a case: the planner, opening by hand or from a schedule, past analyses."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.case_creation import by_hand, past, planner, schedules

router = APIRouter()
for part in (by_hand, schedules, past, planner):
    router.include_router(part.router)
