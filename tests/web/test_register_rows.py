"""Data-defined registers on pages and in the API: rows added, filtered, changed, withdrawn; access."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.offices import Site, example_office
from tests.web.serving import first_sheet

KIM, SERIKBAEV = "v.kim@example.kz", "d.serikbaev@example.kz"
OWN, ELSEWHERE = "Департамент управления активами", "Пресс-служба"
GIFTS, TRAININGS = "/registers/gifts", "/registers/trainings"
API = "/api/v1"
ORIGIN = {"origin": "https://127.0.0.1:8000"}
SECRET = "Қаламсап жинағы"
LECTURE = {
    "kind": "compliance",
    "topic": "Сыйлық туралы",
    "held_on": "2026-02-10",
    "format": "offline",
    "audience": "барлық қызметкер",
}


@pytest.fixture(scope="module")
def office() -> Site:
    """The example office with an executor of a unit, and one of another."""
    office = example_office()
    office.run("user", "add", "own", "--access", "responsible", "--unit", OWN)
    office.run("user", "add", "elsewhere", "--access", "responsible", "--unit", ELSEWHERE)
    office.run("user", "add", "kim", "--access", "responsible", "--person", KIM)
    return office


def gift(**changed_fields: object) -> dict[str, object]:
    """The fields of a form for a gift."""
    fields = {"kind": "gift", "description": SECRET, "employee": KIM, "received_on": "2026-03-30"}
    return {"unit": OWN} | {f"field.{name}": value for name, value in {**fields, **changed_fields}.items()}


def training(**changed_fields: object) -> dict[str, object]:
    """A training as the API takes it."""
    fields = {**LECTURE, "attended": 12}
    return {"unit": OWN, "values": {**fields, **changed_fields}}


def add(office: Site, fields: dict[str, object], register: str = GIFTS, **options: Any) -> str:
    """Send the form of a new row; return the address of the row."""
    with office.client() as browser:
        answer = browser.post(f"{register}/new", data=fields, **options)
        assert answer.status_code == 303, text_of(answer.text.partition('role="alert">')[2])[:300]
        return str(answer.headers["location"]).partition("?")[0]


def text_of(page: str) -> str:
    """The words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_an_edit_sends_the_changed_fields_alone_and_history_says_old_and_new(office: Site) -> None:
    """Description typed anew: the other fields stay, who saved it is not asked about them."""
    address = add(office, gift(giver="«Акме» ЖШС"))
    with office.client() as browser:
        page = browser.get(address + "?lang=ru").text
        form = dict(re.findall(r'name="((?:was\.|seq)[a-z_.]*)" value="([^"]*)"', page))
        fields = {name.replace("was.", "field."): value for name, value in form.items() if name != "seq"}
        changed_fields = {"field.description": "Сағат", "ground": "қате жазылған"}
        answer = browser.post(address, data={**form, **fields, **changed_fields})
        page = text_of(browser.get(address + "?lang=ru").text)

    assert answer.status_code == 303
    assert f"Описание подарка, услуги: {SECRET} → Сағат" in page
    assert "Изменено : қате жазылған" in page
    assert "«Акме» ЖШС" in page
    with office.client() as browser:
        history = browser.get(f"{API}/rows/{address.rpartition('/')[2]}").json()["history"]
    changes = [[change["field"] for change in event["changes"]] for event in history]
    assert changes[-1] == ["description"]


def test_values_are_erased_for_good_once_it_is_confirmed_by_who_manages(office: Site) -> None:
    """The page offers what is stored outside the events; without the tick nothing is erased."""
    address = add(office, gift(giver="«Акме» ЖШС"))
    erasing = {"field": "giver", "ground": "Сақтау мерзімі өтті"}
    with office.client() as browser:
        offered = re.findall(r'name="field" value="(\w+)"', browser.get(address).text)
        unsure = browser.post(f"{address}/erase?lang=ru", data=erasing, headers=ORIGIN)
        page = browser.get(address).text
        answer = browser.post(f"{address}/erase", data={**erasing, "sure": "1"}, headers=ORIGIN)
        erased_page = text_of(browser.get(f"{address}?lang=ru").text)
    with office.client("own") as browser:
        row_answer, erase_answer = (
            browser.get(address),
            browser.post(f"{address}/erase", data=erasing, headers=ORIGIN),
        )

    assert "giver" in offered
    assert (unsure.status_code, "Подтвердите" in unsure.text, "Акме" in page) == (422, True, True)
    assert (answer.status_code, answer.headers["location"].partition("?")[2]) == (303, "said=erased")
    assert ("Акме" in erased_page, "Сақтау мерзімі өтті" in erased_page) == (False, True)
    assert ('id="erase"' in row_answer.text, erase_answer.status_code) == (False, 403)


