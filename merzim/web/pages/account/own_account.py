"""The user's own account: password, sessions, and the second factor (set, change, renew codes, remove)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, HTTPException
from starlette.responses import RedirectResponse, Response

from merzim.services.accounts import credentials
from merzim.services.accounts.credentials import BadPassword
from merzim.services.accounts.verbs import Ending, end_sessions as end
from merzim.services.inputs import build
from merzim.services.people.feeds import TelegramCode, is_linked, own_person
from merzim.web.auth.attempts import check_code, check_present_password, remember_device
from merzim.web.auth.dependencies import Enrolling, Own, OwnInSession, begin_session, current_session
from merzim.web.http import WebContext
from merzim.web.pages.account.login import first_page
from merzim.web.ui.form_values import Fields, RejectedForm, shown_again
from merzim.web.ui.render import page
from workflow.org.access import must_enrol
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)


@router.get("/account")
def show_own_account(ctx: Own) -> Response:
    return own_page(ctx)


@router.post("/account/sessions/end")
def end_sessions(ctx: OwnInSession, texts: Fields) -> Response:
    """End the selected session; without a selection all but that of this browser."""
    if texts.get("hash"):
        end(ctx, build(Ending, {"id": texts["hash"]}))
        return RedirectResponse("/account?said=ended_one", status_code=303)
    session = current_session(ctx)
    end(ctx, Ending(keep=[session.hash] if session else []))
    return RedirectResponse("/account?said=ended", status_code=303)


def own_page(
    ctx: WebContext, *, tried: RejectedForm | None = None, feed: str = "", telegram: TelegramCode | None = None
) -> Response:
    """Return the page of the user's own account. `feed`: address of a new feed; `telegram`: a new code."""
    account = ctx.accounts.account(ctx.reader.login)
    assert account is not None
    session = current_session(ctx)
    return page(
        ctx,
        "account.html",
        account=account,
        codes=ctx.accounts.recovery_codes(ctx.reader.login) if account.second_factor else None,
        required=ctx.reader.access in ctx.app.settings.web.totp_required,
        recovery_codes=credentials.RECOVERY_CODES,
        entries=ctx.accounts.entries(ctx.reader.login, now=ctx.now),
        present=session.hash if session else "",
        tried=tried,
        least=credentials.MIN_PASSWORD_LENGTH,
        feed=feed,
        telegram=telegram,
        linked=is_linked(ctx.app, ctx.reader.person) if ctx.reader.person else None,
        choosing=own_person(ctx),
    )


@router.post("/account/password")
@shown_again(own_page)
def change_password(ctx: OwnInSession, answers: Fields) -> Response:
    """Change the password; all sessions, tokens and feeds end, and this browser gets a new session."""
    login = ctx.reader.login
    check_present_password(ctx, answers.get("old", ""))
    credentials.check_new_password(answers.get("password", ""), answers.get("again", ""), login)
    ctx.accounts.set_password(login, credentials.hash_password(answers["password"]), at=ctx.moment)
    response = begin_again(ctx, "password")
    if account := ctx.accounts.account(login):
        remember_device(ctx, response, account)
    return response


def begin_again(ctx: WebContext, message: str) -> Response:
    """Begin a new session for this browser, after all have ended, and return to the account page."""
    response = RedirectResponse(f"/account?said={message}", status_code=303)
    begin_session(ctx, ctx.reader.login, response)
    return response


@router.get("/account/totp")
def show_key(ctx: Enrolling) -> Response:
    """Show the key for an authenticator, with a field for its first code."""
    return _factor_page(ctx)


def _factor_page(ctx: WebContext, *, tried: RejectedForm | None = None) -> Response:
    """Return the form of a second factor with a new key; after an error with the key typed back."""
    secret = tried.answers.get("secret", "") if tried else ""
    account = ctx.accounts.account(ctx.reader.login)
    assert account is not None
    if not credentials.is_totp_secret(secret):
        secret = credentials.new_totp()
    return page(
        ctx,
        "second_factor.html",
        account=account,
        required=must_enrol(account, ctx.app.settings.web.totp_required),
        secret=secret,
        address=credentials.totp_address(secret, ctx.reader.login, ctx.app.settings.office.name or "Merzim"),
        tried=tried,
    )


@router.post("/account/totp")
def change(ctx: Enrolling, answers: Fields) -> Response:
    """Set or replace a second factor by its first code, or remove it: after the password and a present code."""
    act = {"set": _enrol, "remove": _remove}.get(answers.get("do", "set"))
    if act is None:
        raise HTTPException(422)
    return act(ctx=ctx, answers=answers)


@router.post("/account/recovery")
@shown_again(own_page)
def renew(ctx: OwnInSession, answers: Fields) -> Response:
    """Replace the recovery codes after the password and a code, and show the new ones once."""
    login, codes = ctx.reader.login, credentials.new_recovery_codes()
    _prove(ctx, answers)
    ctx.accounts.make_recovery_codes(login, _hashes(codes, login), at=ctx.moment)
    return page(ctx, "recovery_codes.html", codes=codes, onward="/account")


@shown_again(_factor_page)
def _enrol(ctx: WebContext, answers: Mapping[str, str]) -> Response:
    """Set or replace the second factor after its first code (and a present one), show the recovery codes once;
    all sessions, tokens and feeds of the account end, and a new session begins. Raises BadPassword.
    """
    account = check_present_password(ctx, answers.get("old", ""))
    login, secret = account.reader.login, answers.get("secret", "")
    is_secret = credentials.is_totp_secret(secret)
    step = credentials.totp_step(secret, answers.get("code", ""), now=ctx.now) if is_secret else None
    if step is None:
        raise BadPassword("web.totp.wrong")
    if account.second_factor:
        # After the new code: what is mistyped there must not cost a recovery code.
        check_code(ctx, account, answers.get("present", ""))
    codes = credentials.new_recovery_codes()
    ctx.accounts.enrol(login, secret, step, _hashes(codes, login), at=ctx.moment)
    required = must_enrol(account, ctx.app.settings.web.totp_required)
    onward = first_page(ctx.reader) if required else "/account"
    response = page(ctx, "recovery_codes.html", codes=codes, onward=onward)
    begin_session(ctx, login, response)
    return response


@shown_again(own_page)
def _remove(ctx: WebContext, answers: Mapping[str, str]) -> Response:
    """Remove the reader's second factor, unless required; sessions, tokens, feeds end, and a session begins."""
    if ctx.reader.access in ctx.app.settings.web.totp_required:
        raise Refusal("web.totp.required")
    _prove(ctx, answers)
    ctx.accounts.remove_factor(ctx.reader.login, at=ctx.moment)
    return begin_again(ctx, "totp")


def _prove(ctx: WebContext, texts: Mapping[str, str]) -> None:
    """Verify the reader's password (`old`) and a code (`present`). Raises Refusal, also without a factor."""
    account = check_present_password(ctx, texts.get("old", ""))
    if not account.second_factor:
        raise Refusal("web.totp.none")
    check_code(ctx, account, texts.get("present", ""))


def _hashes(codes: Sequence[str], login: str) -> list[str]:
    """Return what is stored of recovery codes."""
    return [hash for code in codes if (hash := credentials.recovery_hash(code, login)) is not None]
