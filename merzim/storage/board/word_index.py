"""The index of the search: which words stand in the texts of cases, of the rows of their registers, of their
files, and of rows of registers.

It finds the places that may have a word. Whether they have it, and who may see them, is asked of the texts
themselves: the index holds nothing that the columns `search` do not, and where it waits to be written the texts
are read. A confidential value stands in neither; a value that is erased leaves both in one transaction.

One plain table serves both databases. At 100,000 cases on PostgreSQL 18 (docs/performance.md) a word of few
cases takes it under 1 ms, a trigram index of pg_trgm 10-18 ms; a word of every case takes 117 ms there, while
here it counts as common after 500 places and the newest texts are read instead. pg_trgm may not be created by
everybody. FTS5 of SQLite 3.40 keeps erased words in its segments, and names its rows by numbers that VACUUM
gives anew. Forms of a word have their beginning in common, which a b-tree finds; words much like one have a
beginning without one letter in common with it (`search_typo`): six looks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, exists, func, select

from merzim.storage.database.dialect import chunks, insert, insert_rows
from merzim.storage.database.engine import reading, writing
from merzim.storage.database.in_list import execute_for_names, fetch_for_names, in_names
from merzim.storage.database.prepared import Prepared
from merzim.storage.tables.cases import CASE, CASE_ROW, SEARCH_TYPO, SEARCH_WORD, UNSEARCHED
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.search_words import (
    TYPO_WINDOW,
    index_key,
    index_words,
    is_short,
    like_words,
    may_be_mistyped,
    runs_of,
    search_stem,
    short_stems,
    typo_keys,
    word_forms,
)

COUNTED = 500
"""A word in more places than these is looked for in the texts; found ones are counted as far."""
WIDTHS = range(-1, 4)
"""How wide a search looks: at whole words where short ones were typed; at beginnings of words, within longer
words, with one letter wrong, with two.
"""
EXACT = WIDTHS[0]
AT_ONCE = 500
"""Texts written in one transaction."""
FILE = "file"
"""The kind of the rows of a case that stand for its files (`merzim.storage.cases.recommendations`)."""
_AFTER = "\U0010ffff"
_KINDS = ("case", "case_row", FILE, "register_row")
_MARKED = {"case": ('"case"', "id"), "case_row": ("case_row", '"case"'), "register_row": ("register_row", "id")}
"""What triggers name -> the table of its texts, and the column of their place."""
_MARK_OF = {"case": "case", "case_row": "case_row", FILE: "case_row", "register_row": "register_row"}
_TEXTS = {
    "case": select(CASE.c.id, CASE.c.search).where(in_names(CASE.c.id)).order_by(CASE.c.id),
    "case_row": select(CASE.c.id).where(in_names(CASE.c.id)).order_by(CASE.c.id),
    "register_row": (
        select(REGISTER_ROW.c.id, REGISTER_ROW.c.search)
        .where(in_names(REGISTER_ROW.c.id))
        .order_by(REGISTER_ROW.c.id)
    ),
}
_CASE_ROWS = select(CASE_ROW.c.case, CASE_ROW.c.row, CASE_ROW.c.search).where(in_names(CASE_ROW.c.case))
_WRITTEN = SEARCH_WORD.select().where(in_names(SEARCH_WORD.c.place))
_OF_KIND = select(SEARCH_WORD.c.place).where(SEARCH_WORD.c.kind == bindparam("k_kind")).limit(COUNTED + 1)
_OF_WORDS = Prepared(_OF_KIND.where(in_names(SEARCH_WORD.c.word)))
_BEGINNING = Prepared(
    _OF_KIND.where(SEARCH_WORD.c.word >= bindparam("k_first"), SEARCH_WORD.c.word < bindparam("k_after"))
)
_ANY_UNSEARCHED = Prepared(select(UNSEARCHED.c.place).where(UNSEARCHED.c.kind == bindparam("k_kind")).limit(1))
_MARKS = select(UNSEARCHED.c.kind, UNSEARCHED.c.place).order_by(UNSEARCHED.c.kind, UNSEARCHED.c.place)
_KNOWN = select(SEARCH_TYPO.c.word).where(in_names(SEARCH_TYPO.c.beginning))

Texts = Mapping[tuple[str, str], str]
"""(kind, place) -> its text; a place that is gone, or has no text of the kind, has an empty one."""


def case_row_texts(case: str, rows: Sequence[Mapping[str, object]]) -> dict[tuple[str, str], str]:
    """Return the texts of the rows of a case: of its registers, and of its files."""
    texts: dict[tuple[str, str], list[str]] = {("case_row", case): [], (FILE, case): []}
    for row in rows:
        kind = FILE if str(row["row"]).startswith(f"{FILE}.") else "case_row"
        texts[kind, case].append(str(row["search"]))
    return {place: " ".join(texts) for place, texts in texts.items()}


def write(connection: Connection, texts: Texts) -> None:
    """Write the words of these texts, in the caller's transaction, which holds what they are of."""
    words_by_place: dict[tuple[str, str], set[str]] = {}
    for record in execute_for_names(connection, _WRITTEN, sorted({place for _, place in texts})):
        words_by_place.setdefault((record.kind, record.place), set()).add(record.word)
    new: dict[tuple[str, str], list[str]] = {}
    words_removed = list[tuple[str, str, str]]()
    for kind, place in sorted(texts):
        words, written_words = index_words(texts[kind, place]), words_by_place.get((kind, place), set())
        for word in words - written_words:
            new.setdefault((kind, word), []).append(place)
        words_removed += ((kind, word, place) for word in written_words - words)
    for kind, word, place in sorted(words_removed):
        columns = SEARCH_WORD.c
        mine = (columns.kind == kind) & (columns.word == word) & (columns.place == place)
        connection.execute(SEARCH_WORD.delete().where(mine))
    lines = [(kind, word, place) for (kind, word), places in sorted(new.items()) for place in places]
    insert_rows(connection, SEARCH_WORD, ("kind", "word", "place"), lines)
    _add_typos(connection, {word for _, word in new if may_be_mistyped(word)})
    _remove_typos(connection, {word for _, word, _ in words_removed if may_be_mistyped(word)})
    for mark in sorted({_MARK_OF[kind] for kind, _ in texts}):
        places = sorted({place for kind, place in texts if _MARK_OF[kind] == mark})
        for some in chunks(places, AT_ONCE):
            mine = (UNSEARCHED.c.kind == mark) & UNSEARCHED.c.place.in_(some)
            connection.execute(UNSEARCHED.delete().where(mine))


