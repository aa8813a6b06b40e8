"""The pages of campaigns: the list, starting one with a preview, who has answered, answers on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.services.campaigns.answers import form_fields as answer_fields
from merzim.services.campaigns.verbs import (
    CampaignPreview,
    RecordAnswer,
    StartCampaign,
    close_campaign,
    extend_campaign,
    record_answer,
    remind_campaign,
    reopen_campaign,
    start_campaign,
)
from merzim.services.campaigns.views import (
    CampaignKind,
    CampaignView,
    ShowCampaign,
    invited_text,
    kind_view,
    list_campaigns,
    person_key,
    proof_sheet,
    show_campaign,
)
from merzim.services.context import RequestContext
from merzim.services.documents.row_papers import campaign_papers, paper_in_campaign, papers_of_campaign
from merzim.services.inputs import FileInput, build
from merzim.services.names import author_names
from merzim.services.registers.results import FieldView, seen_register
from merzim.services.verbs import Ask, Verb
from merzim.web.auth.dependencies import Managing, Reading
from merzim.web.http import (
    DOCX,
    XLSX,
    ZIP,
    CampaignPath,
    PageNumber,
    PaperLanguage,
    PersonPath,
    SearchText,
    WebContext,
    as_file,
)
from merzim.web.pages.registers.forms import form_fields, new_values
from merzim.web.ui.command_forms import command_fields, read_command
from merzim.web.ui.form_values import (
    Fields,
    RejectedForm,
    shown_again,
    store_form_file,
    submitted_form,
    text_fields,
    typed_answers,
)
from merzim.web.ui.name_fields import NameField, UnitParam, own_units, unit_filter
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import RequestTranslator, page
from merzim.web.ui.tables import Column, at_tidy_address, page_heads, workbook_response
from workflow.org.office import DUTIES
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
KindPath = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}\.[a-z0-9_]{1,80}$")]
UNIT_FIELDS = 3
"""Number of unit fields in a form; each unit includes all units below it."""
SubmittedForm = Annotated[FormData, submitted_form(files=3)]
State = Annotated[Literal["", "awaited", "answered", "left", "unreached"], Query()]

CAMPAIGN_COLUMNS: tuple[Column[CampaignView], ...] = (
    Column("web.campaigns.campaign", lambda t, campaign: campaign.title[t.language], ""),
    Column("head.number", lambda t, campaign: t.row(campaign.id)),
    Column("head.register", lambda t, campaign: campaign.register_title[t.language]),
    Column(
        "web.administration.units", lambda t, campaign: "; ".join(campaign.unit_names) or t.say("web.unit.all")
    ),
    Column(
        "head.state",
        lambda t, campaign: t.say(f"web.campaigns.{'open' if campaign.is_open else 'ended'}"),
        "",
    ),
    Column("campaign.sheet.started", lambda _, campaign: campaign.started_on),
    Column("web.campaigns.last_day", lambda _, campaign: campaign.until, ""),
    Column("web.campaigns.answers", lambda _, campaign: campaign.answered, "col-sum"),
    Column("campaign.sheet.count_awaited", lambda _, campaign: campaign.awaited),
    Column("web.campaigns.left", lambda _, campaign: campaign.left),
    Column("campaign.sheet.count_asked", lambda _, campaign: campaign.asked),
)


@router.get("/campaigns")
def campaigns_page(ctx: Reading) -> Response:
    """Show all campaigns visible to the reader, and the kinds that may be started."""
    campaign_list = list_campaigns(ctx, Ask())
    return page(
        ctx,
        "campaigns.html",
        heads=page_heads(CAMPAIGN_COLUMNS),
        campaigns=campaign_list.campaigns,
        kinds=campaign_list.kinds if ctx.reader.may("manage") else [],
    )


@router.get("/campaigns.xlsx")
def get_campaigns_file(ctx: Reading) -> Response:
    """Return the campaigns visible to the reader as a workbook, the newest first."""
    rows = list_campaigns(ctx, Ask()).campaigns
    return workbook_response(ctx, CAMPAIGN_COLUMNS, rows, title="web.campaigns.title")


@router.get("/campaigns/new/{kind}")
def new_campaign_page(ctx: Managing, kind: KindPath) -> Response:
    return _start_form(ctx, kind)


@router.post("/campaigns/new/{kind}")
def start(ctx: Managing, kind: KindPath, form: SubmittedForm) -> Response:
    """Show the people a campaign would ask; after confirmation, start it."""
    asked, answers = _campaign_kind(ctx, kind), typed_answers(form)
    unit_texts = [text for text in form.getlist("unit") if isinstance(text, str) and text.strip()]
    digest, file_name = answers.get("digest", ""), answers.get("file_name", "")
    preview: CampaignPreview | None = None
    refusal: Refusal | None = None
    try:
        digest, file_name = store_form_file(ctx, form)
        given: dict[str, Any] = {
            "register_id": asked.register_id,
            "kind": asked.kind,
            "units": [own_units(ctx).resolve(text) for text in unit_texts],
            "posts": [text.strip() for text in answers.get("posts", "").split(";") if text.strip()],
            "values": new_values(ctx, asked.given, form),
            "file": build(FileInput, {"file": digest}) if digest else None,
            "preview": not answers.get("start"),
        }
        preview = start_campaign(ctx, read_command(ctx, StartCampaign, text_fields(form), **given))
    except Refusal as error:
        refusal = error
    if preview is not None and preview.campaign:
        return redirect(ctx, f"/campaigns/{preview.campaign}", said="started")
    return _start_form(
        ctx,
        kind,
        rejected_form=RejectedForm(form="start", refusal=refusal, answers=answers),
        preview=preview,
        units=unit_texts,
        digest=digest,
        file_name=file_name,
    )


@router.get("/campaigns/{campaign}")
@at_tidy_address
def campaign_page(
    ctx: Reading,
    campaign: CampaignPath,
    unit: UnitParam,
    state: State = "",
    search: SearchText = "",
    number: PageNumber = 1,
) -> Response:
    """Show who has answered and who has not, page by page."""
    return _campaign_page(ctx, campaign, people_filter(state, unit, search), number=number)


def people_filter(state: str, unit: str, search: str = "") -> dict[str, Any]:
    """Return the fields of the query for these people of a campaign; `unreached` is a field, not a state."""
    return {
        "state": "" if state == "unreached" else state,
        "unreached": state == "unreached",
        "unit": unit,
        "search": search.replace("\0", ""),
    }


@router.get("/campaigns/{campaign}/xlsx")
def get_campaign_sheet(ctx: Reading, campaign: CampaignPath, translator: RequestTranslator) -> Response:
    """Return everybody a campaign asks, with the dates, as a spreadsheet."""
    return as_file(proof_sheet(ctx, campaign, translator.language), XLSX, f"campaign-{campaign}.xlsx")


@router.get("/campaigns/{campaign}/forms/{language}")
def get_campaign_papers(
    ctx: Reading,
    campaign: CampaignPath,
    language: PaperLanguage,
    unit: UnitParam,
    state: State = "",
    search: SearchText = "",
) -> Response:
    """Return the forms of the people a campaign asks: with their answers, or to be signed (300 at most)."""
    command = build(ShowCampaign, {"campaign": campaign, **people_filter(state, unit, search)})
    content = papers_of_campaign(ctx, command, language)
    return as_file(content, ZIP, f"campaign-{campaign}-{language}.zip")


@router.get("/campaigns/{campaign}/forms/{number}/{language}")
def get_campaign_paper(
    ctx: Reading, campaign: CampaignPath, number: PersonPath, language: PaperLanguage
) -> Response:
    """Return the form of one person of a campaign as DOCX."""
    name, content = paper_in_campaign(ctx, campaign, number, language)
    return as_file(content, DOCX, name)


@router.get("/campaigns/{campaign}/paper/{person}")
def paper_page(ctx: Managing, campaign: CampaignPath, person: PersonPath) -> Response:
    """Show the form for an answer given on paper."""
    return _paper_form(ctx, campaign, person)


def _campaign_kind(ctx: RequestContext, name: str) -> CampaignKind:
    """Return the kind named `REGISTER.KIND`. Raises HTTPException 404 for an unknown one."""
    register_id, _, kind = name.partition(".")
    register = seen_register(ctx, register_id)
    if kind not in register.campaigns:
        raise HTTPException(404, "web.problem.no_campaign")
    return kind_view(register, register.campaigns[kind])


def _start_form(
    ctx: WebContext,
    name: str,
    *,
    rejected_form: RejectedForm | None = None,
    preview: CampaignPreview | None = None,
    units: list[str] | None = None,
    digest: str = "",
    file_name: str = "",
) -> Response:
    """Return the form that starts a campaign as filled in; with a preview, the people it would ask."""
    kind, answers = _campaign_kind(ctx, name), rejected_form.answers if rejected_form else {}
    unit_texts = [*(units or [ctx.reader.root])][:UNIT_FIELDS]
    unit_texts += [""] * (UNIT_FIELDS - len(unit_texts))
    office = ctx.reads.office()
    return page(
        ctx,
        "campaign_new.html",
        place=f"/campaigns/new/{name}",
        address=f"/campaigns/new/{name}",
        kind=kind,
        answers=answers,
        inputs=command_fields(ctx, StartCampaign, {"title": kind.title[ctx.language], **answers}),
        units=[own_units(ctx).field(unit_name) for unit_name in unit_texts],
        duties=[duty for duty in DUTIES if any(duty in person.duties for person in office.people.values())],
        given=form_fields(ctx, kind.given, None, rejected_form),
        preview=preview,
        digest=digest,
        file_name=file_name,
        tried=rejected_form,
    )


def _campaign_page(
    ctx: WebContext,
    campaign: str,
    filters: Mapping[str, Any] = MappingProxyType({}),
    *,
    number: int = 1,
    tried: RejectedForm | None = None,
) -> Response:
    """Return one page of the people a campaign asks, with what the campaign is and what is done about it."""
    command = build(ShowCampaign, {"campaign": campaign, **filters, "page": number})
    campaign_page = show_campaign(ctx, command)
    state = "unreached" if filters.get("unreached") else filters.get("state", "")
    query = {"state": state, "unit": filters.get("unit", ""), "search": filters.get("search", "")}

    def to(**changes: object) -> str:
        parameters = {key: value for key, value in {**query, **changes}.items() if value not in ("", None)}
        return f"/campaigns/{campaign}" + (f"?{urlencode(parameters)}" if parameters else "")

    parameters = {key: value for key, value in query.items() if value}
    units: NameField = unit_filter(ctx, query["unit"])
    return page(
        ctx,
        "campaign.html",
        place=f"/campaigns/{campaign}",
        campaign=campaign_page.campaign,
        kind=_kind_or_none(ctx, campaign_page.campaign.register_id, campaign_page.campaign.kind),
        people_page=campaign_page,
        names=author_names(ctx, {event.by for event in campaign_page.history}),
        chosen=invited_text(campaign_page.campaign, ctx.language),
        query=query,
        units=units,
        number=number,
        to=to,
        papers=campaign_papers(ctx, campaign),
        forms_query="?" + urlencode(parameters) if parameters else "",
        tried=tried,
        is_filtered=any(query.values()),
    )


def _kind_or_none(ctx: RequestContext, register_id: str, kind: str) -> CampaignKind | None:
    """Return the kind of a campaign; None where the register has it no longer."""
    register = ctx.app.registers.on(register_id, ctx.today)
    return kind_view(register, register.campaigns[kind]) if kind in register.campaigns else None


def _paper_form(ctx: WebContext, campaign: str, person: int, *, tried: RejectedForm | None = None) -> Response:
    """Return the form of one person's answer on paper. Raises HTTPException 404."""
    campaign_view = show_campaign(ctx, build(ShowCampaign, {"campaign": campaign, "size": 1})).campaign
    invited_person = ctx.reads.office().people.get(person_key(ctx, campaign, person))
    if invited_person is None or not campaign_view.may_manage:
        raise HTTPException(404, "web.problem.no_campaign")
    return page(
        ctx,
        "campaign_paper.html",
        place=f"/campaigns/{campaign}",
        campaign=campaign_view,
        person=invited_person,
        inputs=form_fields(ctx, _paper_fields(ctx, campaign_view), None, tried),
        tried=tried,
        address=f"/campaigns/{campaign}/paper/{person}",
    )


