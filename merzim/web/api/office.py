"""One's own account, administration, the audit log and the feed of changes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import StreamingResponse

from merzim.services import administration as office
from merzim.services.accounts import verbs as accounts
from merzim.services.accounts.verbs import AccountDetails
from merzim.services.audit import AskAudit, ask_audit, export_lines, list_changes
from merzim.services.inputs import build
from merzim.services.people import staff
from merzim.services.people.feeds import own_person, set_digest
from merzim.services.upkeep import operations
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Auditing, Own
from merzim.web.http import AuditQuery
from merzim.web.ui.render import RequestTranslator
from notifications.letter_links import choice_of

router = api_router("/api/v1/account", tags=["account"])


class AccountAnswer(AccountDetails):
    """The account of the token. `person`: the key of its person, or empty. `recovery_codes_left`: null without
    a second factor.
    """

    digest: str | None
    language: str | None
    recovery_codes_left: int | None


@router.get("")
def get_own_account(ctx: Own) -> AccountAnswer:
    """Return the account of the token, with its sessions, tokens and feeds."""
    login, choosing = ctx.reader.login, own_person(ctx)
    own = accounts.details(ctx, login)
    return AccountAnswer(
        **{**own.model_dump(), "unit": ctx.reader.unit},
        digest=choice_of(choosing) if choosing else None,
        language=choosing.language if choosing else None,
        recovery_codes_left=ctx.accounts.recovery_codes(login).left if own.second_factor else None,
    )


mount.post(router, "/digest", set_digest)


administration = api_router("/api/v1/administration", tags=["administration"])
mount.get(administration, "/units", staff.list_units)
mount.post(administration, "/units", staff.save_unit)
mount.post(administration, "/units/removal", staff.remove_unit)
mount.get(administration, "/people", staff.list_people)
mount.post(administration, "/people", staff.save_person)
mount.post(administration, "/people/removal", staff.remove_person)
mount.get(administration, "/accounts", accounts.list_accounts)
mount.get(administration, "/accounts/{login}", accounts.show_account, name="get_account")
mount.post(administration, "/accounts", accounts.add, name="add_account", status=201)
mount.post(administration, "/accounts/{login}", accounts.change, name="change_account")
mount.post(administration, "/accounts/{login}/closing", accounts.close, name="close_account")
mount.post(administration, "/accounts/{login}/reopening", accounts.reopen, name="reopen_account")
mount.post(administration, "/accounts/{login}/invitations", accounts.invite, name="invite_account", status=201)
mount.post(administration, "/accounts/{login}/tokens", accounts.give_token, status=201)
mount.get(administration, "/channels", office.list_channels)
mount.get(administration, "/operations", operations.get_operations)


audit_router = api_router(tags=["administration"])
EntryNumber = Annotated[int | None, Query(ge=0, le=2**53, description="The number of an entry: a cursor.")]
JSON_LINES = "application/jsonl"
# Generated clients know no JSON lines, but text.
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string"}} for media in (JSON_LINES, "text/plain")}}
}


mount.get(audit_router, "/audit", ask_audit, name="list_audit_entries")


@audit_router.get("/audit/file/jsonl", responses=FILE, response_class=StreamingResponse)
def get_audit_file(
    ctx: Auditing,
    translator: RequestTranslator,
    query: AuditQuery,
    after: EntryNumber = None,
) -> StreamingResponse:
    """Return the entries that fit the filters, after a number, as lines of JSON, in order."""
    lines = export_lines(ctx, build(AskAudit, {**query, "after": after}))
    return StreamingResponse(
        lines,
        media_type=JSON_LINES,
        headers={"content-disposition": f'attachment; filename="audit-{ctx.today.isoformat()}.jsonl"'},
    )


changes_router = api_router(tags=["changes"])
mount.get(changes_router, "/events", list_changes, name="list_change_events")
