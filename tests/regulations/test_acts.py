"""The acts one by one: Typical Base Direction No. 4, the standard and the policy, the Concept's plan."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from calendars.terms import After, AtOnce, Before, OngoingDuty, PerPeriod, Term, WithoutTerm
from tests.law import library
from tests.workflow.test_score import scoring
from workflow.law.procedure import Body, Obligation, Procedure
from workflow.org.kinds import KINDS, among

YEARLY = ["tbn4-year", "tbn4-project-2", "tbn4-project-3", "tbn4-project-4"]
OPENED_BY_A_FACT = ["offence-report", "head-responsibility", "candidate-check", "candidate-check-quasi"]
PROCEDURES = ["internal-analysis", *YEARLY, *OPENED_BY_A_FACT]
EDITIONS = [library().latest(name) for name in PROCEDURES]
editions = pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.edition)


def _asked(procedure: str, fact: str) -> Obligation:
    return library().latest(procedure).by_id[fact]


@editions
def test_whatever_somebody_must_do_names_its_rows(edition: Procedure) -> None:
    """Only a day that comes by itself rests on no row."""
    assert [
        obligation.id
        for obligation in edition.obligations
        if not obligation.sources and not obligation.by_itself
    ] == []


@editions
def test_a_case_does_not_end_before_anything_was_done(edition: Procedure) -> None:
    """Something of the programme holds the case, for each body it is for."""
    blocking = [obligation for obligation in edition.obligations if obligation.blocking]
    bound = [kind for kind in KINDS if among(kind, edition.applies_to)]

    assert bound
    for kind in bound:
        assert any(among(kind, obligation.only_for) for obligation in blocking), kind


def test_only_the_map_of_2023_is_assumed_and_our_own_confirmation() -> None:
    """A term the instruction does not name is the map's or ours, and says so."""
    assumed = {
        (edition.id, obligation.id): obligation.act
        for edition in EDITIONS
        for obligation in edition.obligations
        if obligation.assumed
    }
    ours = assumed.pop(("tbn4-year", "standing_confirmed"))

    assert set(assumed.values()) == {"tbn4-map-2023"}
    assert ours == "tbn4-2024"
    assert not [
        obligation.id
        for edition in EDITIONS
        for obligation in edition.obligations
        if _of_the_map(obligation) != obligation.assumed
    ]
    assert not [name for procedure, name in assumed if procedure == "tbn4-project-4"], (
        "the map has no project 4"
    )


def _of_the_map(obligation: Obligation) -> bool:
    return obligation.act == "tbn4-map-2023" or obligation.id == "standing_confirmed"


@pytest.mark.parametrize(
    ("fact", "kinds"),
    [
        ("commission_sat", {"oblast_akim_office", "city_akim_office", "district_akim_office"}),
        (
            "social_order_placed",
            {*KINDS} - {"central_body", "committee", "territorial_department", "quasi_state"},
        ),
        ("servants_trained", set(KINDS) - {"quasi_state"}),
        ("propaganda_reported", set(KINDS) - {"quasi_state"}),
    ],
)
def test_whom_project_four_asks(fact: str, kinds: set[str]) -> None:
    """Commissions are the akims', the social order their departments' too, the rest every state body's."""
    programme = library().latest("tbn4-project-4")
    only_for = programme.by_id[fact].only_for

    assert {kind for kind in KINDS if among(kind, programme.applies_to) and among(kind, only_for)} == kinds


