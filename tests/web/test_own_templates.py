"""Own form templates: uploaded, used wherever the form is made, verifiable, withdrawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from getpass import getuser
from hashlib import sha256

import docx
import pytest
from starlette.testclient import TestClient

from merzim.storage.maintenance.verify import verify
from merzim.storage.org.template_steps import template_steps
from tests.documents.test_forms import text_of
from tests.documents.test_own_template import letterhead, saved, template
from tests.web.real import RealOffice, real_office

PAGE = "/administration/templates/plan"
PLAN = "/cases/2026-0001/forms/plan"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with real_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
def admin(office: RealOffice) -> Iterator[TestClient]:
    with office.client("administrator") as browser:
        yield browser


@pytest.fixture(scope="module")
def officer(office: RealOffice) -> Iterator[TestClient]:
    with office.client("officer") as browser:
        yield browser


def test_a_template_is_used_for_its_form_and_language_and_returns_to_ours(
    office: RealOffice, admin: TestClient, officer: TestClient
) -> None:
    """Uploaded on the page, downloaded from the case, by the API and the command line; version by version."""
    ours = officer.get(f"{PLAN}/kk").content
    sent = admin.post(PAGE, data={"language": "kk"}, files={"file": ("бланк.docx", letterhead())})
    page = admin.get(PAGE, params={"lang": "ru"}).text
    filled = text_of(officer.get(f"{PLAN}/kk").content)
    papers = officer.get("/cases/2026-0001/papers", params={"lang": "ru"}).text

    assert sent.status_code == 303
    assert "О плане по объекту" in filled
    assert "{{" not in filled
    assert "О плане" not in text_of(officer.get(f"{PLAN}/ru").content), "the other language has ours"
    assert officer.get("/api/v1/cases/2026-0001/documents/plan/kk").content == officer.get(f"{PLAN}/kk").content
    office.run("form", "2026-0001", "plan", "--lang", "kk", "--to", str(office.folder / "plan.docx"))
    assert "О плане по объекту" in text_of((office.folder / "plan.docx").read_bytes())
    template_note = (
        "Документ на казахском языке заполняется по собственному шаблону организации: бланк.docx (выбран "
    )
    assert template_note in papers, "an officer sees which, though the page of templates is the administrator's"
    assert "шаблон организации, версия 1" in page
    assert "В шаблоне нет места для обязательных полей: Должность утверждающего" in page
    assert "SHA-256 " + sha256(letterhead()).hexdigest()[:16] in page
    assert "<code>{{ rows.measure }}</code>" in page
    log = admin.get("/audit", params={"lang": "ru"}).text
    assert "на казахском языке" in log
    assert "plan.kk" not in log

    office.run("template", "take", "plan", "kk", str(_written(office, template("Екінші нұсқа"))))
    assert text_of(officer.get(f"{PLAN}/kk").content).startswith("Екінші нұсқа: ")
    assert admin.post(PAGE, data={"language": "kk", "do": "choose", "number": "1"}).status_code == 303
    assert "О плане по объекту" in text_of(officer.get(f"{PLAN}/kk").content)
    back = admin.post(PAGE, data={"language": "kk", "do": "choose", "number": "0"})
    assert back.status_code == 303
    assert officer.get(f"{PLAN}/kk").content == ours
    steps = template_steps(office.app.engine, "plan", "kk")
    assert [(step.by, step.sha256[:8], step.name) for step in steps] == [
        ("administrator", sha256(letterhead()).hexdigest()[:8], "бланк.docx"),
        (getuser(), sha256(template("Екінші нұсқа")).hexdigest()[:8], "бланк 2.docx"),
        ("administrator", sha256(letterhead()).hexdigest()[:8], "бланк.docx"),
        ("administrator", "", ""),
    ]


def _written(office: RealOffice, content: bytes) -> str:
    file = office.folder / "бланк 2.docx"
    file.write_bytes(content)
    return str(file)


def test_a_report_of_a_year_is_filled_from_the_own_template(admin: TestClient, officer: TestClient) -> None:
    """The annexes of a year as the papers of a case; the page of points says so."""
    document = docx.Document()
    document.add_paragraph("Есеп {{ year }}: {{ group_1_told }}")
    sent = admin.post(
        "/administration/templates/ethics_report",
        data={"language": "ru"},
        files={"file": ("отчёт.docx", saved(document))},
    )
    report = officer.get("/reports/ethics_report/ru", params={"year": 2026})

    assert sent.status_code == 303
    assert text_of(report.content).startswith("Есеп 2026: ")
    assert "на русском языке заполняется по собственному шаблону" in officer.get("/reports/points?lang=ru").text


def test_a_refused_template_names_every_mistake_and_changes_nothing(
    office: RealOffice, admin: TestClient
) -> None:
    """On the page; no file, a file of another kind, another's form."""
    bad = template("{{ objekt }} {% raise %}")
    page = admin.post(f"{PAGE}?lang=ru", data={"language": "ru"}, files={"file": ("бланк.docx", bad)})
    none = admin.post(f"{PAGE}?lang=ru", data={"language": "ru"})
    other = admin.post(f"{PAGE}?lang=ru", data={"language": "ru"}, files={"file": ("бланк.doc", b"x")})

    assert page.status_code == 422
    assert "Шаблон бланк.docx не принят: ошибок – 2." in page.text
    assert "поля «objekt» в этой форме нет; есть: object" in re.sub("&#39;|&quot;", "", page.text)
    assert (none.status_code, "Выберите файл DOCX" in none.text) == (422, True)
    assert (other.status_code, "не документ DOCX без макросов" in other.text) == (422, True)
    assert admin.get("/administration/templates/nothing").status_code == 404
    assert template_steps(office.app.engine, "plan", "ru") == []


def test_an_altered_template_is_not_used_and_is_found_by_verify(
    office: RealOffice, admin: TestClient, officer: TestClient
) -> None:
    """Nobody signs a paper made from bytes the chain does not know."""
    admin.post(PAGE, data={"language": "ru"}, files={"file": ("бланк.docx", letterhead())})
    reference = sha256(letterhead()).hexdigest()
    stored = next(office.folder.rglob(reference))
    stored.chmod(0o600)
    stored.write_bytes(template("Чужой текст"))
    try:
        answer = officer.get(f"{PLAN}/ru")
        problems = verify(office.app.engine, evidence=office.app.evidence)
    finally:
        stored.write_bytes(letterhead())

    assert answer.status_code == 500
    assert "бланк.docx" in answer.text
    assert ("evidence_altered", reference) in [
        (problem.code, problem.arguments.get("sha256")) for problem in problems
    ]
