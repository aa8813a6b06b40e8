"""The organisation: who holds a duty, who is told, how a name is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office, Person, Recipient, Unit, with_officer
from workflow.search_words import alphabetical

DAY = date(2026, 4, 6)
AWAY = ((date(2026, 4, 1), date(2026, 4, 10)),)


def person(name: str, unit: str, *duties: str, **options: object) -> Person:
    return Person(key=name, name=name, unit=unit, duties=duties, email=f"{name}@example.kz", **options)  # type: ignore[arg-type]


def office(*people: Person, kinds: Mapping[str, str] = MappingProxyType({}), **options: object) -> Office:
    """body > department > division, and a neighbour of the department."""
    units = (
        Unit(id="body", name="Әкімдік"),
        Unit(id="department", name="Құрылыс басқармасы", parent="body"),
        Unit(id="division", name="Сатып алу бөлімі", parent="department"),
        Unit(id="neighbour", name="Жер басқармасы", parent="body"),
    )
    return Office(
        units={unit.id: replace(unit, kind=kinds.get(unit.id, "")) for unit in units},
        people={person.key: person for person in people},
        **options,  # type: ignore[arg-type]
    )


def who(recipients: tuple[Recipient, ...] | Unresolved) -> list[tuple[str, str]]:
    assert not isinstance(recipients, Unresolved)
    return [(recipient.person.name, recipient.why) for recipient in recipients]


AUTHORISED = "authorised_person"
KINDS = {"body": "central", "neighbour": "quasi_state"}


@pytest.mark.parametrize(
    ("town", "asked", "expected"),
    [
        # A duty means its holder in the case's own unit; else the first unit above where somebody holds it.
        (office(person("near", "division", AUTHORISED), person("far", "body", AUTHORISED)), {}, "near duty"),
        (office(person("far", "body", AUTHORISED)), {}, "far duty_above"),
        # A duty of the organisation is found anywhere; one that answers for a unit is not sought beside it.
        (office(person("staff", "neighbour", "hr")), {"duty": "hr"}, "staff duty_elsewhere"),
        (office(person("other", "neighbour", "head_of_unit")), {"duty": "head_of_unit"}, ""),
        # Where a unit has no head of its own, its head is meant, before anybody above.
        (
            office(person("chief", "division", "head"), person("above", "department", "head_of_unit")),
            {"duty": "head_of_unit"},
            "chief head_for_unit",
        ),
        # A case without a unit is the organisation's: the top of the tree.
        (
            office(person("first", "body", "head"), person("other", "neighbour", "head")),
            {"duty": "head", "unit": ""},
            "first duty_elsewhere",
        ),
        # A subject within the office answers for its own cases alone.
        *(
            (
                office(
                    person("ours", "department", "officer"),
                    person("theirs", "neighbour", "officer"),
                    kinds=KINDS,
                ),
                {"duty": "officer", "unit": unit},
                expected,
            )
            for unit, expected in (("", "ours duty_elsewhere"), ("neighbour", "theirs duty"))
        ),
        # Whom the schedule names comes first: a person, or of a unit who holds the duty there, else its head.
        (
            office(
                person("holder", "division", AUTHORISED),
                person("named", "neighbour"),
                matches={"Нұрлан Қ.": "named"},
            ),
            {"responsible": "нұрлан  қ."},
            "named named",
        ),
        (
            office(
                person("holder", "division", AUTHORISED),
                person("chief", "neighbour", "head_of_unit"),
                matches={"Жер басқармасы": "neighbour"},
            ),
            {"responsible": "Жер басқармасы"},
            "chief named",
        ),
        # A deputy who is away has a deputy; two of one another, both away, end at the officer.
        (
            office(
                person("holder", "division", AUTHORISED, away=AWAY, deputy="second"),
                person("second", "division", away=AWAY, deputy="third"),
                person("third", "division"),
            ),
            {},
            "third deputy",
        ),
        (
            office(
                person("holder", "division", AUTHORISED, away=AWAY, deputy="second"),
                person("second", "division", away=AWAY, deputy="holder"),
                person("duty-officer", "body"),
                officer="duty-officer",
            ),
            {},
            "duty-officer officer",
        ),
        # A deputy who holds the duty too is told once.
        (
            office(
                person("a", "division", AUTHORISED, away=AWAY, deputy="b"), person("b", "division", AUTHORISED)
            ),
            {},
            "b duty",
        ),
        # The officer is told even when away: a letter that waits is better than none.
        (
            office(person("duty-officer", "body", away=AWAY), officer="duty-officer"),
            {"duty": "hr"},
            "duty-officer officer",
        ),
        # Units above one another, as a bad table may make them, end the climb.
        (
            Office(
                units={"a": Unit(id="a", name="A", parent="b"), "b": Unit(id="b", name="B", parent="a")},
                people={"x": person("x", "b", "head")},
            ),
            {"duty": "head", "unit": "a"},
            "x duty_above",
        ),
        # Nobody at all is said and not passed over.
        (office(), {}, ""),
    ],
)
def test_a_duty_is_found_in_the_unit_above_it_or_elsewhere(
    town: Office, asked: dict[str, str], expected: str
) -> None:
    """Who is told, and why they; without anybody the answer names what is missing."""
    question = {"duty": AUTHORISED, "unit": "division", **asked}
    recipients = resolve(town, on=DAY, **question)  # type: ignore[arg-type]

    if expected:
        assert who(recipients) == [tuple(expected.split())]
    else:
        assert recipients == Unresolved(duty=question["duty"], unit="division")


@pytest.mark.parametrize(("day", "told"), [(31, "holder"), (1, "stand-in"), (10, "stand-in"), (11, "holder")])
def test_the_deputy_is_told_while_somebody_is_away(day: int, told: str) -> None:
    """Leave includes its first and last day, 1 and 10 April; the letter names the absent person."""
    town = office(
        person("holder", "division", AUTHORISED, away=AWAY, deputy="stand-in"), person("stand-in", "division")
    )
    (recipient,) = resolve(town, duty=AUTHORISED, unit="division", on=date(2026, 4 if day < 31 else 3, day))  # type: ignore[misc]

    assert recipient.person.name == told
    assert recipient.instead_of == (town.people["holder"] if told == "stand-in" else None)


def test_an_officer_of_the_settings_is_one_of_the_people_or_a_person_of_their_own() -> None:
    """config.toml may name the officer by e-mail, letter case apart. One line of configuration is enough for
    letters to reach somebody."""
    town = with_officer(office(person("known", "body")), "Known@Example.kz", language="ru")

    assert town.officer == "known"
    town = with_officer(office(), "duty@example.kz", language="ru")
    recipients = resolve(town, duty="hr", unit="division", on=DAY)

    assert who(recipients) == [("duty@example.kz", "officer")]
    assert town.people["duty@example.kz"].language == "ru"


def test_the_only_officer_of_the_table_is_told_where_no_setting_names_one() -> None:
    """On the first day nobody has named whom to tell: a duty nobody holds would be told to nobody."""
    town = with_officer(office(person("known", "body", "officer")), "", language="kk")
    two = with_officer(
        office(person("a", "body", "officer"), person("b", "body", "officer")), "", language="kk"
    )

    assert who(resolve(town, duty="hr", unit="division", on=DAY)) == [("known", "officer")]
    assert isinstance(resolve(two, duty="hr", unit="division", on=DAY), Unresolved)


def test_a_question_about_a_day_is_resolved_once() -> None:
    """Asked again on that day it is remembered; on another day, or of another office, resolved anew."""
    office, questions = Office(), list[str]()

    def resolve(question: str, on: date, office: Office = office) -> tuple[Recipient, ...]:
        def answer() -> tuple[Recipient, ...]:
            questions.append(f"{question} {on.day}")
            return ()

        return office.resolved_once(on, question, answer)

    monday, tuesday = date(2026, 4, 6), date(2026, 4, 7)
    for question, on in [("a", monday), ("a", monday), ("b", monday), ("a", tuesday), ("a", monday)]:
        assert resolve(question, on) == ()
    resolve("a", monday, Office())

    assert questions == ["a 6", "b 6", "a 7", "a 6", "a 6"]


def test_the_schedules_responsible_prepares_and_the_signatory_of_the_act_signs() -> None:
    """The order is the first head's to sign: both are told, each of their own part. A head the schedule names
    is told once; what is no signature (the announcement) is the responsible's alone."""
    town = replace(
        office(person("first", "body", "head"), person("clerk", "division"), person("hand", "division", "hr")),
        matches={"Жауапты": "clerk", "Басшы": "first"},
    )

    def told(duty: str, responsible: str) -> list[tuple[str, str]]:
        return who(resolve(town, duty=duty, unit="division", on=DAY, responsible=responsible))

    assert told("head", "Жауапты") == [("clerk", "prepares"), ("first", "signs")]
    assert told("head", "Басшы") == [("first", "named")]
    assert told("hr", "Жауапты") == [("clerk", "named")]


