"""Verification of accounts, rights, people and addresses: changes outside the program are named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, delete, event, insert, select, text

import i18n
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.encryption import Cipher, new_key
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.verify import Problem, rebuild, verify
from merzim.storage.maintenance.vouching import ensure_baseline, renew_baseline, vouching
from merzim.storage.notices.links import SqlLinks
from merzim.storage.org import chain as office_chain
from merzim.storage.org import store
from merzim.storage.org.chain import IN_ORDER, Stamp
from merzim.storage.org.choices import SqlLeaves
from merzim.storage.org.preferences import DIGEST, UPLOADS_THROUGH, link_key, prefer
from merzim.storage.org.staff import SqlStaff
from merzim.storage.org.vouched import VOUCHED
from merzim.storage.queries import SqlReads
from merzim.storage.tables.base import TableBase
from notifications.links import hash_code
from tests.second_factors import KEY, second_factors
from tests.storage.sample_cases import case_commands, on_sqlite_alone, opened, recompute
from workflow.cases.case import Case
from workflow.cases.commands.opening import Opening
from workflow.org.access import Entry, Reader, scope
from workflow.org.office import Person, Unit

NOW, TODAY = datetime(2026, 4, 6, 7, 0, tzinfo=UTC), date(2026, 4, 6)
SAID = {"by": "root", "now": NOW, "today": TODAY}
HAND = Stamp(by="root", now=NOW, today=TODAY)
LATER = NOW + timedelta(hours=1)
AIGUL = Person(
    key="a@org.kz", name="Айгүл Серікова", unit="hr", duties=("executor",), email="a@org.kz", deputy="b@org.kz"
)
BOLAT = Person(key="b@org.kz", name="Болат Ахметов", unit="law", duties=("head",), email="b@org.kz")
ALIYEVA = Reader(login="aliyeva", access="responsible", person="a@org.kz", name="Айгүл", unit="hr")
ROOT = Reader(login="root", access="administrator", name="Әкімші")
PASSWORD, TOTP, CHAT = "$argon2id$v=19$stored", "JBSWY3DPEHPK3PXP", "700100"


def way_in(hash: str, kind: str, login: str = "aliyeva", *, scope: str = "") -> Entry:
    """A way in that lasts a day."""
    return Entry(
        hash=hash,
        kind=kind,  # type: ignore[arg-type]
        login=login,
        name="1С",
        scope=scope,
        created_at=NOW,
        seen_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


@pytest.fixture
def office(engine: Engine) -> Engine:
    """Two people in two units, two accounts with secrets, a session, tokens, choices and a Telegram link."""
    units = [Unit(id="hr", name="Кадр"), Unit(id="law", name="Заң", parent="hr"), Unit(id="it", name="АТ")]
    store.save(engine, units=units, people=[AIGUL, BOLAT], matches={"Ахметов Б.": "b@org.kz"}, stamp=HAND)
    accounts, links = SqlAccounts(engine), SqlLinks(engine)
    for reader in (ALIYEVA, ROOT):
        accounts.save(reader, disabled=False, **SAID)
        accounts.set_password(reader.login, PASSWORD + reader.login, **SAID)
    factors = second_factors(engine)
    factors.enrol("aliyeva", TOTP, 1, ("code1", "code2", "code3"), **SAID)
    assert factors.take_code("aliyeva", "code1", now=NOW, today=TODAY)
    accounts.let_in(way_in("5e55", "session"))
    accounts.let_in(way_in("70cead", "token", scope="read"), by="root")
    accounts.let_in(way_in("70ce0d", "token", scope="write"), by="root")
    accounts.end("aliyeva", "70ce0d", now=NOW, by="root")
    accounts.let_in(way_in("1417", "invitation", "root"), by="root")
    assert accounts.take("1417", now=NOW)
    prefer(engine, "hr", UPLOADS_THROUGH, "law", by="root", now=NOW)
    prefer(engine, "a@org.kz", DIGEST, "daily", by="aliyeva", now=NOW)
    link_key(engine)
    links.offer("a@org.kz", hash_code("ONE"), now=NOW)
    assert links.redeem(hash_code("ONE"), CHAT, language="kk", now=NOW)[0] == "linked"
    return engine


def by_hand(engine: Engine, *statements: str) -> None:
    """Done in the database, past the program."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def places(problems: tuple[Problem, ...]) -> list[tuple[str, ...]]:
    """Code, table, key and column of each problem."""
    names = ("table", "key", "field", "case", "person")
    return [
        (problem.code, *(str(problem.arguments[name]) for name in names if name in problem.arguments))
        for problem in problems
    ]


