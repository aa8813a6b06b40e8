"""The calendar: its months and years, and the acts that change them."""

from __future__ import annotations

from web.pages.calendar.pages import router

__all__ = ["router"]
