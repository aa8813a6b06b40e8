"""What a person may see: units, cases, and documents that few may open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from workflow.cases.case import ROW_OF, Case, Event as Line, EventKind, Evidence, evidence_payload, fold
from workflow.cases.registers.evidence_list import as_seen, proofs, stored_file
from workflow.cases.registers.rows import rows_of
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


@pytest.mark.parametrize("unit", ["", "hr"])
def test_registers_are_audited_by_whoever_reads_the_whole_office(unit: str) -> None:
    """An auditor of one unit reads the log of its cases alone, and an administrator that of the settings."""
    auditor, administrator = (
        audit_scope(with_unit(Reader(login="x", access=access, unit=unit), OFFICE))
        for access in ("auditor", "administrator")
    )

    assert auditor == {"cases"} | ({"registers"} if not unit else set())
    assert administrator == {"office"}


@pytest.mark.parametrize("access", ACCESSES)
def test_restricted_documents_of_every_case_are_for_the_officer_alone(access: Access) -> None:
    """All others open those whose readers they are named as; who reads without an account opens none."""
    is_officer = access in ("officer", "officer_administrator")
    assert scope(Reader(login="x", access=access)).opens_restricted is is_officer
    assert not Scope(unit="", names=()).opens_restricted


@pytest.mark.parametrize(("about", "opens"), [("", True), ("other@org.kz", True), ("boss@org.kz", False)])
def test_an_officer_opens_no_restricted_document_of_a_case_about_them(about: str, opens: bool) -> None:
    """Unless they are named as its reader."""
    officer = scope(Reader(login="boss", access="officer", person="boss@org.kz"))
    about_them = Case(id="2026-0001", procedure="x", edition="x", person=about)

    assert officer.opens(about_them) is opens
    assert officer.opens(replace(about_them, readers=frozenset({"boss@org.kz"})))


AT = datetime(2026, 6, 20, 7, tzinfo=UTC)
ACT = Evidence(kind="document:act", reference="a" * 64, name="акт.pdf")
MORE = Evidence(kind="document:act", reference="b" * 64, name="тағы.pdf")
SECRET = Evidence(kind="document:act", reference="a" * 64, name="акт.pdf", restricted="personal data")


def line(seq: int, kind: EventKind, name: str, on: date | None, *evidence: Evidence, **payload: object) -> Line:
    """One line of a chain."""
    full_payload = {**payload, **({"evidence": evidence_payload(evidence)} if evidence else {})}
    return Line(case="1", seq=seq, kind=kind, name=name, on=on, at=AT, by="x", payload=full_payload)


def case(*lines: tuple[EventKind, str, date, tuple[Evidence, ...], dict[str, object]]) -> Case:
    """A case with a risk, a measure and a position, and these lines after them."""
    first_events = (
        line(1, "opened", "", None, procedure="p", edition="p.2024-01-01"),
        line(2, "risk_found", "2", date(2026, 6, 1), description="weak control"),
        line(3, "measure_set", "3", date(2026, 6, 1), risk=2, action="report each quarter"),
        line(4, "position_exposed", "4", date(2026, 6, 1), title="Head of procurement"),
    )
    more_events = (
        line(n, kind, name, on, *items, **payload)
        for n, (kind, name, on, items, payload) in enumerate(lines, 5)
    )
    return fold((*first_events, *more_events))


REVIEW: dict[str, object] = {"outcome": "executed", "period": "2026Q2"}
DAY = date(2026, 6, 20)


def test_every_register_proves_something() -> None:
    """A review with its period, a removal, a talk, the cartogram: each by what it is about, after the facts."""
    proved_items = proofs(
        case(
            ("fact", "order_signed", DAY, (MORE,), {}),
            ("measure_reviewed", "3", DAY, (ACT,), REVIEW),
            ("risk_removed", "2", DAY, (ACT,), {"completed": True}),
            ("talk_held", "4", DAY, (ACT,), {"holder": "Ахметов"}),
            ("cartogram_recorded", "cartogram", DAY, (ACT,), {"lines": []}),
        )
    )

    pairs = [(proved_item.kind, proved_item.of) for proved_item in proved_items]
    assert pairs == [
        ("fact", "order_signed"),
        ("measure_reviewed", "measure.3.2026Q2"),
        ("risk_removed", "risk.2"),
        ("talk_held", "position.4"),
        ("cartogram_recorded", "cartogram"),
    ]


def test_a_link_is_no_stored_file() -> None:
    """Nothing to open, and nothing by a name nobody gave."""
    site = Evidence(kind="link:site", reference="https://example.kz/a")
    whole_case = case(("fact", "order_signed", DAY, (site,), {}))

    assert stored_file(whole_case, site.reference) is None
    assert stored_file(whole_case, ACT.reference) is None


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("measure_reviewed", "3", REVIEW),
        ("risk_removed", "2", {"completed": True}),
        ("talk_held", "4", {"holder": "Ахметов", "topic": "сыйлық"}),
    ],
)
def test_one_document_more_is_added_to_the_same_line(
    kind: EventKind, name: str, told: dict[str, object]
) -> None:
    """A restriction or a document said later makes no second review, removal or talk of it."""
    whole_case = case((kind, name, DAY, (ACT,), told), (kind, name, DAY, (MORE, SECRET), told))

    (row,) = rows_of(whole_case, ROW_OF[kind]).values()
    assert [record.evidence for record in row.records] == [(SECRET, MORE)]


def test_a_later_review_stays_the_latest_when_an_earlier_one_is_proved() -> None:
    """Adding a document to the review before last does not turn the outcome back."""
    first: dict[str, object] = {"outcome": "partly"}
    whole_case = case(
        ("measure_reviewed", "3", date(2026, 6, 18), (), first),
        ("measure_reviewed", "3", DAY, (), {"outcome": "executed"}),
        ("measure_reviewed", "3", date(2026, 6, 18), (ACT,), first),
    )

    assert [review["outcome"] for review in rows_of(whole_case, "measure")[3].records] == ["partly", "executed"]


@pytest.mark.parametrize(
    ("access", "person", "opens"),
    [
        ("officer", "", True),
        ("responsible", "named@org.kz", True),
        ("responsible", "other@org.kz", False),
        ("head_of_unit", "", False),
        ("first_head", "", False),
        ("auditor", "", False),
        ("administrator", "", False),
    ],
)
def test_few_open_what_few_may_see(access: Access, person: str, opens: bool) -> None:
    """The officer, and those who were named to know of the case."""
    named_case = case(("reader_named", "named@org.kz", DAY, (), {}))

    assert scope(Reader(login="x", access=access, person=person)).opens(named_case) is opens


OFFICER = scope(Reader(login="officer", access="officer"))
AUDITOR = scope(Reader(login="auditor", access="auditor"))
PAPER = Evidence(
    kind="document:act",
    reference="c" * 64,
    name="құпия.pdf",
    type="application/pdf",
    size=4711,
    written_on=date(2026, 6, 1),
    published_on=date(2026, 6, 2),
    restricted="personal data",
)
LINK = Evidence(kind="", reference="https://secret.example/7", restricted="personal data")


def test_who_may_not_open_a_document_is_not_told_which_it_is() -> None:
    """Of a file and of a link there is left what they are for, the day of publication, and the ground."""
    whole_case = case(("fact", "order_signed", DAY, (PAPER, LINK, MORE), {}))

    assert [proved_item.evidence for proved_item in proofs(as_seen(whole_case, AUDITOR))] == [
        Evidence(
            kind="document:act",
            reference="",
            name="",
            published_on=PAPER.published_on,
            restricted="personal data",
        ),
        Evidence(kind="", reference="", restricted="personal data"),
        MORE,
    ]
    assert as_seen(whole_case, None) is whole_case
    assert [proved_item.evidence for proved_item in proofs(as_seen(whole_case, OFFICER))] == [PAPER, LINK, MORE]


def test_nobody_counts_the_documents_they_may_not_open() -> None:
    """Three at one fact look as one; the latest day of publication stays, for dates are judged by it."""
    other_documents = [
        replace(PAPER, reference=mark * 64, published_on=day)
        for mark, day in (("d", date(2026, 6, 9)), ("e", None))
    ]
    whole_case = case(("fact", "order_signed", DAY, (PAPER, *other_documents), {}))
    (shown_item,) = proofs(as_seen(whole_case, AUDITOR))

    assert shown_item.evidence.published_on == date(2026, 6, 9)
    assert len(proofs(as_seen(whole_case, OFFICER))) == 3


def test_a_restriction_that_was_lifted_hides_nothing_any_more() -> None:
    """The same document given again without a ground."""
    whole_case = case(
        ("fact", "order_signed", DAY, (SECRET,), {}), ("evidence", "order_signed", DAY, (ACT,), {})
    )

    assert as_seen(whole_case, AUDITOR) is whole_case
