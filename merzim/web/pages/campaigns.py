"""The pages of campaigns: the list, starting one with a preview, who has answered, answers on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.services.campaigns import verbs, views
from merzim.services.campaigns.views import CampaignKind, CampaignView
from merzim.services.context import RequestContext
from merzim.services.documents.row_papers import campaign_papers, paper_in_campaign, papers_of_campaign
from merzim.services.inputs import FileInput, build
from merzim.services.names import author_names
from merzim.services.registers.results import FieldView, seen_register
from merzim.services.verbs import Ask, Verb
from merzim.web.auth.dependencies import Managing, Reading
from merzim.web.http import PageNumber, PaperLanguage, SearchText, WebContext, as_file, redirect
from merzim.web.pages.registers.rows import form_fields, new_values
from merzim.web.ui import form_values as forms
from merzim.web.ui.command_forms import command_fields, read_command
from merzim.web.ui.name_fields import UnitParam, own_units, unit_filter
from merzim.web.ui.render import RequestTranslator, page
from merzim.web.ui.tables import Column, at_tidy_address, page_heads, workbook_response
from workflow.org.office import DUTIES
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
KindPath = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}\.[a-z0-9_]{1,80}$")]
CampaignPath = Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{3,5}$")]
PersonPath = Annotated[int, Path(ge=1, le=10_000_000)]
"""The number of a person in a campaign, so that addresses do not show keys."""
UNIT_FIELDS = 3
"""Number of unit fields in a form; each unit includes all units below it."""
SubmittedForm = Annotated[FormData, forms.submitted_form(files=3)]
State = Annotated[Literal["", "awaited", "answered", "left", "unreached"], Query()]
EVERYBODY = MappingProxyType({"state": "", "unit": "", "search": ""})


async def _people_filters(unit: UnitParam, state: State = "", search: SearchText = "") -> dict[str, str]:
    return {"state": state, "unit": unit, "search": search}


PeopleFilters = Annotated[dict[str, str], Depends(_people_filters)]
"""The filters of a campaign's people in an address."""

