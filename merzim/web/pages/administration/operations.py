"""The page of the installation: first steps, checks, channels, failed letters; audit log, calendar feeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Path, Query
from starlette.responses import RedirectResponse, Response

from calendars.hours import almaty
from merzim.services import administration, sending
from merzim.services.administration import Step, first_steps, list_channels
from merzim.services.audit import AskAudit, AuditLine, AuditList, ask_audit, exported_entries
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.people.feeds import open_feed
from merzim.services.people.staff import recorded_office
from merzim.services.sending import ResendChannel
from merzim.services.upkeep.operations import ResendLetter, get_operations, resend_failed_letter
from merzim.services.verbs import Ask, NotFound
from merzim.web.auth.dependencies import Anybody, Auditing, Managing, Setting
from merzim.web.http import AuditQuery, WebContext
from merzim.web.ui.form_values import Fields, InvalidForm, one_line, parse_date
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import page
from merzim.web.ui.tables import Column, page_heads, workbook_response
from notifications.notice import NOTICE_STATES
from notifications.wire.entry import calendar
from workflow.org.access import OF_CASES, TOPICS
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
ChannelName = Annotated[str, Form(max_length=100)]
PATH = "/administration"
STEP_ADDRESSES: Mapping[Step, str] = {
    "organisation": "/administration/settings",
    "units": "/administration/unit",
    "people": "/administration/people#import",
    "mail": "/administration/settings#mail",
    "officer": "/administration/settings",
    "accounts": "/administration/accounts#invitations",
    "letter": "/administration/settings#mail",
    "schedule": "/help/officer#open",
}
"""The page where each step of an installation's beginning is done."""


@router.get(PATH)
def operations_page(ctx: Setting) -> Response:
    """Show first steps, checks, tasks, channels with their queues, and letters that failed with their cause."""
    return _page(ctx)


