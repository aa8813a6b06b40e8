"""Duties of a yearly case that register rows carry out: facts recorded, corrected and withdrawn to match the
rows.

A row never changes a fact recorded by a person, nor adds a second fact beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, count

from calendars.terms import PerPeriod
from workflow.cases.case import EventDraft, Evidence, Fact, evidence_payload
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.commands.withdrawals import withdrawal
from workflow.deadlines.applicability import is_asked_of
from workflow.law.procedure import Procedure

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
    recorded stay.

    Args:
        duties: name of a fact with its period -> every row that carries it out, by their days.
        ground: of corrections and withdrawals; "" for the name of the row.
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
    for a row of the same day as a fact recorded by a person.

    Args:
        facts: those of the period by name; the new ones are added to it.
        withdrawn_facts: by row; the new fact of a row that moved to another period takes over what was added.
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
            payload = {"row": row.row, "ground": ground or row.row, **_numbers(values)}
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
        fact = withdrawn_facts.get(row.row)
        facts[key] = Fact(name=key, on=row.on, row=row.row)
        yield "fact", key, row.on, _payload(row, fact)


def _payload(row: DutyRow, before: Fact | None) -> dict[str, object]:
    """Return the payload of the fact of a row, with what was added to the fact before it moved."""
    payload: dict[str, object] = {"row": row.row}
    evidence = dict.fromkeys((*row.evidence, *(before.evidence if before else ())))
    if evidence:
        payload["evidence"] = evidence_payload(evidence)
    payload |= _numbers({**(before.values if before else {}), **row.values})
    if before is not None and before.signed_by:
        payload["signed_by"] = before.signed_by
    return payload


def _numbers(values: Mapping[str, Decimal]) -> dict[str, object]:
    """Return numbers as payload values; empty for none."""
    return {"values": {name: f"{value:f}" for name, value in sorted(values.items())}} if values else {}
