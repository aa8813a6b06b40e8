"""Accounts, credentials and failed log-ins; administrators' actions are in the office's event chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select

from merzim.storage.accounts.accounts import MAX_DEVICES, SqlAccounts
from merzim.storage.accounts.invitations import Invited, SqlInvitations
from merzim.storage.maintenance.verify import verify
from merzim.storage.org.chain import IN_ORDER
from merzim.storage.tables.accounts import ENTRY
from tests.storage.sample_cases import on_sqlite_alone
from workflow.org.access import ACCESSES, Credential, Identity, Reader
from workflow.org.audit import Stamp

NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
TODAY = date(2026, 4, 6)
SAID = Stamp(by="admin", now=NOW, today=TODAY)
SECOND, LASTS = timedelta(seconds=1), timedelta(days=180)
OFFICER = Reader(login="aliyeva", access="officer", person="a@org.kz", name="Әлиева Гүлнұр")


def chain(engine: Engine) -> list[tuple[str, str]]:
    """Kind and name of each line of the office's chain."""
    with engine.connect() as connection:
        return [(row.kind, row.name) for row in connection.execute(IN_ORDER)]


def way_in(hash: str, *, kind: str = "session", until: datetime = NOW + timedelta(hours=1)) -> Credential:
    """A way in of the officer."""
    return Credential(
        hash=hash,
        kind=kind,
        login="aliyeva",
        created_at=NOW,
        seen_at=NOW,
        expires_at=until,  # type: ignore[arg-type]
    )


def test_an_account_is_found_in_any_letter_case_and_opened_by_a_password_alone(engine: Engine) -> None:
    """As people type their names. So the first start knows that it must ask for an administrator."""
    accounts = SqlAccounts(engine)
    accounts.save(OFFICER, disabled=False, at=SAID)

    account = accounts.account("ALIYEVA")
    assert account is not None
    assert (account.reader, account.password, account.second_factor) == (OFFICER, "", False)
    assert accounts.account("nobody") is None
    before = accounts.any_with_password()
    accounts.set_password("aliyeva", "$argon2id$x", at=SAID)

    assert (before, accounts.any_with_password()) == (False, True)


@on_sqlite_alone
def test_whatever_an_administrator_does_stands_in_the_chain_without_secrets(engine: Engine) -> None:
    """Opened, changed, a password; saying the same again is no line."""
    accounts = SqlAccounts(engine)
    accounts.save(OFFICER, disabled=False, at=SAID)
    accounts.save(OFFICER, disabled=False, at=SAID)
    accounts.save(OFFICER, disabled=True, at=SAID)
    accounts.set_password("aliyeva", "$argon2id$secret", at=SAID)

    assert [kind for kind, _ in chain(engine)] == ["account_opened", "account_changed", "password_set"]
    with engine.connect() as connection:
        payloads = " ".join(row.payload for row in connection.execute(IN_ORDER))
    assert "argon2" not in payloads
    assert [problem.code for problem in verify(engine)] == []


@on_sqlite_alone
def test_a_way_in_holds_until_its_last_moment_and_not_at_it(engine: Engine) -> None:
    """The second before, the second itself; and one of one kind is none of another: an invitation opens no
    page."""
    accounts = SqlAccounts(engine)
    accounts.store_entry(way_in("h1", until=NOW + timedelta(minutes=10)))

    last = NOW + timedelta(minutes=10)
    assert accounts.entry("session", "h1", now=last - timedelta(seconds=1)) is not None
    assert accounts.entry("session", "h1", now=last) is None
    accounts.store_entry(way_in("i1", kind="invitation"))

    assert accounts.entry("session", "i1", now=NOW) is None


def test_a_new_first_invitation_ends_the_former_ones_and_nothing_else(engine: Engine) -> None:
    """Those that name no account; an officer's invitation and the feed of a unit, which names none, stay."""
    accounts = SqlAccounts(engine)
    for hash, kind, login in (
        *(("f1", "invitation", ""), ("f2", "invitation", ""), ("f3", "invitation", "")),
        *(("i1", "invitation", "aliyeva"), ("u1", "feed", "")),
    ):
        accounts.store_entry(replace(way_in(hash, kind=kind), login=login))
    accounts.end_first_invitations(but="f3", now=NOW)

    hashes = [
        invitation
        for invitation in ("f1", "f2", "f3", "i1")
        if accounts.entry("invitation", invitation, now=NOW)
    ]
    assert hashes == ["f3", "i1"]
    assert accounts.entry("feed", "u1", now=NOW) is not None


@on_sqlite_alone
def test_the_first_password_of_any_account_ends_the_first_invitation_for_good(engine: Engine) -> None:
    """Also where that password is taken away again later."""
    accounts = SqlAccounts(engine)
    accounts.save(OFFICER, disabled=False, at=SAID)
    accounts.store_entry(replace(way_in("f1", kind="invitation"), login=""))
    accounts.set_password("aliyeva", "$argon2id$x", at=SAID)

    assert accounts.entry("invitation", "f1", now=NOW) is None


