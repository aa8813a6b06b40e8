"""Lines for listing recommendations of all cases, the texts by which rows of their registers and their files
are found, and what points are counted from; written with the case and derived from its events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from operator import itemgetter

from sqlalchemy import Table, select
from sqlmodel import Session

from merzim.storage.database import execute_for_names, in_names
from merzim.storage.rows import Values, columns_of
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.cases import CASE_ROW, COUNTED_LINE
from workflow.cases.case import ENTRIES, Case, Event, evidence_of
from workflow.cases.registers.evidence_list import proofs
from workflow.cases.registers.risks import likeness, listed, unasked
from workflow.cases.registers.rows import TITLE_OF, rows_of
from workflow.scoring.records import RISKS_FOUND_BY, lines_of
from workflow.search_words import normalise as fold_text

KINDS = ENTRIES | {"withdrawn", "passport"}
"""Kinds of events that may change a list entry."""
FILE = "file"
"""The kind of the rows that stand for the files of a case."""
TITLE_LIMIT = 200
_OPTION = re.compile(r"[a-z_]+")


def affects_lines(events: Iterable[Event]) -> bool:
    """Return whether any of these events may change what lists keep of its case."""
    return any(
        event.kind in KINDS
        or event.name == RISKS_FOUND_BY
        or any(item.name or item.restricted for item in evidence_of(event))
        for event in events
    )


def lines(case: Case) -> Mapping[Table, list[Values]]:
    """Return what lists and searches keep of a case by table, as its events make it: its recommendations, the
    rows of its registers and its files, the lines of its registers that count for points.
    """
    return {
        RECOMMENDATION: _recommendations(case),
        CASE_ROW: [*_rows(case), *_files(case)],
        COUNTED_LINE: _counted(case),
    }


def _counted(case: Case) -> list[Values]:
    """Return the lines of a case's registers that points are counted from."""
    counted = []
    for number, line in enumerate(lines_of(case)):
        section, place = line.line
        about = {"number": number, "section": section, "place": place}
        counted.append(columns_of(COUNTED_LINE, line, **about))
    return counted


def _rows(case: Case) -> Iterator[Values]:
    """Yield the rows of a case's registers with their search words, including fields defined only in register
    files. The value of a field with options is included as `field=option`.
    """
    for kind, name in TITLE_OF.items():
        for number, row in rows_of(case, kind).items():
            answer = row.last("remark_answered")
            values = {**row.values, **(answer.values if answer else {})}
            words = (
                f"{field}={value}" if _OPTION.fullmatch(value) else value
                for field, value in values.items()
                if isinstance(value, str) and value and field not in ("on", "approved_on")
            )
            search = " ".join(map(fold_text, words))
            title = str(row[name])[:TITLE_LIMIT]
            yield {"case": case.id, "row": f"{kind}.{number}", "title": title, "search": search}


def _files(case: Case) -> Iterator[Values]:
    """Return the stored files of a case that anybody who sees it may open, by their names."""
    names: dict[str, str] = {}
    for proof in proofs(case):
        if proof.evidence.name is not None and not proof.evidence.restricted:
            names[proof.evidence.reference] = proof.evidence.name
    for digest, name in names.items():
        title, row = name[:TITLE_LIMIT], f"{FILE}.{digest}"
        yield {"case": case.id, "row": row, "title": title, "search": fold_text(name)}


def _recommendations(case: Case) -> list[Values]:
    """Return the recommendations of a case; none for a case that is not active."""
    if case.status != "active":
        return []
    recommendations: list[Values] = []
    met: set[int] = set()
    for listed_risk in listed([case]):
        first = listed_risk.risk.number not in met
        met.add(listed_risk.risk.number)
        recommendations.append(
            {
                **listed_risk.place._asdict(),
                "unit": case.unit,
                "direction": listed_risk.risk["direction"],
                "legal": bool(listed_risk.risk["for_legal_monitoring"]),
                "status": listed_risk.status,
                "alike": _short(likeness(listed_risk.risk)) if first else None,
                "unasked": first and unasked(listed_risk.risk),
            }
        )
    return recommendations


def differences(session: Session, cases: Mapping[str, Case]) -> Iterator[str]:
    """Yield ids of cases whose recommendations or counted lines differ from their events, in order."""
    recommended = _stored(session, RECOMMENDATION, cases)
    counted = _stored(session, COUNTED_LINE, cases)
    for name, case in sorted(cases.items()):
        recommendations = sorted(recommended.get(name, ()), key=itemgetter("risk", "measure"))
        lines = sorted(counted.get(name, ()), key=itemgetter("number"))
        if recommendations != _recommendations(case) or lines != _counted(case):
            yield name


def _stored(session: Session, table: Table, cases: Iterable[str]) -> dict[str, list[Values]]:
    """Return the rows of a table by their case."""
    stored: dict[str, list[Values]] = {}
    for record in execute_for_names(session, select(table).where(in_names(table.c.case)), cases):
        stored.setdefault(record.case, []).append(dict(record._mapping))
    return stored


def _short(texts: tuple[str, ...]) -> str:
    """Return a key of fixed length that equal texts have in common."""
    return sha256("\x1f".join(texts).encode()).hexdigest()[:24]
