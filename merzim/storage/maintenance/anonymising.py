"""Removes a person's names and addresses from every table, keeping the chains verifiable.

A rewritten event keeps the hash it was written with; its new content is hashed in the table `rewritten`, and
all of those rows in the event of the order. The former content can no longer be proved, which is the purpose.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Connection, Engine, String, Table, column, or_, select, text
from sqlalchemy import table as plain_table
from sqlalchemy.types import TypeDecorator

from merzim.storage import events
from merzim.storage.accounts.accounts import end_entries
from merzim.storage.chain import canonical, line, link
from merzim.storage.database import audit
from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.maintenance import triggers
from merzim.storage.notices import journal
from merzim.storage.org.chain import IN_ORDER
from merzim.storage.org.former import FormerPerson
from merzim.storage.org.vouched import (
    ACCOUNTS,
    IDENTITIES,
    LINKS,
    PREFERENCES,
    RECOVERY_CODES,
    RowChange,
    RowEvent,
    record,
)
from merzim.storage.rows import notice as notice_of
from merzim.storage.tables.accounts import (
    ACCOUNT,
    DEVICE,
    ENTRY,
    IDENTITY,
    RECOVERY_CODE,
)
from merzim.storage.tables.audit import AUDIT, AUDIT_ORIGIN
from merzim.storage.tables.base import TableBase
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import LINK, LINK_CODE, NOTICE, PROOF, SETTLED
from merzim.storage.tables.organisation import ACT, FORMER, PREFERENCE, REWRITTEN
from workflow.search_words import normalise

ANONYMISED = "person_anonymised"
"""The event of an anonymisation; `digest` is the hash of all rows of `rewritten` at that time."""
_LEFT_ALONE = frozenset({"person", "unit", "seal", "former_person", "rewritten", "salt", "match"})
_LOGIN_COLUMNS = frozenset({"by", "login", "name", "created_by", "edited_by", "started_by"})
_KEYS: Mapping[str, tuple[str, str]] = {
    "event": ("", "id"),
    "act": ("", "seq"),
    "audit": ("", "seq"),
    "proof": ("", "n"),
}
"""Source -> the columns with key and number of an event."""
log = logging.getLogger("merzim.retention")
_OF_ACCOUNTS = '"(?:account|identity|recovery_code)"'
Place = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words to replace, and their replacements.

    Attributes:
        token: replacement for keys, addresses and log-in names.
        name: replacement for names; `name_in`: by language.
        keys: keys and addresses, replaced wherever they occur as a whole.
        names: names, replaced wherever they occur as whole words.
        shared_names: names that other people have too: replaced only in rows that also contain a key or
            address.
        logins: replaced where a column contains nothing else.
    """

    token: str
    name: str
    name_in: Mapping[str, str]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    shared_names: tuple[str, ...]
    logins: tuple[str, ...]
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict)

    def needles(self) -> list[str]:
        """Return texts to search rows by: a row that contains none of them need not be rewritten."""
        texts = {form for word in (*self.keys, *self.names) for form in _forms(word)}
        return sorted(texts | set(self.logins))

    def stand_in(self, texts: Iterable[str]) -> bool:
        """Return whether one of the texts contains one of the keys or addresses."""
        pattern = self._pattern("keys", self.keys, r"[\w.+-]", r"(?:[\w@+-]|\.\w)")
        return any(pattern.search(text) for text in texts)

    def replaced(self, text: str, name: str, *, shared: bool = True) -> str:
        """Return a column's text with the person's names, keys and log-ins replaced.

        Args:
            name: the name of the column.
            shared: whether names others have as well are replaced too.
        """
        if name in _LOGIN_COLUMNS and text in self.logins:
            return self.token
        for login in self.logins if text.startswith(("{", "[")) else ():
            quoted = json.dumps(login, ensure_ascii=False)
            text = re.sub(
                rf'({_OF_ACCOUNTS},\[|"(?:by|login)":){re.escape(quoted)}', rf'\1"{self.token}"', text
            )
        text = self._pattern("keys", self.keys, r"[\w.+-]", r"(?:[\w@+-]|\.\w)").sub(self.token, text)
        replacement = self.name_in.get(name.rpartition("_")[2], self.name)

        def named(match: re.Match[str]) -> str:
            small = match.group() == match.group().casefold()
            return replacement.casefold() if small else replacement

        text = self._pattern("names", self.names, r"\w", r"\w").sub(named, text)
        return self._pattern("shared", self.shared_names, r"\w", r"\w").sub(named, text) if shared else text

    def _pattern(self, kind: str, words: tuple[str, ...], before: str, after: str) -> re.Pattern[str]:
        if kind not in self._patterns:
            forms = sorted({form for word in words for form in _forms(word)}, key=len, reverse=True)
            either = "|".join(map(re.escape, forms)) or r"(?!)"
            self._patterns[kind] = re.compile(rf"(?<!{before})(?:{either})(?!{after})", re.IGNORECASE)
        return self._patterns[kind]