def catch_up(engine: Engine) -> None:
    """Write the words of texts an older version or a migration left; usually there are none."""
    while True:
        with reading(engine) as connection:
            if connection.execute(_MARKS.limit(1)).first() is None:
                return
        with writing(engine) as connection:
            catch_up_some(connection)


def catch_up_some(connection: Connection) -> bool:
    """Write the words of some texts that wait for it, in the caller's transaction; return whether any did."""
    marks = connection.execute(_MARKS.limit(AT_ONCE)).all()
    for kind in sorted({kind for kind, _ in marks}):
        write(connection, _texts(connection, kind, [place for of, place in marks if of == kind]))
    return bool(marks)


def waiting(engine: Engine) -> int:
    """Return the number of texts whose words have not been written."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(UNSEARCHED)).scalar_one()


def differences(connection: Connection) -> Iterator[str]:
    """Yield the places whose words are not those of their texts, except those that wait to be written, and
    words that stand in no text.
    """
    waits = {(kind, place) for kind, place in connection.execute(_MARKS)}
    for texts in _all_texts(connection):
        texts = {place: text for place, text in texts.items() if (_MARK_OF[place[0]], place[1]) not in waits}
        words_by_place: dict[tuple[str, str], set[str]] = {}
        for record in execute_for_names(connection, _WRITTEN, sorted({place for _, place in texts})):
            words_by_place.setdefault((record.kind, record.place), set()).add(record.word)
        for place, text in texts.items():
            if words_by_place.get(place, set()) != index_words(text):
                yield place[1]
    yield from connection.execute(select(SEARCH_TYPO.c.word).distinct().where(_unused())).scalars()


def mend(engine: Engine) -> None:
    """Write the words of all texts anew; those that stay as they are are left alone."""
    with reading(engine) as connection:
        places = {mark: _places(connection, mark) for mark in _MARKED}
    for mark, all_places in places.items():
        for some in chunks(all_places, AT_ONCE):
            with writing(engine) as connection:
                write(connection, _texts(connection, mark, some))
    with writing(engine) as connection:
        connection.execute(SEARCH_TYPO.delete().where(_unused()))


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchScope:
    """What the index of words leaves of the places a search must look in.

    Attributes:
        places: the only places that can have them all; None where the texts must be read.
        readings: for each word the texts of which at least one must occur there.
        near: whether these include other words, much like those typed.
    """

    places: Collection[str] | None
    readings: Sequence[Collection[str]]
    near: bool = False


def narrow(
    connection: Connection,
    kind: str,
    words: Sequence[Collection[str]],
    typed_words: Sequence[str],
    *,
    width: int,
    also: Callable[[int], Collection[str] | None] = lambda n: (),
) -> SearchScope | None:
    """Return where the words of a search may stand: the places of the rarest of them.

    None where looking so wide finds no other words than looking less wide.

    The next of `WIDTHS` is tried when the reader may see none of the matches so far. If a hidden text ended the
    search, its reader would learn that it contains the word.

    Args:
        words: of each word the texts it is looked for by.
        typed_words: each word as it was typed, folded.
        width: one of `WIDTHS`.
        also: other places that have the n-th word; None for too many.
    """
    if _ANY_UNSEARCHED.fetch(connection, {"k_kind": _MARK_OF[kind]}):
        return None if width else SearchScope(places=None, readings=words)
    readings, places, is_wider = (
        list(words),
        None,
        not width or (width == EXACT and any(map(is_short, typed_words))),
    )
    for n, word in enumerate(words if is_wider or width > 0 else ()):
        stems = short_stems(typed_words[n])
        looked_for: Collection[str] = () if width == EXACT and is_short(typed_words[n]) else word
        readings[n] = word = [*word, *stems]
        if width == 1 and may_be_mistyped(typed_words[n]):
            longer = _longer(connection, typed_words[n])
            looked_for, is_wider = [*looked_for, *longer], is_wider or bool(longer)
        elif width > 1 and may_be_mistyped(typed_words[n]):
            like = _like(connection, kind, typed_words[n], wrong=width - 1)
            readings[n], looked_for = [*word, *like], [*looked_for, *like]
            is_wider = is_wider or width - 1 in like.values()
        narrowed_places = _with_any(connection, kind, looked_for)
        if narrowed_places is not None and stems:
            forms = sorted(word_forms(stems))
            narrowed_places |= {
                place for (place,) in fetch_for_names(connection, _OF_WORDS, forms, {"k_kind": kind})
            }
            narrowed_places = narrowed_places if len(narrowed_places) <= COUNTED else None
        if narrowed_places is not None and looked_for:
            more_places = also(n)
            narrowed_places = (
                None
                if more_places is None or len(more_places) + len(narrowed_places) > COUNTED
                else {*narrowed_places, *more_places}
            )
        if narrowed_places is not None and (places is None or len(narrowed_places) < len(places)):
            places = narrowed_places
        if places is not None and not places:
            break
    return SearchScope(places=places, readings=readings, near=width > 1) if is_wider else None


def _with_any(connection: Connection, kind: str, texts: Collection[str]) -> set[str] | None:
    """Return the places with a word that begins as one of these texts; None for too many, or unknown."""
    places = set[str]()
    for text in texts:
        if not (key := index_key(text)):
            return None
        more_places = _beginning(connection, kind, key)
        if more_places is not None and not more_places and len(runs := runs_of(text)) > 1:
            # Several words with signs between them, as they stand within a longer one.
            more_places = min((_beginning(connection, kind, run) for run in runs), key=_size)
        if more_places is None or len(places := places | more_places) > COUNTED:
            return None
    return places


def _size(places: Collection[str] | None) -> int:
    return COUNTED + 1 if places is None else len(places)


def _beginning(connection: Connection, kind: str, key: str) -> set[str] | None:
    records = _BEGINNING.fetch(connection, {"k_kind": kind, "k_first": key, "k_after": key + _AFTER})
    return None if len(records) > COUNTED else {place for (place,) in records}


def _longer(connection: Connection, typed_word: str) -> Sequence[str]:
    """Return the words in which a typed one stands behind the beginning: "закуп" in "госзакупки"."""
    find = func.instr if connection.dialect.name == "sqlite" else func.strpos
    columns = SEARCH_TYPO.c
    same_beginning = columns.beginning == func.substr(columns.word, 1, TYPO_WINDOW)
    query = select(columns.word).where(same_beginning, find(columns.word, search_stem(typed_word)) > 1)
    return connection.execute(query.order_by(columns.word).limit(AT_ONCE)).scalars().all()


def _like(connection: Connection, kind: str, typed_word: str, *, wrong: int) -> dict[str, int]:
    """Return the words of a kind's texts that are much like what was typed (`like_words`)."""
    keys = SEARCH_TYPO.c.beginning.in_(sorted(typo_keys(typed_word)))
    is_used = exists().where(SEARCH_WORD.c.kind == kind, SEARCH_WORD.c.word == SEARCH_TYPO.c.word)
    known_words = connection.execute(select(SEARCH_TYPO.c.word).distinct().where(keys, is_used)).scalars()
    return like_words(typed_word, known_words, wrong=wrong)


