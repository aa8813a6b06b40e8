"""Restricted documents on the pages: who opens them, and what others see."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from tests.case_rows import FoundRisk, RiskCommands
from tests.web.conftest import NOW, TODAY, Site
from workflow.cases.case import Evidence

SECRET = b"%PDF-1.7 secret"
WHO: dict[str, Any] = {"by": "officer", "now": NOW, "today": TODAY}
GROUND = "Мемлекеттік құпиялар туралы заң, 14-бап"


@pytest.fixture
def secret(site: Site) -> str:
    """The address of a restricted document that proves a removed risk, and stands open at the order."""
    stored_file = site.store.keep(io.BytesIO(SECRET), "құпия акт.pdf")
    open_ = Evidence(kind="document:order", reference=stored_file.reference, name="құпия акт.pdf")
    closed = Evidence(kind="", reference=stored_file.reference, name="құпия акт.pdf", restricted=GROUND)
    site.case_commands.record(site.real, "order_signed", on=TODAY, evidence=[open_], **WHO)
    case_commands = RiskCommands(site.case_commands)
    case_commands.find(site.real, FoundRisk(description="Бақылаудың әлсіздігі"), on=date(2026, 4, 1), **WHO)
    case_commands.remove(site.real, 1, on=TODAY, completed=True, evidence=[closed], **WHO)
    return f"/cases/{site.real}/evidence/{stored_file.reference}"


@pytest.mark.parametrize(
    ("login", "status"),
    [("officer", 200), ("responsible", 404), ("head_of_unit", 404), ("first_head", 404), ("auditor", 404)],
)
def test_only_few_open_a_restricted_document(site: Site, secret: str, login: str, status: int) -> None:
    """The officer in whose reach the case lies; nobody else, whatever else they may see of it."""
    answer = site.client(login).get(secret)

    assert answer.status_code == status
    assert (answer.content == SECRET) is (status == 200)


def test_who_was_named_opens_it_until_named_no_longer(site: Site, secret: str) -> None:
    """The responsible person is named to know of the case."""
    site.case_commands.name_reader(site.real, "a@org.kz", **WHO)
    secret_status = site.client("responsible").get(secret).status_code
    site.case_commands.remove_reader(site.real, "a@org.kz", ground="moved", **WHO)

    assert (secret_status, site.client("responsible").get(secret).status_code) == (200, 404)


def test_others_see_that_there_is_one_and_why_it_is_kept(site: Site, secret: str) -> None:
    """The ground is shown to everybody in reach; name and address to those who may open it."""
    pages = [f"/cases/{site.real}/papers"]
    for page in pages:
        auditor_page, officer_page = (
            site.client("auditor").get(page).text,
            site.client("officer").get(page).text,
        )

        assert GROUND in auditor_page
        assert "құпия акт" not in auditor_page
        assert secret not in auditor_page
        assert secret in officer_page