def test_what_the_program_wrote_is_found_in_order(office: Engine) -> None:
    """Every command that writes such a row says so in the chain."""
    accounts, staff, links = SqlAccounts(office), SqlStaff(office), SqlLinks(office)
    problems = verify(office)
    accounts.save(replace(ALIYEVA, access="officer", unit=""), disabled=False, **SAID)
    factors = second_factors(office)
    assert factors.take_code("aliyeva", "code2", now=NOW, today=TODAY)
    factors.make_codes("aliyeva", ("code4", "code5"), **SAID)
    factors.enrol("root", TOTP, 1, ("code6",), **SAID)
    assert second_factors(office, Cipher(new_key(), KEY)).encrypt(by="root", now=NOW).done == 2
    factors.remove("aliyeva", **SAID)
    accounts.let_in(way_in("f1", "invitation", ""))
    accounts.let_in(way_in("f2", "invitation", ""))
    accounts.end_first_invitations(but="f2", now=NOW)
    accounts.save(ALIYEVA, disabled=True, **SAID)
    factors.take_step("root", 7)
    accounts.seen("5e55", now=LATER)
    staff.keep_person(replace(BOLAT, email="new@org.kz", digest="weekly"), was=BOLAT, **SAID)
    SqlLeaves(office).set_leave(
        "a@org.kz", away=[(TODAY, TODAY)], deputy=None, by="aliyeva", now=NOW, today=TODAY
    )
    links.unlink("a@org.kz", by="aliyeva", now=NOW)
    assert links.redeem(hash_code("ONE"), CHAT, language="kk", now=NOW)[0] == "used"
    stored_office = SqlReads(office).office()
    staff.keep_unit(Unit(id="it", name="АТ бөлімі", parent="hr"), was=stored_office.units["it"], **SAID)
    staff.remove_unit(Unit(id="it", name="АТ бөлімі", parent="hr"), **SAID)
    staff.remove_person(SqlReads(office).office().people["b@org.kz"], **SAID)
    store.save(office, units=[Unit(id="new", name="Жаңа")], people=[replace(AIGUL, post="маман")], stamp=HAND)

    assert (problems, verify(office), verify(office, now=LATER)) == ((), (), ())
    assert verify(office, now=NOW + timedelta(days=2)) == ()