def install(connection: Connection) -> None:
    """Create the triggers that name texts whose words are to be written anew."""
    for kind, (table, column) in _MARKED.items():
        events = {
            "insert": ("INSERT", "NEW"),
            "update": ("UPDATE OF search", "NEW"),
            "delete": ("DELETE", "OLD"),
        }
        for event, (when, record) in events.items():
            name, place = f"merzim_mark_unsearched_{kind}_{event}", f"{record}.{column}"
            mark = f"INSERT INTO unsearched (kind, place) SELECT '{kind}', {place}"
            only = "WHEN (OLD.search <> NEW.search)" if event == "update" else ""
            if connection.dialect.name == "sqlite":
                # ON CONFLICT of a trigger gives way to that of the statement that fires it.
                mark += " WHERE NOT EXISTS (SELECT 1 FROM unsearched u WHERE "
                mark += f"u.kind = '{kind}' AND u.place = {place})"
                statements = [
                    f"DROP TRIGGER IF EXISTS {name}",
                    f"CREATE TRIGGER {name} AFTER {when} ON {table} {only} BEGIN {mark}; END",
                ]
            else:
                statements = [
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
                    f"BEGIN {mark} ON CONFLICT DO NOTHING; RETURN NULL; END $$",
                    f"DROP TRIGGER IF EXISTS {name} ON {table}",
                    f"CREATE TRIGGER {name} AFTER {when} ON {table} "
                    f"FOR EACH ROW {only} EXECUTE FUNCTION {name}()",
                ]
            for statement in statements:
                connection.exec_driver_sql(statement)