def anonymise(connection: Connection, words: Words) -> dict[str, int]:
    """Rewrite every row that contains one of the words, in the caller's transaction; return the number of rows
    by table.

    Rewritten events of chains get new hashes in `rewritten`.
    """
    _forget(connection, words)
    for name in sorted(triggers.names(connection.dialect.name)):
        _drop(connection, name)
    changed_rows: dict[str, list[Mapping[str, Any]]] = {}
    for table in TableBase.metadata.sorted_tables:
        if table.name not in _LEFT_ALONE and (rows := list(_rewritten(connection, table, words))):
            changed_rows[table.name] = rows
    if connection.dialect.name == "postgresql":
        _rewrite_jobs(connection, words)
    _hash_notices_anew(connection, changed_rows)
    triggers.install(connection)
    places = {
        place for source, rows in changed_rows.items() if source in _KEYS for place in _places(source, rows)
    }
    _keep_hashes(connection, places)
    return {name: len(rows) for name, rows in changed_rows.items()}


def digest(connection: Connection) -> str:
    """Return one hash over all rows of the table `rewritten`."""
    rows = connection.execute(REWRITTEN.select().order_by(*REWRITTEN.primary_key.columns))
    return sha256(canonical([[*row] for row in rows]).encode()).hexdigest()


def open_cases_naming(engine: Engine, words: Iterable[str]) -> list[str]:
    """Return the open cases whose events contain one of the words."""
    name_condition = or_(*(EVENT.c.payload.contains(word, autoescape=True) for word in words))
    query = select(EVENT.c.case).distinct().join(CASE, CASE.c.id == EVENT.c.case)
    over = CASE.c.stage.in_(("completed", "closed"))
    with reading(engine) as connection:
        return sorted(
            connection.execute(query.where(CASE.c.standing == "active", ~over, name_condition)).scalars()
        )


def rewritten(connection: Connection) -> tuple[bool, Mapping[Place, str]]:
    """Return the hashes of rewritten events, and whether they match the last anonymisation."""
    last = select(ACT.c.payload).where(ACT.c.kind == ANONYMISED).order_by(ACT.c.seq.desc()).limit(1)
    payload = connection.execute(last).scalar()
    rewritten = journal.rewritten_lines(connection)
    try:
        expected = json.loads(payload)["digest"] if payload else ""
    except (ValueError, KeyError, TypeError):
        expected = ""
    return (digest(connection) == expected) if rewritten or expected else True, rewritten


def _forms(word: str) -> set[str]:
    """Return the forms a word occurs in: as written, in lower case, normalised for searches, escaped in
    JSON.
    """
    return {word, word.casefold(), normalise(word), json.dumps(word, ensure_ascii=False)[1:-1]} - {""}


def _forget(connection: Connection, words: Words) -> None:
    """Delete data that belongs to the person alone: link codes, addresses in the audit log;
    withdraw their letters.
    """
    keys, logins = [*words.keys], [*words.logins]
    connection.execute(LINK_CODE.delete().where(LINK_CODE.c.person.in_(keys)))
    entries = select(AUDIT.c.seq).where(or_(AUDIT.c.by.in_([*logins, *keys]), AUDIT.c.name.in_(logins)))
    erased = AUDIT_ORIGIN.update().where(AUDIT_ORIGIN.c.seq.in_(entries))
    connection.execute(erased.values(address=None, salt=None))
    waiting = NOTICE.c.person.in_(keys) & NOTICE.c.state.in_(("queued", "sending"))
    connection.execute(NOTICE.update().where(waiting).values(state="withdrawn"))
    connection.execute(NOTICE.update().where(NOTICE.c.person.in_(keys)).values(address=words.token))


