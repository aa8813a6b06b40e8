"""`merzim campaign list|start|show|remind|extend|close|reopen|record|export|forms`: many answer by a link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from merzim.cli.call import BAD_INPUT, DONE, CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount
from merzim.cli.parsing import day, named_texts

if TYPE_CHECKING:
    from merzim.services.campaigns.views import CampaignView
    from merzim.services.inputs import FileInput

CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN")]
Values = Annotated[list[str] | None, typer.Argument(metavar="[FIELD=VALUE ...]")]
PEOPLE_SHOWN = 500
"""People read at a time for a list."""


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(
        app,
        "campaign",
        list=listed,
        start=start,
        show=show,
        remind=_on_campaign("remind", "reminded"),
        extend=_on_campaign("extend", "extended"),
        close=_on_campaign("close", "closed"),
        reopen=_on_campaign("reopen", "reopened"),
        record=record,
        export=export,
        forms=forms,
    )


def _on_campaign(verb: str, code: str) -> Callable[..., object]:
    """Return a command on one campaign that prints the sentence of `code` when done."""
    return mount(
        f"merzim.services.campaigns.verbs:{verb}_campaign",
        lambda call, _, page: _tell(call, page.campaign, code, until=page.campaign.until),
        arguments=("campaign",),
        json=lambda page: page.campaign.model_dump(mode="json"),
    )


def listed(ctx: typer.Context) -> None:
    from merzim.services.campaigns.views import AskCampaigns, list_campaigns

    call = CommandContext.of(ctx)
    result = list_campaigns(call.ctx, AskCampaigns())
    if call.json:
        call.answer(result.model_dump(mode="json"))
        return
    if not result.campaigns and not call.lists:
        call.print(call.say("cli.campaign.none"))
    else:
        call.table(
            ("id", "title", "until", "state", "answered", "asked"),
            [
                (
                    campaign.id,
                    campaign.title[call.language],
                    campaign.until,
                    _state(call, campaign),
                    campaign.answered,
                    campaign.asked,
                )
                for campaign in result.campaigns
            ],
        )
    if not call.lists:
        call.print("\n" + call.say("cli.campaign.may_start"))
        for kind in result.kinds:
            call.print(f"  {kind.register_id} {kind.kind}  {kind.title[call.language]}")


def start(
    ctx: typer.Context,
    register: Annotated[str, typer.Argument(metavar="REGISTER")],
    kind: Annotated[str, typer.Argument(metavar="KIND")],
    values: Values = None,
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="cli.option.campaign_until")] = "",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="cli.option.campaign_title")] = "",
    units: Annotated[
        list[str] | None, typer.Option("--unit", metavar="U", help="cli.option.campaign_units")
    ] = None,
    duties: Annotated[
        list[str] | None, typer.Option("--duty", metavar="DUTY", help="cli.option.campaign_duties")
    ] = None,
    posts: Annotated[
        list[str] | None, typer.Option("--post", metavar="TEXT", help="cli.option.campaign_posts")
    ] = None,
    ground: Annotated[str, typer.Option("--ground", metavar="ROW", help="cli.option.campaign_ground")] = "",
    link: Annotated[str, typer.Option("--link", metavar="URL", help="cli.option.campaign_link")] = "",
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="cli.option.campaign_file")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.option.dry_run")] = False,
) -> int:
    from merzim.services.campaigns.verbs import StartCampaign, start_campaign
    from merzim.services.inputs import build
    from workflow.registers.values import InvalidRow

    call = CommandContext.of(ctx)
    with ExitStack() as files:
        fields: dict[str, Any] = {
            "register_id": register,
            "kind": kind,
            "title": title,
            "units": list(units or ()),
            "duties": list(duties or ()),
            "posts": list(posts or ()),
            "until": day(until, where="--until"),
            "values": _values(values),
            "ground": ground or None,
            "link": link or None,
            "file": _opened(call, files, file),
            "preview": dry_run,
        }
        try:
            result = start_campaign(call.ctx, build(StartCampaign, fields))
        except InvalidRow as invalid:
            return _say_problems(call, invalid)
    if call.json:
        call.answer(result.model_dump(mode="json"))
        return DONE
    arguments = {"campaign": result.campaign, "people": result.people, "unreached": result.unreached}
    call.print(call.say(f"cli.campaign.{'preview' if dry_run else 'started'}", **arguments))
    for name in result.unreached_names:
        call.print(f"  {name}")
    if dry_run:
        call.print(call.say("cli.nothing_written"))
    return DONE


def show(
    ctx: typer.Context,
    campaign: CampaignId,
    state: Annotated[str, typer.Option("--state", metavar="STATE", help="cli.option.campaign_state")] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="cli.option.search")] = "",
) -> None:
    from merzim.services.campaigns.views import ShowCampaign, show_campaign
    from merzim.services.inputs import build
    from workflow.registers.campaigns import word_of_state

    call = CommandContext.of(ctx)
    fields = {"campaign": campaign, "state": state, "unit": unit, "search": search, "size": PEOPLE_SHOWN}
    query = build(ShowCampaign, fields)
    page = show_campaign(call.ctx, query)
    people = list(page.people)
    for number in range(2, page.pages + 1):
        people += show_campaign(call.ctx, query.model_copy(update={"page": number})).people
    if call.json:
        call.answer(
            {**page.model_dump(mode="json"), "people": [person.model_dump(mode="json") for person in people]}
        )
        return
    if not call.lists:
        view = page.campaign
        call.print(f"{view.id}  {view.title[call.language]}  {view.until}  {_state(call, view)}")
        call.print(_counts(call, view) + "\n")
    call.table(
        ("person", "unit", "state", "on", "id"),
        [
            (
                person.name,
                person.unit_name,
                call.say(f"campaign.state.{word_of_state(person.state, is_open=page.campaign.is_open)}"),
                person.answered_at.date() if person.answered_at else person.left_on or "",
                person.answer,
            )
            for person in people
        ],
    )


def record(
    ctx: typer.Context,
    campaign: CampaignId,
    person: Annotated[str, typer.Argument(metavar="PERSON")],
    values: Values = None,
    refused: Annotated[bool, typer.Option("--refused", help="cli.option.campaign_refused")] = False,
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="cli.option.campaign_paper")] = "",
) -> int:
    from merzim.services.campaigns.verbs import RecordAnswer, record_answer
    from merzim.services.inputs import build
    from workflow.registers.values import InvalidRow

    call = CommandContext.of(ctx)
    with ExitStack() as files:
        fields = {
            "campaign": campaign,
            "person": person,
            "values": _values(values),
            "refused": refused,
            "file": _opened(call, files, file),
        }
        try:
            page = record_answer(call.ctx, build(RecordAnswer, fields))
        except InvalidRow as invalid:
            return _say_problems(call, invalid)
    _tell(call, page.campaign, "recorded", person=person)
    return DONE


def export(
    ctx: typer.Context, campaign: CampaignId, file: Annotated[str, typer.Argument(metavar="FILE")]
) -> None:
    from merzim.documents.sheets.listing import write_file
    from merzim.services.campaigns.views import proof_sheet

    call = CommandContext.of(ctx)
    write_file(file, proof_sheet(call.ctx, campaign, call.language))
    call.print(call.say("register.file_written", file=file))


def forms(
    ctx: typer.Context,
    campaign: CampaignId,
    file: Annotated[str, typer.Argument(metavar="FILE")],
    state: Annotated[str, typer.Option("--state", metavar="STATE", help="cli.option.campaign_state")] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
) -> None:
    from merzim.documents.sheets.listing import write_file
    from merzim.services.campaigns.views import ShowCampaign
    from merzim.services.documents.row_papers import papers_of_campaign
    from merzim.services.inputs import build

    call = CommandContext.of(ctx)
    query = build(ShowCampaign, {"campaign": campaign, "state": state, "unit": unit})
    write_file(file, papers_of_campaign(call.ctx, query, call.paper_language))
    call.print(call.say("register.file_written", file=file))


def _values(words: Sequence[str] | None) -> dict[str, str]:
    return dict(named_texts(words or (), where="FIELD=VALUE"))


def _opened(call: CommandContext, files: ExitStack, name: str) -> FileInput | None:
    """Return a file named on the command line, open until `files` are closed; None if none is named."""
    from merzim.services.inputs import FileInput, OpenFile

    if not name:
        return None
    path = call.given(name)
    return FileInput(content=OpenFile(path.name, files.enter_context(path.open("rb"))))


def _say_problems(call: CommandContext, invalid: Any) -> int:
    from workflow.registers.values import problem_arguments

    for problem in invalid.problems:
        arguments = problem_arguments(invalid.register, problem)
        call.note("merzim: " + call.say(f"register.value.{problem.code}", **arguments))
    return BAD_INPUT


def _tell(call: CommandContext, view: CampaignView, code: str, **arguments: object) -> None:
    if call.json:
        call.answer(view.model_dump(mode="json"))
        return
    arguments |= {"campaign": view.id, "awaited": view.awaited, "reached": view.awaited - view.unreached}
    call.print(call.say(f"cli.campaign.{code}", **arguments))


def _counts(call: CommandContext, view: CampaignView) -> str:
    names = ("asked", "answered", "refused", "awaited", "unreached", "left")
    code = "cli.campaign.counts" if view.is_open else "cli.campaign.counts_ended"
    return call.say(code, **{name: getattr(view, name) for name in names})


def _state(call: CommandContext, view: CampaignView) -> str:
    return call.say(f"web.campaigns.{'open' if view.is_open else 'ended'}")
