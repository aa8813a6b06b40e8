"""Rows of forms: of one case (works, group, positions, risks), and of yearly reports from many cases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from calendars.terms import InPeriod, OnDate
from i18n import date_long, days_list, percent, period, say, span
from merzim.documents.forms.definitions import Field, Form, RegisterRows
from merzim.documents.people import title as title_of
from merzim.services.cases.rows import band_of
from merzim.services.law.regulations import case_registers, option_title
from merzim.services.names import responsible_name
from merzim.services.registers.results import (
    FieldView,
    RowView,
    cell_value,
    field_view,
    paper_text,
    row_in_language,
    values_view,
)
from workflow.cases.case import Case, Evidence
from workflow.cases.commands.case_commands import View
from workflow.cases.registers.risks import SECTIONS, ListedRisk, cartograms, listed, rank_of
from workflow.cases.registers.rows import OWN_FIELDS, MeasureTerm, RowOfCase, is_entry, rows_of
from workflow.deadlines.deadline import Deadline
from workflow.org.office import Office
from workflow.registers.rows import name_in
from workflow.registers.values import is_filled
from workflow.search_words import plain

Row = dict[str, object]


def row_parts(
    row: RowView,
    fields: Mapping[str, FieldView],
    source: RegisterRows,
    parts: Mapping[str, Field],
    language: str,
) -> Row:
    """Return the parts of a form that a row of a register gives, without empty ones. `fields`: as its reader
    sees them.
    """
    row = row_in_language(row, fields.values(), language)
    cells = {
        part: _cell(row, [fields[name] for name in names if name in fields], parts[part].kind, language)
        for part, names in source.parts.items()
    }
    return {part: value for part, value in cells.items() if value is not None}


def _cell(row: RowView, fields: Sequence[FieldView], kind: str, language: str) -> object:
    """Return the value of a part of a form: a date, number or tick unchanged, else the texts of its fields."""
    if kind == "box":
        return next((row.values[field.id] for field in fields if field.id in row.values), None)
    values = [
        (field, value) for field in fields if (value := cell_value(field, row, language)) not in (None, "")
    ]
    if len(values) == 1 and kind in ("date", "number", "amount"):
        return values[0][1]
    return ", ".join(paper_text(field, value, language) for field, value in values) or None


def case_rows(form: Form, view: View, office: Office, language: str, *, on: date) -> list[Row]:
    """Return the rows of a form about a case as of a day: works, positions, else risks with their measures."""
    match form.id:
        case "schedule":
            return schedule_rows(view, office, language)
        case "exposed_positions":
            return position_rows(form, view.case, office, language, on=on)
    parts = form.rows.columns if form.rows else ()
    if "recommendation" not in parts:
        return []
    risks = (_risk(line, office, language, on) for line in listed([view.case]))
    return [{name: text for name, text in risk.items() if name in parts and text} for risk in risks]


_OWN = "schedule_approved"
"""The work that approves the schedule itself."""


def schedule_rows(view: View, office: Office, language: str) -> list[Row]:
    """Return the works of a case in the order of its procedure, each with its planned term and the person
    responsible. The start and the end of the analysis are one work. Occasional obligations and what registers
    add are left out: the schedule precedes them. A work the case is exempted from says why. Its own approval
    precedes all it lays down (Instruction (000), P1.T1.S1).
    """
    works: dict[str, list[Deadline]] = {}
    for deadline in view.deadlines:
        name = deadline.obligation.id
        left_out = deadline.obligation.occasional or is_entry(name) or name == "analysis_ended"
        if not left_out and (deadline.state != "not_required" or deadline.exempted):
            works.setdefault(name, []).append(deadline)
    days = {
        name: [each.planned_on or each.recorded_on or each.due for each in of] for name, of in works.items()
    }
    first = min((day for name in days if name != _OWN for day in days[name] if day), default=None)
    rows = list[Row]()
    for name, deadlines in works.items():
        only, obligation = deadlines[0], deadlines[0].obligation
        if not (any(days[name]) or obligation.blocking or only.exempted):
            continue
        term = _term(view, deadlines, language)
        if name == _OWN and first and (days[name][0] or first) >= first:
            term = say("form.term.before_first", {"on": first}, language)
        is_analysis = name == "analysis_started"
        work = say("form.work.analysis", {}, language) if is_analysis else obligation.title[language]
        # As the case names them, else the duty its act names.
        responsible = _name_or_words(office, view.case.responsible.get(name, ""), language)
        responsible = responsible or title_of("duty", obligation.duty, language)
        rows.append({"work": work, "term": term, "responsible": responsible})
    return rows


def _term(view: View, deadlines: list[Deadline], language: str) -> str:
    """Return the term of a work of the schedule in words; "" where it has none."""
    only = deadlines[0]
    day = only.planned_on or only.recorded_on
    if only.exempted:
        return say("form.term.exempted", {"ground": only.exempted.ground}, language)
    if only.obligation.id == "analysis_started":
        ends = (each for each in view.deadlines if each.obligation.id == "analysis_ended")
        last = next((each.planned_on or each.recorded_on for each in ends), None)
        if day and last and day <= last:
            return span(day, last, language)
    if len(deadlines) > 1:
        return days_list(tuple(deadline.due for deadline in deadlines if deadline.due), language, years=True)
    if day:
        return date_long(day, language)
    return say("form.term.until", {"on": only.due}, language) if only.due else ""


def group_rows(case: Case, office: Office, language: str) -> list[Row]:
    """Return name, post and role of each member of the working group, which the case has as `name; post; role`;
    of a person of the office name and post in the document's language, unless another post is written.
    """
    rows = list[Row]()
    for member in case.group:
        name, post, role, *_ = (*(part.strip() for part in member.split(";", 2)), "", "")
        keys = office.person_called.exactly(name)
        if len(keys) == 1:
            person = office.people[keys[0]]
            if post in ("", person.post, person.post_kk, person.post_ru):
                post = person.post_in(language)
            name = person.name_in(language) if person.name_kk or person.name_ru else name
        rows.append({part: text for part, text in (("name", name), ("post", post), ("role", role)) if text})
    return rows


def position_rows(form: Form, case: Case, office: Office, language: str, *, on: date) -> list[Row]:
    """Return the exposed positions listed in a case on a day: posts, never their holders; one without
    department or district in the analysed unit, if that is a part of an organisation.
    """
    analysed = office.units.get(case.unit)
    unit = analysed.name_in(language) if analysed and not analysed.kind else ""
    part_ids = form.rows.columns if form.rows else ()
    rows = (
        {
            "unit": _name_or_words(office, position["department"] or position["district"], language) or unit,
            "position": position["title"],
            "risk": position["why"],
            **_extra("positions", position, language),
        }
        for position in rows_of(case, "position").values()
        if not (cleared := position.last("position_cleared")) or cleared.on > on
    )
    return [{part: text for part, text in row.items() if part in part_ids} for row in rows]


def all_position_rows(
    form: Form, cases: Iterable[Case], office: Office, language: str, *, on: date
) -> list[Row]:
    """Return the exposed positions of the active ones of these cases, each once, with its organisation."""
    rows = list[Row]()
    for case in cases:
        body = name_in(office, office.organisation(case.unit) or office.root or case.unit, language)
        listed_rows = position_rows(form, case, office, language, on=on) if case.status == "active" else ()
        rows += [row for each in listed_rows if (row := {"body": body, **each}) not in rows]
    return sorted(rows, key=lambda row: (str(row["body"]), str(row.get("unit", ""))))


def supplier_rows(purchases: Iterable[Row], language: str) -> list[Row]:
    """Return purchases summed by supplier, and with the suppliers related to it, the largest first: one is
    named as the other's related organisation, or both name the same one.
    """
    amounts, counts, related = dict[str, Decimal](), Counter[str](), dict[str, dict[str, str]]()
    for purchase in purchases:
        supplier = str(purchase.get("supplier") or "")
        amounts[supplier] = amounts.get(supplier, Decimal(0)) + Decimal(str(purchase.get("amount") or 0))
        counts[supplier] += 1
        names = (name.strip() for name in re.split(r"[,;\n]", str(purchase.get("related") or "")))
        related.setdefault(supplier, {}).update({plain(name): name for name in names if name})
    own = {supplier: supplier.partition(", ")[0] for supplier in amounts}
    circles = list[set[str]]()
    for supplier, named in related.items():
        circle = {plain(own[supplier]), *named}
        joined = [known for known in circles if known & circle]
        circles = [known for known in circles if known not in joined] + [circle.union(*joined)]
    total, rows = sum(amounts.values(), Decimal(0)), list[Row]()
    for supplier in sorted(amounts, key=lambda supplier: (-amounts[supplier], supplier)):
        circle = next(circle for circle in circles if plain(own[supplier]) in circle)
        others = [each for each in amounts if plain(own[each]) in circle and each != supplier]
        row: Row = {
            "supplier": supplier,
            "contracts": counts[supplier],
            "amount": amounts[supplier],
            "share": _share(amounts[supplier], total, language),
        }
        if bound := {plain(own[each]): own[each] for each in others} | related[supplier]:
            together = amounts[supplier] + sum((amounts[each] for each in others), Decimal(0))
            row |= {"related": "; ".join(sorted(bound.values())), "related_amount": together}
            row["related_share"] = _share(together, total, language)
        rows.append(row)
    return rows


def _share(part: Decimal, total: Decimal, language: str) -> str:
    """Return a share in percent to one decimal place; "" of a total of 0."""
    return percent((part / total).quantize(Decimal("0.001")), language) if total else ""


def _risk(line: ListedRisk, office: Office, language: str, on: date) -> Row:
    """Return a risk with one of its measures as of a day, each part as readable text; "" when missing."""
    risk, measure = line.risk, line.measure
    row: Row = {
        "description": risk["description"],
        "direction": ""
        if risk["direction"] == "other"
        else option_title("direction", risk["direction"], language),
        "cause": risk["cause"],
        "rank": _rank(risk, language),
        **_extra("risks", risk, language),
    }
    removal = risk.last("risk_removed")
    if removal and removal.on <= on:
        code = "risk.completed" if removal["completed"] else "risk.removed"
        row["removal"] = say(code, {"on": removal.on}, language)
    if measure is None:
        return row
    latest = next((review for review in reversed(measure.all("measure_reviewed")) if review.on <= on), None)
    proofs = [_proof(item, language) for item in latest.evidence] if latest else []
    return {
        "removal": measure["action"],
        **row,
        "recommendation": measure["recommendation"],
        "measure": measure["action"],
        "completion_form": measure["completion"],
        "responsible": _name_or_words(office, measure["responsible"], language),
        "term": _measure_term(measure.term, language),
        "status": option_title("outcome", latest["outcome"], language) if latest else "",
        "proof": "\n".join([*([latest["comment"]] if latest and latest["comment"] else []), *proofs]),
        **_extra("measures", measure, language),
    }


def _extra(register_id: str, of_case: RowOfCase, language: str) -> dict[str, str]:
    """Return the values of fields defined only in the register's file, in words."""
    fields, row = case_registers().latest(register_id).fields, values_view(of_case.values, {})
    names = [name for name in of_case.values if name in fields and name not in OWN_FIELDS]
    views = [field_view(fields[name]) for name in names if is_filled(of_case[name])]
    return {view.id: paper_text(view, cell_value(view, row, language), language) for view in views}


