"""Verbs on campaigns: many people confirm or fill in one thing, each by a personal link.

The officer starts, monitors, closes and reopens a campaign and sends reminders; the people it asks answer by
the form their link opens, without an account. Letters are queued by the rounds (`services.jobs.rounds`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from calendars.hours import local_date
from merzim.services.campaigns.views import (
    CampaignId,
    CampaignPage,
    ShowCampaign,
    definition_of,
    reminded_today,
    seen_campaign,
    sees_all_asked,
    show_campaign,
)
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, FileInput, Ground, Key, Line, Name, WebAddress, store_file
from merzim.services.jobs.rounds import is_defined, update_people
from merzim.services.names import unit_name, unit_named
from merzim.services.registers.results import FieldView, field_view, seen_register
from merzim.services.registers.verbs import FieldValues, add_rows, check_row
from merzim.services.registers.views import RegisterId, lookup
from merzim.services.verbs import Command, LinkRefused, NotAllowed, verb
from merzim.storage.database import Row_, writing
from merzim.storage.notices.campaigns import CLOSED, EXTENDED, REMINDED, REOPENED, AlreadyAnswered
from merzim.storage.tables.registers import StartedCampaign
from notifications.event_notices import INVITATION, chosen_channel
from notifications.letter_links import CampaignLink, link_path, read_secret
from workflow.org.access import Reader, within
from workflow.org.kinds import among
from workflow.org.office import DUTIES, Person, Unit, name_order
from workflow.refusal import Refusal, closest_first
from workflow.registers.campaigns import asked_by
from workflow.registers.definition import Campaign, Register, UnknownRegisterField
from workflow.registers.rows import RowEventKind
from workflow.registers.values import InvalidRow, Value, ValueProblem, checked_values, is_filled
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
    """Ask the people of some units for their answer. `units`: with all units below; all people if empty.
    `duties`, `posts`: of these people only those who hold one of the duties, or whose post has the words of one
    of the texts; everybody if both are empty. `values`: values of the fields the officer fills in. `link` or
    `file`: the document to read. `preview`: write nothing.
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


class OneCampaign(Command):
    """A campaign that everybody asked is reminded of, or that is closed."""

    campaign: CampaignId


class ExtendCampaign(OneCampaign):
    """Accept answers until a later day; a campaign whose last day has passed is open again."""

    until: Day


class ReopenCampaign(ExtendCampaign):
    """Accept answers to a closed campaign again, until a day."""

    ground: Ground


class RecordAnswer(OneCampaign):
    """Record an answer somebody gave on paper. `values`: values of the row other than those of the campaign;
    `file`: the paper.
    """

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
    campaign = _campaign(ctx, register, kind, command, units=units, given=given_values)
    people = [*filter(asked_by(office, units, campaign.document), office.people.values())]
    if not people:
        narrows = not {"duties", "posts"}.isdisjoint(campaign.document)
        raise Refusal("campaign.nobody_chosen" if narrows else "campaign.nobody")
    unreached = _unreached(ctx, people)
    result = CampaignPreview(
        campaign="",
        people=len(people),
        unreached=len(unreached),
        unreached_names=[person.name_in(ctx.language) for person in unreached[:NAMED_LIMIT]],
    )
    if command.preview:
        return result
    file = store_file(ctx, command.file)
    campaign.document |= {name: value for name, value in file.items() if value}
    campaign = ctx.app.campaigns.start(campaign, at=ctx.moment)
    update_people(ctx.app, campaign, at=ctx.moment)
    return result.model_copy(update={"campaign": campaign.id})


@verb("manage")
def remind_campaign(ctx: RequestContext, command: OneCampaign) -> CampaignPage:
    """Send a reminder to everybody whose answer is awaited, once a day; it leaves with the next round."""
    campaign = _open_campaign(ctx, command.campaign)
    if reminded_today(ctx, campaign):
        raise Refusal("campaign.reminded_today", campaign=campaign.id)
    return _change(ctx, REMINDED, campaign, wave=campaign.wave + 1)


@verb("manage")
def extend_campaign(ctx: RequestContext, command: ExtendCampaign) -> CampaignPage:
    """Accept answers until a later day; every link is valid until then."""
    campaign = _open_campaign(ctx, command.campaign, past=True)
    if command.until < ctx.today:
        raise Refusal("campaign.past", until=command.until)
    if command.until <= campaign.until:
        raise Refusal("campaign.not_later", until=campaign.until)
    details = {"until": command.until.isoformat()}
    return _change(ctx, EXTENDED, campaign, details, until=command.until)


@verb("manage")
def close_campaign(ctx: RequestContext, command: OneCampaign) -> CampaignPage:
    """Stop accepting answers; every link is refused from now on."""
    campaign = _open_campaign(ctx, command.campaign)
    return _change(ctx, CLOSED, campaign, closed_on=ctx.today)