@router.post(f"{PATH}/operations")
def send_again(ctx: Setting, letter: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Queue a failed letter again."""
    try:
        resend_failed_letter(ctx, build(ResendLetter, {"letter": letter}))
    except NotFound as refusal:
        return _page(ctx, status=404, refusal=refusal)
    return redirect(ctx, PATH, said="saved")


@router.post(f"{PATH}/channels")
def test_channel(ctx: Setting, typed: Fields) -> Response:
    """Send a test letter at once, and show the server's answer."""
    channel, email = (one_line(typed.get(name, "")) for name in ("channel", "email"))
    tried: dict[str, Any] = {"email": email, "tried": channel}
    try:
        language = ctx.language
        outcome = administration.send_test_letter(ctx, channel, email, language)
    except Refusal as refusal:
        return _page(ctx, refusal=refusal, **tried)
    return _page(ctx, outcome=outcome, **tried)


def _page(ctx: WebContext, *, status: int = 0, refusal: Refusal | None = None, **tried: Any) -> Response:
    """Return the page; `tried`: channel, address and outcome of a test letter."""
    view = get_operations(ctx, Ask())
    queued = {(queue_line.channel, queue_line.state): queue_line.count for queue_line in view.queue}
    person = ctx.reads.office().people.get(ctx.reader.person)
    values: dict[str, Any] = {
        "email": (person.email or "") if person else "",
        "tried": "",
        "outcome": None,
        **tried,
    }
    return page(
        *(ctx, "administration.html"),
        status=status,
        place=PATH,
        counts=administration_counts(ctx),
        steps=first_steps(ctx),
        step_addresses=STEP_ADDRESSES,
        view=view,
        channels=list_channels(ctx, Ask()),
        queued=queued,
        states=NOTICE_STATES,
        faults=sending.faults(ctx.app),
        refusal=refusal,
        **values,
    )


def administration_counts(ctx: RequestContext) -> dict[str, int]:
    """Return how many people, units and open accounts there are."""
    office = recorded_office(ctx)
    accounts = sum(not account.disabled for account in ctx.accounts.all())
    return {"people": len(office.people), "units": len(office.units), "accounts": accounts}


def _local(at: datetime | None) -> datetime | None:
    """Return a moment by the clock of Almaty, without zone, as a cell of a sheet has it; None for None."""
    return at.astimezone(almaty()).replace(tzinfo=None) if at else None


AUDIT_COLUMNS: tuple[Column[AuditLine], ...] = (
    Column("head.number", lambda _, line: line.seq),
    Column("web.audit.when", lambda _, line: _local(line.at), ""),
    Column("head.who", lambda _, line: line.who, ""),
    Column("web.login.name", lambda _, line: line.by),
    Column("web.audit.what", lambda t, line: t.capital(line.what), ""),
    Column("head.kind", lambda t, line: t.say(f"audit.topic.{line.topic}")),
    Column("head.case", lambda _, line: line.case),
    Column("web.audit.where", lambda _, line: line.address, ""),
    Column("web.audit.way", lambda t, line: t.say(f"audit.way.{line.way}")),
)


PAGE = 50
EntryNumber = Annotated[int | None, Query(ge=1, le=2**53)]


@router.get("/audit.xlsx")
def audit_workbook(ctx: Auditing, shown: AuditQuery) -> Response:
    """Return the entries a filter matches as a workbook, the newest first."""
    entries = exported_entries(ctx, build(AskAudit, shown))
    return workbook_response(ctx, AUDIT_COLUMNS, entries, title="web.audit.title")


@router.get("/audit")
def audit_page(ctx: Auditing, shown: AuditQuery, before: EntryNumber = None) -> Response:
    """Show entries of the audit log, the newest first."""
    entries, refusal = AuditList(entries=[], cursor=None, more=False), None
    filters = dict(shown)
    try:
        for name in {"since", "until"} & filters.keys():
            filters[name] = parse_date(filters[name]).isoformat()
        entries = ask_audit(ctx, build(AskAudit, {**filters, "before": before, "limit": PAGE}))
    except (InvalidForm, Refusal) as trouble:
        refusal = trouble
    older = urlencode({**filters, "before": entries.cursor}) if entries.more else ""
    topics = [name for name in TOPICS if ctx.reader.may("read" if name in OF_CASES else "settings")]
    return page(
        ctx,
        "audit.html",
        status=200,
        entries=entries.entries,
        heads=page_heads(AUDIT_COLUMNS),
        shown=shown,
        refusal=refusal,
        topics=topics,
        older=older,
        newest=urlencode(filters) if before else "",
        query=urlencode(filters),
    )


feeds = APIRouter(include_in_schema=False)
REFRESH = timedelta(hours=4)
Token = Annotated[str, Path(min_length=20, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


@feeds.get("/feeds/{token}.ics")
def feed(ctx: Anybody, token: Token) -> Response:
    """Return a feed to a calendar program, as iCalendar; its secret address needs no log-in."""
    feed_view = open_feed(ctx, token, ctx.query.get("lang", ""))
    if feed_view is None:
        raise HTTPException(403, "web.problem.second_factor")
    return Response(
        calendar(feed_view.items, name=feed_view.name, refresh=REFRESH),
        media_type="text/calendar; charset=utf-8",
        headers={
            "cache-control": "private, max-age=3600",
            "content-disposition": 'inline; filename="merzim.ics"',
            "x-robots-tag": "noindex",
        },
    )


@router.post("/channels/resend")
def resend_from_overview(ctx: Managing, channel: ChannelName = "") -> Response:
    """Queue again the letters delayed by a channel's fault, for the officer; then show the overview."""
    if channel:
        sending.resend_as_manager(ctx, build(ResendChannel, {"channel": channel}))
    return RedirectResponse("/#faults", status_code=303)


@router.post("/administration/channels/resend")
def resend_from_administration(ctx: Setting, channel: ChannelName = "") -> Response:
    """Queue again the letters delayed by a channel's fault, for the administrator; then show their page."""
    if channel:
        sending.resend_as_administrator(ctx, build(ResendChannel, {"channel": channel}))
    return RedirectResponse("/administration", status_code=303)
