"""Reads an edition of a procedure, and checks its parts against each other: references exist, anchors form no
circle. Pure: the caller opens the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from calendars.terms import AtOnce, Before, DayAfterPeriod, Quota, Target
from workflow.law.files import (
    NOTHING_SHARED,
    FileProblem,
    Shared,
    heading,
    read_file,
    repeated,
    unknown,
    unknown_references,
)
from workflow.law.procedure import Obligation, Procedure

_SINCE: Mapping[type, str] = {Before: "term.before", AtOnce: "term.at_once_after"}


def read_edition(name: str, text: bytes, shared: Shared = NOTHING_SHARED) -> Procedure:
    """Return the procedure a regulation file describes. Raises UnreadableRegulation with all problems found."""
    return read_file(Procedure, name, text, problems, shared)


def problems(procedure: Procedure) -> Iterator[FileProblem]:
    """Yield every mistake in how the obligations of a procedure refer to each other."""
    yield from unknown_references(procedure)
    begins = procedure.facts.get(procedure.begins_with)
    if begins and procedure.opened == "yearly" and not begins.by_itself:
        # A yearly case is opened for hundreds of organisations at once, so nobody records its beginning.
        yield FileProblem("yearly_begins_by_itself", "begins_with", {"value": procedure.begins_with})
    places = {
        obligation.id: heading("obligation", number, obligation.id)
        for number, obligation in enumerate(procedure.obligations)
    }
    yield from _answers(procedure, places)
    for obligation in procedure.obligations:
        place = places[obligation.id]
        if obligation.since and obligation.since not in procedure.facts:
            key = _SINCE.get(type(obligation.term), "term.from")
            yield unknown(f"{place}: {key}", obligation.since, procedure.facts)
        if obligation.lapses_with == obligation.id:
            yield FileProblem("itself", f"{place}: lapses_with", {"value": obligation.id})
        yield from _periods(obligation, place, procedure)
        yield from _term_settings(obligation, place)
    for number, example in enumerate(procedure.examples):
        for finding in example.findings or ():
            if finding.partition(":")[2].split(".")[0] not in procedure.by_id:
                yield unknown(
                    f"{heading('example', number, example.title)}: findings", finding, procedure.by_id
                )
    yield from _circles(
        procedure, places, "since", lambda of: (of.since, of.recurs.since if of.recurs else None)
    )
    yield from _circles(procedure, places, "after", lambda of: (*of.after, *of.after_by_practice))
    yield from _circles(procedure, places, "when", lambda of: (of.when,))


def unfinished(procedure: Procedure) -> Iterator[FileProblem]:
    """Yield what a new file still lacks though it can be read: an obligation that holds a case at its stage."""
    if not any(obligation.blocking for obligation in procedure.obligations):
        yield FileProblem("nothing_blocks", "obligation", {"value": procedure.id})


def _answers(procedure: Procedure, places: Mapping[str, str]) -> Iterator[FileProblem]:
    """Yield options that share a name or fact with another one or whose fact recurs, and decisions named like a
    fact.
    """
    facts = [option.fact for decision in procedure.decisions.values() for option in decision.options]
    names = [*facts, *(obligation.id for obligation in procedure.obligations)]
    for decision in procedure.decisions.values():
        options = [option.id for option in decision.options]
        shared = [options[number] for number in repeated(options)]
        shared += [option.fact for option in decision.options if facts.count(option.fact) > 1]
        shared += [decision.id] * (names.count(decision.id) > 1)
        for name in dict.fromkeys(shared):
            yield FileProblem("duplicate", f"{places[decision.id]}: option", {"value": name})
        for option in decision.options:
            if procedure.by_id[option.fact].recurs:
                once = [fact.id for fact in procedure.facts.values() if not fact.recurs]
                yield unknown(f"{places[decision.id]}: option.fact", option.fact, once)


def _periods(obligation: Obligation, place: str, procedure: Procedure) -> Iterator[FileProblem]:
    """Yield periods that do not go together: of an obligation, its anchor and its branch."""
    if isinstance(obligation.term, DayAfterPeriod | Target) and not obligation.recurs:
        # The day after which period? Only a recurring obligation has any.
        yield FileProblem("missing_key", place, {"value": "recurs"})
    anchor = procedure.by_id.get(obligation.since or "")
    if anchor and anchor.recurs:
        if not obligation.recurs:
            yield FileProblem("recurring_anchor", f"{place}: term", {"value": anchor.id})
        elif obligation.recurs != anchor.recurs:
            yield FileProblem("other_period", f"{place}: recurs", {"value": anchor.id})

    branch = procedure.by_id.get(obligation.when or "")
    if branch and branch.recurs and obligation.recurs != branch.recurs:
        code = "other_period" if obligation.recurs else "recurring_anchor"
        yield FileProblem(code, f"{place}: when", {"value": branch.id})
    if obligation.several and not obligation.recurs:
        yield FileProblem("missing_key", place, {"value": "recurs"})


def _term_settings(obligation: Obligation, place: str) -> Iterator[FileProblem]:
    """Yield settings of an obligation that its term needs otherwise: its period, its numbers."""
    term = obligation.term
    if isinstance(term, Target) and obligation.recurs and obligation.recurs.every != "year":
        yield FileProblem(
            "not_allowed", f"{place}: recurs.every", {"value": obligation.recurs.every, "allowed": ("year",)}
        )
    if isinstance(term, Target) and "measured" not in obligation.values:
        yield FileProblem("quota_without_number", f"{place}: values", {"value": "measured"})
    if isinstance(term, Quota) and obligation.values and term.of not in obligation.values[1:]:
        yield FileProblem("quota_without_number", f"{place}: term.of", {"value": term.of})


def _circles(
    procedure: Procedure,
    places: Mapping[str, str],
    kind: str,
    leads_to: Callable[[Obligation], Iterable[str | None]],
) -> Iterator[FileProblem]:
    """Yield the obligations that wait for each other in a circle, if there is one; of several the first."""
    waits = {name: list(filter(None, leads_to(obligation))) for name, obligation in procedure.by_id.items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        path = tuple(reversed(error.args[1]))
        place = next(places[name] for name in path if name in places)
        yield FileProblem("cycle", place, {"kind": kind, "path": path})
