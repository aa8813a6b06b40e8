"""Removes a person's names and addresses from every table, keeping the events verifiable.

Private values that contain them are erased. A rewritten event keeps the hash it was written with; the hash of
its new content stands in the event of the order. The former content can no longer be proved, which is the
purpose.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Engine, String, Table, Update, column, or_, select, table as plain_table
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from merzim.storage import events
from merzim.storage.accounts.accounts import end_entries
from merzim.storage.database import read_column, reading
from merzim.storage.events import OFFICE_IN_ORDER, Draft, changing_office, office_event, record
from merzim.storage.tables.accounts import ACCOUNT, ENTRY, IDENTITY, RECOVERY_CODE
from merzim.storage.tables.base import TableBase, canonical
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import EVENT, OF_CASES, install_triggers, remove_triggers
from merzim.storage.tables.notices import LINK, LINK_CODE, NOTICE
from merzim.storage.tables.organisation import FORMER, FormerPersonRow
from workflow.moments import Moment
from workflow.search_words import normalise

ANONYMISED = "person_anonymised"
"""The event of an anonymisation; `rewritten`: the events it rewrote, each by its id and its hash since."""
_LEFT_ALONE = frozenset({"person", "unit", "former_person", "match"})
_LOGIN_COLUMNS = frozenset({"by", "login", "name", "created_by", "edited_by", "started_by"})
log = logging.getLogger("merzim.retention")
_OF_ACCOUNTS = '"(?:account|identity|recovery_code)"'


@dataclass(frozen=True, kw_only=True)
class Erasure:
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

    def needles(self) -> list[str]:
        """Return texts to search rows by: a row that contains none of them need not be rewritten."""
        return sorted({*_forms(self.keys), *_forms(self.names), *self.logins})

    def key_in(self, texts: Iterable[str]) -> bool:
        """Return whether any of these texts contains one of the keys and addresses."""
        return any(_addresses(self.keys).search(text) for text in texts)

    def replaced(self, text: str, name: str, *, shared: bool = True) -> str:
        """Return a column's text with the person's names, keys and log-ins replaced. `name`: the name of the
        column. `shared`: whether names others have as well are replaced too.
        """
        if name in _LOGIN_COLUMNS and text in self.logins:
            return self.token
        for login in self.logins if text.startswith(("{", "[")) else ():
            quoted = re.escape(json.dumps(login, ensure_ascii=False))
            text = re.sub(rf'({_OF_ACCOUNTS},\[|"(?:by|login)":){quoted}', rf'\1"{self.token}"', text)
        text = _addresses(self.keys).sub(self.token, text)
        replacement = self.name_in.get(name.rpartition("_")[2], self.name)

        def named(match: re.Match[str]) -> str:
            small = match.group() == match.group().casefold()
            return replacement.casefold() if small else replacement

        return _words((*self.names, *(self.shared_names if shared else ()))).sub(named, text)


def _forms(words: Iterable[str]) -> set[str]:
    """Return the forms words occur in: as written, in lower case, normalised for searches, escaped in JSON."""
    ways = (str, str.casefold, normalise, lambda word: json.dumps(word, ensure_ascii=False)[1:-1])
    return {way(word) for word in words for way in ways} - {""}


@lru_cache(maxsize=4)
def _words(words: tuple[str, ...], around: tuple[str, str] = (r"\w", r"\w")) -> re.Pattern[str]:
    """Return the pattern of these words, the longest first, with nothing like `around` before and behind."""
    either = "|".join(map(re.escape, sorted(_forms(words), key=len, reverse=True))) or r"(?!)"
    return re.compile(rf"(?<!{around[0]})(?:{either})(?!{around[1]})", re.IGNORECASE)


def _addresses(keys: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of these keys and addresses."""
    return _words(keys, (r"[\w.+-]", r"(?:[\w@+-]|\.\w)"))