ENTRY = (
    "INSERT INTO entry (hash, kind, login, name, scope, created_at, seen_at, expires_at) "
    "VALUES ('bad', '{kind}', 'root', '', '', :at, :at, '2026-05-01 00:00:00')"
).replace(":at", "'2026-04-06 07:00:00'")
INJURIES = {
    "an access raised": (
        "UPDATE account SET access = 'administrator' WHERE login = 'aliyeva'",
        ("office_row_altered", "account", "aliyeva", "access"),
    ),
    "a unit opened to the whole office": (
        "UPDATE account SET unit = '' WHERE login = 'aliyeva'",
        ("office_row_altered", "account", "aliyeva", "unit"),
    ),
    "an account given to another person": (
        "UPDATE account SET person = 'b@org.kz' WHERE login = 'aliyeva'",
        ("office_row_altered", "account", "aliyeva", "person"),
    ),
    "an account closed": (
        "UPDATE account SET disabled = NOT disabled WHERE login = 'root'",
        ("office_row_altered", "account", "root", "disabled"),
    ),
    "a password replaced": (
        "UPDATE account SET password = '$argon2id$mine' WHERE login = 'root'",
        ("office_secret_replaced", "account", "root", "password"),
    ),
    "a password copied from another account": (
        "UPDATE account SET password = (SELECT password FROM account WHERE login = 'root') "
        "WHERE login = 'aliyeva'",
        ("office_secret_replaced", "account", "aliyeva", "password"),
    ),
    "a second factor removed": (
        "UPDATE account SET totp = '' WHERE login = 'aliyeva'",
        ("office_secret_removed", "account", "aliyeva", "totp"),
    ),
    "a second factor set": (
        "UPDATE account SET totp = 'MINE' WHERE login = 'root'",
        ("office_secret_added", "account", "root", "totp"),
    ),
    "a second factor copied from another account": (
        "UPDATE account SET totp = (SELECT totp FROM account WHERE login = 'aliyeva') WHERE login = 'root'",
        ("office_secret_added", "account", "root", "totp"),
    ),
    "a recovery code put there": (
        "INSERT INTO recovery_code (login, hash, made_at) VALUES ('root', 'bad', '2026-04-06 07:00:00')",
        ("office_row_added", "recovery_code", "root / bad"),
    ),
    "a used recovery code brought back": (
        "UPDATE recovery_code SET used_at = NULL WHERE hash = 'code1'",
        ("office_row_added", "recovery_code", "aliyeva / code1"),
    ),
    "an account linked to somebody of a directory": (
        "INSERT INTO identity (login, provider, subject, by_group) SELECT 'root', 'oidc', 'mine', disabled "
        "FROM account WHERE login = 'root'",
        ("office_row_added", "identity", "root / oidc"),
    ),
    "an account put there": (
        "INSERT INTO account (login, access, person, name, unit, password, totp, totp_step, disabled, "
        "created_at) SELECT 'mallory', 'administrator', '', '', '', password, '', 0, disabled, created_at "
        "FROM account WHERE login = 'root'",
        ("office_row_added", "account", "mallory"),
    ),
    "an account taken away": (
        "DELETE FROM account WHERE login = 'root'",
        ("office_row_removed", "account", "root"),
    ),
    "the scope of a token widened": (
        "UPDATE entry SET scope = 'write' WHERE hash = '70cead'",
        ("office_row_altered", "entry", "70cead", "scope"),
    ),
    "a token given to an administrator": (
        "UPDATE entry SET login = 'root' WHERE hash = '70cead'",
        ("office_row_altered", "entry", "70cead", "login"),
    ),
    "a token that never ends": (
        "UPDATE entry SET expires_at = '2099-01-01 00:00:00' WHERE hash = '70cead'",
        ("office_row_altered", "entry", "70cead", "expires_at"),
    ),
    "an ended token brought back": (
        "UPDATE entry SET ended_at = NULL WHERE hash = '70ce0d'",
        ("office_row_added", "entry", "70ce0d"),
    ),
    "a used invitation brought back": (
        "UPDATE entry SET ended_at = NULL WHERE hash = '1417'",
        ("office_row_added", "entry", "1417"),
    ),
    "a token put there": (ENTRY.format(kind="token"), ("office_row_added", "entry", "bad")),
    "a session put there": (ENTRY.format(kind="session"), ("office_row_added", "entry", "bad")),
    "an invitation put there": (ENTRY.format(kind="invitation"), ("office_row_added", "entry", "bad")),
    "an e-mail changed": (
        "UPDATE person SET email = 'mallory@evil.kz' WHERE key = 'a@org.kz'",
        ("office_row_altered", "person", "a@org.kz", "email"),
    ),
    "duties changed": (
        "UPDATE person SET duties = '[\"head\"]' WHERE key = 'a@org.kz'",
        ("office_row_altered", "person", "a@org.kz", "duties"),
    ),
    "another deputy": (
        "UPDATE person SET deputy = NULL WHERE key = 'a@org.kz'",
        ("office_row_altered", "person", "a@org.kz", "deputy"),
    ),
    "days away put there": (
        "UPDATE person SET away = '[[\"2026-01-01\",\"2026-12-31\"]]' WHERE key = 'a@org.kz'",
        ("office_row_altered", "person", "a@org.kz", "away"),
    ),
    "a person moved to another unit": (
        "UPDATE person SET unit = 'law' WHERE key = 'a@org.kz'",
        ("office_row_altered", "person", "a@org.kz", "unit"),
    ),
    "a person put there": (
        "INSERT INTO person (key, name, unit, post, duties, email, language, away) "
        "VALUES ('m', 'М', 'hr', '', '[\"head\"]', 'm@evil.kz', 'kk', '[]')",
        ("office_row_added", "person", "m"),
    ),
    "a person taken away": (
        "DELETE FROM person WHERE key = 'b@org.kz'",
        ("office_row_removed", "person", "b@org.kz"),
    ),
    "a unit put under another": (
        "UPDATE unit SET parent = 'it' WHERE id = 'law'",
        ("office_row_altered", "unit", "law", "parent"),
    ),
    "a responsible meant to be somebody else": (
        "UPDATE match SET target = 'a@org.kz'",
        ("office_row_altered", "match", "Ахметов Б.", "target"),
    ),
    "uploads through another unit": (
        "UPDATE preference SET value = 'it' WHERE name = 'uploads_through'",
        ("office_row_altered", "preference", "hr / uploads_through", "value"),
    ),
    "another Telegram account": (
        "UPDATE link SET chat = '666'",
        ("office_row_altered", "link", "a@org.kz", "chat"),
    ),
    "a Telegram account linked": (
        "INSERT INTO link (person, chat, language, linked_at) "
        "VALUES ('b@org.kz', '666', '', '2026-04-06 07:00:00')",
        ("office_row_added", "link", "b@org.kz"),
    ),
    "a code for a Telegram account put there": (
        "INSERT INTO link_code (hash, person, until) VALUES ('bad', 'b@org.kz', '2099-01-01 00:00:00')",
        ("office_row_added", "link_code", "bad"),
    ),
}


