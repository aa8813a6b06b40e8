"""Administration: units, their office hours and their calendar feeds."""

from __future__ import annotations

from fastapi import HTTPException

from services.inputs import Key
from services.people import staff
from services.people.feeds import FeedMade, give, revoke_unit_feed
from services.verbs import Command
from web.api import mount
from web.api.answers import api_router
from web.api.mount import Writing
from web.auth.dependencies import Setting
from web.ui.render import RequestTranslator
from workflow.org.office import name_order

router = api_router("/api/v1/administration", tags=["administration"])


class UnitFeed(Command):
    """A request for a calendar feed of a unit. `unit`: its id."""

    unit: Key


@router.get("/units")
def list_units(ctx: Setting) -> list[staff.UnitResult]:
    """List all units by name."""
    units = sorted(staff.recorded_office(ctx).units.values(), key=name_order)
    return [staff.unit_result(ctx, unit) for unit in units]


mount.post(router, "/units", staff.save_unit)
mount.post(router, "/units/removal", staff.remove_unit)


@router.post("/units/feeds", status_code=201)
def make_unit_feed(ctx: Setting, once: Writing, body: UnitFeed, translator: RequestTranslator) -> FeedMade:
    """Create a calendar feed of a unit; its address is returned only once."""
    unit = staff.recorded_office(ctx).units.get(body.unit)
    if unit is None:
        raise HTTPException(404, "web.problem.no_unit")

    def make() -> FeedMade:
        return FeedMade(address=give(ctx, "", scope=unit.id, name=unit.name, language=translator.language))

    return once(ctx, body, make, FeedMade, secret="address")


mount.post(router, "/units/feeds/revocation", revoke_unit_feed)