def _name_or_words(office: Office, text: str, language: str) -> str:
    """Return the name, in a language, of the unit or person whose name or key a text is; else the text."""
    name = responsible_name(office, text)
    return name if isinstance(name, str) else name[language]


def _measure_term(term: MeasureTerm, language: str) -> str:
    """Return a term that is a day, a month or a quarter in a language; all other words as they are."""
    if term.reading not in ("date", "month", "quarter"):
        return term.written
    match term.term:
        case InPeriod(name) if not term.day_in_doubt:
            return period(name, language)
        case OnDate(on) if term.day_in_doubt:
            return say("web.now.until", {"on": on}, language)
        case OnDate(on):
            return date_long(on, language)
        case _:
            return term.written


def _proof(item: Evidence, language: str) -> str:
    """Return the name of a file or the address of a link; of a hidden document only that it exists, and why."""
    return item.name or item.reference or f"{say('web.restricted', {}, language)}: {item.restricted}"


def _rank(risk: RowOfCase, language: str) -> str:
    """Return the band of a risk's rank on the scale it was ranked by; "" before it is ranked."""
    rank = rank_of(risk)
    band = band_of(rank) if rank else None
    return band.title[language] if band else ""


def object_rows(cases: Iterable[Case], office: Office, year: int, language: str) -> list[Row]:
    """Return the objects of active cases whose analysis begins in a year, with its days, the earliest first;
    one without a known end has no term yet.
    """
    dated_rows: list[tuple[date, Row]] = []
    for case in cases:
        first, last = case.day_of("analysis_started"), case.day_of("analysis_ended")
        if case.status == "active" and first and first.year == year:
            unit = name_in(office, case.unit, language)
            about = case.object_in(language)
            row: Row = {
                "object": about or unit,
                "unit": unit if about and unit != about else "",
                "period": (first, last) if last and first <= last else None,
                "responsible": _name_or_words(office, case.responsible.get("analysis_started", ""), language),
            }
            dated_rows.append((first, row))
    return [row for _, row in sorted(dated_rows, key=lambda pair: pair[0])]


