"""Administration pages: the table of people as a file; the organisation, its officer and its mail server.

Also the calendar feed and the Telegram code of the user's own account.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.documents.people import people_sheets
from merzim.services import administration as office_settings
from merzim.services.accounts import telegram
from merzim.services.administration import (
    KNOWN_SERVERS,
    MAIL_PORTS,
    MailServer,
    MailTried,
    Organisation,
    TryMail,
)
from merzim.services.inputs import build
from merzim.services.people import staff
from merzim.services.people.feeds import FeedRevoked, create_own_feed, revoke_feed
from merzim.services.people.table import ImportPeople, import_people
from merzim.services.verbs import Ask
from merzim.web.auth.dependencies import Own, Setting, reads_files
from merzim.web.http import WebContext, as_workbook
from merzim.web.pages.account.login import own_page
from merzim.web.ui.command_forms import command_fields, read_command
from merzim.web.ui.form_values import (
    Fields,
    InvalidForm,
    RejectedForm,
    shown_again,
    store_form_file,
    submitted_form,
)
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import page
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
MOST_LISTED = 200


@router.post("/account/feed")
@shown_again(own_page)
def own_feed(ctx: Own, answers: Fields) -> Response:
    """Create or revoke the user's own calendar feed. Its address is shown once."""
    if answers.get("do") == "revoke":
        revoke_feed(ctx, build(FeedRevoked, {"id": answers.get("hash", "")}))
        return redirect(ctx, "/account", said="revoked")
    return own_page(ctx, feed=create_own_feed(ctx, ctx.language))


@router.post("/account/telegram")
@shown_again(own_page)
def own_telegram(ctx: Own, answers: Fields) -> Response:
    """Show a one-time code for linking the user's Telegram account, or unlink it."""
    if not ctx.reader.person:
        raise HTTPException(404, "web.problem.no_person")
    if answers.get("do") == "unlink":
        ctx.app.links.unlink(ctx.reader.person, at=ctx.moment)
        return redirect(ctx, "/account", said="unlinked")
    return own_page(ctx, telegram=telegram.create_code(ctx, ctx.reader.person))


@router.get("/administration/people/export")
def export_people(ctx: Setting) -> Response:
    """Return all people as a workbook that can be imported again."""
    sheets = people_sheets(staff.recorded_office(ctx), ctx.language)
    return as_workbook(sheets, "people")


@router.post("/administration/people/import")
@reads_files
def import_table(ctx: Setting, form: Annotated[FormData, submitted_form(files=1, fields=5)]) -> Response:
    """Show a preview of a table's changes; when submitted from there, import it."""
    try:
        digest, name = store_form_file(ctx, form)
        if not digest:
            raise InvalidForm("web.refusal.no_file")
        preview = import_people(ctx, build(ImportPeople, {"file": digest, "preview": form.get("do") != "take"}))
    except Refusal as refusal:
        return page(ctx, "people_import.html", preview=None, refusal=refusal)
    if form.get("do") == "take":
        return redirect(ctx, "/administration/people", said="taken")
    return page(
        ctx,
        "people_import.html",
        preview=preview.changes[:MOST_LISTED],
        more=max(0, len(preview.changes) - MOST_LISTED),
        same=preview.same,
        whole_office=preview.whole_office,
        notes=preview.notes[:MOST_LISTED],
        office=staff.recorded_office(ctx),
        name=name,
        digest=digest,
    )


PLACE = "/administration/settings"
settings_router = APIRouter(include_in_schema=False, prefix=PLACE)


@settings_router.get("")
def settings(ctx: Setting) -> Response:
    """Show the settings administrators change."""
    return _page(ctx)


def _page(
    ctx: WebContext,
    *,
    outcome: MailTried | None = None,
    tried: RejectedForm | None = None,
) -> Response:
    """Return the page of settings: the stored values, over them what was typed; `outcome`: of a test letter."""
    present = office_settings.get_settings(ctx, Ask())
    reader = ctx.reads.office().people.get(ctx.reader.person)
    values = {
        "email": reader.email if reader else "",
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
        organisation_fields=command_fields(ctx, Organisation, values),
        mail_fields=command_fields(ctx, TryMail, values),
        ports=sorted({*MAIL_PORTS, *([port] if (port := present.mail.port) else [])}),
        known_servers=tuple(KNOWN_SERVERS),
        outcome=outcome,
        tried=tried,
    )


@settings_router.post("/organisation")
@shown_again(_page, "office")
def change_organisation(ctx: Setting, answers: Fields) -> Response:
    """Change the organisation's names and its officer; a name the environment fixes has no field."""
    present = office_settings.get_settings(ctx, Ask()).organisation.model_dump()
    office_settings.change_organisation(ctx, read_command(ctx, Organisation, {**present, **answers}))
    return redirect(ctx, PLACE, said="saved")


@settings_router.post("/mail")
@shown_again(_page, "mail")
def change_mail(ctx: Setting, answers: Fields) -> Response:
    """Change the mail server, or send a test letter through the typed one."""
    if answers.get("do") == "test":
        outcome = office_settings.try_mail(ctx, read_command(ctx, TryMail, answers))
        return _page(ctx, tried=RejectedForm(form="mail", refusal=None, answers=answers), outcome=outcome)
    office_settings.change_mail(ctx, read_command(ctx, MailServer, answers))
    return redirect(ctx, PLACE, said="saved")
