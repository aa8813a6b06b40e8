"""The body authorised to issue the rules on a day, the one before it, and whether it confirmed them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.settings import AuthorisedBody


@dataclass(frozen=True, kw_only=True, slots=True)
class Authority:
    """The authorised body on a day, by the office's settings.

    Attributes:
        now: the body authorised that day; None if the settings name none.
        before: the body before it, which issued the rules in force.
        confirmed_on: the day the authorised body confirmed the rules; None if it has not.
    """

    on: date
    now: AuthorisedBody | None
    before: AuthorisedBody | None

    @property
    def confirmed_on(self) -> date | None:
        confirmed = self.now.confirmed_on if self.now is not None else None
        return confirmed if confirmed is not None and confirmed <= self.on else None


def find_authority(bodies: Sequence[AuthorisedBody], *, on: date) -> Authority:
    """Return who is authorised on a local date. `bodies` are sorted by their first day."""
    started = [body for body in bodies if body.since <= on]
    last = started[-1] if started else None
    if last is not None and last.until is not None and last.until < on:
        return Authority(on=on, now=None, before=last)
    return Authority(on=on, now=last, before=started[-2] if len(started) > 1 else None)
