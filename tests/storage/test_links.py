"""Telegram accounts, one-time codes and leases: one use per code, one holder per lease, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, select

from merzim.storage.database.engine import reading
from merzim.storage.database.leases import SqlLeases
from merzim.storage.notices.links import SqlLinks
from merzim.storage.tables.notices import LINK_CODE
from notifications.links import Redeemed, hash_code, link_address, new_code
from tests.storage.sample_cases import NOW, later, on_sqlite_alone

LASTS = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def links(engine: Engine) -> SqlLinks:
    return SqlLinks(engine)


def redeem(links: SqlLinks, code: str, chat: str = "1", *, after: timedelta = timedelta()) -> Redeemed:
    return links.redeem(hash_code(code), chat, now=NOW + after)[0]


@on_sqlite_alone
def test_a_clock_gone_back_does_not_make_a_code_last(links: SqlLinks) -> None:
    """Offered before the clock went back an hour: it is as good as run out."""
    links.offer("a", hash_code("ONE"), now=NOW)

    assert redeem(links, "ONE", after=-timedelta(hours=1)) == "expired"


@on_sqlite_alone
def test_only_the_hash_of_a_code_is_kept(links: SqlLinks, engine: Engine) -> None:
    """Reading the database or its backup is not enough to link an account."""
    code = new_code()
    links.offer("a", hash_code(code), now=NOW)
    with reading(engine) as connection:
        (record,) = connection.execute(select(LINK_CODE)).all()

    assert code not in str(tuple(record))
    assert record.hash == hash_code(code)


def test_codes_are_typed_as_people_type() -> None:
    """Small letters and blanks are the same code; no two are alike, none needs escaping in an address."""
    codes = {new_code() for _ in range(1000)}

    assert hash_code("abcd 2345\n") == hash_code("ABCD2345")
    assert len(codes) == 1000
    assert all(code.isalnum() and len(code) == 12 for code in codes)
    assert link_address("@MerzimBot", "X") == "https://t.me/MerzimBot?start=X"


def test_of_two_that_bring_one_code_one_is_linked(links: SqlLinks, engine: Engine) -> None:
    """At the same moment, over connections of their own."""
    links.offer("a", hash_code("ONE"), now=NOW)
    results: list[Redeemed] = []
    _at_once(lambda n: results.append(redeem(SqlLinks(engine), "ONE", str(n))))

    assert sorted(results) == ["linked", *["used"] * 3]


def test_a_new_account_takes_the_place_of_the_old_one(links: SqlLinks) -> None:
    """Blocked is the old account's."""
    links.offer("a", hash_code("ONE"), now=NOW)
    redeem(links, "ONE")
    links.block("a", now=NOW)
    links.offer("a", hash_code("TWO"), now=later(5))
    assert redeem(links, "TWO", "2", after=timedelta(minutes=5)) == "linked"
    link = links.of("a")

    assert link is not None
    assert (link.chat, link.blocked_at) == ("2", None)
    assert links.behind("1") is None


def test_an_account_is_blocked_once(links: SqlLinks) -> None:
    """The moment of the first time stays; welcomed back, it is as before."""
    links.offer("a", hash_code("ONE"), now=NOW)
    redeem(links, "ONE")

    assert [links.block("a", now=later(n)) for n in (1, 2)] == [True, False]
    assert [link.blocked_at for link in links.these(["a"]).values()] == [later(1)]
    assert [links.welcome("a"), links.welcome("a")] == [True, False]
    assert [links.unlink("a", by="a", now=NOW), links.unlink("a", by="a", now=NOW)] == [True, False]
    assert links.of("a") is None


def test_a_lease_has_one_holder_until_it_runs_out(engine: Engine) -> None:
    """The edge: a second before its end it is held, at its end it is free."""
    leases = SqlLeases(engine)
    assert leases.take("bot", "one", now=NOW, lasts=LASTS)
    assert not leases.take("bot", "two", now=NOW + LASTS - SECOND, lasts=LASTS)
    assert leases.take("bot", "two", now=NOW + LASTS, lasts=LASTS)
    assert not leases.take("bot", "one", now=NOW + LASTS, lasts=LASTS)


def test_a_lease_given_back_is_free_and_nobody_elses_can_be(engine: Engine) -> None:
    """At once; and one lease says nothing of another."""
    leases = SqlLeases(engine)
    leases.take("bot", "one", now=NOW, lasts=LASTS)
    leases.give_back("bot", "two")
    assert not leases.take("bot", "two", now=NOW, lasts=LASTS)
    assert leases.take("other", "two", now=NOW, lasts=LASTS)
    leases.give_back("bot", "one")
    assert leases.take("bot", "two", now=NOW, lasts=LASTS)


@on_sqlite_alone
def test_a_clock_gone_back_a_day_does_not_lock_everybody_out(engine: Engine) -> None:
    """A lease that runs until tomorrow was taken by another clock."""
    leases = SqlLeases(engine)
    leases.take("bot", "one", now=NOW, lasts=LASTS)

    assert leases.take("bot", "two", now=NOW - timedelta(days=1), lasts=LASTS)


def test_of_many_that_want_it_one_gets_it(engine: Engine) -> None:
    """At the same moment, over connections of their own."""
    results: list[bool] = []
    _at_once(lambda n: results.append(SqlLeases(engine).take("bot", str(n), now=NOW, lasts=LASTS)))

    assert sorted(results) == [False, False, False, True]


def _at_once(act: Callable[[int], None]) -> None:
    gate = Barrier(4)

    def run(n: int) -> None:
        gate.wait()
        act(n)

    threads = [Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