def test_a_row_changed_by_hand_is_named_with_table_key_and_column(office: Engine) -> None:
    """That one only, in the three languages; no secret is printed. Each is corrected before the next."""
    wrong = {}
    for injury, (statement, expected) in INJURIES.items():
        table = TableBase.metadata.tables[expected[1]]
        with office.begin() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
            connection.execute(text(statement))
        problems = verify(office, now=LATER)
        with office.begin() as connection:
            connection.execute(delete(table))
            if rows:
                connection.execute(insert(table), rows)
        sentences = [
            i18n.say(problem.code, problem.arguments, language)
            for problem in problems
            for language in i18n.LANGUAGES
        ]
        if (
            places(problems) != [expected]
            or not all(expected[2] in sentence for sentence in sentences)
            or any(secret in sentence for sentence in sentences for secret in ("{", "argon2", TOTP, "MINE"))
        ):
            wrong[injury] = (places(problems), sentences)

    assert wrong == {}
    assert verify(office, now=LATER) == ()


@on_sqlite_alone
def test_the_sentence_says_what_the_chain_says_and_what_stands(office: Engine) -> None:
    """Of a personal value the chain has the hash alone."""
    by_hand(
        office,
        "UPDATE account SET access = 'administrator' WHERE login = 'aliyeva'",
        "UPDATE person SET email = 'mallory@evil.kz' WHERE key = 'a@org.kz'",
    )

    access, email = verify(office)

    assert (access.arguments["chain"], access.arguments["stands"]) == ("responsible", "administrator")
    assert str(email.arguments["chain"]).startswith("#")
    assert email.arguments["stands"] == "mallory@evil.kz"
    assert i18n.say(access.code, access.arguments, "en") == (
        'account "aliyeva", access: the office\'s chain says "responsible", the database "administrator". '
        "It was changed past the program."
    )


@on_sqlite_alone
def test_no_personal_value_and_no_secret_stands_in_an_event(office: Engine) -> None:
    """Names, days away, Telegram accounts, passwords and second factors; an e-mail only where it is the key."""
    SqlStaff(office).keep_person(replace(BOLAT, email="own@home.kz"), was=BOLAT, **SAID)
    SqlLeaves(office).set_leave(
        "a@org.kz", away=[(date(2026, 7, 1), date(2026, 7, 9))], deputy=None, by="a", now=NOW, today=TODAY
    )
    renew_baseline(office, ground="тексеру", by="root", now=LATER)
    with office.connect() as connection:
        payloads = " ".join(row.payload for row in connection.execute(IN_ORDER))

    for value in ("Серікова", "Ахметов Болат", "Болат", "own@home.kz", "2026-07-09", CHAT, PASSWORD, TOTP):
        assert value not in payloads, value


