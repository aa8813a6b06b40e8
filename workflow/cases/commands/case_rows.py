"""Commands on the rows of a case's registers: risks, measures, exposed positions, remarks of the public; a plan
of measures is entered as rows.

Fields and actions of a row come from the definition of its register. Each command writes events of the case;
one that changes nothing writes none. An edit carries only the fields that changed: two people who change
different fields of a row both keep theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from calendars.terms import period_of
from workflow.cases.case import Case, Event, EventDraft, Evidence, evidence_payload, filled
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.commands.withdrawals import TITLE_LIMIT
from workflow.cases.registers.risks import CartogramLine, RiskScale, cartograms, lines_payload
from workflow.cases.registers.rows import (
    TITLE_OF,
    MeasureTerm,
    RowOfCase,
    data_of,
    next_number,
    next_row,
    rows_of,
    withdrawn_numbers,
)
from workflow.refusal import Refusal, closest_first
from workflow.registers.definition import Register, RegisterField, Registers, RowEntry
from workflow.registers.values import NO_NAMES, InvalidRow, checked_values
from workflow.search_words import plain

ALLOWED_LIMIT = 30
"""Maximum number of rows an error message names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRow:
    """A row to enter. `number`: None for the next free one; the number of an existing row changes that row."""

    register: str
    values: Mapping[str, object]
    number: int | None = None


Values = dict[str, object]
RowsByKind = Mapping[str, dict[int, RowOfCase]]
_NO_MOMENT = datetime.min.replace(tzinfo=UTC)
Rows = Callable[[Case], Sequence[NewRow]]
"""Function that gives the rows to enter, called with the case as it is at the moment of writing."""


