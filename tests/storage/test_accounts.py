"""Accounts, credentials and failed log-ins; administrators' actions are in the office's event chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

from sqlalchemy import Engine

from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.invitations import SqlInvitations
from merzim.storage.maintenance.verify import verify
from merzim.storage.org.chain import IN_ORDER
from tests.storage.sample_cases import on_sqlite_alone
from workflow.org.access import ACCESSES, Credential, Identity, Reader
from workflow.org.audit import Stamp

NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
TODAY = date(2026, 4, 6)
SAID = Stamp(by="admin", now=NOW, today=TODAY)
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


def test_an_account_is_kept_and_found_in_any_letter_case(engine: Engine) -> None:
    """As people type their names."""
    accounts = SqlAccounts(engine)
    accounts.save(OFFICER, disabled=False, at=SAID)

    account = accounts.account("ALIYEVA")
    assert account is not None
    assert (account.reader, account.password, account.second_factor) == (OFFICER, "", False)
    assert accounts.account("nobody") is None


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


def test_nobody_may_log_in_before_a_password_is_set(engine: Engine) -> None:
    """So the first start knows that it must ask for an administrator."""
    accounts = SqlAccounts(engine)
    accounts.save(OFFICER, disabled=False, at=SAID)
    before = accounts.any_with_password()
    accounts.set_password("aliyeva", "$argon2id$x", at=SAID)

    assert (before, accounts.any_with_password()) == (False, True)


@on_sqlite_alone
def test_a_way_in_holds_until_its_last_moment_and_not_at_it(engine: Engine) -> None:
    """The second before, the second itself."""
    accounts = SqlAccounts(engine)
    accounts.store_entry(way_in("h1", until=NOW + timedelta(minutes=10)))

    last = NOW + timedelta(minutes=10)
    assert accounts.entry("session", "h1", now=last - timedelta(seconds=1)) is not None
    assert accounts.entry("session", "h1", now=last) is None


@on_sqlite_alone
def test_a_way_in_of_one_kind_is_none_of_another(engine: Engine) -> None:
    """An invitation opens no page."""
    accounts = SqlAccounts(engine)
    accounts.store_entry(way_in("h1", kind="invitation"))

    assert accounts.entry("session", "h1", now=NOW) is None


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
        return invitations.open(reader, link, at=Stamp(by=f"admin-{n}", now=NOW, today=TODAY))

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
