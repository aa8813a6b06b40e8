"""Queries on campaigns: the list, who has answered and who has not, the proof sheet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from heapq import merge
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from i18n import LANGUAGES, say
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.services.audit import record
from merzim.services.context import RequestContext
from merzim.services.inputs import Line
from merzim.services.jobs.campaigns import as_it_binds
from merzim.services.registers.queries import MAX_PAGE_SIZE, PAGE_SIZE, seen_units
from merzim.services.registers.results import FieldView, field_view, reader_scope
from merzim.services.results import Result, Titles, at
from merzim.services.verbs import Ask, Command, NotFound, verb
from merzim.storage.database.engine import Row_
from merzim.storage.notices.campaigns import REMINDED, SqlCampaigns
from merzim.storage.registers.lists import SqlRegisterLists
from notifications.event_notices import cited_act
from workflow.law.procedure import Text
from workflow.moments import day_and_time
from workflow.org.access import within
from workflow.org.name_index import alphabetical
from workflow.org.office import Office
from workflow.registers.access import sees_lists
from workflow.registers.campaigns import AnswerState, CampaignPerson, StartedCampaign, word_of_state
from workflow.registers.definition import Campaign, Register
from workflow.registers.rows import name_in
from workflow.registers.values import days_late
from workflow.search_words import normalise, search_words

CampaignId = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{3,5}$")]


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
    """A campaign, with the numbers of visible people by state.

    `duties`, `posts`: who of these units is asked: holders of the duties, people with such words in their post;
    everybody if both are empty. `ground`: the act it rests on with its paragraph, "" for none; `unreached`:
    number of awaited people no channel has an address for; `file`: the name of the document's file.
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
    reminders: int
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
    """A person asked in a campaign, with their `number` in it.

    `answer`: the row their answer added; `late`: days by which what it says was late; `reached`: whether a
    channel has an address for them.
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
    """A campaign with one page of its people, ordered by name.

    `reminded_today`: reminders were sent today, the next may be tomorrow.
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
    """Request the people of a campaign. `state`: only in this state; `unreached`: only awaited people without
    an address.
    """

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
    visible_campaigns = [campaign for campaign in campaign_store(ctx).all() if _sees(ctx, campaign)]
    office = ctx.reads.office()
    unit = reader_scope(ctx).unit or office.root or ""
    kinds = [
        kind_view(register, bound)
        for register in ctx.app.registers.all_on(ctx.today)
        if sees_lists(register, reader_scope(ctx))
        for kind in register.campaigns.values()
        if (bound := as_it_binds(ctx.app, kind, office, unit)).act or not kind.act
    ]
    counts = campaign_store(ctx).counts(seen_units(ctx))
    campaigns = [_view(ctx, campaign, counts) for campaign in visible_campaigns]
    return CampaignList(campaigns=campaigns, kinds=kinds)


