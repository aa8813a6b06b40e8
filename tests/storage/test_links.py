"""Telegram accounts, one-time codes and locks: one use per code, one holder per lock, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, select

from merzim.storage.database.engine import reading
from merzim.storage.database.locks import ProcessLock
from merzim.storage.notices.links import SqlLinks
from merzim.storage.tables.notices import LINK_CODE
from notifications.links import Redeemed, hash_code, link_address, new_code
from tests.storage.sample_cases import NOW, later, on_sqlite_alone


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


def test_a_lock_has_one_holder_and_says_nothing_of_another(engine: Engine) -> None:
    """Free again when its block ends."""
    bot, again_bot, other = (ProcessLock(engine, name) for name in ("bot", "bot", "other"))
    with bot.alone() as first, again_bot.alone() as second, other.alone() as third:
        assert (first, second, third) == (True, False, True)
    with ProcessLock(engine, "bot").alone() as again:
        assert again


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