class CaseRows:
    """Commands on the rows of a case's registers. `read_term`: reads the words of a measure's term. `scale_on`:
    returns the scale of risks in force on a local date.
    """

    def __init__(
        self, registers: Registers, *, read_term: Callable[[str], object], scale_on: Callable[[date], RiskScale]
    ) -> None:
        self._registers = registers
        self._kinds = {register.entry.row: register.id for register in registers.all() if register.entry}
        self._read_term, self._scale_on = read_term, scale_on

    def add(self, view: View, rows: Rows | NewRow, *, on: date) -> Drafts:
        """Enter rows (one, or those a function gives) in order; all of them or none.

        `on`: the local date for rows without one of their own. Raises Refusal, InvalidRow: a value that cannot
        stand in its field, or a date after today.
        """
        _require_past(on, view.today)
        case, present = view.case, self._rows(view.case)
        drafts: list[EventDraft] = []
        for new in [rows] if isinstance(rows, NewRow) else rows(case):
            register, entry = self._register(new.register)
            of_kind = present[entry.row]
            number = new.number or next_number(case, entry.row, of_kind)
            given_values = {"on": on, **new.values} if "on" in register.fields else new.values
            values = self._parsed(view, register.fields, given_values, present)
            presets = {name: field.preset for name, field in register.fields.items() if field.preset}
            values = presets | {name: value for name, value in values.items() if value not in ("", False)}
            day = date.fromisoformat(str(values.pop("on", on)))
            draft: EventDraft = (entry.event, str(number), day, values)
            if _is_new(case, register, of_kind, draft):
                drafts.append(draft)
                of_kind[number] = next_row(of_kind.get(number), _event(case, draft))
        return drafts

    def edit(self, view: View, row: str, values: Mapping[str, object]) -> Drafts:
        """Change fields of a row; values equal to the present ones are left out. `row`: its kind and number:
        `risk.3`, `measure.2`, `position.4`, `remark.1`. Raises Refusal, InvalidRow: an unknown row or field, or
        a value that cannot stand in it.
        """
        present = self._rows(view.case)
        register, stored_row = self._found(view.case, present, row)
        fields = {name: field for name, field in register.fields.items() if not field.fixed}
        parsed = self._parsed(view, fields, values, present, is_edit=True)
        changed_values = {
            name: value for name, value in parsed.items() if (value or "") != (stored_row[name] or "")
        }
        name = f"{stored_row.kind}.{stored_row.number}"
        return [("row_edited", name, None, changed_values)] if changed_values else ()

    def act(
        self,
        view: View,
        row: str,
        action_id: str,
        values: Mapping[str, object],
        *,
        evidence: Iterable[Evidence] = (),
    ) -> Drafts:
        """Record an action on a row, e.g. that it is ranked, reviewed, answered or removed from the list.
        Raises Refusal, InvalidRow: an unknown row or action, a value that cannot stand in its field, or as
        `_event_values`.
        """
        present = self._rows(view.case)
        register, stored_row = self._found(view.case, present, row)
        action = register.actions.get(action_id)
        if action is None:
            allowed = closest_first(action_id, tuple(register.actions))
            raise Refusal("risk.unknown_action", row=row, action=action_id, allowed=allowed)
        parsed = self._parsed(view, action.fields, values, present)
        given: Values = {name: parsed.get(name, "") for name in action.fields}
        day = str(given.pop("on", ""))
        on = date.fromisoformat(day) if day else None
        given = self._event_values(action.event, given, stored_row, on, view)
        payload = filled(**given, evidence=evidence_payload(evidence))
        draft: EventDraft = (action.event, str(stored_row.number), on, payload)
        return [draft] if next_row(stored_row, _event(view.case, draft)) != stored_row else ()

    def _event_values(self, event: str, values: Values, row: RowOfCase, on: date | None, view: View) -> Values:
        """Return the values of an action on a row as its event stores them: a request goes to the body whose
        act is the cause, a talk is with the holder of the position, unless another is named.

        Raises Refusal: neither is known; a request or its answer out of order; no such level or period; a
            remark neither taken into the note nor answered why not.
        """
        sent = request.on if (request := row.last("request_sent")) else None
        match event:
            case "risk_ranked":
                return _ranked(values, self._scale_on(view.today))
            case "request_sent" if values["body"] or row["body"]:
                return {**values, "body": values["body"] or row["body"]}
            case "request_sent":
                raise Refusal("risk.no_body", risk=row.number)
            case "request_answered" if sent is None:
                raise Refusal("risk.no_request", risk=row.number)
            case "request_answered" if sent and on and on < sent:
                raise Refusal("risk.answer_before_request", on=on, sent=sent)
            case "request_answered":
                return {"answer": values["text"]}
            case "measure_reviewed":
                return {**values, "period": _period_reviewed(row, str(values["period"]), on, view)}
            case "talk_held" if values["holder"] or row["holder"]:
                return {**values, "holder": values["holder"] or row["holder"]}
            case "talk_held":
                raise Refusal("risk.nobody_holds", position=row.number)
            case "remark_answered" if not values["taken"] and not values["answer"]:
                raise Refusal("risk.why_not")
        return values

    def _register(self, name: str) -> tuple[Register, RowEntry]:
        """Return the latest version of a register, and how its rows are entered."""
        register = self._registers.latest(name)
        assert register.entry is not None
        return register, register.entry

    def _rows(self, case: Case) -> RowsByKind:
        """Return the rows of every register of a case by number, by kind."""
        return {kind: rows_of(case, kind) for kind in self._kinds}

    def _found(self, case: Case, present: RowsByKind, name: str) -> tuple[Register, RowOfCase]:
        """Return a row by its name (`risk.3`), with its register. Raises Refusal, naming the rows there are."""
        rows = {f"{kind}.{number}": row for kind, of_kind in present.items() for number, row in of_kind.items()}
        if name not in rows:
            allowed = closest_first(name, rows)[:ALLOWED_LIMIT]
            raise Refusal("risk.unknown_row", case=case.id, row=name, allowed=allowed)
        return self._registers.latest(self._kinds[rows[name].kind]), rows[name]

    def _parsed(
        self,
        view: View,
        fields: Mapping[str, RegisterField],
        values: Mapping[str, object],
        present: RowsByKind,
        *,
        is_edit: bool = False,
    ) -> Values:
        """Return values as stored in events: "" for an empty one, False for a checkbox that is not set.

        `present`: the rows that may be named; `is_edit`: whether fields without a value keep theirs. Raises
        Refusal: a row the case does not have. Raises InvalidRow: unknown field, wrong value, day after today.
        """

        def find_row(register_id: str, text: str) -> str:
            kind = self._register(register_id)[1].row
            if text.isdecimal() and int(text) in present[kind]:
                return text
            allowed = tuple(map(str, sorted(present[kind])))
            raise Refusal(f"risk.unknown_{kind}", case=view.case.id, allowed=allowed, **{kind: text})

        lookup = replace(NO_NAMES, row=find_row, term=lambda text: data_of(self._read_term(text)))
        fields = {name: field.replaced(past=field.kind == "date") for name, field in fields.items()}
        raw_values = {name: data_of(value) for name, value in values.items()}
        for name, field in fields.items():
            if field.kind == "yes_no" and (name in raw_values or not is_edit):
                raw_values[name] = raw_values.get(name) or False
        shown = raw_values if is_edit else None
        parsed, problems = checked_values(fields, raw_values, lookup, today=view.today, shown=shown)
        if problems:
            raise InvalidRow(fields, tuple(problems))
        return {
            name: "" if value is None else int(value) if fields[name].kind == "row" else value
            for name, value in parsed.items()
        }