def test_a_person_of_a_directory_has_one_account_and_it_no_other_way_in(engine: Engine) -> None:
    """Of two links to a person, or of an account, the first holds. Linking ends password and sessions."""
    accounts = SqlAccounts(engine)
    for login in ("aliyeva", "bolatov"):
        accounts.save(replace(OFFICER, login=login), disabled=False, at=SAID)
    accounts.set_password("aliyeva", "$argon2id$secret", at=SAID)
    accounts.store_entry(way_in("h1"))
    person = Identity(login="aliyeva", provider="oidc", subject="guid-1", by_group=False)

    linked = [
        accounts.link(identity, at=SAID)
        for identity in (person, person, replace(person, login="bolatov"), replace(person, subject="guid-2"))
    ]
    account = accounts.account("aliyeva")

    assert linked == [True, False, False, False]
    assert account is not None
    assert (account.password, account.providers) == ("", ("oidc",))
    assert accounts.identity("oidc", "guid-1") == person
    assert accounts.entry("session", "h1", now=NOW) is None
    accounts.store_entry(way_in("h2"))
    assert [accounts.unlink("aliyeva", at=SAID) for _ in range(2)] == [True, False]
    assert (accounts.identity("oidc", "guid-1"), accounts.entry("session", "h2", now=NOW)) == (None, None)
    assert [kind for kind, _ in chain(engine) if "link" in kind] == ["account_linked", "account_unlinked"]
    assert [problem.code for problem in verify(engine)] == []


def test_of_eight_administrators_who_make_one_account_one_does(engine: Engine) -> None:
    """At once, each with another access: the insertion decides, and only the winner's link lets anybody in."""
    together = Barrier(8)
    invitations = SqlInvitations(engine, queue=lambda *_: 0)

    def make(n: int) -> bool:
        reader = replace(OFFICER, access=ACCESSES[n % len(ACCESSES)])
        link = way_in(f"link-{n}", kind="invitation")
        together.wait(30)
        at = Stamp(by=f"admin-{n}", now=NOW, today=TODAY)
        return bool(invitations.invite([Invited(reader=reader, new=True, entry=link)], at=at))

    with ThreadPoolExecutor(8) as pool:
        made = [*pool.map(make, range(8))]

    winner = made.index(True)
    account = SqlAccounts(engine).account("aliyeva")
    assert made.count(True) == 1
    assert account is not None
    assert account.reader.access == ACCESSES[winner % len(ACCESSES)]
    valid = [n for n in range(8) if SqlAccounts(engine).entry("invitation", f"link-{n}", now=NOW)]
    assert valid == [winner]
    assert chain(engine) == [("account_opened", "aliyeva"), ("invitation_given", "aliyeva")]
    assert verify(engine) == ()


def device(hash: str, *, login: str = "aliyeva", at: datetime = NOW) -> Credential:
    """A device known since that moment, for half a year."""
    times = {"created_at": at, "seen_at": at, "expires_at": at + LASTS}
    return replace(way_in(hash, kind="device"), login=login, **times)  # type: ignore[arg-type]


@pytest.fixture
def two(engine: Engine) -> SqlAccounts:
    """The accounts aliyeva and boss."""
    accounts = SqlAccounts(engine)
    for login in ("aliyeva", "boss"):
        accounts.save(Reader(login=login, access="officer"), disabled=False, at=SAID)
    return accounts


def test_a_device_holds_until_its_last_moment_and_is_no_session(two: SqlAccounts) -> None:
    """Half a year; its secret opens no page."""
    two.store_entry(device("d1"))

    assert two.entry("device", "d1", now=NOW + LASTS - SECOND) == device("d1")
    assert two.entry("device", "d1", now=NOW + LASTS) is None
    assert two.entry("session", "d1", now=NOW) is None


def test_an_account_has_few_devices_and_keeps_the_newest(engine: Engine, two: SqlAccounts) -> None:
    """A browser that forgets its cookies makes one with every log-in."""
    two.store_entry(device("other", login="boss"))
    for number in range(MAX_DEVICES + 5):
        two.store_entry(device(f"d{number}", at=NOW + number * SECOND))
    with engine.connect() as connection:
        rows = connection.execute(select(func.count()).select_from(ENTRY)).scalar_one()

    device_hashes = [entry.hash for entry in two.entries("aliyeva", now=NOW + timedelta(minutes=1))]
    assert device_hashes == [f"d{number}" for number in reversed(range(5, MAX_DEVICES + 5))]
    assert rows == MAX_DEVICES + 1


def test_devices_that_have_expired_go_with_the_next_log_in(engine: Engine, two: SqlAccounts) -> None:
    """Expired rows are deleted."""
    two.store_entry(device("d1"))
    two.store_entry(device("d2", at=NOW + LASTS))
    with engine.connect() as connection:
        device_hashes = connection.execute(select(ENTRY.c.hash)).scalars().all()

    assert device_hashes == ["d2"]
