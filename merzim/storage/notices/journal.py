"""The journal of notices: outcomes in a hash chain, batch by batch, covered by the seals.

A batch is appended in the transaction that writes the outcomes, so that neither is there without the other. It
holds a hash of each notice's record: recipient, channel, step, time, answer, and the hash of the text. A record
changed, removed, or added without a delivery is reported by `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Engine, func, select, text

from merzim.storage.chain import canonical, link, moment
from merzim.storage.database.engine import reading
from merzim.storage.rows import notice
from merzim.storage.tables.cases import SEAL
from merzim.storage.tables.notices import NOTICE, PROOF, SETTLED
from merzim.storage.tables.organisation import REWRITTEN
from notifications.notice import Notice

CHAIN = "notices"
"""Name of the chain, in place of a case's id."""
CHAIN_TABLE = "proof"
"""Its table, as named in `rewritten`."""
ACKNOWLEDGED = "acknowledged"
RESENT = "resent"
_ADVISORY = 0x4D657270  # "Merp": one writer of proofs at a time on PostgreSQL

Line = tuple[str, str, str]
"""Key, state, hash."""


def digest(notice: Notice) -> str:
    """Return the SHA-256 of a notice's record, without its acknowledgement, which comes later."""
    parts = [
        *(
            notice.key,
            notice.kind,
            notice.case,
            notice.obligation,
            notice.due,
            notice.rung,
            notice.person,
            notice.channel,
        ),
        *(
            notice.address,
            notice.language,
            notice.state,
            notice.carrier,
            notice.text_hash,
            notice.message_id,
            notice.answer,
        ),
        moment(notice.sent_at) if notice.sent_at else None,
    ]
    return sha256(canonical(parts).encode()).hexdigest()


def prove(connection: Connection, keys: Collection[str], *, now: datetime) -> None:
    """Append the outcomes of these notices, as far as they are final."""
    query = select(NOTICE).where(NOTICE.c.key.in_(sorted(keys)), NOTICE.c.state.in_(SETTLED))
    prove_these(connection, [notice(record) for record in connection.execute(query)], now=now)


def prove_these(connection: Connection, notices: Iterable[Notice], *, now: datetime) -> None:
    """Append the outcomes of these notices as stored, as far as they are final."""
    settled_notices = sorted(
        (notice for notice in notices if notice.state in SETTLED), key=lambda notice: notice.key
    )
    append(connection, [(notice.key, notice.state, digest(notice)) for notice in settled_notices], now=now)


def append(connection: Connection, lines: Sequence[Line], *, now: datetime) -> None:
    """Append one batch of lines; an empty batch is not written."""
    if not lines:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})
    last = connection.execute(select(PROOF.c.n, PROOF.c.hash).order_by(PROOF.c.n.desc()).limit(1)).first()
    n, previous = (last.n + 1, last.hash) if last else (1, "")
    lines_text = canonical([list(line) for line in lines])
    values = {
        "n": n,
        "at": now,
        "lines": lines_text,
        "previous": previous,
        "hash": link(previous, line(n, now, lines_text)),
    }
    connection.execute(PROOF.insert(), values)


def line(n: int, at: datetime, lines: str) -> str:
    """Return a batch as one canonical JSON object; `lines` is included unchanged."""
    return f'{{"at":"{moment(at)}","lines":{lines},"n":{n}}}'


def end(connection: Connection) -> tuple[str, int, str] | None:
    """Return the chain's name, last number and last hash; None before the first batch."""
    last = connection.execute(select(PROOF.c.n, PROOF.c.hash).order_by(PROOF.c.n.desc()).limit(1)).first()
    return (CHAIN, last.n, last.hash) if last else None


def problems(
    connection: Connection, rewritten: Mapping[tuple[str, str, int], str]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield everything in the register that was altered: codes with arguments.

    Args:
        rewritten: hashes of the batches an act of the office has rewritten.
    """
    latest_proofs: dict[str, tuple[str, str]] = {}
    acknowledged: dict[str, str] = {}
    n, previous = 0, ""
    for proof in connection.execute(PROOF.select().order_by(PROOF.c.n)):
        n += 1
        lines = _lines(proof.lines)
        link_hash = link(previous, line(proof.n, proof.at, proof.lines))
        is_whole = link_hash in (proof.hash, rewritten.get(("proof", "", proof.n)))
        if lines is None or proof.n != n or proof.previous != previous or not is_whole:
            yield "proof_broken", {"n": n}
            n = proof.n
        for key, state, hashed in lines or ():
            if state == ACKNOWLEDGED:
                acknowledged.setdefault(key, hashed)
            else:
                latest_proofs[key] = (state, hashed)
        previous = proof.hash
    yield from _notices(connection, latest_proofs, acknowledged)


def _notices(
    connection: Connection, latest_proofs: dict[str, tuple[str, str]], acknowledged: dict[str, str]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the problems of notices compared with the register."""
    unseen = set(latest_proofs)
    for record in connection.execute(NOTICE.select().order_by(NOTICE.c.key).execution_options(yield_per=5000)):
        stored_notice = notice(record)
        unseen.discard(stored_notice.key)
        state, hashed = latest_proofs.get(stored_notice.key, ("", ""))
        if state in SETTLED and hashed != digest(stored_notice):
            yield "notice_altered", {"key": stored_notice.key}
        elif state not in SETTLED and stored_notice.state in SETTLED:
            yield "notice_unproven", {"key": stored_notice.key}
        acknowledgement = moment(stored_notice.acknowledged_at) if stored_notice.acknowledged_at else ""
        if acknowledged.get(stored_notice.key, "") != acknowledgement:
            yield "notice_acknowledgement", {"key": stored_notice.key}
    for key in sorted(unseen):
        yield "notice_missing", {"key": key}


def rewritten_lines(connection: Connection, source: str = "") -> Mapping[tuple[str, str, int], str]:
    """Return the hashes of lines an act of the office has rewritten; `verify` compares them with the act.

    Args:
        source: the table whose lines are meant; "" for all.
    """
    query = REWRITTEN.select()
    if source:
        query = query.where(REWRITTEN.c.source == source)
    return {(record.source, record.place, record.seq): record.hash for record in connection.execute(query)}


def _lines(text: str) -> Iterable[Line] | None:
    """Return the lines of a batch; None when unreadable."""
    try:
        return [(str(key), str(state), str(hashed)) for key, state, hashed in json.loads(text)]
    except (ValueError, TypeError):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalStatus:
    """State of the journal: its problems, the number of batches, and the last hash.

    `seal`: number of the last seal, which covers the chain up to its end at that time.
    """

    problems: tuple[tuple[str, dict[str, object]], ...]
    batches: int
    end: str
    seal: int


def journal_status(engine: Engine) -> JournalStatus:
    """Return the state of the journal, compared with its chain."""
    with reading(engine) as connection:
        last = end(connection)
        seal = connection.execute(select(func.max(SEAL.c.n))).scalar()
        return JournalStatus(
            problems=tuple(problems(connection, rewritten_lines(connection, CHAIN_TABLE))),
            batches=last[1] if last else 0,
            end=last[2] if last else "",
            seal=int(seal or 0),
        )
