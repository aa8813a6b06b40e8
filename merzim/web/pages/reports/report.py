"""A report as data: what its address asks for, and the filters, figures and tables its page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal
from urllib.parse import urlencode

from merzim.documents.sheets.listing import Table
from merzim.services.names import unit_name
from merzim.web.http import WebContext
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column, table_of
from workflow.org.office import Office


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportQuery:
    """The address of a report; `chosen`: its other parameters that are not empty; `number`: None for a file."""

    ctx: WebContext
    t: Translator
    office: Office
    unit: str
    year: int | None
    number: int | None
    chosen: Mapping[str, str]

    def link(self, **changes: object) -> str:
        """Return the query of this report with parameters changed; None or "" leaves one out."""
        fields = {name: value for name, value in {**self.chosen, **changes}.items() if value not in ("", None)}
        return f"?{urlencode(fields)}"

    def page(self, name: str) -> int:
        """Return the page of a further list; the first for what is no number."""
        text = self.chosen.get(name, "")
        return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1

    def select(self, name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "") -> Filter:
        """Return a field to choose one of these values, each with its title; `label`: the code of its name."""
        return Filter(
            name=name,
            label=self.t.say(label),
            options=tuple(options),
            chosen=chosen or self.chosen.get(name, ""),
        )

    def years(self, last: int) -> Filter:
        """Return the field for the year, from `last` back to the calendar's first."""
        years = (str(year) for year in range(last, self.ctx.calendar.first.year - 1, -1))
        return self.select(
            "year", "web.scores.year", ((year, year) for year in years), str(self.year or self.ctx.today.year)
        )

    def unit_title(self, unit: str) -> str:
        """Return the name of a unit, for "" of the whole office; for an unknown id the id itself."""
        name = self.t.name(unit_name(self.office, unit).name)
        return name or self.ctx.app.settings.office.name_in(self.t.language)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """A field that narrows a report. `options`: values with their titles."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    kind: Literal["select", "search", "check"] = "select"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportSection:
    """A card of a report: a table, or lines, or why there are none.

    Attributes:
        sheet: name of its table in the workbook, by default the title; cards of one name are one sheet there.
        most: how many rows or lines the page shows; anchor: the id of a row.
        line: the macro that shows one of the `lines`; "" where they are texts.
        pages: page, number of pages and the parameter that chooses among them.
        printed: whether it is on paper and in the workbook; folded: whether it stands folded to its title.
    """

    id: str
    title: str
    tally: int | None = None
    note: str = ""
    note_address: str = ""
    sheet: str = ""
    columns: tuple[Column[Any], ...] = ()
    rows: Iterable[Any] = ()
    lines: Sequence[Any] = ()
    line: str = ""
    empty: tuple[str, str] = ("", "")
    most: int = 500
    anchor: Callable[[Any], str] | None = None
    pages: tuple[int, int, str] = (1, 1, "page")
    printed: bool = True
    folded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything one report shows.

    Attributes:
        further: filters that stand folded; `further_changed`: how many are not as usual.
        remarks: stand above the figures; hints: below the tables; empty: title and text of an empty report.
        figures: the macro of the numbers above; chart: the figures of a year by month.
        view: what its macros read besides a row.
        sheets: what the workbook has in place of the page's tables.
    """

    title: str
    lead: str = ""
    filters: tuple[Filter, ...] = ()
    further: tuple[Filter, ...] = ()
    further_changed: int = 0
    remarks: Sequence[Any] = ()
    figures: str = ""
    sections: tuple[ReportSection, ...] = ()
    hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: tuple[str, str] = ("", "")
    chart: object = None
    view: Any = None
    sheets: Sequence[Table] = ()

    def tables(self, t: Translator) -> Sequence[Table]:
        """Return the sheets of the workbook: the printed tables of the page."""
        cards: dict[str, list[ReportSection]] = {}
        for section in self.sections:
            if section.columns and section.printed:
                cards.setdefault(section.sheet or section.title, []).append(section)
        return self.sheets or [
            table_of(t, of_sheet[0].columns, chain.from_iterable(card.rows for card in of_sheet), name=name)
            for name, of_sheet in cards.items()
        ]

    @property
    def has_workbook(self) -> bool:
        return bool(self.sheets) or any(card.columns and card.printed for card in self.sections)
