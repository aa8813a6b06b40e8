"""Malicious files: a sample of what `python -m tests.crash hostile` sends to every address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash import hostile
from tests.crash.hostile import Hostile, Place
from tests.documents.sheets import REAL, zipped
from tests.web.real import ROOT, RealOffice, real_office

KINDS = hostile.kinds()
PLACES = hostile.places()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with real_office(tmp_path_factory.mktemp("office")) as started_office:
        hostile.prepare(started_office)
        yield started_office


def test_every_hostile_file_is_taken_or_refused_by_a_sentence(office: RealOffice) -> None:
    """Each at one address, by turns: no 5xx, no traceback, nothing kept of what is refused."""
    wrong = []
    for number, (kind, make) in enumerate(KINDS.items()):
        place = PLACES[number * 7 % len(PLACES)]
        wrong += [fault for _, fault in hostile.offered(office, [(kind, make())], [place]) if fault]

    assert wrong == []


PLAN = "№;Риск;Мероприятие;Форма завершения;Ответственный;Срок\n1;Риск;Обучение;Отчёт;HR;ежеквартально\n"
CARTOGRAM = "Раздел;Управление;Район;Должность или риск\n1;Кадры;;Начальник\n"
ACT = '[[transfer]]\noff = 2026-05-08\nwork = 2026-05-16\nact = "G26G0000111"\naddress = "https://adilet.zan.kz/x"\n'
GOOD = {
    "schedule": Hostile("a.xlsx", REAL.read_bytes()),
    "past": Hostile("a.csv", (ROOT / "examples" / "past_analyses.csv").read_bytes()),
    "people": Hostile("a.csv", (ROOT / "examples" / "people.csv").read_bytes()),
    "calendar": Hostile("a.toml", ACT.encode()),
    "plan": Hostile("a.csv", PLAN.encode()),
    "cartogram": Hostile("a.csv", CARTOGRAM.encode()),
    "": Hostile("a.docx", zipped({"word/document.xml": "<x/>"})),
}
"""What an address is for, by a word in it."""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_address_takes_the_file_it_is_for(place: Place, office: RealOffice) -> None:
    """One that refuses whatever comes would pass for safe."""
    file = next(file for word, file in GOOD.items() if word in place.name)
    ((came, wrong),) = hostile.offered(office, [("its own", file)], [place])

    assert (came[:3], wrong) in (("200", ""), ("303", ""))


class Answer:
    """An answer that may not be."""

    def __init__(self, status: int, text: str) -> None:
        self.status_code, self.text = status, text
        self.headers = {"content-type": "text/html"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, "<div role=alert>Something went wrong in here.</div>"),
        Answer(422, "<p>no sentence</p>"),
        Answer(422, "<div role='alert'>The file {name} is too large: {limit:megabytes}.</div>"),
        Answer(200, "<pre>Traceback (most recent call last):</pre>"),
        Answer(422, f"<div role='alert'>{'x' * 5000}</div>"),
    ],
    ids=["fault of ours", "no sentence", "a gap", "a traceback", "no end"],
)
def test_an_answer_that_may_not_be_would_be_found(answer: Answer) -> None:
    """The check itself can fail."""
    place = Place("/", "officer", lambda browser, file: answer)

    assert hostile.fault(place, answer, 0.1)
    assert not hostile.fault(
        place, Answer(422, "<div role='alert'>The file is empty: choose another.</div>"), 0.1
    )
    assert hostile.fault(place, Answer(200, ""), 16)
