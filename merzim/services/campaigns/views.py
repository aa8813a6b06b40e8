"""Queries on campaigns: the list, who has answered and who has not, the proof sheet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from heapq import merge
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from i18n import LANGUAGES, say
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.services.audit import record
from merzim.services.context import RequestContext
from merzim.services.inputs import Line
from merzim.services.jobs.rounds import as_it_binds, is_defined
from merzim.services.registers.results import FieldView, field_view
from merzim.services.registers.views import MAX_PAGE_SIZE, PAGE_SIZE, seen_units
from merzim.services.results import Result, Titles, at, page_of
from merzim.services.verbs import Ask, Command, NotFound, verb
from merzim.storage.database import Row_
from merzim.storage.notices.campaigns import REMINDED
from merzim.storage.tables.registers import StartedCampaign
from notifications.event_notices import cited_act
from workflow.law.procedure import Text
from workflow.moments import day_and_time
from workflow.org.access import within
from workflow.org.office import Office
from workflow.registers.campaigns import AnswerState, state_of, word_of_state
from workflow.registers.definition import Campaign, Register
from workflow.registers.rows import name_in, sees_lists
from workflow.registers.values import days_late
from workflow.search_words import alphabetical, normalise, search_words

CampaignId = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{3,5}$")]
_NO_TEXT = Titles(kk="", ru="", en="")


class UnknownCampaign(NotFound):
    """There is no campaign with that number visible to the reader."""

    not_found = "web.problem.no_campaign"


class CampaignKind(Result):
    """A kind of campaign that a register defines. `given`: fields the officer fills in; `fills`: those people
    fill in; `act`: empty if it rests on none, or on one the organisation has not adopted.
    """

    register_id: str
    register_title: Titles
    kind: str = at("id")
    title: Titles
    act: Titles
    paragraph: str
    invitation: Titles
    declares: Titles
    given: list[FieldView]
    fills: list[FieldView]


class CampaignView(Result):
    """A campaign, with the numbers of visible people by state. `duties`, `posts`: who of these units is asked:
    holders of the duties, people with such words in their post; everybody if both are empty. `ground`: the act
    it rests on with its paragraph, "" for none; `unreached`: number of awaited people no channel has an address
    for; `file`: the name of the document's file.
    """

    id: str
    register_id: str
    register_title: Titles
    kind: str
    title: Titles
    units: list[str]
    unit_names: list[str]
    duties: list[str]
    posts: list[str]
    until: date
    started_on: date
    started_by: str
    closed_on: date | None
    is_open: bool
    reminders: int = at("wave")
    ground: Titles
    link: str
    file: str
    asked: int
    answered: int
    awaited: int
    left: int
    unreached: int
    may_manage: bool


class CampaignPersonView(Result):
    """A person asked in a campaign, with their `number` in it. `answer`: the row their answer added; `late`:
    days by which what it says was late; `reached`: whether a channel has an address for them.
    """

    number: int
    person: str
    name: str
    post: str
    unit: str
    unit_name: str
    state: AnswerState
    joined_on: date
    left_on: date | None
    answer: str
    answered_at: datetime | None
    reached: bool
    late: int = 0


class CampaignEventView(BaseModel):
    """An event of a campaign's history; `joined`, `left`: numbers of people; `until`: the new last day;
    `ground`: why it was opened again; `row`, `name`: of an answer given on paper.
    """

    kind: str
    at: datetime
    by: str
    joined: int = 0
    left: int = 0
    until: date | None = None
    ground: str = ""
    row: str = ""
    name: str = ""


class CampaignPage(BaseModel):
    """A campaign with one page of its people, ordered by name. `reminded_today`: reminders were sent today, the
    next may be tomorrow.
    """

    campaign: CampaignView
    reminded_today: bool
    total: int
    page: int
    pages: int
    people: list[CampaignPersonView]
    history: list[CampaignEventView]


class CampaignList(BaseModel):
    """The campaigns visible to the reader, the newest first, and the kinds that may be started."""

    campaigns: list[CampaignView]
    kinds: list[CampaignKind]


class ShowCampaign(Command):
    """Request the people of a campaign, in one `state`; `unreached`: only awaited ones without an address."""

    campaign: CampaignId
    state: Literal["", "awaited", "answered", "left"] = ""
    unit: Line = ""
    search: Line = ""
    unreached: bool = False
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE


@verb("read", writes=False)
def list_campaigns(ctx: RequestContext, command: Ask) -> CampaignList:
    """List the campaigns visible to the reader, the newest first, and the kinds that registers define, without
    those of acts the organisation has not adopted.
    """
    scope, office, store = ctx.scope, ctx.reads.office(), ctx.app.campaigns
    unit, counts = scope.unit or office.root or "", store.counts(seen_units(ctx))
    return CampaignList(
        campaigns=[_view(ctx, campaign, counts) for campaign in store.all() if _sees(ctx, campaign)],
        kinds=[
            kind_view(register, kind)
            for register in ctx.app.registers.all_on(ctx.today)
            if sees_lists(register, scope)
            for kind in register.campaigns.values()
            if as_it_binds(ctx.app, kind, office, unit).act == kind.act
        ],
    )


@verb("read", writes=False)
def show_campaign(ctx: RequestContext, command: ShowCampaign) -> CampaignPage:
    """Show a campaign: who has answered, who has not, who left; one page of its people."""
    campaign = seen_campaign(ctx, command.campaign)
    people, start = _people(ctx, command), (command.page - 1) * command.size
    _, pages = page_of(len(people), command.page, command.size)
    return CampaignPage(
        campaign=_view(ctx, campaign, ctx.app.campaigns.counts(seen_units(ctx), campaign.id)),
        reminded_today=reminded_today(ctx, campaign),
        total=len(people),
        page=command.page,
        pages=pages,
        people=_person_views(ctx, campaign, people[start : start + command.size]),
        history=_history(ctx, campaign),
    )


def person_key(ctx: RequestContext, campaign: str, number: int) -> str:
    """Return the key of the person with this number in a campaign. Raises UnknownCampaign if it is hidden."""
    asked, units = ctx.app.campaigns.person(seen_campaign(ctx, campaign).id, number), seen_units(ctx)
    if asked is None or (units is not None and asked.unit not in units):
        raise UnknownCampaign("campaign.unknown", campaign=campaign)
    return str(asked.person)


def asked_people(ctx: RequestContext, command: ShowCampaign) -> list[CampaignPersonView]:
    """Return all people of a campaign a query finds, whatever its page. Raises UnknownCampaign."""
    return _person_views(ctx, seen_campaign(ctx, command.campaign), _people(ctx, command))


def proof_sheet(ctx: RequestContext, campaign_id: str, language: str) -> bytes:
    """Return a workbook of the people a campaign asked and their answers; the log records that it was read."""
    campaign, store = seen_campaign(ctx, campaign_id), ctx.app.campaigns
    people = asked_people(replace(ctx, language=language), ShowCampaign(campaign=campaign.id))
    register, kind = definition_of(ctx, campaign)
    sent = {letter.person: letter.at for letter in reversed(store.letters(campaign.id))}
    paper = {answer.row: answer.shown.get(kind.confirmed_on) for answer in store.on_paper(campaign.id)}
    is_open = campaign.is_open(ctx.today)

    def how(row: str) -> str:
        if not row:
            return ""
        day = paper.get(row)
        code = "on_paper_day" if day else "on_paper" if row in paper else "by_link"
        return say(f"campaign.sheet.{code}", {"on": date.fromisoformat(day)} if day else {}, language)

    def state(asked: CampaignPersonView) -> str:
        return say("campaign.state." + word_of_state(asked.state, is_open=is_open), {}, language)

    cells: dict[str, Callable[[CampaignPersonView], object]] = {
        "campaign.sheet.name": lambda asked: asked.name,
        "head.post": lambda asked: asked.post,
        "head.unit": lambda asked: asked.unit_name,
        "head.state": state,
        "campaign.sheet.joined": lambda asked: asked.joined_on,
        "campaign.sheet.written": lambda asked: day_and_time(sent.get(asked.person)),
        "campaign.sheet.answered": lambda asked: day_and_time(asked.answered_at),
        "campaign.sheet.how": lambda asked: how(asked.answer),
        "campaign.sheet.row": lambda asked: asked.answer,
        "campaign.sheet.left": lambda asked: asked.left_on,
    }
    if register.late_fields:
        cells["campaign.sheet.late"] = lambda asked: asked.late or None
    heads = [say(head, {}, language) for head in ("head.number", *cells)]
    rows = [(number, *(cell(asked) for cell in cells.values())) for number, asked in enumerate(people, 1)]
    record(ctx, "file", "campaign_sheet_read", name=campaign.id)
    return tables_workbook([Table(heads, rows)])


def seen_campaign(ctx: RequestContext, name: str) -> StartedCampaign:
    """Return a campaign visible to the reader. Raises UnknownCampaign."""
    campaign = ctx.app.campaigns.get(name)
    if campaign is None or not _sees(ctx, campaign):
        raise UnknownCampaign("campaign.unknown", campaign=name)
    return campaign


def campaign_titles(ctx: RequestContext, names: Collection[str]) -> Mapping[str, Text]:
    """Return the titles of those of these campaigns that the reader sees, by id."""
    campaigns = filter(None, map(ctx.app.campaigns.get, names))
    seen = (campaign for campaign in campaigns if _sees(ctx, campaign))
    return {campaign.id: campaign.titled(definition_of(ctx, campaign)[1]) for campaign in seen}


def invited_text(view: CampaignView, language: str) -> str:
    """Return who of the units of a campaign is asked, in words; "" for everybody."""
    duties = (say(f"duty.{duty}", {}, language) for duty in view.duties)
    return "; ".join((*duties, *(f"«{post}»" for post in view.posts)))


def kind_view(register: Register, kind: Campaign) -> CampaignKind:
    """Return a kind of campaign as its page and the API show it."""
    return CampaignKind.of(
        kind,
        register_id=register.id,
        register_title=register.title,
        act=register.acts[kind.act].short if kind.act else _NO_TEXT,
        given=[field_view(register.fields[name]) for name in kind.given],
        fills=[field_view(register.fields[name]) for name in kind.fills],
    )


def definition_of(ctx: RequestContext, campaign: StartedCampaign) -> tuple[Register, Campaign]:
    """Return the register and the kind of a campaign, in the version at its start; without an act that its
    first unit, and those above it, have not adopted by now.
    """
    register = ctx.app.registers.version(campaign.register_id, campaign.version)
    office, kind = ctx.reads.office(), register.campaigns[campaign.kind]
    return register, as_it_binds(ctx.app, kind, office, next(iter(campaign.units), office.root or ""))


def reminded_today(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    """Return whether reminders of a campaign were sent today; nobody gets a second one the same day."""
    history = ctx.app.campaigns.history(campaign.id)
    return any(event.kind == REMINDED and event.on == ctx.today for event in history)


def sees_all_asked(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    """Return whether the reader sees the units of all people a campaign asks, which changing it requires."""
    root = ctx.scope.unit
    if root == "":
        return True
    return bool(campaign.units) and all(within(ctx.reads.office(), unit, root) for unit in campaign.units)


def _sees(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    """Return whether the reader sees a campaign: its register, which still defines it, and people of some unit
    it asks.
    """
    scope, office = ctx.scope, ctx.reads.office()
    if not is_defined(ctx.app, campaign):
        return False
    if not sees_lists(ctx.app.registers.latest(campaign.register_id), scope):
        return False
    if not campaign.units or not scope.unit:
        return True
    return any(within(office, unit, scope.unit) or within(office, scope.unit, unit) for unit in campaign.units)


def _view(
    ctx: RequestContext, campaign: StartedCampaign, counts_by_campaign: Mapping[str, Counter[str]]
) -> CampaignView:
    """Return a campaign as shown, with the counts of its people (`unreached` are also among `awaited`)."""
    counts = counts_by_campaign.get(campaign.id, Counter())
    register, kind = definition_of(ctx, campaign)
    return CampaignView.of(
        campaign,
        register_title=register.title,
        title=campaign.titled(kind),
        unit_names=[name_in(ctx.reads.office(), unit, ctx.language) for unit in campaign.units],
        duties=campaign.document.get("duties", []),
        posts=campaign.document.get("posts", []),
        is_open=campaign.is_open(ctx.today),
        ground={language: cited_act(register, kind, language) for language in LANGUAGES},
        link=str(campaign.document.get("link", "")),
        file=str(campaign.document.get("name", "")),
        asked=counts.total() - counts["unreached"],
        answered=counts["answered"],
        awaited=counts["awaited"],
        left=counts["left"],
        unreached=counts["unreached"],
        may_manage=ctx.reader.may("manage") and sees_all_asked(ctx, campaign),
    )


def _history(ctx: RequestContext, campaign: StartedCampaign) -> list[CampaignEventView]:
    """Return the events of a campaign and the answers on paper of visible people, in order; how many came and
    left for who sees all that are asked.
    """
    store, office, sees_all = ctx.app.campaigns, ctx.reads.office(), sees_all_asked(ctx, campaign)

    def event_view(event: Row_) -> CampaignEventView:
        told = json.loads(event.payload)
        left = len(told.pop("left", ()))
        return CampaignEventView(**told, left=left, kind=event.kind, at=event.at, by=event.by)

    def paper_view(answer: Row_) -> CampaignEventView:
        told = {"row": answer.row, "name": _name(office, answer, ctx.language)}
        return CampaignEventView(**told, kind="campaign_on_paper", at=answer.at, by=answer.by)

    all_events = map(event_view, store.history(campaign.id))
    events = (event for event in all_events if sees_all or not (event.joined or event.left))
    papers = map(paper_view, store.on_paper(campaign.id, seen_units(ctx)))
    return list(merge(events, papers, key=lambda event: event.at))


def _people(ctx: RequestContext, command: ShowCampaign) -> list[Row_]:
    """Return the people a query finds, in the alphabetical order of the names shown to the reader."""
    office, words = ctx.reads.office(), search_words(command.search)
    units = seen_units(ctx, command.unit)
    inside = None if units is None else frozenset(units)

    def is_found(asked: Row_) -> bool:
        if inside is not None and asked.unit not in inside:
            return False
        state = state_of(asked.answer, asked.left_on)
        if command.state and state != command.state:
            return False
        if command.unreached and (state != "awaited" or asked.reached):
            return False
        person = office.member(asked.person)
        name = normalise(" ".join(person.names if person else (asked.name,))) if words else ""
        return all(word in name for word in words)

    def place(asked: Row_) -> tuple[str, str, str]:
        return alphabetical(_name(office, asked, ctx.language)), asked.name, asked.person

    people = ctx.app.campaigns.people(command.campaign).values()
    return sorted(filter(is_found, people), key=place)


def _name(office: Office, asked: Row_, language: str) -> str:
    person = office.member(asked.person)
    return person.name_in(language) if person else asked.name


def _person_views(
    ctx: RequestContext, campaign: StartedCampaign, people: Sequence[Row_]
) -> list[CampaignPersonView]:
    """Return people as shown, with the most days by which a date of their answer's row is late."""
    office, (register, _), language = ctx.reads.office(), definition_of(ctx, campaign), ctx.language
    rows = [asked.answer for asked in people if asked.answer and register.late_fields]
    late = {
        head.id: max(days_late(register, head.shown, today=ctx.today).values(), default=0)
        for head in (ctx.app.register_lists.heads(rows) if rows else ())
    }
    views = []
    for asked in people:
        person = office.member(asked.person)
        view = CampaignPersonView.of(
            asked,
            state=state_of(asked.answer, asked.left_on),
            name=_name(office, asked, language),
            post=(person.post_in(language) if person else "") or asked.post,
            unit_name=name_in(office, asked.unit, language),
            late=late.get(asked.answer, 0),
        )
        views.append(view)
    return views
