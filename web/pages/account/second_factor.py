"""Pages of the user's own second factor: set or change it, show recovery codes once, renew them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from services.accounts import credentials
from services.context import RequestContext
from web.auth.dependencies import Enrolling, OwnByPerson, begin_session
from web.pages.account import factor_commands
from web.pages.account.login import begin_again, first_page, own_page
from web.ui.form_values import Fields
from web.ui.render import page
from workflow.org.access import must_enrol
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)


@router.get("/account/totp")
def ask(request: Request, ctx: Enrolling) -> Response:
    """Show the QR code for an authenticator, with a field for its first code."""
    return _factor_page(request, ctx)


@router.post("/account/totp")
def change(request: Request, ctx: Enrolling, texts: Fields) -> Response:
    """Set a second factor after its first code, remove it after a code, or reject a removal request."""
    match texts.get("do", "set"):
        case "set":
            return _enrol(request, ctx, texts)
        case "remove":
            return _remove(request, ctx, texts)
        case "keep":
            factor_commands.refuse_removal(ctx)
            return RedirectResponse("/account?said=kept", status_code=303)
    raise HTTPException(422)


@router.post("/account/recovery")
def renew(request: Request, ctx: OwnByPerson, texts: Fields) -> Response:
    """Create new recovery codes and show them once."""
    try:
        codes = factor_commands.renew_codes(request, ctx, texts)
    except Refusal as refusal:
        return own_page(request, ctx, refusal=refusal, status=422)
    return _codes_page(request, ctx, codes, onward="/account")


def _enrol(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> Response:
    account = ctx.accounts.account(ctx.reader.login)
    required = account is not None and must_enrol(account, ctx.totp_required)
    try:
        codes = factor_commands.enrol(request, ctx, texts)
    except Refusal as refusal:
        return _factor_page(request, ctx, refusal=refusal, secret=texts.get("secret", ""))
    onward = first_page(ctx.reader) if required else "/account"
    response = _codes_page(request, ctx, codes, onward=onward)
    # Every session has ended with the change, this one too.
    now = ctx.now
    begin_session(ctx.accounts, ctx.reader.login, request, response, now=now)
    return response


def _remove(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> Response:
    try:
        factor_commands.remove(request, ctx, texts)
    except Refusal as refusal:
        return own_page(request, ctx, refusal=refusal, status=422)
    return begin_again(request, ctx, "totp")


def _factor_page(
    request: Request, ctx: RequestContext, *, refusal: Refusal | None = None, secret: str = ""
) -> Response:
    """Return the form. `secret`: after an error, the one already in the reader's authenticator."""
    account = ctx.accounts.account(ctx.reader.login)
    assert account is not None
    if not credentials.is_totp_secret(secret):
        secret = credentials.new_totp()
    address = credentials.totp_address(secret, ctx.reader.login, ctx.organisation or "Merzim")
    return page(
        request,
        ctx,
        "second_factor.html",
        status=200 if refusal is None else 422,
        account=account,
        required=must_enrol(account, ctx.totp_required),
        secret=secret,
        picture=credentials.qr_picture(address),
        refusal=refusal,
    )


def _codes_page(request: Request, ctx: RequestContext, codes: Sequence[str], *, onward: str) -> Response:
    return page(request, ctx, "recovery_codes.html", codes=codes, onward=onward)
