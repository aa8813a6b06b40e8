"""Records, corrects and plans the facts of a case, answers its decisions, and names its readers.

Some duties of a yearly case are carried out by register rows: their facts are recorded, corrected and withdrawn
to match the rows. A row never changes a fact recorded by a person, nor adds a second fact beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, count

from calendars.kazakhstan import Kazakhstan
from calendars.terms import PerPeriod
from workflow.cases.case import AWAITED, EventDraft, EventKind, Evidence, Fact, evidence_payload, filled
from workflow.cases.commands.case_commands import Drafts, View, check_plan_date, require_ground
from workflow.cases.commands.withdrawals import withdrawal
from workflow.cases.registers.evidence_list import proofs
from workflow.deadlines.applicability import is_asked_of
from workflow.law.library import known_fact, known_option
from workflow.law.procedure import Obligation, Procedure
from workflow.org.office import DUTIES
from workflow.ports import Contradiction, OtherChange
from workflow.refusal import Refusal, closest_first


def record(
    view: View,
    fact: str,
    *,
    on: date,
    evidence: Iterable[Evidence] = (),
    values: Mapping[str, Decimal] | None = None,
    signed_by: str = "",
    remark: str = "",
    evidence_follows: bool = False,
) -> Drafts:
    """Record that a fact happened on a local date, with its evidence.

    If the fact is recorded with the same date, only new evidence and values are added; nothing new writes no
    event.

    Args:
        values: numbers recorded with the fact, by the names the obligation gives them.
        signed_by: duty of the person who signed or approved it.
        remark: a remark for readers of the history; nothing is computed from it.
        evidence_follows: records with a new fact that its evidence will be added later.

    Raises Contradiction: it is known with another date, number or signature, or its decision is answered
    otherwise. Raises Refusal: a date after today; an unknown fact, number or duty.
    """
    obligation, numbers, new = known_fact(view.procedure, fact), dict(values or {}), tuple(evidence)
    payload = _payload(obligation, numbers, signed_by)
    _require_past(obligation, on, view.calendar, view.today)
    for published in (item.published_on for item in new if item.published_on is not None):
        view.calendar.is_working_day(published)  # raises beyond the records
        if published > view.today:
            raise Refusal("evidence_in_future", title=obligation.title, on=published, today=view.today)
    _require_unanswered(view, fact)
    recorded = view.case.facts.get(fact)
    if recorded is not None:
        if recorded.on != on:
            raise _contradiction("fact_known", recorded, title=obligation.title, on=on, known=recorded.on)
        new = tuple(item for item in new if item not in recorded.evidence)
        payload = _payload(obligation, *_missing_details(obligation, recorded, numbers, signed_by))
        if not new and not payload and not remark:
            return ()
    kind: EventKind = "evidence" if recorded is not None else "fact"
    payload |= filled(evidence=evidence_payload(new), remark=remark)
    drafts: list[EventDraft] = [(kind, fact, on, payload)]
    if evidence_follows and recorded is None and obligation.evidence and not new:
        promised: dict[str, object] = {"what": "evidence_follows", "kinds": list(obligation.evidence)}
        drafts.append(("notice", fact, on, promised))
    return drafts


def decide(
    view: View,
    decision: str,
    option: str,
    *,
    on: date,
    evidence: Iterable[Evidence] = (),
    decided_by: str = "",
    remark: str = "",
) -> Drafts:
    """Answer a decision by recording the fact its option names. `decided_by`: duty of the person who decided.

    Raises Refusal: no such decision or option, one that cannot be answered now, or as `record`; another answer
    is withdrawn first.
    """
    fact = known_option(view.procedure, decision, option).fact
    _require_answerable(view, decision)
    return record(view, fact, on=on, evidence=evidence, signed_by=decided_by, remark=remark)


def correct(
    view: View,
    fact: str,
    *,
    on: date,
    ground: str,
    values: Mapping[str, Decimal] | None = None,
    signed_by: str = "",
) -> Drafts:
    """Correct a recorded fact: its date, its numbers or its signatory, with the ground; writes nothing where
    all of them are recorded so already.

    Raises Refusal: as `record`; no ground, nothing recorded, or another day for what a register row made.
    """
    obligation = known_fact(view.procedure, fact)
    payload = _payload(obligation, values or {}, signed_by)
    require_ground(ground)
    recorded = view.case.facts.get(fact)
    if recorded is None:
        raise Refusal("nothing_to_correct", title=obligation.title)
    _require_past(obligation, on, view.calendar, view.today)
    same = all(recorded.values.get(name) == value for name, value in (values or {}).items())
    if recorded.on == on and same and signed_by in ("", recorded.signed_by):
        return ()
    if recorded.row and recorded.on != on:
        raise Refusal("fact_of_row", title=obligation.title, row=recorded.row)
    return [("corrected", fact, on, {**payload, "ground": ground})]


def replan(view: View, planned: Mapping[str, date], *, of_row: bool = False) -> Drafts:
    """Set plan dates of facts (local dates) that change anything. `of_row`: as in `check_plan_date`."""
    for fact, on in planned.items():
        known_fact(view.procedure, fact)
        check_plan_date(on, view.calendar, of_row=of_row)
    return [("planned", fact, on, {}) for fact, on in planned.items() if view.case.planned.get(fact) != on]


def name_reader(view: View, person: str) -> Drafts:
    """Give a person access to a confidential case, or to the restricted documents of another case.

    A case that is neither confidential nor has such a document needs no readers: nothing is written.
    """
    case = view.case
    closed = case.confidential or any(proved_item.evidence.restricted for proved_item in proofs(case))
    return [("reader_named", person, None, {})] if closed and person not in case.readers else ()


def remove_reader(view: View, person: str, *, ground: str) -> Drafts:
    """End a person's access to a confidential case; people notified of it by letter keep theirs."""
    require_ground(ground)
    return [("reader_removed", person, None, {"ground": ground})] if person in view.case.readers else ()


