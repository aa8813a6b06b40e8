"""The settings page: the organisation with its officer, the mail server with a test letter."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from pydantic import SecretStr
from starlette.responses import Response

from merzim.services.administration import settings as office_settings
from merzim.services.administration.settings import (
    MAIL_PORTS,
    AskSettings,
    MailServer,
    MailTried,
    Organisation,
    TryMail,
)
from merzim.services.configuration.overlay import MAIL_KEYS, OFFICE_KEYS
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.web.auth.dependencies import Setting
from merzim.web.pages.administration.common import onward, show
from merzim.web.ui.form_values import Fields, tidy
from merzim.web.ui.preferences import preferences
from workflow.refusal import Refusal

PLACE = "/administration/settings"
router = APIRouter(include_in_schema=False, prefix=PLACE)


@router.get("")
def settings(request: Request, ctx: Setting) -> Response:
    """Show the settings administrators change."""
    return _page(request, ctx)


@router.post("/organisation")
def change_organisation(request: Request, ctx: Setting, typed: Fields) -> Response:
    """Change the organisation's names and its officer; a name the environment fixes has no field."""
    present = office_settings.get_settings(ctx, AskSettings()).organisation.model_dump()
    values = {key: tidy(typed.get(key, present[key])) for key in OFFICE_KEYS}
    try:
        office_settings.change_organisation(_in_language(request, ctx), build(Organisation, values))
    except Refusal as refusal:
        return _page(request, ctx, typed=typed, refusal=refusal)
    return onward(request, PLACE, said="saved")


@router.post("/mail")
def change_mail(request: Request, ctx: Setting, typed: Fields) -> Response:
    """Change the mail server, or send a test letter through the typed one."""
    ctx = _in_language(request, ctx)
    values: dict[str, object] = {key: tidy(typed[key]) for key in MAIL_KEYS if typed.get(key)}
    if typed.get("password"):
        values["password"] = SecretStr(typed["password"])
    try:
        if typed.get("do") == "test":
            tried = office_settings.try_mail(ctx, build(TryMail, {**values, "email": typed.get("email", "")}))
            return _page(request, ctx, typed=typed, tried=tried)
        office_settings.change_mail(ctx, build(MailServer, values))
    except Refusal as refusal:
        return _page(request, ctx, typed=typed, refusal=refusal)
    return onward(request, PLACE, said="saved")


def _in_language(request: Request, ctx: RequestContext) -> RequestContext:
    return replace(ctx, language=preferences(request).language)


def _page(
    request: Request,
    ctx: RequestContext,
    *,
    typed: Fields | None = None,
    tried: MailTried | None = None,
    refusal: Refusal | None = None,
) -> Response:
    present = office_settings.get_settings(ctx, AskSettings())
    reader = ctx.reads.office().people.get(ctx.reader.person)
    values = {**present.organisation.model_dump(), **present.mail.model_dump(exclude={"password"})}
    return show(
        request,
        ctx,
        "settings.html",
        status=200 if refusal is None else 422,
        place=PLACE,
        present=present,
        values={**values, **(typed or {})},
        ports=MAIL_PORTS,
        email=typed.get("email", "") if typed else (reader.email or "" if reader else ""),
        tried=tried,
        refusal=refusal,
    )
