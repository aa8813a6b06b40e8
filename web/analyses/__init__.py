"""The list of analyses: narrowed, searched, taken away."""

from __future__ import annotations

from web.analyses.pages import router

__all__ = ["router"]
