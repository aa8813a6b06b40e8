"""Notices asking people to answer a campaign: one for each person and wave, through one channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from i18n import paragraph
from notifications.channels import NO_ADDRESS, Channel, Switchable, language_of
from notifications.notice import Notice, message_id
from notifications.office_time import OfficeTimes
from notifications.rules import Rules
from workflow.languages import law_language
from workflow.org.office import Person
from workflow.registers.campaigns import CampaignPerson, StartedCampaign
from workflow.registers.definition import Campaign, Register, RegisterField

INVITATION, REMINDER = "invitation", "reminder"


def campaign_notice(
    person: Person,
    asked: CampaignPerson,
    campaign: StartedCampaign,
    register: Register,
    wanted: Campaign,
    organisation: str,
    channels: Sequence[Channel],
    times: OfficeTimes,
    *,
    rules: Rules,
    now: datetime,
    leaves: datetime,
) -> Notice | None:
    """Return the notice of the campaign's present wave to a person; None if no channel reaches them.

    A channel they enabled themselves is preferred; the others are used if it fails.

    Args:
        wanted: the kind of campaign as it applies to them; organisation: name of the asking organisation, in
            their language; leaves: the first moment it may leave, in office hours.
    """
    channel = chosen_channel(person, channels)
    if channel is None:
        return None
    language = language_of(channel, person)
    step = f"{REMINDER}-{campaign.wave}" if asked.written >= 0 else INVITATION
    key = f":{campaign.id}:{campaign.until.isoformat()}:{step}:{person.key}:{channel.name}"
    return Notice(
        key=key,
        case="",
        obligation=campaign.id,
        due=campaign.until,
        rung=step,
        person=person.key,
        channel=channel.name,
        address=channel.address(person) or "",
        language=language,
        queued_at=now,
        not_before=times.opening(person.key, leaves),
        message_id=message_id(key, rules.domain),
        kind="campaign",
        about={
            "number": asked.number,
            "version": asked.version,
            "title": campaign.titled(wanted)[language],
            "text": wanted.invitation[language],
            "act": cited(campaign, register, wanted, language),
            "organisation": organisation,
            "asks": _asks(campaign, wanted),
            "days": [[field.title[language], day.isoformat()] for field, day in given_days(register, campaign)],
        },
    )


def given_days(register: Register, campaign: StartedCampaign) -> list[tuple[RegisterField, date]]:
    """Return the days the officer gave to every row: of what is asked, beside the last day of answering.

    What is confidential stands in no letter and on no page that is opened without log-in.
    """
    shown = {name for name, one in register.fields.items() if one.kind == "date" and not one.confidential}
    days = [(name, value) for name, value in campaign.given.items() if name in shown and value]
    return [
        (register.fields[name], date.fromisoformat(str(value)))
        for name, value in days
        if not register.confidential
    ]


def chosen_channel(person: Person, channels: Sequence[Channel]) -> Channel | None:
    """Return the channel for asking a person; None if no channel has an address of theirs."""
    reaching = [channel for channel in channels if channel.address(person) not in (None, NO_ADDRESS)]
    reaching.sort(key=lambda channel: not isinstance(channel, Switchable))
    return reaching[0] if reaching else None


def cited(started: StartedCampaign, register: Register, campaign: Campaign, language: str) -> str:
    """Return what a campaign rests on, in words: the organisation's own document, else the act with its
    paragraph; "" if there is none.
    """
    if own := started.ground(language):
        return own
    if not campaign.act:
        return ""
    act = register.acts[campaign.act].title[law_language(language)]
    return f"{act}, {paragraph(campaign.paragraph, language)}"


def _asks(campaign: StartedCampaign, wanted: Campaign) -> str:
    """Return the code of what a person is to do: read a document and answer, fill in, or confirm alone."""
    if "link" in campaign.document or "sha256" in campaign.document:
        return "link"
    return "questions" if wanted.fills else "declare"
