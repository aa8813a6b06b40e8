"""Daily planning and the pages under `merzim serve`."""

from __future__ import annotations

import signal
import socket
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.base import STATE_STOPPED
from croniter import croniter

from merzim import metronome as daily
from merzim.app import build_app
from merzim.clock import clock
from merzim.services.jobs import queue
from merzim.settings_file import read
from tests.merzim.conftest import Merzim
from tests.notifications.servers import free_port
from tests.processes import Program


def _letters(folder: Path) -> list[Path]:
    return sorted((folder / "var" / "letters").glob("*.eml"))


def test_a_tick_is_one_round_and_one_delivery(office: Merzim, tmp_path: Path) -> None:
    """On the day the order is due each person gets one letter; a second tick adds none."""
    app = build_app(read(at=tmp_path))
    for _ in range(3):
        daily.tick(app, clock("2026-04-06"))
    app.close()

    notices = office("notices", "--json").json["notices"]
    assert {notice["state"] for notice in notices} == {"sent"}
    assert len(_letters(tmp_path)) == len({notice["person"] for notice in notices}) > 0


def test_a_tick_that_fails_is_logged_and_the_next_goes_on(
    office: Merzim, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away for a minute must not end the metronome."""
    app = build_app(read(at=tmp_path))
    with monkeypatch.context() as broken:
        broken.setattr("merzim.services.jobs.rounds.run_round", lambda *a, **k: 1 / 0)
        daily.tick(app, clock("2026-04-06"))
    daily.tick(app, clock("2026-04-06"))
    app.close()

    assert "ZeroDivisionError" in caplog.text
    assert _letters(tmp_path)


def test_the_metronome_ticks_at_once_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first tick does not wait a minute, and is not the last."""
    (tmp_path / "config.toml").write_text("[reminders]\ntick = 4\n", encoding="utf-8")
    app = build_app(read(at=tmp_path))
    ticks: list[float] = []
    enough = threading.Event()

    def count(*_: object) -> None:
        ticks.append(time.monotonic())
        if len(ticks) == 2:
            enough.set()

    monkeypatch.setattr(daily, "tick", count)
    began = time.monotonic()
    with daily.ticking(app, clock("2026-04-06")):
        assert enough.wait(60)

    assert ticks[0] - began < 3.8


def test_a_stop_while_the_first_tick_is_handed_out_ends_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler's thread finds itself stopped before it has put away the job it hands out."""
    app = build_app(read(at=tmp_path))
    handing, errors, submit = threading.Event(), list[object](), ThreadPoolExecutor.submit_job

    def hand_out(executor: Any, job: object, moments: object) -> None:
        submit(executor, job, moments)
        handing.set()
        give_up = time.monotonic() + 120
        while executor._scheduler.state != STATE_STOPPED:
            assert time.monotonic() < give_up
            time.sleep(0.001)

    monkeypatch.setattr(ThreadPoolExecutor, "submit_job", hand_out)
    monkeypatch.setattr(threading, "excepthook", errors.append)
    monkeypatch.setattr(daily, "tick", lambda *_: None)
    with daily.ticking(app, clock("2026-04-06")):
        assert handing.wait(120)

    assert errors == []


def test_a_stop_before_the_pages_answer_closes_what_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM while the server is being made: the process does not die of it, the metronome has ended."""
    (tmp_path / "config.toml").write_text(f"[web]\nport = {free_port()}\n", encoding="utf-8")
    app, before, messages = build_app(read(at=tmp_path)), signal.getsignal(signal.SIGTERM), list[str]()
    monkeypatch.setattr(daily, "_serve_until_stopped", lambda *_, **__: signal.raise_signal(signal.SIGTERM))
    monkeypatch.setattr(daily.logs, "set_up", lambda *_, **__: None)

    def say(code: str, **_: object) -> str:
        return code

    try:
        daily.serve(app, clock("2026-04-06"), tell=messages.append, say=say, say_in_each=say)
    finally:
        signal.signal(signal.SIGTERM, before)
        app.close()

    assert "cli.serving" in messages
    assert app.process.stopping.is_set()


def test_the_worker_ticks_without_pages_and_ends_when_told(office: Merzim, tmp_path: Path) -> None:
    """The round alone, for a machine that shows nothing."""
    worker = Program("worker", folder=tmp_path, MERZIM_NOW="2026-04-06")
    try:
        give_up = time.monotonic() + 60
        while not _letters(tmp_path) and time.monotonic() < give_up:
            time.sleep(0.1)
    finally:
        code = worker.end()

    assert _letters(tmp_path)
    assert code == 0
    assert "Traceback" not in worker.err


def test_a_port_that_is_taken_is_one_sentence(merzim: Merzim, tmp_path: Path) -> None:
    """Not a stack of uvicorn's."""
    with socket.socket() as busy_socket:
        busy_socket.bind(("127.0.0.1", 0))
        busy_socket.listen()
        port = busy_socket.getsockname()[1]
        (tmp_path / "config.toml").write_text(f"[web]\nport = {port}\n", encoding="utf-8")
        result = merzim("serve")

    assert result.code == 2
    assert result.err.count("\n") == 1
    assert str(port) in result.err


DAY = 86_400
BEGIN = 1_775_001_600  # 2026-04-01T00:00:00Z


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (60, "*/1 * * * *"),
        (300, "*/5 * * * *"),
        (3600, "0 */1 * * *"),
        (7200, "0 */2 * * *"),
        (DAY, "0 0 * * *"),
        (10 * DAY, "0 0 * * *"),  # nobody would miss a round due every ten days
    ],
)
def test_an_interval_cron_knows_is_kept(seconds: int, line: str) -> None:
    """An hour is an hour; "*/59" would be due twice within a minute, at 59 and at 0."""
    assert queue.cron_line(seconds) == line


@pytest.mark.parametrize(
    "seconds", [1, 7, 30, 45, 59, 60, 90, 300, 420, 3540, 3599, 3600, 3601, 5400, 18_000, DAY - 1, DAY]
)
def test_ticks_are_evenly_apart_and_never_longer_than_asked(seconds: int) -> None:
    """Over two days, past the end of each minute, hour and day."""
    line = croniter(queue.cron_line(seconds), BEGIN - 1)
    ticks = [BEGIN]
    while ticks[-1] < BEGIN + min(2 * DAY, 400 * seconds):
        ticks.append(int(line.get_next(float)))
    apart = {later - earlier for earlier, later in pairwise(ticks[1:])}

    assert len(apart) == 1
    assert seconds / 2 < apart.pop() <= seconds
