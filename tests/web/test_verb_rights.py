"""No face reaches a case past the rights of a verb: every verb, by itself and in bulk."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, get_args

import pytest

import merzim.services
from merzim.services.cases.rows import act_on_row, add_row
from merzim.services.context import RequestContext
from merzim.services.inputs import CaseCommand
from merzim.services.law.regulations import case_registers
from merzim.services.verbs import NotAllowed, Verb
from tests.checking import check_each
from tests.web.conftest import NOW, TODAY, Site, office_with_cases
from tests.web.test_names_of_others import letter
from workflow.cases.commands.case_commands import UnknownCase
from workflow.org.access import Reader, with_unit
from workflow.org.audit import Stamp

OFFICER_OF_HR = Reader(login="hr_officer", access="officer", unit="hr", person="b@org.kz")
OF_LAW, FACT = "2026-0003", "analysis_ended"
"""A case of the unit law, and what is recorded in it."""


def verbs() -> list[Verb[Any, Any]]:
    """Every verb of the services, with those of the registers of a case."""
    found: dict[int, Verb[Any, Any]] = {}
    for module in pkgutil.walk_packages(merzim.services.__path__, "merzim.services."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Verb):
                found[id(value)] = value
    for register in case_registers().all():
        if register.entry is not None:
            row_verbs = [
                add_row(register.id),
                *(act_on_row(register.id, action) for action in register.actions),
            ]
            found |= {id(verb): verb for verb in row_verbs}
    return list(found.values())


OF_CASES = [verb for verb in verbs() if "case" in verb.command.model_fields]


@pytest.fixture
def site() -> Site:
    """Cases of hr and law; the officer of hr was told of the case of law by a letter."""
    site = office_with_cases()
    site.accounts.save(OFFICER_OF_HR, disabled=False, at=Stamp(by="test", now=NOW, today=TODAY))
    return site


def told(site: Site) -> None:
    """Send a letter about the case of law to the officer of hr, who sees the case from then on."""
    site.sent(letter(OF_LAW, OFFICER_OF_HR.person))


def ctx_of(site: Site, reader: Reader) -> RequestContext:
    ctx: RequestContext = site.app.state.context()
    return ctx.read_by(with_unit(reader, site.office))


def test_every_verb_is_refused_in_a_case_that_is_not_seen(site: Site) -> None:
    ctx = ctx_of(site, OFFICER_OF_HR)

    def check(verb: Verb[Any, Any]) -> None:
        with pytest.raises(UnknownCase if OFFICER_OF_HR.may(verb.needs) else NotAllowed):
            verb(ctx, verb.command.model_construct(case=OF_LAW))

    assert len(OF_CASES) > 30
    check_each({verb.name: verb for verb in OF_CASES}, check)


def test_who_was_told_of_a_case_of_another_unit_does_not_manage_it(site: Site) -> None:
    told(site)
    ctx = ctx_of(site, OFFICER_OF_HR)
    assert ctx.reads.case(OF_LAW) is not None

    def check(verb: Verb[Any, Any]) -> None:
        with pytest.raises(NotAllowed):
            verb(ctx, verb.command.model_construct(case=OF_LAW))

    check_each({verb.name: verb for verb in OF_CASES if verb.needs == "manage"}, check)


def test_many_withdrawals_go_no_further_than_one(site: Site) -> None:
    """By the API and from the desk: the fact of another unit's case stays, and the answer says why."""
    told(site)
    seq = next(event.seq for event in site.events(OF_LAW) if event.name == FACT)
    with site.client(OFFICER_OF_HR.login) as browser:
        single = browser.post(f"/api/v1/cases/{OF_LAW}/withdrawals", json={"name": FACT, "ground": "не наше"})
        many = browser.post(
            "/api/v1/withdrawals", json={"lines": [{"case": OF_LAW, "line": seq}], "ground": "не наше"}
        )
        desk = browser.post(
            "/desk/withdraw-many", data={"taken": f"{OF_LAW}:{seq}:{FACT}", "ground": "не наше"}
        )

    assert (single.status_code, many.status_code, desk.status_code) == (403, 200, 200)
    assert (many.json()["taken_back"], many.json()["refused"]) == (0, 1)
    assert FACT in site.facts(OF_LAW)


def test_every_verb_on_several_cases_hands_each_to_the_verb_on_one() -> None:
    """A new bulk verb is a decision: it is tried like the two above."""
    lists = {
        verb.name
        for verb in verbs()
        for field in verb.command.model_fields.values()
        for part in get_args(field.annotation)
        if isinstance(part, type) and issubclass(part, CaseCommand)
    }

    assert lists == {"record_many", "withdraw_many"}
