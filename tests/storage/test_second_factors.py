"""Second factors on both databases: secrets that are encrypted, codes that are used once."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.encryption import BadKey, Cipher, UnreadableSecret, new_key, parse_key, secrets_in
from merzim.storage.database import open as open_database, writing
from merzim.storage.events import OFFICE_IN_ORDER
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.verify import verify
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.queries import SqlReads
from merzim.storage.tables.accounts import Credential
from notifications.notice import Notice
from tests.second_factors import KEY, second_factors
from tests.storage.sample_cases import on_sqlite_alone
from workflow.moments import Moment
from workflow.org.access import Access, Reader

NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
TODAY = date(2026, 4, 6)
HOUR = timedelta(hours=1)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OTHER = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
CODES = ("h1", "h2", "h3")
SAID = Moment(by="x", now=NOW, today=TODAY)
BY_HOLDER = replace(SAID, by="aliyeva")


def account(engine: Engine, login: str, access: Access = "officer") -> None:
    """Make an account that may log in."""
    accounts = SqlAccounts(engine)
    accounts.save(Reader(login=login, access=access), disabled=False, at=SAID)
    accounts.set_password(login, "$argon2id$x", at=SAID)


@pytest.fixture
def factors(engine: Engine) -> SqlAccounts:
    """The second factors of an office in which `aliyeva` has one."""
    for login, access in (("aliyeva", "officer"), ("asel", "administrator"), ("bolat", "administrator")):
        account(engine, login, access)  # type: ignore[arg-type]
    store = second_factors(engine)
    store.enrol("aliyeva", SECRET, 100, CODES, at=BY_HOLDER)
    return store


def chain(engine: Engine, name: str = "aliyeva") -> list[tuple[str, str, dict[str, object]]]:
    """Kind, author and payload of the lines about second factors of an account."""
    with engine.connect() as connection:
        lines = [row for row in connection.execute(OFFICE_IN_ORDER) if row.name == name]
    kinds = ("second_factor", "recovery_code")
    return [(row.kind, row.by, json.loads(row.payload)) for row in lines if row.kind.startswith(kinds)]


def stored(engine: Engine, login: str = "aliyeva") -> str:
    """Stored columns of an account."""
    with engine.connect() as connection:
        result = connection.execute(text("SELECT totp FROM account WHERE login = :l"), {"l": login})
        return str(result.scalar())


def store(engine: Engine, value: str, login: str = "aliyeva") -> None:
    """Write into the row of an account by hand."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE account SET totp = :v WHERE login = :l"), {"v": value, "l": login})


def letter(key: str = "::2026-04-06:x:a@org.kz:email") -> Notice:
    """A letter to an account's holder."""
    of: dict[str, Any] = {"case": "", "obligation": "", "due": TODAY, "queued_at": NOW, "not_before": NOW}
    of |= {"person": "a@org.kz", "address": "a@org.kz", "about": {"event": "recovery_code_used"}}
    return Notice(key=key, step="account", channel="email", language="kk", kind="account", **of)


def queued(engine: Engine) -> list[str]:
    """Keys of the letters that wait."""
    return [notice.key for notice in SqlReads(engine).notices_matching(state="queued")]


# ---------------------------------------------------------------------------------------------------- secrets


@on_sqlite_alone
def test_neither_the_secret_nor_a_code_is_anywhere_in_the_database(
    factors: SqlAccounts, tmp_path: Path
) -> None:
    """Not in its rows, not in its chain, not in a page of the file that was written over."""
    file = open_database(f"sqlite:///{tmp_path / 'own.sqlite'}")
    create_or_migrate(file)
    account(file, "aliyeva")
    second_factors(file).enrol("aliyeva", SECRET, 1, CODES, at=BY_HOLDER)
    file.dispose()
    content = b"".join(file.read_bytes() for file in tmp_path.glob("own.sqlite*"))

    assert content
    assert SECRET.encode() not in content
    assert factors.factor_secret("aliyeva") == SECRET


@on_sqlite_alone
def test_an_account_without_a_second_factor_has_no_secret_and_needs_no_key(engine: Engine) -> None:
    """A command without the key lists accounts and removes second factors."""

    def no_key() -> Cipher:
        raise AssertionError("nobody may ask for the key")

    account(engine, "aliyeva")
    keyless = SqlAccounts(engine, cipher=no_key)

    assert keyless.factor_secret("aliyeva") == ""
    assert keyless.encrypt_factors(at=SAID) == (0, [])
    keyless.remove_factor("aliyeva", at=SAID)


def test_a_code_of_the_authenticator_is_taken_once(factors: SqlAccounts) -> None:
    """Neither the step it was set with, nor the same again, nor an earlier one."""
    steps = (100, 101, 101, 99, 102)

    assert [factors.take_step("aliyeva", step) for step in steps] == [False, True, False, False, True]


