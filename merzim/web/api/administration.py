"""Administration: units, people, accounts, channels, operation."""

from __future__ import annotations

from merzim.services.accounts import verbs as accounts
from merzim.services.administration import office
from merzim.services.people import staff
from merzim.services.upkeep import operations
from merzim.web.api import mount
from merzim.web.api.answers import api_router

router = api_router("/api/v1/administration", tags=["administration"])
mount.get(router, "/units", staff.list_units)
mount.post(router, "/units", staff.save_unit)
mount.post(router, "/units/removal", staff.remove_unit)
mount.get(router, "/people", staff.list_people)
mount.post(router, "/people", staff.save_person)
mount.post(router, "/people/removal", staff.remove_person)
mount.get(router, "/accounts", accounts.list_accounts)
mount.get(router, "/accounts/{login}", accounts.show_account, name="get_account")
mount.post(router, "/accounts", accounts.add, name="add_account", status=201)
mount.post(router, "/accounts/{login}", accounts.change, name="change_account")
mount.post(router, "/accounts/{login}/closing", accounts.close, name="close_account")
mount.post(router, "/accounts/{login}/reopening", accounts.reopen, name="reopen_account")
mount.post(router, "/accounts/{login}/invitations", accounts.invite, name="invite_account", status=201)
mount.post(router, "/accounts/{login}/tokens", accounts.give_token, status=201)
mount.get(router, "/channels", office.list_channels)
mount.get(router, "/operations", operations.get_operations)