def test_the_first_head_is_who_holds_that_duty_in_the_organisation() -> None:
    """Not the head of a unit within it, written down with the same word; where the organisation has none, the
    nearest there is, or the only one, whom the table of people puts into a unit ("Administration"), and not the
    head of the body above."""
    units = {
        "ministry": Unit(id="ministry", name="Министрлік", kind="central_body"),
        "unit": Unit(id="unit", name="Департамент", parent="ministry"),
        "committee": Unit(id="committee", name="Комитет", parent="ministry", kind="committee"),
        "its": Unit(id="its", name="Әкімшілік", parent="committee"),
    }
    heads = {"minister": "ministry", "chief": "unit", "chair": "its"}
    people = {key: person(key, unit, "head") for key, unit in heads.items()}
    whole_office = Office(units=units, people=people)
    without = Office(units=units, people={"chief": people["chief"]})

    for office, unit, head in (
        *((whole_office, "unit", "minister"), (whole_office, "committee", "chair")),
        *((without, "unit", "chief"), (without, "ministry", "chief"), (without, "", "chief")),
    ):
        assert [key for key, _ in who(resolve(office, duty="head", unit=unit, on=DAY))] == [head]


KAZAKH = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
"""The alphabet of 1940, which holds the Russian one in its own order."""


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    """Every letter after the one before it, whatever follows either; Latin letters first."""
    words = [letter + end for letter in KAZAKH for end in ("а", "я")]

    assert words == sorted({*words}, key=alphabetical)
    assert sorted("яҚЯәкАZa", key=alphabetical) == list("aZАәкҚяЯ")


def test_people_and_units_are_listed_as_their_letters_stand() -> None:
    """Ә sorts between А and Б, Ё between Е and Ж; by code points both came after Я."""
    names = [
        "Абаев Н.",
        "Әбенов С.",
        "Баймұратов А.",
        "Егоров И.",
        "Ёлкин П.",
        "Жұмабеков Т.",
        "Қасымов Е.",
        "Яров О.",
    ]
    units = ["Аппарат", "Әкімдік", "Бухгалтерия", "Ішкі аудит", "Юрист"]
    office = Office(
        units={name: Unit(id=name, name=name, parent=None) for name in reversed(units)},
        people={
            name: Person(key=name, name=name, unit="Аппарат", post="", duties=("executor",))
            for name in reversed(names)
        },
        matches={},
    )

    assert [person.name for person in office.by_name] == names
    assert [person.name for person in office.people_of["Аппарат"]] == names
    assert [holder.name for holder in office.holders["Аппарат", "executor"]] == names
    assert list(office.tops) == list(office.children[""]) == units
