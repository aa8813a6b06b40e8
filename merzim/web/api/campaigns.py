"""Campaigns of registers: list, start, monitor, remind, close, reopen; answers on paper."""

from __future__ import annotations

from merzim.services.campaigns import verbs as campaigns
from merzim.services.campaigns import views as campaign_views
from merzim.web.api import mount
from merzim.web.api.answers import api_router

router = api_router(tags=["campaigns"])


mount.get(router, "/campaigns", campaign_views.list_campaigns)
mount.post(router, "/campaigns", campaigns.start_campaign, status=201)
mount.post(router, "/campaigns/{campaign}/people/query", campaign_views.show_campaign)
mount.post(router, "/campaigns/{campaign}/reminders", campaigns.remind_campaign)
mount.post(router, "/campaigns/{campaign}/extension", campaigns.extend_campaign)
mount.post(router, "/campaigns/{campaign}/answers", campaigns.record_answer)
mount.post(router, "/campaigns/{campaign}/closing", campaigns.close_campaign)
mount.post(router, "/campaigns/{campaign}/reopening", campaigns.reopen_campaign)
