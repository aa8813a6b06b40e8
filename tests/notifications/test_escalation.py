"""Reminder steps: which notifies whom, and the fallbacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from notifications.recipients import resolve_recipients
from tests.law import library
from tests.notifications.sample_office import AIGUL, BOLAT, DANA, OFFICER, UNITS
from workflow.cases.case import Case
from workflow.law.procedure import Obligation, Step
from workflow.org.office import Office, Person, Unit

ON = date(2026, 3, 18)
DEPARTMENT = Unit(id="department", name="Департамент", parent="body")
STAFF = Unit(id="staff", name="Аппарат", parent="department")
ERLAN = Person(key="erlan@example.kz", name="Ерлан", unit="department", duties=("head_of_unit",))
OBLIGATION = library().named("internal-analysis.2024-01-01").by_id["start_announced"]


def office(*people: Person, officer: str = "") -> Office:
    units = {unit.id: unit for unit in (UNITS[0], DEPARTMENT, STAFF)}
    return Office(units=units, people={person.key: person for person in people}, officer=officer or None)


def case(*, unit: str = "staff", person: str = "") -> Case:
    return Case(id="2026-0001", procedure="x", edition="x", unit=unit, person=person)


def names(where: Office, *duties: str, of: Case | None = None) -> list[str]:
    recipients, nobody = resolve_recipients(
        where, of or case(), OBLIGATION, OBLIGATION.id, Step(at=5, to=duties), on=ON
    )
    return [recipient.person.name for recipient in recipients] + [f"nobody: {gap.duty}" for gap in nobody]


def test_above_is_the_head_next_to_the_units_own() -> None:
    """Staff under a department under the body: the department's head, then, one step up, the first head. Who
    answers for a unit without a head of its own is above it already. Nothing is lost: without a head to
    climb to it is the officer's, and without an officer it is named."""
    everybody = office(AIGUL, BOLAT, ERLAN, DANA)

    assert names(everybody, "head_of_unit") == [BOLAT.name]
    assert names(everybody, "above") == [ERLAN.name]
    assert names(everybody, "above", of=case(unit="department")) == [DANA.name]
    assert names(office(AIGUL, ERLAN, DANA), "above") == [DANA.name]
    assert names(office(BOLAT, OFFICER, officer=OFFICER.key), "above") == [OFFICER.name]
    assert names(office(BOLAT), "above") == ["nobody: above"]


def test_escalation_climbs_from_whoever_must_do_it_and_reaches_the_first_head_last() -> None:
    """The executor belongs to another unit than the case; above a head is the next one; the first head is
    notified of a middle step only where no officer is; of what is recommended nobody hears but the executor."""
    executor = replace(AIGUL, unit="department")
    everybody = office(executor, BOLAT, ERLAN, DANA, OFFICER, officer=OFFICER.key)
    flat = office(replace(AIGUL, unit="body"), DANA, OFFICER, officer=OFFICER.key)
    recommended = OBLIGATION.replaced(force="recommended")

    def heard(where: Office, *, last: bool = False, obligation: Obligation = OBLIGATION) -> list[str]:
        step = Step(at=1, to=("duty", "head_of_unit"), last=last)
        people, _ = resolve_recipients(where, case(unit="body"), obligation, obligation.id, step, on=ON)
        return [recipient.person.name for recipient in people]

    assert heard(everybody) == [AIGUL.name, ERLAN.name]
    assert heard(office(replace(ERLAN, duties=(OBLIGATION.duty, "head_of_unit")), DANA), last=True) == [
        ERLAN.name,
        DANA.name,
    ]
    assert heard(flat) == [AIGUL.name, OFFICER.name]
    assert heard(flat, last=True) == [AIGUL.name, DANA.name]
    assert heard(replace(flat, officer=None)) == [AIGUL.name, DANA.name]
    assert heard(everybody, last=True, obligation=recommended) == [AIGUL.name]


def test_whoever_gets_a_copy_is_not_told_that_nobody_responsible_was_found() -> None:
    """The officer in place of a head there is not: the executor was found. Where the officer stands in for the
    executor, that is said."""
    flat = office(replace(AIGUL, unit="body"), DANA, OFFICER, officer=OFFICER.key)
    nobody = office(DANA, OFFICER, officer=OFFICER.key)

    def reasons(where: Office) -> dict[str, str]:
        step = Step(at=1, to=("duty", "head_of_unit"))
        people, _ = resolve_recipients(where, case(unit="body"), OBLIGATION, OBLIGATION.id, step, on=ON)
        return {recipient.person.name: recipient.why for recipient in people}

    assert reasons(flat) == {AIGUL.name: "duty", OFFICER.name: "copied"}
    assert reasons(nobody) == {OFFICER.name: "officer"}


def test_the_chief_of_staff_hears_of_the_own_organisation_alone() -> None:
    """For a subject with a first head of its own the chief of staff of the body above is not notified."""
    chief = Person(key="chief@example.kz", name="Аппарат басшысы", unit="body", duties=("chief_of_staff",))
    town = office(chief, AIGUL)
    kinds = {"body": replace(UNITS[0], kind="central"), "department": replace(DEPARTMENT, kind="quasi_state")}
    apart = replace(town, units={**town.units, **kinds})

    assert names(town, "chief_of_staff") == [chief.name]
    assert names(apart, "chief_of_staff", of=case(unit="body")) == [chief.name]
    assert names(apart, "chief_of_staff") == []


def test_whom_a_matter_is_about_is_gone_round() -> None:
    """If the head is responsible, the next higher head is notified; nor is he as deputy of an absent person."""
    everybody = office(AIGUL, BOLAT, ERLAN, DANA, OFFICER, officer=OFFICER.key)
    away = replace(ERLAN, away=((ON, ON),), deputy=BOLAT.key)

    assert names(everybody, "head_of_unit", of=case(person=BOLAT.key)) == [ERLAN.name]
    assert names(everybody, "head", of=case(person=DANA.key)) == [OFFICER.name]
    assert names(office(AIGUL, BOLAT, away, DANA), "head_of_unit", of=case(person=BOLAT.key)) == [DANA.name]
    assert names(everybody, "duty", of=case(person=AIGUL.key)) == [OFFICER.name]
    assert names(office(DANA, OFFICER, officer=OFFICER.key), "officer", of=case(person=OFFICER.key)) == [
        "nobody: officer"
    ]


def test_uploads_of_a_unit_without_an_account_are_for_the_higher_body() -> None:
    """The holder of the account there, not anybody in the unit."""
    own_holder = Person(key="own@example.kz", name="Own", unit="staff", duties=("account_holder",))
    higher = Person(key="up@example.kz", name="Higher", unit="body", duties=("account_holder",))
    upload = OBLIGATION.replaced(duty="account_holder")
    step = Step(at=-5, to=("duty",))
    plain = office(own_holder, higher)
    through = replace(plain, units={**plain.units, "staff": replace(STAFF, uploads_through="body")})
    first, _ = resolve_recipients(plain, case(), upload, upload.id, step, on=ON)
    second, _ = resolve_recipients(through, case(), upload, upload.id, step, on=ON)

    assert [recipient.person.name for recipient in first] == ["Own"]
    assert [recipient.person.name for recipient in second] == ["Higher"]
