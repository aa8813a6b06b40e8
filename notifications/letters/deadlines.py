"""What a letter says of one deadline: a line of a list, a page of its own, an item of a calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from i18n import explain, say, titled
from notifications.letters import LetterLine, render_letter
from notifications.notice import CalendarEntry, Letter, Notice, item_id
from workflow.cases.case import Case
from workflow.cases.registers.rows import period_in, row_kind
from workflow.deadlines.deadline import Deadline, holds_on, lateness
from workflow.deadlines.explanations import awaited_elements
from workflow.law.library import ALONE
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.org.office import Recipient
from workflow.reminders import PLAN_STEPS, offered_answers, undated_kind
from workflow.scoring.prospects import Stake

OVERDUE = ("overdue", "just_past")
SLIPPED = ("slipped", "just_slipped")
UNDATED = ("open", "before", "points", "year")
SECTIONS = {
    "overdue": OVERDUE,
    "today": ("today",),
    "soon": ("soon", "last_working_day"),
    "planned": ("planned_today", "planned_soon"),
    "slipped": SLIPPED,
    "asked": ("asked",),
    "open": UNDATED,
}
"""The sections of a list by urgency, each with the words (`DayRelation`) of the deadlines it holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayRelation:
    """How today relates to the day of a deadline: the word for it in codes of the catalogues, and the working
    days left to it, or gone since (`late`).
    """

    word: str
    day: date
    today: date
    left: int = 0
    late: int = 0

    def arguments(self) -> dict[str, object]:
        """Return the arguments of sentences about it."""
        return {"due": self.day, "today": self.today, "left": self.left, "late": self.late}