@on_sqlite_alone
def test_a_second_factor_that_is_set_or_removed_ends_every_way_in(factors: SqlAccounts, engine: Engine) -> None:
    """Sessions, tokens, feeds and invitations end: their holders must authenticate again."""
    accounts = SqlAccounts(engine)

    def let_in() -> None:
        for kind in ("session", "token", "feed", "invitation"):
            accounts.store_entry(
                Credential(
                    hash=f"{kind}{len(accounts.entries('aliyeva', now=NOW))}{suffix}",
                    kind=kind,
                    login="aliyeva",
                    created_at=NOW,
                    seen_at=NOW,
                    expires_at=NOW + HOUR,
                )
            )

    suffix = "before"
    let_in()
    factors.enrol("aliyeva", OTHER, 1, (), at=BY_HOLDER)
    assert accounts.entries("aliyeva", now=NOW) == []
    suffix = "after"
    let_in()
    factors.remove_factor("aliyeva", at=BY_HOLDER)
    assert accounts.entries("aliyeva", now=NOW) == []
    assert factors.factor_secret("aliyeva") == ""


@on_sqlite_alone
def test_what_is_set_and_removed_stands_in_the_chain_without_secrets(
    factors: SqlAccounts, engine: Engine
) -> None:
    """And the chain verifies."""
    factors.make_recovery_codes("aliyeva", ("n1", "n2"), at=BY_HOLDER)
    factors.remove_factor("aliyeva", at=BY_HOLDER)

    assert chain(engine) == [
        ("second_factor_set", "aliyeva", {"recovery_codes": 3}),
        ("recovery_codes_made", "aliyeva", {"count": 2}),
        ("second_factor_removed", "aliyeva", {}),
    ]
    assert verify(engine) == ()


# --------------------------------------------------------------------------------------------- recovery codes


@on_sqlite_alone
def test_a_recovery_code_is_used_once_and_only_by_its_account(factors: SqlAccounts, engine: Engine) -> None:
    """The second use, an unknown one, another account's: nothing, and nothing is written."""
    factors.enrol("bolat", OTHER, 1, ("b1",), at=replace(SAID, by="bolat"))
    codes_taken = [factors.take_recovery_code("aliyeva", code, at=SAID) for code in ("h1", "h1", "zz", "b1")]
    codes = factors.recovery_codes("aliyeva")

    assert codes_taken == [True, False, False, False]
    assert (codes.left, codes.made_at, codes.used_at) == (2, NOW, NOW)
    assert chain(engine)[1:] == [("recovery_code_used", "aliyeva", {"left": 2})]


def test_of_two_who_use_one_recovery_code_at_once_one_gets_in(factors: SqlAccounts) -> None:
    """Twenty at once, on both databases."""
    with ThreadPoolExecutor(20) as pool:
        codes_taken = list(pool.map(lambda _: factors.take_recovery_code("aliyeva", "h2", at=SAID), range(20)))

    assert sorted(codes_taken) == [False] * 19 + [True]
    assert factors.recovery_codes("aliyeva").left == 2


@on_sqlite_alone
def test_new_recovery_codes_end_the_former_ones_and_a_removal_ends_all(factors: SqlAccounts) -> None:
    """A list that lies somewhere opens nothing any more; what is set later does not find the former codes."""
    factors.take_recovery_code("aliyeva", "h1", at=SAID)
    factors.make_recovery_codes("aliyeva", ("n1", "n2"), at=BY_HOLDER)

    assert factors.recovery_codes("aliyeva").left == 2
    assert not factors.take_recovery_code("aliyeva", "h2", at=SAID)
    assert factors.take_recovery_code("aliyeva", "n1", at=SAID)
    factors.remove_factor("aliyeva", at=BY_HOLDER)

    assert factors.recovery_codes("aliyeva").left == 0
    assert not factors.take_recovery_code("aliyeva", "n2", at=SAID)


