"""Letters on extensions and pauses: to the recipients of the old date, with the decision."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from merzim.storage.database.engine import writing
from notifications.bot import buttons
from notifications.notice import Notice
from notifications.wire.telegram import reference
from tests.law import CALENDAR
from tests.notifications.sample_office import AIGUL, Shelf, Town, noon
from tests.notifications.test_moves import told
from tests.permits import library
from workflow.cases.commands.extensions import extend, pause, resume
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.withdrawals import withdraw

GROUND = "Мұрағаттан анықтама керек"
RECEIVED, TOLD, DECIDED = date(2026, 9, 1), date(2026, 9, 14), date(2026, 9, 18)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path, library=library())


def test_an_extension_is_told_with_both_days_and_the_decision(town: Town) -> None:
    """Told of 22 September, then of 22 October, and that the applicant is to be told by 23 September."""
    opening = Opening(procedure="citizen-appeal", unit="staff", facts={"appeal_received": RECEIVED})
    case = town.case_commands.open(opening, by="А", now=noon(RECEIVED), today=RECEIVED)
    shelf = Shelf()
    assert told(town, shelf, date(2026, 9, 15)) != []

    extend(
        town.case_commands,
        case.id,
        "appeal_answered",
        by_count=1,
        to=None,
        ground=GROUND,
        decided_by="head",
        on=DECIDED,
        by="Айгүл",
        now=noon(DECIDED),
        today=DECIDED,
    )
    told(town, shelf, DECIDED)

    letter = next(parcel.letter for parcel in shelf.kept if "изменился" in parcel.letter.subject)
    assert letter.subject == "Срок изменился: ответ заявителю – 22 октября (было 22 сентября)"
    assert f"Срок продлён: Ответ заявителю, решение от 18 сентября 2026 года (Айгүл). Основание: {GROUND}." in (
        letter.text
    )


def test_a_pause_is_told_as_a_pause_and_its_end_with_the_new_day(town: Town) -> None:
    """Nobody reads that it is no longer required; when the clock runs again the new day is told. Both letters
    name who decided and the document."""
    opening = Opening(procedure="permit", unit="staff", facts={"received": RECEIVED})
    case = town.case_commands.open(opening, by="А", now=noon(RECEIVED), today=RECEIVED)
    shelf = Shelf()
    assert told(town, shelf, TOLD) != []

    stamp = {"by": "Айгүл", "now": noon(TOLD), "today": TOLD}
    decision = {"decided_by": "head", "document": "№ 7"}
    pause(town.case_commands, case.id, ground=GROUND, on=TOLD, **decision, **stamp)  # type: ignore[arg-type]
    subjects = told(town, shelf, date(2026, 9, 15))

    assert subjects == ["Мерзімнің өтуі тоқтатыла тұрды: decided (мерзімі 15 қыркүйек еді)"]
    assert (
        f"Іс тоқтатыла тұрды: 2026 жылғы 14 қыркүйек (Айгүл). Негіздеме: {GROUND}. Тоқтата тұру туралы шешімді "
        "қабылдаған – бірінші басшы. Тоқтата тұру туралы құжат: № 7." in shelf.kept[-1].letter.text
    )
    assert told(town, shelf, date(2026, 9, 16)) == []

    later = date(2026, 9, 21)
    stamp = {"by": "Айгүл", "now": noon(later), "today": later}
    decision = {"decided_by": "head", "document": "№ 9"}
    resume(town.case_commands, case.id, ground=GROUND, on=later, **decision, **stamp)  # type: ignore[arg-type]
    subjects = told(town, shelf, later)

    assert any("22 қыркүйек (бұрын 15 қыркүйек)" in subject for subject in subjects)
    assert any("Қайта бастау туралы құжат: № 9." in parcel.letter.text for parcel in shelf.kept)


def test_a_pause_withdrawn_is_told_to_who_was_told_of_it(town: Town) -> None:
    """The earlier date holds again; the mistaken extension moved nothing."""
    opening = Opening(procedure="permit", unit="staff", facts={"received": RECEIVED})
    case = town.case_commands.open(opening, by="А", now=noon(RECEIVED), today=RECEIVED)
    shelf = Shelf()
    told(town, shelf, TOLD)
    stamp = {"by": "Айгүл", "now": noon(TOLD), "today": TOLD}
    pause(town.case_commands, case.id, ground=GROUND, on=TOLD, decided_by="head", **stamp)  # type: ignore[arg-type]
    told(town, shelf, TOLD)
    withdraw(town.case_commands, case.id, "pause", ground="қате", **stamp)  # type: ignore[arg-type]
    told(town, shelf, TOLD)

    (letter,) = [parcel.letter for parcel in shelf.kept if "қайта күшінде" in parcel.letter.subject]
    assert letter.subject == "Мерзім қайта күшінде: decided – 15 қыркүйек"
    assert "Жазбаның күші жойылды: тоқтата тұру (Айгүл). Негіздеме: қате." in letter.text


def test_a_case_reopened_is_told_to_who_was_told_that_nothing_is_required(town: Town) -> None:
    """Cancelled they read that it is no longer required; taken up again, that the same day holds."""
    opening = Opening(procedure="permit", unit="staff", facts={"received": RECEIVED})
    case = town.case_commands.open(opening, by="А", now=noon(RECEIVED), today=RECEIVED)
    shelf = Shelf()
    told(town, shelf, TOLD)
    stamp = {"by": "Айгүл", "now": noon(TOLD), "today": TOLD}
    town.case_commands.cancel(case.id, ground="тоқтатылды", **stamp)  # type: ignore[arg-type]
    told(town, shelf, TOLD)
    town.case_commands.reopen(case.id, ground="қайта ашылды", **stamp)  # type: ignore[arg-type]
    told(town, shelf, TOLD)

    cancelled, reopened = (parcel.letter.text for parcel in shelf.kept[-2:])
    assert f"Decided ({case.id}): енді талап етілмейді, мерзімі 2026 жылғы 15 қыркүйек еді" in cancelled
    assert f"Decided ({case.id}): 2026 жылғы 15 қыркүйек, мерзімі қайта күшінде" in reopened


def test_the_bot_links_to_the_forms_of_what_is_decided_on_the_page_alone(town: Town) -> None:
    """Open the case: an extension where the act allows one, a pause until there is one, then the resumption."""
    app = SimpleNamespace(
        case_commands=town.case_commands,
        outbox=town.outbox,
        rules=town.rules,
        library=library(),
        calendar=CALENDAR,
    )
    stamp = {"by": "Айгүл", "now": noon(TOLD), "today": TOLD}

    def shown(procedure: str, fact: str, obligation: str, *, stop: bool = False) -> list[str]:
        opening = Opening(procedure=procedure, unit="staff", facts={fact: RECEIVED})
        case = town.case_commands.open(opening, **stamp).id  # type: ignore[arg-type]
        if stop:
            pause(town.case_commands, case, ground=GROUND, on=TOLD, **stamp)  # type: ignore[arg-type]
        row = town.case_commands.view(case, today=TOLD).case
        letter = Notice(
            key=f"{row.id}:{obligation}",
            case=row.id,
            obligation=obligation,
            due=TOLD,
            rung="0",
            person=AIGUL.key,
            channel="telegram",
            address="1",
            language="ru",
            queued_at=noon(TOLD),
            not_before=noon(TOLD),
        )
        with writing(town.engine) as connection:
            town.outbox.queue(connection, [letter])
        office = town.outbox.office()
        pressed = buttons.handle_button(
            app, office, AIGUL, "o", reference(letter.key), "ru", now=noon(TOLD), today=TOLD
        )
        return [line.rpartition("/")[2] for line in pressed.replies[0].text.split("\n\n") if "/cases/" in line]

    appeal = shown("citizen-appeal", "appeal_received", "appeal_answered")
    permit = shown("permit", "received", "decided")
    stopped = shown("permit", "received", "decided", stop=True)

    assert [[link.partition("#")[2] for link in links] for links in (appeal, permit, stopped)] == [
        ["", "extend"],
        ["", "pause"],
        ["", "resume"],
    ]
