"""The anti-corruption standard of 2025 and the enterprise policy: implemented rows, terms, confidentiality."""

from __future__ import annotations

from datetime import date

import pytest

from calendars.terms import (
    AtOnce,
    Before,
    CalendarDays,
    OngoingDuty,
    PerPeriod,
    Term,
    WithoutTerm,
    WorkingDays,
)
from tests.law import library
from workflow.law.procedure import Obligation, Procedure

ACTS = {"mne-standard-2025", "mne-order-230", "enterprise-policy"}
EDITIONS = [edition for edition in library().all() if ACTS & set(edition.acts)]
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
editions = pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.edition)


def _asked(procedure: str, fact: str) -> Obligation:
    return library().latest(procedure).by_id[fact]


@pytest.mark.parametrize(
    ("procedure", "fact", "term", "since"),
    [
        ("conflict-of-interest", "conflict_notified", AtOnce(), "conflict_known"),
        ("conflict-of-interest", "notice_forwarded", WorkingDays(3), "head_informed"),
        ("appointment", "assets_in_trust", CalendarDays(30), "office_entered"),
        ("appointment", "candidate_declared", Before(), "appointed"),
        ("reporter-protection", "commission_minutes_sent", WorkingDays(3), "dispute_decided"),
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


@editions
def test_who_may_know_is_said(edition: Procedure) -> None:
    """What concerns one person's conflict, gift, account or report is for those who need to know."""
    assert edition.confidential is (edition.id in CONFIDENTIAL)


@editions
def test_the_steps_of_a_confidential_matter_tell_nobody_else(edition: Procedure) -> None:
    """No step of a confidential matter notifies anybody but the responsible person."""
    duties = {duty for step in edition.steps for duty in step.to}

    assert duties == {"duty"} if edition.confidential else "duty" in duties


@editions
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


@editions
def test_each_document_keeps_to_its_own_organisations(edition: Procedure) -> None:
    """The Ministry's standard does not bind an enterprise, nor the policy a ministry."""
    policy = "enterprise-policy" in edition.acts

    assert ("quasi_state" in edition.applies_to) is policy
    assert edition.in_force == (date(2016, 1, 1) if policy else date(2025, 9, 18))
    assert edition.in_force_assumed is policy