def record_cartogram(
    view: View, lines: Sequence[CartogramLine], *, on: date, evidence: Iterable[Evidence] = ()
) -> Drafts:
    """Record the cartogram as published on a day; the last one recorded is in force."""
    _require_past(on, view.today)
    items, last = evidence_payload(evidence), cartograms(view.case)[-1:]
    if not items and [(cartogram.on, cartogram.lines) for cartogram in last] == [(on, tuple(lines))]:
        return ()
    return [("cartogram_recorded", "cartogram", on, {"lines": lines_payload(lines), **filled(evidence=items)})]


def _ranked(values: Values, scale: RiskScale) -> Values:
    """Return the values of a rank: its levels as numbers, and the edition of the scale they are of."""
    for axis, levels in (("likelihood", scale.likelihood), ("effect", scale.effect)):
        level = str(values[axis])
        if level not in map(str, range(1, len(levels) + 1)):
            raise Refusal("risk.no_such_level", what=axis, level=level, last=len(levels))
        values[axis] = int(level)
    return {**values, "scale": scale.edition}


def _period_reviewed(measure: RowOfCase, period: str, on: date | None, view: View) -> str:
    """Return the period a review is for: of a recurring measure the one named, else the last one ended by that
    day, or the first if that is none of its periods; "" for other measures.
    """
    every = measure.term.every
    if every is None:
        if period:
            raise Refusal("risk.no_period", measure=measure.number, period=period)
        return ""
    assert on is not None
    id = f"measure.{measure.number}"
    periods = tuple(
        deadline.period for deadline in view.deadlines if deadline.obligation.id == id and deadline.period
    )
    if period and periods and period not in periods:
        raise Refusal("risk.wrong_period", measure=measure.number, period=period, allowed=periods)
    before = period_of(period_of(on, every).first - timedelta(days=1), every).name
    return period or (before if before in periods or not periods else periods[0])


def _require_past(on: date, today: date) -> None:
    if on > today:
        raise Refusal("risk.in_future", on=on, today=today)


def _is_new(case: Case, register: Register, rows: Mapping[int, RowOfCase], draft: EventDraft) -> bool:
    """Return whether an event that enters or describes a row changes anything: a present row, or the list,
    where its register allows no two rows with the same values.
    """
    event, name, on, values = draft
    assert register.entry is not None
    row = rows.get(int(name))
    if row is not None:
        # Described again in the same words on another day, a risk is still found when it was.
        is_its_own = "on" in register.fields and not register.fields["on"].fixed
        day = on if is_its_own else row.day("on") or on
        return next_row(row, _event(case, (event, name, day, values))) != row
    new_values = {**values, "on": str(on)}
    return not register.entry.distinct or all(other_row.values != new_values for other_row in rows.values())