@on_sqlite_alone
def test_the_letter_about_a_used_code_is_queued_with_it_or_not_at_all(
    factors: SqlAccounts, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one transaction: a crash in between leaves neither; a refused code sends no letter."""
    queue = SqlOutbox.queue

    def crash(self: SqlOutbox, session: Session, letters: Sequence[Notice]) -> int:
        queue(self, session, letters)
        raise ZeroDivisionError

    monkeypatch.setattr(SqlOutbox, "queue", crash)
    with pytest.raises(ZeroDivisionError):
        factors.take_recovery_code("aliyeva", "h1", letters=[letter()], at=SAID)
    monkeypatch.undo()
    assert (factors.recovery_codes("aliyeva").left, queued(engine)) == (3, [])

    assert not factors.take_recovery_code("aliyeva", "zz", letters=[letter()], at=SAID)
    assert queued(engine) == []
    assert factors.take_recovery_code("aliyeva", "h1", letters=[letter()], at=SAID)
    assert queued(engine) == [letter().key]


@on_sqlite_alone
def test_another_key_reads_what_the_old_one_wrote_and_encrypts_it_anew(
    factors: SqlAccounts, engine: Engine
) -> None:
    """Then the old key is needed no more, and the chain says how many."""
    factors.enrol("asel", OTHER, 1, (), at=replace(SAID, by="asel"))
    new = new_key()
    both_keys, alone = second_factors(engine, Cipher(new, KEY)), second_factors(engine, Cipher(new))

    assert both_keys.factor_secret("aliyeva") == SECRET
    assert both_keys.encrypt_factors(at=SAID) == (2, [])
    assert chain(engine, "") == [("second_factors_encrypted", "x", {"count": 2})]
    assert (alone.factor_secret("aliyeva"), alone.factor_secret("asel")) == (SECRET, OTHER)


@on_sqlite_alone
def test_what_no_key_opens_is_named_and_left_as_it_is(factors: SqlAccounts, engine: Engine) -> None:
    """A wrong key destroys nothing; recovery codes still open, for they are not encrypted."""
    before = stored(engine)
    wrong = second_factors(engine, Cipher(new_key()))

    assert wrong.encrypt_factors(at=SAID) == (0, ["aliyeva"])
    assert stored(engine) == before
    with pytest.raises(UnreadableSecret):
        wrong.factor_secret("aliyeva")
    assert wrong.take_recovery_code("aliyeva", "h1", at=SAID)


OLD, NEW = new_key(), new_key()


def test_a_secret_comes_back_and_is_encrypted_differently_each_time() -> None:
    """Two accounts with one secret are not seen to have it."""
    cipher = Cipher(NEW)
    first, second = cipher.encrypt(SECRET, "aliyeva"), cipher.encrypt(SECRET, "aliyeva")

    assert (cipher.decrypt(first, "aliyeva"), cipher.decrypt(second, "aliyeva")) == (SECRET, SECRET)
    assert first != second
    assert SECRET not in first + second


def test_a_secret_copied_to_another_account_opens_nothing() -> None:
    """Writing to the database is not enough to give an administrator another authenticator."""
    cipher = Cipher(NEW)
    stored = cipher.encrypt(SECRET, "intruder")

    with pytest.raises(UnreadableSecret) as refused:
        cipher.decrypt(stored, "administrator")
    assert refused.value.arguments == {"login": "administrator"}


def test_a_secret_altered_by_one_letter_is_refused() -> None:
    """Nor is a part of one, another text, or one in clear a secret."""
    cipher = Cipher(NEW)
    stored = cipher.encrypt(SECRET, "aliyeva")
    altered = stored[:40] + ("B" if stored[40] == "A" else "A") + stored[41:]

    for damaged in (altered, stored[:-8], "", "не base64", SECRET):
        assert not cipher.opens(damaged)
        with pytest.raises(UnreadableSecret):
            cipher.decrypt(damaged, "aliyeva")


def test_an_old_key_reads_and_does_not_encrypt() -> None:
    """While the key is changed both are given; what is renewed needs the present one alone."""
    before, both = Cipher(OLD).encrypt(SECRET, "aliyeva"), Cipher(NEW, OLD)

    assert both.decrypt(before, "aliyeva") == SECRET
    assert Cipher(NEW).unopened([before, both.encrypt(SECRET, "x"), both.renew(before)]) == [before]
    assert Cipher(NEW).decrypt(both.renew(before), "aliyeva") == SECRET
    with pytest.raises(UnreadableSecret):
        Cipher(NEW).renew(before)


def test_secrets_are_found_in_a_row_or_a_dump() -> None:
    """Whatever stands around them."""
    secrets = [Cipher(NEW).encrypt(SECRET, owner) for owner in ("a", "b")]

    assert secrets_in(f'aliyeva\t{secrets[0]}\t0\n{{"password": "{secrets[1]}"}} gAAAAA') == secrets


def test_a_key_is_read_in_either_alphabet_of_base64() -> None:
    """As `openssl rand -base64 32` and as programs write it, with and without its last sign."""
    value = b"\xfb\xff" * 16
    texts = [b64encode(value).decode(), urlsafe_b64encode(value).decode()]
    texts += [text.rstrip("=") for text in texts] + [f" {texts[0]}\n"]

    assert {parse_key(text) for text in texts} == {urlsafe_b64encode(value).decode()}
    assert parse_key(new_key()) != new_key()


@pytest.mark.parametrize("text", ["", "short", "A" * 42, "A" * 45, "A" * 64, "!" * 44, "құпия" * 9])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    """The sentence goes to terminals and journals: a mistyped key is a secret still."""
    with pytest.raises(BadKey) as refused:
        parse_key(text)
    assert refused.value.arguments == {}
