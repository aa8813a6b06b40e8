"""Checks the parts of a register file against each other and against other files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, get_args

from workflow.law.file_models import repeated
from workflow.law.library import Library, UnknownProcedure
from workflow.law.reader import checks
from workflow.law.reader.table import Problem, heading
from workflow.refusal import closest_first
from workflow.registers import definition as registers
from workflow.registers.definition import (
    FILLED,
    IN_CASES,
    TYPED,
    Condition,
    FieldKind,
    Fulfilment,
    Register,
    RegisterField,
    Registers,
)
from workflow.registers.values import NO_NAMES, parse_values
from workflow.scoring.scale import Indicator

RESERVED_FIELDS = frozenset({"id", "unit", "case", "row", "register", "ground"})
"""Names that rows use for other data; a field may not have them."""
RESERVED_REGISTERS = frozenset({"risks", "measures", "positions", "remarks"})
"""Registers whose rows are events of their case; only shipped files define them."""
KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
TRANSLATED: tuple[FieldKind, ...] = ("text", "long_text")
"""Kinds of fields that another field may translate."""


def problems(register: Register) -> Iterator[Problem]:
    """Yield every mistake in how the parts of a register refer to each other."""
    if (register.id in RESERVED_REGISTERS) != (register.entry is not None):
        yield Problem("reserved", "id", {"value": register.id})
    for key, act in (("rests_on", register.act), ("adopted_act", register.adopted_act)):
        if act and act not in register.acts:
            yield _unknown(key, act, register.acts)
    if (register.kept_in == "case") != bool(register.procedures or register.entry):
        yield Problem("kept_in", "kept_in", {"value": register.kept_in})
    if not register.named_by:
        yield Problem("empty", "named_by")
    for number, field in enumerate(register.fields.values()):
        yield from _field(field, heading("field", number, field.id))
        yield from _in_case(register, field, heading("field", number, field.id))
        yield from _translation(register, field, heading("field", number, field.id))
        yield from _post(register, field, heading("field", number, field.id))
    for number, action in enumerate(register.actions.values()):
        for field in action.fields.values():
            yield from _field(field, heading("action", number, action.id))
            yield from _in_case(register, field, heading("action", number, action.id))
    yield from _names(register, "named_by", register.named_by)
    yield from _shown(register, "named_by", register.named_by)
    yield from _names(register, "list", register.columns, *(kind for kind in KINDS if kind != "long_text"))
    grouped = set[str]()
    for number, group in enumerate(register.groups, 1):
        yield from _names(register, f"group {number}", group.fields)
        for name in grouped.intersection(group.fields):
            yield Problem("duplicate", f"group {number}", {"value": name})
        grouped.update(group.fields)
        for name in group.fields:
            if name in register.fields and register.fields[name].required:
                allowed = tuple(field.id for field in register.fields.values() if not field.required)
                yield Problem("not_allowed", f"group {number}", {"value": name, "allowed": allowed})
    for number, rule in enumerate(register.rules, 1):
        yield from _rule(register, rule, f"rule {number}")
    for number, together in enumerate(register.unique_together, 1):
        place = f"unique_together {number}"
        yield from _names(register, place, together)
        yield from _shown(register, place, together)
        for name in together:
            if name in register.fields and not register.fields[name].sortable:
                allowed = tuple(field.id for field in register.fields.values() if field.sortable)
                yield Problem("not_allowed", place, {"value": name, "allowed": allowed})
    for number, access in enumerate(register.access, 1):
        if access.person and access.reader:
            allowed = ("person", "fields")
            yield Problem("unknown_key", f"access {number}", {"value": "reader", "allowed": allowed})
        if not access.reader and not (access.person and access.fields):
            value = "fields" if access.person else "person"
            yield Problem("missing_key", f"access {number}", {"value": value})
        yield from _names(register, f"access {number}: person", filter(None, [access.person]), "person")
        yield from _names(register, f"access {number}: fields", access.fields)
    for number, late in enumerate(register.lates, 1):
        yield from _names(register, f"late {number}", (late.field, late.than), "date")
        yield from _shown(register, f"late {number}", (late.field, late.than))
    yield from _opens(register)
    yield from _obligations(register)
    for number, campaign in enumerate(register.campaigns.values()):
        yield from _campaign(register, campaign, heading("campaign", number, campaign.id))
    for number, count in enumerate(register.counts, 1):
        place = f"count {number}"
        yield from _names(register, f"{place}: date", [count.date], "date")
        for key in ("sum", "most"):
            yield from _names(
                register, f"{place}: {key}", filter(None, [getattr(count, key)]), "number", "money"
            )
        yield from _names(register, f"{place}: distinct", filter(None, [count.distinct]))
        yield from _names(register, f"{place}: unit", filter(None, [count.unit]), "text", "unit")
        for condition in count.where:
            yield from _condition_problems(register, f"{place}: where", condition)
        if count.all_of and not count.distinct:
            yield Problem("missing_key", place, {"value": "distinct"})
        for value in count.all_of:
            condition = Condition(field=count.distinct, value=value)
            yield from _condition_problems(register, f"{place}: all_of", condition if count.distinct else None)
        yield from _shown(register, place, dict.fromkeys(count.fields))
    for number, fulfilment in enumerate(register.fulfils, 1):
        yield from _fulfils(register, fulfilment, f"fulfils {number}")


def cross_problems(
    register: Register, other_registers: Registers, library: Library, indicators: Mapping[str, Indicator]
) -> Iterator[Problem]:
    """Yield references to other files that do not exist: registers, procedures, facts, indicators."""
    for number, field in enumerate(register.fields.values()):
        if field.kind == "row" and field.register not in (*other_registers.ids(), register.id):
            yield _unknown(
                f"{heading('field', number, field.id)}: register", field.register, other_registers.ids()
            )
        if field.counted:
            allowed = [
                f"{other}.{field.id}"
                for other in other_registers.ids()
                for field in other_registers.latest(other).fields.values()
                if field.kind == "row" and field.register == register.id and not field.confidential
            ]
            if field.counted not in allowed:
                yield _unknown(f"{heading('field', number, field.id)}: counted", field.counted, allowed)
    for number, campaign in enumerate(register.campaigns.values()):
        place = heading("campaign", number, campaign.id)
        if campaign.ground and campaign.ground not in other_registers.ids():
            yield _unknown(f"{place}: ground", campaign.ground, other_registers.ids())
        elif campaign.ground:
            documents = other_registers.latest(campaign.ground)
            yield from _condition_problems(documents, f"{place}: ground_where", campaign.ground_where)
    for name in register.procedures:
        if name not in library.procedures():
            yield _unknown("procedures", name, library.procedures())
    if register.opens is not None:
        try:
            facts = library.latest(register.opens.procedure).facts
        except UnknownProcedure:
            yield _unknown("opens.procedure", register.opens.procedure, library.procedures())
        else:
            conditional = (conditional_fact.fact for conditional_fact in register.opens.conditional)
            for fact in (*register.opens.facts.values(), *conditional, *register.opens.evidence):
                if fact not in facts:
                    yield _unknown("opens.facts", fact, facts)
    for number, count in enumerate(register.counts, 1):
        indicator = indicators.get(count.indicator)
        if indicator is None:
            yield _unknown(f"count {number}: indicator", count.indicator, indicators)
        elif not (count.fact or len(indicator.counting.facts) == 1):
            yield Problem("missing_key", f"count {number}", {"value": "fact"})
        elif count.fact and count.fact not in indicator.counting.every_fact:
            yield _unknown(f"count {number}: fact", count.fact, indicator.counting.every_fact)
    scored = {fact for indicator in indicators.values() for fact in indicator.counting.every_fact}
    counted_facts = {
        count.fact or indicators[count.indicator].counting.fact
        for count in register.counts
        if count.indicator in indicators
    }
    for number, fulfilment in enumerate(register.fulfils, 1):
        place = f"fulfils {number}: fact"
        if fulfilment.procedure not in library.procedures():
            yield _unknown(place, fulfilment.procedure, library.procedures())
            continue
        procedure = library.latest(fulfilment.procedure)
        duties = {name: obligation for name, obligation in procedure.facts.items() if not obligation.by_itself}
        if procedure.opened != "yearly":
            yield Problem("fulfils_not_yearly", place, {"value": procedure.id})
        elif fulfilment.obligation not in duties:
            yield _unknown(place, fulfilment.obligation, duties)
        else:
            numbers = duties[fulfilment.obligation].values
            for value in fulfilment.values:
                if value not in numbers:
                    yield _unknown(f"fulfils {number}: values", value, numbers)
            if fulfilment.fact in scored - counted_facts:
                # Points leave out facts recorded from rows: without [[count]] the row would earn nothing.
                yield Problem("fulfils_uncounted", place, {"value": fulfilment.fact})


def _fulfils(register: Register, fulfilment: Fulfilment, place: str) -> Iterator[Problem]:
    """Yield mistakes of a duty that rows carry out, e.g. confidential fields that everybody would read in its
    case.
    """
    if register.confidential or register.kept_in == "case":
        yield Problem("fulfils_closed", place, {"value": fulfilment.fact})
    yield from _names(register, f"{place}: date", [fulfilment.date], "date")
    yield from _names(register, f"{place}: period", filter(None, [fulfilment.period]), "date")
    yield from _names(register, f"{place}: distinct", filter(None, [fulfilment.distinct]))
    yield from _names(register, f"{place}: evidence", fulfilment.evidence.values(), "file", "link")
    yield from _names(register, f"{place}: values", fulfilment.values.values(), "number", "money")
    for condition in fulfilment.where:
        yield from _condition_problems(register, f"{place}: where", condition)
    yield from _shown(register, place, dict.fromkeys(fulfilment.fields))
    for name in dict.fromkeys(fulfilment.fields):
        if name in register.fields and register.fields[name].personal:
            yield Problem("fulfils_personal", place, {"value": name})


def _field(field: RegisterField, place: str) -> Iterator[Problem]:
    if field.id in RESERVED_FIELDS:
        yield Problem("reserved", f"{place}: id", {"value": field.id})
    if field.kind == "choice" and not field.options:
        yield Problem("missing_key", place, {"value": "options"})
    if field.kind == "row" and not field.register:
        yield Problem("missing_key", place, {"value": "register"})
    names = [option.id for option in field.options]
    for number in repeated(names):
        yield Problem("duplicate", f"{place}: options[{number + 1}]", {"value": names[number]})
    for key, stated, allowed in (
        ("options", field.options, ("choice",)),
        ("several", field.several, ("choice",)),
        ("register", field.register, ("row",)),
        ("unit", field.unit, ("number", "money")),
        ("total", field.total, ("number", "money")),
        ("counted", field.counted, ("number",)),
        ("subject", field.subject, ("person",)),
        ("past", field.past, ("date",)),
    ):
        if stated and field.kind not in allowed:
            yield Problem("field_kind", f"{place}: {key}", {"value": field.id, "allowed": allowed})
    if field.unique and (not field.sortable and not field.confidential):
        yield Problem(
            "not_allowed", f"{place}: kind", {"value": field.kind, "allowed": ("text", "date", "number")}
        )
    for key in ("unique", "total"):
        if field.confidential and getattr(field, key):
            yield Problem("confidential_shown", f"{place}: {key}", {"value": field.id})


def _translation(register: Register, field: RegisterField, place: str) -> Iterator[Problem]:
    """Yield mistakes of a field that translates another: it has its kind, and is seen by the same readers."""
    if not field.translation_of:
        return
    place, about = f"{place}: translation_of", register.fields.get(field.translation_of)
    yield from _names(register, place, [field.translation_of], *TRANSLATED)
    if about is None:
        return
    same = ("kind", "confidential", "personal")
    differing = [key for key in same if getattr(field, key) != getattr(about, key)]
    again_problems = [
        other_field.id
        for other_field in register.fields.values()
        if other_field.translation_of == about.id and other_field != field
    ]
    if differing or again_problems or about.translation_of or field.required or field.unique:
        yield Problem("translation", place, {"value": field.id, "name": about.id, "keys": same})


def _post(register: Register, field: RegisterField, place: str) -> Iterator[Problem]:
    """Yield mistakes of a field that takes the post of a person: a text, of a field that names one."""
    if field.post_of:
        yield from _names(register, f"{place}: post_of", [field.post_of], "person")
        if field.kind != "text":
            yield Problem("not_allowed", f"{place}: kind", {"value": field.kind, "allowed": ("text",)})


def _in_case(register: Register, field: RegisterField, place: str) -> Iterator[Problem]:
    """Yield fields of a kind that rows inside a case, or rows outside one, cannot have."""
    kinds = IN_CASES if register.entry is not None else tuple(kind for kind in KINDS if kind != "term")
    if field.kind not in kinds:
        yield Problem("not_allowed", f"{place}: kind", {"value": field.kind, "allowed": kinds})
    if field.preset and field.option(field.preset) is None:
        yield Problem("not_allowed", f"{place}: preset", {"value": field.preset, "allowed": field.option_ids})


def _rule(register: Register, rule: registers.Rule, place: str) -> Iterator[Problem]:
    needed: Mapping[str, tuple[str, ...]] = {
        "not_before": ("field", "than"),
        "not_after": ("field", "than"),
        "at_least": ("field", "value"),
        "at_most": ("field", "value"),
        "years_ahead": ("field", "value"),
        "required_when": ("field", "when"),
        "one_of": ("fields",),
    }
    for key in needed[rule.kind]:
        if getattr(rule, key) in ("", None, ()):
            yield Problem("missing_key", place, {"value": key})
    kinds: tuple[str, ...] = ("date",) if rule.kind in ("not_before", "not_after") else ()
    if rule.kind in ("at_least", "at_most", "years_ahead"):
        kinds = ("number", "money")
    yield from _names(register, f"{place}: field", filter(None, [rule.field]), *kinds)
    yield from _names(register, f"{place}: than", filter(None, [rule.than]), "date")
    yield from _names(register, f"{place}: fields", rule.fields)
    yield from _condition_problems(register, f"{place}: when", rule.when)


def _opens(register: Register) -> Iterator[Problem]:
    opening = register.opens
    if opening is None:
        return
    if register.procedure is not None:
        yield Problem("opens_and_obligation", "opens", {"value": opening.procedure})
    yield from _names(register, "opens.object", filter(None, [opening.object]))
    yield from _names(register, "opens.person", filter(None, [opening.person]), "person")
    yield from _names(register, "opens.facts", opening.facts, "date")
    yield from _shown(register, "opens.object", filter(None, [opening.object]))
    yield from _names(register, "opens.evidence", opening.evidence.values(), "file", "link")
    yield from _shown(register, "opens.evidence", opening.evidence.values())
    yield from _condition_problems(register, "opens.when", opening.when)
    for number, conditional_fact in enumerate(opening.conditional, 1):
        place = f"opens.fact {number}"
        yield from _names(register, f"{place}: field", [conditional_fact.field], "date")
        yield from _condition_problems(register, f"{place}: when", conditional_fact.when)


def _obligations(register: Register) -> Iterator[Problem]:
    procedure = register.procedure
    if procedure is None:
        return
    obligations = [obligation for obligation in procedure.obligations if not obligation.by_itself]
    for number, obligation in enumerate(obligations):
        place = heading("obligation", number, obligation.id)
        yield from _names(register, f"{place}: id", [obligation.id], "date")
        yield from _names(register, f"{place}: term", filter(None, [obligation.since]), "date")
        yield from _names(
            register, f"{place}: person", filter(None, [register.responsible.get(obligation.id)]), "person"
        )
        yield from _shown(register, place, [name for name in (obligation.id, obligation.since) if name])
    names = {*register.fields}
    if all(obligation.since is None or obligation.since in names for obligation in obligations):
        yield from checks.problems(procedure)


def _campaign(register: Register, campaign: registers.Campaign, place: str) -> Iterator[Problem]:
    if register.kept_in != "unit":
        yield Problem("campaign_in_case", place, {"value": campaign.id})
    if campaign.act and campaign.act not in register.acts:
        yield _unknown(f"{place}: act", campaign.act, register.acts)
    if campaign.act and not campaign.paragraph:
        yield Problem("missing_key", place, {"value": "paragraph"})
    yield from _names(register, f"{place}: person", [campaign.person], "person")
    for key in ("confirmed_on", "written_on", "reminded_on"):
        yield from _names(register, f"{place}: {key}", filter(None, [getattr(campaign, key)]), "date")
    yield from _names(register, f"{place}: post", filter(None, [campaign.post]), "text")
    yield from _names(register, f"{place}: given", campaign.given, *TYPED, "row")
    for key, names in (("fills", campaign.fills), ("may_fill", campaign.may_fill)):
        yield from _names(register, f"{place}: {key}", names, *TYPED)
    yield from _names(register, f"{place}: scan", filter(None, [campaign.scan]), "file")
    yield from _row_of_campaign(register, campaign.values, campaign.fields, place)
    for further_row in campaign.also.values():
        where = f"{place}: also: {further_row.id}"
        yield from _names(register, f"{where}: fills", further_row.fills, *TYPED)
        yield from _names(register, f"{where}: keeps", further_row.keeps)
        yield from _condition_problems(register, f"{where}: when", further_row.when)
        campaign_fields = (campaign.person, *filter(None, [campaign.post]), *campaign.given)
        yield from _row_of_campaign(
            register,
            further_row.values,
            (*campaign_fields, *further_row.values, *further_row.fills, *further_row.keeps),
            where,
        )
    if refused := campaign.refused():
        yield from _campaign(register, refused, f"{place}: refusal")


def _row_of_campaign(
    register: Register, values: Mapping[str, str], named_fields: Sequence[str], place: str
) -> Iterator[Problem]:
    """Yield wrong fixed values of a row a campaign adds, fields named twice, required ones nobody fills."""
    yield from _names(register, f"{place}: values", values, *TYPED)
    own_values = {name: value for name, value in values.items() if name in register.fields}
    for problem in parse_values(register, own_values, NO_NAMES)[1]:
        value = values[problem.field]
        yield Problem("campaign_value", f"{place}: values", {"value": value, "name": problem.field})
    for number in repeated(named_fields):
        yield Problem("duplicate", place, {"value": named_fields[number]})
    for field in register.fields.values():
        if field.required and field.id not in named_fields:
            yield Problem("campaign_lacks", place, {"value": field.id})


def _condition_problems(register: Register, place: str, condition: Condition | None) -> Iterator[Problem]:
    if condition is None:
        return
    yield from _names(register, place, [condition.field])
    field = register.fields.get(condition.field)
    if field is None or condition.value == FILLED:
        return
    allowed: tuple[str, ...] = (FILLED,)
    if field.kind == "choice":
        allowed = (*(option.id for option in field.options), FILLED)
    elif field.kind == "yes_no":
        allowed = ("yes", "no", FILLED)
    if condition.value not in allowed:
        yield Problem("not_allowed", place, {"value": condition.value, "allowed": allowed})


def _names(register: Register, place: str, names: Any, *kinds: str) -> Iterator[Problem]:
    """Yield names that are not fields of the register, or fields of another kind than required."""
    for name in names:
        field = register.fields.get(name)
        if field is None:
            yield _unknown(place, name, register.fields)
        elif kinds and field.kind not in kinds:
            yield Problem("field_kind", place, {"value": name, "allowed": kinds})


def _shown(register: Register, place: str, names: Any) -> Iterator[Problem]:
    """Yield confidential fields used where every reader of the list would learn their values."""
    for name in names:
        if name in register.fields and register.fields[name].confidential:
            yield Problem("confidential_shown", place, {"value": name})


def _unknown(place: str, name: str, allowed: Collection[str]) -> Problem:
    return Problem("unknown_reference", place, {"value": name, "allowed": closest_first(name, allowed)})
