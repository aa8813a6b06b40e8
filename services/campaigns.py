"""Campaigns of registers: many people confirm or fill in one thing, each by a link of their own.

The officer starts, watches, reminds and closes a campaign; whom it asks answers without an account
(`open_link`, `answer_link`). Letters are queued by the rounds (`services.jobs.campaigns`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from notifications.bot.office import CampaignQuestion
from notifications.campaign_links import AnswerLink, answer_address, read_token
from notifications.campaign_notices import chosen_channel
from services.context import RequestContext, operator_context
from services.evidence import store_file
from services.inputs import Day, FileInput, Key, Line, Name, WebAddress
from services.queries import unit_named
from services.register_views import (
    MAX_PAGE_SIZE,
    PAGE_SIZE,
    FieldView,
    RegisterId,
    Titles,
    field_view,
    lookup,
    reader_scope,
    seen_register,
)
from services.registers import FieldValues, WrongPlace, add_rows, check_row
from services.verbs import Command, NotAllowed, NotFound, verb
from workflow.law.procedure import Text
from workflow.org.access import Reader, within
from workflow.org.office import Office, Person, acts_of
from workflow.refusal import Refusal
from workflow.registers.access import sees_lists
from workflow.registers.campaigns import CampaignPerson, StartedCampaign, people_asked
from workflow.registers.definition import Campaign, Register, UnknownField
from workflow.registers.rows import EventKind, name_in
from workflow.registers.values import InvalidRow, ValueProblem, is_filled, parse_values

if TYPE_CHECKING:
    from services.app import AppContext
    from services.moments import Clock
    from storage.notices.campaigns import PeopleQuery, SqlCampaigns

CampaignId = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{3,5}$")]
NAMED_LIMIT = 20
"""People without an address that a preview names."""
LINK, TELEGRAM = "link", "telegram"
"""By whom a row is written that somebody confirmed through their link, or by a button of the bot."""


class UnknownCampaign(NotFound):
    """No campaign of that number, or none the reader sees."""

    not_found = "web.problem.no_campaign"


class LinkRefused(NotFound):
    """A link that is not, or no more, good for an answer; nothing says why."""

    not_found = "web.problem.no_link"


class BadCampaign(Refusal, ValueError):
    """A campaign that cannot be started so."""


class CampaignKind(BaseModel):
    """A campaign a register declares. `given`: fields the officer gives; `fills`: those people fill in."""

    register_id: str
    register_title: Titles
    kind: str
    title: Titles
    act: Titles
    paragraph: str
    invitation: Titles
    declares: Titles
    given: list[FieldView]
    fills: list[FieldView]


class CampaignView(BaseModel):
    """A campaign, with how many people of those the reader sees stand how.

    `unreached`: how many awaited ones no channel has an address of; `file`: the name of the document's file.
    """

    id: str
    register_id: str
    register_title: Titles
    kind: str
    title: Titles
    units: list[str]
    unit_names: list[str]
    until: date
    started_on: date
    started_by: str
    closed_on: date | None
    is_open: bool
    reminders: int
    link: str
    file: str
    asked: int
    answered: int
    awaited: int
    left: int
    unreached: int
    may_manage: bool


class CampaignPersonView(BaseModel):
    """Somebody a campaign asks, and the `number` they have in it.

    `answer`: the row their answer added; `reached`: whether a channel had an address of theirs, None before
    their letter was written.
    """

    number: int
    person: str
    name: str
    post: str
    unit: str
    unit_name: str
    state: Literal["awaited", "answered", "left"]
    joined_on: date
    left_on: date | None
    answer: str
    answered_at: datetime | None
    reached: bool | None


class CampaignEventView(BaseModel):
    """A line of a campaign's history; `joined`, `left`: how many people did; `until`: extended to that day."""

    kind: str
    at: datetime
    by: str
    joined: int = 0
    left: int = 0
    until: date | None = None


class CampaignPage(BaseModel):
    """A campaign with one page of its people, in order of name."""

    campaign: CampaignView
    total: int
    page: int
    pages: int
    people: list[CampaignPersonView]
    history: list[CampaignEventView]


