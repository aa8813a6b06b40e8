"""Known browsers of an account: listed among its credentials, revoked with them, limited in number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.rate_limits import MAX_DEVICES
from merzim.storage.tables.accounts import DEVICE
from workflow.org.access import Credential, CredentialKind, Reader
from workflow.org.audit import Stamp

NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
SAID = Stamp(by="admin", now=NOW, today=date(2026, 4, 6))
SECOND = timedelta(seconds=1)
LASTS = timedelta(days=180)


def entry(
    hash: str, kind: CredentialKind = "device", *, login: str = "aliyeva", at: datetime = NOW
) -> Credential:
    """A device, or another way in, since that moment."""
    return Credential(
        hash=hash,
        kind=kind,
        login=login,
        name="Firefox",
        created_at=at,
        seen_at=at,
        expires_at=at + LASTS,
    )


@pytest.fixture
def accounts(engine: Engine) -> SqlAccounts:
    """The accounts aliyeva and boss."""
    new_accounts = SqlAccounts(engine)
    for login in ("aliyeva", "boss"):
        new_accounts.save(Reader(login=login, access="officer"), disabled=False, at=SAID)
    return new_accounts


def test_a_device_holds_until_its_last_moment_and_is_no_session(accounts: SqlAccounts) -> None:
    """Half a year; its secret opens no page."""
    accounts.store_entry(entry("d1"))

    assert accounts.entry("device", "d1", now=NOW + LASTS - SECOND) == entry("d1")
    assert accounts.entry("device", "d1", now=NOW + LASTS) is None
    assert accounts.entry("session", "d1", now=NOW) is None


def test_an_account_has_few_devices_and_keeps_the_newest(engine: Engine, accounts: SqlAccounts) -> None:
    """A browser that forgets its cookies makes one with every log-in."""
    accounts.store_entry(entry("other", login="boss"))
    for number in range(MAX_DEVICES + 5):
        accounts.store_entry(entry(f"d{number}", at=NOW + number * SECOND))
    with engine.connect() as connection:
        rows = connection.execute(select(func.count()).select_from(DEVICE)).scalar_one()

    device_hashes = [entry.hash for entry in accounts.entries("aliyeva", now=NOW + timedelta(minutes=1))]
    assert device_hashes == [f"d{number}" for number in reversed(range(5, MAX_DEVICES + 5))]
    assert rows == MAX_DEVICES + 1


def test_devices_that_have_expired_go_with_the_next_log_in(engine: Engine, accounts: SqlAccounts) -> None:
    """Expired rows are deleted."""
    accounts.store_entry(entry("d1"))
    accounts.store_entry(entry("d2", at=NOW + LASTS))
    with engine.connect() as connection:
        device_hashes = connection.execute(select(DEVICE.c.hash)).scalars().all()

    assert device_hashes == ["d2"]
