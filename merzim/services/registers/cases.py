"""Cases that register rows lead: those they open, and yearly ones whose duties they carry out (`[[fulfils]]`).

The deadlines belong to the case. Past dates of a row are facts of the case it opened, future ones plan dates;
each change of the row is repeated there: recorded, corrected with a ground, withdrawn, or cancelled. A row and
the facts it carries out are written together; the first round of a day, and of a process, compares whole years,
the others the cases somebody changed that day. Comparing again changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from pathlib import PurePath
from typing import Any, NamedTuple, TypeAlias

from calendars.hours import moment_of
from calendars.terms import period_of
from i18n import say
from merzim.services.app import AppContext
from merzim.services.context import RequestContext, write_case
from merzim.services.registers.results import cell_text, field_view, values_view
from merzim.storage.cases.ledger import cases_beginning_on
from workflow.cases.case import Case, Evidence, Fact
from workflow.cases.commands import recording, statuses, withdrawals
from workflow.cases.commands.case_commands import Drafts, Opening, View
from workflow.cases.commands.recording import DutyRow, agrees_with_rows, row_changes
from workflow.cases.commands.statuses import edit_passport
from workflow.languages import PAPER_LANGUAGES
from workflow.law.procedure import Recurrence
from workflow.moments import Moment
from workflow.org.access import EVERYTHING, AuditFilter
from workflow.org.kinds import among
from workflow.org.office import Office
from workflow.registers.definition import Fulfilment, Register
from workflow.registers.rows import RegisterRow, fact_fields, name_in
from workflow.registers.values import Values, as_date, holds, is_filled

MAX_CHANGED = 500
"""Above so many changes in a day, whole years are compared."""
COMPARED = "rows"
"""The task of comparing whole years, once a day."""


def opening_of(ctx: RequestContext, register: Register, row: RegisterRow) -> Opening | None:
    """Return the request to open the case of a row; None if it opens none (yet), or its procedure does not bind
    the row's unit: for its kind (unknown fits) or since nobody there or above adopted its act.
    """
    opens, office = register.opens, ctx.reads.office()
    if opens is None or not holds(opens.when, row.values):
        return None
    procedure = ctx.library.latest(opens.procedure)
    fits = among(office.kind_of(row.unit), procedure.applies_to)
    if not (fits and ctx.library.binds(procedure.adopted_act, office, row.unit)):
        return None
    days = fact_days(register, row)
    # What happened before the first edition is kept too, under that one.
    edition = ctx.library.on(opens.procedure, min(days.values(), default=ctx.today))
    kk, ru = (_object(register, row, office, language) for language in PAPER_LANGUAGES)
    return Opening(
        procedure=opens.procedure,
        edition=edition.edition,
        unit=row.unit,
        object=ru,
        object_kk=kk if kk != ru else "",
        object_ru=ru if kk != ru else "",
        person=str(row.values.get(opens.person) or "") if opens.person else "",
        planned={fact: day for fact, day in days.items() if day > ctx.today},
        facts={fact: day for fact, day in days.items() if day <= ctx.today},
        responsible=_responsible(register, row),
        row=row.id,
    )


def fact_days(register: Register, row: RegisterRow) -> dict[str, date]:
    """Return the local days a row gives to facts of its case: past ones are facts, future ones plan dates."""
    pairs = fact_fields(register, row.values)
    return {fact: day for field, fact in pairs if (day := as_date(row.values.get(field))) is not None}


def reserve_cases(
    ctx: RequestContext, register: Register, rows: Sequence[RegisterRow]
) -> Mapping[str, tuple[Opening, str]]:
    """Return row -> the request to open its case, and the id reserved for that; without rows that open none."""
    openings = {row.id: opening for row in rows if (opening := opening_of(ctx, register, row))}
    ids = ctx.case_commands.reserve([*openings.values()], today=ctx.today) if openings else ()
    return dict(zip(openings, zip(openings.values(), ids, strict=True), strict=True))


def open_cases(
    ctx: RequestContext,
    register: Register,
    rows: Sequence[RegisterRow],
    cases: Mapping[str, tuple[Opening, str]],
) -> None:
    """Open the cases reserved for some of these rows, with what the rows prove their facts by."""
    if cases:
        openings, ids = zip(*cases.values(), strict=True)
        ctx.case_commands.open_many(openings, ids=ids, at=ctx.moment)
    for row in rows:
        if row.id in cases:
            _prove(ctx, register, replace(row, values={}), row)


def _prove(ctx: RequestContext, register: Register, before: RegisterRow, after: RegisterRow) -> None:
    """Record the files and links of a row as evidence of the facts of its case, if that is active: of those
    without any, else of those its predecessor proved. Of a confidential register it is restricted there, and
    named after the row.
    """
    places: dict[str, list[str]] = {}
    for fact, field in register.opens.evidence.items() if register.opens is not None else ():
        if is_filled(after.values.get(field)):
            places.setdefault(field, []).append(fact)
    case = ctx.app.ledger.case(after.opened_case) if places else None
    if case is None or case.status != "active":
        return
    for field, names in places.items():
        facts = [case.facts[name] for name in names if name in case.facts]
        new, old = (_reference(row.values.get(field)) for row in (after, before))
        proved = {fact.name: {item.reference for item in fact.evidence} for fact in facts}
        if any(new in references for references in proved.values()):
            continue
        without = [fact for fact in facts if not fact.evidence]
        for known_fact in without or [fact for fact in facts if not old or old in proved[fact.name]]:
            kinds = ctx.library.of(case).by_id[known_fact.name].evidence
            item = _evidence(ctx, register, after, after.values[field], kinds)
            write_case(ctx, case.id, recording.record, known_fact.name, on=known_fact.on, evidence=[item])


def _reference(value: object) -> str:
    """Return the digest of a file, or a link; "" for neither."""
    return str(value["sha256"] if isinstance(value, Mapping) else value or "")


def _evidence(
    ctx: RequestContext, register: Register, row: RegisterRow, value: object, kinds: Sequence[str]
) -> Evidence:
    """Return a file or link of a row as evidence, of the first kind asked of its fact that it can be."""
    is_file = isinstance(value, Mapping)
    prefix, usual = ("document:", "document:materials") if is_file else ("link:", "link:site")
    item = as_evidence(next((kind for kind in kinds if kind.startswith(prefix)), usual), value)
    if not register.confidential:
        return item
    language = ctx.app.settings.office.language
    ground = say("register.of_confidential", {"register": register.title[language]}, language)
    name = row.id + PurePath(item.name).suffix.lower() if item.name else item.name
    return replace(item, name=name, restricted=ground)


def follow_row(
    ctx: RequestContext, register: Register, before: RegisterRow, after: RegisterRow, *, ground: str
) -> None:
    """Apply a row's changes to the case it opened, if any; a withdrawn row cancels an active one. Raises
    Refusal as the case does; the row is then not written.
    """
    case_id = before.opened_case
    case = ctx.app.ledger.case(case_id) if case_id else None
    if case is None:
        return
    if after.withdrawn:
        if case.status == "active":
            write_case(ctx, case_id, statuses.cancel, ground=ground)
        return
    old, new = fact_days(register, before), fact_days(register, after)
    changed_facts = [fact for fact in dict.fromkeys((*old, *new)) if old.get(fact) != new.get(fact)]
    happened = {fact for fact, day in new.items() if day <= ctx.today}
    ground = ground or after.id
    edit = _passport_edit(ctx, register, case, before, after)
    write_case(ctx, case_id, edit_passport, kind_of=ctx.reads.office().kind_of, **edit)
    for fact in changed_facts:
        # What the row no longer supports: the fact itself, its plan date.
        if fact in case.facts and fact not in happened:
            write_case(ctx, case_id, withdrawals.withdraw, fact, ground=ground)
        if fact in case.planned and fact not in new:
            write_case(ctx, case_id, withdrawals.withdraw, f"plan.{fact}", ground=ground)
    for fact in changed_facts:
        if fact in new and fact not in happened:
            write_case(ctx, case_id, recording.replan, {fact: new[fact]}, of_row=True)
        elif fact in new and fact in case.facts:
            write_case(ctx, case_id, recording.correct, fact, on=new[fact], ground=ground)
        elif fact in new:
            write_case(ctx, case_id, recording.record, fact, on=new[fact])
    _prove(ctx, register, before, after)


def _passport_edit(
    ctx: RequestContext, register: Register, case: Case, before: RegisterRow, after: RegisterRow
) -> dict[str, Any]:
    """Return the passport changes that follow from a changed row: subject (unless a user has reworded it in the
    case), person, responsible people.
    """
    office, opens = ctx.reads.office(), register.opens
    old, new = (
        [_object(register, row, office, language) for language in PAPER_LANGUAGES] for row in (before, after)
    )
    stored_object = [case.object_kk or case.object, case.object_ru or case.object]
    kk, ru = new if old != new and old == stored_object else (None, None)
    was, people = _responsible(register, before), _responsible(register, after)
    return {
        "object_kk": kk,
        "object_ru": ru,
        "person": str(after.values.get(opens.person) or "") if opens is not None and opens.person else None,
        "responsible": {**dict.fromkeys(was, ""), **people},
    }


def _responsible(register: Register, row: RegisterRow) -> dict[str, str]:
    """Return the keys of the people a row names as responsible, by obligation."""
    return {
        obligation: str(row.values[field])
        for obligation, field in (register.opens.responsible if register.opens else {}).items()
        if is_filled(row.values.get(field))
    }


def _object(register: Register, row: RegisterRow, office: Office, language: str) -> str:
    """Return the object of a row's case in words (at most 500 characters); "" if no field is named for it."""
    name = register.opens.object if register.opens else ""
    if not name:
        return ""
    text, key = field_view(register.fields[name]), str(row.values.get(name))
    return cell_text(text, values_view(row.values, {key: name_in(office, key)}), language)[:500]


