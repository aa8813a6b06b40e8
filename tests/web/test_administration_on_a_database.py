"""Administration on a real database: every change is a verifiable event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.context import operator_context
from merzim.services.moments import Moment
from merzim.services.people.pending_duties import pending_duties
from merzim.settings_file import read
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.verify import verify
from merzim.storage.org.chain import IN_ORDER
from merzim.storage.org.staff import SqlStaff
from merzim.web.app import create_app
from tests.web.offices import office
from workflow.cases.commands.opening import Opening
from workflow.org.access import Reader
from workflow.refusal import Refusal

NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
TODAY = date(2026, 4, 6)
HAND = {"by": "test", "now": NOW, "today": TODAY}


@pytest.fixture
def office_app(tmp_path: Path) -> Iterator[AppContext]:
    """An office whose config.toml names a folder for letters, with people, one case and an administrator."""
    (tmp_path / "config.toml").write_text(
        '[office]\nname = "Министрлік"\nname_ru = "Министерство"\n'
        '[channels.folder]\npath = "letters"\nsender = "m@org.kz"\n',
        encoding="utf-8",
    )
    context = build_app(read(tmp_path / "config.toml", at=tmp_path))
    SqlStaff(context.engine).take_in(list(office().units.values()), list(office().people.values()), **HAND)  # type: ignore[arg-type]
    context.accounts.save(Reader(login="admin", access="administrator"), disabled=False, **HAND)  # type: ignore[arg-type]
    context.case_commands.open(
        Opening(
            procedure="internal-analysis",
            unit="hr",
            object="Персоналды басқару департаменті",
            planned={"analysis_started": date(2026, 4, 8), "analysis_ended": date(2026, 5, 12)},
        ),
        **HAND,  # type: ignore[arg-type]
    )
    yield context
    context.close()


@pytest.fixture
def admin(office_app: AppContext) -> Iterator[TestClient]:
    app = create_app(office_app, lambda: Moment(now=NOW, today=TODAY, demonstration=True))
    with TestClient(
        app, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=False
    ) as client:
        client.post("/login/demonstration", data={"login": "admin"})
        yield client


def said(context: AppContext) -> list[tuple[str, str, str]]:
    """Kind, name and author of every line of the office's chain."""
    with reading(context.engine) as connection:
        return [(record.kind, record.name, record.by) for record in connection.execute(IN_ORDER)]


def test_a_page_bears_the_organisation_s_name_in_its_language(admin: TestClient) -> None:
    """By config.toml; the main name where it has none in the language."""
    heads = {language: admin.get(f"/administration?lang={language}").text for language in ("kk", "ru", "en")}

    for language, name in (("kk", "Министрлік"), ("ru", "Министерство"), ("en", "Министрлік")):
        assert f'<span class="brand-tag" title="{name}">{name}</span>' in heads[language]


def test_what_an_administrator_does_stands_in_the_office_s_chain(
    office_app: AppContext, admin: TestClient
) -> None:
    """Their log-in, a person, a unit, an account, a feed; and the chain holds."""
    admin.post("/administration/unit", data={"name": "Архив", "parent": "head"})
    admin.post(
        "/administration/person",
        data={"name": "Сапар", "unit": "Архив", "email": "s@org.kz", "digest": "weekly"},
    )
    admin.post(
        "/administration/accounts", data={"login": "sapar", "access": "responsible", "person": "s@org.kz"}
    )
    admin.post("/administration/unit/feed", data={"id": "Архив"})
    mine = [(kind, name) for kind, name, by in said(office_app) if by == "admin"]
    stored_person = office_app.reads.office().people["s@org.kz"]

    assert mine == [
        ("session_given", "admin"),
        ("unit_saved", "Архив"),
        ("person_saved", "s@org.kz"),
        ("account_opened", "sapar"),
        ("invitation_given", "sapar"),
        ("feed_given", ""),
    ]
    assert stored_person.digest == "weekly"
    assert verify(office_app.engine) == ()


def test_a_table_is_an_event_for_each_line_that_changes(office_app: AppContext) -> None:
    """And none for those that stay."""
    before = len(said(office_app))
    people = list(office_app.reads.office().people.values())
    SqlStaff(office_app.engine).take_in([], people, **HAND)  # type: ignore[arg-type]

    assert len(said(office_app)) == before
    assert sum(kind == "person_saved" for kind, _, _ in said(office_app)) == len(people)


def test_of_two_writers_the_second_is_refused_by_the_database_too(office_app: AppContext) -> None:
    """Though both read the same."""
    staff = SqlStaff(office_app.engine)
    was = office_app.reads.office().people["a@org.kz"]
    staff.keep_person(replace(was, post="бірінші"), was=was, **HAND)  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="office_changed_meanwhile"):
        staff.keep_person(replace(was, post="екінші"), was=was, **HAND)  # type: ignore[arg-type]
    assert office_app.reads.office().people["a@org.kz"].post == "бірінші"


def test_before_somebody_goes_it_is_said_what_falls_to_whom(office_app: AppContext, admin: TestClient) -> None:
    """What the authorised person does falls to the one of another unit; what the head does to nobody."""
    ctx = operator_context(office_app, **HAND)  # type: ignore[arg-type]
    authorised, head = (pending_duties(ctx, "a@org.kz"), pending_duties(ctx, "b@org.kz"))
    page = admin.get("/administration/person?key=b@org.kz&lang=ru").text

    assert {tuple(person.name for person in duty.to) for duty in authorised} == {("Өтегенов Ерлан",)}
    assert head
    assert all(duty.to == () for duty in head)
    assert "никому" in page
    assert all(duty.title is not None and duty.title.ru in page for duty in head)
    assert not pending_duties(ctx, "c@org.kz")


def test_a_test_letter_really_goes(office_app: AppContext, admin: TestClient) -> None:
    answer = admin.post("/administration/channels?lang=ru", data={"channel": "folder", "email": "x@org.kz"})
    (letter,) = (office_app.settings.file.parent / "letters").glob("*.eml")  # type: ignore[union-attr]

    assert letter.name in answer.text
    assert b"x@org.kz" in letter.read_bytes()


def test_an_own_file_that_cannot_be_used_is_named_on_the_page(office_app: AppContext, tmp_path: Path) -> None:
    """The office goes on; the administrator reads which file it is and what is wrong with it."""
    (tmp_path / "broken.2026-01-01.toml").write_text('id = "broken"\n[[stage]\n', encoding="utf-8")
    regulations = office_app.settings.regulations.model_copy(update={"folder": tmp_path})
    other = AppContext(
        office_app.settings.model_copy(update={"regulations": regulations}),
        clock=lambda: NOW,
        system_clock=lambda: Moment(now=NOW, today=TODAY, demonstration=True),
        note=lambda code, **arguments: None,
    )
    app = create_app(other, lambda: Moment(now=NOW, today=TODAY, demonstration=True))
    with TestClient(
        app, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=False
    ) as client:
        client.post("/login/demonstration", data={"login": "admin"})
        page = client.get("/administration")
    other.close()

    assert page.status_code == 200
    assert "broken.2026-01-01.toml файлы пайдаланылмайды, қалғандары жұмыс істейді." in page.text