def _paper_fields(ctx: RequestContext, campaign: CampaignView) -> Sequence[FieldView]:
    """Return the fields of an answer on paper: those a person fills in, days, post and files."""
    register = ctx.app.registers.on(campaign.register_id, ctx.today)
    kind = register.campaigns.get(campaign.kind)
    if kind is None:
        raise HTTPException(404, "web.problem.no_campaign")
    field_ids = {kind.confirmed_on, kind.written_on, kind.post, *kind.asks}
    needs = {kind.confirmed_on, *kind.fills}
    fields = [field for field in register.fields.values() if field.id in field_ids or field.kind == "file"]
    return answer_fields(register, {field.id: field.id in needs for field in fields})


CHANGES: tuple[tuple[str, Verb[Any, Any], str], ...] = (
    ("remind", remind_campaign, "reminded"),
    ("extend", extend_campaign, "extended"),
    ("close", close_campaign, "closed"),
    ("reopen", reopen_campaign, "reopened"),
)
"""What is done about a whole campaign: end of the address, verb, message afterwards."""


def _serve(path: str, verb: Verb[Any, Any], message: str) -> None:
    """Add the address to which the form of one of CHANGES is sent."""

    @shown_again(_campaign_page, path)
    def change(ctx: Managing, campaign: CampaignPath, answers: Fields) -> Response:
        verb(ctx, read_command(ctx, verb.command, answers, campaign=campaign))
        return redirect(ctx, f"/campaigns/{campaign}", said=message)

    router.add_api_route(f"/campaigns/{{campaign}}/{path}", change, methods=["POST"])


for _change in CHANGES:
    _serve(*_change)


@router.post("/campaigns/{campaign}/paper/{person}")
@shown_again(_paper_form, "paper")
def record_paper(ctx: Managing, campaign: CampaignPath, person: PersonPath, form: SubmittedForm) -> Response:
    """Record an answer given on paper."""
    campaign_view = show_campaign(ctx, build(ShowCampaign, {"campaign": campaign, "size": 1})).campaign
    details = {
        "person": person_key(ctx, campaign, person),
        "values": new_values(ctx, _paper_fields(ctx, campaign_view), form),
    }
    record_answer(ctx, build(RecordAnswer, {"campaign": campaign, **details}))
    return redirect(ctx, f"/campaigns/{campaign}", said="recorded")
