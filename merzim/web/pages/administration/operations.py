"""Administration pages of the installation: first steps, checks, channels, failed letters, settings, audit log.

Also calendar feeds, and the feed and the Telegram code of the user's own account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Path, Query
from starlette.responses import RedirectResponse, Response

from calendars.hours import almaty
from merzim.services import administration, letters
from merzim.services.audit import AskAudit, AuditLine, AuditList, ask_audit, exported_entries
from merzim.services.inputs import build
from merzim.services.letters import ResendChannel
from merzim.services.people import feeds
from merzim.services.people.feeds import FeedRevoked, create_own_feed, open_feed, own_person, revoke_feed
from merzim.services.people.staff import recorded_office
from merzim.services.upkeep.operations import ResendLetter, get_operations, resend_failed_letter
from merzim.services.verbs import Ask, NotFound
from merzim.web.auth.dependencies import Anybody, Auditing, Managing, OwnInSession, Setting, waits_for_others
from merzim.web.http import AuditQuery, WebContext, redirect
from merzim.web.pages.account.own_account import own_page
from merzim.web.ui.command_forms import command_fields, read_command
from merzim.web.ui.form_values import Fields, RejectedForm, one_line, parse_date, shown_again
from merzim.web.ui.render import page
from merzim.web.ui.tables import Column, page_heads, workbook_response
from notifications.message import calendar
from notifications.notice import NOTICE_STATES, Outcome
from workflow.org.access import OF_CASES, TOPICS
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
ChannelName = Annotated[str, Form(max_length=100)]
PATH = "/administration"
STEP_ADDRESSES: Mapping[administration.Step, str] = {
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
    try:
        resend_failed_letter(ctx, build(ResendLetter, {"letter": letter}))
    except NotFound as refusal:
        return _page(ctx, status=404, tried=RejectedForm(form="letter", refusal=refusal))
    return redirect(ctx, PATH, said="saved")


def _page(
    ctx: WebContext, *, status: int = 0, tried: RejectedForm | None = None, outcome: Outcome | None = None
) -> Response:
    """Return the page; `tried`: the form of a letter, `outcome`: of a test letter."""
    view, office = get_operations(ctx, Ask()), recorded_office(ctx)
    person, typed = own_person(ctx), tried.answers if tried else {}
    return page(
        ctx,
        "administration.html",
        status=status,
        place=PATH,
        counts={
            "people": len(office.people),
            "units": len(office.units),
            "accounts": sum(not account.disabled for account in ctx.accounts.all()),
        },
        steps=administration.first_steps(ctx),
        step_addresses=STEP_ADDRESSES,
        view=view,
        channels=administration.list_channels(ctx, Ask()),
        queued={(queued.channel, queued.state): queued.count for queued in view.queue},
        states=NOTICE_STATES,
        faults=letters.faults(ctx.app),
        tried=tried,
        outcome=outcome,
        channel=typed.get("channel", ""),
        email=typed.get("email", (person.email or "") if person else ""),
    )


@router.post(f"{PATH}/channels")
@waits_for_others
@shown_again(_page, "channel")
def test_channel(ctx: Setting, answers: Fields) -> Response:
    """Send a test letter at once, and show the server's answer."""
    channel, email = (one_line(answers.get(name, "")) for name in ("channel", "email"))
    outcome = administration.send_test_letter(ctx, channel, email, ctx.language)
    return _page(ctx, tried=RejectedForm(form="channel", refusal=None, answers=answers), outcome=outcome)


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
    entries = exported_entries(ctx, build(AskAudit, shown))
    return workbook_response(ctx, AUDIT_COLUMNS, entries, title="web.audit.title")


@router.get("/audit")
def audit_page(ctx: Auditing, shown: AuditQuery, before: EntryNumber = None) -> Response:
    entries, refusal = AuditList(entries=[], cursor=None, more=False), None
    filters = dict(shown)
    try:
        for name in {"since", "until"} & filters.keys():
            filters[name] = parse_date(filters[name]).isoformat()
        entries = ask_audit(ctx, build(AskAudit, {**filters, "before": before, "limit": PAGE}))
    except Refusal as trouble:
        refusal = trouble
    topics = [name for name in TOPICS if ctx.reader.may("read" if name in OF_CASES else "settings")]
    told: dict[str, Any] = {
        "entries": entries,
        "before": before,
        "shown": filters,
        "refusal": refusal,
        "topics": topics,
    }
    return page(ctx, "audit.html", status=200, heads=page_heads(AUDIT_COLUMNS), **told)