def _require_past(obligation: Obligation, on: date, calendar: Kazakhstan, today: date) -> None:
    """Raise Refusal for a day after today, OutOfRange for one beyond the records."""
    if on > today:
        raise Refusal("fact_in_future", title=obligation.title, on=on, today=today)
    calendar.is_working_day(on)


def _require_unanswered(view: View, fact: str) -> None:
    """Raise Contradiction where the decision a fact answers has another answer."""
    question = view.procedure.answered_by.get(fact)
    answer = question.answer(view.case.facts) if question else None
    if question and answer and answer.fact != fact:
        known = view.case.facts[answer.fact]
        raise _contradiction(
            "answered_otherwise", known, title=question.title, answer=answer.title, on=known.on
        )


def _require_answerable(view: View, decision: str) -> None:
    """Raise Refusal unless the decision can be answered now, naming what would open its branch."""
    case, procedure = view.case, view.procedure
    by_id = {deadline.id: deadline for deadline in view.deadlines}
    question = by_id[decision]
    if question.state != "not_required":
        return
    title = question.obligation.title
    free = case.status != "active" or decision in case.exempted
    opener = None if free or not is_asked_of(case, procedure, question.obligation) else question.obligation.when
    while opener is not None:
        first = procedure.answered_by.get(opener) or procedure.by_id.get(opener)
        before = by_id.get(first.id) if first else None
        if first is None or before is None or before.state not in (*AWAITED, "not_required"):
            break
        if before.state != "not_required":
            answer = next((option.title for option in first.options if option.fact == opener), None)
            code = "decision_after_answer" if answer else "decision_after_fact"
            raise Refusal(code, title=title, case=case.id, first=first.title, answer=answer)
        opener = first.when
    raise Refusal("decision_not_asked", title=title, case=case.id)


def _contradiction(code: str, recorded: Fact, **arguments: object) -> Contradiction:
    """Return the refusal of what contradicts a recorded fact; it says by whom and when that was recorded."""
    by, at = recorded.by, recorded.at
    change = OtherChange(kind="fact", name=recorded.name, on=recorded.on, by=by, at=at)
    return Contradiction(code, changes=(change,), by=by, at=at, **arguments)


def _payload(obligation: Obligation, values: Mapping[str, Decimal], signed_by: str) -> dict[str, object]:
    """Return numbers and signatory of a fact as payload values, nothing empty. Raises Refusal: unknown ones."""
    for name in values:
        if name not in obligation.values:
            code = "unknown_value" if obligation.values else "fact_without_values"
            allowed = closest_first(name, obligation.values)
            raise Refusal(code, value=name, title=obligation.title, allowed=allowed)
    if signed_by and signed_by not in DUTIES:
        raise Refusal("unknown_duty", duty=signed_by, allowed=closest_first(signed_by, DUTIES))
    return filled(values=_numbers(values), signed_by=signed_by)


def _missing_details(
    obligation: Obligation, recorded: Fact, values: Mapping[str, Decimal], signed_by: str
) -> tuple[dict[str, Decimal], str]:
    """Return the numbers and signatory not recorded yet. Raises Contradiction: one is recorded otherwise."""
    for name, value in values.items():
        known = recorded.values.get(name, value)
        if known != value:
            raise _contradiction(
                "value_known", recorded, title=obligation.title, value=name, known=known, given=value
            )
    if signed_by and recorded.signed_by not in ("", signed_by):
        signatory = recorded.signed_by
        raise _contradiction(
            "signatory_known", recorded, title=obligation.title, known=signatory, given=signed_by
        )
    new = {name: value for name, value in values.items() if name not in recorded.values}
    return new, "" if signed_by == recorded.signed_by else signed_by


