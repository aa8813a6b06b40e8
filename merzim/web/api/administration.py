"""Administration: units, people, accounts, channels, settings, templates of forms."""

from __future__ import annotations

from typing import Annotated

from fastapi import HTTPException, Path, Request
from pydantic import BaseModel

from merzim.services.accounts import invitations
from merzim.services.accounts import verbs as accounts
from merzim.services.administration import office as administration
from merzim.services.administration import settings as office_settings
from merzim.services.administration.settings import AskSettings, SettingsView
from merzim.services.documents import templates
from merzim.services.documents.templates import AskTemplates, FormList
from merzim.services.evidence import uploaded_file
from merzim.services.inputs import Digest, Key, Line
from merzim.services.outgoing import sending
from merzim.services.people import retention, staff
from merzim.services.people.feeds import FeedMade, give, revoke_unit_feed
from merzim.services.people.pending_duties import pending_duties
from merzim.services.people.table import TablePreview, preview_table, read_table, save_table
from merzim.services.upkeep import operations
from merzim.services.verbs import Command
from merzim.web.api import mount
from merzim.web.api.answers import Limit, api_router
from merzim.web.api.mount import Writing
from merzim.web.auth.dependencies import AskingToSet, Setting
from merzim.web.auth.reading import reads_files
from merzim.web.downloads.administration import get_administration_list, get_own_template, get_people_table
from merzim.web.http import DOCX, XLSX, Number, SearchText
from merzim.web.ui.render import RequestTranslator
from workflow.org.office import name_order

router = api_router("/api/v1/administration", tags=["administration"])


class UnitFeed(Command):
    """A request for a calendar feed of a unit. `unit`: its id."""

    unit: Key


@router.get("/units")
def list_units(ctx: Setting) -> list[staff.UnitResult]:
    """List all units by name."""
    units = sorted(staff.recorded_office(ctx).units.values(), key=name_order)
    return [staff.unit_result(ctx, unit) for unit in units]


mount.post(router, "/units", staff.save_unit)
mount.post(router, "/units/removal", staff.remove_unit)


@router.post("/units/feeds", status_code=201)
def make_unit_feed(ctx: Setting, once: Writing, body: UnitFeed, translator: RequestTranslator) -> FeedMade:
    """Create a calendar feed of a unit; its address is returned only once."""
    unit = staff.recorded_office(ctx).units.get(body.unit)
    if unit is None:
        raise HTTPException(404, "web.problem.no_unit")

    def make() -> FeedMade:
        return FeedMade(address=give(ctx, "", scope=unit.id, name=unit.name, language=translator.language))

    return once(ctx, body, make, FeedMade, secret="address")


mount.post(router, "/units/feeds/revocation", revoke_unit_feed)


@router.get("/settings")
def get_settings(ctx: Setting) -> SettingsView:
    """Return the organisation and the mail server in force; the password is not among them."""
    return office_settings.get_settings(ctx, AskSettings())


mount.post(router, "/settings/organisation", office_settings.change_organisation)
mount.post(router, "/settings/mail", office_settings.change_mail)
mount.post(router, "/settings/letters", office_settings.try_mail)


@router.get("/templates")
def list_templates(ctx: Setting) -> FormList:
    """Return the forms with their placeholders and the organisation's own templates."""
    return templates.list_templates(ctx, AskTemplates())


mount.file(router, "/templates/{form}/{language}/{number}", get_own_template, DOCX, damaged=True)
mount.post(router, "/templates/{form}/{language}", templates.take_template, files=True)
mount.post(router, "/templates/{form}/{language}/choice", templates.choose_template)


class PeopleList(BaseModel):
    people: list[staff.PersonResult]
    total: int


class FallingAnswer(BaseModel):
    """Deadlines that would pass to others. `title`: null if confidential; `to`: names, empty for nobody."""

    title: str | None
    unit: str
    count: int
    late: int
    to: list[str]


class Table(Command):
    """A table of people (CSV, XLSX). `file`: the digest from `/files`."""

    file: Digest


class TableTaken(BaseModel):
    added: int
    changed: int
    same: int


@router.get("/people")
def list_people(
    ctx: Setting, search: SearchText = "", unit: SearchText = "", number: Number = 1, limit: Limit = 50
) -> PeopleList:
    """List people, filtered by name, post or e-mail; `limit` per page."""
    matches = staff.find_people(staff.recorded_office(ctx), search, unit)
    page_people = matches[(number - 1) * limit : number * limit]
    return PeopleList(people=[staff.person_result(person) for person in page_people], total=len(matches))


mount.post(router, "/people", staff.save_person)
mount.post(router, "/people/former/anonymising", retention.anonymise_person)


