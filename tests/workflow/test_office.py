"""Recipients: duties, units, texts of schedules, absences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office, Person, Recipient, Unit, with_officer

DAY = date(2026, 4, 6)
AWAY = ((date(2026, 4, 1), date(2026, 4, 10)),)


def person(name: str, unit: str, *duties: str, **options: object) -> Person:
    return Person(key=name, name=name, unit=unit, duties=duties, email=f"{name}@example.kz", **options)  # type: ignore[arg-type]


def office(*people: Person, **options: object) -> Office:
    """body > department > division, and a neighbour of the department."""
    units = (
        Unit(id="body", name="Әкімдік"),
        Unit(id="department", name="Құрылыс басқармасы", parent="body"),
        Unit(id="division", name="Сатып алу бөлімі", parent="department"),
        Unit(id="neighbour", name="Жер басқармасы", parent="body"),
    )
    return Office(
        units={unit.id: unit for unit in units},
        people={person.key: person for person in people},
        **options,  # type: ignore[arg-type]
    )


def who(recipients: tuple[Recipient, ...] | Unresolved) -> list[tuple[str, str]]:
    assert not isinstance(recipients, Unresolved)
    return [(recipient.person.name, recipient.why) for recipient in recipients]


def test_the_holder_in_the_unit_is_told() -> None:
    """A duty means its holder in the case's own unit."""
    town = office(person("near", "division", "authorised_person"), person("far", "body", "authorised_person"))

    assert who(resolve(town, duty="authorised_person", unit="division", on=DAY)) == [("near", "duty")]


def test_without_a_holder_the_units_above_are_asked() -> None:
    """The tree is climbed to the first unit where somebody holds the duty."""
    town = office(person("far", "body", "authorised_person"))

    assert who(resolve(town, duty="authorised_person", unit="division", on=DAY)) == [("far", "duty_above")]


def test_a_duty_of_the_organisation_is_found_anywhere() -> None:
    """HR sits in a unit of its own, beside the case's."""
    town = office(person("staff", "neighbour", "hr"))

    assert who(resolve(town, duty="hr", unit="division", on=DAY)) == [("staff", "duty_elsewhere")]


def test_a_neighbours_head_is_not_the_head_of_this_unit() -> None:
    """A duty that answers for one unit is not sought beside it."""
    town = office(person("other", "neighbour", "head_of_unit"))

    assert isinstance(resolve(town, duty="head_of_unit", unit="division", on=DAY), Unresolved)


def test_the_head_answers_for_a_unit_without_a_head_of_its_own() -> None:
    """Where a unit has no head_of_unit, its head is meant, before anybody above."""
    town = office(person("chief", "division", "head"), person("above", "department", "head_of_unit"))

    assert who(resolve(town, duty="head_of_unit", unit="division", on=DAY)) == [("chief", "head_for_unit")]


def test_a_case_without_a_unit_is_the_organisations() -> None:
    """No unit means the top of the tree."""
    town = office(person("first", "body", "head"), person("other", "neighbour", "head"))

    assert who(resolve(town, duty="head", unit="", on=DAY)) == [("first", "duty_elsewhere")]


def test_a_subject_within_the_office_answers_for_its_own_cases_alone() -> None:
    """A case of the whole office is for the office's own officer, not for the one of a subject beneath it."""
    town = office(person("ours", "department", "officer"), person("theirs", "neighbour", "officer"))
    kinds = {
        "body": replace(town.units["body"], kind="central"),
        "neighbour": replace(town.units["neighbour"], kind="quasi_state"),
    }
    town = replace(town, units={**town.units, **kinds})

    assert who(resolve(town, duty="officer", unit="", on=DAY)) == [("ours", "duty_elsewhere")]
    assert who(resolve(town, duty="officer", unit="neighbour", on=DAY)) == [("theirs", "duty")]


def test_whom_the_schedule_names_comes_first() -> None:
    """A responsible text matched to a person means that person, not the holder of the duty."""
    town = office(
        person("holder", "division", "authorised_person"),
        person("named", "neighbour"),
        matches={"Нұрлан Қ.": "named"},
    )
    recipients = resolve(town, duty="authorised_person", unit="division", on=DAY, responsible="нұрлан  қ.")

    assert who(recipients) == [("named", "named")]


