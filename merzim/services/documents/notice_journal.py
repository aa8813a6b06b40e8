"""The journal of notices as a file: CSV, a workbook (.xlsx), or a page to be signed off (.docx)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from i18n import say
from merzim.services.accounts.credentials import qr_image
from merzim.services.moments import almaty
from merzim.services.outgoing.public import proof_address
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.documents.notice_journal import Heading, Line
    from merzim.services.app import AppContext
    from notifications.notice import Notice
    from workflow.cases.case import Case

COLUMNS = ("due", "case", "id", "rung", "who", "channel", "address", "state", "sent", "answer")


def write(app: AppContext, notices: Sequence[Notice], file: Path, language: str, *, now: datetime) -> None:
    """Write the register of these notices to a file in the format of its extension.

    The workbook and the page state whether the register matches its chain at that moment.

    Raises:
        OSError: the file cannot be written.
    """
    if file.suffix.lower() not in (".xlsx", ".docx"):
        file.write_text(as_csv(notices, language), encoding="utf-8-sig", newline="")
        return
    file.write_bytes(paper(app, notices, file.suffix.lower(), language, now=now))


def paper(app: AppContext, notices: Sequence[Notice], ending: str, language: str, *, now: datetime) -> bytes:
    """Return the register as a workbook (`.xlsx`), or as a page to sign (`.docx`)."""
    from merzim.documents.notice_journal import journal_page, journal_workbook

    lines = list(_lines(app, notices, language))
    heading = _heading(app, notices, language, now)
    make = journal_page if ending == ".docx" else journal_workbook
    return make(lines, heading, language)


def as_csv(notices: Iterable[Notice], language: str) -> str:
    """Return the register as CSV with semicolons, which spreadsheets open directly."""
    text = StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow([say(f"cli.head.{name}", {}, language) for name in COLUMNS])
    lines.writerows(_line(notice, language) for notice in notices)
    return text.getvalue()


def step_in_words(notice: Notice, language: str) -> str:
    """Return a reminder step in words: so many working days before or after the due date, or the kind of
    letter.
    """
    if notice.rung and notice.rung.lstrip("+-").isdigit():
        at = int(notice.rung)
        word = "today" if at == 0 else "before" if at < 0 else "after"
        return say(f"register.rung_{word}", {"count": abs(at)}, language)
    return say(f"register.kind.{notice.kind}", {}, language)


def _lines(app: AppContext, notices: Sequence[Notice], language: str) -> Iterable[Line]:
    from merzim.documents.notice_journal import Line

    office = app.reads.office()
    cases = app.reads.whole({notice.case for notice in notices if notice.case})
    # By deadline, then in the order in which they were said.
    for notice in sorted(
        notices, key=lambda notice: (notice.case, notice.obligation, notice.queued_at, notice.key)
    ):
        case = cases.get(notice.case)
        person = office.people.get(notice.person) or office.former.get(notice.person)
        yield Line(
            due=f"{notice.due:%d.%m.%Y}",
            obligation=_title(app, case, notice.obligation, language),
            case=notice.case,
            object=case.object_in(language) if case else "",
            rung=step_in_words(notice, language),
            who=person.name_in(language) if person else notice.person,
            channel=notice.channel,
            address=notice.address,
            kind=say(f"register.kind.{notice.kind}", {}, language),
            state=say(f"cli.notice.{notice.displayed_state}", {}, language),
            moment=_moment(notice.sent_at or notice.attempted_at),
            answer=notice.answer,
            acknowledged=_moment(notice.acknowledged_at),
            text_hash=notice.text_hash,
            carrier=notice.carrier,
            key=notice.key,
        )


def _title(app: AppContext, case: Case | None, obligation: str, language: str) -> str:
    if case is None:
        return obligation
    try:
        by_id = app.library.named(case.edition).by_id
    except Refusal:
        return obligation
    name, _, period = obligation.partition(".")
    procedure_obligation = by_id.get(name.partition("#")[0])
    title = procedure_obligation.title[language] if procedure_obligation else obligation
    return f"{title} ({period})" if period else title


def _heading(app: AppContext, notices: Sequence[Notice], language: str, now: datetime) -> Heading:
    from merzim.documents.notice_journal import Heading
    from merzim.storage.notices.journal import journal_status

    status = journal_status(app.engine)
    keys = {notice.key for notice in notices}
    wrong = [
        problem for problem in status.problems if problem[1].get("key", "") in keys or "key" not in problem[1]
    ]
    arguments: Mapping[str, object] = {
        "count": len(notices),
        "n": status.batches,
        "hash": status.end or "–",
        "wrong": len(wrong),
        "seal": status.seal,
    }
    # Data that differs from the chain is not confirmed by its hash.
    proof = "" if wrong else proof_address(app, status.batches, status.end)
    code = "register.statement_wrong" if wrong else "register.statement"
    cases = sorted({notice.case for notice in notices if notice.case})
    return Heading(
        title=say(
            "register.title", {"cases": ", ".join(cases) if len(cases) <= 3 else str(len(cases))}, language
        ),
        organisation=app.settings.office.name_in(language),
        origin=say("register.made", {"at": _moment(now)}, language),
        statement=say(code, arguments, language),
        proof=f"{say('register.proof', {}, language)} {proof}" if proof else "",
        code=qr_image(proof) if proof else b"",
    )


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(almaty()):%d.%m.%Y %H:%M}" if at else ""


def _line(notice: Notice, language: str) -> Sequence[str]:
    return [
        notice.due.isoformat(),
        notice.case,
        notice.obligation,
        _harmless(notice.rung),
        notice.person,
        notice.channel,
        notice.address,
        say(f"cli.notice.{notice.displayed_state}", {}, language),
        notice.sent_at.isoformat() if notice.sent_at else "",
        _harmless(notice.answer),
    ]


def _harmless(text: str) -> str:
    """Return a text for a cell, escaped if a spreadsheet would take it for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