def _talk_rows(case: Case, office: Office, year: int, language: str) -> list[Row]:
    """Return one row for each talk of the year: each scores, a second one with the same person, too."""
    return [
        {
            "work": "2",
            "name": name_in(office, talk["holder"], language),
            "post": position["title"],
            "held_on": talk.on,
            "work_done": talk["topic"],
        }
        for position in rows_of(case, "position").values()
        for talk in position.all("talk_held")
        if talk.on.year == year
    ]


def _cartogram_rows(case: Case, _office: Office, year: int, _language: str) -> list[Row]:
    """Return each department and district once in each section, with the link that proves it."""
    cartogram = next(reversed(cartograms(case)), None)
    if cartogram is None or cartogram.on.year != year:
        return []
    link = next(
        (evidence.reference for evidence in cartogram.evidence if evidence.reference.startswith("http")), ""
    )
    places = dict.fromkeys((line.section, line.department or line.district) for line in cartogram.lines)
    return [
        {
            "section": str(SECTIONS.index(section) + 1),
            "subsection": place,
            "updated_on": cartogram.on,
            "link": link,
        }
        for section, place in places
    ]


FROM_CASE_REGISTERS = {"ethics_report": _talk_rows, "cartogram_report": _cartogram_rows}
"""The reports whose rows come from the registers of cases, and what reads those of one case."""
