"""Idempotency keys: a request under a key is executed once, also under concurrency."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from merzim.storage.accounts.uploads import KEY_LIFETIME, SqlIdempotency
from tests.storage.sample_cases import on_sqlite_alone

NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)


def test_a_key_is_free_once_to_each_account(engine: Engine) -> None:
    """Then it is known, with what was asked and, once it ended, what was answered. A key is its sender's."""
    answers = SqlIdempotency(engine)
    first = answers.claim("a", "key-one", "d", now=NOW)
    running = answers.claim("a", "key-one", "d", now=NOW)
    answers.keep("a", "key-one", '{"case":"2026-0001"}')
    ended = answers.claim("a", "key-one", "other", now=NOW)

    assert first is None
    assert running is not None
    assert ended is not None
    assert (running.answer, ended.answer, ended.digest) == (None, '{"case":"2026-0001"}', "d")
    assert answers.claim("b", "key-one", "d", now=NOW) is None


def test_of_many_who_claim_a_key_at_once_one_gets_it(engine: Engine) -> None:
    """The database decides."""
    answers = SqlIdempotency(engine)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: answers.claim("a", "key-one", "d", now=NOW), range(8)))

    assert claims.count(None) == 1


def test_a_key_given_back_is_free_and_an_ended_one_is_not(engine: Engine) -> None:
    """The key of an executed request cannot be released."""
    answers = SqlIdempotency(engine)
    answers.claim("a", "key-one", "d", now=NOW)
    answers.release("a", "key-one")
    second_claim = answers.claim("a", "key-one", "d", now=NOW)
    answers.keep("a", "key-one", "{}")
    answers.release("a", "key-one")

    assert second_claim is None
    assert answers.claim("a", "key-one", "d", now=NOW) is not None


@on_sqlite_alone
def test_keys_are_remembered_for_a_week(engine: Engine) -> None:
    """The second before, the second after."""
    answers = SqlIdempotency(engine)
    answers.claim("a", "key-one", "d", now=NOW)

    assert answers.claim("a", "key-one", "d", now=NOW + KEY_LIFETIME) is not None
    assert answers.claim("a", "key-one", "d", now=NOW + KEY_LIFETIME + timedelta(seconds=1)) is None
