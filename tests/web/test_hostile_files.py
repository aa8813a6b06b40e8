"""Malicious files at every address that takes one, on the pages and in the API, and a good one at each.

Each is taken or refused by a clear sentence within a time limit; nothing of a refused file is stored; none is
answered 5xx."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from merzim.documents import child
from tests.documents.sheets import REAL, by_hand, zipped
from tests.shortcuts import SECONDS
from tests.web.offices import ROOT, Site, example_office

PATIENCE = 15.0
"""Seconds an answer may take, on a machine that does nothing else."""
LONGEST = 2_000
"""Letters of a sentence a person will read."""
ENDLESS = "workbook, merged over and over"
"""The kind that is read until its time is over."""
_INSIDE = re.compile(r"Traceback \(most recent|<[\w.]+ object at 0x|sqlite3\.|openpyxl|File \"/")
_GAP = re.compile(r"\{[a-z_]+(:\w+)?\}")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LOL = '<!DOCTYPE x [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


File = tuple[str, bytes]
"""Its name, as its sender calls it, and its bytes."""


def kinds() -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Malicious files by kind, created on demand; others are refused in tests/documents."""

    def document(part: str) -> bytes:
        return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": part})

    def nested(depth: int) -> bytes:
        inside = zipped({"0.txt": b"0" * 10_000})
        for _ in range(depth):
            inside = zipped({f"{n}.zip": inside for n in range(4)})
        return inside

    def merged(count: int) -> bytes:
        merges = "".join(f'<mergeCell ref="A1:C{1000 + n}"/>' for n in range(count))
        rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 1500))
        table = f"<sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>"
        return sheet(f'<worksheet xmlns="{_MAIN}">{table}</worksheet>')

    def sheet(inside: str) -> bytes:
        return by_hand("", **{"xl/worksheets/sheet1.xml": inside})

    real = REAL.read_bytes()
    return {
        "page called PDF": ("a.pdf", lambda: b"<!DOCTYPE html><script>alert(1)</script>"),
        "DOCX, external entities": (
            "a.docx",
            lambda: document('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
        ),
        "ZIP within ZIP": ("a.zip", lambda: nested(4)),
        "CSV, half an UTF-16": ("a.csv", lambda: b"\xff\xfea\0;\0b"),
        "CSV of formulas": (
            "a.csv",
            lambda: "Раздел;Управление;Район;Риск\n=cmd|'/c calc'!A0;@x;+1;-1\n".encode(),
        ),
        "workbook, deep XML": ("a.xlsx", lambda: sheet("<a>" * 10_000)),
        "workbook, many laughs": ("a.xlsx", lambda: sheet(_LOL + "]><x>&i;</x>")),
        ENDLESS: ("a.xlsx", lambda: merged(200)),
        "workbook, a number without end": (
            "a.xlsx",
            lambda: by_hand(f"<row><c><v>{'9' * 100_000}</v></c></row>"),
        ),
        "act, brackets": ("a.toml", lambda: b"a = " + b"[" * 50_000),
        "a name that leads elsewhere": ("../../a\u202e\r\nX: y\0.xlsx", lambda: real),
        "a name without end": ("a" * 5_000 + ".xlsx", lambda: real[:100]),
    }


@dataclass(frozen=True)
class Place:
    """An address that takes a file. `send`: sends one there, and gives the answer."""

    name: str
    login: str
    send: Callable[[TestClient, File], Any]


CASE = "2026-0001"


def places() -> tuple[Place, ...]:
    """Every address that takes a file, page and API, with one reader who may use it."""
    day = "2026-04-06"
    fact = {"fact": "order_signed", "on": day}
    proof = f"/api/v1/cases/{CASE}"
    return (
        _page("/open/schedule", {"procedure": "internal-analysis"}),
        _page("/administration/people/import", {}, login="administrator"),
        _page("/administration/people/import", {"do": "take"}, login="administrator"),
        _page("/calendar/acts", {"do": "preview"}),
        _page(f"/cases/{CASE}", fact, part="file.document:order"),
        _page("/desk/record", {**fact, "case": CASE}, part="file.document:order"),
        _page(f"/cases/{CASE}/risks/plan", {"year": "2026"}),
        _page(f"/cases/{CASE}/cartogram", {"on": day}, part="table"),
        _page(f"/cases/{CASE}/rows/positions/1/talk", {"field.on": day}, part="file.other"),
        _sent("/api/v1/schedules", {}),
        _sent(f"{proof}/risks/plan", {"year": 2026}),
        _sent(f"{proof}/cartogram", {"on": day}),
        _sent(f"{proof}/facts", {**fact, "evidence": [{"kind": "document:order"}]}),
        Place("/api/v1/calendar/acts", "officer", _act),
    )


def _page(address: str, data: dict[str, str], *, part: str = "file", login: str = "officer") -> Place:
    def send(browser: TestClient, file: File) -> Any:
        return browser.post(address, data=data, files={part: file})

    return Place(f"{address} {data.get('do', '')}".strip(), login, send)


def _sent(address: str, body: dict[str, Any]) -> Place:
    def send(browser: TestClient, file: File) -> Any:
        upload = browser.post("/api/v1/files", files={"file": file})
        if upload.status_code != 201:
            return upload
        digest = upload.json()["file"]
        if "evidence" in body:
            return browser.post(address, json={**body, "evidence": [{**body["evidence"][0], "file": digest}]})
        return browser.post(address, json={**body, "file": digest})

    return Place(address, "officer", send)


def _act(browser: TestClient, file: File) -> Any:
    text = file[1][:60_000].decode("utf-8", "replace")
    return browser.post("/api/v1/calendar/acts", json={"text": text, "name": "a.toml", "preview": True})


ALERT = re.compile(r'<(\w+)[^>]*(?:role="alert"|class="problem")[^>]*>(.*?)</\1>', re.DOTALL)


def sentence(answer: Any) -> str:
    """Message of a refusing answer."""
    if "json" in answer.headers.get("content-type", ""):
        return str(answer.json().get("detail", ""))
    alerts = " ".join(inside for _, inside in ALERT.findall(answer.text))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", alerts)).split())


def fault(place: Place, answer: Any, seconds: float) -> str:
    """Problem of an answer, "" for none."""
    if answer.status_code >= 500:
        return f"{place.name}: {answer.status_code} {answer.text[:200]!r}"
    if seconds > PATIENCE:
        return f"{place.name}: after {seconds:.1f} s"
    if match := _INSIDE.search(answer.text):
        return f"{place.name}: shows {match.group()!r}"
    if answer.status_code >= 400:
        message = sentence(answer)
        if not 10 < len(message) < LONGEST or _GAP.search(message):
            return f"{place.name}: {answer.status_code} says {message[:200]!r}"
    return ""


def written(office: Site) -> tuple[object, ...]:
    """Counts of events, people, and stored files but uploads, which go after a day."""
    with office.context.engine.connect() as connection:
        counts = [
            connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()
            for table in ("event", "person", "unit", "paper")
        ]
    folder = office.context.settings.evidence.folder
    files = (file for file in folder.rglob("*") if file.is_file() and file.parent.name != "uploads")
    return (*counts, sorted(map(str, files)))


def offer(office: Site, file: File, place: Place) -> tuple[int, str]:
    """The status of the answer to a file at a place, and what is wrong with it, "" for nothing."""
    browser = office.client(place.login, raise_server_exceptions=False)
    before, started_at = written(office), time.monotonic()
    answer = place.send(browser, file)
    wrong = fault(place, answer, time.monotonic() - started_at)
    if not wrong and answer.status_code >= 400 and written(office) != before:
        wrong = f"{place.name}: {answer.status_code}, and something was kept"
    return answer.status_code, wrong


KINDS = kinds()
PLACES = places()


@pytest.fixture(scope="module")
def office() -> Iterator[Site]:
    """The example office, with a position to talk about."""
    started_office = example_office()
    with pytest.MonkeyPatch.context() as patched:
        position = ("title=Начальник отдела кадров", "holder=Ахметова А.", "on=2026-04-06")
        started_office.run("register", "positions", "add", *position, "--case", CASE, now="2026-04-06T12:00")
        patched.setattr(child, "SECONDS", SECONDS)
        yield started_office


def test_every_hostile_file_is_taken_or_refused_by_a_sentence(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each at one address, by turns: no 5xx, no traceback, nothing kept of what is refused."""
    wrong = []
    for number, (kind, (name, make)) in enumerate(KINDS.items()):
        place = PLACES[number * 7 % len(PLACES)]
        monkeypatch.setattr(child, "SECONDS", SECONDS if kind != ENDLESS else 2)
        _, trouble = offer(office, (name, make()), place)
        wrong += [f"{kind} at {trouble}"] if trouble else []

    assert wrong == []


PLAN = "№;Риск;Мероприятие;Форма завершения;Ответственный;Срок\n1;Риск;Обучение;Отчёт;HR;ежеквартально\n"
CARTOGRAM = "Раздел;Управление;Район;Должность или риск\n1;Кадры;;Начальник\n"
ACT = '[[transfer]]\noff = 2026-05-08\nwork = 2026-05-16\nact = "G26G0000111"\naddress = "https://adilet.zan.kz/x"\n'
GOOD = {
    "schedule": ("a.xlsx", REAL.read_bytes()),
    "past": ("a.csv", (ROOT / "examples" / "past_analyses.csv").read_bytes()),
    "people": ("a.csv", (ROOT / "examples" / "people.csv").read_bytes()),
    "calendar": ("a.toml", ACT.encode()),
    "plan": ("a.csv", PLAN.encode()),
    "cartogram": ("a.csv", CARTOGRAM.encode()),
    "": ("a.docx", zipped({"word/document.xml": "<x/>"})),
}
"""What an address is for, by a word in it."""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_address_takes_the_file_it_is_for(place: Place, office: Site) -> None:
    """One that refuses whatever comes would pass for safe."""
    file = next(file for word, file in GOOD.items() if word in place.name)

    assert offer(office, file, place) in ((200, ""), (303, ""))