@on_sqlite_alone
def test_the_same_value_has_another_hash_in_every_row(office: Engine) -> None:
    """Two accounts with one password: from the chain nobody learns that."""
    for login in ("root", "aliyeva"):
        SqlAccounts(office).set_password(login, "$argon2id$same", **SAID)
    events = office_chain.lines(office, "password_set")[-2:]
    rows = [row for event in events for row in json.loads(event.payload)["rows"] if row[1] == "account"]

    assert len(rows) == 2
    assert len({values["#password"] for _, _, _, values in rows}) == 2


@on_sqlite_alone
def test_who_saves_a_row_does_not_vouch_for_what_another_changed_in_it(office: Engine) -> None:
    """An event names what its command set: the raised access and the forged address stay named."""
    by_hand(
        office,
        "UPDATE account SET access = 'administrator' WHERE login = 'aliyeva'",
        "UPDATE person SET email = 'mallory@evil.kz' WHERE key = 'a@org.kz'",
    )
    SqlAccounts(office).set_password("aliyeva", "$argon2id$new", **SAID)
    SqlAccounts(office).save(replace(ALIYEVA, access="administrator", name="Айгүл С."), disabled=False, **SAID)
    SqlLeaves(office).set_leave("a@org.kz", away=[(TODAY, TODAY)], deputy=None, by="a", now=NOW, today=TODAY)

    assert places(verify(office)) == [
        ("office_row_altered", "account", "aliyeva", "access"),
        ("office_row_altered", "person", "a@org.kz", "email"),
    ]


@on_sqlite_alone
def test_a_row_put_there_by_hand_is_not_made_good_by_changing_it(office: Engine) -> None:
    """Not by a password, not by another access: nobody ever opened that account."""
    by_hand(office, INJURIES["an account put there"][0])
    mallory = Reader(login="mallory", access="responsible")
    SqlAccounts(office).save(mallory, disabled=True, **SAID)
    SqlAccounts(office).set_password("mallory", "x", **SAID)

    assert places(verify(office)) == [("office_row_added", "account", "mallory")]


@on_sqlite_alone
def test_what_was_changed_by_hand_is_mended_by_the_command(office: Engine) -> None:
    """Set to what it should be, it agrees with the chain again."""
    by_hand(office, "UPDATE account SET access = 'administrator' WHERE login = 'aliyeva'")
    SqlAccounts(office).save(ALIYEVA, disabled=False, **SAID)

    assert verify(office) == ()


def test_names_in_two_languages_are_vouched_for_as_hashes(office: Engine) -> None:
    """Also of people on record since before there were any: what nobody recorded is named."""
    staff, person = SqlStaff(office), store.office(office).people[AIGUL.key]
    with office.begin() as connection:
        connection.execute(text("UPDATE person SET name_kk = 'Бөтен' WHERE key = :key"), {"key": AIGUL.key})
    (problem,) = verify(office)
    assert (problem.code, problem.arguments["field"]) == ("office_row_altered", "name_kk")

    stored_person = store.office(office).people[AIGUL.key]
    staff.keep_person(replace(person, name_kk="Айгүл Серікқызы"), was=stored_person, **SAID)  # type: ignore[arg-type]
    assert verify(office) == ()
    with office.connect() as connection:
        payloads = connection.execute(text("SELECT payload FROM act")).scalars().all()
    assert not any("Серікқызы" in payload for payload in payloads)


def test_a_salt_that_was_changed_is_no_way_round(office: Engine) -> None:
    """Neither another salt nor none makes another value fit."""
    by_hand(
        office, "UPDATE salt SET salt = 'mine' WHERE what = 'link'", "DELETE FROM salt WHERE what = 'account'"
    )

    places_named = {place[:3] for place in places(verify(office))}

    assert ("office_row_altered", "link", "a@org.kz") in places_named
    assert ("office_secret_replaced", "account", "root") in places_named