def test_a_unit_the_schedule_names_answers_through_its_holder_or_its_head() -> None:
    """A responsible text matched to a unit means the holder of the duty there, else its head."""
    town = office(
        person("holder", "division", "authorised_person"),
        person("chief", "neighbour", "head_of_unit"),
        matches={"Жер басқармасы": "neighbour"},
    )
    recipients = resolve(town, duty="authorised_person", unit="division", on=DAY, responsible="Жер басқармасы")

    assert who(recipients) == [("chief", "named")]


def test_the_deputy_is_told_while_somebody_is_away() -> None:
    """Leave includes its first and last day; the letter names the absent person."""
    town = office(
        person("holder", "division", "authorised_person", away=AWAY, deputy="stand-in"),
        person("stand-in", "division"),
    )
    recipients = resolve(town, duty="authorised_person", unit="division", on=DAY)

    assert who(recipients) == [("stand-in", "deputy")]
    assert recipients[0].instead_of == town.people["holder"]  # type: ignore[index]


def test_a_deputy_who_is_away_has_a_deputy() -> None:
    """The chain is followed to the first who is there."""
    town = office(
        person("holder", "division", "authorised_person", away=AWAY, deputy="second"),
        person("second", "division", away=AWAY, deputy="third"),
        person("third", "division"),
    )

    assert who(resolve(town, duty="authorised_person", unit="division", on=DAY)) == [("third", "deputy")]


def test_deputies_of_one_another_who_are_both_away_end_at_the_officer() -> None:
    """A loop of deputies does not hang and does not lose the letter."""
    town = office(
        person("holder", "division", "authorised_person", away=AWAY, deputy="second"),
        person("second", "division", away=AWAY, deputy="holder"),
        person("duty-officer", "body"),
        officer="duty-officer",
    )

    assert who(resolve(town, duty="authorised_person", unit="division", on=DAY)) == [
        ("duty-officer", "officer")
    ]


def test_a_deputy_who_holds_the_duty_too_is_told_once() -> None:
    """Nobody gets one letter as recipient and another as deputy."""
    town = office(
        person("a", "division", "authorised_person", away=AWAY, deputy="b"),
        person("b", "division", "authorised_person"),
    )

    assert who(resolve(town, duty="authorised_person", unit="division", on=DAY)) == [("b", "duty")]


def test_nobody_at_all_is_said_and_not_passed_over() -> None:
    """Without a holder and without an officer the answer names what is missing."""
    recipients = resolve(office(), duty="authorised_person", unit="division", on=DAY)

    assert recipients == Unresolved(duty="authorised_person", unit="division")


def test_the_officer_is_told_even_when_away() -> None:
    """A letter that waits is better than none."""
    town = office(person("duty-officer", "body", away=AWAY), officer="duty-officer")

    assert who(resolve(town, duty="hr", unit="division", on=DAY)) == [("duty-officer", "officer")]


def test_units_above_one_another_end_the_climb() -> None:
    """A loop in the tree, as a bad table may make it, does not hang."""
    town = Office(
        units={"a": Unit(id="a", name="A", parent="b"), "b": Unit(id="b", name="B", parent="a")},
        people={"x": person("x", "b", "head")},
    )

    assert who(resolve(town, duty="head", unit="a", on=DAY)) == [("x", "duty_above")]


def test_an_officer_named_by_e_mail_is_found_among_the_people() -> None:
    """config.toml may name the officer by e-mail, letter case apart."""
    town = with_officer(office(person("known", "body")), "Known@Example.kz", language="ru")

    assert town.officer == "known"


def test_an_officer_nobody_knows_is_a_person_of_their_own() -> None:
    """One line of configuration is enough for letters to reach somebody."""
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
    nearest there is."""
    units = {
        "ministry": Unit(id="ministry", name="Министрлік", kind="central_body"),
        "unit": Unit(id="unit", name="Департамент", parent="ministry"),
    }
    people = {
        holder.key: holder
        for holder in (person("minister", "ministry", "head"), person("chief", "unit", "head"))
    }
    whole_office = Office(units=units, people=people)
    without = Office(units=units, people={"chief": people["chief"]})

    assert [key for key, _ in who(resolve(whole_office, duty="head", unit="unit", on=DAY))] == ["minister"]
    assert [key for key, _ in who(resolve(without, duty="head", unit="unit", on=DAY))] == ["chief"]
