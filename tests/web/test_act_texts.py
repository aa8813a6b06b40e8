"""Texts of acts: loaded by page, API and command line, opened at the paragraph an explanation cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

from merzim.storage.maintenance.verify import verify
from tests.documents.test_act_text import INSTRUCTION
from tests.web.real import RealOffice, real_office

PAGE = "/administration/acts"
API = "/api/v1/administration/acts/tbn4-2024"
RUSSIAN = (
    "Проект №1. Анализ\nЗадача 1. Подготовка\nПодзадача 3. Объявление.\nЗа десять дней <b>до</b> начала.\n"
)


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


def test_without_a_text_an_explanation_says_what_is_asked_in_our_own_words(officer: TestClient) -> None:
    """No link leads nowhere; the obligation, its term, whose it is and what proves it stand there."""
    page = officer.get("/cases/2026-0001", params={"lang": "ru"}).text

    assert 'href="/acts/' not in page
    assert (
        "Что требуется: объявление о начале анализа (обязательно). Срок: не менее чем за 10 рабочих дней до "
        "дня «Начало анализа». Исполнитель: уполномоченное лицо." in page
    )
    assert officer.get("/acts/tbn4-2024").status_code == 404


def test_the_basis_opens_the_loaded_text_at_its_paragraph(
    office: RealOffice, admin: TestClient, officer: TestClient
) -> None:
    """Loaded on the page; the basis becomes a link; the page shows the passage first, marks escaped."""
    sent = admin.post(PAGE, data={"act": "tbn4-2024"}, files={"file": ("инструкция.txt", RUSSIAN.encode())})
    case = officer.get("/cases/2026-0001", params={"lang": "ru"}).text
    link = "/acts/tbn4-2024?place=P1.T1.S3"
    opened_page = officer.get(f"{link}&lang=ru").text
    passage = opened_page.partition('<section class="passage"')[2].partition("</section>")[0]
    list_page = admin.get(PAGE, params={"lang": "ru"}).text
    plan = officer.get("/planner", params={"planned.analysis_started": "2026-05-13", "lang": "ru"}).text

    assert f'href="{link}"' in plan, "the planner's dates, too"
    page = officer.get("/search", params={"q": "объявление о начале анализа", "lang": "ru"}).text
    assert f'<a href="{link}">Основание: ' in page, "and an obligation found by its name"
    assert sent.status_code == 303
    assert f'href="{link}"' in case
    assert [paragraph.strip() for paragraph in re.findall("<p>(.*?)</p>", passage)] == [
        "Подзадача 3. Объявление.",
        "За десять дней &lt;b&gt;до&lt;/b&gt; начала.",
    ]
    assert "Проект №1, задача 1, подзадача 3" in passage
    assert '<h3 id="at-p1-t1-s3">Подзадача 3. Объявление.</h3>' in opened_page.partition("</section>")[2]
    assert "заголовков: 3, пунктов для ссылок: 3 · administrator · инструкция.txt" in list_page
    assert "SHA-256 " + sha256(RUSSIAN.encode()).hexdigest()[:16] in list_page
    assert officer.get(PAGE).status_code == 403
    assert verify(office.app.engine, evidence=office.app.evidence) == ()


def test_each_language_has_its_versions_and_the_reader_theirs(
    office: RealOffice, admin: TestClient, officer: TestClient
) -> None:
    """By the API and the command line; cited in letters; the same file again changes nothing."""
    digest = _kept(admin, "нұсқаулық.txt", INSTRUCTION.encode())
    first = admin.post(API, json={"file": {"file": digest}}).json()
    second_answer = admin.post(API, json={"file": {"file": digest}}).json()
    file = office.folder / "жаңа.txt"
    file.write_text(INSTRUCTION + "\nТағы бір сөйлем.\n", encoding="utf-8")
    office.run("acts", "load", "tbn4-2024", str(file))
    read = officer.get("/api/v1/acts/tbn4-2024", params={"language": "kk", "place": "P2.T1.S1"}).json()
    old = officer.get("/acts/tbn4-2024", params={"text": "kk", "number": 1, "lang": "kk"}).text

    assert [step["language"] for step in first["steps"]][-1] == "kk"
    assert second_answer == first
    assert read["step"]["number"] == 2
    assert [paragraph["text"] for paragraph in read["passage"]] == [
        "1-қосалқы тапсырма. Алдын алу.",
        "Жыл сайын өткізіледі.",
        "Тағы бір сөйлем.",
    ]
    assert "Тағы бір сөйлем" not in old
    assert officer.get("/acts/tbn4-2024", params={"text": "kk", "number": 3}).status_code == 404


def test_a_file_that_cannot_be_read_is_refused_and_changes_nothing(admin: TestClient) -> None:
    """A scan without text, a kind not taken, an act nobody rests on."""
    before = admin.get("/api/v1/acts").json()
    refused = admin.post(
        PAGE, data={"act": "tbn4-2024", "lang": "ru"}, files={"file": ("скан.pdf", b"%PDF-1.4")}
    )
    unknown = admin.post(PAGE, data={"act": "nothing"}, files={"file": ("a.txt", b"1. text")})

    assert refused.status_code == 422
    assert "скан.pdf" in refused.text
    assert unknown.status_code == 404
    assert admin.get("/api/v1/acts").json() == before


def _kept(browser: TestClient, name: str, data: bytes) -> str:
    """Upload a file as programs do; return its digest."""
    sent = browser.post("/api/v1/files", files={"file": (name, data)})
    return str(sent.json()["file"])


def test_the_step_to_do_now_opens_its_basis_too(admin: TestClient, officer: TestClient) -> None:
    """The order is due today by the map: the desk's card leads to its row."""
    before = officer.get("/desk", params={"lang": "ru"}).text
    admin.post(PAGE, data={"act": "tbn4-map-2023"}, files={"file": ("карта.txt", RUSSIAN.encode())})
    after = officer.get("/desk", params={"lang": "ru"}).text

    assert "/acts/" not in before
    assert 'href="/acts/tbn4-map-2023?place=' in after
