"""Administration: units, people, accounts, channels, operation."""

from __future__ import annotations

from pydantic import BaseModel

from merzim.services.accounts import verbs as accounts
from merzim.services.administration import office as administration
from merzim.services.people import staff
from merzim.services.upkeep import operations
from merzim.web.api import mount
from merzim.web.api.answers import Limit, api_router
from merzim.web.auth.dependencies import Setting
from merzim.web.http import Number, SearchText
from merzim.web.ui.render import RequestTranslator
from workflow.org.office import name_order

router = api_router("/api/v1/administration", tags=["administration"])


@router.get("/units")
def list_units(ctx: Setting) -> list[staff.UnitResult]:
    """List all units by name."""
    units = sorted(staff.recorded_office(ctx).units.values(), key=name_order)
    return [staff.unit_result(ctx, unit) for unit in units]


mount.post(router, "/units", staff.save_unit)
mount.post(router, "/units/removal", staff.remove_unit)


class PeopleList(BaseModel):
    people: list[staff.PersonResult]
    total: int


@router.get("/people")
def list_people(
    ctx: Setting, search: SearchText = "", unit: SearchText = "", number: Number = 1, limit: Limit = 50
) -> PeopleList:
    """List people, filtered by name, post or e-mail; `limit` per page."""
    matches = staff.find_people(staff.recorded_office(ctx), search, unit)
    page_people = matches[(number - 1) * limit : number * limit]
    return PeopleList(people=[staff.person_result(person) for person in page_people], total=len(matches))


mount.post(router, "/people", staff.save_person)


mount.post(router, "/people/removal", staff.remove_person)


@router.get("/accounts")
def list_accounts(ctx: Setting) -> list[accounts.AccountSummary]:
    """List all accounts."""
    return [accounts.summary(account) for account in ctx.accounts.all()]


@router.get("/accounts/{login}")
def get_account(ctx: Setting, login: accounts.Login) -> accounts.AccountDetails:
    """Return an account with its sessions and tokens."""
    return accounts.details(ctx, login)


mount.post(router, "/accounts", accounts.add, name="add_account", status=201)


mount.post(router, "/accounts/{login}", accounts.change, name="change_account")
mount.post(router, "/accounts/{login}/closing", accounts.close, name="close_account")
mount.post(router, "/accounts/{login}/reopening", accounts.reopen, name="reopen_account")
mount.post(router, "/accounts/{login}/invitations", accounts.invite, name="invite_account", status=201)
mount.post(router, "/accounts/{login}/tokens", accounts.give_token, status=201)


@router.get("/channels")
def list_channels(ctx: Setting) -> list[administration.ChannelInUse]:
    """List the channels letters are sent through."""
    return list(administration.channels(ctx.app))


@router.get("/operations")
def get_operations(ctx: Setting, translator: RequestTranslator) -> operations.OperationsView:
    """Return the state of the installation: checks, periodic tasks, queued and failed letters."""
    return operations.get_operations(ctx, operations.AskOperations(language=translator.language))