REFRESH = timedelta(hours=4)
Token = Annotated[str, Path(min_length=20, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


@router.get("/feeds/{token}.ics")
def feed(ctx: Anybody, token: Token) -> Response:
    """Return a feed to a calendar program, as iCalendar; its secret address needs no log-in."""
    opened = open_feed(ctx, token, ctx.query.get("lang", ""))
    if opened is None:
        raise HTTPException(403, "web.problem.second_factor")
    name, items = opened
    return Response(
        calendar(items, name=name, refresh=REFRESH),
        media_type="text/calendar; charset=utf-8",
        headers={
            "cache-control": "private, max-age=3600",
            "content-disposition": 'inline; filename="merzim.ics"',
            "x-robots-tag": "noindex",
        },
    )


@router.post("/channels/resend")
def resend_from_overview(ctx: Managing, channel: ChannelName = "") -> Response:
    """Queue again the letters delayed by a channel's fault, as the officer asks; then show the overview."""
    if channel:
        letters.resend_as_manager(ctx, build(ResendChannel, {"channel": channel}))
    return RedirectResponse("/#faults", status_code=303)


@router.post("/administration/channels/resend")
def resend_from_administration(ctx: Setting, channel: ChannelName = "") -> Response:
    """Queue again the letters delayed by a channel's fault, for the administrator; then show their page."""
    if channel:
        letters.resend_as_administrator(ctx, build(ResendChannel, {"channel": channel}))
    return RedirectResponse("/administration", status_code=303)


@router.post("/account/feed")
@shown_again(own_page)
def own_feed(ctx: OwnInSession, answers: Fields) -> Response:
    """Create or revoke the user's own calendar feed. Its address is shown once."""
    if answers.get("do") == "revoke":
        revoke_feed(ctx, build(FeedRevoked, {"id": answers.get("hash", "")}))
        return redirect(ctx, "/account", said="revoked")
    return own_page(ctx, feed=create_own_feed(ctx, ctx.language))


@router.post("/account/telegram")
@shown_again(own_page)
def own_telegram(ctx: OwnInSession, answers: Fields) -> Response:
    """Show a one-time code for linking the user's Telegram account, or unlink it."""
    if not ctx.reader.person:
        raise HTTPException(404, "web.problem.no_person")
    if answers.get("do") == "unlink":
        ctx.app.links.unlink(ctx.reader.person, at=ctx.moment)
        return redirect(ctx, "/account", said="unlinked")
    return own_page(ctx, telegram=feeds.create_code(ctx, ctx.reader.person))


PLACE = "/administration/settings"


@router.get(PLACE)
def settings(ctx: Setting) -> Response:
    return _settings_page(ctx)


def _settings_page(
    ctx: WebContext, *, outcome: administration.MailTried | None = None, tried: RejectedForm | None = None
) -> Response:
    """Return the page of settings: the stored values, over them what was typed; `outcome`: of a test letter."""
    present = administration.get_settings(ctx, Ask())
    person = own_person(ctx)
    values = {
        "email": person.email if person else "",
        **present.organisation.model_dump(),
        **present.mail.model_dump(exclude={"password"}),
        **(tried.answers if tried else {}),
    }
    return page(
        ctx,
        "settings.html",
        place=PLACE,
        present=present,
        values=values,
        organisation_fields=command_fields(ctx, administration.Organisation, values),
        mail_fields=command_fields(ctx, administration.TryMail, values),
        ports=sorted({*administration.MAIL_PORTS, *([port] if (port := present.mail.port) else [])}),
        known_servers=tuple(administration.KNOWN_SERVERS),
        outcome=outcome,
        tried=tried,
    )


@router.post(f"{PLACE}/organisation")
@shown_again(_settings_page, "office")
def change_organisation(ctx: Setting, answers: Fields) -> Response:
    """Change the organisation's names and its officer; a name the environment fixes has no field."""
    present = administration.get_settings(ctx, Ask()).organisation.model_dump()
    administration.change_organisation(
        ctx, read_command(ctx, administration.Organisation, {**present, **answers})
    )
    return redirect(ctx, PLACE, said="saved")


@router.post(f"{PLACE}/mail")
@shown_again(_settings_page, "mail")
def change_mail(ctx: Setting, answers: Fields) -> Response:
    """Change the mail server, or send a test letter through the typed one."""
    if answers.get("do") == "test":
        outcome = administration.try_mail(ctx, read_command(ctx, administration.TryMail, answers))
        return _settings_page(
            ctx, tried=RejectedForm(form="mail", refusal=None, answers=answers), outcome=outcome
        )
    administration.change_mail(ctx, read_command(ctx, administration.MailServer, answers))
    return redirect(ctx, PLACE, said="saved")