class _Done(NamedTuple):
    """What a row carries out: the day that decides its period, and the key by which duplicates count once."""

    day: date
    key: object
    row: DutyRow


_Rows: TypeAlias = "Mapping[tuple[str, str], Sequence[_Done]]"
"""Case and fact -> what rows carry out there; of units the office no longer has under the case ""."""


def follow_duties(
    app: AppContext, register: Register, rows: Iterable[RegisterRow], *, ground: str = "", at: Moment
) -> None:
    """Record in yearly cases the facts that written rows carry out, in the name of the user who wrote them.
    `rows`: before and after the change, a withdrawn one only before; `ground`: for corrections and withdrawals.
    """
    carried = _carried(register, rows)
    for year in sorted({year for year, _, _ in carried}):
        duties = _YearDuties(app, year, today=at.today)
        cases = {duties.case_of(procedure, unit) for of_year, procedure, unit in carried if of_year == year}
        for case in sorted(cases - {""}):
            _follow(app, duties, case, ground=ground, at=at)


def _carried(register: Register, rows: Iterable[RegisterRow]) -> set[tuple[int, str, str]]:
    """Return the years, procedures and units whose yearly cases rows carry out duties of."""
    return {
        (day.year, rule.procedure, row.unit)
        for row in rows
        for rule in register.fulfils
        if (day := _period_day(rule, row.values)) is not None
    }