@verb("read", writes=False)
def show_campaign(ctx: RequestContext, command: ShowCampaign) -> CampaignPage:
    """Show a campaign: who has answered, who has not, who left; one page of its people."""
    campaign = seen_campaign(ctx, command.campaign)
    found = _people(ctx, command)
    people = found[(command.page - 1) * command.size :][: command.size]
    counts = campaign_store(ctx).counts(seen_units(ctx), campaign.id)
    return CampaignPage(
        campaign=_view(ctx, campaign, counts),
        reminded_today=reminded_today(ctx, campaign),
        total=len(found),
        page=command.page,
        pages=max(1, -(-len(found) // command.size)),
        people=_person_views(ctx, campaign, people),
        history=_history(ctx, campaign),
    )


def person_key(ctx: RequestContext, campaign: str, number: int) -> str:
    """Return the key of the person with this number in a campaign. Raises UnknownCampaign if the reader does
    not see the campaign or the person's unit.
    """
    campaign_person = campaign_store(ctx).person(seen_campaign(ctx, campaign).id, number)
    units = seen_units(ctx)
    if campaign_person is None or (units is not None and campaign_person.unit not in units):
        raise UnknownCampaign("campaign.unknown", campaign=campaign)
    return campaign_person.person


def proof_sheet(ctx: RequestContext, campaign_id: str, language: str) -> bytes:
    """Return a workbook of the visible people a campaign asked, with the days they were written to and
    answered; the audit log records that it was read.
    """
    campaign, store = seen_campaign(ctx, campaign_id), campaign_store(ctx)
    ctx = replace(ctx, language=language)
    sent = {letter.person: letter.at for letter in reversed(store.letters(campaign.id))}
    people = asked_people(ctx, ShowCampaign(campaign=campaign.id))
    register, kind = definition_of(ctx, campaign)
    paper = {answer.row: answer.shown.get(kind.confirmed_on) for answer in store.on_paper(campaign.id)}

    def words(code: str, **arguments: object) -> str:
        return say(f"campaign.sheet.{code}", arguments, language)

    def how(row: str) -> str:
        if row not in paper:
            return words("by_link") if row else ""
        day = paper[row]
        return words("on_paper_day", on=date.fromisoformat(day)) if day else words("on_paper")

    is_open = campaign.is_open(ctx.today)
    heads = (
        *("head.number", "campaign.sheet.name", "head.post", "head.unit", "head.state"),
        *(f"campaign.sheet.{code}" for code in ("joined", "written", "answered", "how", "row", "left")),
        *(["campaign.sheet.late"] if register.late_fields else ()),
    )
    rows = [
        (
            number,
            asked.name,
            asked.post,
            asked.unit_name,
            say("campaign.state." + word_of_state(asked.state, is_open=is_open), {}, language),
            asked.joined_on,
            day_and_time(sent.get(asked.person)),
            day_and_time(asked.answered_at),
            how(asked.answer),
            asked.answer,
            asked.left_on,
            *([asked.late or None] if register.late_fields else ()),
        )
        for number, asked in enumerate(people, 1)
    ]
    answer_table = Table([say(head, {}, language) for head in heads], rows)
    record(ctx, "file", "campaign_sheet_read", name=campaign.id)
    return tables_workbook([answer_table])


def seen_campaign(ctx: RequestContext, name: str) -> StartedCampaign:
    """Return a campaign visible to the reader. Raises UnknownCampaign."""
    campaign = campaign_store(ctx).get(name)
    if campaign is None or not _sees(ctx, campaign):
        raise UnknownCampaign("campaign.unknown", campaign=name)
    return campaign


def campaign_titles(ctx: RequestContext, names: Collection[str]) -> Mapping[str, Text]:
    """Return the titles of those of these campaigns that the reader sees, by id."""
    campaigns = [campaign for name in names if (campaign := campaign_store(ctx).get(name)) is not None]
    return {campaign.id: _title(ctx, campaign) for campaign in campaigns if _sees(ctx, campaign)}


def _title(ctx: RequestContext, campaign: StartedCampaign) -> Text:
    """Return the title of a campaign; its number where neither it nor its register has one any more."""
    kind = ctx.app.registers.version(campaign.register_id, campaign.version).campaigns.get(campaign.kind)
    text = campaign.title or campaign.id
    return campaign.titled(kind) if kind else Text(text, text, text)


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
        act=register.acts[kind.act].short if kind.act else Titles(kk="", ru="", en=""),
        given=[field_view(register.fields[name]) for name in kind.given],
        fills=[field_view(register.fields[name]) for name in kind.fills],
    )


def campaign_store(ctx: RequestContext) -> SqlCampaigns:
    return SqlCampaigns(ctx.app.engine, ctx.app.outbox)


def definition_of(ctx: RequestContext, campaign: StartedCampaign) -> tuple[Register, Campaign]:
    """Return the register and the kind of a campaign, in the version at its start; without an act that its
    first unit, and those above it, have not adopted by now. Raises UnknownCampaign if that has no such kind.
    """
    register = ctx.app.registers.version(campaign.register_id, campaign.version)
    if campaign.kind not in register.campaigns:
        raise UnknownCampaign("campaign.unknown", campaign=campaign.id)
    office, kind = ctx.reads.office(), register.campaigns[campaign.kind]
    return register, as_it_binds(ctx.app, kind, office, next(iter(campaign.units), office.root or ""))


def _sees(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    """Return whether the reader sees a campaign: its register, and people of some unit it asks."""
    scope = reader_scope(ctx)
    if campaign.register_id not in ctx.app.registers.ids():
        return False
    if not sees_lists(ctx.app.registers.latest(campaign.register_id), scope):
        return False
    office = ctx.reads.office()
    if not campaign.units or not scope.unit:
        return True
    return any(within(office, unit, scope.unit) or within(office, scope.unit, unit) for unit in campaign.units)


def reminded_today(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    """Return whether reminders of a campaign were sent today; nobody gets a second one the same day."""
    history = campaign_store(ctx).history(campaign.id)
    return any(event.kind == REMINDED and event.on == ctx.today for event in history)


def reaches(ctx: RequestContext, campaign: StartedCampaign) -> bool:
    """Return whether all people a campaign asks belong to units the reader sees."""
    root = reader_scope(ctx).unit
    if root == "":
        return True
    return bool(campaign.units) and all(within(ctx.reads.office(), unit, root) for unit in campaign.units)


def _people(ctx: RequestContext, command: ShowCampaign) -> list[CampaignPerson]:
    """Return the people a query finds, in the alphabetical order of the names shown to the reader."""
    office, words = ctx.reads.office(), search_words(command.search)
    units = seen_units(ctx, command.unit)
    inside = None if units is None else frozenset(units)

    def is_found(asked: CampaignPerson) -> bool:
        if inside is not None and asked.unit not in inside:
            return False
        if command.state and asked.state != command.state:
            return False
        if command.unreached and (asked.state != "awaited" or asked.reached):
            return False
        person = office.member(asked.person)
        name = normalise(" ".join(person.names if person else (asked.name,))) if words else ""
        return all(word in name for word in words)

    def place(asked: CampaignPerson) -> tuple[str, str, str]:
        return alphabetical(_name(office, asked, ctx.language)), asked.name, asked.person

    people = campaign_store(ctx).people(command.campaign).values()
    return sorted(filter(is_found, people), key=place)


def _view(
    ctx: RequestContext, campaign: StartedCampaign, counts_by_campaign: Mapping[str, Counter[str]]
) -> CampaignView:
    """Return a campaign as shown, with the counts of its people; counts has those unreached among those
    awaited.
    """
    register = ctx.app.registers.version(campaign.register_id, campaign.version)
    counts = counts_by_campaign.get(campaign.id, Counter())
    office = ctx.reads.office()
    return CampaignView.of(
        campaign,
        register_title=register.title,
        title=_title(ctx, campaign),
        units=list(campaign.units),
        unit_names=[name_in(office, unit, ctx.language) for unit in campaign.units],
        duties=sorted(campaign.choice.duties),
        posts=sorted(campaign.choice.posts),
        is_open=campaign.is_open(ctx.today),
        reminders=campaign.wave,
        ground=_ground(ctx, campaign),
        link=str(campaign.document.get("link", "")),
        file=str(campaign.document.get("name", "")),
        asked=counts.total() - counts["unreached"],
        answered=counts["answered"],
        awaited=counts["awaited"],
        left=counts["left"],
        unreached=counts["unreached"],
        may_manage=ctx.reader.may("manage") and reaches(ctx, campaign),
    )


def _ground(ctx: RequestContext, campaign: StartedCampaign) -> Titles:
    """Return the act a campaign rests on, by language; empty texts where it is no longer defined."""
    try:
        register, kind = definition_of(ctx, campaign)
    except UnknownCampaign:
        return Titles(kk="", ru="", en="")
    return Titles(**{language: cited_act(register, kind, language) for language in LANGUAGES})


def _history(ctx: RequestContext, campaign: StartedCampaign) -> list[CampaignEventView]:
    """Return the events of a campaign and the answers on paper of visible people, in order."""
    store, office = campaign_store(ctx), ctx.reads.office()
    events = [
        CampaignEventView(kind=event.kind, at=event.at, by=event.by, **_details(event.payload))
        for event in store.history(campaign.id)
    ]
    papers = [
        CampaignEventView(
            kind="campaign_on_paper",
            at=paper_answer.at,
            by=paper_answer.by,
            row=paper_answer.row,
            name=_name(office, paper_answer, ctx.language),
        )
        for paper_answer in store.on_paper(campaign.id, seen_units(ctx))
    ]
    return list(merge(events, papers, key=lambda event: event.at))


def _name(office: Office, asked: CampaignPerson | Row_, language: str) -> str:
    person = office.member(asked.person)
    return person.name_in(language) if person else asked.name


def _person_views(
    ctx: RequestContext, campaign: StartedCampaign, people: Sequence[CampaignPerson]
) -> list[CampaignPersonView]:
    """Return people as shown to the reader, with how late their answers are."""
    office, late = ctx.reads.office(), _late(ctx, campaign, people)
    views = []
    for asked in people:
        person = office.member(asked.person)
        view = CampaignPersonView.of(
            asked,
            name=_name(office, asked, ctx.language),
            post=(person.post_in(ctx.language) if person else "") or asked.post,
            unit_name=name_in(office, asked.unit, ctx.language),
            late=late.get(asked.answer, 0),
        )
        views.append(view)
    return views


def asked_people(ctx: RequestContext, command: ShowCampaign) -> list[CampaignPersonView]:
    """Return all people of a campaign a query finds, whatever its page. Raises UnknownCampaign."""
    return _person_views(ctx, seen_campaign(ctx, command.campaign), _people(ctx, command))


def _late(
    ctx: RequestContext, campaign: StartedCampaign, people: Sequence[CampaignPerson]
) -> Mapping[str, int]:
    """Return the most days by which the row of each answer is late, in a register that knows lateness."""
    register, _ = definition_of(ctx, campaign)
    answers = [asked.answer for asked in people if asked.answer] if register.late_fields else []
    heads = SqlRegisterLists(ctx.app.engine).heads(answers) if answers else ()
    return {
        head.id: max(days_late(register, head.shown, today=ctx.today).values(), default=0) for head in heads
    }


def _details(payload: str) -> dict[str, Any]:
    """Return the fields of a CampaignEventView that the payload of an event fills."""
    content = json.loads(payload)
    numbers = {"joined": int(content.get("joined", 0)), "left": len(content.get("left", ()))}
    return {**numbers, "until": content.get("until"), "ground": content.get("ground", "")}
