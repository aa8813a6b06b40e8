"""The register of notices: who was notified of what and when, the server's answer, acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict, get_args

from notifications.notice import Notice, NoticeKind
from services.campaigns.views import campaign_titles
from services.context import RequestContext
from services.documents.case_documents import RegisterStatus, register_status
from services.names import Name, case_title, person_name
from workflow.cases.case import Case
from workflow.cases.registers.entries import is_entry
from workflow.law.procedure import Text

PAGE = 100
KINDS = frozenset(get_args(NoticeKind))
"""Prefixes of the keys of letters that are not about one case."""


class NoticeFilter(TypedDict):
    """The filter of the register; empty fields do not restrict."""

    case: str
    person: str
    state: str
    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeLine:
    """One notice. `title`: of its obligation; None if it is not about one obligation of a procedure.

    `campaign`: the title of the campaign that asks, None where the reader does not see it.
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
    """A page of the register. `more`: whether there is a next one."""

    lines: tuple[NoticeLine, ...]
    number: int
    more: bool


def list_notices(ctx: RequestContext, asked: NoticeFilter, *, number: int) -> NoticePage:
    """Return one page of the register, the newest first.

    Args:
        asked: filter by case, person, state, channel; empty fields do not restrict.
    """
    found = ctx.reads.notices_matching(
        **asked,
        limit=PAGE + 1,
        skip=(number - 1) * PAGE,
    )
    heads = ctx.reads.heads({one.case for one in found if one.case})
    asking = campaign_titles(ctx, {one.obligation for one in found[:PAGE] if one.kind == "campaign"})
    office = ctx.reads.office()
    return NoticePage(
        lines=tuple(
            NoticeLine(
                notice=one,
                case=heads.get(one.case),
                about=_about(ctx, heads.get(one.case)),
                title=_title(ctx, heads.get(one.case), one.obligation),
                period="" if is_entry(one.obligation) else one.obligation.partition(".")[2],
                name=person_name(office, one.person),
                campaign=asking.get(one.obligation) if one.kind == "campaign" else None,
            )
            for one in found[:PAGE]
        ),
        number=number,
        more=len(found) > PAGE,
    )


def standing_seen(ctx: RequestContext) -> RegisterStatus:
    """Return the register compared with its chain; altered records hidden from the reader are only counted.

    The key of a record names its case and its recipient.
    """
    found = register_status(ctx.app)
    of = {key: key.partition(":")[0] for _, key in found.altered}
    cases = ctx.reads.heads({*of.values()})
    whole = ctx.reader.root == ""

    def named(key: str) -> bool:
        return of[key] in cases or (whole and of[key] in KINDS)

    return replace(found, altered=tuple((code, key if named(key) else "") for code, key in found.altered))


def _about(ctx: RequestContext, case: Case | None) -> Text | None:
    return case_title(case, ctx.library.of(case)) if case else None


def _title(ctx: RequestContext, case: Case | None, obligation: str) -> Text | None:
    if case is None:
        return None
    known = ctx.library.named(case.edition).by_id.get(obligation.partition(".")[0])
    return known.title if known else None