CAMPAIGN_COLUMNS: tuple[Column[CampaignView], ...] = (
    Column("web.campaigns.campaign", lambda t, campaign: campaign.title[t.language], ""),
    Column("head.number", lambda t, campaign: t.row(campaign.id)),
    Column("head.register", lambda t, campaign: campaign.register_title[t.language]),
    Column(
        "web.administration.units", lambda t, campaign: "; ".join(campaign.unit_names) or t.say("web.unit.all")
    ),
    Column(
        "head.state", lambda t, campaign: t.say(f"web.campaigns.{'open' if campaign.is_open else 'ended'}"), ""
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
    campaign_list = views.list_campaigns(ctx, Ask())
    return page(
        ctx,
        "campaigns.html",
        heads=page_heads(CAMPAIGN_COLUMNS),
        campaigns=campaign_list.campaigns,
        kinds=campaign_list.kinds if ctx.reader.may("manage") else [],
    )


@router.get("/campaigns.xlsx")
def get_campaigns_file(ctx: Reading) -> Response:
    rows = views.list_campaigns(ctx, Ask()).campaigns
    return workbook_response(ctx, CAMPAIGN_COLUMNS, rows, title="web.campaigns.title")


@router.get("/campaigns/new/{kind}")
def new_campaign_page(ctx: Managing, kind: KindPath) -> Response:
    return _start_form(ctx, kind)


@router.post("/campaigns/new/{kind}")
def start(ctx: Managing, kind: KindPath, form: SubmittedForm) -> Response:
    """Show the people a campaign would ask; after confirmation, start it."""
    asked, answers = _campaign_kind(ctx, kind), forms.typed_answers(form)
    units = [text for text in form.getlist("unit") if isinstance(text, str) and text.strip()]
    preview, refusal = None, None
    try:
        digest, answers["file_name"] = forms.store_form_file(ctx, form)
        answers["digest"] = digest
        given: dict[str, Any] = {
            "register_id": asked.register_id,
            "kind": asked.kind,
            "units": [own_units(ctx).resolve(text) for text in units],
            "posts": [text.strip() for text in answers.get("posts", "").split(";") if text.strip()],
            "values": new_values(ctx, asked.given, form),
            "file": build(FileInput, {"file": digest}) if digest else None,
            "preview": not answers.get("start"),
        }
        preview = verbs.start_campaign(
            ctx, read_command(ctx, verbs.StartCampaign, forms.text_fields(form), **given)
        )
    except Refusal as error:
        refusal = error
    if preview is not None and preview.campaign:
        return redirect(ctx, f"/campaigns/{preview.campaign}", said="started")
    return _start_form(
        ctx, kind, forms.RejectedForm(form="start", refusal=refusal, answers=answers), units, preview
    )


@router.get("/campaigns/{campaign}")
@at_tidy_address
def campaign_page(
    ctx: Reading, campaign: CampaignPath, people: PeopleFilters, number: PageNumber = 1
) -> Response:
    """Show who has answered and who has not, page by page."""
    return _campaign_page(ctx, campaign, people, number=number)


@router.get("/campaigns/{campaign}/xlsx")
def get_campaign_sheet(ctx: Reading, campaign: CampaignPath, translator: RequestTranslator) -> Response:
    """Return everybody a campaign asks, with the dates, as a spreadsheet."""
    return as_file(views.proof_sheet(ctx, campaign, translator.language), f"campaign-{campaign}.xlsx")


@router.get("/campaigns/{campaign}/forms/{language}")
def get_campaign_papers(
    ctx: Reading, campaign: CampaignPath, language: PaperLanguage, people: PeopleFilters
) -> Response:
    """Return the forms of the people a campaign asks: with their answers, or to be signed (300 at most)."""
    content = papers_of_campaign(ctx, _query_of(campaign, people), language)
    return as_file(content, f"campaign-{campaign}-{language}.zip")


@router.get("/campaigns/{campaign}/forms/{number}/{language}")
def get_campaign_paper(
    ctx: Reading, campaign: CampaignPath, number: PersonPath, language: PaperLanguage
) -> Response:
    name, content = paper_in_campaign(ctx, campaign, number, language)
    return as_file(content, name)


@router.get("/campaigns/{campaign}/paper/{person}")
def paper_page(ctx: Managing, campaign: CampaignPath, person: PersonPath) -> Response:
    """Show the form for an answer given on paper."""
    return _paper_form(ctx, campaign, person)


def _query_of(campaign: str, people: Mapping[str, str], number: int = 1) -> views.ShowCampaign:
    """Return the query for a page of these people of a campaign; `unreached` is no state of theirs."""
    unreached = people["state"] == "unreached"
    narrowed = {**people, "state": "", "unreached": True} if unreached else people
    return build(views.ShowCampaign, {**narrowed, "campaign": campaign, "page": number})


def _campaign_kind(ctx: RequestContext, name: str) -> CampaignKind:
    """Return the kind named `REGISTER.KIND`. Raises HTTPException 404 for an unknown one."""
    register_id, _, kind = name.partition(".")
    register = seen_register(ctx, register_id)
    if kind not in register.campaigns:
        raise HTTPException(404, "web.problem.no_campaign")
    return views.kind_view(register, register.campaigns[kind])


def _start_form(
    ctx: WebContext,
    name: str,
    tried: forms.RejectedForm | None = None,
    units: Sequence[str] = (),
    preview: verbs.CampaignPreview | None = None,
) -> Response:
    """Return the form that starts a campaign as filled in; with a preview, the people it would ask."""
    kind, answers = _campaign_kind(ctx, name), tried.answers if tried else {}
    unit_texts = [*(units or [ctx.reader.root]), *[""] * UNIT_FIELDS][:UNIT_FIELDS]
    people = ctx.reads.office().people.values()
    return page(
        ctx,
        "campaign_new.html",
        place=f"/campaigns/new/{name}",
        address=f"/campaigns/new/{name}",
        kind=kind,
        answers=answers,
        inputs=command_fields(ctx, verbs.StartCampaign, {"title": kind.title[ctx.language], **answers}),
        units=[own_units(ctx).field(text) for text in unit_texts],
        duties=[duty for duty in DUTIES if any(duty in person.duties for person in people)],
        given=form_fields(ctx, kind.given, None, tried),
        preview=preview,
        tried=tried,
    )


def _campaign_page(
    ctx: WebContext,
    campaign: str,
    people: Mapping[str, str] = EVERYBODY,
    *,
    number: int = 1,
    tried: forms.RejectedForm | None = None,
) -> Response:
    """Return one page of the people a campaign asks, with what the campaign is and what is done about it."""
    shown = views.show_campaign(ctx, _query_of(campaign, people, number))
    return page(
        ctx,
        "campaign.html",
        place=f"/campaigns/{campaign}",
        campaign=shown.campaign,
        kind=views.definition_of(ctx, views.seen_campaign(ctx, campaign))[1],
        people_page=shown,
        names=author_names(ctx, {event.by for event in shown.history}),
        chosen=views.invited_text(shown.campaign, ctx.language),
        query=people,
        units=unit_filter(ctx, people["unit"]),
        number=number,
        papers=campaign_papers(ctx, campaign),
        tried=tried,
        is_filtered=any(people.values()),
    )


def _campaign(ctx: RequestContext, campaign: str) -> CampaignView:
    """Return a campaign without the people it asks."""
    return views.show_campaign(ctx, build(views.ShowCampaign, {"campaign": campaign, "size": 1})).campaign


def _paper_form(
    ctx: WebContext, campaign: str, person: int, *, tried: forms.RejectedForm | None = None
) -> Response:
    """Return the form of one person's answer on paper. Raises HTTPException 404."""
    view = _campaign(ctx, campaign)
    invited_person = ctx.reads.office().people.get(views.person_key(ctx, campaign, person))
    if invited_person is None or not view.may_manage:
        raise HTTPException(404, "web.problem.no_campaign")
    return page(
        ctx,
        "campaign_paper.html",
        place=f"/campaigns/{campaign}",
        campaign=view,
        person=invited_person,
        inputs=form_fields(ctx, _paper_fields(ctx, view), None, tried),
        tried=tried,
        address=f"/campaigns/{campaign}/paper/{person}",
    )


def _paper_fields(ctx: RequestContext, campaign: CampaignView) -> Sequence[FieldView]:
    """Return the fields of an answer on paper: those a person fills in, days, post and files."""
    register, kind = views.definition_of(ctx, views.seen_campaign(ctx, campaign.id))
    asked, needs = {kind.confirmed_on, kind.written_on, kind.post, *kind.asks}, {kind.confirmed_on, *kind.fills}
    names = (name for name, field in register.fields.items() if name in asked or field.kind == "file")
    return verbs.answer_fields(register, {name: name in needs for name in names})


def _serve(path: str, verb: Verb[Any, Any], message: str) -> None:
    """Serve the form of a change of a whole campaign at `path` of its address; `message` is said afterwards."""

    @forms.shown_again(_campaign_page, path)
    def change(ctx: Managing, campaign: CampaignPath, answers: forms.Fields) -> Response:
        verb(ctx, read_command(ctx, verb.command, answers, campaign=campaign))
        return redirect(ctx, f"/campaigns/{campaign}", said=message)

    router.add_api_route(f"/campaigns/{{campaign}}/{path}", change, methods=["POST"])


_serve("remind", verbs.remind_campaign, "reminded")
_serve("extend", verbs.extend_campaign, "extended")
_serve("close", verbs.close_campaign, "closed")
_serve("reopen", verbs.reopen_campaign, "reopened")


@router.post("/campaigns/{campaign}/paper/{person}")
@forms.shown_again(_paper_form, "paper")
def record_paper(ctx: Managing, campaign: CampaignPath, person: PersonPath, form: SubmittedForm) -> Response:
    given = {
        "campaign": campaign,
        "person": views.person_key(ctx, campaign, person),
        "values": new_values(ctx, _paper_fields(ctx, _campaign(ctx, campaign)), form),
    }
    verbs.record_answer(ctx, build(verbs.RecordAnswer, given))
    return redirect(ctx, f"/campaigns/{campaign}", said="recorded")
