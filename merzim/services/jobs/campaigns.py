"""Updates open campaigns: people who joined or left, and letters to be queued."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache, partial

from merzim.services.app import AppContext
from merzim.storage.notices.campaigns import CHUNK, SqlCampaigns
from notifications.channels import Channel
from notifications.event_notices import INVITATION, campaign_notice, chosen_channel
from notifications.rules import OfficeTimes, local_moment
from workflow.moments import Moment
from workflow.org.office import Office, acts_of
from workflow.registers.campaigns import CampaignPerson, StartedCampaign, people_asked
from workflow.registers.definition import Campaign

log = logging.getLogger("merzim.campaigns")


def update_campaigns(app: AppContext, *, at: Moment) -> int:
    """Update every open campaign to the present office and queue its letters; return how many were queued.

    Safe to repeat, in several processes too; each transaction writes a limited number of people.
    """
    campaigns, queued = SqlCampaigns(app.engine, app.outbox), 0
    for campaign in campaigns.open_on(at.today):
        update_people(app, campaigns, campaign, at=at)
        queued += write_letters(app, campaigns, campaign, now=at.now)
    if queued:
        log.info("campaigns: %s letters queued", queued)
    return queued


def update_people(app: AppContext, campaigns: SqlCampaigns, campaign: StartedCampaign, *, at: Moment) -> None:
    """Store which of the people a campaign asks joined, left, came back or changed since."""
    office = app.outbox.office()
    channels = tuple(app.channels.values())
    changes = changed_people(campaign, office, campaigns.people(campaign.id), channels, today=at.today)
    campaigns.change_people(campaign, [*changes], at=replace(at, by=""))


def changed_people(
    campaign: StartedCampaign,
    office: Office,
    campaign_people: Mapping[str, CampaignPerson],
    channels: Sequence[Channel],
    *,
    today: date,
) -> Iterator[CampaignPerson]:
    """Yield the people of the present office a campaign asks who joined (without a number) or changed, also in
    whether a channel reaches them, and those who left.
    """
    present = {person.key: person for person in people_asked(office, campaign.choice)}
    for key, person in present.items():
        before = campaign_people.get(key)
        stored = before or CampaignPerson(
            campaign=campaign.id, person=key, number=0, name="", unit="", post="", joined_on=today
        )
        after = replace(
            stored,
            name=person.name,
            unit=person.unit,
            post=person.post,
            left_on=None,
            reached=chosen_channel(person, channels) is not None,
        )
        if after != before:
            yield after
    for key, before in campaign_people.items():
        if key not in present and before.left_on is None:
            yield replace(before, left_on=today)


def as_it_binds(app: AppContext, kind: Campaign, office: Office, unit: str) -> Campaign:
    """Return a kind of campaign, without its act if that is an act of one organisation that a unit (by id) and
    those above it have not adopted.
    """
    office_acts = (*app.settings.regulations.acts, *acts_of(office, unit))
    if kind.act in office_acts or kind.act not in app.library.adopted_acts:
        return kind
    return kind.replaced(act="", paragraph="")


def write_letters(app: AppContext, campaigns: SqlCampaigns, campaign: StartedCampaign, *, now: datetime) -> int:
    """Queue the letters of the present wave (invitation or reminder) to those not written to yet; return how
    many. If the process must stop, the rest waits for the next round.

    Who was sent a reminder today gets the next one on a later day.
    """
    register = app.registers.version(campaign.register_id, campaign.version)
    kind = register.campaigns[campaign.kind]
    channels, queued = tuple(app.channels.values()), 0
    times: OfficeTimes | None = None
    midnight = local_moment(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = (midnight + timedelta(days=1)).astimezone(now.tzinfo)
    letters_sent = campaigns.letters(campaign.id) if campaign.wave else ()
    reminded = {letter.person for letter in letters_sent if letter.step != INVITATION and letter.at >= midnight}
    while people := campaigns.unwritten(campaign, limit=CHUNK):
        office = app.outbox.office()
        times = times or OfficeTimes(office, app.calendar, app.rules)
        at_home = cache(partial(_kind_for_unit, app, kind, office))
        letters = [
            notice
            for campaign_person in people
            if (person := office.people.get(campaign_person.person)) is not None
            and (
                notice := campaign_notice(
                    person,
                    campaign_person,
                    campaign,
                    register,
                    *at_home(person.unit, person.language),
                    channels,
                    times,
                    rules=app.rules,
                    now=now,
                    leaves=tomorrow if campaign_person.person in reminded else now,
                )
            )
        ]
        queued += campaigns.queue(campaign, people, letters)
        if app.process.stopping.is_set():
            break
    return queued


def _kind_for_unit(
    app: AppContext, kind: Campaign, office: Office, unit: str, language: str
) -> tuple[Campaign, str]:
    """Return a kind of campaign, with its act only if that binds a unit (by id), and the name of the
    organisation that asks.
    """
    own = office.units.get(office.organisation(unit) or office.root or "")
    name = app.settings.office.name_in(language) or (own.name_in(language) if own else "")
    return as_it_binds(app, kind, office, unit), name
