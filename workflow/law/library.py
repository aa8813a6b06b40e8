"""Editions of procedures: read and checked one by one, found by their day, compared, asked for a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from calendars.terms import AtOnce, Before, DayAfterPeriod, PerPeriod, Quota, Target, period_of
from workflow.cases.case import Case
from workflow.law.fields import repeated
from workflow.law.files import (
    NOTHING_SHARED,
    Editions,
    Shared,
    heading,
    problem,
    read_file,
    unknown,
    unknown_references,
)
from workflow.law.procedure import (
    STANDARD_DAYS,
    STANDARD_STEPS,
    Act,
    Obligation,
    Option,
    Procedure,
    Text,
    Titled,
    standard_steps,
)
from workflow.org.office import Office, acts_of
from workflow.refusal import Refusal, closest_first

_SINCE: Mapping[type, str] = {Before: "term.before", AtOnce: "term.at_once_after"}
_YEAR = re.compile(r"[12]\d{3}")
_AGAIN = re.compile(r"[2-9]|[1-9]\d{1,3}")


TITLE = Text("Тапсырма", "Поручение", "Assignment")
ALONE = Procedure.model_construct(
    id="assignment",
    in_force=date(2000, 1, 1),
    last_checked_on=date(2000, 1, 1),
    title=TITLE,
    begins_with="",
    acts={},
    stages=(
        Titled(
            id="execution",
            title=Text("Тапсырманы орындау", "Исполнение поручения", "Carrying out the assignment"),
        ),
    ),
    obligations=(),
    steps=STANDARD_STEPS,
)
"""The built-in procedure: its case has one assignment and is closed when that is done, refused or withdrawn."""


class UnknownProcedure(Refusal):
    """No procedure (or edition) has that name; `allowed` are the existing ones, the most similar first."""

    def __init__(self, name: str, allowed: Iterable[str], *, of: str = "procedure") -> None:
        super().__init__(f"unknown_{of}", **{of: name}, allowed=closest_first(name, allowed))


class NoEdition(Refusal):
    """No edition is in force on that day; `editions` are the existing ones, the nearest in time first."""

    def __init__(self, procedure: str, on: date, editions: Iterable[str]) -> None:
        super().__init__("no_edition", procedure=procedure, on=on, nearest=tuple(editions))


class UnknownAct(Refusal, ValueError):
    """No procedure rests on an adopted act with that id; `allowed` are the ids that exist."""


class Library(Editions[Procedure]):
    """Editions of procedures. The built-in one of assignments is found by its edition, and is in no list."""

    def __init__(
        self, editions: Iterable[Procedure], *, acts: Collection[str] = (), days: Sequence[int] = STANDARD_DAYS
    ) -> None:
        """Take the editions in.

        Args:
            acts: ids of acts of one organisation that the whole office adopted.
            days: the office's reminder steps, in working days, for editions that name none.
        """
        self._office_acts, steps = frozenset(acts), standard_steps(days)
        super().__init__(
            edition.replaced(steps=steps) if edition.steps == STANDARD_STEPS else edition
            for edition in editions
            if edition is not ALONE
        )

    def edition(self, procedure: str, on: date) -> Procedure:
        """Return the edition of a procedure in force on a day (local date).

        Raises UnknownProcedure, NoEdition: the day lies before its first edition.
        """
        edition = self.on(procedure, on)
        if edition.in_force > on:
            raise NoEdition(procedure, on, [each.edition for each in self.editions_of(procedure)])
        return edition

    def stage_titles(self, editions: Mapping[str, str]) -> dict[str, Text]:
        """Return stage -> title, in the order of their procedures. `editions`: stage -> one that has it."""
        titles = {stage: self.named(edition).stage_title for stage, edition in editions.items()}
        in_order = sorted(titles, key=lambda stage: ([*titles[stage]].index(stage), stage))
        return {stage: titles[stage][stage] for stage in in_order}

    def named(self, edition: str) -> Procedure:
        """Return the edition of that name, such as "internal-analysis.2024-01-01". Raises UnknownProcedure."""
        if edition == ALONE.edition:
            return ALONE
        if edition not in self._named:
            raise UnknownProcedure(edition, self._named, of="edition")
        return self._named[edition]

    def of(self, case: Case) -> Procedure:
        """Return the edition of a case."""
        return self.named(case.edition)

    @cached_property
    def adopted_acts(self) -> Mapping[str, Act]:
        """Acts of single organisations that procedures rest on, by id; each organisation adopts them or not."""
        resting = (edition for edition in self.all() if edition.adopted_act)
        return {edition.adopted_act: edition.acts[edition.adopted_act] for edition in resting}

    def known_acts(self, acts: Collection[str]) -> tuple[str, ...]:
        """Return these ids of adopted acts, in the order of the library. Raises UnknownAct."""
        for act in acts:
            if act not in self.adopted_acts:
                raise UnknownAct("unknown_adopted_act", act=act, allowed=closest_first(act, self.adopted_acts))
        return tuple(act for act in self.adopted_acts if act in set(acts))

    def unadopted_act(self, procedure: Procedure, office: Office, unit: str) -> Act | None:
        """Return the act of one organisation a procedure rests on if a known unit (id) has not adopted it."""
        if unit not in office.units or self.binds(procedure.adopted_act, office, unit):
            return None
        return procedure.acts[procedure.adopted_act]

    def binds(self, act: str, office: Office, unit: str) -> bool:
        """Return whether an act (id) is of no single organisation, or one adopted for a unit (id)."""
        return act not in self.adopted_acts or act in self._office_acts | acts_of(office, unit)

    def _unknown(self, id: str) -> UnknownProcedure:
        return UnknownProcedure(id, self.ids())


COMPARED = tuple(key for key in Obligation.model_fields if key not in ("id", "sources"))


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionChange:
    """One difference: of an obligation (id), or of the edition as a whole ("").

    Attributes:
        what: `added`, `removed`, or the key that differs.
        before, after: values of the key, of a whole obligation its term; None where there is none.
    """

    obligation: str
    what: str
    before: object = None
    after: object = None


def compare(before: Procedure, after: Procedure) -> Iterator[EditionChange]:
    """Yield the differences from one edition to the other: stages, obligations by the later one, those gone."""
    if (was := [stage.id for stage in before.stages]) != (now := [stage.id for stage in after.stages]):
        yield EditionChange(obligation="", what="stages", before=tuple(was), after=tuple(now))
    for name, obligation in after.by_id.items():
        if name not in before.by_id:
            yield EditionChange(obligation=name, what="added", after=obligation.anchored)
        for key in COMPARED if name in before.by_id else ():
            if (old := getattr(before.by_id[name], key)) != (new := getattr(obligation, key)):
                what = "term" if key == "anchored" else key
                yield EditionChange(obligation=name, what=what, before=old, after=new)
    for name, obligation in before.by_id.items():
        if name not in after.by_id:
            yield EditionChange(obligation=name, what="removed", before=obligation.anchored)


def read_edition(name: str, text: bytes, shared: Shared = NOTHING_SHARED) -> Procedure:
    """Return the procedure a regulation file describes. Raises UnreadableRegulation with all problems found."""
    return read_file(Procedure, name, text, problems, shared)


def problems(procedure: Procedure) -> Iterator[Refusal]:
    """Yield every mistake in how the obligations of a procedure refer to each other."""
    yield from unknown_references(procedure)
    begins = procedure.facts.get(procedure.begins_with)
    if begins and procedure.opened == "yearly" and not begins.by_itself:
        # A yearly case is opened for hundreds of organisations at once, so nobody records its beginning.
        yield problem("yearly_begins_by_itself", "begins_with", value=procedure.begins_with)
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
            yield problem("itself", f"{place}: lapses_with", value=obligation.id)
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


def unfinished(procedure: Procedure) -> Iterator[Refusal]:
    """Yield what a new file still lacks though it can be read: an obligation that holds a case at its stage."""
    if not any(obligation.blocking for obligation in procedure.obligations):
        yield problem("nothing_blocks", "obligation", value=procedure.id)


def _answers(procedure: Procedure, places: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield options that share a name or fact or whose fact recurs, and decisions named like a fact."""
    facts = [option.fact for decision in procedure.decisions.values() for option in decision.options]
    names = [*facts, *(obligation.id for obligation in procedure.obligations)]
    for decision in procedure.decisions.values():
        options = [option.id for option in decision.options]
        shared = [options[number] for number in repeated(options)]
        shared += [option.fact for option in decision.options if facts.count(option.fact) > 1]
        shared += [decision.id] * (names.count(decision.id) > 1)
        for name in dict.fromkeys(shared):
            yield problem("duplicate", f"{places[decision.id]}: option", value=name)
        for option in decision.options:
            if procedure.by_id[option.fact].recurs:
                once = [fact.id for fact in procedure.facts.values() if not fact.recurs]
                yield unknown(f"{places[decision.id]}: option.fact", option.fact, once)


