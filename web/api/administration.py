"""Administration: units and their feeds, settings, templates of forms, webhooks."""

from __future__ import annotations

from fastapi import HTTPException

from services.administration import settings as office_settings
from services.administration.settings import AskSettings, SettingHistory, SettingList
from services.documents import templates
from services.documents.templates import AskTemplates, FormList
from services.inputs import Key
from services.outgoing import webhooks
from services.outgoing.webhooks import AskWebhooks, WebhookCommand, WebhookDetails, WebhookId, WebhookList
from services.people import staff
from services.people.feeds import FeedMade, give, revoke_unit_feed
from services.verbs import Command
from web.api import mount
from web.api.answers import api_router
from web.api.mount import Writing
from web.auth.dependencies import Setting
from web.downloads.administration import get_own_template
from web.http.files import DOCX
from web.ui.render import RequestTranslator
from workflow.org.office import name_order

router = api_router("/api/v1/administration", tags=["administration"])


class UnitFeed(Command):
    """A request for a calendar feed of a unit. `unit`: its id."""

    unit: Key


@router.get("/units")
def list_units(ctx: Setting) -> list[staff.UnitResult]:
    """List all units by name."""
    units = sorted(staff.recorded_office(ctx).units.values(), key=name_order)
    return [staff.unit_result(ctx, unit) for unit in units]


mount.post(router, "/units", staff.save_unit)
mount.post(router, "/units/removal", staff.remove_unit)


@router.post("/units/feeds", status_code=201)
def make_unit_feed(ctx: Setting, once: Writing, body: UnitFeed, translator: RequestTranslator) -> FeedMade:
    """Create a calendar feed of a unit; its address is returned only once."""
    unit = staff.recorded_office(ctx).units.get(body.unit)
    if unit is None:
        raise HTTPException(404, "web.problem.no_unit")

    def make() -> FeedMade:
        return FeedMade(address=give(ctx, "", scope=unit.id, name=unit.name, language=translator.language))

    return once(ctx, body, make, FeedMade, secret="address")


mount.post(router, "/units/feeds/revocation", revoke_unit_feed)


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


@router.get("/templates")
def list_templates(ctx: Setting) -> FormList:
    """Return the forms with their placeholders and the organisation's own templates."""
    return templates.list_templates(ctx, AskTemplates())


mount.file(router, "/templates/{form}/{language}/{number}", get_own_template, DOCX, damaged=True)
mount.post(router, "/templates/{form}/{language}", templates.take_template, files=True)
mount.post(router, "/templates/{form}/{language}/choice", templates.choose_template)


@router.get("/webhooks")
def list_webhooks(ctx: Setting) -> WebhookList:
    """List the addresses that are notified of changes."""
    return webhooks.list_webhooks(ctx, AskWebhooks())


@router.get("/webhooks/{webhook}")
def get_webhook(ctx: Setting, webhook: WebhookId) -> WebhookDetails:
    """Return a webhook with the last messages to it."""
    return webhooks.get_webhook(ctx, WebhookCommand(webhook=webhook))


mount.post(router, "/webhooks", webhooks.add_webhook, status=201)
mount.post(router, "/webhooks/{webhook}", webhooks.change_webhook)
mount.post(router, "/webhooks/{webhook}/removal", webhooks.remove_webhook)
mount.post(router, "/webhooks/{webhook}/secret", webhooks.rotate_webhook_secret, status=201)
mount.post(router, "/webhooks/{webhook}/test", webhooks.test_webhook)
mount.post(router, "/webhooks/{webhook}/deliveries/{seq}", webhooks.resend_delivery)