def test_a_list_is_narrowed_searched_sorted_and_summed_by_its_address(officer: TestClient) -> None:
    """Three trainings: the filter of each kind, the sum of what is left."""
    for day, topic, attended in (
        ("2026-02-10", "Ырысты", 12),
        ("2026-03-10", "Берекелі ырысты", 30),
        ("2025-12-01", "Басқа", 8),
    ):
        body = training(topic=topic, held_on=day, attended=attended)
        answer = officer.post(f"{API}/registers/trainings/rows", json=body, headers=ORIGIN)
        assert answer.status_code == 201, answer.text

    def names(query: str) -> list[str]:
        rows = officer.get(f"{TRAININGS}?{query}").text.partition("<tbody>")[2]
        return re.findall(r"Ырысты|Берекелі ырысты|Басқа", rows)

    assert names("search=ырысты&sort=held_on") == ["Ырысты", "Берекелі ырысты"]
    assert names("search=ырысты&sort=-held_on") == ["Берекелі ырысты", "Ырысты"]
    assert names("from.held_on=2026-03-01") == ["Берекелі ырысты"]
    assert names("until.held_on=2025-12-31") == ["Басқа"]
    assert names("from.attended=12&has.topic=ырысты&sort=attended") == ["Ырысты", "Берекелі ырысты"]
    assert names("is.kind=compliance&until.attended=8") == ["Басқа"]
    assert names("search=ырысты&sort=held_on&empty=attended") == []
    assert names("search=ырысты&sort=held_on&empty=ended_on") == ["Ырысты", "Берекелі ырысты"]
    heads = re.findall(r"sort=-?(\w+)", officer.get(TRAININGS).text.partition("<thead>")[2])
    assert heads == ["topic", "held_on", "unit", "kind", "format", "audience", "attended", "organiser"]
    assert "Қатысқан" in officer.get(TRAININGS).text
    assert re.search(r"<dd>42", officer.get(f"{TRAININGS}?search=ырысты").text)
    assert officer.get(f"{TRAININGS}?is.kind=жоқ").status_code == 422
    assert officer.get(f"{TRAININGS}?sort=programme").status_code == 422


DECIDED = ("conflicts", "internal-investigations", "foreign-accounts", "head-responsibility")


def test_nobody_who_may_not_know_of_a_confidential_register_learns_of_it(office: Site) -> None:
    """Of each that is shipped no name, count, row, form, file or suggestion; by the API neither."""
    address = add(office, gift())
    row = address.rpartition("/")[2]
    with office.client() as browser:
        registers = browser.get(f"{API}/registers").json()["registers"]
    hidden = [register["id"] for register in registers if register["confidential"]]
    pages = ["", "/new", "/xlsx", "/template", "/import"]
    addresses = [f"/registers/{name}{page}" for name in hidden for page in pages]
    addresses += [f"/suggest/row.{name}?q={SECRET}" for name in hidden]
    addresses += [address, f"{API}/rows/{row}"]
    queries = [f"{API}/registers/{name}/rows/query" for name in hidden]
    wrong = []
    for login in ("own", "elsewhere", "head_of_unit", "first_head", "auditor"):
        with office.client(login) as browser:
            answers = {page: browser.get(page) for page in addresses}
            answers |= {page: browser.post(page, json={}, headers=ORIGIN) for page in queries}
            pages_text = browser.get("/registers").text + browser.get(f"{API}/registers").text
        # A first head reads, and only reads, what the standard, the policy and the instruction let him decide.
        read = DECIDED if login == "first_head" else ()
        open_to = {f"/registers/{name}{page}" for name in read for page in ("", "/xlsx")}
        open_to |= {f"/suggest/row.{name}?q={SECRET}" for name in read}
        open_to |= {f"{API}/registers/{name}/rows/query" for name in read}
        shut = {page: answer for page, answer in answers.items() if page not in open_to}
        wrong += [(login, page) for page, answer in shut.items() if answer.status_code not in (403, 404)]
        wrong += [(login, page) for page in open_to if answers[page].status_code != 200]
        wrong += [
            (login, page) for page, answer in answers.items() if SECRET in answer.text or row in answer.text
        ]
        wrong += [
            (login, name)
            for name in hidden
            if name not in read and (f'"{name}"' in pages_text or f"/{name}" in pages_text)
        ]

    assert len(hidden) > 5
    assert wrong == []


