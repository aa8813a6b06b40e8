"""Text of a letter about one deadline, as a page in the recipient's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from i18n import explain, period, say
from notifications.letters.page import LetterLine, LetterPage, LetterSection, render_letter
from notifications.notice import CalendarEntry, Letter, item_id
from workflow.cases.case import Case
from workflow.cases.registers.entries import row_kind
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.explanations import awaited_elements
from workflow.deadlines.lateness import Awaited, holds_on, lateness
from workflow.law.library import ALONE
from workflow.law.procedure import Procedure, Text
from workflow.org.office import Recipient
from workflow.scoring.prospects import Stake


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """The subject of a letter, with all it mentions.

    Attributes:
        unit: the unit's name, "" when the case has none.
        name: the recipient's name.
        recipient: the recipient and the reason; None when the office has changed since the notice was queued.
        others: names of the other recipients of the reminder.
        public_address: address of the pages.
        answer: address at which the recipient answers without log-in; "" for none.
        planned: whether it is about the plan date and not the due date.
        undated: of a duty without a due date what the letter says ("open", "before", "points", "year");
            about: the day it speaks of.
        stake: the points of the year at stake by it; None where nothing is.
    """

    case: Case
    procedure: Procedure
    deadline: Deadline
    unit: str
    name: str
    recipient: Recipient | None
    others: tuple[str, ...] = ()
    public_address: str = ""
    answer: str = ""
    planned: bool = False
    undated: str = ""
    about: date | None = None
    stake: Stake | None = None

    @property
    def confidential(self) -> bool:
        """Whether the letter reveals only that something waits; the rest requires log-in."""
        return self.procedure.confidential

    @property
    def recipient_is_responsible(self) -> bool:
        """Whether the recipient must act on it, or is deputy of who must, and is not only notified of it."""
        return self.recipient is not None and self.recipient.why not in ("copied", "officer", "unreachable")

    @property
    def about_due_date(self) -> bool:
        """Whether it is about the due date itself."""
        return not self.planned and not self.undated


@dataclass(frozen=True, slots=True)
class DayRelation:
    """How today relates to a date: the word for it in codes of the catalogues, and the working days left to it
    or since it (`late`).
    """

    word: str
    left: int = 0
    late: int = 0


def relation_to_due_date(deadline: Awaited, calendar: Kazakhstan, *, today: date) -> DayRelation:
    """Return the relation of `today` to the due date of a deadline that has one.

    Working days left exclude today and include the due date; days late run from the day after the due date to
    today. Days beyond the calendar's records cannot be counted: then `today` before the due date, `just_past`
    after it.
    """
    due = deadline.due
    assert due is not None
    if today == due:
        return DayRelation("today")
    day = timedelta(days=1)
    try:
        if today < due:
            left = calendar.count_working_days(today + day, due)
            return DayRelation("soon", left=left) if left else DayRelation("last_working_day")
        late = calendar.count_working_days(due + day, today)
    except OutOfRange:
        return DayRelation("just_past" if today > due else "today")
    return DayRelation("overdue", late=late) if late else DayRelation("just_past")


def relation_to_plan_date(planned: date, calendar: Kazakhstan, *, today: date) -> DayRelation:
    """Return the relation of `today` to a plan date: on it, before it, or so many working days after it."""
    if today <= planned:
        return DayRelation("planned_today" if today == planned else "planned_soon")
    try:
        late = calendar.count_working_days(planned + timedelta(days=1), today)
    except OutOfRange:
        late = 0
    return DayRelation("slipped", late=late) if late else DayRelation("just_slipped")


def relation_to_matter(matter: Matter, calendar: Kazakhstan, *, today: date) -> tuple[date, DayRelation]:
    """Return the date a matter is about, and the relation of `today` to it."""
    deadline = matter.deadline
    if matter.planned:
        assert deadline.planned_on is not None
        return deadline.planned_on, relation_to_plan_date(deadline.planned_on, calendar, today=today)
    if matter.undated and matter.about is not None:
        is_question = matter.undated == "open" and deadline.obligation.options
        return matter.about, DayRelation("asked" if is_question else matter.undated)
    assert deadline.due is not None
    return deadline.due, relation_to_due_date(deadline, calendar, today=today)


def letter(matter: Matter, calendar: Kazakhstan, *, language: str, today: date) -> Letter:
    """Return the letter about one deadline (`page`), with its short form for chats; of a confidential one it
    says only that something waits.
    """
    if matter.confidential:
        discreet = _discreet(matter, language)
        return replace(render_letter(discreet, language), brief=f"{discreet.lead}\n{case_page(matter)}")
    rendered_letter = render_letter(page(matter, calendar, language=language, today=today), language)
    return replace(rendered_letter, brief=_brief(matter, language))


def _brief(matter: Matter, language: str) -> str:
    """Return the short text for a chat, below the subject: the object, the evidence, where it is done."""
    about = object_names(matter.case, matter.procedure)[language]
    link = f"{case_page(matter)}#{matter.deadline.id}"
    proof = ""
    if kinds := matter.deadline.obligation.evidence:
        label = say("head.proof", {}, language)
        proof = f"{label}: {say('letter.evidence', {'kinds': kinds}, language)}"
    place = " · ".join(filter(None, (about, matter.unit, matter.case.id)))
    return "\n".join(filter(None, (place, proof, link)))


def _discreet(matter: Matter, language: str) -> LetterPage:
    """Return the page of a confidential matter, which names nothing but the recipient."""
    do = LetterLine(text=say("digest.awaits_do", {}, language), link=case_page(matter))
    return LetterPage(
        subject=say("digest.awaits_subject", {}, language),
        greeting=say("letter.greeting", {"name": matter.name}, language),
        lead=say("digest.awaits_lead", {}, language),
        table=(),
        sections=(LetterSection(heading=say("letter.heading_do", {}, language), lines=(do,)),),
        footer=say("letter.footer", {}, language),
    )


def entry(
    matter: Matter, *, language: str, domain: str, queued_at: datetime, on: date | None = None
) -> CalendarEntry:
    """Return the deadline as an item for the recipient's calendar.

    Its sequence is the seconds from the opening of the case to the queueing of the letter: it rises from letter
    to letter, whatever has moved the date (a fact, a plan date, an act on the calendar).

    Args:
        on: its day, when that is not the due date.
    """
    case, deadline = matter.case, matter.deadline
    day = on or deadline.due
    assert day is not None
    title = deadline.obligation.title[language]
    opened_at = case.opened_at or queued_at
    label, word = say("head.force", {}, language), f"letter.force_{deadline.obligation.force}"
    force = f"{label}: {say(word, {}, language)}"
    return CalendarEntry(
        uid=item_id(case.id, deadline.id, domain),
        sequence=max(0, int((queued_at - opened_at).total_seconds())),
        on=day,
        stamp=queued_at,
        summary=" – ".join(filter(None, (title, object_names(case, matter.procedure)[language]))),
        text=f"{force}\n{' '.join(explain(deadline.explanation, language))}",
        link=case_page(matter),
        status="CONFIRMED" if deadline.status == "firm" else "TENTATIVE",
        language=language,
    )


def object_names(case: Case, procedure: Procedure) -> Text:
    """Return the name of a case's object by language, for a body as in the act; empty for a case without one,
    and for that of an assignment outside cases, which has its title as object.
    """
    if procedure.id == ALONE.id:
        return Text("", "", "")
    body = procedure.bodies.get(case.object)
    return body.title if body else Text(**case.object_names())


def with_period(title: Text, name: str | None, language: str) -> str:
    """Return a title with the name of its period, where it recurs."""
    return f"{title[language]}, {period(name, language)}" if name else title[language]


def case_page(matter: Matter) -> str:
    """Return the address of the page of a matter's case."""
    return f"{matter.public_address}/cases/{matter.case.id}"


