"""What a field that finds a unit or a person asks while somebody types into it."""

from __future__ import annotations

from web.pages.autocomplete.pages import router

__all__ = ["router"]
