"""The overview, and the lists its figures open."""

from __future__ import annotations

from web.pages.overview.pages import router

__all__ = ["router"]
