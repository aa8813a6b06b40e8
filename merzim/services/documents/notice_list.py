"""The journal of notices (who was told what, when, and the outcome) by the page, as a workbook or CSV."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from i18n import knows, say, titled
from merzim.documents.sheets.listing import Table, csv_text, tables_workbook, write_file
from merzim.services.app import AppContext
from merzim.services.campaigns.views import campaign_titles
from merzim.services.context import RequestContext
from merzim.services.names import Name, case_title, cases_of, person_name
from notifications.notice import Notice
from workflow.cases.case import Case
from workflow.cases.registers.rows import period_in
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Obligation, Text
from workflow.moments import day_and_time
from workflow.refusal import Refusal

PAGE = 50
COLUMNS = (
    *("due", "case", "obligation", "object", "step", "to_whom", "channel", "address", "kind", "state"),
    *("sent_at", "server_answer", "acknowledged", "text_hash", "carrier", "key"),
)

_STEP = re.compile(r"(open|before|slipped)?([+-]?)(\d+)")


def write_notices(app: AppContext, notices: Sequence[Notice], file: Path, language: str) -> None:
    """Write these notices to a file: a workbook where its name ends with .xlsx, else CSV. Raises
    UnreadablePaper: it cannot be written.
    """
    table = notices_table(app, notices, language)
    is_workbook = file.suffix.lower() == ".xlsx"
    write_file(file, tables_workbook([table]) if is_workbook else csv_text(table).encode("utf-8-sig"))


def notices_table(app: AppContext, notices: Sequence[Notice], language: str) -> Table:
    """Return these notices as a table: by deadline, then in the order in which they were queued."""
    office = app.reads.office()
    cases = app.reads.whole({notice.case for notice in notices if notice.case})
    rows = []
    for notice in sorted(
        notices, key=lambda notice: (notice.case, notice.obligation, notice.queued_at, notice.key)
    ):
        case = cases.get(notice.case)
        person = office.member(notice.person)
        rows.append(
            (
                notice.told_due,
                notice.case,
                notice_title(app, case, notice.obligation, language),
                case.object_in(language) if case else "",
                step_in_words(notice, language),
                person.name_in(language) if person else notice.person,
                say(code, {}, language) if knows(code := f"web.channel.{notice.channel}") else notice.channel,
                notice.address,
                say(f"register.kind.{notice.kind}", {}, language),
                say(f"notice.{notice.displayed_state}", {}, language),
                day_and_time(notice.sent_at or notice.attempted_at),
                notice.answer,
                day_and_time(notice.acknowledged_at),
                notice.text_hash,
                notice.carrier,
                notice.key,
            )
        )
    heads = [say(f"head.{name}", {}, language) for name in COLUMNS]
    return Table(heads, rows, say("head.register", {}, language))


def step_in_words(notice: Notice, language: str) -> str:
    """Return a reminder step in words: so many working days before or after the due date, after a plan date, or
    since a duty without a term is open; else the kind of letter.
    """
    if (match := _STEP.fullmatch(notice.step)) is None:
        return say(f"register.kind.{notice.kind}", {}, language)
    since, sign, count = match[1], match[2], int(match[3])
    word = since or ("today" if not count else "before" if sign == "-" else "after")
    return say(f"register.step_{word}", {"count": count}, language)


def notice_title(app: AppContext, case: Case | None, obligation: str, language: str) -> str:
    """Return the title of what a notice is about, with its period; its id where nothing else is known."""
    found = notice_obligation(app, case, obligation)
    return titled(found.title[language], period_in(obligation), language) if found else obligation


def notice_obligation(app: AppContext, case: Case | None, obligation: str) -> Obligation | None:
    """Return the obligation a notice is about; None for what the procedure of its case does not name."""
    if case is not None:
        with suppress(Refusal, KeyError):
            return entry_obligation(case, app.library.named(case.edition), obligation)
    return None


class NoticeFilter(TypedDict):
    """The filter of the journal; empty fields do not restrict."""

    case: str
    person: str
    state: str
    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeLine:
    """One notice. `case`, `about`: the case and its title, None where the reader does not see it; `title`: of
    its obligation, None if it is about none of a procedure; `campaign`: of the campaign that asks.
    """

    notice: Notice
    case: Case | None
    about: Text | None
    title: Text | None
    period: str
    name: Name
    campaign: Text | None


def list_notices(
    ctx: RequestContext, filters: NoticeFilter, *, number: int
) -> tuple[Sequence[NoticeLine], bool]:
    """Return one page of the notices the reader may see, the newest first, and whether there is a next one."""
    found = ctx.reads.notices_matching(**filters, limit=PAGE + 1, skip=(number - 1) * PAGE)
    notices, office = found[:PAGE], ctx.reads.office()
    heads = cases_of(ctx.reads, notices)
    asking = campaign_titles(ctx, {notice.obligation for notice in notices if notice.kind == "campaign"})

    def line(notice: Notice) -> NoticeLine:
        case = heads.get(notice.case)
        obligation = notice_obligation(ctx.app, case, notice.obligation)
        return NoticeLine(
            notice=notice,
            case=case,
            about=case_title(case, ctx.library.of(case)) if case else None,
            title=obligation.title if obligation else None,
            period=period_in(notice.obligation) or "",
            name=person_name(office, notice.person),
            campaign=asking.get(notice.obligation) if notice.kind == "campaign" else None,
        )

    return [*map(line, notices)], len(found) > PAGE
