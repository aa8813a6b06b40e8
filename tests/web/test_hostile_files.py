"""Malicious files at the addresses that take one, and good ones at each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from merzim.documents import child
from tests.documents.sheets import REAL, zipped
from tests.shortcuts import SECONDS
from tests.web import hostile_files as hostile
from tests.web.hostile_files import Hostile, Place
from tests.web.real import ROOT, RealOffice, real_office

KINDS = hostile.kinds()
PLACES = hostile.places()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with (
        real_office(tmp_path_factory.mktemp("office")) as started_office,
        pytest.MonkeyPatch.context() as patched,
    ):
        hostile.prepare(started_office)
        patched.setattr(child, "SECONDS", SECONDS)
        yield started_office


def test_every_hostile_file_is_taken_or_refused_by_a_sentence(
    office: RealOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each at one address, by turns: no 5xx, no traceback, nothing kept of what is refused."""
    wrong = []
    for number, (kind, make) in enumerate(KINDS.items()):
        place = PLACES[number * 7 % len(PLACES)]
        monkeypatch.setattr(child, "SECONDS", SECONDS if kind != hostile.ENDLESS else 2)
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
