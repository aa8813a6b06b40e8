"""Commands on the user's own second factor: verify, set, renew recovery codes, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request

from services.accounts import credentials
from services.accounts.credentials import BadPassword
from services.context import RequestContext, stamp
from web.pages.account import attempts
from workflow.org.access import Account
from workflow.refusal import Refusal


class NotAllowed(Refusal):
    """The account may not make this change of a second factor."""


def prove(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> Account:
    """Return the reader's account after verifying its password (`old`) and, where it has one, a code
    (`present`).

    Raises BadPassword.
    """
    account = attempts.check_present_password(request, ctx, texts.get("old", ""))
    if account.second_factor:
        attempts.check_present_code(request, ctx, account, texts.get("present", ""))
    return account


def enrol(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Set or replace a second factor after its first code; return its recovery codes.

    All sessions and tokens of the account end. Raises BadPassword.
    """
    now = ctx.now
    account = attempts.check_present_password(request, ctx, texts.get("old", ""))
    login, secret = account.reader.login, texts.get("secret", "")
    known = credentials.is_totp_secret(secret)
    step = credentials.totp_step(secret, texts.get("code", ""), now=now) if known else None
    if step is None:
        raise BadPassword("web.totp.wrong")
    if account.second_factor:
        # After the new code: what is mistyped there must not cost a recovery code.
        attempts.check_present_code(request, ctx, account, texts.get("present", ""))
    codes = credentials.new_recovery_codes()
    ctx.factors.enrol(login, secret, step, _hashes(codes, login), **stamp(ctx))
    return codes


def renew_codes(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Replace the recovery codes and return the new ones. Raises BadPassword; NotAllowed: no second factor."""
    account = prove(request, ctx, texts)
    if not account.second_factor:
        raise NotAllowed("web.totp.none")
    login, codes = ctx.reader.login, credentials.new_recovery_codes()
    ctx.factors.make_codes(login, _hashes(codes, login), **stamp(ctx))
    return codes


def remove(request: Request, ctx: RequestContext, texts: Mapping[str, str]) -> None:
    """Remove the reader's own second factor, after verifying a code of it.

    Raises BadPassword; NotAllowed: there is none, or the access requires one.
    """
    if ctx.reader.access in ctx.totp_required:
        raise NotAllowed("web.totp.required")
    if not prove(request, ctx, texts).second_factor:
        raise NotAllowed("web.totp.none")
    ctx.factors.remove(ctx.reader.login, **stamp(ctx))


def refuse_removal(ctx: RequestContext) -> None:
    """Reject an administrator's request to remove the reader's second factor; do nothing if there is none."""
    ctx.factors.withdraw_removal(ctx.reader.login, **stamp(ctx))


def _hashes(codes: Sequence[str], login: str) -> list[str]:
    return [hash for code in codes if (hash := credentials.recovery_hash(code, login)) is not None]
