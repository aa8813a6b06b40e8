"""Kinds of organisation: inherited down the tree, named singly or in groups; recipients within one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.law import library
from workflow.cases.case import Case
from workflow.deadlines.applicability import is_asked_of, taken_up_after
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office, Person, Recipient, Unit

UNITS = [
    Unit(id="ministry", name="Министерство", kind="central_body"),
    Unit(id="hr", name="Кадры", parent="ministry"),
    Unit(id="committee", name="Комитет", parent="ministry", kind="committee"),
    Unit(id="bureau", name="Бюро", parent="committee"),
    Unit(id="district", name="Аппарат акима", kind="district_akim_office"),
    Unit(id="stranger", name="Чужие"),
]
ON = date(2026, 4, 6)


def person(key: str, unit: str, *duties: str, **options: object) -> Person:
    """Somebody of that unit."""
    return Person(key=key, name=key, unit=unit, duties=duties, **options)  # type: ignore[arg-type]


def office(*people: Person) -> Office:
    """The office with these people."""
    return Office(units={unit.id: unit for unit in UNITS}, people={person.key: person for person in people})


def told(people: Office, duty: str, unit: str, about: str = "") -> list[str]:
    """Keys of the recipients."""
    recipients = resolve(people, duty=duty, unit=unit, on=ON, person=about)
    assert isinstance(recipients, tuple)
    return [recipient.person.key for recipient in recipients if isinstance(recipient, Recipient)]


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("ministry", "central_body"),
        ("hr", "central_body"),
        ("committee", "committee"),
        ("bureau", "committee"),
        ("Бюро", "committee"),
        ("district", "district_akim_office"),
        ("stranger", ""),
        ("nobody", ""),
    ],
)
def test_a_unit_has_the_nearest_kind_above_it(unit: str, kind: str) -> None:
    """By id or by name; where none is known, none is made up."""
    assert office().kind_of(unit) == kind


def test_without_a_unit_the_organisation_that_stands_in_no_other_is_meant() -> None:
    """The ministry, not its committee; of two such of different kinds none is guessed. A unit outside every
    organisation is of the only one there is, and where no unit has a kind config.toml says it."""
    ministry = Office(units={unit.id: unit for unit in UNITS[:4]})
    alone = Office(units={unit.id: unit for unit in (UNITS[0], UNITS[5])})
    unsaid = Office(units={"stranger": UNITS[5]}, kind="quasi_state")

    assert (ministry.kind_of(""), ministry.kind_of("stranger")) == ("central_body", "")
    assert (office().kind_of(""), Office().kind_of("")) == ("", "")
    assert (alone.kind_of("stranger"), unsaid.kind_of(""), unsaid.kind_of("stranger")) == (
        "central_body",
        "quasi_state",
        "quasi_state",
    )


def test_organisations_are_the_units_with_a_kind_of_their_own() -> None:
    """Departments inside them are none; where nobody has a kind, the top units are meant."""
    bare = Office(units={unit.id: Unit(id=unit.id, name=unit.name, parent=unit.parent) for unit in UNITS})

    assert office().organisations == ("ministry", "committee", "district")
    assert bare.organisations == ("district", "ministry", "stranger")


def test_another_organisation_answers_for_nothing_here() -> None:
    """The hr of the ministry is not the district's; within an organisation its holder is found anywhere."""
    people = office(person("m", "hr", "hr"), person("d", "district", "head"))

    assert told(people, "hr", "ministry") == ["m"]
    assert resolve(people, duty="hr", unit="district", on=ON) == Unresolved(duty="hr", unit="district")


def test_whom_a_case_is_about_is_told_themselves() -> None:
    """Nobody else holds that duty, by any table of people."""
    people = office(person("a", "bureau"), person("b", "bureau", "person_concerned"))

    assert told(people, "person_concerned", "bureau", "a") == ["a"]