class CampaignList(BaseModel):
    """The campaigns somebody sees, the newest first, and those that may be started."""

    campaigns: list[CampaignView]
    kinds: list[CampaignKind]


class CampaignPreview(BaseModel):
    """The people of a campaign. `unreached_names`: the first of those without an address in any channel.

    `campaign`: what was started, "" in a preview.
    """

    campaign: str
    people: int
    unreached: int
    unreached_names: list[str]


class AskCampaigns(Command):
    """All campaigns."""


class StartCampaign(Command):
    """Ask the people of some units for their answer.

    `units`: with all below them; all people where there is none. `values`: of the fields the officer gives.
    `link` or `file`: what is to be read. `preview`: nothing is written.
    """

    register_id: RegisterId
    kind: Name
    title: Line = ""
    units: list[Line] = Field(default_factory=list, max_length=200)
    until: Day
    values: FieldValues = Field(default_factory=dict)
    link: WebAddress | None = None
    file: FileInput | None = None
    preview: bool = False


class ShowCampaign(Command):
    """People of a campaign. `state`: how they stand; `unreached`: awaited ones without an address alone."""

    campaign: CampaignId
    state: Literal["", "awaited", "answered", "left"] = ""
    unit: Line = ""
    search: Line = ""
    unreached: bool = False
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE


class RemindCampaign(Command):
    """Write again to everybody whose answer is awaited."""

    campaign: CampaignId


class ExtendCampaign(Command):
    """Take answers until a later day; one whose last day has passed takes them again."""

    campaign: CampaignId
    until: Day


class CloseCampaign(Command):
    """Take no more answers."""

    campaign: CampaignId


class RecordAnswer(Command):
    """Record the answer somebody gave on paper. `values`: of the row, besides those the campaign gives."""

    campaign: CampaignId
    person: Key
    values: FieldValues = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """The form a link opens: it shows nothing of other people and nothing stored of its own person."""

    campaign: StartedCampaign
    register: Register
    wanted: Campaign
    asked: CampaignPerson
    person: Person
    unit: str
    fields: Sequence[FieldView]


# ------------------------------------------------------------------------------------------------- the officer


@verb("read", writes=False)
def list_campaigns(ctx: RequestContext, command: AskCampaigns) -> CampaignList:
    """List the campaigns the reader sees, and the kinds that may be started."""
    seen = [one for one in _store(ctx).all() if _sees(ctx, one)]
    registers = [ctx.app.registers.on(name, ctx.today) for name in ctx.app.registers.ids()]
    kinds = [
        kind_view(register, kind)
        for register in registers
        if sees_lists(register, reader_scope(ctx))
        for kind in register.campaigns.values()
    ]
    return CampaignList(campaigns=[_view(ctx, one) for one in seen], kinds=kinds)


@verb("manage")
def start_campaign(ctx: RequestContext, command: StartCampaign) -> CampaignPreview:
    """Ask the people of some units to confirm or fill in something until a day; `preview` says whom."""
    from services.jobs.campaigns import update_people

    register = seen_register(ctx, command.register_id)
    kind = register.campaigns.get(command.kind)
    if kind is None:
        raise BadCampaign(
            "campaign.unknown_kind", kind=command.kind, title=register.title, allowed=tuple(register.campaigns)
        )
    units, office = _units_to_ask(ctx, register, command.units), ctx.reads.office()
    if command.until < ctx.today:
        raise BadCampaign("campaign.past", until=command.until)
    if command.link and command.file:
        raise BadCampaign("campaign.two_documents")
    given = _given_values(ctx, register, kind, command.values)
    people = list(people_asked(office, units))
    if not people:
        raise BadCampaign("campaign.nobody")
    unreached = _unreached(ctx, people)
    result = CampaignPreview(
        campaign="",
        people=len(people),
        unreached=len(unreached),
        unreached_names=[one.name for one in unreached[:NAMED_LIMIT]],
    )
    if command.preview:
        return result
    if not (ctx.app.settings.web.public_address.startswith("https://") or ctx.demonstration):
        raise BadCampaign("campaign.no_address", address=ctx.app.settings.web.public_address)
    campaigns = _store(ctx)
    campaign = campaigns.start(
        StartedCampaign(
            id="",
            register=register.id,
            version=register.edition,
            kind=kind.id,
            title=_own_title(command.title.strip(), kind),
            units=units,
            until=command.until,
            document={"link": command.link} if command.link else store_file(ctx, command.file),
            given=given,
            started_on=ctx.today,
            started_by=ctx.reader.login,
        ),
        now=ctx.now,
    )
    update_people(ctx.app, campaigns, campaign, now=ctx.now, today=ctx.today)
    return result.model_copy(update={"campaign": campaign.id})


