"""The list of notices as a file: a workbook (.xlsx) or CSV."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from i18n import period, say
from merzim.documents.sheets.listing import Table, csv_text, tables_workbook, write_file
from merzim.services.app import AppContext
from notifications.notice import Notice
from workflow.cases.case import Case
from workflow.cases.registers.rows import period_in
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.moments import day_and_time
from workflow.refusal import Refusal

COLUMNS = (
    *("due", "case", "obligation", "object", "step", "to_whom", "channel", "address", "kind", "state"),
    *("sent_at", "server_answer", "acknowledged", "text_hash", "carrier", "key"),
)

_STEP = re.compile(r"(open|before|slipped)?([+-]?)(\d+)")


def write_notices(app: AppContext, notices: Sequence[Notice], file: Path, language: str) -> None:
    """Write these notices to a file: a workbook where its name ends with .xlsx, else CSV.

    Raises:
        UnreadablePaper: the file cannot be written.
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
                notice.channel,
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
    if case is None:
        return obligation
    try:
        found = entry_obligation(case, app.library.named(case.edition), obligation)
    except (Refusal, KeyError):
        return obligation
    text = period_in(obligation)
    return f"{found.title[language]}, {period(text, language)}" if text else found.title[language]