def _texts(
    connection: Connection, mark: str, places: Sequence[str], *, is_held: bool = True
) -> dict[tuple[str, str], str]:
    """Return the texts of these places. `is_held`: what they are of is held until the transaction ends."""
    query = _TEXTS[mark].with_for_update(key_share=True) if is_held else _TEXTS[mark]
    records = [*execute_for_names(connection, query, places)]
    if mark != "case_row":
        return {(mark, place): "" for place in places} | {
            (mark, record.id): record.search for record in records
        }
    rows: dict[str, list[Mapping[str, object]]] = {place: [] for place in places}
    for record in execute_for_names(connection, _CASE_ROWS, places):
        rows[record.case].append({"row": record.row, "search": record.search})
    return {place: text for case, of in rows.items() for place, text in case_row_texts(case, of).items()}


def _all_texts(connection: Connection) -> Iterator[dict[tuple[str, str], str]]:
    for mark in _MARKED:
        for some in chunks(_places(connection, mark), AT_ONCE):
            yield _texts(connection, mark, some, is_held=False)


def _places(connection: Connection, mark: str) -> list[str]:
    """Return the places of the texts, and those that have words without one."""
    of = {"case": CASE.c.id, "case_row": CASE_ROW.c.case, "register_row": REGISTER_ROW.c.id}[mark]
    kinds = [kind for kind in _KINDS if _MARK_OF[kind] == mark]
    word_places = select(SEARCH_WORD.c.place).where(SEARCH_WORD.c.kind.in_(kinds))
    return sorted(
        {*connection.execute(select(of)).scalars(), *connection.execute(word_places.distinct()).scalars()}
    )


def _add_typos(connection: Connection, words: Collection[str]) -> None:
    keys = sorted({word[:TYPO_WINDOW] for word in words})
    known_words = (
        {record.word for record in execute_for_names(connection, _KNOWN, keys)} if words else set[str]()
    )
    lines = sorted((key, word) for word in {*words} - known_words for key in typo_keys(word))
    if lines:
        step = insert(connection, SEARCH_TYPO).on_conflict_do_nothing()
        connection.execute(step, [{"beginning": key, "word": word} for key, word in lines])


def _remove_typos(connection: Connection, words: Collection[str]) -> None:
    """Remove words that stand in no text any more."""
    for some in chunks(sorted(words), AT_ONCE):
        mine = SEARCH_TYPO.c.word.in_(some) & SEARCH_TYPO.c.beginning.in_(
            sorted({key for word in some for key in typo_keys(word)})
        )
        connection.execute(SEARCH_TYPO.delete().where(mine, _unused()))


def _unused() -> ColumnElement[bool]:
    is_used = exists().where(SEARCH_WORD.c.kind.in_(_KINDS), SEARCH_WORD.c.word == SEARCH_TYPO.c.word)
    return ~is_used
