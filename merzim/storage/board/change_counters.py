"""Change counters: one small SELECT tells a process whether its caches are still valid.

On every change of the office or the board, by any process and version, database triggers add a random number to
the counters, in the same transaction. The sum of the numbers is the version: it changes with every commit and
with nothing else, and in whatever order commits come; a database put back to an earlier state has the sum of
that state again. On PostgreSQL every writer leaves lines of its own, so that none waits for another's; they are
combined into one from time to time, which keeps the sum.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from merzim.storage.tables.service import MARK

OFFICE, BOARD, FACTS, ROWS, LISTS = "office", "board", "facts", "rows", "lists"
COMPACT_FROM = 200
"""Minimum number of older lines to combine; as many of the newest are kept, for processes that check rarely."""
AT_ONCE = 20_000
"""Maximum lines combined at once."""
NAMED = 100
"""A statement that changes more units than this marks the whole board as changed."""
_OF_OFFICE = ("unit", "person", "match", "preference")
_COUNTED = (*("unit", "state", "due", "stage", "duty", "responsible", "person", "planned_on", "counts_until"),)
"""Columns of the board that the sums depend on; changes of others do not affect them."""
_LISTED = ("unit", "standing", "stage", "procedure", "search", "confidential", "span_first", "span_last")
"""Columns of cases that lists count them by; their recommendations count as well."""
_COUNTED_KINDS = "'fact', 'corrected', 'evidence', 'risk_found', 'risk_removed'"
"""Kinds of events that points are counted from."""
_RANDOM = {"sqlite": "1 + (random() & 4294967295)", "postgresql": "1 + (random() * 4294967295)::bigint"}

_VERSIONS = select(MARK.c.what, func.sum(MARK.c.n)).group_by(MARK.c.what)


def versions(connection: Connection) -> Mapping[str, int]:
    """Return name -> version of each counter; names never changed are missing."""
    return {kind: int(n) for kind, n in connection.execute(_VERSIONS)}


def lines(connection: Connection, kind: str) -> Mapping[int, tuple[str | None, int]]:
    """Return the id of each line -> (unit, number)."""
    query = select(MARK.c.id, MARK.c.unit, MARK.c.n).where(MARK.c.what == kind)
    return {id: (unit, int(n)) for id, unit, n in connection.execute(query)}


def changed(
    before: Mapping[int, tuple[str | None, int]], after: Mapping[int, tuple[str | None, int]]
) -> frozenset[str] | None:
    """Return the units changed since `before` was read; None when unknown, so that everything must be
    reread.
    """
    grown = {
        id: (unit, n - (before[id][1] if id in before else 0))
        for id, (unit, n) in after.items()
        if unit is not None and before.get(id) != (unit, n)
    }
    expected = sum(n for _, n in before.values()) + sum(n for _, n in grown.values())
    if expected != sum(n for _, n in after.values()):
        return None
    return frozenset(unit for unit, _ in grown.values() if unit is not None)


def row_place(register: str, unit: str) -> str:
    """Return what a line of `ROWS` names: a register and the unit of its rows."""
    return f"{register}/{unit}"


def put(connection: Connection, kind: str) -> None:
    """Mark everything as changed, in the caller's transaction."""
    connection.exec_driver_sql(
        f"INSERT INTO mark (what, unit, n) VALUES ('{kind}', NULL, {_RANDOM[connection.dialect.name]})"
    )


def compact(connection: Connection) -> None:
    """Combine many lines into one, in the caller's transaction, except the newest and those being written."""
    if connection.dialect.name == "sqlite":
        return
    newest_first = select(MARK.c.id, MARK.c.what, MARK.c.n).order_by(MARK.c.id.desc())
    query = newest_first.offset(COMPACT_FROM).limit(AT_ONCE).with_for_update(skip_locked=True)
    records = connection.execute(query).all()
    if len(records) < COMPACT_FROM:
        return
    connection.execute(MARK.delete().where(MARK.c.id.in_([id for id, _, _ in records])))
    connection.execute(
        MARK.insert(),
        [
            {"what": what, "unit": None, "n": sum(n for _, record_unit, n in records if record_unit == what)}
            for what in sorted({what for _, what, _ in records})
        ],
    )


def install(connection: Connection) -> None:
    """Create the triggers, replacing existing ones, and the office's first line."""
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgresql():
        connection.exec_driver_sql(statement)
    for kind in {OFFICE, BOARD, FACTS, ROWS, LISTS} - {*versions(connection)}:
        put(connection, kind)


