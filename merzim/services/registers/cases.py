"""Cases that register rows open: by `[opens]` of a register, or for its own `[[obligation]]`s.

The deadlines belong to the case; past dates of the row are its facts, future ones its plan dates. Each change
of the row is repeated in the case: recorded, corrected with a ground, withdrawn, or cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import PurePath
from typing import Any

from i18n import say
from merzim.services.context import RequestContext, write_case
from merzim.services.registers.results import cell_text, field_view, values_view
from merzim.services.yearly.register_duties import as_evidence
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording, statuses, withdrawals
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.passports import edit_passport
from workflow.languages import PAPER_LANGUAGES
from workflow.law.library import NoEdition
from workflow.org.kinds import among
from workflow.org.office import Office, acts_of
from workflow.registers.definition import Register
from workflow.registers.rows import RegisterRow, fact_fields, name_in
from workflow.registers.values import as_date, holds, is_filled


def opening_of(ctx: RequestContext, register: Register, row: RegisterRow, office: Office) -> Opening | None:
    """Return the request to open the case of a row; None if it opens none (yet)."""
    opens = register.opens
    if opens is None or not (holds(opens.when, row.values) and _binds(ctx, opens.procedure, row, office)):
        return None
    days, edition = fact_days(register, row), ""
    try:
        ctx.library.edition(opens.procedure, min(days.values(), default=ctx.today))
    except NoEdition:
        # What happened before the first edition is kept too, under that one.
        edition = ctx.library.earliest(opens.procedure).edition
    kk, ru = (_object(register, row, office, language) for language in PAPER_LANGUAGES)
    return Opening(
        procedure=opens.procedure,
        edition=edition,
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


def _binds(ctx: RequestContext, name: str, row: RegisterRow, office: Office) -> bool:
    """Return whether a procedure binds a row's unit, by kind (unknown fits) and acts adopted there or above."""
    procedure = ctx.library.latest(name)
    acts = ("", *ctx.app.settings.regulations.acts, *acts_of(office, row.unit))
    return among(office.kind_of(row.unit), procedure.applies_to) and procedure.adopted_act in acts


def fact_days(register: Register, row: RegisterRow) -> dict[str, date]:
    """Return the dates a row gives to the facts of its case (local dates): past ones are facts, future ones
    plan dates.
    """
    pairs = fact_fields(register, row.values)
    return {fact: day for field, fact in pairs if (day := as_date(row.values.get(field))) is not None}


def reserve_cases(
    ctx: RequestContext, register: Register, rows: Sequence[RegisterRow]
) -> Mapping[str, tuple[Opening, str]]:
    """Return row -> the request to open its case, and the id reserved for that; without rows that open none."""
    office = ctx.reads.office()
    openings = {row.id: opening for row in rows if (opening := opening_of(ctx, register, row, office))}
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
    """Record the files and links of a row as evidence of the facts of its case, if that is active.

    A new file is evidence of the facts without any; where all have some, of those its predecessor proved. Of a
    confidential register it is restricted in the case, and bears the name of the row.
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
    """Apply a row's changes to the case it opened, if any; unchanged fields are left alone. A withdrawn row
    cancels an active case.

    Raises:
        Refusal: as raised by the case; the row is then not written.
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
    """Return the passport changes that follow from a changed row: subject, person, responsible people.

    Wording that a user has changed in the case since is kept.
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