@verb("manage")
def reopen_campaign(ctx: RequestContext, command: ReopenCampaign) -> CampaignPage:
    """Accept answers to a closed campaign again; who has not answered gets one letter, their link is valid."""
    campaign = _managed_campaign(ctx, command.campaign)
    if campaign.closed_on is None:
        raise Refusal("campaign.not_closed", campaign=campaign.id)
    if command.until < ctx.today:
        raise Refusal("campaign.past", until=command.until)
    reopened = {"until": command.until, "closed_on": None, "wave": campaign.wave + 1}
    details = {"until": command.until.isoformat(), "ground": command.ground}
    return _change(ctx, REOPENED, campaign, details, **reopened)


@verb("manage")
def record_answer(ctx: RequestContext, command: RecordAnswer) -> CampaignPage:
    """Record an answer somebody gave on paper; their link is refused from now on."""
    campaign = _open_campaign(ctx, command.campaign)
    campaign_person = ctx.app.campaigns.people(campaign.id, [command.person]).get(command.person)
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
    details: Mapping[str, object] | None = None,
    **changes: object,
) -> CampaignPage:
    """Store a change of a campaign; one opened again asks who has joined meanwhile. Return what it is now."""
    after = ctx.app.campaigns.change(kind, campaign, at=ctx.moment, details=details, **changes)
    if kind == REOPENED:
        update_people(ctx.app, after, at=ctx.moment)
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
    """Return a campaign the reader may change. Raises UnknownCampaign for one hidden from them, NotAllowed for
    one that asks people of units they do not see.
    """
    campaign = seen_campaign(ctx, name)
    if not sees_all_asked(ctx, campaign):
        raise NotAllowed
    return campaign


def _units_to_ask(ctx: RequestContext, register: Register, unit_names: Sequence[str]) -> tuple[str, ...]:
    """Return the units (ids) whose people are asked: without names the reader's, () for the whole office.
    Raises UnknownUnit, NotAllowed for a unit the reader does not see, Refusal for one whose kind the register
    does not bind.
    """
    office, root = ctx.reads.office(), ctx.scope.unit
    units = tuple(dict.fromkeys(unit_named(ctx.app, name) for name in unit_names if name))
    if not units and root:
        units = (root,)
    if root is None or not all(within(office, unit, root) for unit in units):
        raise NotAllowed
    for unit in units or office.tops:
        if not among(office.kind_of(unit), register.applies_to):
            raise Refusal("register.not_for_kind", title=register.title, unit=unit_name(office, unit).name)
    return units


def _campaign(
    ctx: RequestContext,
    register: Register,
    kind: Campaign,
    command: StartCampaign,
    *,
    units: Sequence[str],
    given: dict[str, object],
) -> StartedCampaign:
    """Return a campaign as asked for, not stored yet, without its file. Raises Refusal for an unknown duty."""
    for duty in command.duties:
        if duty not in DUTIES:
            raise Refusal("unknown_duty", duty=duty, allowed=closest_first(duty, DUTIES))
    title = command.title.strip()
    document = {
        "link": command.link,
        "duties": sorted({*command.duties}),
        "posts": sorted({text.strip() for text in command.posts if search_words(text)}),
    }
    return StartedCampaign(
        id="",
        register_id=register.id,
        version=register.edition,
        kind=kind.id,
        title="" if title in (kind.title.kk, kind.title.ru, kind.title.en) else title,
        units=[*units],
        until=command.until,
        document={name: value for name, value in document.items() if value},
        given=given,
        started_on=ctx.today,
        started_by=ctx.reader.login,
    )


def _given_values(
    ctx: RequestContext, register: Register, kind: Campaign, values: Mapping[str, object]
) -> dict[str, object]:
    """Return the values the officer gave for every row, as stored. Raises InvalidRow, UnknownRegisterField."""
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


LINK = "link"
"""The author recorded for a row confirmed through a personal link."""


class CampaignLinkRefused(LinkRefused):
    """The link of a campaign is not valid, or no longer; the message does not reveal why."""

    not_found = "web.problem.no_link"


