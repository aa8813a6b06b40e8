"""My desk: what I must do, and the one step that says it is done."""

from __future__ import annotations

from web.pages.my_tasks.pages import router

__all__ = ["router"]