OVERDUE = ("overdue", "just_past")
SLIPPED = ("slipped", "just_slipped")
UNDATED = ("open", "before", "points", "year")
SECTIONS: Mapping[str, Sequence[str]] = {
    "overdue": OVERDUE,
    "today": ("today",),
    "soon": ("soon", "last_working_day"),
    "planned": ("planned_today", "planned_soon"),
    "slipped": SLIPPED,
    "asked": ("asked",),
    "open": UNDATED,
}
"""The sections of a list by urgency, each with the words (`DayRelation`) of the deadlines it holds."""


def subject(relation: DayRelation, arguments: Mapping[str, object], language: str) -> str:
    """Return a deadline in one line: how urgent it is, its title, how near its day."""
    section = next(name for name, words in SECTIONS.items() if relation.word in words)
    code = "web.desk.group.slipped" if section == "slipped" else f"digest.heading_{section}"
    when = say(f"digest.when_{relation.word}", arguments, language)
    return say("letter.subject", {**arguments, "section": say(code, {}, language), "when": when}, language)


def page(matter: Matter, calendar: Kazakhstan, *, language: str, today: date) -> LetterPage:
    """Return the page about a due date, a plan date or an open duty, for the local day `today`."""
    deadline = matter.deadline
    day, now = relation_to_matter(matter, calendar, today=today)
    arguments = {
        "title": deadline.obligation.title,
        "due": day,
        "left": now.left,
        "late": now.late,
        "today": today,
    }
    # A due date counted from a day that passed unrecorded is explained no more: the table says what is awaited.
    explanation = deadline.explanation if deadline.due is None or holds_on(deadline, today) else ()
    sections = (
        LetterSection(
            heading=say(_heading(matter), {}, language),
            lines=tuple(LetterLine(text=sentence) for sentence in explain(explanation, language)),
        ),
        LetterSection(
            heading=say("letter.heading_do", {}, language),
            lines=tuple(_to_do(matter, language, late=today > day and not matter.undated)),
        ),
        LetterSection(
            heading=say("letter.heading_answer", {}, language),
            lines=tuple(
                LetterLine(text=text, link=link, below=True, is_button=True)
                for text, link in answer_links(matter, language)
            ),
        ),
        LetterSection(heading=say("letter.heading_who", {}, language), lines=tuple(_who(matter, language))),
    )
    return LetterPage(
        subject=subject(now, arguments, language),
        greeting=say("letter.greeting", {"name": matter.name}, language),
        lead=say(f"letter.lead_{now.word}", arguments, language),
        table=tuple(_table(matter, language, today=today)),
        sections=tuple(section for section in sections if section.lines),
        footer=say("letter.footer", {}, language),
    )