@verb("read", writes=False)
def show_campaign(ctx: RequestContext, command: ShowCampaign) -> CampaignPage:
    """Show a campaign: who has answered, who has not, who left; one page of them."""
    campaign, store = seen_campaign(ctx, command.campaign), _store(ctx)
    office, query = ctx.reads.office(), _query(ctx, command)
    total, people = store.page(query, limit=command.size, offset=(command.page - 1) * command.size)
    return CampaignPage(
        campaign=_view(ctx, campaign),
        total=total,
        page=command.page,
        pages=max(1, -(-total // command.size)),
        people=[_person_view(one, office) for one in people],
        history=[
            CampaignEventView(kind=one.kind, at=one.at, by=one.by, **_details(one.payload))
            for one in store.history(campaign.id)
        ],
    )


@verb("manage")
def remind_campaign(ctx: RequestContext, command: RemindCampaign) -> CampaignPage:
    """Write again to everybody whose answer is awaited; the letters leave with the next round."""
    campaign = _open_campaign(ctx, command.campaign)
    _store(ctx).remind(campaign, by=ctx.reader.login, now=ctx.now, today=ctx.today)
    return show_campaign(ctx, ShowCampaign(campaign=campaign.id))


@verb("manage")
def extend_campaign(ctx: RequestContext, command: ExtendCampaign) -> CampaignPage:
    """Take answers until a later day; every link is good until then."""
    campaign = _open_campaign(ctx, command.campaign, past=True)
    if command.until < ctx.today:
        raise BadCampaign("campaign.past", until=command.until)
    if command.until <= campaign.until:
        raise BadCampaign("campaign.not_later", until=campaign.until)
    _store(ctx).extend(campaign, command.until, by=ctx.reader.login, now=ctx.now, today=ctx.today)
    return show_campaign(ctx, ShowCampaign(campaign=campaign.id))


@verb("manage")
def close_campaign(ctx: RequestContext, command: CloseCampaign) -> CampaignPage:
    """Take no more answers; every link is refused from now on."""
    campaign = _open_campaign(ctx, command.campaign)
    _store(ctx).close(campaign, by=ctx.reader.login, now=ctx.now, today=ctx.today)
    return show_campaign(ctx, ShowCampaign(campaign=campaign.id))


@verb("manage")
def record_answer(ctx: RequestContext, command: RecordAnswer) -> CampaignPage:
    """Record the answer somebody gave on paper; their link is refused from now on."""
    campaign = _open_campaign(ctx, command.campaign)
    asked = _store(ctx).people(campaign.id, [command.person]).get(command.person)
    person = ctx.reads.office().people.get(command.person)
    if asked is None or person is None or asked.left_on is not None:
        raise BadCampaign("campaign.not_asked", person=command.person)
    register, kind = _definition(ctx, campaign)
    unknown = [name for name in command.values if name not in register.fields or name == kind.person]
    if unknown:
        raise UnknownField("register.unknown_field", field=unknown[0], allowed=tuple(register.fields))
    values = {
        name: store_file(ctx, value) if isinstance(value, FileInput) else value
        for name, value in command.values.items()
    }
    _add_answer(ctx, campaign, asked, person, values, kind="added")
    return show_campaign(ctx, ShowCampaign(campaign=campaign.id))


def person_key(ctx: RequestContext, campaign: str, number: int) -> str:
    """Return the key of the person of a number. Raises UnknownCampaign for a campaign not seen, or none."""
    asked = _store(ctx).person(seen_campaign(ctx, campaign).id, number)
    units = _seen_units(ctx)
    if asked is None or (units is not None and asked.unit not in units):
        raise UnknownCampaign("campaign.unknown", campaign=campaign)
    return asked.person


def proof_sheet(ctx: RequestContext, campaign_id: str, language: str) -> bytes:
    """Return a campaign as a workbook: everybody it asked, with the dates; and what it asked for."""
    from documents.sheets.listing import Table, tables_workbook
    from i18n import say

    campaign, store = seen_campaign(ctx, campaign_id), _store(ctx)
    office, sent = ctx.reads.office(), store.sent(campaign.id)
    _, people = store.page(_query(ctx, ShowCampaign(campaign=campaign.id)), limit=None)

    def head(code: str, **arguments: object) -> str:
        return say(f"campaign.sheet.{code}", arguments, language)

    def local(at: datetime | None) -> str:
        from notifications.rules import local_moment

        return f"{local_moment(at, ctx.app.rules):%d.%m.%Y %H:%M}" if at else ""

    columns = ("number", "name", "post", "unit", "state", "joined", "written", "answered", "row", "left")
    rows = [
        (
            number,
            one.name,
            one.post,
            name_in(office, one.unit),
            say(f"campaign.state.{one.state}", {}, language),
            one.joined_on,
            local(sent.get(one.person)),
            local(one.answered_at),
            one.answer,
            one.left_on,
        )
        for number, one in enumerate(people, 1)
    ]
    view = _view(ctx, campaign)
    register, kind = _definition(ctx, campaign)
    document = campaign.document
    facts = [
        (head("campaign"), f"{campaign.id}. {view.title[language]}"),
        (head("register"), register.title[language]),
        (head("act"), f"{register.acts[kind.act].title[language]}, {kind.paragraph}"),
        (head("declares"), kind.declares[language]),
        (head("document"), str(document.get("link") or document.get("name") or "")),
        (head("digest"), str(document.get("sha256", ""))),
        (head("units"), "; ".join(view.unit_names) or head("all_units")),
        (head("started"), campaign.started_on),
        (head("until"), campaign.until),
        (head("closed"), campaign.closed_on),
        (head("reminders"), campaign.wave),
        *((head(f"count_{name}"), getattr(view, name)) for name in ("asked", "answered", "awaited", "left")),
        (head("made"), local(ctx.now)),
    ]
    return tables_workbook(
        [Table([head(name) for name in columns], rows), Table([head("fact"), head("value")], facts)]
    )


# ------------------------------------------------------------------------------------------- whoever is asked


def open_link(ctx: RequestContext, token: str) -> Invitation:
    """Return what the person of a link is asked.

    Raises:
        LinkRefused: a wrong link, a used one, one of a campaign that ended or of somebody who left.
    """
    link = read_token(ctx.app.rules.link_key, token)
    store = _store(ctx)
    asked = store.person(link.campaign, link.number) if link is not None else None
    if link is None or asked is None or asked.version != link.version:
        raise LinkRefused("campaign.link_refused")
    return _invitation(ctx, store.get(link.campaign), asked)


def is_genuine(ctx: RequestContext, token: str) -> bool:
    """Return whether a link was made here, good or not any more."""
    return read_token(ctx.app.rules.link_key, token) is not None


def invitation_of(ctx: RequestContext, campaign: str, person: str) -> Invitation:
    """Return what a person is asked whom a channel has recognised. Raises LinkRefused."""
    store = _store(ctx)
    asked = store.people(campaign, [person]).get(person)
    if asked is None:
        raise LinkRefused("campaign.link_refused")
    return _invitation(ctx, store.get(campaign), asked)


def answer(ctx: RequestContext, invitation: Invitation, values: Mapping[str, object], *, by: str = LINK) -> str:
    """Add the row of somebody's answer; return its id.

    Args:
        values: of the fields they fill in; `by`: through what they were recognised.

    Raises:
        InvalidRow: with everything wrong with the values.
        LinkRefused: another answer was faster, or the campaign was closed.
    """
    from storage.notices.campaigns import AlreadyAnswered

    asked_for = [one.id for one in invitation.fields]
    unknown = [name for name in values if name not in asked_for]
    if unknown:
        raise UnknownField("register.unknown_field", field=unknown[0], allowed=tuple(asked_for))
    missing = [name for name in asked_for if values.get(name) in (None, "", [])]
    if missing:
        raise InvalidRow(invitation.register, tuple(ValueProblem(name, "required") for name in missing))
    office = replace(ctx, reader=Reader(login=by, access="officer"), operator=True)
    try:
        return _add_answer(
            office, invitation.campaign, invitation.asked, invitation.person, values, kind="confirmed"
        )
    except AlreadyAnswered:
        raise LinkRefused("campaign.link_refused") from None


class BotAnswers:
    """Answers to campaigns by people the bot knows (`notifications.bot.office.CampaignAnswers`)."""

    def __init__(self, app: AppContext, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    def _context(self) -> RequestContext:
        moment = self._clock()
        return operator_context(self._app, by=TELEGRAM, now=moment.now, today=moment.today)

    def question(self, person: str, campaign: str, language: str) -> CampaignQuestion:
        """Return what a campaign asks of a person. Raises LinkRefused."""
        ctx = self._context()
        invitation = invitation_of(ctx, campaign, person)
        asked = invitation.asked
        return CampaignQuestion(
            title=invitation.campaign.titled(invitation.wanted)[language],
            declares=invitation.wanted.declares[language],
            address=answer_address(ctx.app.rules, AnswerLink(asked.campaign, asked.number, asked.version)),
            has_form=bool(invitation.fields),
        )

    def confirm(self, person: str, campaign: str) -> str:
        """Add the row of the person's answer; return its id. Raises LinkRefused, InvalidRow."""
        ctx = self._context()
        return answer(ctx, invitation_of(ctx, campaign, person), {}, by=TELEGRAM)


# --------------------------------------------------------------------------------------------------- helpers


def seen_campaign(ctx: RequestContext, name: str) -> StartedCampaign:
    """Return a campaign the reader sees. Raises UnknownCampaign."""
    campaign = _store(ctx).get(name)
    if campaign is None or not _sees(ctx, campaign):
        raise UnknownCampaign("campaign.unknown", campaign=name)
    return campaign


def kind_view(register: Register, kind: Campaign) -> CampaignKind:
    """Return a kind of campaign as pages and the API show it."""
    return CampaignKind(
        register_id=register.id,
        register_title=_titles(register.title),
        kind=kind.id,
        title=_titles(kind.title),
        act=_titles(register.acts[kind.act].short),
        paragraph=kind.paragraph,
        invitation=_titles(kind.invitation),
        declares=_titles(kind.declares),
        given=[field_view(register.fields[name]) for name in kind.given],
        fills=[field_view(register.fields[name]) for name in kind.fills],
    )


def _store(ctx: RequestContext) -> SqlCampaigns:
    from storage.notices.campaigns import SqlCampaigns

    return SqlCampaigns(ctx.app.engine)


def _definition(ctx: RequestContext, campaign: StartedCampaign) -> tuple[Register, Campaign]:
    """Return the register and the kind of a campaign, as they were at its start."""
    register = ctx.app.registers.version(campaign.register, campaign.version)
    if campaign.kind not in register.campaigns:
        raise UnknownCampaign("campaign.unknown", campaign=campaign.id)
    return register, register.campaigns[campaign.kind]


def _invitation(ctx: RequestContext, campaign: StartedCampaign | None, asked: CampaignPerson) -> Invitation:
    office = ctx.app.reads.office()
    person = office.people.get(asked.person)
    if (
        campaign is None
        or person is None
        or asked.state != "awaited"
        or not campaign.is_open(ctx.today)
        or not any(one.key == person.key for one in people_asked(office, campaign.units))
    ):
        raise LinkRefused("campaign.link_refused")
    try:
        register, wanted = _definition(ctx, campaign)
    except (NotFound, LookupError):
        raise LinkRefused("campaign.link_refused") from None
    names = (*((wanted.post,) if wanted.post and not person.post else ()), *wanted.fills)
    return Invitation(
        campaign=campaign,
        register=register,
        wanted=wanted,
        asked=asked,
        person=person,
        unit=name_in(office, person.unit),
        fields=[field_view(register.fields[name]).model_copy(update={"required": True}) for name in names],
    )


def _add_answer(
    ctx: RequestContext,
    campaign: StartedCampaign,
    asked: CampaignPerson,
    person: Person,
    values: Mapping[str, object],
    *,
    kind: EventKind,
) -> str:
    """Write the row of an answer and that it is one, in one transaction; return its id."""
    from storage.notices.campaigns import claim_answer

    register, wanted = _definition(ctx, campaign)
    given: dict[str, object] = {**wanted.values, **campaign.given}
    if wanted.post:
        given[wanted.post] = person.post
    if wanted.confirmed_on:
        given[wanted.confirmed_on] = ctx.today.isoformat()
    row = check_row(ctx, register, {**given, **values, wanted.person: person.key})
    ids = add_rows(
        ctx,
        register,
        person.unit,
        "",
        [row],
        kind=kind,
        more={"campaign": campaign.id},
        also=lambda connection, added: claim_answer(connection, asked, added[0], at=ctx.now),
    )
    return ids[0]


def _open_campaign(ctx: RequestContext, name: str, *, past: bool = False) -> StartedCampaign:
    """Return a campaign the reader may change. `past`: also one whose last day has passed.

    Raises:
        UnknownCampaign: they do not see it; NotAllowed: it asks people beyond their reach.
        BadCampaign: it has ended.
    """
    campaign = seen_campaign(ctx, name)
    if not _reaches(ctx, campaign):
        raise NotAllowed
    if campaign.closed_on is not None or not (past or campaign.is_open(ctx.today)):
        raise BadCampaign("campaign.ended", campaign=campaign.id)
    return campaign


def _sees(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    seen = reader_scope(ctx)
    if campaign.register not in ctx.app.registers.ids():
        return False
    if not sees_lists(ctx.app.registers.latest(campaign.register), seen):
        return False
    office = ctx.reads.office()
    if not campaign.units or not seen.unit:
        return True
    return any(within(office, one, seen.unit) or within(office, seen.unit, one) for one in campaign.units)


def _reaches(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    """Return whether all whom a campaign asks lie in the reader's reach."""
    root = reader_scope(ctx).unit
    if root == "":
        return True
    return bool(campaign.units) and all(within(ctx.reads.office(), one, root) for one in campaign.units)


def _seen_units(ctx: RequestContext, unit: str = "") -> Sequence[str] | None:
    """Return the units whose people the reader sees; None for all."""
    office, root = ctx.reads.office(), reader_scope(ctx).unit
    seen = None if root == "" else frozenset(office.whose_cases(root)) if root is not None else frozenset()
    if not unit:
        return None if seen is None else sorted(seen)
    asked = office.whose_cases(unit_named(ctx.app, unit))
    return asked if seen is None else [one for one in asked if one in seen]


def _units_to_ask(ctx: RequestContext, register: Register, named: Sequence[str]) -> tuple[str, ...]:
    """Return the units whose people are asked. Raises WrongPlace, UnknownUnit, NotAllowed."""
    office, root = ctx.reads.office(), reader_scope(ctx).unit
    units = tuple(dict.fromkeys(unit_named(ctx.app, one) for one in named if one))
    if not units and root:
        units = (root,)
    if root is None or not all(within(office, one, root) for one in units):
        raise NotAllowed
    for unit in units or office.tops:
        acts = (*ctx.app.settings.regulations.acts, *acts_of(office, unit), register.adopted_act)
        if not register.binds(office.kind_of(unit), acts):
            raise WrongPlace("register.not_for_kind", title=register.title, unit=name_in(office, unit))
    return units


def _own_title(text: str, kind: Campaign) -> str:
    """Return the title the officer gave; "" for the register's own, which everybody reads in their language."""
    return "" if text in (kind.title.kk, kind.title.ru, kind.title.en) else text


def _given_values(
    ctx: RequestContext, register: Register, kind: Campaign, values: Mapping[str, object]
) -> dict[str, object]:
    """Return the values the officer gives. Raises InvalidRow, UnknownField."""
    for name in values:
        if name not in kind.given:
            raise UnknownField("register.unknown_field", field=name, allowed=kind.given)
    parsed, problems = parse_values(register, values, lookup(ctx))
    wrong = {one.field for one in problems}
    problems += [
        ValueProblem(name, "required")
        for name in kind.given
        if register.fields[name].required and name not in wrong and not is_filled(parsed.get(name))
    ]
    if problems:
        raise InvalidRow(register, tuple(problems))
    return {name: value for name, value in parsed.items() if is_filled(value)}


def _unreached(ctx: RequestContext, people: Collection[Person]) -> list[Person]:
    channels = tuple(ctx.app.channels.values())
    found = [one for one in people if chosen_channel(one, channels) is None]
    return sorted(found, key=lambda one: (one.name, one.key))


def _query(ctx: RequestContext, command: ShowCampaign) -> PeopleQuery:
    from storage.notices.campaigns import PeopleQuery

    return PeopleQuery(
        campaign=command.campaign,
        state=command.state or None,
        units=_seen_units(ctx, command.unit),
        search=command.search,
        unreached=command.unreached,
    )


def _view(ctx: RequestContext, campaign: StartedCampaign) -> CampaignView:
    register = ctx.app.registers.version(campaign.register, campaign.version)
    kind = register.campaigns.get(campaign.kind)
    title = campaign.titled(kind) if kind else Text(campaign.title, campaign.title, campaign.title)
    counts, unreached = _store(ctx).counts(campaign.id, _seen_units(ctx))
    office = ctx.reads.office()
    return CampaignView(
        id=campaign.id,
        register_id=campaign.register,
        register_title=_titles(register.title),
        kind=campaign.kind,
        title=_titles(title),
        units=list(campaign.units),
        unit_names=[name_in(office, one) for one in campaign.units],
        until=campaign.until,
        started_on=campaign.started_on,
        started_by=campaign.started_by,
        closed_on=campaign.closed_on,
        is_open=campaign.is_open(ctx.today),
        reminders=campaign.wave,
        link=str(campaign.document.get("link", "")),
        file=str(campaign.document.get("name", "")),
        asked=sum(counts.values()),
        answered=counts["answered"],
        awaited=counts["awaited"],
        left=counts["left"],
        unreached=unreached,
        may_manage=(ctx.operator or ctx.reader.may("manage")) and _reaches(ctx, campaign),
    )


def _person_view(one: CampaignPerson, office: Office) -> CampaignPersonView:
    return CampaignPersonView(
        number=one.number,
        person=one.person,
        name=one.name,
        post=one.post,
        unit=one.unit,
        unit_name=name_in(office, one.unit),
        state=one.state,
        joined_on=one.joined_on,
        left_on=one.left_on,
        answer=one.answer,
        answered_at=one.answered_at,
        reached=one.reached if one.written >= 0 else None,
    )


def _details(payload: str) -> dict[str, Any]:
    import json

    content = json.loads(payload)
    numbers = {"joined": int(content.get("joined", 0)), "left": len(content.get("left", ()))}
    return {**numbers, "until": content.get("until")}


def _titles(text: Text) -> Titles:
    return Titles(kk=text.kk, ru=text.ru, en=text.en)