@pytest.mark.parametrize(
    ("procedure", "fact", "kind", "signs"),
    [
        ("internal-analysis", "discussion_held", "central_body", {"head", "deputy", "chief_of_staff"}),
        ("internal-analysis", "discussion_held", "district_akim_office", {"head", "chief_of_staff"}),
        ("internal-analysis", "discussion_held", "district_department", {"head", "chief_of_staff"}),
        ("internal-analysis", "discussion_held", "city_department", {"head", "deputy", "chief_of_staff"}),
        *(
            ("internal-analysis", fact, kind, signs)
            for fact in ("order_signed", "note_signed", "plan_approved")
            for kind, signs in (
                ("central_body", {"head", "deputy", "chief_of_staff"}),
                ("oblast_akim_office", {"head", "deputy", "chief_of_staff"}),
                ("district_akim_office", {"head", "chief_of_staff"}),
            )
        ),
        ("internal-analysis", "certificate_filed", "oblast_akim_office", {"chief_of_staff"}),
        ("tbn4-year", "evidence_approved", "city_akim_office", {"head", "deputy", "chief_of_staff"}),
        ("tbn4-year", "evidence_approved", "district_akim_office", {"head", "chief_of_staff"}),
        ("tbn4-project-2", "offences_reconciled", "committee", {"chief_of_staff"}),
        ("tbn4-project-4", "event_held", "central_body", {"ethics_officer"}),
        ("tbn4-project-4", "propaganda_reported", "district_akim_office", {"ethics_officer"}),
    ],
)
def test_who_approves_at_which_level(procedure: str, fact: str, kind: str, signs: set[str]) -> None:
    """The introduction goes by levels, also for order, note and plan, whose paragraphs (P1.T1.S2, P1.T2.S3,
    P1.T3.S1) name the head or nobody (reading 26); the annexes name the chief of staff or the ethics officer.
    """
    rule = _asked(procedure, fact).signed_by

    assert set(rule.of(kind)) == signs


@pytest.mark.parametrize("name", YEARLY)
def test_a_programme_opens_with_the_year_and_stands_on_a_day_of_its_own(name: str) -> None:
    """The first of January is nobody's to record, and everything periodical counts from it."""
    programme = library().latest(name)

    assert (programme.opened, programme.begins_with) == ("yearly", "year_begun")
    assert programme.by_id["year_begun"].by_itself
    assert {obligation.recurs.since for obligation in programme.obligations if obligation.recurs} == {
        "year_begun"
    }


@pytest.mark.parametrize("name", ["offence-report", "head-responsibility"])
def test_what_concerns_one_person_is_for_those_who_need_to_know(name: str) -> None:
    """An offence reported, a head answering for one: no content in letters, no head of a unit copied in."""
    procedure = library().latest(name)
    duties = {duty for step in procedure.steps for duty in step.to}

    assert procedure.confidential
    assert duties <= {"duty", "hr"}


def test_the_reconciliation_is_proved_by_both_papers() -> None:
    """The act the chief of staff approves, and what the committee of legal statistics confirms."""
    reconciled = _asked("tbn4-project-2", "offences_reconciled")

    assert {"document:reconciliation_act", "document:statistics_confirmation"} <= set(reconciled.evidence)


def test_each_point_of_projects_two_to_four_is_somebodys() -> None:
    """Each subtask of the assessment stands at what earns it: once, but for offences of two kinds."""
    described_points = [
        obligation.indicator
        for name in YEARLY
        for obligation in library().latest(name).obligations
        if obligation.indicator
    ]
    described = {name for name in scoring().indicators if not name.startswith("P1.")}

    assert set(described_points) == described
    assert [name for name in sorted(described) if described_points.count(name) != 1] == ["P2.T1.S1"]
    assert len(described) == 10 + 11 + 7


STANDARD_ACTS = {"mne-standard-2025", "mne-order-230", "enterprise-policy"}
OF_THE_STANDARD = [edition for edition in library().all() if STANDARD_ACTS & set(edition.acts)]
CONFIDENTIAL = {
    "conflict-of-interest",
    "enterprise-conflict-of-interest",
    "enterprise-gift",
    "foreign-account",
    "gift-handover",
    "internal-investigation",
    "reporter-protection",
    "unlawful-order",
}
standard_editions = pytest.mark.parametrize("edition", OF_THE_STANDARD, ids=lambda edition: edition.edition)


@pytest.mark.parametrize(
    ("procedure", "fact", "term", "since"),
    [
        ("conflict-of-interest", "conflict_notified", AtOnce(), "conflict_known"),
        ("conflict-of-interest", "notice_forwarded", After(3), "head_informed"),
        ("appointment", "assets_in_trust", After(30, "calendar days"), "office_entered"),
        ("appointment", "candidate_declared", Before(), "appointed"),
        ("reporter-protection", "commission_minutes_sent", After(3), "dispute_decided"),
        ("mne-standard-year", "protection_explained", PerPeriod(1, "quarter"), None),
        ("mne-standard-year", "conflict_training_held", PerPeriod(1, "half-year"), None),
        ("mne-standard-year", "culture_training_held", PerPeriod(1, "half-year"), None),
        ("mne-standard-year", "buyers_trained", PerPeriod(1, "half-year"), None),
        ("mne-standard-year", "tax_bodies_asked", PerPeriod(1, "year"), None),
        ("internal-investigation", "act_reported", AtOnce(), "act_known"),
        ("internal-investigation", "investigation_held", WithoutTerm(), None),
    ],
)
def test_the_terms_are_the_documents(procedure: str, fact: str, term: Term, since: str | None) -> None:
    """Number, unit and anchor, read once more from the two documents, of those terms whose worked example would
    not show a slip; None: counted from its own period."""
    obligation = _asked(procedure, fact)

    assert obligation.term == term
    assert since in (None, obligation.since)