def _event(case: Case, draft: EventDraft) -> Event:
    """Return a draft as an event of the chain, for finding out what it would change."""
    kind, name, on, payload = draft
    return Event(
        case=case.id, seq=case.seq + 1, kind=kind, name=name, on=on, at=_NO_MOMENT, by="", payload=payload
    )


_MEASURE_FIELDS = ("recommendation", "action", "completion", "responsible", "term")
"""Fields of a plan's row that belong to its measure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow:
    """One row of a plan of measures.

    Attributes:
        number: its number in the plan; None where it has none.
        risk: the text of the risk, or of the recommendation where the plan names no risk.
        row: the number the spreadsheet shows.
    """

    number: int | None
    risk: str
    recommendation: str
    action: str
    completion: str
    responsible: str
    term: MeasureTerm
    row: int = 0


def rows_to_enter(case: Case, rows: Sequence[PlanRow]) -> list[NewRow]:
    """Return the rows to enter for a plan, without those withdrawn in the case (`withdrawn_rows`).

    A risk is recognised by its text, a measure by its risk and text, ignoring letter case and blanks: the same
    plan again changes nothing, a changed term changes only its measure. A new row takes the plan's number if it
    is free, else the next one.
    """
    risks, measures = _by_text(case)
    # A new row never gets the number of a withdrawn one: what still names that one would speak of the new row.
    risk_numbers = {*rows_of(case, "risk"), *withdrawn_numbers(case, "risk")}
    measure_numbers = {*rows_of(case, "measure"), *withdrawn_numbers(case, "measure")}
    lines: list[NewRow] = []
    left_out = withdrawn_rows(case, rows)
    for row in (row for row in rows if row not in left_out):
        risk = risks.get(plain(row.risk))
        if risk is None:
            risk = risks[plain(row.risk)] = _free(row.number, risk_numbers)
            lines.append(NewRow(register="risks", number=risk, values={"description": row.risk}))
        place = risk, plain(row.action)
        if place not in measures:
            measures[place] = _free(row.number, measure_numbers)
        details = {name: getattr(row, name) for name in _MEASURE_FIELDS}
        lines.append(NewRow(register="measures", number=measures[place], values={"risk": risk, **details}))
    return lines


def numbers_of(case: Case, rows: Iterable[PlanRow]) -> tuple[int | None, ...]:
    """Return the number of each row's measure in a case; None for a row that is not recorded."""
    risks, measures = _by_text(case)
    return tuple(measures.get((risks.get(plain(row.risk)), plain(row.action))) for row in rows)


def _by_text(case: Case) -> tuple[dict[str, int], dict[tuple[int | None, str], int]]:
    """Return the numbers of the risks of a case by their text, and of its measures by their risk and text."""
    return (
        {plain(risk["description"]): number for number, risk in rows_of(case, "risk").items()},
        {(row["risk"], plain(row["action"])): number for number, row in rows_of(case, "measure").items()},
    )


def withdrawn_rows(case: Case, rows: Iterable[PlanRow]) -> tuple[PlanRow, ...]:
    """Return the rows of a plan that repeat what was withdrawn in the case: a measure, or its risk.

    Withdrawn rows were recorded by mistake, so an import does not record them anew.
    """
    withdrawn_keys = {
        (kind, plain(withdrawal.title))
        for record, withdrawal in case.withdrawn.items()
        if (kind := record.partition(".")[0]) in ("risk", "measure")
    }
    if not withdrawn_keys:
        return ()
    for kind in ("risk", "measure"):
        # What was recorded again is there.
        withdrawn_keys -= {
            (kind, plain(row[TITLE_OF[kind]])[:TITLE_LIMIT]) for row in rows_of(case, kind).values()
        }
    return tuple(
        row
        for row in rows
        if ("risk", plain(row.risk)[:TITLE_LIMIT]) in withdrawn_keys
        or ("measure", plain(row.action)[:TITLE_LIMIT]) in withdrawn_keys
    )


def _free(own_number: int | None, numbers: set[int]) -> int:
    """Return the number of a new row, its own if free, else the next one, and count it as taken."""
    number = own_number if own_number is not None and own_number not in numbers else max(numbers, default=0) + 1
    numbers.add(number)
    return number
