"""Who issued the rules, who is authorised now, and whether the rules were officially confirmed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.settings import AuthorisedBody


@dataclass(frozen=True, kw_only=True, slots=True)
class Authority:
    """What the office's settings say on a day.

    Attributes:
        now: who is authorised, None where nobody is named.
        before: the last one before, who issued what holds.
        confirmed_on: the day the rules were confirmed by who is authorised, None where they were not.
    """

    on: date
    now: AuthorisedBody | None
    before: AuthorisedBody | None

    @property
    def confirmed_on(self) -> date | None:
        confirmed = self.now.confirmed_on if self.now is not None else None
        return confirmed if confirmed is not None and confirmed <= self.on else None


def authority(bodies: Sequence[AuthorisedBody], *, on: date) -> Authority:
    """Who is authorised on a local date. `bodies` stand in the order of their days."""
    begun = [body for body in bodies if body.since <= on]
    last = begun[-1] if begun else None
    if last is not None and last.until is not None and last.until < on:
        return Authority(on=on, now=None, before=last)
    return Authority(on=on, now=last, before=begun[-2] if len(begun) > 1 else None)
