"""Health and readiness probes on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.clock import clock
from merzim.metronome import Dashboard
from merzim.services.app import AppContext
from merzim.services.jobs.rounds import run_round
from merzim.settings_file import read
from merzim.storage.notices.delivery_state import record_run
from merzim.storage.refusals import StorageUnavailable
from merzim.version import commit_of, running
from tests.web.offices import Site
from tests.web.serving import browser_of
from workflow.moments import Moment

MOMENT = clock("2026-04-06")()


@pytest.fixture
def office_app(tmp_path: Path) -> Iterator[AppContext]:
    """An office that has played a round."""
    context = build_app(read(at=tmp_path))
    run_round(context, at=MOMENT)
    yield context
    context.close()


def browser(context: AppContext, moment: Moment = MOMENT) -> TestClient:
    return browser_of(Dashboard(context, lambda: moment), scheme="http")


def execute(context: AppContext, statement: str) -> None:
    with context.engine.begin() as connection:
        connection.execute(text(statement))


def gone(context: AppContext) -> None:
    """The disk holds something else than the database."""
    context.engine.dispose()
    for file in Path(context.engine.url.database).parent.glob("merzim.sqlite*"):
        file.write_bytes(b"x" * 8192)


def test_an_office_that_works_is_ready(office_app: AppContext) -> None:
    """And says when the last round was."""
    answer = browser(office_app).get("/ready")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "database": "ok",
        "tables": "current",
        "round": {"last": "2026-04-06T07:00:00Z", "age_seconds": 0, "late": False},
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (gone, {"database": "unreachable", "tables": "unknown"}),
        (
            lambda context: execute(context, "UPDATE alembic_version SET version_num = '0013'"),
            {"database": "ok", "tables": "not_ours"},
        ),
    ],
)
def test_what_keeps_it_from_working_is_named(
    office_app: AppContext, happens: Callable[[AppContext], None], said: dict[str, str]
) -> None:
    """503, so that requests go elsewhere; the process stays alive and is not restarted."""
    pages = browser(office_app)
    happens(office_app)

    answer = pages.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert {name: answer.json()[name] for name in said} == said
    alive = pages.get("/health").json()
    assert (
        alive
        == pages.get("/healthz").json()
        == {"status": "ok", "version": running(), "commit": commit_of(running())}
    )


def test_a_late_round_takes_no_pages_away_unless_it_is_asked_about(office_app: AppContext) -> None:
    """A dead worker must not empty the balancer; worker monitoring uses `round`."""
    later = Moment(now=MOMENT.now + timedelta(minutes=11), today=MOMENT.today)
    pages = browser(office_app, later)

    plain = pages.get("/ready")
    assert (plain.status_code, plain.json()["round"]["late"]) == (200, True)
    assert pages.get("/ready?round=600").status_code == 503
    assert pages.get("/ready?round=700").status_code == 200
    assert pages.get("/ready?round=soon").status_code == 422

    record_run(office_app.engine, "round", now=later.now, seconds=0.1)
    assert pages.get("/ready?round=600").status_code == 200


def test_a_database_that_goes_while_a_page_is_made_is_said_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reader is known by then, and the page of the error asks the database nothing about them."""

    def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("unreachable", where="merzim.sqlite")

    browser = site.client("officer", raise_server_exceptions=False)
    for name in ("pages.search.find_sections", "ui.render.acts_here"):
        monkeypatch.setattr(f"merzim.web.{name}", away)
    answer = browser.get("/help?lang=en")

    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "30")
    assert "is not responding" in answer.text


@pytest.mark.parametrize(
    ("path", "language", "word"),
    [
        ("/cases", "kk", "жауап бермейді"),
        ("/login", "ru", "не отвечает"),
        ("/api/v1/cases", "en", "is not responding"),
    ],
)
def test_a_database_that_is_away_is_said_to_the_reader(
    office_app: AppContext, path: str, language: str, word: str
) -> None:
    """503 in the reader's language, without an address, and to be tried again; never a broken page."""
    pages = browser(office_app)
    pages.cookies.set("__Host-merzim", "x" * 43, domain="127.0.0.1")
    gone(office_app)

    headers = {"authorization": "Bearer " + "x" * 43, "accept-language": language}
    answer = pages.get(path, headers=headers)

    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"] == "30"
    assert word in answer.text
    assert "sqlite" not in answer.text
