"""Reads a table of past analyses: one row for each analysis, one column for each fact.

Columns are headed in words (`Приказ`, `Дата начала анализа`) or by the codes of facts (`order_signed`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median_low

from merzim.documents.sheets.dates import is_far, read_day
from merzim.documents.sheets.rows import Heading, RowOfSheet, cell_name, find_heading, is_empty, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell, UnreadablePaper
from merzim.documents.sheets.workbook import open_paper

_PUBLISHED = ".published"
_PERIOD = re.compile(r"[0-9]{4}(?:q[1-4]|h[12]|-(?:0[1-9]|1[0-2]))?(?:#[1-9][0-9]*)?")
_PERIOD_AT_END = re.compile(r"[\s.,:;(–—]+([0-9]{4}(?:q[1-4]|h[12]|-(?:0[1-9]|1[0-2])))\)?$", re.IGNORECASE)
_NUMERAL, _QUARTER = r"(?P<n>i{1,3}|iv|[1-4])", r"(?:квартал|тоқсан|quarter|кв)\w*"
_QUARTERS = (
    re.compile(r"\bq(?P<n>[1-4]) (?P<year>20[0-9]{2})\b"),
    re.compile(rf"\b{_NUMERAL} {_QUARTER} (?P<year>20[0-9]{{2}})(?: (?:года|год|г))?\b"),
    re.compile(rf"\b(?P<year>20[0-9]{{2}}) (?:(?:жылғы|жылдың|года|год|г) )?{_NUMERAL} {_QUARTER}"),
)
_NUMERALS = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_OF_PUBLICATION = re.compile(r"\b(?:жариялан|жарияла[уғ]|опубликов|публикац|размещен|орналастыр|publi[sc])")
_DAY = re.compile(r"\b(?:дат|күн|date|day)")
_LAST_PART = re.compile(r"(?P<rest>.+\S)\s*(?:[,:;(–—]|\s-\s)\s*(?P<part>[^,:;(–—]+)")
_ASIDE = frozenset(
    (
        *("дата", "даты", "день", "дни", "күн", "күні", "күндері", "date", "day"),
        *("о", "об", "по", "на", "и", "в", "для", "және", "туралы", "бойынша", "on", "of", "the"),
    )
)
"""Words of a heading that are ignored when comparing."""
_LONGEST = 200
"""Maximum characters of a heading; a longer text is an instruction."""
_MOST_STRANGE = 10
"""Number of unknown columns an error message names."""
_WITHIN = 20
"""Number of rows searched for the headings; the rows above them are the document's own title."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditCase:
    """A past analysis.

    Attributes:
        case: the file's own column `case`, else the number of the row.
        facts: name of fact -> the day it happened; `published`: the day it was first published.
        cells: column (`fact` or `fact.published`) -> the cell its date was taken from: `B7`.
        unread: headings of columns that are not facts and contain no dates, e.g. remarks, and other sheets.
    """

    case: str
    facts: Mapping[str, date]
    published: Mapping[str, date]
    row: int
    cells: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def read_audit(
    data: bytes, name: str, *, facts: Collection[str], headings: Mapping[str, str] | None = None
) -> tuple[AuditCase, ...]:
    """Read past analyses from a CSV or XLSX file.

    Columns are `case`, names of facts (a recurring one with its period: `quarter_reported.2026Q3`) and
    `<fact>.published`, or any of `headings`, in any word form; the row with the most of them has the headings.

    Args:
        facts: the names of the procedure's facts.
        headings: wording of a heading -> name of its column (`case`, `number` or a fact).

    Raises:
        UnreadablePaper: unknown columns, a column twice, no column of a fact; or every bad row.
    """
    paper = open_paper(data, name)
    sheet, *others = paper.sheets
    names, errors = Headings(facts, headings or {}), Errors()
    head = find_heading(sheet, names.column, within=_WITHIN, least=0)
    assert head is not None
    rows = [row for row in sheet.rows if row.number > head.row]
    remarks = _remarks(head, names, rows, paper.name)
    columns = {column: place for column, place in head.at.items() if column != "number"}
    if "number" in head.at:
        columns.setdefault("case", head.at["number"])
    if not columns.keys() - {"case"}:
        raise UnreadablePaper("paper_no_facts", name=paper.name)
    texts = {"case": head.texts.get("number", ""), **head.texts}
    unread = (*remarks, *(other.name for other in others))
    cases: dict[str, AuditCase] = {}
    for row in rows:
        if all(is_empty(row.cell(place)) for place in columns.values()):
            continue
        case = _case(row, columns, texts, unread, errors)
        first = cases.setdefault(case.case, case)
        if first is not case:
            errors.add(row.number, "paper_case_twice", case=case.case, other=first.row)
    errors.refuse_or_empty(paper.name, cases)
    return tuple(cases.values())