def remove(connection: Connection) -> None:
    """Drop the triggers; migrations begin with it, as SQLite alters no column used by a trigger."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, NULL FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'merzim_mark_%'"
    else:
        query = (
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgname LIKE 'merzim_mark_%%'"
        )
    for name, table in connection.exec_driver_sql(query).all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + (f" ON {table}" if table else ""))


def _sqlite() -> list[str]:
    """Return the triggers for SQLite: one line for the office, and one for each unit of the other kinds."""
    number = _RANDOM["sqlite"]
    office = f"UPDATE mark SET n = n + {number} WHERE what = '{OFFICE}';"
    rows = f"UPDATE mark SET n = n + {number} WHERE what = '{ROWS}' AND unit IS NULL;"
    lists = f"UPDATE mark SET n = n + {number} WHERE what = '{LISTS}';"

    def of_unit(kind: str, unit: str) -> str:
        place = f"what = '{kind}' AND unit = {unit}"
        return (
            f"UPDATE mark SET n = n + {number} WHERE {place}; "
            f"INSERT INTO mark (what, unit, n) SELECT '{kind}', {unit}, {number} WHERE changes() = 0;"
        )

    def board(row: str) -> str:
        return of_unit(BOARD, f"{row}.unit")

    def of_row(row: str) -> str:
        return of_unit(ROWS, f"{row}.register_id || '/' || {row}.unit")

    other, listed = (
        " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in names) for names in (_COUNTED, _LISTED)
    )
    watched_tables = {
        **{
            f"{table}_{when.lower()}": (f'AFTER {when} ON "{table}"', office)
            for table in _OF_OFFICE
            for when in ("INSERT", "UPDATE", "DELETE")
        },
        **{
            f"recommendation_{when.lower()}": (f"AFTER {when} ON recommendation", lists)
            for when in ("INSERT", "UPDATE", "DELETE")
        },
        "case_insert": ('AFTER INSERT ON "case"', lists),
        "case_listed": (f'AFTER UPDATE OF {", ".join(_LISTED)} ON "case" WHEN {listed}', lists),
        "board_insert": ("AFTER INSERT ON deadline", board("NEW")),
        "board_delete": ("AFTER DELETE ON deadline", board("OLD")),
        "board_update": (
            f"AFTER UPDATE OF {', '.join(_COUNTED)} ON deadline WHEN {other}",
            board("NEW"),
        ),
        "board_moved": ("AFTER UPDATE OF unit ON deadline WHEN OLD.unit <> NEW.unit", board("OLD")),
        "case_update": (
            'AFTER UPDATE OF edition, confidential ON "case" '
            "WHEN OLD.edition <> NEW.edition OR OLD.confidential <> NEW.confidential",
            f"{board('NEW')} {rows}",
        ),
        "row_insert": ("AFTER INSERT ON register_row", of_row("NEW")),
        "row_delete": ("AFTER DELETE ON register_row", of_row("OLD")),
        "row_update": ("AFTER UPDATE OF seq, unit ON register_row", f"{of_row('OLD')} {of_row('NEW')}"),
        "fact_insert": (
            f"AFTER INSERT ON event WHEN NEW.kind IN ({_COUNTED_KINDS})",
            of_unit(FACTS, '(SELECT unit FROM "case" WHERE id = NEW."case")'),
        ),
        "standing": (
            'AFTER UPDATE OF standing ON "case" WHEN OLD.standing <> NEW.standing',
            of_unit(FACTS, "NEW.unit"),
        ),
    }
    statements = []
    for name, (when, body) in watched_tables.items():
        statements += [
            f"DROP TRIGGER IF EXISTS merzim_mark_{name}",
            f"CREATE TRIGGER merzim_mark_{name} {when} BEGIN {body} END",
        ]
    return statements


def _postgresql() -> list[str]:
    """Return the triggers for PostgreSQL: a line for each transaction or statement that changes something."""
    number = _RANDOM["postgresql"]
    fresh_row, stale = (", ".join(f"{row}.{name}" for name in _COUNTED) for row in ("fresh", "stale"))
    units = {
        "insert": "SELECT DISTINCT unit FROM fresh",
        "delete": "SELECT DISTINCT unit FROM stale",
        "update": (
            'WITH other AS (SELECT fresh.unit AS now, stale.unit AS was FROM fresh JOIN stale USING ("case", '
            f"obligation) WHERE ({fresh_row}) IS DISTINCT FROM ({stale})) "
            "SELECT now AS unit FROM other UNION SELECT was FROM other"
        ),
    }
    referencing = {
        "insert": "NEW TABLE AS fresh",
        "delete": "OLD TABLE AS stale",
        "update": "OLD TABLE AS stale NEW TABLE AS fresh",
    }
    statements = [
        # Once per transaction, because importing the people of a country takes twenty thousand statements.
        *(
            f"CREATE OR REPLACE FUNCTION merzim_mark_{what}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN IF coalesce(current_setting('merzim.{flag}', true), '') = '' THEN "
            f"INSERT INTO mark (what, unit, n) VALUES ('{what}', NULL, {number}); "
            f"PERFORM set_config('merzim.{flag}', 'yes', true); END IF; RETURN NULL; END $$"
            for what, flag in ((OFFICE, "marked"), (LISTS, "listed"))
        ),
        "CREATE OR REPLACE FUNCTION merzim_mark_case() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN INSERT INTO mark (what, unit, n) VALUES ('{BOARD}', NEW.unit, {number}), "
        f"('{ROWS}', NULL, {number}); RETURN NULL; END $$",
        'DROP TRIGGER IF EXISTS merzim_mark_case ON "case"',
        'CREATE TRIGGER merzim_mark_case AFTER UPDATE OF edition, confidential ON "case" FOR EACH ROW '
        "WHEN (OLD.edition <> NEW.edition OR OLD.confidential <> NEW.confidential) "
        "EXECUTE FUNCTION merzim_mark_case()",
        "CREATE OR REPLACE FUNCTION merzim_mark_standing() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN INSERT INTO mark (what, unit, n) VALUES ('{FACTS}', NEW.unit, {number}); RETURN NULL; END $$",
        'DROP TRIGGER IF EXISTS merzim_mark_standing ON "case"',
        'CREATE TRIGGER merzim_mark_standing AFTER UPDATE OF standing ON "case" FOR EACH ROW '
        "WHEN (OLD.standing <> NEW.standing) EXECUTE FUNCTION merzim_mark_standing()",
    ]
    every, listed = "INSERT OR UPDATE OR DELETE OR TRUNCATE", f"INSERT OR UPDATE OF {', '.join(_LISTED)}"
    for table, when, what, name in (
        *((table, every, OFFICE, table) for table in _OF_OFFICE),
        ("recommendation", every, LISTS, LISTS),
        ("case", listed, LISTS, LISTS),
    ):
        statements += [
            f'DROP TRIGGER IF EXISTS merzim_mark_{name} ON "{table}"',
            f'CREATE TRIGGER merzim_mark_{name} AFTER {when} ON "{table}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION merzim_mark_{what}()",
        ]
    for name, unit_select in units.items():
        statements += _of_units(
            f"board_{name}", BOARD, unit_select, f"{name.upper()} ON deadline", referencing[name]
        )
    fact_select = (
        'SELECT DISTINCT owner.unit FROM fresh JOIN "case" owner ON owner.id = fresh."case" '
        f"WHERE fresh.kind IN ({_COUNTED_KINDS})"
    )
    statements += _of_units("fact_insert", FACTS, fact_select, "INSERT ON event", referencing["insert"])
    place = "register_id || '/' || unit"
    rows = {
        "insert": f"SELECT DISTINCT {place} AS unit FROM fresh",
        "delete": f"SELECT DISTINCT {place} AS unit FROM stale",
        "update": (
            "WITH other AS (SELECT fresh.register_id, fresh.unit, stale.unit AS was FROM fresh JOIN stale "
            "USING (id) WHERE (fresh.seq, fresh.unit) IS DISTINCT FROM (stale.seq, stale.unit)) "
            f"SELECT {place} AS unit FROM other UNION SELECT register_id || '/' || was FROM other"
        ),
    }
    for name, unit_select in rows.items():
        when = f"{name.upper()} ON register_row"
        statements += _of_units(f"row_{name}", ROWS, unit_select, when, referencing[name])
    return statements


def _of_units(name: str, kind: str, units: str, when: str, referencing: str) -> list[str]:
    """Return a trigger that writes a line for each changed unit, or one for all when there are many."""
    number, table = _RANDOM["postgresql"], when.rpartition(" ")[2]
    return [
        f"CREATE OR REPLACE FUNCTION merzim_mark_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN WITH touched AS ({units}), few AS (SELECT count(*) <= {NAMED} AS yes FROM touched) "
        "INSERT INTO mark (what, unit, n) "
        f"SELECT '{kind}', unit, {number} FROM touched, few WHERE few.yes "
        f"UNION ALL SELECT '{kind}', NULL, {number} FROM few WHERE NOT few.yes; RETURN NULL; END $$",
        f"DROP TRIGGER IF EXISTS merzim_mark_{name} ON {table}",
        f"CREATE TRIGGER merzim_mark_{name} AFTER {when} "
        f"REFERENCING {referencing} FOR EACH STATEMENT EXECUTE FUNCTION merzim_mark_{name}()",
    ]
