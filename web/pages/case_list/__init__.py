"""The list of analyses: narrowed, searched, taken away."""

from __future__ import annotations

from web.pages.case_list.pages import router

__all__ = ["router"]