def answer_fields(register: Register, needed: Mapping[str, bool]) -> Sequence[FieldView]:
    """Return the fields of an answer. `needed`: their names -> whether they are required."""
    return [
        field_view(register.fields[name]).model_copy(update={"required": required})
        for name, required in needed.items()
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignForm:
    """The form by which a person answers; it contains no stored data, neither of others nor of the person."""

    campaign: StartedCampaign
    register: Register
    definition: Campaign
    invitee: Row_
    person: Person
    unit: Unit | None

    @property
    def fields(self) -> Sequence[FieldView]:
        """The fields to fill in; the post is asked for where the office does not know it."""
        kind = self.definition
        post = [kind.post] if kind.post and not self.person.post else []
        return answer_fields(self.register, {name: name not in kind.may_fill for name in (*post, *kind.asks)})


def open_link(ctx: RequestContext, token: str) -> CampaignForm:
    """Return the form for the person of a link. Raises CampaignLinkRefused for an invalid or used link, one of
    a campaign that ended, or of a person who left.
    """
    link = read_secret(ctx.app.rules.link_key, token, CampaignLink)
    store = ctx.app.campaigns
    asked = store.person(link.campaign, link.number) if link is not None else None
    if link is None or asked is None:
        raise CampaignLinkRefused(is_ours=link is not None)
    form = _awaited_form(ctx, store.get(link.campaign), asked) if asked.version == link.version else None
    if form is None:
        person = ctx.app.reads.office().member(asked.person)
        raise CampaignLinkRefused(language=person.language if person else "")
    return form


def awaited_answers(ctx: RequestContext) -> Sequence[tuple[CampaignForm, str]]:
    """Return the forms that await the answer of the reader's person, the oldest first, each with its path."""
    answers, store, person = [], ctx.app.campaigns, ctx.reader.person
    for campaign in store.open_on(ctx.today) if person else ():
        asked = store.people(campaign.id, [person]).get(person)
        if asked is not None and (form := _awaited_form(ctx, campaign, asked)):
            link = CampaignLink(campaign.id, asked.number, asked.version)
            answers.append((form, link_path(ctx.app.rules.link_key, link)))
    return answers


def answer(ctx: RequestContext, form: CampaignForm, values: Mapping[str, object]) -> str:
    """Add the row of an answer by a link, in the name of LINK; return its id. `values`: of the form's fields.

    Raises UnknownRegisterField; InvalidRow with all mistakes; CampaignLinkRefused where it was answered or
    closed.
    """
    asked = {field.id: field for field in form.fields}
    refuse_wrong(form.register, values, asked, [name for name in asked if asked[name].required])
    office = replace(ctx, reader=Reader(login=LINK, access="officer_administrator"), operator=True)
    try:
        return add_answer(office, form, values, kind="confirmed")
    except AlreadyAnswered:
        raise CampaignLinkRefused from None


def refuse_wrong(
    register: Register, values: Mapping[str, object], asked: Collection[str], required: Iterable[str]
) -> None:
    """Raise UnknownRegisterField for values of fields not asked for, InvalidRow for required ones without a
    value.
    """
    unknown = [name for name in values if name not in asked]
    if unknown:
        raise UnknownRegisterField("register.unknown_field", field=unknown[0], allowed=tuple(asked))
    missing = tuple(ValueProblem(name, "required") for name in required if not is_filled(values.get(name)))
    if missing:
        raise InvalidRow(register.fields, missing)


def _awaited_form(ctx: RequestContext, campaign: StartedCampaign | None, asked: Row_) -> CampaignForm | None:
    """Return the form of a person whose answer is awaited; None where none is, or no longer."""
    office = ctx.app.reads.office()
    person = office.people.get(asked.person)
    if campaign is None or person is None or asked.answer or asked.left_on or not campaign.is_open(ctx.today):
        return None
    if not (is_defined(ctx.app, campaign) and asked_by(office, campaign.units, campaign.document)(person)):
        return None
    return form_for(ctx, campaign, asked, person)


def form_for(
    ctx: RequestContext, campaign: StartedCampaign, campaign_person: Row_, person: Person
) -> CampaignForm:
    """Return the form of a person of a campaign, whether their answer is awaited or not."""
    register, campaign_kind = definition_of(ctx, campaign)
    return CampaignForm(
        campaign=campaign,
        register=register,
        definition=campaign_kind,
        invitee=campaign_person,
        person=person,
        unit=ctx.app.reads.office().units.get(person.unit),
    )


def add_answer(
    ctx: RequestContext, form: CampaignForm, values: Mapping[str, object], *, kind: RowEventKind
) -> str:
    """Add the row of an answer and mark it as the person's answer, in one transaction; return its id. `kind`:
    `confirmed` by the person's link, `added` by the officer from paper.

    Raises AlreadyAnswered, also where they left or the campaign was closed; InvalidRow with all mistakes.
    """
    row, unit = _row_values(ctx, form, values), form.person.unit
    with writing(ctx.app.engine):
        [id] = add_rows(ctx, form.register, [row], [unit], kind=kind, answer={"campaign": form.campaign.id})
        ctx.app.campaigns.answer(form.invitee, id, at=ctx.now)
    return id


def _row_values(ctx: RequestContext, form: CampaignForm, values: Mapping[str, object]) -> Mapping[str, Value]:
    """Return the values of an answer's row: the campaign's, its days, person and answer. Raises InvalidRow."""
    campaign_kind, person = form.definition, form.person
    given_values: dict[str, object] = {**form.campaign.given, campaign_kind.person: person.key}
    if campaign_kind.post:
        given_values[campaign_kind.post] = person.post
    if campaign_kind.confirmed_on:
        given_values[campaign_kind.confirmed_on] = ctx.today.isoformat()
    if campaign_kind.written_on or campaign_kind.reminded_on:
        letters = ctx.app.campaigns.letters(form.campaign.id, person.key)
        reminders = [letter for letter in letters if letter.step != INVITATION]
        days = ((campaign_kind.written_on, letters[:1]), (campaign_kind.reminded_on, reminders[-1:]))
        for name, sent in days:
            if name and sent:
                given_values[name] = local_date(sent[0].at).isoformat()
    row = {**given_values, **campaign_kind.values, **values, campaign_kind.person: person.key}
    return check_row(ctx, form.register, row)
