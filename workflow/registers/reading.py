"""Reads a register, and checks its parts against each other and against other files; opens none itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from workflow.law.fields import repeated
from workflow.law.files import (
    NOTHING_SHARED,
    Shared,
    heading,
    problem,
    read_file,
    references,
    unknown,
    unknown_references,
)
from workflow.law.library import Library
from workflow.refusal import Refusal
from workflow.registers import definition as registers
from workflow.registers.definition import (
    FILLED,
    IN_CASES,
    Condition,
    FieldKind,
    OnlyOf,
    Register,
    RegisterField,
    Registers,
)
from workflow.registers.values import NO_NAMES, parse_values
from workflow.scoring.indicators import Indicator

RESERVED_FIELDS = frozenset({"id", "unit", "case", "row", "register", "ground"})
"""Names that rows use for other data; a field may not have them."""
RESERVED_REGISTERS = frozenset({"risks", "measures", "positions", "remarks"})
"""Registers whose rows are events of their case; only shipped files define them."""
KINDS: tuple[FieldKind, ...] = get_args(FieldKind)


def read_register(name: str, text: bytes, shared: Shared = NOTHING_SHARED) -> Register:
    """Return the register a file describes. Raises UnreadableRegulation with all problems found."""
    return read_file(Register, name, text, problems, shared)


def problems(register: Register) -> Iterator[Refusal]:
    """Yield every mistake in how the parts of a register refer to each other."""
    yield from unknown_references(register)
    yield from _unfit_references(register)
    if (register.id in RESERVED_REGISTERS) != (register.entry is not None):
        yield problem("reserved", "id", value=register.id)
    if not register.named_by:
        yield problem("empty", "named_by")
    fields = [(heading("field", n, field.id), field) for n, field in enumerate(register.fields.values())]
    for number, action in enumerate(register.actions.values()):
        fields += [(heading("action", number, action.id), field) for field in action.fields.values()]
    for place, field in fields:
        yield from _field(register, field, place)
    yield from _groups(register)
    sortable = tuple(field.id for field in register.fields.values() if field.sortable)
    for number, names in enumerate(register.unique):
        for name in names:
            if name in register.fields and name not in sortable:
                yield problem("not_allowed", heading("unique", number), value=name, allowed=sortable)
    for number, access in enumerate(register.access):
        yield from _access(access, heading("access", number))
    for number, campaign in enumerate(register.campaigns.values()):
        yield from _campaign(register, campaign, heading("campaign", number, campaign.id))
    for number, count in enumerate(register.counts):
        yield from _count(register, count, heading("count", number))
    for number, fulfilment in enumerate(register.fulfils):
        yield from _fulfils(register, fulfilment, heading("fulfils", number))


def _unfit_references(register: Register) -> Iterator[Refusal]:
    """Yield fields that may not be named where they are, and conditions that cannot be true."""
    for place, named, refers in references(register):
        if field := register.fields.get(named.field if isinstance(named, Condition) else named):
            if refers.kinds and field.kind not in refers.kinds:
                yield problem("field_kind", place, value=field.id, allowed=refers.kinds)
            if refers.public and field.confidential:
                yield problem("confidential_shown", place, value=field.id)
            if isinstance(named, Condition):
                yield from _condition(field, place, named.value)


def _condition(field: RegisterField, place: str, value: str) -> Iterator[Refusal]:
    """Yield the value of a condition that its field cannot have."""
    choices = {"choice": field.option_ids, "yes_no": ("yes", "no")}
    if value not in (allowed := (*choices.get(field.kind, ()), FILLED)):
        yield problem("not_allowed", place, value=value, allowed=allowed)


def _field(register: Register, field: RegisterField, place: str) -> Iterator[Refusal]:
    """Yield what is wrong with a field by itself, also its kind where rows are those of a case, or are not."""
    if field.id in RESERVED_FIELDS:
        yield problem("reserved", f"{place}: id", value=field.id)
    if field.kind == "choice" and not field.options:
        yield problem("missing_key", place, value="options")
    if field.kind == "row" and not field.rows_of:
        yield problem("missing_key", place, value="register")
    names = [option.id for option in field.options]
    for number in repeated(names):
        yield problem("duplicate", f"{place}: options[{number + 1}]", value=names[number])
    for name, declared in RegisterField.model_fields.items():
        for only in (note for note in declared.metadata if isinstance(note, OnlyOf)):
            if field.kind not in only.kinds and getattr(field, name) != declared.default:
                key = declared.alias or name
                yield problem("field_kind", f"{place}: {key}", value=field.id, allowed=only.kinds)
    for key in ("total", "late_after"):
        if field.confidential and getattr(field, key):
            yield problem("confidential_shown", f"{place}: {key}", value=field.id)
    kinds = IN_CASES if register.entry is not None else tuple(kind for kind in KINDS if kind != "term")
    if field.kind not in kinds:
        yield problem("not_allowed", f"{place}: kind", value=field.kind, allowed=kinds)
    if field.preset and field.option(field.preset) is None:
        yield problem("not_allowed", f"{place}: preset", value=field.preset, allowed=field.option_ids)


def _groups(register: Register) -> Iterator[Refusal]:
    """Yield fields in two groups, and required ones, which no form may fold."""
    allowed = tuple(field.id for field in register.fields.values() if not field.required)
    grouped = [(heading("group", n), name) for n, group in enumerate(register.groups) for name in group.fields]
    for number in repeated(name for _, name in grouped):
        yield problem("duplicate", grouped[number][0], value=grouped[number][1])
    for place, name in grouped:
        if name in register.fields and name not in allowed:
            yield problem("not_allowed", place, value=name, allowed=allowed)


def _access(access: registers.RowAccess, place: str) -> Iterator[Refusal]:
    """Yield an access for nobody, for two at once, or without fields."""
    if access.person and access.reader:
        yield problem("unknown_key", place, value="reader", allowed=("person", "fields"))
    if not access.reader and not (access.person and access.fields):
        yield problem("missing_key", place, value="fields" if access.person else "person")


def _count(register: Register, count: registers.RowCount, place: str) -> Iterator[Refusal]:
    """Yield `all_of` without the field it is of, and values this cannot have."""
    if count.all_of and not count.distinct:
        yield problem("missing_key", place, value="distinct")
        return
    for value in count.all_of if count.distinct in register.fields else ():
        yield from _condition(register.fields[count.distinct], f"{place}: all_of", value)


def _fulfils(register: Register, fulfilment: registers.Fulfilment, place: str) -> Iterator[Refusal]:
    """Yield what everybody would read in the case of a duty that rows carry out and may not."""
    if register.confidential:
        yield problem("fulfils_closed", place, value=fulfilment.fact)
    for name in dict.fromkeys(fulfilment.fields):
        if name in register.fields and register.fields[name].personal:
            yield problem("fulfils_personal", place, value=name)


def _campaign(register: Register, campaign: registers.Campaign, place: str) -> Iterator[Refusal]:
    """Yield what is wrong with a campaign and its rows: fields named twice, required ones nobody fills ..."""
    if campaign.act and not campaign.paragraph:
        yield problem("missing_key", place, value="paragraph")
    own_values = {name: value for name, value in campaign.values.items() if name in register.fields}
    for unfit in parse_values(register.fields, own_values, NO_NAMES)[1]:
        name = unfit.field
        yield problem("campaign_value", f"{place}: values", value=campaign.values[name], name=name)
    for number in repeated(campaign.fields):
        yield problem("duplicate", place, value=campaign.fields[number])
    for field in register.fields.values():
        if field.required and field.id not in campaign.fields:
            yield problem("campaign_lacks", place, value=field.id)


def cross_problems(
    register: Register, other_registers: Registers, library: Library, indicators: Mapping[str, Indicator]
) -> Iterator[Refusal]:
    """Yield references to other files that do not exist: registers, procedures, facts, indicators."""
    for number, field in enumerate(register.fields.values()):
        if field.kind == "row" and field.rows_of not in (*other_registers.ids(), register.id):
            yield unknown(
                f"{heading('field', number, field.id)}: register", field.rows_of, other_registers.ids()
            )
    yield from _opened(register, library)
    yield from _indicators(register, indicators)
    yield from _carried_out(register, library, indicators)


def _opened(register: Register, library: Library) -> Iterator[Refusal]:
    """Yield a procedure that rows open and there is not, and facts it does not have."""
    opens = register.opens
    if opens is not None and opens.procedure not in library.ids():
        yield unknown("opens.procedure", opens.procedure, library.ids())
    elif opens is not None:
        facts, conditional = library.latest(opens.procedure).facts, (each.fact for each in opens.conditional)
        for fact in (*opens.facts.values(), *opens.responsible, *opens.evidence, *conditional):
            if fact not in facts:
                yield unknown("opens.facts", fact, facts)


def _indicators(register: Register, indicators: Mapping[str, Indicator]) -> Iterator[Refusal]:
    """Yield indicators that rows count for and there are not, and facts these do not count."""
    for number, count in enumerate(register.counts, 1):
        indicator = indicators.get(count.indicator)
        if indicator is None:
            yield unknown(f"count {number}: indicator", count.indicator, indicators)
        elif not (count.fact or len(indicator.counting.facts) == 1):
            yield problem("missing_key", f"count {number}", value="fact")
        elif count.fact and count.fact not in indicator.counting.every_fact:
            yield unknown(f"count {number}: fact", count.fact, indicator.counting.every_fact)


def _carried_out(
    register: Register, library: Library, indicators: Mapping[str, Indicator]
) -> Iterator[Refusal]:
    """Yield duties that rows carry out and there are not, that no yearly case asks, or that earn nothing so."""
    scored = {fact for indicator in indicators.values() for fact in indicator.counting.every_fact}
    counted_facts = {
        count.fact or indicators[count.indicator].counting.fact
        for count in register.counts
        if count.indicator in indicators
    }
    for number, fulfilment in enumerate(register.fulfils, 1):
        place = f"fulfils {number}: fact"
        if fulfilment.procedure not in library.ids():
            yield unknown(place, fulfilment.procedure, library.ids())
            continue
        procedure = library.latest(fulfilment.procedure)
        duties = {name: obligation for name, obligation in procedure.facts.items() if not obligation.by_itself}
        if procedure.opened != "yearly":
            yield problem("fulfils_not_yearly", place, value=procedure.id)
        elif fulfilment.obligation not in duties:
            yield unknown(place, fulfilment.obligation, duties)
        else:
            numbers = duties[fulfilment.obligation].values
            for value in fulfilment.values:
                if value not in numbers:
                    yield unknown(f"fulfils {number}: values", value, numbers)
            if fulfilment.fact in scored - counted_facts:
                # Points leave out facts recorded from rows: without [[count]] the row would earn nothing.
                yield problem("fulfils_uncounted", place, value=fulfilment.fact)
