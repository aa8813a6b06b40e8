"""Sixty people open the same page in the same second, or sixty strangers knock: all are answered, soon."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice

import pytest

from merzim.clock import parse_moment
from merzim.metronome import tick
from merzim.services.app import AppContext
from tests.postgres import administer
from tests.web.conftest import account
from tests.web.offices import DAY, ROOT, installed
from tests.web.serving import Answer, get, served_on_a_port

CROWD = 60
SOON = 5.0
"""Seconds within which everybody is answered, and a round has ended."""
AT_ONCE = 2.5
"""Seconds within which `/health` is answered: one, and more where the sixty share its process."""
MOMENT = parse_moment(DAY)


@dataclass(frozen=True, kw_only=True)
class Office:
    """An office served on a port. `cookie`: of its officer."""

    app: AppContext
    port: int
    cookie: str

    def ask_at_once(self, *requests: tuple[str, dict[str, str]]) -> list[Answer]:
        """Ask for these paths with these headers by turns, sixty in all; return the answers.

        Meanwhile `/health` is asked, and a round is run."""
        with ThreadPoolExecutor(CROWD + 1) as crowd:
            asked = [
                crowd.submit(get, self.port, path, headers, timeout=2 * SOON)
                for path, headers in islice(cycle(requests), CROWD)
            ]
            round_ = crowd.submit(tick, self.app, lambda: MOMENT)
            health = [get(self.port, "/health", {}, timeout=SOON) for _ in range(5)]
            answers = [one.result() for one in asked]
            round_.result(SOON)
        assert {answer.status for answer in health} == {200}
        assert max(answer.seconds for answer in health) < AT_ONCE
        assert len(answers) == CROWD
        assert max(answer.seconds for answer in answers) < SOON
        return answers


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The example office with its schedule, as `merzim serve` serves it."""
    folder = tmp_path_factory.mktemp("office")
    url = f"sqlite:///{folder / 'merzim.sqlite'}"
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgresql")
        administer(server, "CREATE DATABASE sixty TEMPLATE pattern STRATEGY file_copy")
        url = server.format(name="sixty")
    (folder / "config.toml").write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")
    made = installed(folder)
    made.run("people", str(ROOT / "examples" / "people.csv"))
    made.run("import", str(ROOT / "examples" / "real_schedule_2026_ru.xlsx"))
    account(made, "officer", "officer")
    cookie = made.way_in("officer")
    with served_on_a_port(made.context, MOMENT) as port:
        served = Office(app=made.context, port=port, cookie=f"__Host-merzim={cookie}")
        assert get(port, "/", {"cookie": served.cookie}).status == 200
        yield served


def test_sixty_people_are_answered_within_five_seconds(office: Office) -> None:
    """None keeps a connection while it waits for a thread."""
    answers = office.ask_at_once(("/", {"cookie": office.cookie}))

    assert {answer.status for answer in answers} == {200}


def test_whatever_sixty_ask_for_they_are_answered_within_five_seconds(office: Office) -> None:
    """Data, files and refusals."""
    headers = {"cookie": office.cookie}
    answers = office.ask_at_once(
        ("/api/v1/cases", headers), ("/cases/2026-0001/xlsx", headers), ("/cases/unknown", headers)
    )

    assert [answer.status for answer in answers] == [200, 200, 404] * (CROWD // 3)


def test_sixty_strangers_are_sent_away_within_five_seconds(office: Office) -> None:
    """With a wrong token, to a page and to the API."""
    headers = {"authorization": "Bearer wrong"}
    answers = office.ask_at_once(("/", headers), ("/api/v1/cases", headers))

    assert [answer.status for answer in answers] == [303, 401] * (CROWD // 2)
