"""Administration pages for settings: those in force, a form for each part, what was changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby

from fastapi import APIRouter, HTTPException, Request
from pydantic import SecretStr
from starlette.responses import Response

from merzim.services.administration import settings as office_settings
from merzim.services.administration.settings import (
    AskSettings,
    ChangeSettings,
    MailTried,
    SettingsChanged,
    TakeBackSetting,
    TryMail,
    field_of,
    group_of,
)
from merzim.services.configuration.keys import CHANGEABLE, SERVER_KEYS
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.web.auth.dependencies import Setting
from merzim.web.pages.administration.common import onward, show
from merzim.web.ui.form_values import Fields, tidy
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import Translator
from workflow.refusal import Refusal

PLACE = "/administration/settings"
router = APIRouter(include_in_schema=False, prefix=PLACE)
PASSWORDS = {"channels.email.password": "mail_password"}


@router.get("")
def settings(request: Request, ctx: Setting) -> Response:
    """Show the settings in force, where each comes from, and what was changed here."""
    return _list_page(request, ctx)


@router.post("/back")
def take_back(request: Request, ctx: Setting, typed: Fields) -> Response:
    """Return a setting to what it was before."""
    fields = {"key": typed.get("key", ""), "ground": typed.get("ground", "")}
    try:
        office_settings.take_back_setting(_in_language(request, ctx), build(TakeBackSetting, fields))
    except Refusal as refusal:
        return _list_page(request, ctx, refusal=refusal)
    return onward(request, PLACE, said="saved")


@router.get("/{group}")
def setting_group(request: Request, ctx: Setting, group: str) -> Response:
    """Show the form of one part of the settings."""
    return _group_page(request, ctx, group)


@router.post("/{group}")
def change_group(request: Request, ctx: Setting, group: str, typed: Fields) -> Response:
    """Show what a change would do; from there, carry it out; or send a test letter by the typed values."""
    if group not in CHANGEABLE or typed.get("do") not in ("preview", "save", "test"):
        raise HTTPException(404 if group not in CHANGEABLE else 422)
    ctx = _in_language(request, ctx)
    fields: dict[str, object] = {
        "changes": [{"key": key, "value": text} for key, text in _texts(group, typed).items()],
        **{
            PASSWORDS[key]: SecretStr(typed[key])
            for key in SERVER_KEYS
            if group_of(key) == group and typed.get(key)
        },
    }
    try:
        if typed["do"] == "test":
            mail_result = office_settings.try_mail(
                ctx, build(TryMail, {**fields, "email": typed.get("email", "")})
            )
            return _group_page(request, ctx, group, typed_texts=typed, mail_result=mail_result)
        is_preview = typed["do"] == "preview"
        fields |= {"ground": typed.get("ground", ""), "mark": typed.get("mark"), "preview": is_preview}
        changed_settings = office_settings.change_settings(ctx, build(ChangeSettings, fields))
    except Refusal as refusal:
        return _group_page(request, ctx, group, typed_texts=typed, refusal=refusal)
    if is_preview:
        return _group_page(request, ctx, group, typed_texts=typed, changed_settings=changed_settings)
    return onward(request, PLACE, said="saved")


def _in_language(request: Request, ctx: RequestContext) -> RequestContext:
    return replace(ctx, language=preferences(request).language)


def _texts(group: str, typed_texts: Fields) -> dict[str, str]:
    """Return the texts of the keys a form shows."""
    texts: dict[str, str] = {}
    for key in CHANGEABLE[group]:
        kind, _ = field_of(key)
        if kind == "hours" and f"{key}.first" in typed_texts:
            texts[key] = json.dumps([typed_texts.get(f"{key}.{end}", "") for end in ("first", "last")])
        elif kind == "several" and key in typed_texts.getlist("several"):
            texts[key] = json.dumps(typed_texts.getlist(key))
        elif kind not in ("hours", "several") and key in typed_texts:
            texts[key] = tidy(typed_texts[key])
    return texts


def _shown(translator: Translator, key: str, text: str) -> str:
    """Return the text of a value in words."""
    kind, _ = field_of(key)
    if kind in ("several", "hours") and text:
        parts = json.loads(text)
        return "–".join(parts) if kind == "hours" else ", ".join(_word(translator, part) for part in parts)
    if key == "office.language":
        return translator.tongue(text)
    return _word(translator, text) if kind in ("choice", "password") and text else text


def _word(translator: Translator, value: str) -> str:
    return translator.say_or(f"setting.choice.{value}", value)


def _server_title(translator: Translator, key: str) -> str:
    """Return the name of a setting of the server; of a plug-in's own setting its key."""
    numbered = re.sub(r"\.\d+\.", ".n.", key)
    general = translator.say_or(f"setting.server.{key.rpartition('.')[2]}", key)
    return translator.say_or(f"setting.server.{numbered}", general)


def _list_page(request: Request, ctx: RequestContext, *, refusal: Refusal | None = None) -> Response:
    translator = Translator(preferences(request).language)
    rows = office_settings.list_settings(ctx, AskSettings()).settings
    return show(
        request,
        ctx,
        "settings.html",
        status=200 if refusal is None else 422,
        place=PLACE,
        groups={group: [row for row in rows if row.group == group] for group in CHANGEABLE},
        server={
            section: list(rows_of_it)
            for section, rows_of_it in groupby(
                (row for row in rows if not row.group and not row.key.endswith("_env")),
                lambda row: row.key.partition(".")[0],
            )
        },
        server_title=lambda key: _server_title(translator, key),
        server_value=lambda text: _word(translator, text.lower()) if text in ("True", "False") else text,
        history=office_settings.list_setting_changes(ctx, AskSettings()).changes,
        shown=lambda key, text: _shown(translator, key, text),
        refusal=refusal,
    )


def _group_page(
    request: Request,
    ctx: RequestContext,
    group: str,
    *,
    typed_texts: Fields | None = None,
    changed_settings: SettingsChanged | None = None,
    mail_result: MailTried | None = None,
    refusal: Refusal | None = None,
) -> Response:
    if group not in CHANGEABLE:
        raise HTTPException(404)
    translator = Translator(preferences(request).language)
    setting_list = office_settings.list_settings(ctx, AskSettings())
    rows = [row for row in setting_list.settings if row.group == group]
    texts: Mapping[str, str] = _texts(group, typed_texts) if typed_texts is not None else {}
    reader = ctx.reads.office().people.get(ctx.reader.person)
    return show(
        request,
        ctx,
        "setting_group.html",
        status=200 if refusal is None else 422,
        place=f"{PLACE}/{group}",
        group=group,
        rows=[(row, *field_of(row.key), texts.get(row.key, row.value)) for row in rows],
        parts_of=lambda text: json.loads(text) if text else [],
        shown=lambda key, text: _shown(translator, key, text),
        variables={key: office_settings.password_variable(ctx.app.settings, key) for key in SERVER_KEYS},
        ground=typed_texts.get("ground", "") if typed_texts is not None else "",
        email=typed_texts.get("email", "")
        if typed_texts is not None
        else (reader.email or "" if reader else ""),
        mark=setting_list.mark,
        done=changed_settings,
        tried=mail_result,
        refusal=refusal,
    )
