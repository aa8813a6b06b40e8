"""Verbs on campaigns: many people confirm or fill in one thing, each by a personal link.

The officer starts, monitors, closes and reopens a campaign and sends reminders; the people it asks answer
without an account (`services.campaigns.answers`). Letters are queued by the rounds (`services.jobs.campaigns`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, Field

from merzim.services.campaigns.answers import add_answer, form_for, refuse_wrong
from merzim.services.campaigns.views import (
    CampaignId,
    CampaignPage,
    ShowCampaign,
    campaign_store,
    reminded_today,
    seen_campaign,
    sees_all_asked,
    show_campaign,
)
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, FileInput, Ground, Key, Line, Name, WebAddress, store_file
from merzim.services.jobs.rounds import update_people
from merzim.services.names import unit_name, unit_named
from merzim.services.registers.results import reader_scope, seen_register
from merzim.services.registers.verbs import FieldValues
from merzim.services.registers.views import RegisterId, lookup
from merzim.services.verbs import Command, NotAllowed, verb
from merzim.storage.notices.campaigns import CLOSED, EXTENDED, REMINDED, REOPENED
from notifications.event_notices import chosen_channel
from workflow.org.access import within
from workflow.org.office import DUTIES, Person, name_order
from workflow.refusal import Refusal, closest_first
from workflow.registers.campaigns import PeopleChoice, StartedCampaign, people_asked
from workflow.registers.definition import Campaign, Register
from workflow.registers.values import InvalidRow, checked_values, is_filled
from workflow.search_words import search_words

NAMED_LIMIT = 20
"""Number of people without an address that a preview names."""


class CampaignPreview(BaseModel):
    """How many people a campaign asks; `unreached_names`: the first of those without an address in any channel.

    `campaign`: id of the started campaign, "" in a preview.
    """

    campaign: str
    people: int
    unreached: int
    unreached_names: list[str]


class StartCampaign(Command):
    """Ask the people of some units for their answer.

    `units`: with all units below; all people if empty. `duties`, `posts`: of these people only those who hold
    one of the duties, or whose post has the words of one of the texts; everybody if both are empty. `values`:
    values of the fields the officer fills in. `link` or `file`: the document to read. `preview`: write nothing.
    """

    register_id: RegisterId
    kind: Name
    title: Line = ""
    units: list[Line] = Field(default_factory=list, max_length=200)
    duties: list[Name] = Field(default_factory=list, max_length=len(DUTIES))
    posts: list[Line] = Field(default_factory=list, max_length=20)
    until: Day
    values: FieldValues = Field(default_factory=dict)
    link: WebAddress | None = None
    file: FileInput | None = None
    preview: bool = False


class RemindCampaign(Command):
    """Send a reminder to everybody whose answer is awaited."""

    campaign: CampaignId


class ExtendCampaign(Command):
    """Accept answers until a later day; a campaign whose last day has passed is open again."""

    campaign: CampaignId
    until: Day


class CloseCampaign(Command):
    """Stop accepting answers."""

    campaign: CampaignId


class ReopenCampaign(ExtendCampaign):
    """Accept answers to a closed campaign again, until a day."""

    ground: Ground


class RecordAnswer(Command):
    """Record an answer somebody gave on paper. `values`: values of the row other than those of the campaign;
    `file`: the paper.
    """

    campaign: CampaignId
    person: Key
    values: FieldValues = Field(default_factory=dict)
    file: FileInput | None = None


@verb("manage")
def start_campaign(ctx: RequestContext, command: StartCampaign) -> CampaignPreview:
    """Ask the people of some units to confirm or fill in something by a day; `preview` only says whom."""
    register = seen_register(ctx, command.register_id)
    kind = register.campaigns.get(command.kind)
    if kind is None:
        raise Refusal(
            "campaign.unknown_kind", kind=command.kind, title=register.title, allowed=tuple(register.campaigns)
        )
    units, office = _units_to_ask(ctx, register, command.units), ctx.reads.office()
    if command.until < ctx.today:
        raise Refusal("campaign.past", until=command.until)
    if command.link and command.file:
        raise Refusal("campaign.two_documents")
    given_values = _given_values(ctx, register, kind, command.values)
    if not ctx.app.rules.carries_secrets:
        raise Refusal("campaign.no_address", address=ctx.app.settings.web.public_address)
    choice = _choice(units, command)
    people = list(people_asked(office, choice))
    if not people:
        raise Refusal("campaign.nobody_chosen" if choice.narrows else "campaign.nobody")
    unreached = _unreached(ctx, people)
    result = CampaignPreview(
        campaign="",
        people=len(people),
        unreached=len(unreached),
        unreached_names=[person.name_in(ctx.language) for person in unreached[:NAMED_LIMIT]],
    )
    if command.preview:
        return result
    campaigns, title = campaign_store(ctx), command.title.strip()
    document = {
        **({"link": command.link} if command.link else store_file(ctx, command.file)),
        "duties": sorted(choice.duties),
        "posts": sorted(choice.posts),
    }
    campaign = campaigns.start(
        StartedCampaign(
            id="",
            register_id=register.id,
            version=register.edition,
            kind=kind.id,
            title="" if title in (kind.title.kk, kind.title.ru, kind.title.en) else title,
            units=units,
            until=command.until,
            document={name: value for name, value in document.items() if value},
            given=given_values,
            started_on=ctx.today,
            started_by=ctx.reader.login,
        ),
        at=ctx.moment,
    )
    update_people(ctx.app, campaigns, campaign, at=ctx.moment)
    return result.model_copy(update={"campaign": campaign.id})


@verb("manage")
def remind_campaign(ctx: RequestContext, command: RemindCampaign) -> CampaignPage:
    """Send a reminder to everybody whose answer is awaited, once a day; it leaves with the next round."""
    campaign = _open_campaign(ctx, command.campaign)
    if reminded_today(ctx, campaign):
        raise Refusal("campaign.reminded_today", campaign=campaign.id)
    return _change(ctx, REMINDED, campaign, replace(campaign, wave=campaign.wave + 1))


@verb("manage")
def extend_campaign(ctx: RequestContext, command: ExtendCampaign) -> CampaignPage:
    """Accept answers until a later day; every link is valid until then."""
    campaign = _open_campaign(ctx, command.campaign, past=True)
    if command.until < ctx.today:
        raise Refusal("campaign.past", until=command.until)
    if command.until <= campaign.until:
        raise Refusal("campaign.not_later", until=campaign.until)
    details = {"until": command.until.isoformat()}
    return _change(ctx, EXTENDED, campaign, replace(campaign, until=command.until), details)


@verb("manage")
def close_campaign(ctx: RequestContext, command: CloseCampaign) -> CampaignPage:
    """Stop accepting answers; every link is refused from now on."""
    campaign = _open_campaign(ctx, command.campaign)
    return _change(ctx, CLOSED, campaign, replace(campaign, closed_on=ctx.today))


@verb("manage")
def reopen_campaign(ctx: RequestContext, command: ReopenCampaign) -> CampaignPage:
    """Accept answers to a closed campaign again; who has not answered gets one letter, their link is valid."""
    campaign = _managed_campaign(ctx, command.campaign)
    if campaign.closed_on is None:
        raise Refusal("campaign.not_closed", campaign=campaign.id)
    if command.until < ctx.today:
        raise Refusal("campaign.past", until=command.until)
    reopened = replace(campaign, until=command.until, closed_on=None, wave=campaign.wave + 1)
    details = {"until": command.until.isoformat(), "ground": command.ground}
    return _change(ctx, REOPENED, campaign, reopened, details)


@verb("manage")
def record_answer(ctx: RequestContext, command: RecordAnswer) -> CampaignPage:
    """Record an answer somebody gave on paper; their link is refused from now on."""
    campaign = _open_campaign(ctx, command.campaign)
    campaign_person = campaign_store(ctx).people(campaign.id, [command.person]).get(command.person)
    person = ctx.reads.office().people.get(command.person)
    if campaign_person is None or person is None or campaign_person.left_on is not None:
        raise Refusal("campaign.not_asked", person=command.person)
    form = form_for(ctx, campaign, campaign_person, person)
    register, campaign_kind = form.register, form.definition
    given_values = {
        **command.values,
        **({campaign_kind.scan: command.file} if command.file and campaign_kind.scan else {}),
    }
    asked = [name for name in register.fields if name != campaign_kind.person]
    refuse_wrong(register, given_values, asked, ())
    values = {
        name: store_file(ctx, value) if isinstance(value, FileInput) else value
        for name, value in given_values.items()
    }
    add_answer(ctx, form, values, kind="added")
    return show_campaign(ctx, ShowCampaign(campaign=campaign.id))


def _change(
    ctx: RequestContext,
    kind: str,
    campaign: StartedCampaign,
    after: StartedCampaign,
    details: Mapping[str, object] | None = None,
) -> CampaignPage:
    """Store a change of a campaign; one opened again asks who has joined meanwhile. Return what it is now."""
    store = campaign_store(ctx)
    store.change(kind, campaign, after, at=ctx.moment, details=details)
    if kind == REOPENED:
        update_people(ctx.app, store, after, at=ctx.moment)
    return show_campaign(ctx, ShowCampaign(campaign=campaign.id))


def _open_campaign(ctx: RequestContext, name: str, *, past: bool = False) -> StartedCampaign:
    """Return a campaign the reader may change and that has not ended; with `past` also one whose last day has
    passed, but none that was closed. Raises Refusal, and as `_managed_campaign`.
    """
    campaign = _managed_campaign(ctx, name)
    if campaign.closed_on is not None or not (past or campaign.is_open(ctx.today)):
        raise Refusal("campaign.ended", campaign=campaign.id)
    return campaign


def _managed_campaign(ctx: RequestContext, name: str) -> StartedCampaign:
    """Return a campaign the reader may change.

    Raises:
        UnknownCampaign: it is not visible to them; NotAllowed: it asks people of units they do not see.
    """
    campaign = seen_campaign(ctx, name)
    if not sees_all_asked(ctx, campaign):
        raise NotAllowed
    return campaign


def _units_to_ask(ctx: RequestContext, register: Register, unit_names: Sequence[str]) -> tuple[str, ...]:
    """Return the units (ids) whose people are asked: without names the reader's, () for the whole office.

    Raises:
        UnknownUnit; NotAllowed: a unit the reader does not see.
        Refusal: the register does not bind bodies of a unit's kind.
    """
    office, root = ctx.reads.office(), reader_scope(ctx).unit
    units = tuple(dict.fromkeys(unit_named(ctx.app, name) for name in unit_names if name))
    if not units and root:
        units = (root,)
    if root is None or not all(within(office, unit, root) for unit in units):
        raise NotAllowed
    for unit in units or office.tops:
        if not register.binds(office.kind_of(unit)):
            raise Refusal("register.not_for_kind", title=register.title, unit=unit_name(office, unit).name)
    return units


def _choice(units: tuple[str, ...], command: StartCampaign) -> PeopleChoice:
    """Return who of the people of these units is asked. Raises Refusal for an unknown duty."""
    for duty in command.duties:
        if duty not in DUTIES:
            raise Refusal("unknown_duty", duty=duty, allowed=closest_first(duty, DUTIES))
    posts = frozenset(text.strip() for text in command.posts if search_words(text))
    return PeopleChoice(units, duties=frozenset(command.duties), posts=posts)


def _given_values(
    ctx: RequestContext, register: Register, kind: Campaign, values: Mapping[str, object]
) -> dict[str, object]:
    """Return the values of every row that the officer filled in, as stored. Raises InvalidRow for wrong values,
    UnknownRegisterField for values of fields that people fill in.
    """
    refuse_wrong(register, values, kind.given, ())
    parsed, problems = checked_values(register.fields, values, lookup(ctx), today=ctx.today, shown=kind.given)
    # Rules about fields still to be filled in are checked for the people who fill them in.
    problems = [problem for problem in problems if problem.code != "required_when"]
    if problems:
        raise InvalidRow(register.fields, tuple(problems))
    return {name: value for name, value in parsed.items() if is_filled(value)}


def _unreached(ctx: RequestContext, people: Collection[Person]) -> list[Person]:
    """Return those of these people whom no channel has an address for, by name."""
    channels = tuple(ctx.app.channels.values())
    unreached = [person for person in people if chosen_channel(person, channels) is None]
    return sorted(unreached, key=name_order)