def _rewrite(session: Session, words: Erasure) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Rewrite every row that contains one of the words, events too. Return the number of rows by table; id and
    new hash of each rewritten event.
    """
    counts, ids = Counter[str](), list[int]()
    remove_triggers(session.connection())
    for table, before, rewriting in _matching_rows(session, words):
        session.execute(rewriting)
        counts[table.name] += 1
        ids += [before["id"]] if table is EVENT else []
    install_triggers(session.connection())
    return counts, [(id, events.hash_now(session, id)) for id in ids]


def open_cases_naming(engine: Engine, words: Iterable[str]) -> list[str]:
    """Return the ids of active cases, not completed or closed, of which an event contains one of the words."""
    name_condition = or_(*(EVENT.c.payload.contains(word, autoescape=True) for word in words))
    query = select(EVENT.c.case).distinct().join(CASE, CASE.c.id == EVENT.c.case)
    over = CASE.c.stage.in_(("completed", "closed"))
    return sorted(read_column(engine, query.where(OF_CASES, CASE.c.status == "active", ~over, name_condition)))


def rewritten(session: Session) -> dict[int, str]:
    """Return the hashes of the events that orders of the office have rewritten, by id."""
    orders = session.execute(OFFICE_IN_ORDER.where(EVENT.c.kind == ANONYMISED))
    contents = [events.decoded(order.payload) for order in orders]
    return {id: hash for content in contents for id, hash in content.get("rewritten", ())}


def _take_away(session: Session, words: Erasure, now: datetime) -> None:
    """Delete what belongs to the person alone: accounts with all ways to log in, links to a chat, addresses in
    the audit log; withdraw their letters that have not left.
    """
    keys, logins = [*words.keys], [*words.logins]
    end_entries(session, ENTRY.c.login.in_(logins), now)
    for table in (ACCOUNT, IDENTITY, RECOVERY_CODE):
        session.execute(table.delete().where(table.c.login.in_(logins)))
    for table in (LINK, LINK_CODE):
        session.execute(table.delete().where(table.c.person.in_(keys)))
    theirs = or_(EVENT.c.by.in_([*logins, *keys]), EVENT.c.name.in_(logins))
    events.erase(session, theirs, [events.CLIENT])
    waiting = NOTICE.c.person.in_(keys) & NOTICE.c.state.in_(("queued", "sending"))
    session.execute(NOTICE.update().where(waiting).values(state="withdrawn"))
    session.execute(NOTICE.update().where(NOTICE.c.person.in_(keys)).values(address=words.token))


def _matching_rows(session: Session, words: Erasure) -> Iterator[tuple[Table, dict[str, Any], Update]]:
    """Yield the rows of all tables that contain one of the words: their table, their texts and key, and the
    statement that rewrites them.
    """
    for table in TableBase.metadata.sorted_tables:
        texts = [table_column.name for table_column in table.c if _is_text(table_column.type)]
        if table.name in _LEFT_ALONE or not texts:
            continue
        raw = plain_table(table.name, *(column(table_column.name) for table_column in table.c))
        keys = [table_column.name for table_column in table.primary_key.columns]
        condition = or_(
            *(raw.c[name].contains(needle, autoescape=True) for name in texts for needle in words.needles())
        )
        columns = [raw.c[name] for name in dict.fromkeys((*keys, *texts))]
        for row in session.execute(select(*columns).where(condition).order_by(*columns[: len(keys)])).all():
            before = dict(row._mapping)
            held = {name: before[name] for name in texts if isinstance(before[name], str)}
            shared = words.key_in(held.values())
            replaced = {name: words.replaced(text, name, shared=shared) for name, text in held.items()}
            if table is EVENT:
                replaced["private"] = _erased(held["private"], words, shared=shared)
            if new := {name: text for name, text in replaced.items() if text != before[name]}:
                mine = [raw.c[name] == before[name] for name in keys]
                yield table, before, raw.update().where(*mine).values(new)


def _erased(private: str, words: Erasure, *, shared: bool) -> str:
    """Return the private values of an event without those that contain one of the words."""
    texts = {name: canonical(pair) for name, pair in events.decoded(private).items()}
    kept = {name: text for name, text in texts.items() if words.replaced(text, "", shared=shared) == text}
    return canonical({name: json.loads(text) for name, text in kept.items()})


def _is_text(kind: object) -> bool:
    return isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, String)


def carry_out(
    engine: Engine, person: FormerPersonRow, words: Erasure, *, number: str, on: date, ground: str, at: Moment
) -> dict[str, int]:
    """Anonymise a person by an order of this number and date, in one transaction; return the number of
    rewritten rows by table.
    """
    with changing_office(engine) as session:
        _take_away(session, words, at.now)
        record(session, Draft(kind="person_forgotten", name=words.token, by=at.by, at=at.now))
        counts, changed_events = _rewrite(session, words)
        mine = FORMER.c.number == person.number
        closed = {"key": words.token, "anonymised_on": at.today, "act": number, "act_on": on}
        session.execute(FORMER.update().where(mine).values(said=[], **closed))
        details = {
            "act": number,
            "act_on": on.isoformat(),
            "ground": words.replaced(ground, ""),
            "rewritten": changed_events,
        }
        event = office_event(at, ANONYMISED, words.token, details)
        record(session, event)
    _compact(engine)
    return counts


def preview(engine: Engine, words: Erasure) -> dict[str, int]:
    """Return the number of rows that would be rewritten, by table; nothing is written."""
    with reading(engine) as session:
        return Counter(table.name for table, _, _ in _matching_rows(session, words))


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