def test_a_row_about_oneself_that_one_would_not_see_is_left_to_others(office: Site) -> None:
    """Refused before it is written: not answered as if there were no such row."""
    office.run("user", "add", "clerk", "--access", "officer", "--person", KIM)
    breach = {
        "restriction": "incompatible_activity",
        "other_activity": "x",
        "post": "x",
        "found_on": "2026-03-30",
    }
    fields = {f"field.{name}": value for name, value in {**breach, "employee": KIM}.items()}
    with office.client("clerk") as clerk:
        answer = clerk.post("/registers/restriction-breaches/new?lang=ru", data=fields)
    row = add(office, fields, "/registers/restriction-breaches")

    assert (answer.status_code, "её вносит другой сотрудник" in text_of(answer.text)) == (422, True)
    assert row.endswith("-0001")


def test_a_file_is_a_download_for_whom_sees_the_row_alone(office: Site, officer: TestClient) -> None:
    """Its bytes as they came; another reader finds nothing at its address. One that is lost is named."""
    paper = {"field.document": ("акт.pdf", b"%PDF-1.7\nact", "application/pdf")}
    address = add(office, gift(), files=paper)
    [link] = set(re.findall(rf'href="({address}/files/[0-9a-f]+)"', officer.get(address).text))
    file = officer.get(link)
    by_program = officer.get(f"{API}/rows/{address.rpartition('/')[2]}/files/{link.rpartition('/')[2]}")
    absent = officer.get(f"{address}/files/{'0' * 64}")
    with office.client("own") as browser:
        foreign = browser.get(link)
    next(office.context.settings.evidence.folder.rglob(link.rpartition("/")[2])).unlink()
    lost = officer.get(link)

    assert (lost.status_code, "«акт.pdf»" in lost.text) == (500, True)
    assert f"{address.rpartition('/')[2]}:" in lost.text
    assert (file.content, by_program.content) == (b"%PDF-1.7\nact", b"%PDF-1.7\nact")
    assert file.headers["content-disposition"].startswith("attachment")
    assert (absent.status_code, foreign.status_code) == (404, 404)


def test_a_row_and_the_case_it_opened_lead_to_each_other(office: Site, officer: TestClient) -> None:
    """A certificate that ends: its renewal is a deadline of a case, which names the row."""
    fields = {"kind": "iso_certificate", "name": "ISO 37001", "adopted_on": "2025-06-01"}
    fields |= {"valid_until": "2026-06-01"}
    form = {"unit": OWN} | {f"field.{name}": text for name, text in fields.items()}
    address = add(office, form, "/registers/organisation-documents")
    [case] = set(re.findall(r'href="(/cases/[0-9-]+)"', officer.get(address).text))
    page = officer.get(case).text

    assert f'href="{address}"' in page


