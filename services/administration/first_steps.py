"""What an installation still lacks before its people can work with it, in the order it is best entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.context import RequestContext
from services.people.staff import recorded_office

Step = Literal["organisation", "units", "people", "mail", "officer", "accounts"]
_STAYS_HERE = frozenset({"folder"})
"""Channels whose letters never leave the server."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstStep:
    """A step of an installation's beginning; what is entered says whether it is done."""

    name: Step
    done: bool


def first_steps(ctx: RequestContext) -> Sequence[FirstStep]:
    """Return the steps; none once the organisation is named, units and people are entered, and somebody besides
    administrators has an account.
    """
    settings, office = ctx.app.settings, recorded_office(ctx)
    done: dict[Step, bool] = {
        "organisation": bool(settings.office.name),
        "units": bool(office.units),
        "people": bool(office.people),
        "mail": not _STAYS_HERE.issuperset(settings.channels.use),
        "officer": bool(settings.office.officer),
        "accounts": any(
            one.reader.access != "administrator" and not one.disabled for one in ctx.accounts.all()
        ),
    }
    if all(done[one] for one in ("organisation", "units", "people", "accounts")):
        return ()
    return [FirstStep(name=name, done=is_done) for name, is_done in done.items()]