class Headings:
    """The names that columns of the table may have. A heading in words matches a column if all its words,
    ignoring endings, are the words of one of its names.
    """

    def __init__(self, facts: Collection[str], headings: Mapping[str, str]) -> None:
        self.facts = facts
        self.written = headings
        self._exact = {plain(text): column for text, column in headings.items()}
        self._words = [(words, column) for text, column in headings.items() if (words := _words(text))]

    def column(self, heading: str) -> str | None:
        """Return the column a heading names; None when it names none or several."""
        if len(heading) > _LONGEST:
            return None
        return self._by_code(heading) or self._in_words(heading)

    def nearest(self, heading: str) -> str:
        """Return the known heading most similar to this one; "" if none is similar."""
        known = {" ".join(_words(text)): text for text in (*self.written, "case", *self.facts)}
        near = difflib.get_close_matches(" ".join(_words(heading)), known, n=1, cutoff=0.7)
        return known[near[0]] if near else ""

    def _by_code(self, heading: str) -> str | None:
        """Return the column a heading is the code of; None if it is none."""
        bare = heading.lower().removesuffix(_PUBLISHED)
        ending = heading.lower().removeprefix(bare)
        fact, _, period = bare.partition(".")
        if bare in self.facts or (bare == "case" and not ending):
            return bare + ending
        if fact in self.facts and _PERIOD.fullmatch(period):
            return f"{fact}.{period.upper()}{ending}"
        return None

    def _in_words(self, heading: str) -> str | None:
        """Return the column a heading says in words, with a period or a publication; None if it says none."""
        text, period = _without_period(heading)
        column, ending = self._named(heading) or self._named(text), ""
        if (parts := _LAST_PART.fullmatch(text)) and _OF_PUBLICATION.search(last := plain(parts["part"])):
            # "Publication of the note: date of publication" is two things, "The note: publication" is one.
            is_apart = _DAY.search(last) is not None or not self._named(heading)
            published = self._named(parts["rest"]) if is_apart else None
            column, ending = (published, _PUBLISHED) if published else (column, "")
        if column is None or (column in ("case", "number") and (period or ending)):
            return None
        return f"{column}.{period}{ending}" if period else column + ending

    def _named(self, text: str) -> str | None:
        """Return the only column one of whose names has these words; None for none, or several."""
        exact = self._exact.get(plain(text))
        if exact is not None:
            return exact
        words = _words(text)
        columns = {column for known, column in self._words if words and _same(words, known)}
        return columns.pop() if len(columns) == 1 else None


def _words(text: str) -> tuple[str, ...]:
    """Return the significant words of a heading, by which facts are distinguished."""
    return tuple(word for word in dict.fromkeys(plain(text).split()) if word not in _ASIDE)


def _same(words: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two headings have the same words in any order, ignoring endings."""
    return len(words) == len(other) and all(
        any(_alike(word, known) for known in of) for one, of in ((words, other), (other, words)) for word in one
    )


def _alike(word: str, other: str) -> bool:
    """Return whether two words are forms of one word: they differ only in a few last letters."""
    common = max(4, max(len(word), len(other)) - 3)
    return word == other or (min(len(word), len(other)) >= common and word[:common] == other[:common])


def _without_period(heading: str) -> tuple[str, str]:
    """Return a heading without the period it names, and that period: `2026Q3`; "" if it names none."""
    if at_end := _PERIOD_AT_END.search(heading):
        return heading[: at_end.start()], at_end[1].upper()
    text = plain(heading)
    for pattern in _QUARTERS:
        if match := pattern.search(text.replace("і", "i")):
            quarter = _NUMERALS.get(match["n"], match["n"])
            return tidy(f"{text[: match.start()]} {text[match.end() :]}"), f"{match['year']}Q{quarter}"
    return heading, ""


def _remarks(head: Heading, names: Headings, rows: Sequence[RowOfSheet], name: str) -> list[str]:
    """Return the headings of columns of remarks. Raises UnreadablePaper for unknown and repeated headings."""
    ignored, strange, errors = list[str](), list[str](), Errors()
    for place, heading in head.other.items():
        near = names.nearest(heading[:_LONGEST]) if len(strange) < _MOST_STRANGE else ""
        if near or any(_is_date(row.cell(place)) for row in rows):
            strange.append(f"«{heading}» → «{near}»" if near else f"«{heading}»")
        else:
            ignored.append(heading[:_LONGEST])
    if strange:
        ellipsis = ["…"] if len(strange) > _MOST_STRANGE else []
        errors.add(head.row, "paper_strange_columns", columns=(*strange[:_MOST_STRANGE], *ellipsis))
    for column, heading in head.twice.values():
        errors.add(head.row, "paper_heading_twice", column=heading, first=head.texts[column])
    errors.refuse(name, only=True)
    return ignored


def _is_date(value: object) -> bool:
    """Return whether a cell holds a day, so that its column may be a fact whose heading is not recognised."""
    try:
        return read_day(value) is not None
    except UnreadableCell:
        return False


def _case(
    row: RowOfSheet,
    columns: Mapping[str, int],
    texts: Mapping[str, str],
    unread: tuple[str, ...],
    errors: Errors,
) -> AuditCase:
    """Return the analysis of a row without its bad cells, which are added to `errors`."""
    case = ""
    dated: dict[str, date] = {}
    cells = {column: cell_name(row.number, place) for column, place in columns.items()}
    for column, place in columns.items():
        try:
            if column == "case":
                case = tidy(text_of(row.cell(place), texts[column]))
            elif on := read_day(row.cell(place), where=f"{texts[column]} ({cells[column]})"):
                dated[column] = on
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
    own = {median_low([on.year for on in dated.values()])} if dated else set[int]()
    for column, on in dated.items():
        if is_far(on.year, own):
            where = f"{texts[column]} ({cells[column]})"
            errors.add(row.number, "paper_date_far", text=f"{on:%d.%m.%Y}", where=where, year=min(own))
    published = {column: on for column, on in dated.items() if column.endswith(_PUBLISHED)}
    return AuditCase(
        case=case or str(row.number),
        facts={column: on for column, on in dated.items() if column not in published},
        published={column.removesuffix(_PUBLISHED): on for column, on in published.items()},
        row=row.number,
        cells={column: cells[column] for column in dated},
        unread=unread,
    )
