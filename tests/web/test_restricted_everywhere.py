"""Restricted documents in every route that could reveal one: pages, API, files.

The routes come from the router, so a route added later is covered."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from merzim.documents.forms.definitions import form_names
from tests.case_rows import ExposedPosition, FoundRisk, RowCommands, SetMeasure
from tests.web.offices import Site, example_office
from tests.web.test_access import filled, routes
from workflow.cases.case import Evidence
from workflow.cases.commands import recording

CASE = "2026-0001"
GROUND = "Мемлекеттік құпиялар туралы заң, 14-бап"
NAME, LINK = "жабық-акт-7731", "https://closed.example/7731"
CONTENT = b"%PDF-1.7\n" + b"closed-bytes-7731" * 61_681
WRITTEN = date(2026, 2, 17)
TOKENS = {
    "name": NAME,
    "digest": sha256(CONTENT).hexdigest(),
    "link": "closed.example",
    "size": str(len(CONTENT)),
    "bytes": "closed-bytes-7731",
    "day of the document": WRITTEN.isoformat(),
    "day of the document as people write it": f"{WRITTEN:%d.%m.%Y}",
}
"""What would name it. The size is no number that stands anywhere else."""
KEPT_OUT = ("responsible", "auditor")
"""One of a unit and one of the whole office, who ask every address; of the document itself all are asked."""
FORM = re.compile(r"/(forms|documents|reports)/\w+/")
"""In the address of a form that is filled."""
EXPECTED = ("", "/papers", "/risks", "/package")
"""Pages of the case on which an officer finds it."""


@dataclass(frozen=True)
class Faces:
    """What somebody was answered by every route that can be asked, as text."""

    texts: dict[str, str]

    def naming(self) -> dict[str, list[str]]:
        """The tokens each answer holds."""
        places_by_path = {
            path: [token_name for token_name, token in TOKENS.items() if token in text]
            for path, text in self.texts.items()
        }
        return {path: places for path, places in places_by_path.items() if places}


@pytest.fixture(scope="module")
def office() -> Site:
    """A file and a link, open at a fact, restricted at a review, a removal, a talk and the cartogram."""
    office = example_office()
    context, moment = office.context, replace(office.moment, by="officer")
    stored_file = context.evidence.keep(io.BytesIO(CONTENT), f"{NAME}.pdf")
    file = Evidence(
        kind="document:order",
        reference=stored_file.reference,
        name=f"{NAME}.pdf",
        type=stored_file.type,
        size=stored_file.size,
        written_on=WRITTEN,
    )
    link = Evidence(kind="", reference=LINK)
    closed = [Evidence(**{**_fields(evidence), "kind": "", "restricted": GROUND}) for evidence in (file, link)]
    context.case_commands.write(
        CASE, moment, recording.record, "order_signed", on=moment.today, evidence=[file, link]
    )
    rows = RowCommands(context.case_commands)
    rows.add(CASE, FoundRisk(description="Бақылаудың әлсіздігі"), on=moment.today, at=moment)
    rows.add(CASE, SetMeasure(risk=1, action="Тексеру"), at=moment)
    rows.review(CASE, 1, outcome="executed", on=moment.today, evidence=closed, at=moment)
    rows.remove(CASE, 1, on=moment.today, completed=True, evidence=closed, at=moment)
    rows.expose(CASE, ExposedPosition(title="Басшы", holder="Ахметов"), on=moment.today, at=moment)
    rows.talk(CASE, 1, on=moment.today, evidence=closed, at=moment)
    rows.record_cartogram(CASE, [], on=moment.today, evidence=closed, at=moment)
    return office


def _fields(evidence: Evidence) -> dict[str, object]:
    return {name: getattr(evidence, name) for name in Evidence.__dataclass_fields__}


def addresses(app: Any) -> Iterator[str]:
    """Every address that can be asked of the case or of the office: each form, each ending."""
    for route in routes(app.routes):
        if not isinstance(route, APIRoute) or "GET" not in route.methods:
            continue
        for form in form_names() if "{form}" in route.path else ("",):
            for ending in ("xlsx", "docx") if "{ending}" in route.path else ("",):
                path = route.path.replace("{form}", form).replace("{ending}", ending)
                yield filled(path.replace("{digest}", TOKENS["digest"]), CASE)


def text_of(content: bytes) -> str:
    """The content of an answer as text; of what is packed (ZIP, DOCX, XLSX) the content of everything in it."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        inside = "\n".join(f"{name}\n{text_of(packed.read(name))}" for name in packed.namelist())
    return inside + re.sub(r"<[^>]*>", "", inside)


def ask(browser: TestClient, paths: Iterable[str] = ()) -> Faces:
    """Ask these addresses; all there are where none is given."""
    texts = {}
    for path in paths or addresses(browser.app):
        answer = browser.get(path)
        assert answer.status_code < 500, path
        texts[path] = text_of(answer.content)
    return Faces(texts)


@pytest.fixture(scope="module")
def officer(office: Site) -> Faces:
    """What the officer finds, who may open it."""
    with office.client("officer") as browser:
        return ask(browser)


def test_who_may_open_it_finds_it_on_every_face_of_the_case(officer: Faces) -> None:
    """Else the others would find nothing because nothing is there."""
    naming = officer.naming()

    for page in EXPECTED:
        assert {"name", "digest", "link"} <= {*naming[f"/cases/{CASE}{page}"]}, page
    for page in ("/documents", "/events", "/registers", "/package"):
        assert {"name", "digest", "link"} <= {*naming[f"/api/v1/cases/{CASE}{page}"]}, page
    assert any("/forms/" in path for path in naming)


@pytest.mark.parametrize("login", KEPT_OUT)
def test_nobody_else_finds_its_name_its_digest_or_its_address_anywhere(
    office: Site, officer: Faces, login: str
) -> None:
    """Nor how large it is, nor when it was written. That there is one, and on what ground, they are told.

    Of forms those are asked that name it to the officer."""
    naming = officer.naming()
    part = [path for path in officer.texts if path in naming or not FORM.search(path)]
    with office.client(login) as browser:
        faces = ask(browser, part)

    assert faces.naming() == {}
    assert GROUND in faces.texts[f"/cases/{CASE}/papers"]
    assert GROUND in faces.texts[f"/api/v1/cases/{CASE}/events"]
    assert GROUND in faces.texts[f"/cases/{CASE}/package"]


@pytest.mark.parametrize("login", ["responsible", "head_of_unit", "first_head", "auditor"])
def test_nobody_but_the_officer_opens_it(office: Site, login: str) -> None:
    """Whatever else they may see of the case."""
    address = f"/cases/{CASE}/evidence/{TOKENS['digest']}"

    assert office.client(login).get(address).status_code == 404
    assert office.client("officer").get(address).content == CONTENT


def test_who_is_named_to_know_of_the_case_finds_it(office: Site, officer: Faces) -> None:
    """On the same faces as the officer; named no longer, nowhere."""
    moment = replace(office.moment, by="officer")
    office.context.case_commands.write(CASE, moment, recording.name_reader, "auditor")
    with office.client("auditor") as browser:
        named_faces = ask(browser, officer.naming())
        office.context.case_commands.write(CASE, moment, recording.remove_reader, "auditor", ground="ауысты")
        removed = ask(browser, officer.naming())

    assert named_faces.naming() == officer.naming()
    assert removed.naming() == {}