def record_year(app: AppContext, year: int, *, among: Collection[str] | None = None, at: Moment) -> None:
    """Make the yearly cases match the register rows that carry out their facts. `among`: only these cases."""
    duties = _YearDuties(app, year, today=at.today)
    cases = [case for case in duties.cases.values() if among is None or case in among]
    rows = duties.rows() if cases else {}
    for case in app.ledger.cases(cases).values():
        view = app.case_commands.view_of(case, today=at.today)
        if not agrees_with_rows(view, duties.of_case(view, rows)):
            _follow(app, duties, case.id, ground="", at=at)


def _follow(app: AppContext, duties: _YearDuties, case_id: str, *, ground: str, at: Moment) -> None:
    """Make a case match the rows, which are read after the case, so that a fact recorded meanwhile is never
    mistaken for one whose row is gone.
    """

    def changes(view: View) -> Drafts:
        rows_by_fact = duties.of_case(view, duties.rows(duties.units_of(view.case)))
        rows = {row.row for duty_rows in rows_by_fact.values() for row in duty_rows}
        recorded = [fact for fact in view.case.facts.values() if fact.name.partition("#")[0] in rows_by_fact]
        if any(fact.row and fact.row not in rows for fact in recorded):
            # The row was deleted, or its unit no longer belongs to the case.
            rows_by_fact = duties.of_case(view, duties.rows())
        return row_changes(view, rows_by_fact, ground=ground)

    app.case_commands.write(case_id, at, changes)