def _drop(connection: Connection, trigger: str) -> None:
    table = trigger.removeprefix("merzim_").rpartition("_")[0]
    on = "" if connection.dialect.name == "sqlite" else f" ON {table}"
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}{on}")


def _rewritten(connection: Connection, table: Table, words: Words) -> Iterator[Mapping[str, Any]]:
    """Rewrite the rows of a table; yield each rewritten row."""
    raw = plain_table(table.name, *(column(table_column.name) for table_column in table.c))
    keys = [table_column.name for table_column in table.primary_key.columns]
    for before, new in _matching_rows(connection, table, words):
        mine = [raw.c[name] == before[name] for name in keys]
        connection.execute(raw.update().where(*mine).values(new))
        yield {**before, **new}


def _matching_rows(
    connection: Connection, table: Table, words: Words
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Yield the rows of a table that contain one of the words, each with the new values of its columns."""
    texts = [table_column.name for table_column in table.c if _is_text(table_column.type)]
    raw = plain_table(table.name, *(column(table_column.name) for table_column in table.c))
    keys = [table_column.name for table_column in table.primary_key.columns]
    if not texts:
        return
    condition = or_(
        *(raw.c[name].contains(needle, autoescape=True) for name in texts for needle in words.needles())
    )
    columns = [raw.c[name] for name in dict.fromkeys((*keys, *texts))]
    for row in connection.execute(select(*columns).where(condition)).all():
        before = dict(row._mapping)
        held = {name: before[name] for name in texts if isinstance(before[name], str)}
        shared = words.stand_in(held.values())
        replaced = {name: words.replaced(text, name, shared=shared) for name, text in held.items()}
        if table is EVENT:
            replaced["private"] = _erased(held["private"], words, shared=shared)
        new = {name: text for name, text in replaced.items() if text != before[name]}
        if new:
            yield before, new


def _erased(private: str, words: Words, *, shared: bool) -> str:
    """Return the private values of an event without those that contain one of the words."""
    texts = {name: canonical(pair) for name, pair in events.decoded(private).items()}
    kept = {name: text for name, text in texts.items() if words.replaced(text, "", shared=shared) == text}
    return canonical({name: json.loads(text) for name, text in kept.items()})


def _rewrite_jobs(connection: Connection, words: Words) -> None:
    """Rewrite the keys of letters in the jobs of the queue, if there is one."""
    if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        return
    jobs = connection.execute(text("SELECT id, args::text FROM procrastinate_jobs")).all()
    for id, args in jobs:
        if (replaced := words.replaced(args, "args")) != args:
            step = text("UPDATE procrastinate_jobs SET args = CAST(:args AS jsonb) WHERE id = :id")
            connection.execute(step, {"args": replaced, "id": id})


def _is_text(kind: object) -> bool:
    return isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, String)


def _hash_notices_anew(connection: Connection, changed_rows: dict[str, list[Mapping[str, Any]]]) -> None:
    """Update the hashes of rewritten notices in the journal of notices."""
    keys = {row["key"] for row in changed_rows.get(NOTICE.name, ())}
    if not keys:
        return
    digests = {}
    for key in sorted(keys):
        digests[key] = journal.digest(
            notice_of(connection.execute(select(NOTICE).where(NOTICE.c.key == key)).one())
        )
    for proof in connection.execute(PROOF.select()).all():
        lines = json.loads(proof.lines)
        new = [
            [key, state, digests[key] if key in digests and state in SETTLED else hashed]
            for key, state, hashed in lines
        ]
        if new != lines:
            connection.execute(PROOF.update().where(PROOF.c.n == proof.n).values(lines=canonical(new)))
            changed_rows.setdefault(PROOF.name, []).append({"n": proof.n})


def _places(source: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Place]:
    place, number = _KEYS[source]
    for row in rows:
        yield source, str(row[place]) if place else "", int(row[number])


def _keep_hashes(connection: Connection, places: set[Place]) -> None:
    """Record the present hashes of these events, each with its original hash."""
    lines = [
        {"source": source, "place": place, "seq": seq, "hash": _hash_now(connection, source, place, seq)}
        for source, place, seq in sorted(places)
    ]
    if lines:
        step = insert(connection, REWRITTEN)
        keys = [*REWRITTEN.primary_key.columns]
        connection.execute(
            step.on_conflict_do_update(index_elements=keys, set_={"hash": step.excluded.hash}), lines
        )


def _hash_now(connection: Connection, source: str, place: str, seq: int) -> str:
    if source == "audit":
        row = connection.execute(AUDIT.select().where(AUDIT.c.seq == seq)).one()
        return link(row.previous, audit.entry_line(dict(row._mapping)))
    if source == "proof":
        row = connection.execute(PROOF.select().where(PROOF.c.n == seq)).one()
        return link(row.previous, journal.line(row.n, row.at, row.lines))
    if source == "event":
        return events.hash_now(connection, seq)
    query = IN_ORDER.subquery()
    return content_hash(connection.execute(select(query).where(query.c.seq == seq)).one())


def content_hash(event: Row_) -> str:
    """Return the hash of an event's present content."""
    line_text = line(
        case=event.case,
        seq=event.seq,
        kind=event.kind,
        name=event.name,
        on=event.on,
        at=event.at,
        by=event.by,
        payload=event.payload,
    )
    return link(event.previous, line_text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """The order by which somebody is anonymised. `by`, `now`, `today`: who carries it out, and when;
    `spellings`: how many further spellings of the name it named.
    """

    number: str
    on: date
    ground: str
    by: str
    now: datetime
    today: date
    spellings: int = 0


def carry_out(engine: Engine, person: FormerPerson, words: Words, act: Act) -> dict[str, int]:
    """Anonymise a person by an order, in one transaction; return the number of rewritten rows by table."""
    with writing(engine) as connection:
        rows = _taken_away(connection, words, act.now)
        record(
            connection, RowEvent(kind="person_forgotten", name=words.token, by=act.by, now=act.now, rows=rows)
        )
        counts = anonymise(connection, words)
        mine = FORMER.c.number == person.number
        closed = {"key": words.token, "anonymised_on": act.today, "act": act.number, "act_on": act.on}
        connection.execute(FORMER.update().where(mine).values(said=[], **closed))
        details = {
            "act": act.number,
            "act_on": act.on.isoformat(),
            "ground": words.replaced(act.ground, ""),
            "id": person.id,
            "spellings": act.spellings,
            "digest": digest(connection),
        }
        event = RowEvent(kind=ANONYMISED, name=words.token, on=act.today, by=act.by, now=act.now, more=details)
        record(connection, event)
    _compact(engine)
    return counts


def preview(engine: Engine, words: Words) -> dict[str, int]:
    """Return the number of rows that would be rewritten, by table; nothing is written."""
    counts: dict[str, int] = {}
    with reading(engine) as connection:
        for table in TableBase.metadata.sorted_tables:
            if table.name not in _LEFT_ALONE and (
                count := sum(1 for _ in _matching_rows(connection, table, words))
            ):
                counts[table.name] = count
    return counts


def _taken_away(connection: Connection, words: Words, now: datetime) -> list[RowChange]:
    """Delete accounts, choices and the link to a chat; return the changes for the office's chain."""
    logins, keys = [*words.logins], [*words.keys]
    rows = end_entries(connection, ENTRY.c.login.in_(logins), now)
    for of, mine in (
        (ACCOUNTS, ACCOUNT.c.login.in_(logins)),
        (IDENTITIES, IDENTITY.c.login.in_(logins)),
        (RECOVERY_CODES, RECOVERY_CODE.c.login.in_(logins)),
        (PREFERENCES, PREFERENCE.c.owner.in_(keys)),
        (LINKS, LINK.c.person.in_(keys)),
    ):
        records = connection.execute(select(*(of.table.c[name] for name in of.key)).where(mine)).all()
        rows += [of.removed(*map(str, record)) for record in records]
        connection.execute(of.table.delete().where(mine))
    for table in (DEVICE,):
        connection.execute(table.delete().where(table.c.login.in_(logins)))
    return rows


def _compact(engine: Engine) -> None:
    """Remove the old content from unused pages of an SQLite file; if a reader prevents it, that is logged."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.commit()
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            raw.cursor().execute(statement)
    except OperationalError as trouble:
        log.warning("the file was not compacted: old pages keep what was erased until it is: %s", trouble)
    finally:
        raw.close()