def _periods(obligation: Obligation, place: str, procedure: Procedure) -> Iterator[Refusal]:
    """Yield periods that do not go together: of an obligation, its anchor and its branch."""
    if isinstance(obligation.term, DayAfterPeriod | Target) and not obligation.recurs:
        # The day after which period? Only a recurring obligation has any.
        yield problem("missing_key", place, value="recurs")
    anchor = procedure.by_id.get(obligation.since or "")
    if anchor and anchor.recurs:
        if not obligation.recurs:
            yield problem("recurring_anchor", f"{place}: term", value=anchor.id)
        elif obligation.recurs != anchor.recurs:
            yield problem("other_period", f"{place}: recurs", value=anchor.id)

    branch = procedure.by_id.get(obligation.when or "")
    if branch and branch.recurs and obligation.recurs != branch.recurs:
        code = "other_period" if obligation.recurs else "recurring_anchor"
        yield problem(code, f"{place}: when", value=branch.id)
    if obligation.several and not obligation.recurs:
        yield problem("missing_key", place, value="recurs")


def _term_settings(obligation: Obligation, place: str) -> Iterator[Refusal]:
    """Yield settings of an obligation that its term needs otherwise: its period, its numbers."""
    term = obligation.term
    if isinstance(term, Target) and obligation.recurs and obligation.recurs.every != "year":
        yield problem("not_allowed", f"{place}: recurs.every", value=obligation.recurs.every, allowed=("year",))
    if isinstance(term, Target) and "measured" not in obligation.values:
        yield problem("quota_without_number", f"{place}: values", value="measured")
    if isinstance(term, Quota) and obligation.values and term.of not in obligation.values[1:]:
        yield problem("quota_without_number", f"{place}: term.of", value=term.of)


