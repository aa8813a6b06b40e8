"""The library of editions: which is in force on a day, how two differ, and the built-in one of assignments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from workflow.cases.case import Case
from workflow.law.procedure import (
    STANDARD_DAYS,
    STANDARD_STEPS,
    Act,
    Obligation,
    Procedure,
    Stage,
    Text,
    standard_steps,
)
from workflow.org.office import Office, acts_of
from workflow.refusal import Refusal, closest_first

TITLE = Text("Тапсырма", "Поручение", "Assignment")
ALONE = Procedure.model_construct(
    id="assignment",
    in_force=date(2000, 1, 1),
    last_checked_on=date(2000, 1, 1),
    title=TITLE,
    begins_with="",
    acts={},
    stages=(
        Stage(
            id="execution",
            title=Text("Тапсырманы орындау", "Исполнение поручения", "Carrying out the assignment"),
        ),
    ),
    obligations=(),
    steps=STANDARD_STEPS,
)
"""The built-in procedure: its case has one assignment and is closed when that is done, refused or withdrawn."""


class UnknownProcedure(Refusal):
    """There is no procedure (or edition) of that name; `allowed` are the existing ones, the most similar
    first.
    """

    def __init__(self, name: str, allowed: Iterable[str], *, of: str = "procedure") -> None:
        super().__init__(f"unknown_{of}", **{of: name}, allowed=closest_first(name, allowed))


class NoEdition(Refusal):
    """No edition is in force on that day; `editions` are the existing ones, the nearest in time first."""

    def __init__(self, procedure: str, on: date, editions: Iterable[str]) -> None:
        super().__init__("no_edition", procedure=procedure, on=on, nearest=tuple(editions))


class UnknownAct(Refusal, ValueError):
    """No procedure rests on an adopted act with that id; `allowed` are the ids that exist."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadEdition:
    """An edition named by its file and not read yet; `read` returns it, or raises Refusal."""

    id: str
    in_force: date
    read: Callable[[], Procedure]

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force}"


class Library:
    """Editions of procedures, in force from their date until the next edition's.

    The built-in procedure of assignments outside cases can always be found by its edition, and is in no list.

    Args:
        editions: editions, or files that are read when first needed.
        acts: ids of acts of one organisation that the whole office adopted.
        days: the office's own reminder steps, in working days; they hold where an edition names none.

    Raises:
        Refusal: two editions of one procedure with the same date.
    """

    def __init__(
        self,
        editions: Iterable[Procedure | UnreadEdition],
        *,
        acts: Collection[str] = (),
        days: Sequence[int] = STANDARD_DAYS,
    ) -> None:
        self._steps = standard_steps(days)
        self._office_acts = frozenset(acts)
        ordered = sorted(editions, key=lambda edition: (edition.id, edition.in_force))
        self._editions: dict[str, Procedure | UnreadEdition] = {ALONE.edition: ALONE}
        self._dated: dict[str, list[str]] = {}
        for edition in ordered:
            if edition is ALONE:
                continue
            if edition.edition in self._editions:
                raise Refusal("regulation.two_editions", edition=edition.edition)
            if isinstance(edition, Procedure):
                edition = self._with_steps(edition)
            self._editions[edition.edition] = edition
            self._dated.setdefault(edition.id, []).append(edition.edition)

    def procedures(self) -> tuple[str, ...]:
        return tuple(self._dated)

    def all(self) -> tuple[Procedure, ...]:
        """Return every edition, by procedure, then by date."""
        return tuple(edition for procedure in self._dated for edition in self.editions_of(procedure))

    def editions_of(self, procedure: str) -> tuple[Procedure, ...]:
        """Return the editions of a procedure, by date; none if there is no such procedure."""
        return tuple(self.named(name) for name in self._dated.get(procedure, ()))

    def edition(self, procedure: str, on: date) -> Procedure:
        """Return the edition of a procedure in force on a day (local date).

        Raises:
            UnknownProcedure: there is no such procedure.
            NoEdition: the day lies before its first edition.
        """
        names = self._edition_names(procedure)
        in_force = [name for name in names if self._editions[name].in_force <= on]
        if not in_force:
            raise NoEdition(procedure, on, names)
        return self.named(in_force[-1])

    def earliest(self, procedure: str) -> Procedure:
        """Return the first edition of a procedure; days before it are judged by it, with a finding.

        Raises UnknownProcedure.
        """
        return self.named(self._edition_names(procedure)[0])

    def latest(self, procedure: str) -> Procedure:
        """Return the last edition of a procedure, used where no day is given. Raises UnknownProcedure."""
        return self.named(self._edition_names(procedure)[-1])

    def stage_titles(self, editions: Mapping[str, str]) -> dict[str, Text]:
        """Return stage -> title, in the order of their procedures. `editions`: stage -> one that has it."""
        titles = {stage: self.named(edition).stage_title for stage, edition in editions.items()}
        in_order = sorted(titles, key=lambda stage: ([*titles[stage]].index(stage), stage))
        return {stage: titles[stage][stage] for stage in in_order}

    def named(self, edition: str) -> Procedure:
        """Return the edition of that name, such as "internal-analysis.2024-01-01". Raises UnknownProcedure."""
        if edition not in self._editions:
            raise UnknownProcedure(edition, self._editions, of="edition")
        procedure = self._editions[edition]
        if isinstance(procedure, UnreadEdition):
            procedure = self._editions[edition] = self._with_steps(procedure.read())
        return procedure

    def _with_steps(self, edition: Procedure) -> Procedure:
        """Return the edition with the office's own reminder steps, where it names none."""
        return edition.replaced(steps=self._steps) if edition.steps == STANDARD_STEPS else edition

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
        """Return the act of one organisation that a procedure rests on, if neither the whole office nor a
        unit (by id) or one above it has adopted it; None if one has, it rests on none, or the unit is unknown.
        """
        if unit not in office.units or self.is_adopted(procedure, office, unit):
            return None
        return procedure.acts[procedure.adopted_act]

    def is_adopted(self, procedure: Procedure, office: Office, unit: str) -> bool:
        """Return whether a procedure rests on no act of one organisation, or the whole office, a unit (by id)
        or one above it has adopted that.
        """
        own_act = procedure.adopted_act
        return not own_act or own_act in self._office_acts | acts_of(office, unit)

    def _edition_names(self, procedure: str) -> list[str]:
        """Return the names of a procedure's editions, by date. Raises UnknownProcedure."""
        if procedure not in self._dated:
            raise UnknownProcedure(procedure, self._dated)
        return self._dated[procedure]


_UNCOMPARED = frozenset({"id", "sources"})


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionChange:
    """One difference.

    Attributes:
        obligation: its id; "" for the edition as a whole.
        what: `added`, `removed`, or the key that differs.
        before, after: values of the key (for an added or removed obligation its term); None where there is
            none.
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
        else:
            yield from _changed_keys(before.by_id[name], obligation)
    for name, obligation in before.by_id.items():
        if name not in after.by_id:
            yield EditionChange(obligation=name, what="removed", before=obligation.anchored)


def _changed_keys(before: Obligation, after: Obligation) -> Iterator[EditionChange]:
    """Yield the keys that two editions of an obligation have differently."""
    for name in Obligation.model_fields:
        if name not in _UNCOMPARED and (old := getattr(before, name)) != (new := getattr(after, name)):
            yield EditionChange(
                obligation=after.id, what="term" if name == "anchored" else name, before=old, after=new
            )
