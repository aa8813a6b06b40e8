"""The reader's own account: its sessions and tokens, the digest of its letters.

Password and second factor are changed in a browser session only, never by a token.
"""

from __future__ import annotations

from pydantic import BaseModel

from merzim.services.accounts.verbs import WayIn, ways_in
from merzim.services.people.own_choices import own_person, set_digest
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Own
from notifications.letter_links import choice_of

router = api_router("/api/v1/account", tags=["account"])


class AccountAnswer(BaseModel):
    """The account of the token. `person`: the key of its person, or empty. `recovery_codes_left`: null without
    a second factor.
    """

    login: str
    access: str
    name: str
    person: str
    unit: str
    digest: str | None
    language: str | None
    second_factor: bool
    recovery_codes_left: int | None
    ways_in: list[WayIn]


@router.get("")
def get_own_account(ctx: Own) -> AccountAnswer:
    """Return the account of the token, with its sessions, tokens and feeds."""
    reader, choosing = ctx.reader, own_person(ctx)
    account = ctx.accounts.account(reader.login)
    second_factor = account is not None and account.second_factor
    return AccountAnswer(
        login=reader.login,
        access=reader.access,
        name=reader.name,
        person=reader.person,
        unit=reader.unit,
        digest=choice_of(choosing) if choosing else None,
        language=choosing.language if choosing else None,
        second_factor=second_factor,
        recovery_codes_left=ctx.factors.codes(reader.login).left if second_factor else None,
        ways_in=ways_in(ctx, reader.login),
    )


mount.post(router, "/digest", set_digest)