def test_a_spreadsheet_is_shown_then_taken_in_and_known_when_it_comes_again(officer: TestClient) -> None:
    """A bad cell is named; what was shown is taken by its digest; the workbook of the list brings nothing
    new."""
    line, wrong_line = (";".join({**LECTURE, "held_on": f"{day}.02.2026"}.values()) for day in (28, 30))

    def send(content: bytes = b"", name: str = "оқыту.csv", **fields: str) -> Any:
        file = {"file": (name, content)} if content else {}
        return officer.post(f"{TRAININGS}/import?lang=ru", data={"unit": OWN, **fields}, files=file)

    refused = send(f"{';'.join(LECTURE)}\n{wrong_line}\n".encode())
    headed = send(f"{';'.join(LECTURE)};Topics\n{line};1\n".encode())
    preview = send(f"{';'.join(LECTURE)}\n{line}\n".encode())
    [digest] = re.findall(r'name="digest" value="([0-9a-f]+)"', preview.text)
    before = officer.get(f"{TRAININGS}/xlsx").content
    taken_answer = send(digest=digest, take="1")
    sheet = officer.get(f"{TRAININGS}/xlsx?search={LECTURE['topic']}").content
    second_answer = send(sheet, "оқыту.xlsx")

    assert (refused.status_code, "C2" in refused.text) == (422, True)
    similar = headed.text.partition("Похожие: ")[2].partition(". ")[0]
    assert re.fullmatch(r"[А-Яа-яЁё ,–()-]+", similar), "columns in the reader's language, no codes"
    assert (preview.status_code, taken_answer.status_code) == (200, 303)
    assert (LECTURE["topic"] in str(_cells(before)), LECTURE["topic"] in str(_cells(sheet))) == (False, True)
    assert (second_answer.status_code, "Уже есть в реестре" in second_answer.text) == (200, True)
    assert "Не вносятся столбцы: Протокол, материалы" in second_answer.text
    assert 'name="take"' not in second_answer.text


def _cells(content: bytes) -> list[object]:
    return [cell for row in first_sheet(content) for cell in row]


def test_a_cell_that_names_a_row_shows_what_it_is_called_to_who_sees_it(office: Site) -> None:
    """By the fields that name the other row, with a link; who does not see that row reads its id alone."""
    with office.client() as browser:
        fields = {"topic": "Мүдделер қақтығысы"}
        lecture = browser.post(
            f"{API}/registers/trainings/rows", json=training(**fields), headers=ORIGIN
        ).json()["row"]["id"]
        passed = {"civil_servant": True, "counted_as": "event", "passed_on": "2026-02-10"}
        values = {"training": lecture, "employee": SERIKBAEV, **passed}
        attended = browser.post(
            f"{API}/registers/training-attendees/rows",
            json={"unit": ELSEWHERE, "values": values},
            headers=ORIGIN,
        ).json()["row"]
        list_page = browser.get("/registers/training-attendees?lang=ru").text
        page = browser.get(f"/registers/training-attendees/{attended['id']}?lang=ru").text
        lecture_page = browser.get(f"/registers/trainings/{lecture}?lang=ru").text
        [add] = re.findall(r'href="(/registers/training-attendees/new[^"]*)"', lecture_page)
        form = unescape(browser.get(add).text)
        file = browser.get("/registers/training-attendees/xlsx").content
    with office.client("elsewhere") as browser:
        of_others = browser.get("/registers/training-attendees?lang=ru").text
        their_names = browser.get(f"{API}/rows/{attended['id']}").json()["row"]["names"]

    # Its training lists whom it had, and leads to a form that names it.
    assert f'href="/registers/training-attendees/{attended["id"]}"' in lecture_page
    assert f'value="Мүдделер қақтығысы · 10.02.2026 ({lecture})"' in form
    link = rf'<a href="/registers/trainings/{lecture}" class="wrap">([^<]*)</a>'
    assert [name for name in re.findall(link, list_page) if "Мүдделер қақтығысы" in name]
    assert [name for name in re.findall(link, page) if "Мүдделер қақтығысы" in name]
    assert attended["names"][lecture] == "Мүдделер қақтығысы · 10.02.2026"
    assert "Мүдделер қақтығысы" not in of_others
    assert lecture in of_others
    assert f"/registers/trainings/{lecture}" not in of_others
    assert lecture not in their_names
    exported = f"Мүдделер қақтығысы · 10.02.2026 ({lecture})"
    assert exported in _cells(file), "a file names the row, and as it is found when the file is taken in again"
    with office.client() as browser:
        row_values = {**values, "training": exported, "employee": KIM}
        body = {"unit": ELSEWHERE, "values": row_values}
        added = browser.post(f"{API}/registers/training-attendees/rows", json=body, headers=ORIGIN).json()[
            "row"
        ]
    assert added["values"]["training"] == lecture
