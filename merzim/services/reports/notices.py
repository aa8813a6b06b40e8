"""The journal of notices: who was notified of what and when, the server's answer, acknowledgement."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TypedDict

from merzim.services.campaigns.views import campaign_titles
from merzim.services.context import RequestContext
from merzim.services.names import Name, case_title, person_name
from notifications.notice import Notice
from workflow.cases.case import Case
from workflow.cases.registers.rows import is_entry, period_in
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Text

PAGE = 50


class NoticeFilter(TypedDict):
    """The filter of the journal; empty fields do not restrict."""

    case: str
    person: str
    state: str
    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeLine:
    """One notice. `case`, `about`: the case and its title, None where the reader does not see it.

    `title`: of its obligation, None if it is about none of a procedure; `campaign`: of the campaign that asks.
    """

    notice: Notice
    case: Case | None
    about: Text | None
    title: Text | None
    period: str
    name: Name
    campaign: Text | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticePage:
    """A page of the journal. `more`: whether there is a next one."""

    lines: tuple[NoticeLine, ...]
    number: int
    more: bool


def list_notices(ctx: RequestContext, filters: NoticeFilter, *, number: int) -> NoticePage:
    """Return one page of the notices the reader may see, the newest first."""
    found = ctx.reads.notices_matching(**filters, limit=PAGE + 1, skip=(number - 1) * PAGE)
    notices, office = found[:PAGE], ctx.reads.office()
    heads = {
        **ctx.reads.heads({notice.case for notice in notices if notice.case}),
        **ctx.reads.heads_with_rows({notice.case for notice in notices if is_entry(notice.obligation)}),
    }
    asking = campaign_titles(ctx, {notice.obligation for notice in notices if notice.kind == "campaign"})

    def line(notice: Notice) -> NoticeLine:
        case, title = heads.get(notice.case), None
        if case is not None:
            # What its procedure does not name has no title.
            with suppress(KeyError):
                title = entry_obligation(case, ctx.library.named(case.edition), notice.obligation).title
        return NoticeLine(
            notice=notice,
            case=case,
            about=case_title(case, ctx.library.of(case)) if case else None,
            title=title,
            period=period_in(notice.obligation) or "",
            name=person_name(office, notice.person),
            campaign=asking.get(notice.obligation) if notice.kind == "campaign" else None,
        )

    return NoticePage(lines=tuple(map(line, notices)), number=number, more=len(found) > PAGE)
