"""Query plans of every statement in a growing office: indexes instead of full scans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.country import NOW, TODAY, build
from merzim.app import build_app
from merzim.services.accounts.credentials import hash_password
from merzim.services.jobs.rounds import deliver, remind
from merzim.services.moments import Moment
from merzim.settings_file import read
from merzim.storage.cases.programmes import behind
from merzim.storage.database.engine import open as open_database
from merzim.web.app import create_app
from tests.web.conftest import PASSWORD
from tests.web.plans import PARTIAL, WALKED, Plans, explained
from tests.web.real import RealOffice
from tests.web.test_access import BODIES, ROUTES, filled
from tests.web.walking import walk
from workflow.cases.commands.opening import Opening
from workflow.org.access import ACCESSES, Reader

NARROWED = (
    *("/cases?search=а", "/cases?late=1", "/cases?standing=active&stage=order", "/cases?procedure=none"),
    *("/register?state=failed", "/register?state=queued", "/register?state=sent", "/register?channel=folder"),
    *("/register?person=top", "/register?case=2026-000001", "/register?page=2", "/deadlines?on=2026-03-16"),
    *("/monitoring?status=executed", "/monitoring?late=1", "/monitoring?direction=public_services"),
    *("/suggest/unit?q=а", "/suggest/person?q=а", "/suggest/responsible?q=а", "/health", "/ready", "/metrics"),
)
"""Lists as somebody narrows them, and what machines ask."""
CASE = "2026-000001"


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plans]:
    """How each statement is carried out that an office of three years asks in a day's work."""
    folder = tmp_path_factory.mktemp("office")
    address = f"sqlite:///{folder / 'merzim.sqlite'}"
    engine = open_database(address)
    build(engine, 60, 12, risks=True)
    engine.dispose()
    (folder / "config.toml").write_text(f'[database]\nurl = "{address}"\n')
    context = build_app(read(folder / "config.toml", at=folder))
    moment = Moment(now=NOW, today=TODAY, demonstration=True)
    office = RealOffice(folder=folder, app=context, pages=create_app(context, lambda: moment), moment=[moment])
    try:
        with explained() as plans:
            _work(office)
            yield plans
    finally:
        context.close()


def test_no_statement_reads_a_table_that_grows_whole(plans: Plans) -> None:
    """Pages, the API, imports, recording, rounds and deliveries find what they need by indexes."""
    assert plans.scans() == []


def test_who_was_told_of_a_case_is_looked_up_by_the_case(plans: Plans) -> None:
    """A confidential case costs one look, however many letters its reader ever had."""
    steps = [
        step
        for statement, (steps, _) in plans.met.items()
        for step in steps
        if "EXISTS (SELECT * FROM notice" in statement and step.startswith("SEARCH notice")
    ]

    assert steps
    assert [step for step in steps if "(case=? AND person=?)" not in step] == []


def test_what_may_be_walked_through_is_walked_through(plans: Plans) -> None:
    """An exception nothing needs any more is struck off; nothing was left out of the day."""
    plans.scans()

    assert {*WALKED, *PARTIAL} - plans.used == set()
    assert len(plans.met) > 150


def _work(office: RealOffice) -> None:
    """A day: a round, everybody's pages, programs at the API, people recording."""
    context, now = office.app, NOW
    for access in ACCESSES:
        unit = "u1" if access in ("head_of_unit", "responsible") else ""
        reader = Reader(login=access, access=access, person="p1" if unit else "top", unit=unit)
        context.accounts.save(reader, disabled=False, by="a", now=now, today=TODAY)
    secret = Opening(
        procedure="conflict-of-interest", unit="u1", readers=("p1",), facts={"conflict_known": TODAY}
    )
    context.case_commands.open(secret, by="officer", now=now, today=TODAY)
    remind(context, now=now, today=TODAY)
    deliver(context, now=now, today=TODAY)
    behind(context.engine, {"internal-analysis.2024-01-01": {"quarter_reported": "2099Q4"}})
    context.links.offer("p1", "0" * 64, now=now)
    assert office.client("").get("/login").status_code == 200
    context.accounts.set_password("officer", hash_password(PASSWORD), by="a", now=now, today=TODAY)
    for password, answer in (("wrong", 401), (PASSWORD, 303), (PASSWORD, 303)):
        assert (
            office.client("").post("/login", data={"login": "officer", "password": password}).status_code
            == answer
        )
    for access in ("officer", "head_of_unit", "administrator"):
        with office.client(access) as browser:
            walk(browser, samples_each=1)
            for address in NARROWED:
                assert browser.get(address).status_code in (200, 403), address
    for access in ("officer", "administrator", "head_of_unit"):
        with office.client("") as program:
            program.headers["authorization"] = f"Bearer {office.way_in(access, kind='token', scope='write')}"
            for method, route in ROUTES:
                if method == "GET" and route.path.startswith("/api/v1/"):
                    program.get(filled(route.path, CASE))
            for path, body in BODIES.items():
                program.post(filled(path.replace("{number}", "1"), CASE), json=body)
            upload = program.post("/api/v1/files", files={"file": ("приказ.pdf", b"%PDF-1.7\n")})
            assert upload.status_code in (201, 403)
    for procedure in ("internal-analysis", "procurement-analysis"):
        opening = Opening(procedure=procedure, unit="u2", object="Объект")
        context.case_commands.open(opening, by="officer", now=now, today=TODAY)
    remind(context, now=now, today=TODAY)