MAX_RECORDED = 50
"""Maximum rows of one period recorded in a case; no duty requires more, and points count the others in the
register.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyRow:
    """A register row that carries out a duty: the local day it was done, its evidence, the numbers with it."""

    row: str
    on: date
    evidence: tuple[Evidence, ...] = ()
    values: Mapping[str, Decimal] = field(default_factory=dict)


def row_changes(view: View, duties: Mapping[str, Sequence[DutyRow]], *, ground: str = "") -> Drafts:
    """Return the changes to an active case: first the facts that rows no longer support, then those they
    support now; none for duties that the case does not have. Repeated, they change nothing. Facts a person
    recorded stay. `duties`: name of a fact with its period -> every row that carries it out, by their days.
    `ground`: of corrections and withdrawals; "" for the name of the row.
    """
    gone, drafts = _compared(view, duties, ground)
    return [*(withdrawal(view, key, ground=ground or fact.row) for key, fact in gone.items()), *drafts]


def agrees_with_rows(view: View, duties: Mapping[str, Sequence[DutyRow]]) -> bool:
    """Return whether `row_changes` has nothing to change; a case read without its events will do."""
    return not any(_compared(view, duties, ""))


def _compared(
    view: View, duties: Mapping[str, Sequence[DutyRow]], ground: str
) -> tuple[dict[str, Fact], list[EventDraft]]:
    """Return the facts that rows no longer support, by name, and the drafts of those they support now."""
    case, procedure, gone, drafts = view.case, view.procedure, dict[str, Fact](), list[EventDraft]()
    if case.status != "active":
        return gone, drafts
    facts_by_period = {
        name: {key: fact for key, fact in case.facts.items() if key.partition("#")[0] == name}
        for name in duties
        if (obligation := procedure.by_id.get(name.partition(".")[0])) is not None
        and is_asked_of(case, procedure, obligation, name)
    }
    for name, facts in facts_by_period.items():
        rows = {"", *(row.row for row in duties[name])}
        gone |= {key: fact for key, fact in facts.items() if fact.row not in rows}
    gone_rows = {fact.row: fact for fact in gone.values()}
    for name, facts in facts_by_period.items():
        stay = {key: fact for key, fact in facts.items() if fact.row not in gone_rows}
        drafts += _of_period(procedure, name, duties[name], stay, gone_rows, ground)
    return gone, drafts


def _of_period(
    procedure: Procedure,
    name: str,
    rows: Sequence[DutyRow],
    facts: dict[str, Fact],
    withdrawn_facts: Mapping[str, Fact],
    ground: str,
) -> Iterator[EventDraft]:
    """Yield the changes to the facts of one period that stay or are new: as many as the period holds, and none
    for a row of the same day as a fact recorded by a person. `facts`: those of the period by name; the new ones
    are added to it. `withdrawn_facts`: by row; the new fact of a row that moved to another period takes over
    what was added.
    """
    keys = {fact.row: key for key, fact in facts.items() if fact.row}
    fact_days = [fact.on for fact in facts.values() if not fact.row]
    waiting = list[DutyRow]()
    for row in rows:
        fact = facts.get(keys.get(row.row, ""))
        if fact is None:
            waiting.append(row)
            continue
        values = {what: value for what, value in row.values.items() if fact.values.get(what) != value}
        if fact.on != row.on or values:
            payload = filled(row=row.row, ground=ground or row.row, values=_numbers(values))
            yield "corrected", keys[row.row], row.on, payload
        places = {(item.kind, item.reference) for item in fact.evidence}
        new = [item for item in row.evidence if (item.kind, item.reference) not in places]
        if new:
            yield "evidence", keys[row.row], row.on, {"row": row.row, "evidence": evidence_payload(new)}
    # A fact recorded by a person and a row of the register about the same event count once.
    for day in fact_days:
        same = next((row for row in waiting if row.on == day), None)
        waiting = [row for row in waiting if row is not same]
    obligation = procedure.by_id[name.partition(".")[0]]
    limit = MAX_RECORDED if obligation.several or isinstance(obligation.term, PerPeriod) else 1
    for row in waiting[: max(0, min(limit, len(rows)) - len(facts))]:
        names = chain([name], (f"{name}#{number}" for number in count(2)))
        key = next(key for key in names if key not in facts)
        before = withdrawn_facts.get(row.row, Fact(name=key, on=row.on))
        facts[key] = Fact(name=key, on=row.on, row=row.row)
        proofs_of_row = evidence_payload(dict.fromkeys((*row.evidence, *before.evidence)))
        values_of_row = _numbers({**before.values, **row.values})
        payload = filled(row=row.row, evidence=proofs_of_row, values=values_of_row, signed_by=before.signed_by)
        yield "fact", key, row.on, payload


def _numbers(values: Mapping[str, Decimal]) -> dict[str, str]:
    """Return numbers as payload values, by name."""
    return {name: f"{value:f}" for name, value in sorted(values.items())}
