"""Administration: settings in force, changed in the browser and taken back."""

from __future__ import annotations

from services.administration import settings as office_settings
from services.administration.settings import AskSettings, SettingHistory, SettingList
from web.api import mount
from web.api.answers import api_router
from web.auth.dependencies import Setting

router = api_router("/api/v1/administration", tags=["administration"])


@router.get("/settings")
def list_settings(ctx: Setting) -> SettingList:
    """Return the settings in force, each with its source; secrets are not among them."""
    return office_settings.list_settings(ctx, AskSettings())


@router.get("/settings/history")
def list_setting_changes(ctx: Setting) -> SettingHistory:
    """Return what was changed in the browser and taken back, the newest first."""
    return office_settings.list_setting_changes(ctx, AskSettings())


mount.post(router, "/settings", office_settings.change_settings)
mount.post(router, "/settings/taking-back", office_settings.take_back_setting)
mount.post(router, "/settings/letters", office_settings.try_mail)