def record_due_rows(app: AppContext, *, at: Moment) -> None:
    """Record what the rows of this year and the previous one carry out up to today; part of a round."""
    today = at.today
    changed: frozenset[str] | None = None
    if app.process.last_days.get(COMPARED) == today:
        query = AuditFilter(topics=("case",), since=moment_of(today, time()))
        entries, more = app.reads.audit(query, scope=EVERYTHING, limit=MAX_CHANGED)
        changed = None if more else frozenset(entry.case for entry in entries)
    for year in (today.year - 1, today.year) if changed is None or changed else ():
        record_year(app, year, among=changed, at=replace(at, by="merzim"))
    app.process.last_days[COMPARED] = today


def duties_of(app: AppContext, register: Register, row: RegisterRow, *, today: date) -> list[tuple[str, Fact]]:
    """Return the facts recorded from a row, each with its case, ordered by day."""
    cases = {_YearDuties(app, year, today=today).case_of(*of) for year, *of in _carried(register, [row])}
    found = app.ledger.cases(sorted(cases - {""})).values()
    facts = [(case.id, fact) for case in found for fact in case.facts.values() if fact.row == row.id]
    return sorted(facts, key=lambda case_fact: case_fact[1].on)


class _YearDuties:
    """The rows of a year that carry out duties, and the cases they belong to; read on demand."""

    def __init__(self, app: AppContext, year: int, *, today: date) -> None:
        self._app, self._year, self._today = app, year, today
        self._lists, self._office = app.register_lists, app.reads.office()

    @cached_property
    def _carriers(self) -> Sequence[tuple[Register, Fulfilment]]:
        """The rules that carry out facts, with their registers with rows, in force at the end of the year."""
        registers = self._app.registers.all_on(min(self._today, date(self._year, 12, 31)))
        fulfilling = [register for register in registers if register.fulfils]
        kept = self._lists.registers_having() if fulfilling else ()
        return [(register, rule) for register in fulfilling if register.id in kept for rule in register.fulfils]

    @cached_property
    def cases(self) -> Mapping[tuple[str, str], str]:
        """(Procedure, unit) -> the active case of the year."""
        library = self._app.library
        names = {rule.procedure for _, rule in self._carriers} & {*library.ids()}
        begins = {name: library.latest(name).begins_with for name in names}
        cases = cases_beginning_on(self._app.engine, begins, [date(self._year, 1, 1)], active_only=True)
        return {(case.procedure, case.unit): case.id for case in reversed(cases)}

    def case_of(self, procedure: str, unit: str) -> str:
        """Return the case of a unit, or of the nearest unit above it in its organisation; "" for none."""
        organisation = self._office.organisation(unit)
        for unit_above in self._office.above(unit):
            case = self.cases.get((procedure, unit_above), "")
            if case or unit_above == organisation:
                return case
        return ""

    def units_of(self, case: Case) -> list[str]:
        """Return the units whose rows belong to a case."""
        below = self._office.below(case.unit)
        return [unit for unit in below if self.case_of(case.procedure, unit) == case.id]

    def rows(self, units: Collection[str] | None = None) -> _Rows:
        """Return what the rows of the year carry out up to today. `units`: rows of these; None for all."""
        rows: dict[tuple[str, str], list[_Done]] = defaultdict(list)
        first, last = date(self._year, 1, 1), date(self._year, 12, 31)
        for register, rule in self._carriers:
            for record in self._lists.dated(register.id, rule.within, first, last, units):
                values: Values = record.shown
                day, on = _period_day(rule, values), as_date(values.get(rule.date))
                case = self.case_of(rule.procedure, record.unit)
                if day and on and on <= self._today and (case or record.unit not in self._office.units):
                    key = values.get(rule.distinct) or record.id
                    row = _duty_row(rule, record.id, on, values)
                    rows[case, rule.fact].append(_Done(day, key, row))
        return rows

    def of_case(self, view: View, rows: _Rows) -> Mapping[str, Sequence[DutyRow]]:
        """Return the rows that carry out facts of a case, by name of the fact with its period; () for a period
        without any, whose fact is withdrawn. Of rows with one key in a period the earliest counts.
        """
        case, procedure, rows_by_fact = view.case, view.procedure, dict[str, Sequence[DutyRow]]()
        recorded = {fact.row for fact in case.facts.values()}
        for fact in dict.fromkeys(rule.fact for _, rule in self._carriers):
            of, _, name = fact.partition(":")
            if of != procedure.id or name not in procedure.by_id:
                continue
            every = procedure.by_id[name].recurs
            months = (date(self._year, month, 1) for month in range(1, 13))
            once: dict[str, dict[object, DutyRow]] = {_period_name(name, every, month): {} for month in months}
            # The unit of a row may be gone from the office: what was recorded of it stays.
            stay = [done for done in rows.get(("", fact), ()) if done.row.row in recorded]
            for done in sorted((*rows.get((case.id, fact), ()), *stay), key=lambda done: done.row.on):
                once[_period_name(name, every, done.day)].setdefault(done.key, done.row)
            for period, of_period in once.items():
                rows_by_fact[period] = sorted(of_period.values(), key=lambda row: (row.on, row.row))
        return rows_by_fact


