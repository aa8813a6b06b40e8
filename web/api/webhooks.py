"""Administration: webhooks, the addresses of other programs that are notified of changes."""

from __future__ import annotations

from services.outgoing import webhooks
from services.outgoing.webhooks import AskWebhooks, WebhookCommand, WebhookDetails, WebhookId, WebhookList
from web.api import mount
from web.api.answers import api_router
from web.auth.dependencies import Setting

router = api_router("/api/v1/administration", tags=["administration"])


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
