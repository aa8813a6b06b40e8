"""First administrator's link: one at a time, void after the next start or the first password."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.services.accounts import verbs as users
from merzim.services.app import AppContext
from merzim.services.context import operator_context
from merzim.services.moments import Moment
from merzim.settings_file import read
from merzim.web.app import create_app
from workflow.org.audit import Stamp

MOMENT = Moment(now=datetime(2026, 4, 6, 7, 0, tzinfo=UTC), today=date(2026, 4, 6))
CHOICE = {"password": "төрт сөзден тұрады", "again": "төрт сөзден тұрады"}


@pytest.fixture
def office_app(tmp_path: Path) -> Iterator[AppContext]:
    """A new office, nobody in it."""
    app = build_app(read(at=tmp_path))
    yield app
    app.close()


def browser(office_app: AppContext) -> TestClient:
    """A browser on this machine nobody has logged in with."""
    app = create_app(office_app, lambda: MOMENT)
    return TestClient(
        app, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=False
    )


def start(office_app: AppContext) -> str:
    """Path of the link that a start of the service prints, "" for none."""
    address = users.invite_first_administrator(office_app, now=MOMENT.now)
    return address.removeprefix("http://127.0.0.1:8000") if address else ""


def test_each_start_ends_the_address_of_the_one_before(office_app: AppContext) -> None:
    """An old line of the journal opens nothing; the newest one does, once."""
    addresses = [start(office_app) for _ in range(3)]
    with browser(office_app) as stranger:
        statuses = [stranger.get(address).status_code for address in addresses]
        responses = [
            stranger.post(address, data={"login": f"root{n}", **CHOICE}) for n, address in enumerate(addresses)
        ]

    assert statuses == [404, 404, 200]
    assert [response.status_code for response in responses] == [404, 404, 303]
    assert [account.reader.login for account in office_app.accounts.all()] == ["root2"]


def test_an_invited_colleagues_password_ends_the_first_administrators_address(office_app: AppContext) -> None:
    """Somebody can log in, so nobody needs it any more; nor does the next start give one."""
    first = start(office_app)
    ctx = operator_context(office_app, at=Stamp(by="cli", now=MOMENT.now, today=MOMENT.today))
    invited = users.add(ctx, users.AccountAccess(login="boss", access="administrator")).address
    with browser(office_app) as stranger:
        stranger.post(invited.removeprefix("http://127.0.0.1:8000"), data={"login": "boss", **CHOICE})
        after = stranger.post(first, data={"login": "evil", **CHOICE})

    assert after.status_code == 404
    assert [account.reader.login for account in office_app.accounts.all()] == ["boss"]
    assert start(office_app) == ""