def test_the_salt_of_a_person_goes_with_them(office: Engine) -> None:
    """Then nobody can find out by guessing what their name or address was; the chain still verifies."""
    SqlStaff(office).remove_person(SqlReads(office).office().people["b@org.kz"], **SAID)
    with office.connect() as connection:
        salt_keys = connection.execute(text("SELECT key FROM salt WHERE what = 'person'")).scalars().all()

    assert salt_keys == ['["a@org.kz"]']
    assert verify(office) == ()


# ----------------------------------------------------------------------------------------------------- baseline


def test_a_baseline_leaves_out_what_is_over(office: Engine) -> None:
    """Sessions of years are not written into the chain; bringing one of them back is named all the same."""
    ensure_baseline(office, now=NOW + timedelta(days=2))
    by_hand(office, "UPDATE entry SET expires_at = '2099-01-01 00:00:00' WHERE hash = '5e55'")

    assert places(verify(office)) == [("office_row_added", "entry", "5e55")]


def test_nodes_that_start_together_write_one_baseline(server: Engine) -> None:
    """The second waits and finds it there."""
    ready = Barrier(4)

    def start() -> None:
        own_engine = open_database(server.url.render_as_string(hide_password=False))
        ready.wait()
        ensure_baseline(own_engine, now=NOW)
        own_engine.dispose()

    threads = [Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(office_chain.lines(server, "baseline")) == 1


@on_sqlite_alone
def test_differences_are_accepted_with_a_ground_that_stays(office: Engine) -> None:
    """A row corrected in the database by its owner: the chain records who accepted what, and why."""
    by_hand(office, INJURIES["an e-mail changed"][0], INJURIES["an account put there"][0])
    accepted = renew_baseline(office, ground="дерекқор қолмен түзетілді", by="root", now=LATER)
    (line,) = office_chain.lines(office, "baseline")
    since = vouching(office).baseline

    assert accepted == 2
    assert verify(office) == ()
    assert since is not None
    assert (since.at, since.by, since.ground) == (LATER, "root", "дерекқор қолмен түзетілді")
    assert json.loads(line.payload)["accepted"] == [
        ["office_row_added", "account", "mallory"],
        ["office_row_altered", "person", "a@org.kz", "email"],
    ]
    assert "mallory@evil.kz" not in line.payload


def test_what_a_node_of_the_version_before_writes_is_counted_and_not_compared(office: Engine) -> None:
    """While nodes are brought up to date one by one its events do not say which rows they changed."""
    ensure_baseline(office, now=NOW)
    by_hand(office, "UPDATE person SET email = 'moved@org.kz' WHERE key = 'a@org.kz'")
    with office.begin() as connection:
        office_chain.append(
            connection,
            kind="person_saved",
            name="a@org.kz",
            on=TODAY,
            by="root",
            now=NOW,
            payload={"email": "x"},
        )

    assert verify(office) == ()
    assert vouching(office).unvouched == 1
    renew_baseline(office, ground="жаңартылды", by="root", now=LATER)
    assert vouching(office).unvouched == 0


def test_every_table_that_is_vouched_for_has_its_words() -> None:
    """The table and each of its columns, in the three languages."""
    for of in VOUCHED:
        codes = [f"vouched.table.{of.name}", *(f"vouched.field.{name}" for name in of.columns)]
        assert all(i18n.say(code, {}, language) for code in codes for language in i18n.LANGUAGES)


# --------------------------------------------------------------------------------------------- the chain itself


def test_people_of_a_country_are_taken_in_by_few_statements(engine: Engine) -> None:
    """The chain is written by one statement however many lines there are."""
    people = [
        Person(key=f"p{n}@org.kz", name=f"Адам {n}", unit="hr", email=f"p{n}@org.kz") for n in range(1000)
    ]
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(engine, "before_cursor_execute", counted)
    store.save(engine, people=people, stamp=HAND)
    event.remove(engine, "before_cursor_execute", counted)

    assert count < 30
    assert len(office_chain.lines(engine, "person_saved")) == 1000
    assert verify(engine) == ()


def test_the_newest_line_of_a_kind_is_found_without_reading_the_chain(sqlite: Engine) -> None:
    """It is asked for with every request, and the chain has a line for every person and session."""
    query = "SELECT hash FROM act WHERE kind IN ('a', 'b') ORDER BY seq DESC LIMIT 1"
    with sqlite.connect() as connection:
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))

    assert "SEARCH act USING" in plan


