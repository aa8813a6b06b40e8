"""Fair lock: one holder at a time, in the order of arrival."""

from __future__ import annotations

import time
from threading import Event, Thread

from merzim.storage.database.threads import FairLock


def test_whoever_waits_longest_goes_first() -> None:
    """Also when the one inside would like to come in again at once."""
    turnstile, order, inside, everybody = FairLock(), [], Event(), Event()

    def come(name: str) -> None:
        with turnstile.passing():
            order.append(name)

    def hold() -> None:
        with turnstile.passing():
            inside.set()
            assert everybody.wait(20)
        come("holder again")

    threads = [Thread(target=hold)]
    threads[0].start()
    inside.wait()
    for number, name in enumerate(("first", "second", "third"), start=1):
        threads.append(Thread(target=come, args=(name,)))
        threads[-1].start()
        while len(turnstile._waiting) < number:
            time.sleep(0.001)
    everybody.set()
    for thread in threads:
        thread.join()

    assert order == ["first", "second", "third", "holder again"]


def test_an_error_inside_lets_the_next_one_in() -> None:
    """A failed write releases the lock."""
    turnstile = FairLock()
    for _ in range(2):
        try:
            with turnstile.passing():
                raise ValueError
        except ValueError:
            pass

    with turnstile.passing():
        entered = True

    assert entered


def test_whose_patience_runs_out_goes_on_without_the_turn() -> None:
    """And leaves the row: those behind come in as soon as it is free."""
    turnstile = FairLock()
    with turnstile.passing():
        with turnstile.passing(0.01) as has_turn:
            assert not has_turn
        with turnstile.passing(0.01) as has_turn_again:
            assert not has_turn_again
    with turnstile.passing(0.01) as free:
        assert free
