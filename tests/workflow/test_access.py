"""Visibility of cases by access, unit and person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workflow.cases.case import Case
from workflow.org.access import (
    ACCESSES,
    OF_ONE_UNIT,
    Access,
    Account,
    Reader,
    Scope,
    audit_scope,
    must_enrol,
    scope,
    with_unit,
    within,
)
from workflow.org.office import Office, Person, Unit

UNITS = {
    "head": Unit(id="head", name="Орталық аппарат"),
    "hr": Unit(id="hr", name="Персонал", parent="head"),
    "law": Unit(id="law", name="Заң", parent="head"),
}
PEOPLE = {
    "hr@org.kz": Person(key="hr@org.kz", name="А", unit="hr"),
    "none@org.kz": Person(key="none@org.kz", name="Б", unit=""),
}
OFFICE = Office(units=UNITS, people=PEOPLE)
TWO_TOPS = Office(units={**UNITS, "other": Unit(id="other", name="Басқа")}, people=PEOPLE)
LIMITED: tuple[Access, ...] = tuple(sorted(OF_ONE_UNIT))


def seen(access: Access, *, person: str = "", unit: str = "", office: Office = OFFICE) -> str | None:
    """The root of the units an account sees."""
    return scope(with_unit(Reader(login="x", access=access, person=person, unit=unit), office)).unit


@pytest.mark.parametrize("person", ["", "none@org.kz", "gone@org.kz"])
@pytest.mark.parametrize("access", LIMITED)
def test_a_head_or_executor_without_a_unit_sees_nothing(access: Access, person: str) -> None:
    """An account of nobody, of a person without a unit, of a person who is gone: no case, and no unit."""
    reader = with_unit(Reader(login="x", access=access, person=person), OFFICE)

    assert scope(reader).unit is None
    assert reader.nowhere
    assert not any(within(OFFICE, unit, reader.root) for unit in ("", *OFFICE.units))


@pytest.mark.parametrize("access", LIMITED)
def test_without_a_unit_of_the_account_it_is_the_person_s(access: Access) -> None:
    """And with the person it moves; what the account says itself goes before."""
    moved_office = Office(units=UNITS, people={"hr@org.kz": Person(key="hr@org.kz", name="А", unit="law")})

    assert seen(access, person="hr@org.kz") == "hr"
    assert seen(access, person="hr@org.kz", office=moved_office) == "law"
    assert seen(access, person="hr@org.kz", unit="law") == "law"


@pytest.mark.parametrize("access", LIMITED)
def test_at_the_only_top_a_head_or_executor_sees_what_names_no_unit(access: Access) -> None:
    """All units lie below it; where there are two tops, each sees its own."""
    assert seen(access, unit="head") == ""
    assert seen(access, unit="head", office=TWO_TOPS) == "head"


@pytest.mark.parametrize("access", sorted(set(ACCESSES) - OF_ONE_UNIT))
def test_the_other_accesses_are_of_the_whole_office_where_no_unit_narrows_them(access: Access) -> None:
    """The person's own unit does not; the administrator sees no case either way."""
    none = access == "administrator"

    assert seen(access, person="hr@org.kz") == (None if none else "")
    assert seen(access, unit="law") == (None if none else "law")


@pytest.mark.parametrize("root", [*UNITS, "", None])
def test_nothing_lies_in_nowhere_and_everything_in_the_whole(root: str | None) -> None:
    """No root is no unit at all; the empty one is every unit, those nobody knows included."""
    for unit in ("", "head", "hr", "unheard"):
        expected = root is not None and (root in ("", unit) or (unit, root) == ("hr", "head"))
        assert within(OFFICE, unit, root) == expected


def test_a_second_factor_is_missed_where_it_is_required() -> None:
    """Only of the accesses that require one, and only until it is set; nobody has one unasked."""
    for access, second_factor, lacking in (
        ("administrator", False, True),
        ("administrator", True, False),
        ("officer", False, False),
        ("officer", True, False),
    ):
        account = Account(reader=Reader(login="x", access=access), second_factor=second_factor)  # type: ignore[arg-type]
        assert must_enrol(account, {"administrator"}) is lacking
    assert not Account(reader=Reader(login="x", access="officer")).second_factor


def test_whoever_logs_in_elsewhere_is_asked_for_no_password_of_ours() -> None:
    """The password of an OpenID provider cannot be asked for."""
    reader = Reader(login="x", access="officer")

    assert Account(reader=reader).asks_password
    assert not Account(reader=reader, providers=("oidc",)).asks_password


@pytest.mark.parametrize("unit", ["", "hr"])
def test_registers_are_audited_by_whoever_reads_the_whole_office(unit: str) -> None:
    """An auditor of one unit reads the log of its cases alone, and an administrator that of the settings."""
    auditor, administrator = (
        audit_scope(with_unit(Reader(login="x", access=access, unit=unit), OFFICE))
        for access in ("auditor", "administrator")
    )

    assert (auditor.cases, auditor.registers, auditor.office) == (True, not unit, False)
    assert (administrator.cases, administrator.registers, administrator.office) == (False, False, True)


@pytest.mark.parametrize("access", ACCESSES)
def test_restricted_documents_of_every_case_are_for_the_officer_alone(access: Access) -> None:
    """All others open those whose readers they are named as; who reads without an account opens none."""
    is_officer = access in ("officer", "officer_administrator")
    assert scope(Reader(login="x", access=access)).restricted is is_officer
    assert not Scope(unit="", names=()).restricted


@pytest.mark.parametrize(("about", "opens"), [("", True), ("other@org.kz", True), ("boss@org.kz", False)])
def test_an_officer_opens_no_restricted_document_of_a_case_about_them(about: str, opens: bool) -> None:
    """Unless they are named as its reader."""
    officer = scope(Reader(login="boss", access="officer", person="boss@org.kz"))
    about_them = Case(id="2026-0001", procedure="x", edition="x", person=about)

    assert officer.opens(about_them) is opens
    assert officer.opens(replace(about_them, readers=frozenset({"boss@org.kz"})))