def relation_to(day: date, calendar: Kazakhstan, *, today: date, planned: bool = False) -> DayRelation:
    """Return the relation of today to a due date, or to a plan date (`planned`).

    Working days left exclude today and include the day; days late run from the day after it to today. Where
    none is left or late (only days off, or beyond the calendar's records) the word says so.
    """
    if today == day:
        return DayRelation(word="planned_today" if planned else "today", day=day, today=today)
    try:
        distance = calendar.distance(today, day)
    except OutOfRange:
        distance = 0
    if today < day:
        word = "planned_soon" if planned else "soon" if distance else "last_working_day"
        return DayRelation(word=word, day=day, today=today, left=distance)
    words = ("just_slipped", "slipped") if planned else ("just_past", "overdue")
    return DayRelation(word=words[distance != 0], day=day, today=today, late=-distance)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDeadline:
    """A deadline as a list names it. `id`: the obligation's with its period; `page`: address of the case's
    page; `people`: those who must act, empty if nobody is found.
    """

    case: Case
    procedure: Procedure
    obligation: Obligation
    id: str
    relation: DayRelation
    page: str
    people: tuple[Recipient, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """The case and the obligation's id with its period."""
        return self.case.id, self.id

    def is_for(self, person: str) -> bool:
        """Return whether a person (by key) must act on it, themselves or as a deputy."""
        return any(recipient.person.key == person for recipient in self.people)

    def whose(self, language: str) -> str:
        """Return who must act on it, in words; "nobody" where only the officer is told."""
        acting = (recipient.person for recipient in self.people if recipient.why != "officer")
        names = tuple(dict.fromkeys(person.name_in(language) for person in acting))
        code = "digest.who" if names else "digest.cause.nobody"
        return say(code, {"people": names}, language)

    @property
    def confidential(self) -> bool:
        """Whether the letter reveals only that something waits; the rest requires log-in."""
        return self.procedure.confidential

    @property
    def object_names(self) -> Text:
        """The name of the case's object by language, for a body as in the act; empty for a case without one,
        and for that of an assignment outside cases, which has its title as object.
        """
        if self.procedure.id == ALONE.id:
            return Text("", "", "")
        body = self.procedure.bodies.get(self.case.object)
        return body.title if body else Text(**self.case.object_names())

    def title(self, language: str) -> str:
        """Return the obligation's title, with the name of its period where it recurs."""
        return titled(self.obligation.title[language], period_in(self.id), language)


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter(ListedDeadline):
    """The deadline a notice is about, with all that its letter mentions.

    Attributes:
        unit: the unit's name, "" when the case has none; name: the recipient's.
        recipient: with the reason; None when the office has changed since the notice was queued.
        others: names of the other recipients of the reminder.
        answer: address at which the recipient answers without log-in; "" for none.
        stake: the points of the year at stake by it; None where nothing is.
    """

    notice: Notice
    deadline: Deadline
    unit: str
    name: str
    recipient: Recipient | None
    others: tuple[str, ...] = ()
    answer: str = ""
    stake: Stake | None = None

    @property
    def language(self) -> str:
        return self.notice.language

    @property
    def recipient_is_responsible(self) -> bool:
        """Whether the recipient must act on it, or is deputy of who must, and is not only notified of it."""
        told_only = self.recipient is None or self.recipient.why in ("copied", "officer", "unreachable")
        return not told_only and self.is_for(self.notice.person)

    @property
    def planned(self) -> bool:
        """Whether it is about the plan date and not the due date."""
        return self.notice.step in PLAN_STEPS

    @property
    def undated(self) -> str:
        """Of a duty without a due date what the letter says: "open", "before", "points"; "" for all others."""
        return undated_kind(self.notice.step)

    @property
    def about_due_date(self) -> bool:
        return not self.planned and not self.undated

    def say(self, code: str, **arguments: object) -> str:
        """Return a sentence in the recipient's language."""
        return say(code, arguments, self.language)

    def line(self, code: str, *, link: str | None = None) -> LetterLine:
        """Return a sentence as a line."""
        return LetterLine(text=self.say(code), link=link)


def list_line(listed: ListedDeadline, language: str, *, more: str = "") -> LetterLine:
    """Return a deadline as a line of a list: title, object, day, working days left or late, and force; of a
    confidential one the line says the day alone. `more`: text after it.
    """
    when = say(f"digest.when_{listed.relation.word}", listed.relation.arguments(), language)
    if listed.confidential:
        text = f"{say('digest.discreet', {}, language)} – {when}"
        return LetterLine(text=text, link=listed.page, below=True)
    subject = listed.title(language)
    if about := listed.object_names[language]:
        subject += f" ({about})"
    force = say(f"letter.force_{listed.obligation.force}", {}, language)
    text = "; ".join(filter(None, (f"{subject} – {when}", force, more)))
    return LetterLine(text=text, link=listed.page, below=True)


def urgency_line(listed: ListedDeadline, language: str) -> str:
    """Return a deadline in one line: how urgent it is, its title, how near its day."""
    arguments = {**listed.relation.arguments(), "title": listed.obligation.title}
    word = listed.relation.word
    section = next(name for name, words in SECTIONS.items() if word in words)
    code = "web.desk.group.slipped" if section == "slipped" else f"digest.heading_{section}"
    when = say(f"digest.when_{word}", arguments, language)
    return say("letter.subject", {**arguments, "section": say(code, {}, language), "when": when}, language)


def reminder_line(matter: Matter) -> LetterLine:
    """Return the deadline of a reminder as a line of a list, with its answers, and to whom it is only told who
    must act; below it why it is on its day, and what proves that it was done.
    """
    why = matter.recipient.why if matter.recipient else "unreachable"
    is_clear = matter.recipient_is_responsible or why == "unreachable"
    whose = "" if is_clear else matter.whose(matter.language)
    line = list_line(matter, matter.language, more="; ".join(filter(None, (in_place_of(matter), whose))))
    if matter.confidential:
        return line
    said = " ".join(explain(matter.deadline.explanation, matter.language))
    if proof := _proof(matter):
        said += f" {proof}."
    return replace(line, answers=answer_links(matter), note=said.strip())


def reminder_letter(matter: Matter) -> Letter:
    """Return the letter about one deadline, with its short form for chats; of a confidential one it says only
    that something waits.
    """
    if not matter.confidential:
        return _letter(matter)
    lead = matter.say("digest.awaits_lead")
    return render_letter(
        language=matter.language,
        subject=matter.say("digest.awaits_subject"),
        name=matter.name,
        lead=lead,
        sections={matter.say("letter.heading_do"): [matter.line("digest.awaits_do", link=matter.page)]},
        brief=f"{lead}\n{matter.page}",
    )


def _proof(matter: Matter) -> str:
    """Return what proves that it was done; "" where nothing is asked for."""
    kinds = matter.obligation.evidence
    return f"{matter.say('head.proof')}: {matter.say('letter.evidence', kinds=kinds)}" if kinds else ""


def _letter(matter: Matter) -> Letter:
    """Return the letter about a due date, a plan date or an open duty."""
    deadline, relation = matter.deadline, matter.relation
    arguments = {**relation.arguments(), "title": matter.obligation.title}
    # A due date counted from a day that passed unrecorded is explained no more: the table says what is awaited.
    is_valid = deadline.due is None or holds_on(deadline, relation.today)
    explanation = explain(deadline.explanation, matter.language) if is_valid else ()
    answers = [
        LetterLine(text=text, link=link, below=True, is_button=True) for text, link in answer_links(matter)
    ]
    # In a chat, below the subject: the object, the evidence, where it is done.
    place = " · ".join(filter(None, (matter.object_names[matter.language], matter.unit, matter.case.id)))
    brief = "\n".join(filter(None, (place, _proof(matter), f"{matter.page}#{matter.id}")))
    return render_letter(
        language=matter.language,
        subject=urgency_line(matter, matter.language),
        name=matter.name,
        lead=matter.say(f"letter.lead_{relation.word}", **arguments),
        table=_table(matter),
        sections={
            matter.say(_heading(matter)): [LetterLine(text=sentence) for sentence in explanation],
            matter.say("letter.heading_do"): [*_to_do(matter)],
            matter.say("letter.heading_answer"): answers,
            matter.say("letter.heading_who"): [*_who(matter)],
        },
        brief=brief,
    )


def _table(matter: Matter) -> list[LetterLine]:
    """Return the table at the top of a letter: what is to be done by whom and when, its force and its act."""
    procedure, obligation, say = matter.procedure, matter.obligation, matter.say
    about = "body" if matter.case.object in procedure.bodies else "object"
    row, stage = row_kind(matter.id), procedure.stage_title.get(obligation.stage)
    act = procedure.acts.get(obligation.act)
    points = "to_lose" if matter.stake and matter.stake.deducted else "to_earn"
    kinds, stake = obligation.evidence, matter.stake
    texts = (
        ("analysed" if "analysis_started" in procedure.by_id else about, matter.object_names[matter.language]),
        ("unit", matter.unit),
        (row or ("question" if obligation.options else "obligation"), matter.title(matter.language)),
        ("stage", stage[matter.language] if stage and row != "assignment" else ""),
        *_dates(matter),
        ("force", say(f"letter.force_{obligation.force}")),
        ("assumed", say("letter.practice") if obligation.practice else ""),
        ("assumed", say("letter.assumed") if obligation.assumed else ""),
        ("proof", say("letter.evidence", kinds=kinds) if kinds else ""),
        ("points", say(f"letter.points_{points}", points=stake.points) if stake else ""),
        ("act", act.short[matter.language] if act and act.address else ""),
        ("case", matter.case.id),
    )
    return [
        LetterLine(label=say(f"head.{label}"), text=text, link=act.address if act and label == "act" else None)
        for label, text in texts
        if text
    ]


def _dates(matter: Matter) -> Iterator[tuple[str, str]]:
    """Yield the planned day and the due date, what it waits for, and how certain it is, each with its label."""
    deadline, today = matter.deadline, matter.relation.today
    if matter.planned:
        yield "planned_for", matter.say("letter.due", on=deadline.planned_on)
    if deadline.due and holds_on(deadline, today):
        yield "due_by", matter.say("letter.due", on=deadline.due)
    if lateness(deadline, today=today).waiting_for:
        awaited = awaited_elements(deadline, matter.procedure, today=today)
        # The label says that it waits.
        first = (replace(element, code=f"letter.{element.code}") for element in awaited[:1])
        yield "waits", " ".join(explain((*first, *awaited[1:]), matter.language))
    if deadline.earliest and deadline.latest and deadline.earliest != deadline.latest:
        yield "range", matter.say("letter.range", earliest=deadline.earliest, latest=deadline.latest)
    if deadline.safe_by and deadline.safe_by != deadline.due and deadline.safe_by >= today:
        yield "safe_by", matter.say("letter.due", on=deadline.safe_by)
    if deadline.due and (certainty := _certainty(deadline)):
        yield "certainty", matter.say(f"letter.certainty_{certainty}")


def _certainty(deadline: Deadline) -> str:
    """Return why a due date may still move: the day it counts from is `planned` or `derived`, or the calendar
    `provisional`; "" if it cannot move.
    """
    if deadline.status != "planned":
        return "" if deadline.status == "firm" else deadline.status
    return deadline.anchor if deadline.anchor in ("planned", "derived") else ""


def _heading(matter: Matter) -> str:
    """Return the heading of the explanation: of the due date, of the act's term beside a plan date, or of a
    decision.
    """
    if matter.undated and matter.obligation.options:
        return "letter.heading_question"
    return "letter.heading_why" if matter.about_due_date else "letter.heading_term"


def _to_do(matter: Matter) -> Iterator[LetterLine]:
    """Yield what the reader is to do, with the address of the case's page."""
    late = matter.relation.today > matter.relation.day and not matter.undated
    word = "planned" if matter.planned else "late"
    yield matter.line(
        "letter.do_decide" if matter.obligation.options else f"letter.do_{word}" if late else "letter.do"
    )
    yield matter.line("letter.link_case", link=matter.page)
    anchor = matter.procedure.by_id.get(matter.deadline.anchor_fact or "")
    if anchor is not None and matter.deadline.anchor == "planned" and matter.about_due_date:
        yield LetterLine(text=matter.say("letter.do_replan", title=anchor.title))


def answer_links(matter: Matter) -> tuple[tuple[str, str], ...]:
    """Return what the recipient may answer without log-in, with the addresses; nothing where confidential."""
    if not matter.answer or matter.confidential:
        return ()
    answers = offered_answers(matter.obligation, theirs=matter.recipient_is_responsible)
    return tuple((matter.say(f"answer.{answer}"), f"{matter.answer}?say={answer}") for answer in answers)


def _who(matter: Matter) -> Iterator[LetterLine]:
    """Yield why the reader gets the letter, and who else does."""
    if matter.recipient is not None:
        kind = row_kind(matter.id) if matter.recipient.why == "named" else ""
        why = f"named_{kind}" if kind in ("measure", "assignment") else matter.recipient.why
        words = in_place_of(matter) or matter.say(f"why.{why}")
        yield LetterLine(text=matter.say("letter.why", why=words))
    if matter.others:
        yield LetterLine(text=matter.say("letter.others", people=matter.others))


def in_place_of(matter: Matter) -> str:
    """Return in whose place the reader gets the reminder, a deputy or one whom it cannot reach, and why; "" for
    nobody's.
    """
    recipient = matter.recipient
    if recipient is None or recipient.instead_of is None or recipient.why not in ("deputy", "unreachable"):
        return ""
    return f"{matter.say(f'why.{recipient.why}')}: {recipient.instead_of.name_in(matter.language)}"


def calendar_entry(matter: Matter, domain: str) -> CalendarEntry:
    """Return the deadline as an item for the recipient's calendar, on the day its notice tells of.

    Its sequence is the seconds from the opening of the case to the queueing of the letter: it rises from letter
    to letter, whatever has moved the date.
    """
    case, notice, language = matter.case, matter.notice, matter.language
    names = (matter.obligation.title[language], matter.object_names[language])
    force = f"{matter.say('head.force')}: {matter.say(f'letter.force_{matter.obligation.force}')}"
    since = (notice.queued_at - (case.opened_at or notice.queued_at)) // timedelta(seconds=1)
    return CalendarEntry(
        uid=item_id(case.id, matter.id, domain),
        sequence=max(0, since),
        on=notice.due,
        stamp=notice.queued_at,
        summary=" – ".join(filter(None, names)),
        text=f"{force}\n{' '.join(explain(matter.deadline.explanation, language))}",
        link=matter.page,
        status="CONFIRMED" if matter.deadline.status == "firm" else "TENTATIVE",
        language=language,
    )
