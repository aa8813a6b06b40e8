"""Two workers and a web node on one database, killed at work: rehearsed small; `make crash` does it large."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.three_nodes import rehearse
from tests.postgres import administer
from tests.storage.conftest import postgresql

__all__ = ["postgresql"]


@pytest.mark.postgresql
def test_a_morning_on_three_nodes_ends_with_its_account_balanced(postgresql: str, tmp_path: Path) -> None:
    """And the account can fail: a letter fewer at the mail server, or a job left over."""
    administer(postgresql, "CREATE DATABASE morning")
    done = rehearse(
        postgresql.format(name="morning"),
        tmp_path,
        400,
        every=0.1,
        chance=random.Random(1),
        most=1,
        quick=True,
    )

    done.check(400)
    assert done.kills
    assert done.logged == ()
    seen = dict(done.campaign.seen)
    seen.pop(next(iter(seen)))
    for wrong in (
        replace(done, campaign=replace(done.campaign, seen=seen)),
        replace(done, jobs=("send doing",)),
    ):
        with pytest.raises(AssertionError):
            wrong.check(400)