def _period_name(obligation: str, recurs: Recurrence | None, day: date) -> str:
    """Return the name of an obligation's fact of the period a day lies in."""
    return f"{obligation}.{period_of(day, recurs.every).name}" if recurs else obligation


def _period_day(fulfilment: Fulfilment, values: Values) -> date | None:
    """Return the day that decides the period of a row; None if the row carries out nothing."""
    on, day = as_date(values.get(fulfilment.date)), as_date(values.get(fulfilment.within))
    return day if on is not None and all(holds(condition, values) for condition in fulfilment.where) else None


def _duty_row(fulfilment: Fulfilment, row: str, on: date, values: Values) -> DutyRow:
    """Return the duty a row carries out, with evidence and numbers for the fact."""
    proof = [(kind, values.get(name)) for kind, name in fulfilment.evidence.items()]
    numbers = {name: values.get(field) for name, field in fulfilment.values.items()}
    return DutyRow(
        row=row,
        on=on,
        evidence=tuple(as_evidence(kind, value) for kind, value in proof if is_filled(value)),
        values={name: Decimal(str(value)) for name, value in numbers.items() if is_filled(value)},
    )


def as_evidence(kind: str, value: object) -> Evidence:
    """Return a link, or a stored file of a row, as evidence of a kind."""
    if not isinstance(value, Mapping):
        return Evidence(kind=kind, reference=str(value))
    name, type, size = (value.get(key) for key in ("name", "type", "size"))
    return Evidence(kind=kind, reference=str(value["sha256"]), name=name, type=type, size=size)