@router.get("/people/former")
def list_former_people(ctx: Setting) -> retention.FormerList:
    """List the people who left, and which of them are due to be anonymised."""
    return retention.list_former(ctx, retention.AskFormer())


mount.post(router, "/people/removal", staff.remove_person)


@router.get("/people/falling")
def list_duties_of_person(ctx: Setting, key: SearchText, translator: RequestTranslator) -> list[FallingAnswer]:
    """List the open deadlines of a person, and who would get them if the person were removed."""
    return [
        FallingAnswer(
            title=duty.title[translator.language] if duty.title else None,
            unit=duty.unit,
            count=duty.count,
            late=duty.late,
            to=[translator.name(person) for person in duty.to],
        )
        for duty in pending_duties(ctx, staff.get_person(ctx, key).key)
    ]


mount.file(router, "/lists/{listed}", get_administration_list, XLSX)
mount.file(router, "/people/table", get_people_table, XLSX)


@router.post("/people/table/preview")
@reads_files
def preview_people_table(request: Request, ctx: AskingToSet, body: Table) -> TablePreview:
    """Return the changes a table would make; nothing is written."""
    file = uploaded_file(ctx, "file", body.file)
    return preview_table(ctx, read_table(ctx, file.content, file.name))


@router.post("/people/table")
@reads_files
def import_people_table(request: Request, ctx: Setting, once: Writing, body: Table) -> TableTaken:
    """Import a table of people, all of it or nothing; people it does not name are kept."""

    def import_table() -> TableTaken:
        file = uploaded_file(ctx, "file", body.file)
        saved = save_table(ctx, read_table(ctx, file.content, file.name))
        return TableTaken(added=saved.added, changed=saved.changed, same=saved.same)

    return once(ctx, body, import_table, TableTaken)


Named = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


class TestLetterRequest(Command):
    email: Line = ""


class LetterSent(BaseModel):
    """The delivery state of a test letter, and the server's answer."""

    state: str
    answer: str


@router.get("/accounts")
def list_accounts(ctx: Setting) -> list[accounts.AccountSummary]:
    """List all accounts."""
    return [accounts.summary(account) for account in ctx.accounts.all()]


@router.get("/accounts/{login}")
def get_account(ctx: Setting, login: accounts.Login) -> accounts.AccountDetails:
    """Return an account with its sessions and tokens."""
    return accounts.details(ctx, login)


mount.post(router, "/accounts", accounts.add, name="add_account", status=201)
mount.post(router, "/invitations", invitations.invite_people, status=201)
mount.post(router, "/invitations/resending", invitations.resend_invitations)


@router.get("/invitations")
def list_invitations(ctx: Setting) -> invitations.InvitationList:
    """List the invitations that were sent, and who has accepted."""
    return invitations.list_invitations(ctx, invitations.AskInvitations())


mount.post(router, "/accounts/{login}", accounts.change, name="change_account")
mount.post(router, "/accounts/{login}/closing", accounts.close, name="close_account")
mount.post(router, "/accounts/{login}/reopening", accounts.reopen, name="reopen_account")
mount.post(router, "/accounts/{login}/sessions/end", accounts.end, name="end_account_sessions")
mount.post(router, "/accounts/{login}/unlink", accounts.unlink, name="unlink_account")
mount.post(router, "/accounts/{login}/invitations", accounts.invite, name="invite_account", status=201)
mount.post(router, "/accounts/{login}/tokens", accounts.give_token, status=201)


@router.get("/channels")
def list_channels(ctx: Setting) -> list[administration.ChannelInUse]:
    """List the channels letters are sent through."""
    return list(administration.channels(ctx.app))


@router.post("/channels/{channel}/letters")
def try_channel(
    ctx: Setting, once: Writing, channel: Named, body: TestLetterRequest, translator: RequestTranslator
) -> LetterSent:
    """Send the reader a test letter at once."""

    def send_test_letter() -> LetterSent:
        outcome = administration.send_test_letter(ctx, channel, body.email, translator.language)
        return LetterSent(state=outcome.state, answer=outcome.answer)

    return once(ctx, body, send_test_letter, LetterSent)


mount.post(router, "/channels/{channel}/resending", sending.resend_channel_letters)


@router.get("/operations")
def get_operations(ctx: Setting, translator: RequestTranslator) -> operations.OperationsView:
    """Return the state of the installation: checks, periodic tasks, queued and failed letters."""
    return operations.get_operations(ctx, operations.AskOperations(language=translator.language))


mount.post(router, "/operations/letters/{letter}/resending", operations.resend_failed_letter)
