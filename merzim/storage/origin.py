"""Where the present request comes from: the interface and the client's address, for the audit log."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Way = Literal["page", "api", "cli", "bot", "job"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The origin of a request. `address`: of the client behind trusted proxies; "" where there is none."""

    way: Way = "job"
    address: str = ""


_JOB = Origin()
ORIGIN: ContextVar[Origin] = ContextVar("origin", default=_JOB)
"""The origin of the work of this task or thread; background jobs keep the default."""
