"""Accounts on both databases: credentials, directories, the links to a chat."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, select

from merzim.storage.accounts.accounts import Invited, SqlAccounts
from merzim.storage.database import reading
from merzim.storage.events import OFFICE_IN_ORDER
from merzim.storage.locks import ProcessLock
from merzim.storage.maintenance.verify import verify
from merzim.storage.notices.links import SqlLinks
from merzim.storage.tables.accounts import Credential, IdentityRow
from merzim.storage.tables.notices import LINK_CODE
from notifications.channels.telegram import Redeemed, hash_code, link_address, new_code
from tests.storage.sample_cases import NOW, later, on_sqlite_alone
from workflow.moments import Moment
from workflow.org.access import ACCESSES, Reader

IN_SPRING = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
SPRING_DAY = date(2026, 4, 6)
SAID = Moment(by="admin", now=IN_SPRING, today=SPRING_DAY)
SECOND, LASTS = timedelta(seconds=1), timedelta(days=180)
OFFICER = Reader(login="aliyeva", access="officer", person="a@org.kz", name="Әлиева Гүлнұр")


def chain(engine: Engine) -> list[tuple[str, str]]:
    """Kind and name of each line of the office's chain."""
    with engine.connect() as connection:
        return [(row.kind, row.name) for row in connection.execute(OFFICE_IN_ORDER)]


def way_in(
    hash: str, kind: str = "session", login: str = "aliyeva", until: datetime = IN_SPRING + timedelta(hours=1)
) -> Credential:
    """A way in, by default of the officer."""
    times = {"created_at": IN_SPRING, "seen_at": IN_SPRING, "expires_at": until}
    return Credential(hash=hash, kind=kind, login=login, **times)


def test_an_account_is_found_in_any_letter_case_and_opened_by_a_password_alone(engine: Engine) -> None:
    """As people type their names. So the first start knows that it must ask for an administrator."""
    accounts = SqlAccounts(engine)
    accounts.save(OFFICER, disabled=False, at=SAID)

    account = accounts.account("ALIYEVA")
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
        payloads = " ".join(row.payload for row in connection.execute(OFFICE_IN_ORDER))
    assert "argon2" not in payloads
    assert [problem.code for problem in verify(engine)] == []


@on_sqlite_alone
def test_a_way_in_holds_until_its_last_moment_and_not_at_it(engine: Engine) -> None:
    """The second before, the second itself; and one of one kind is none of another: an invitation opens no
    page."""
    accounts = SqlAccounts(engine)
    accounts.store_entry(way_in("h1", until=IN_SPRING + timedelta(minutes=10)))

    last = IN_SPRING + timedelta(minutes=10)
    assert accounts.entry("session", "h1", now=last - timedelta(seconds=1)) is not None
    assert accounts.entry("session", "h1", now=last) is None
    accounts.store_entry(way_in("i1", kind="invitation"))

    assert accounts.entry("session", "i1", now=IN_SPRING) is None


def test_a_new_first_invitation_ends_the_former_ones_and_nothing_else(engine: Engine) -> None:
    """Those that name no account; an officer's invitation and the feed of a unit, which names none, stay."""
    accounts = SqlAccounts(engine)
    for hash, kind, login in (
        *(("f1", "invitation", ""), ("f2", "invitation", ""), ("f3", "invitation", "")),
        *(("i1", "invitation", "aliyeva"), ("u1", "feed", "")),
    ):
        accounts.store_entry(way_in(hash, kind=kind, login=login))
    accounts.end_first_invitations(but="f3", now=IN_SPRING)

    hashes = [
        invitation
        for invitation in ("f1", "f2", "f3", "i1")
        if accounts.entry("invitation", invitation, now=IN_SPRING)
    ]
    assert hashes == ["f3", "i1"]
    assert accounts.entry("feed", "u1", now=IN_SPRING) is not None