@standard_editions
def test_who_may_know_is_said(edition: Procedure) -> None:
    """What concerns one person's conflict, gift, account or report is for those who need to know."""
    assert edition.confidential is (edition.id in CONFIDENTIAL)


@standard_editions
def test_the_steps_of_a_confidential_matter_tell_nobody_else(edition: Procedure) -> None:
    """No step of a confidential matter notifies anybody but the responsible person."""
    duties = {duty for step in edition.steps for duty in step.to}

    assert duties == {"duty"} if edition.confidential else "duty" in duties


@standard_editions
def test_standing_duties_are_confirmed_once_a_year(edition: Procedure) -> None:
    """A duty of every day is proved by one confirmation a year, which says that it is ours."""
    ongoing_duties = [
        obligation for obligation in edition.obligations if isinstance(obligation.term, OngoingDuty)
    ]
    confirmed = edition.by_id.get("standing_confirmed")

    assert bool(ongoing_duties) is (confirmed is not None)
    if confirmed is not None:
        assert confirmed.term == PerPeriod(1, "year")
        assert confirmed.assumed
        assert confirmed.note is not None


@standard_editions
def test_each_document_keeps_to_its_own_organisations(edition: Procedure) -> None:
    """The Ministry's standard binds each state body that adopts it, no enterprise; the policy no state body."""
    policy = "enterprise-policy" in edition.acts

    bound = [among(kind, edition.applies_to) for kind in ("quasi_state", "central_body", "oblast_akim_office")]
    assert bound == [policy, not policy, not policy]
    assert edition.in_force == (date(2016, 1, 1) if policy else date(2025, 9, 18))
    assert edition.in_force_assumed is policy


PLAN = library().named("concept-plan.2022-02-02")
BY_AGREEMENT = "*"
"""Our mark for (келісім бойынша)."""
RESPONSIBLE = (Path(__file__).parent / "concept_bodies.txt").read_text(encoding="utf-8")
"""The last column of the plan, copied by hand: an item a line."""
LINES = [line.split(": ") for line in RESPONSIBLE.strip().splitlines()]


def test_all_73_items_are_read() -> None:
    """One obligation each, and none besides them but the Concept itself and the information on its course."""
    read = {f"measure_{item.replace('.', '_')}" for item, _ in LINES}

    assert len(read) == 73
    assert {obligation.id for obligation in PLAN.obligations} - read == {
        "concept_approved",
        "progress_reported",
    }


@pytest.mark.parametrize(("item", "column"), LINES, ids=lambda value: value.partition(",")[0])
def test_the_bodies_are_those_of_the_column(item: str, column: str) -> None:
    """Those responsible in their order, those by agreement apart."""
    measure = PLAN.by_id[f"measure_{item.replace('.', '_')}"]
    body_names = column.split(", ")
    bodies = [PLAN.bodies[body] for body in measure.bodies]
    agreed = [BY_AGREEMENT if body.once_planned and not body.kinds else "" for body in bodies]

    assert [body.short.kk + end for body, end in zip(bodies, agreed, strict=True)] == body_names
    assert measure.sources == (f"plan:{item}",)


@pytest.mark.parametrize(
    "body", [body for body in PLAN.bodies.values() if body.abolished_on], ids=lambda body: body.id
)
def test_what_is_no_more_has_somebody_after_it(body: Body) -> None:
    """Successors that are in the table, that still stand, and a day after the Concept's own."""
    assert body.successors
    assert all(PLAN.bodies[successor].abolished_on is None for successor in body.successors)
    assert body.abolished_on is not None
    assert body.abolished_on > PLAN.in_force
