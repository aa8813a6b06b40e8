"""Rate limits: so many attempts in each period, shared by all processes on the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, func, select

from merzim.storage.accounts import rate_limits
from merzim.storage.accounts.rate_limits import count_attempt, forget_attempt, prune
from merzim.storage.database import open as open_database
from merzim.storage.tables.accounts import RATE_LIMIT
from workflow.org.access import RateLimit

NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NAME = RateLimit(kind="account", key="құпиясөзім", attempts=3, period=MINUTE)
WIDE = RateLimit(kind="address", key="192.0.2.7", attempts=100, period=SECOND)


def allowed(engine: Engine, *limits: RateLimit, times: int, now: datetime = NOW) -> int:
    """How many of so many attempts at one moment are allowed."""
    return sum(count_attempt(engine, limits, now=now) is None for _ in range(times))


def rows(engine: Engine) -> int:
    """How many rows the table has."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(RATE_LIMIT)).scalar_one()


def test_so_many_in_each_period(engine: Engine) -> None:
    """From the first of them on: the second before the next period, and that second."""
    assert allowed(engine, NAME, times=5) == 3
    assert count_attempt(engine, [NAME], now=NOW) == MINUTE
    assert count_attempt(engine, [NAME], now=NOW + MINUTE - SECOND) == SECOND
    assert allowed(engine, NAME, times=5, now=NOW + MINUTE) == 3
    assert allowed(engine, NAME, times=9, now=NOW + timedelta(hours=9)) == 3


def test_a_refused_attempt_makes_nobody_wait_longer(engine: Engine) -> None:
    """Otherwise continued attempts would extend the block for ever."""
    allowed(engine, NAME, times=3)
    for second in range(59):
        assert count_attempt(engine, [NAME], now=NOW + second * SECOND) is not None

    assert count_attempt(engine, [NAME], now=NOW + MINUTE) is None


def test_who_is_refused_writes_nothing(engine: Engine) -> None:
    """A flood of refused attempts must not take the turn of those who record."""
    allowed(engine, NAME, times=3)
    statements: list[str] = []

    def hear(*arguments: object) -> None:
        statements.append(str(arguments[2]).split()[0])

    event.listen(engine, "before_cursor_execute", hear)
    assert allowed(engine, NAME, times=20) == 0
    event.remove(engine, "before_cursor_execute", hear)

    assert set(statements) == {"SELECT"}


def test_where_one_limit_is_reached_the_others_count_nothing(engine: Engine) -> None:
    """The address of a whole office is not used up by one name that is closed already."""
    assert allowed(engine, NAME, WIDE, times=50) == 3
    assert allowed(engine, WIDE, times=200) == 97


def test_a_good_attempt_is_taken_back_and_the_bad_ones_stay(engine: Engine) -> None:
    """An attacker with an account of their own does not clear an address by logging in."""
    allowed(engine, NAME, times=2)
    for _ in range(20):
        assert count_attempt(engine, [NAME], now=NOW) is None
        forget_attempt(engine, [NAME])

    assert allowed(engine, NAME, times=5) == 1


def test_attempts_at_the_same_moment_from_several_processes_share_the_limit(url: str) -> None:
    """Forty guesses sent at once are no more than ten sent one after another."""
    limit = RateLimit(kind="account", key="officer", attempts=10, period=MINUTE)
    engines = [open_database(url) for _ in range(2)]
    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda n: count_attempt(engines[n % 2], [WIDE, limit], now=NOW), range(40)))
    for engine in engines:
        engine.dispose()

    assert answers.count(None) == 10


def test_a_clock_that_went_back_closes_no_door(engine: Engine) -> None:
    """What was counted on a day that is still to come is worth nothing."""
    allowed(engine, NAME, times=3, now=NOW + timedelta(days=400))

    assert allowed(engine, NAME, times=5) == 3


def test_what_was_typed_as_a_name_is_nowhere_to_be_read(engine: Engine) -> None:
    """It may have been a password."""
    allowed(engine, NAME, times=1)
    with engine.connect() as connection:
        (key,) = connection.execute(select(RATE_LIMIT.c.key)).scalars()

    assert key.startswith("account:")
    assert "құпия" not in key


def test_a_flood_of_names_does_not_grow_without_bound_nor_wash_away_an_attack(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of single attempts go first; the name that is being guessed at stays closed."""
    monkeypatch.setattr(rate_limits, "MAX_ROWS", 40)
    allowed(engine, NAME, times=3)
    for number in range(120):
        count_attempt(engine, [RateLimit(kind="account", key=str(number), attempts=3, period=SECOND)], now=NOW)
        if number % 10 == 0:
            prune(engine, now=NOW)
    prune(engine, now=NOW)

    assert rows(engine) <= 40
    assert count_attempt(engine, [NAME], now=NOW) is not None
