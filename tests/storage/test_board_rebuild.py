"""Board rebuild after a new version: automatic, once, by one node, never partial."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, text

from merzim.app import build_app
from merzim.clock import read
from merzim.services.app import AppContext
from merzim.services.configuration.settings import DatabaseSettings, Settings
from merzim.services.moments import Moment
from merzim.services.upkeep import maintenance
from merzim.storage.database.leases import SqlLeases
from merzim.storage.maintenance import after_migration as upkeep
from merzim.storage.maintenance.after_migration import behind
from merzim.storage.maintenance.schema import BOARD as BOARD_OF
from merzim.storage.maintenance.schema import MIGRATIONS
from merzim.storage.maintenance.verify import verify
from merzim.storage.queries import SqlReads
from tests.case_rows import FoundRisk, RiskCommands
from tests.storage.sample_cases import NOW, TODAY, case_commands, opened
from tests.storage.test_verify import by_hand
from tests.storage.versions import back_to_0_1_0
from workflow.cases.registers.risk_lists import RecommendationFilter

BOARD = text('SELECT obligation, duty, waiting_for, counts_until FROM deadline ORDER BY "case", obligation')


UNLIST = "INSERT INTO unlisted SELECT DISTINCT \"case\" FROM event WHERE kind = 'risk_found'"


class Heard(list[str]):
    """Messages of a start."""

    def __call__(self, code: str, **arguments: object) -> None:
        self.append(code)


@pytest.fixture
def old(engine: Engine) -> tuple[Engine, list[object]]:
    """A database with three cases as the version before its newest columns left it, and what the board said."""
    for n in range(3):
        opened(engine, object=f"Объект {n}")
    stood = board(engine)
    back_to_0_1_0(engine)
    engine.dispose()
    return engine, stood


def board(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(map(tuple, connection.execute(BOARD)))


def app(engine: Engine, heard: Heard) -> AppContext:
    address = engine.url.set(drivername=engine.url.get_backend_name()).render_as_string(hide_password=False)
    moment = Moment(now=NOW, today=TODAY)
    return build_app(Settings(database=DatabaseSettings(url=address)), clock=lambda: moment, note=heard)


def test_the_first_start_writes_the_board_anew(old: tuple[Engine, list[object]]) -> None:
    """Each row names its assignee again without `merzim rebuild`; the next start has nothing to do."""
    engine, stood = old
    heard = Heard()
    for _ in range(2):
        started = app(engine, heard)
        assert maintenance.verify(started, now=NOW, today=TODAY) == ()
        started.close()

    assert board(engine) == stood
    assert any(row[1] for row in stood)  # type: ignore[index]
    assert heard == ["cli.board_behind"]


def test_the_first_start_lists_the_recommendations(engine: Engine) -> None:
    """What another version left unlisted, and the words of the search: it says so, once."""
    heard = Heard()
    for _ in range(2):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM recommendation"))
            connection.execute(text(UNLIST))
        back_to_0_1_0(engine)
        with engine.begin() as connection:
            connection.execute(text("UPDATE installation SET board = :newest"), {"newest": BOARD_OF})
        app(engine, heard).engine.dispose()
        case = opened(engine).id
        lines = [FoundRisk(description="Тәуекел")]
        RiskCommands(case_commands(engine)).take_in(case, lines, on=TODAY, by="Айгүл", now=NOW, today=TODAY)
    assert heard == ["cli.recommendations_behind", "cli.search_behind"]
    assert len(SqlReads(engine).recommended(RecommendationFilter(), TODAY)) == 2


def test_of_nodes_that_start_at_once_one_writes_it_and_the_others_wait(
    old: tuple[Engine, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finds it whole when its own start is through."""
    monkeypatch.setattr(upkeep, "_LOOK", 0.02)
    engine, stood = old
    heard, boards = Heard(), []

    def start() -> None:
        node = app(engine, heard)
        boards.append(board(node.engine))
        node.close()

    nodes = [Thread(target=start) for _ in range(4)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()

    assert boards == [stood] * 4
    assert heard == ["cli.board_behind"]


def test_a_node_that_died_at_it_is_followed_by_another(
    old: tuple[Engine, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease runs out; until then it might be alive."""
    monkeypatch.setattr(upkeep, "_LOOK", 0.02)
    engine, stood = old
    heard = Heard()
    with monkeypatch.context() as killed:
        killed.setattr("merzim.storage.maintenance.verify.rebuild", _killed)
        killed.setattr(SqlLeases, "give_back", lambda *_: None)
        killed.setattr(upkeep, "LASTS", timedelta(seconds=1))
        dying = app(engine, heard)
        with pytest.raises(KeyboardInterrupt):
            _ = dying.engine
        dying.close()
    assert behind(engine)

    following = app(engine, heard)
    _ = following.engine
    following.close()

    assert not behind(engine)
    assert board(engine) == stood


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_broken_case_keeps_nobody_from_starting(old: tuple[Engine, list[object]]) -> None:
    """The others are written, the start says which was left, and `verify` goes on naming it."""
    engine, _ = old
    with by_hand(engine) as connection:
        connection.execute(
            text("DELETE FROM event WHERE \"case\" = '2026-0002' AND seq = (SELECT max(seq) FROM event)")
        )
    heard = Heard()
    started = app(engine, heard)

    problems = maintenance.verify(started, now=NOW, today=TODAY)

    assert heard == ["cli.board_behind", "rebuild_broken"]
    assert {problem.code for problem in problems} == {"chain_cut"}
    assert not behind(engine)
    started.close()


def test_a_migration_that_gives_the_board_something_says_so() -> None:
    """The read models are written anew after the newest migration that changes them."""
    gives = re.compile(r"(add_column|alter_column|batch_alter_table)\(\s*\"(deadline|total)\"")
    for file in (MIGRATIONS / "versions").glob("[0-9]*.py"):
        if gives.search(file.read_text(encoding="utf-8")):
            assert file.name[:4] <= BOARD_OF, file.name


def test_a_new_database_has_nothing_to_catch_up_with(tmp_path: Path) -> None:
    """The first command of an office is as quick as the second."""
    heard = Heard()
    context = build_app(
        Settings(database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'x.sqlite'}")), clock=read, note=heard
    )

    assert verify(context.engine) == ()
    assert not behind(context.engine)
    assert heard == []
    context.close()
