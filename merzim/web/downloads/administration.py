"""The files of the administration: its lists, the table of people, the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from starlette.responses import Response

from merzim.documents.people.sheet import people_sheets
from merzim.documents.sheets.listing import tables_workbook
from merzim.services.accounts.invitations import AskInvitations, InvitationView, list_invitations
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.moments import almaty
from merzim.services.names import unit_name, units_in_order
from merzim.services.outgoing.audit import AskAudit, AuditLine, exported_entries
from merzim.services.people.staff import recorded_office
from merzim.web.auth.dependencies import Auditing, Setting
from merzim.web.http import XLSX, AuditQuery, as_file
from merzim.web.ui.render import RequestTranslator, Translator
from merzim.web.ui.tables import Column, list_workbook
from workflow.org.access import Account, Reader, placed
from workflow.org.office import Office, Unit

Listed = Literal["units", "accounts", "invitations"]
"""The lists of the administration, except the people, whose list has a search."""


def unit_title(translator: Translator, office: Office, unit: str) -> str:
    """Return the name of a unit; "" for none."""
    return translator.name(unit_name(office, unit).name) if unit else ""


def account_state(account: Account) -> str:
    """Return the code of an account's state."""
    return "closed" if account.disabled else "active" if account.password or account.providers else "invited"


def account_unit(translator: Translator, office: Office, reader: Reader) -> str:
    """Return in words whose cases an account shows."""
    placed_reader = placed(reader, office)
    if placed_reader.unit:
        return unit_title(translator, office, placed_reader.unit)
    return translator.say("web.unit.no_case" if placed_reader.nowhere else "web.unit.all")


def invitation_state(invitation: InvitationView) -> str:
    """Return the code of the words for the state of an invitation."""
    is_in_folder = invitation.state == "sent" and invitation.channel == "folder"
    return f"web.invitations.state_{'written' if is_in_folder else invitation.state}"


def _local(at: datetime | None) -> datetime | None:
    """Return a moment as a cell of a sheet has it: by the clock of the office."""
    return at.astimezone(almaty()).replace(tzinfo=None) if at else None


def _units(ctx: RequestContext) -> tuple[Iterable[Unit], tuple[Column[Unit], ...]]:
    office = recorded_office(ctx)
    columns: tuple[Column[Unit], ...] = (
        Column("web.unit", lambda t, unit: t.name(unit)),
        Column("web.staff.parent", lambda t, unit: unit_title(t, office, unit.parent or "")),
        Column("web.staff.kind", lambda t, unit: unit.kind and t.word("kind.", unit.kind)),
        Column("web.staff.uploads_through", lambda t, unit: unit_title(t, office, unit.uploads_through or "")),
        Column("web.administration.people", lambda _, unit: len(office.people_of.get(unit.id, ()))),
    )
    return [office.units[unit.id] for unit in units_in_order(office, used_units=())], columns


def _accounts(ctx: RequestContext) -> tuple[Iterable[Account], tuple[Column[Account], ...]]:
    office = recorded_office(ctx)
    columns: tuple[Column[Account], ...] = (
        Column("web.login.name", lambda _, account: account.reader.login),
        Column("web.accounts.name", lambda _, account: account.reader.name),
        Column("web.accounts.access", lambda t, account: t.say(f"access.{account.reader.access}")),
        Column("web.unit", lambda t, account: account_unit(t, office, account.reader)),
        Column("web.state", lambda t, account: t.say(f"cli.user.{account_state(account)}")),
        Column("web.totp", lambda t, account: t.say("cli.user.active") if account.second_factor else None),
    )
    return ctx.accounts.all(), columns


def _invitations(ctx: RequestContext) -> tuple[Iterable[InvitationView], tuple[Column[InvitationView], ...]]:
    office = recorded_office(ctx)
    columns: tuple[Column[InvitationView], ...] = (
        Column("web.login.name", lambda _, invitation: invitation.login),
        Column("web.accounts.name", lambda _, invitation: invitation.name),
        Column("web.unit", lambda t, invitation: unit_title(t, office, invitation.unit)),
        Column("web.accounts.access", lambda t, invitation: t.say(f"access.{invitation.access}")),
        Column("web.state", lambda t, invitation: t.say(invitation_state(invitation))),
        Column("web.audit.when", lambda _, invitation: _local(invitation.sent_at)),
    )
    return list_invitations(ctx, AskInvitations()).invitations, columns


_LISTS: Mapping[
    Listed, tuple[str, Callable[[RequestContext], tuple[Iterable[Any], tuple[Column[Any], ...]]]]
] = {
    "units": ("web.administration.units", _units),
    "accounts": ("web.administration.accounts", _accounts),
    "invitations": ("web.invitations.sent", _invitations),
}
AUDIT_COLUMNS: tuple[Column[AuditLine], ...] = (
    Column("numbered.head", lambda _, line: line.seq),
    Column("web.audit.when", lambda _, line: _local(line.at), ""),
    Column("web.audit.who", lambda _, line: line.who, ""),
    Column("web.login.name", lambda _, line: line.by),
    Column("web.audit.what", lambda t, line: t.capital(line.what), ""),
    Column("web.audit.topic", lambda t, line: t.say(f"audit.topic.{line.topic}")),
    Column("web.cases.head.id", lambda _, line: line.case),
    Column("web.audit.where", lambda _, line: line.address, ""),
    Column("web.audit.way", lambda t, line: t.say(f"audit.way.{line.way}")),
)


def get_administration_list(ctx: Setting, listed: Listed, translator: RequestTranslator) -> Response:
    """Return a whole list of the administration as a workbook."""
    title, list_rows = _LISTS[listed]
    rows, columns = list_rows(ctx)
    return list_workbook(translator, columns, rows, title=title, today=ctx.today)


def get_audit_workbook(ctx: Auditing, filters_query: AuditQuery, translator: RequestTranslator) -> Response:
    """Return the entries of the audit log a filter matches as a workbook, the newest first.

    Raises:
        TooManyEntries: there are more than one workbook can have.
    """
    filters = {name: text for name, text in filters_query.items() if text}
    entries = exported_entries(ctx, build(AskAudit, {**filters, "language": translator.language}))
    return list_workbook(translator, AUDIT_COLUMNS, entries, title="web.audit.title", today=ctx.today)


def get_people_table(ctx: Setting, translator: RequestTranslator) -> Response:
    """Return all people as a workbook that can be imported again."""
    sheets = people_sheets(recorded_office(ctx), translator.language, ctx.library.own_titles)
    return as_file(tables_workbook(sheets), XLSX, "people.xlsx")