def _table(matter: Matter, language: str, *, today: date) -> Iterator[LetterLine]:
    """Yield the table at the top of a letter: object, unit, obligation, dates, force, evidence, points, act."""
    case, deadline, procedure = matter.case, matter.deadline, matter.procedure
    obligation = deadline.obligation

    def line(label: str, text: str, link: str | None = None) -> LetterLine:
        return _line(label, text, language, link)

    if about := object_names(case, procedure)[language]:
        kind = "body" if case.object in procedure.bodies else "object"
        yield line("analysed" if "analysis_started" in procedure.by_id else kind, about)
    if matter.unit:
        yield line("unit", matter.unit)
    kind = row_kind(deadline.id) or ("question" if obligation.options else "obligation")
    yield line(kind, with_period(obligation.title, deadline.period, language))
    if row_kind(deadline.id) != "assignment" and obligation.stage in procedure.stage_title:
        yield line("stage", procedure.stage_title[obligation.stage][language])
    yield from _dates(matter, language, today=today)
    yield line("force", say(f"letter.force_{obligation.force}", {}, language))
    if obligation.practice:
        yield line("assumed", say("letter.practice", {}, language))
    if obligation.assumed:
        yield line("assumed", say("letter.assumed", {}, language))
    if obligation.evidence:
        yield line("proof", say("letter.evidence", {"kinds": obligation.evidence}, language))
    if matter.stake:
        code = "letter.points_to_lose" if matter.stake.deducted else "letter.points_to_earn"
        yield line("points", say(code, {"points": matter.stake.points}, language))
    act = procedure.acts.get(obligation.act)
    if act and act.address:
        yield line("act", act.short[language], act.address)
    yield line("case", case.id)