@on_sqlite_alone
def test_the_first_password_of_any_account_ends_the_first_invitation_for_good(engine: Engine) -> None:
    """Also where that password is taken away again later."""
    accounts = SqlAccounts(engine)
    accounts.save(OFFICER, disabled=False, at=SAID)
    accounts.store_entry(way_in("f1", kind="invitation", login=""))
    accounts.set_password("aliyeva", "$argon2id$x", at=SAID)

    assert accounts.entry("invitation", "f1", now=IN_SPRING) is None


def test_a_person_of_a_directory_has_one_account_and_it_no_other_way_in(engine: Engine) -> None:
    """Of two links to a person, or of an account, the first holds. Linking ends password and sessions."""
    accounts = SqlAccounts(engine)
    for login in ("aliyeva", "bolatov"):
        accounts.save(replace(OFFICER, login=login), disabled=False, at=SAID)
    accounts.set_password("aliyeva", "$argon2id$secret", at=SAID)
    accounts.store_entry(way_in("h1"))
    ways = [("aliyeva", "guid-1"), ("aliyeva", "guid-1"), ("bolatov", "guid-1"), ("aliyeva", "guid-2")]

    linked = [
        accounts.link(IdentityRow(login=login, subject=subject, by_group=False), at=SAID)
        for login, subject in ways
    ]
    account = accounts.account("aliyeva")

    assert linked == [True, False, False, False]
    assert (account.password, account.linked) == ("", True)
    assert accounts.identity("guid-1").model_dump(exclude={"provider"}) == {
        "login": "aliyeva",
        "subject": "guid-1",
        "by_group": False,
    }
    assert accounts.entry("session", "h1", now=IN_SPRING) is None
    accounts.store_entry(way_in("h2"))
    assert [accounts.unlink("aliyeva", at=SAID) for _ in range(2)] == [True, False]
    assert (accounts.identity("guid-1"), accounts.entry("session", "h2", now=IN_SPRING)) == (None, None)
    assert [kind for kind, _ in chain(engine) if "link" in kind] == ["account_linked", "account_unlinked"]
    assert [problem.code for problem in verify(engine)] == []


def test_of_eight_administrators_who_make_one_account_one_does(engine: Engine) -> None:
    """At once, each with another access: the insertion decides, and only the winner's link lets anybody in."""
    together = Barrier(8)
    accounts = SqlAccounts(engine)

    def make(n: int) -> bool:
        reader = replace(OFFICER, access=ACCESSES[n % len(ACCESSES)])
        link = way_in(f"link-{n}", kind="invitation")
        together.wait(30)
        at = Moment(by=f"admin-{n}", now=IN_SPRING, today=SPRING_DAY)
        return bool(accounts.invite([Invited(reader=reader, entry=link)], new=True, at=at))

    with ThreadPoolExecutor(8) as pool:
        made = [*pool.map(make, range(8))]

    winner = made.index(True)
    account = accounts.account("aliyeva")
    assert made.count(True) == 1
    assert account.reader.access == ACCESSES[winner % len(ACCESSES)]
    valid = [n for n in range(8) if accounts.entry("invitation", f"link-{n}", now=IN_SPRING)]
    assert valid == [winner]
    assert chain(engine) == [("account_opened", "aliyeva"), ("invitation_given", "aliyeva")]
    assert verify(engine) == ()


@pytest.fixture
def two(engine: Engine) -> SqlAccounts:
    """The accounts aliyeva and boss."""
    accounts = SqlAccounts(engine)
    for login in ("aliyeva", "boss"):
        accounts.save(Reader(login=login, access="officer"), disabled=False, at=SAID)
    return accounts


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

    assert (link.chat, link.blocked_at) == ("2", None)
    assert links.of_chat("1") is None


def test_an_account_is_blocked_once(links: SqlLinks) -> None:
    """The moment of the first time stays; welcomed back, it is as before."""
    links.offer("a", hash_code("ONE"), now=NOW)
    redeem(links, "ONE")

    assert [links.block("a", now=later(n)) for n in (1, 2)] == [True, False]
    assert [link.blocked_at for link in links.of_people(["a"]).values()] == [later(1)]
    assert [links.unblock("a"), links.unblock("a")] == [True, False]
    assert [links.unlink("a", at=SAID), links.unlink("a", at=SAID)] == [True, False]
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