def test_the_direct_head_of_a_head_is_the_one_above() -> None:
    """Of a member the head of the unit; of that head the head of the unit above."""
    people = office(
        person("member", "bureau"),
        person("chief", "bureau", "head_of_unit"),
        person("chair", "committee", "head"),
    )

    assert told(people, "direct_head", "ministry", "member") == ["chief"]
    assert told(people, "direct_head", "ministry", "chief") == ["chair"]
    assert told(people, "direct_head", "bureau") == ["chief"]


def test_nobody_here_is_told_of_what_another_body_must_do() -> None:
    """Shown, never reminded of, not even the officer."""
    people = Office(people={"o": person("o", "", "officer")}, officer="o")

    assert resolve(people, duty="outside", unit="", on=ON) == ()


def test_a_case_of_no_unit_is_signed_by_the_head_of_whom_its_schedule_names() -> None:
    """Of two organisations the other's head signs nothing; where nobody is named, both heads are meant."""
    people = office(
        person("minister", "ministry", "head"),
        person("chair", "committee", "head"),
        person("akim", "district", "head"),
        person("clerk", "bureau"),
    )

    def signing(responsible: str) -> dict[str, str]:
        recipients = resolve(people, duty="head", unit="", on=ON, responsible=responsible)
        assert isinstance(recipients, tuple)
        return {recipient.person.key: recipient.why for recipient in recipients}

    assert signing("clerk") == {"clerk": "prepares", "chair": "signs"}
    assert signing("") == {"minister": "duty_elsewhere", "akim": "duty_elsewhere"}


def test_the_officer_of_one_organisation_does_not_hold_the_duty_in_another() -> None:
    """There they are notified because nobody responsible was found; in their own unit and below by duty."""
    people = replace(office(person("officer", "hr")), officer="officer")

    def why(unit: str) -> str:
        recipients = resolve(people, duty="officer", unit=unit, on=ON)
        assert isinstance(recipients, tuple)
        return recipients[0].why

    assert {why(unit) for unit in ("", "hr", "ministry", "bureau")} == {"duty"}
    assert why("district") == "officer"


@pytest.mark.parametrize(
    ("kind", "object", "asked"),
    [
        ("central_body", "", (False, True)),
        ("quasi_state", "", (False, False)),
        # Nobody is left out for missing data, but a body the act names is known to be none of the others.
        ("", "", (False, True)),
        ("", "MOF", (False, False)),
        ("central_body", "MOF", (False, True)),
    ],
)
def test_a_group_the_act_leaves_open_is_asked_once_it_has_planned_it(
    kind: str, object: str, asked: tuple[bool, bool]
) -> None:
    """The interested state bodies of the Concept's plan: a body that plans it is one, a company is not."""
    law = library().named("concept-plan.2022-02-02")
    order = next(obligation for obligation in law.obligations if obligation.bodies == ("ISB",))
    idle = Case(id="2026-0001", procedure=law.id, edition=law.edition, unit="Кадры", kind=kind, object=object)

    assert (
        is_asked_of(idle, law, order),
        is_asked_of(replace(idle, planned={order.id: ON}), law, order),
    ) == asked


@pytest.mark.parametrize(
    ("at", "taken_up"),
    [
        (datetime(2023, 3, 31, 17, 59, tzinfo=UTC), None),
        (datetime(2023, 3, 31, 18, 0, tzinfo=UTC), date(2023, 4, 1)),
    ],
)
def test_what_is_planned_on_its_last_day_was_taken_up_in_time(at: datetime, taken_up: date | None) -> None:
    """Row 18 of the Concept's plan ends on 31 March 2023; that day ended at 18:00 UTC, Almaty being six hours
    ahead then."""
    law = library().named("concept-plan.2022-02-02")
    sample_case = Case(id="2022-0001", procedure=law.id, edition=law.edition, unit="Кадры", kind="central_body")
    planned = replace(sample_case, planned={"measure_18": ON}, planned_at={"measure_18": at})
    obligation = law.by_id["measure_18"]

    assert taken_up_after(planned, law, obligation, "measure_18", date(2023, 3, 31)) == taken_up
    assert taken_up_after(sample_case, law, obligation, "measure_18", date(2023, 3, 31)) is None