def test_many_write_the_chain_at_once(engine: Engine) -> None:
    """Nobody is refused, nothing is lost, and it verifies."""
    SqlAccounts(engine).save(ALIYEVA, disabled=False, **SAID)
    ready, troubles = Barrier(6), list[BaseException]()

    def enter(number: int) -> None:
        accounts = SqlAccounts(engine)
        ready.wait()
        try:
            for turn in range(5):
                accounts.let_in(way_in(f"{number}{turn}", "session"))
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [Thread(target=enter, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert troubles == []
    assert len(office_chain.lines(engine, "session_given")) == 30
    assert verify(engine) == ()


# ---------------------------------------------------------------------------------------- cases and who may see


@pytest.fixture
def secret(engine: Engine) -> Case:
    """A confidential case with one person named to know of it."""
    opening = Opening(
        procedure="conflict-of-interest",
        unit="hr",
        person="about@org.kz",
        readers=("named@org.kz",),
        facts={"conflict_known": TODAY},
    )
    return case_commands(engine).open(opening, **SAID)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('UPDATE "case" SET confidential = (1 = 0)', ("case_row_altered", "confidential")),
        ("UPDATE \"case\" SET unit = 'law'", ("case_row_altered", "unit")),
        ("UPDATE \"case\" SET standing = 'cancelled'", ("case_row_altered", "standing")),
        ("UPDATE \"case\" SET object = 'x'", ("case_row_altered", "object")),
        (
            'INSERT INTO reader ("case", person) SELECT id, \'mallory\' FROM "case"',
            ("case_reader_added", "mallory"),
        ),
        ("DELETE FROM reader WHERE person = 'named@org.kz'", ("case_reader_removed", "named@org.kz")),
    ],
)
def test_who_may_see_a_case_is_compared_with_its_events(
    engine: Engine, secret: Case, statement: str, expected: tuple[str, str]
) -> None:
    """Named with the case, also without recomputing the board; `rebuild` corrects it."""
    before = verify(engine)
    by_hand(engine, statement)

    problems = verify(engine)
    rebuild(engine, recompute(engine, TODAY), now=NOW)

    assert before == ()
    assert places(problems) == [(expected[0], *_of_case(secret, expected))]
    assert verify(engine, recompute=recompute(engine, TODAY)) == ()


def _of_case(case: Case, expected: tuple[str, str]) -> tuple[str, str]:
    return (expected[1], case.id) if expected[0] == "case_row_altered" else (case.id, expected[1])


def test_a_reader_of_a_case_that_is_not_confidential_is_named(engine: Engine) -> None:
    """They would see it the day it becomes one."""
    case = opened(engine)
    by_hand(engine, f"INSERT INTO reader (\"case\", person) VALUES ('{case.id}', 'mallory')")

    assert places(verify(engine)) == [("case_reader_added", case.id, "mallory")]


@pytest.mark.parametrize("state", ["queued", "withdrawn", "sending"])
def test_a_letter_that_never_left_opens_no_case(engine: Engine, secret: Case, state: str) -> None:
    """What only waits is not proved in the register: anybody could have put it there."""
    by_hand(
        engine,
        'INSERT INTO notice (key, "case", obligation, due, rung, person, channel, address, language, state, '
        "attempts, queued_at, not_before, answer, text_hash, message_id, kind, bundle, carrier, about) "
        f"VALUES ('k', '{secret.id}', 'o', '2026-04-09', '0', 'mallory', 'email', 'a', 'kk', '{state}', 1, "
        "'2026-04-06 07:00:00', '2026-04-06 07:00:00', '', '', '', 'reminder', '', '', '{}')",
    )
    reads = SqlReads(engine).seen_by(scope(Reader(login="m", access="officer", person="mallory")))

    assert reads.cases() == []