def _circles(
    procedure: Procedure,
    places: Mapping[str, str],
    kind: str,
    leads_to: Callable[[Obligation], Iterable[str | None]],
) -> Iterator[Refusal]:
    """Yield the obligations that wait for each other in a circle, if there is one; of several the first."""
    waits = {name: list(filter(None, leads_to(obligation))) for name, obligation in procedure.by_id.items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        path = tuple(reversed(error.args[1]))
        place = next(places[name] for name in path if name in places)
        yield problem("cycle", place, kind=kind, path=path)


class UnknownFact(Refusal, LookupError):
    """The procedure has no fact of that name; `allowed` are those it has."""


def known_fact(procedure: Procedure, fact: str) -> Obligation:
    """Return the obligation a fact fulfils; a recurring one needs its period (`quarter_reported.2026Q3`), its
    second and later times in that a number (`talk_held.2026-03#2`). Raises UnknownFact.
    """
    name, dot, period = fact.partition(".")
    obligation = procedure.by_id.get(name)
    if obligation is None:
        raise UnknownFact("unknown_fact", fact=fact, procedure=procedure.title, allowed=tuple(procedure.facts))
    if obligation.options:
        facts = tuple(option.fact for option in obligation.options)
        raise UnknownFact("fact_is_decision", title=obligation.title, allowed=facts)
    if obligation.recurs is None and dot:
        raise UnknownFact("fact_without_period", fact=fact, name=name)
    period, number_mark, number = period.partition("#")
    if obligation.recurs is not None:
        year = _YEAR.match(period)
        in_year, every = int(year[0]) if year else procedure.in_force.year, obligation.recurs.every
        allowed = tuple(dict.fromkeys(period_of(date(in_year, month, 1), every).name for month in range(1, 13)))
        if year is None:
            raise UnknownFact("fact_needs_period", fact=fact, example=f"{name}.{allowed[0]}")
        if period not in allowed:
            raise UnknownFact("no_such_period", title=obligation.title, period=period, allowed=allowed)
    if number_mark and not (obligation.several or isinstance(obligation.term, PerPeriod)):
        raise UnknownFact("fact_once_a_period", fact=fact, title=obligation.title, name=f"{name}.{period}")
    if number_mark and not _AGAIN.fullmatch(number):
        raise UnknownFact("fact_number_from_two", fact=fact, example=f"{name}.{period}#2")
    return obligation


def known_obligation(procedure: Procedure, name: str) -> Obligation:
    """Return the obligation of an id; a period in the id is not looked at. Raises Refusal."""
    obligation = procedure.by_id.get(name.partition(".")[0])
    if obligation is None:
        raise Refusal("unknown_obligation", obligation=name, allowed=tuple(procedure.by_id))
    return obligation


def known_option(procedure: Procedure, decision: str, option: str) -> Option:
    """Return an option of a decision. Raises Refusal for an unknown decision or option."""
    question = procedure.decisions.get(decision)
    if question is None:
        code = "unknown_decision" if procedure.decisions else "no_decisions"
        allowed = closest_first(decision, procedure.decisions)
        raise Refusal(code, decision=decision, procedure=procedure.title, allowed=allowed)
    chosen_option = next((candidate for candidate in question.options if candidate.id == option), None)
    if chosen_option is None:
        allowed = tuple(candidate.id for candidate in question.options)
        raise Refusal("unknown_option", option=option, title=question.title, allowed=allowed)
    return chosen_option


def answering_fact(procedure: Procedure, name: str) -> str:
    """Return the fact of an answer written `decision=option`; any other name unchanged. Raises Refusal."""
    decision, equals, option = name.partition("=")
    return known_option(procedure, decision, option).fact if equals else name
