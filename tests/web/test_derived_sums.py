"""Page values derived from sums: equal to a full computation after every change."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from merzim.services.board.assignees import find_assignments, person_sums, rank_workloads
from merzim.services.board.overview import _by_stage, _by_stage_mended, _worst, at_stake
from merzim.storage.board.sums import joined
from tests.law import analysis, library
from workflow.board.sums import (
    AssigneeKey,
    DeadlineFilter,
    Sum,
    Sums,
    by_assignee,
    by_unit,
    counted,
    horizon,
    total,
)
from workflow.org.office import Office, Person, Unit

TODAY = date(2026, 3, 16)
DAY = horizon(TODAY, soon=TODAY + timedelta(days=14))
UNITS, DUTIES = ("a", "b", "c", "d"), ("head", "authorised_person", "nobody")
PEOPLE = (
    Person(key="a1", name="Ахметова Айгерім", unit="a", duties=("head",)),
    Person(key="a2", name="Бекова Дана", unit="a", duties=("authorised_person", "head_of_unit")),
    Person(key="b1", name="Ғалымов Арман", unit="b", duties=("head", "authorised_person")),
    Person(
        key="c1",
        name="Жұмабеков Тимур",
        unit="c",
        duties=("head_of_unit",),
        deputy="b1",
        away=((TODAY, TODAY),),
    ),
)
OFFICE = Office(
    units={name: Unit(id=name, name=name, parent="a" if name != "a" else None) for name in UNITS},
    people={person.key: person for person in PEOPLE},
    matches={"Кадр бөлімі": "b1"},
)
NUMBERS = st.integers(0, 3)
EDITION = analysis()
OBLIGATIONS = [obligation for obligation in EDITION.obligations if obligation.indicator][:2]


@st.composite
def sums_of(draw: st.DrawFn, unit: str) -> tuple[Sum, ...]:
    """Each of another stage or for others: as the memory counts them, one sum for what is the same."""
    kinds = st.tuples(
        st.sampled_from(DUTIES), st.sampled_from(("", "Кадр бөлімі")), st.sampled_from(OBLIGATIONS)
    )
    return tuple(
        Sum(
            assignee=AssigneeKey(unit, duty, responsible, ""),
            edition=EDITION.edition,
            stage=obligation.stage,
            obligation=obligation.id,
            **{name: draw(NUMBERS) for name in ("overdue", "today", "week", "later", "due", "missed")},
        )
        for duty, responsible, obligation in draw(st.lists(kinds, unique=True, max_size=4))
    )


CHANGES = st.lists(
    st.sets(st.sampled_from(UNITS), min_size=1).flatmap(
        lambda units: st.fixed_dictionaries({unit: sums_of(unit) for unit in sorted(units)})
    ),
    min_size=1,
    max_size=5,
)


def worked_out(sums: Sums) -> object:
    """Everything a page makes of them, in no order where none is meant."""
    heat = sums.once("by stage", _by_stage, _by_stage_mended)
    worst_cells, editions = _worst(heat)
    people, number = rank_workloads(OFFICE, sums, on=TODAY, limit=50)
    return (
        sorted(map(repr, sums)),
        [total(sums, figure) for figure in ("overdue", "today", "week", "later", "due", "missed")],
        [counted(sums, DeadlineFilter(horizon=DAY, stage=stage)) for stage in (None, OBLIGATIONS[0].stage)],
        {assignee: sorted(map(repr, of_it)) for assignee, of_it in by_assignee(sums).items()},
        {unit: (heat_row.cells, heat_row.both, heat_row.editions) for unit, heat_row in heat.items()},
        (worst_cells, editions),
        at_stake(sums, library()),
        ([(workload.keys, workload.overdue, workload.due, workload.duty) for workload in people], number),
        {person.key: {*find_assignments(OFFICE, person.key, sums, on=TODAY)} for person in PEOPLE},
        {person.key: sorted(map(repr, person_sums(OFFICE, person.key, sums, on=TODAY))) for person in PEOPLE},
    )


@settings(max_examples=60)
@given(CHANGES, st.sampled_from(UNITS).flatmap(sums_of), st.data())
def test_mended_is_as_worked_out_anew(
    changes: list[dict[str, tuple[Sum, ...]]], secret: tuple[Sum, ...], data: st.DataObject
) -> None:
    """Whatever units change; asked between two changes, or not; with what only some may see."""
    mended_sums, units = Sums(), dict[str, tuple[Sum, ...]]()
    for new_sums in changes:
        if data.draw(st.booleans()):
            worked_out(mended_sums)
            worked_out(joined(mended_sums, secret))
        mended_sums = mended_sums.exchanged(new_sums)
        units = {**units, **new_sums}

    fresh_sums = Sums(subtotal for sums in units.values() for subtotal in sums)
    assert worked_out(mended_sums) == worked_out(fresh_sums)
    assert worked_out(joined(mended_sums, secret)) == worked_out(joined(fresh_sums, secret))


def test_what_was_worked_out_before_a_change_stays_as_it_was() -> None:
    """A page that is being made while somebody records goes on with what it began with."""
    late = OBLIGATIONS[0]
    assignee = AssigneeKey("a", "head", "", "")
    subtotal = Sum(assignee=assignee, edition=EDITION.edition, stage=late.stage, obligation=late.id, overdue=2)
    before = Sums([subtotal])
    results_before = worked_out(before)
    before.exchanged({"a": ()})

    assert worked_out(before) == results_before


def test_what_nobody_asked_for_between_two_changes_is_forgotten() -> None:
    """Otherwise every value ever computed would be updated for ever."""
    sums, builds = Sums(), list[str]()

    def number(sums: Sums) -> int:
        builds.append("anew")
        return len(sums)

    def ask(of: Sums) -> int:
        return of.once("n", number, lambda before, sums_removed, come: before - len(sums_removed) + len(come))

    ask(sums)
    once = sums.exchanged(
        by_unit([Sum(assignee=AssigneeKey("a", "", "", ""), edition="e", stage="s", obligation="o")])
    )
    assert (ask(once), builds) == (1, ["anew"])
    twice = once.exchanged({}).exchanged({"a": ()})

    assert (ask(twice), builds) == (0, ["anew", "anew"])
