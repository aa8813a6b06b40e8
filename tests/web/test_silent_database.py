"""A PostgreSQL server that stops answering under the pages: fast errors, automatic recovery."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from merzim.app import build_app
from merzim.clock import stand
from merzim.services.configuration.settings import DatabaseSettings
from merzim.services.jobs.rounds import remind
from merzim.settings_file import read
from tests.forwarder import Forwarder, forwarding
from tests.web.real import DAY, RealOffice
from tests.web.serving import Answer, get, served_on_a_port
from workflow.org.access import Reader

pytestmark = pytest.mark.postgresql
SOON = 5.0
"""Seconds within which every page says that the database does not answer, at the longest."""
AT_ONCE = 2.5
"""Seconds of an answer nobody had to wait for."""


@dataclass(frozen=True)
class Served:
    """An office on a database behind a forwarder, served on a port."""

    forwarder: Forwarder
    port: int
    cookie: str
    token: str

    def get(self, path: str, language: str = "en") -> Answer:
        """Ask as the officer does, on a connection of its own."""
        headers = {"cookie": f"__Host-merzim={self.cookie}", "accept-language": language}
        if path.startswith("/api/"):
            headers = {"authorization": f"Bearer {self.token}", "accept-language": language}
        return get(self.port, path, headers)


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    """The pages as `merzim serve` makes them, with short limits."""
    local = make_url(database)
    with forwarding(next(Path(str(local.query["host"])).glob(".s.PGSQL.*[0-9]"))) as forwarder:
        address = local.set(host="127.0.0.1", port=forwarder.port).difference_update_query(["host", "port"])
        (tmp_path / "config.toml").write_text(
            f'[database]\nurl = "{address.render_as_string(hide_password=False)}"\nanswer_within = 2\n',
            encoding="utf-8",
        )
        settings = read(tmp_path / "config.toml", at=tmp_path)
        moment = stand(DAY)
        # Made ready without the short limits: a busy machine may need longer than they give.
        ready = build_app(replace(settings, database=DatabaseSettings(url=database)))
        office = RealOffice(folder=tmp_path, app=ready, pages=None, moment=[moment])
        reader = Reader(login="officer", access="officer")
        ready.accounts.save(reader, disabled=False, by="a", now=moment.now, today=moment.today)
        remind(ready, now=moment.now, today=moment.today)
        cookie, token = office.way_in("officer"), office.way_in("officer", kind="token", scope="read")
        ready.close()
        context = build_app(settings)
        with served_on_a_port(context, moment) as port:
            service = Served(forwarder, port, cookie, token)
            assert service.get("/").status == 200
            yield service
        context.close()


SAID = {
    "kk": "Дерекқор қазір жауап бермейді.",
    "ru": "База данных сейчас не отвечает.",
    "en": "The database is not responding at the moment.",
}


def test_every_page_says_so_in_the_reader_s_language_and_comes_back(served: Served) -> None:
    """Within five seconds the first, at once the others; nobody has to start anything again."""
    served.forwarder.fall_silent()
    first = served.get("/", "kk")
    other_answers = [served.get("/cases", "ru"), served.get("/desk", "en"), served.get("/api/v1/cases", "en")]
    served.forwarder.speak()

    assert (first.status, first.headers["retry-after"]) == (503, "30")
    assert SAID["kk"] in first.text
    assert first.seconds < SOON
    for answer, language in zip(other_answers, ("ru", "en", "en"), strict=True):
        assert answer.status == 503
        assert SAID[language] in answer.text
        assert answer.seconds < SOON
    assert json.loads(other_answers[-1].text)["status"] == 503
    began = time.monotonic()
    while served.get("/").status != 200:
        assert time.monotonic() < began + 15
        time.sleep(0.1)
    assert served.get("/ready").status == 200


def test_readiness_is_refused_soon_and_health_never(served: Served) -> None:
    """While more requests than there are threads wait for the database."""
    served.forwarder.fall_silent()
    with ThreadPoolExecutor(80) as crowd:
        waiting = [crowd.submit(served.get, "/cases") for _ in range(80)]
        time.sleep(0.1)
        health, ready = served.get("/health"), served.get("/ready")
        answers = [future.result() for future in waiting]
    second_answer = served.get("/ready")
    served.forwarder.speak()

    assert (health.status, json.loads(health.text)["status"]) == (200, "ok")
    assert health.seconds < AT_ONCE
    assert (ready.status, json.loads(ready.text)["database"]) == (503, "unreachable")
    assert ready.seconds < SOON
    assert second_answer.status == 503
    assert {answer.status for answer in answers} == {503}
    assert max(answer.seconds for answer in answers) < SOON + 1