def _dates(matter: Matter, language: str, *, today: date) -> Iterator[LetterLine]:
    """Yield the planned day and the due date, what it waits for, and how certain it is."""
    deadline = matter.deadline

    def line(label: str, text: str) -> LetterLine:
        return _line(label, text, language)

    if matter.planned:
        yield line("planned_for", say("letter.due", {"on": deadline.planned_on}, language))
    if deadline.due and holds_on(deadline, today):
        yield line("due_by", say("letter.due", {"on": deadline.due}, language))
    if lateness(deadline, today=today).waiting_for:
        awaited = awaited_elements(deadline, matter.procedure, today=today)
        # The label says that it waits.
        first = (replace(element, code=f"letter.{element.code}") for element in awaited[:1])
        yield line("waits", " ".join(explain((*first, *awaited[1:]), language)))
    if deadline.earliest and deadline.latest and deadline.earliest != deadline.latest:
        ends = {"earliest": deadline.earliest, "latest": deadline.latest}
        yield line("range", say("letter.range", ends, language))
    if deadline.safe_by and deadline.safe_by != deadline.due and deadline.safe_by >= today:
        yield line("safe_by", say("letter.due", {"on": deadline.safe_by}, language))
    if deadline.due and (certainty := _certainty(deadline)):
        yield line("certainty", say(f"letter.certainty_{certainty}", {}, language))


def _line(label: str, text: str, language: str, link: str | None = None) -> LetterLine:
    """Return a line of the table, by the code of its label."""
    return LetterLine(label=say(f"head.{label}", {}, language), text=text, link=link)


def _heading(matter: Matter) -> str:
    """Return the heading of the explanation: of the due date, of the act's term beside a plan date, or of a
    decision.
    """
    if matter.undated:
        return "letter.heading_question" if matter.deadline.obligation.options else "letter.heading_term"
    return "letter.heading_term" if matter.planned else "letter.heading_why"


def _certainty(deadline: Deadline) -> str:
    """Return why a due date may still move: the day it counts from is `planned` or `derived`, or the calendar
    `provisional`; "" if it cannot move.
    """
    if deadline.status != "planned":
        return "" if deadline.status == "firm" else deadline.status
    return deadline.anchor if deadline.anchor in ("planned", "derived") else ""


def _to_do(matter: Matter, language: str, *, late: bool) -> Iterator[LetterLine]:
    """Yield what the reader is to do, with the address of the case's page."""
    deadline = matter.deadline
    word = "letter.do_planned" if matter.planned and late else "letter.do_late" if late else "letter.do"
    word = "letter.do_decide" if deadline.obligation.options else word
    yield LetterLine(text=say(word, {}, language))
    yield LetterLine(text=say("letter.link_case", {}, language), link=case_page(matter))
    anchor = matter.procedure.by_id.get(deadline.anchor_fact or "")
    if anchor is not None and deadline.anchor == "planned" and matter.about_due_date:
        yield LetterLine(text=say("letter.do_replan", {"title": anchor.title}, language))


def answer_links(matter: Matter, language: str) -> tuple[tuple[str, str], ...]:
    """Return what the recipient may answer without log-in, with the addresses; nothing where confidential, and
    one who is only notified can only acknowledge.
    """
    if not matter.answer or matter.confidential:
        return ()
    answers = ["acknowledged"] + (["said_done", "not_mine"] if matter.recipient_is_responsible else [])
    return tuple(
        (say(f"answer.{answer}", {}, language), f"{matter.answer}?say={answer}")
        for answer in answers
        if answer != "said_done" or not matter.deadline.obligation.options
    )


def _who(matter: Matter, language: str) -> Iterator[LetterLine]:
    """Yield why the reader gets the letter, and who else does."""
    if matter.recipient is not None:
        kind = row_kind(matter.deadline.id) if matter.recipient.why == "named" else ""
        why = f"named_{kind}" if kind in ("measure", "assignment") else matter.recipient.why
        words = in_place_of(matter, language) or say(f"why.{why}", {}, language)
        yield LetterLine(text=say("letter.why", {"why": words}, language))
    if matter.others:
        yield LetterLine(text=say("letter.others", {"people": matter.others}, language))


def in_place_of(matter: Matter, language: str) -> str:
    """Return in whose place the reader gets the reminder, a deputy or one whom it cannot reach, and why; "" for
    nobody's.
    """
    recipient = matter.recipient
    if recipient is None or recipient.instead_of is None or recipient.why not in ("deputy", "unreachable"):
        return ""
    return f"{say(f'why.{recipient.why}', {}, language)}: {recipient.instead_of.name_in(language)}"
