"""Turns the rows of a table into analyses: one row a step (work, term, responsible), as published."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from merzim.documents.schedules.schedule import END, OBJECT_IS, START, UNREAD, ReadSchedule, ScheduleTitle
from merzim.documents.schedules.table import RUN, Facts, HeadCell, ScheduleTable, match_facts, text_at
from merzim.documents.sheets.dates import (
    Days,
    TermInWords,
    When,
    is_far,
    read_counted,
    read_lines,
    reading_notes,
)
from merzim.documents.sheets.rows import RowOfSheet, Sheet, cell_name, display_text, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, RowNote, UnreadableCell

_WHOLE = ("внутренн", "вакр", "ішкі талдау")
"""Roots of a work that is a whole analysis, not a part of one."""
_LABEL = re.compile(rf"^(?:(?:\d+|[IVX]+)[.)]\s*(?=[^\W\d_]))?(?i:{OBJECT_IS})?")
"""The number and the words before the name of a section's object; І is also a first letter of Kazakh names."""
_QUOTED = 70
"""Characters of a work that a note quotes."""


@dataclass(frozen=True, slots=True)
class Work:
    """A work of a schedule: one row of its table, with its days.

    Attributes:
        of: its object, of its own column, else of the row above.
        written: the cells of its days; `place`: the first filled one of their columns.
        left: why the days were left as words.
    """

    row: int
    work: str
    facts: Facts
    when: tuple[When, ...]
    written: str
    who: str
    place: int
    of: str
    left: UnreadableCell | None

    @property
    def days(self) -> list[Days]:
        return [when for when in self.when if isinstance(when, Days)]

    @property
    def is_recognised(self) -> bool:
        """Whether it is known what the row is about; the analysis itself with a single day is unclear."""
        is_day = [when.is_span for when in self.days] == [False]
        return bool(self.facts) and not (RUN in self.facts and is_day)

    def note(self, code: str, **arguments: object) -> RowNote:
        """Return a note on the row, which quotes the beginning of a long work."""
        is_long = len(self.work) > _QUOTED and code != "read_row_not_recognised"
        work = f"{self.work[:_QUOTED].rsplit(' ', 1)[0]} …" if is_long else self.work
        return RowNote.of(self.row, code, work=work, **arguments)


def has_steps(table: ScheduleTable) -> bool:
    """Return whether the rows of a table are steps of analyses, not analyses."""
    works = table.of("work")
    if not works:
        return False
    texts = [tidy(text_of(value)) for row in table.rows if isinstance(value := row.cell(works[0].place), str)]
    facts = {text: match_facts(text) for text in texts}
    named = {fact for of in facts.values() for fact in of}
    if table.of("object") or table.of("unit"):
        return len(named) > 1
    runs = [text for text, of in facts.items() if RUN in of]
    are_whole = all(any(root in plain(run) for root in _WHOLE) for run in runs)
    return bool(named - {RUN}) or len(runs) < 2 or not are_whole


def read_steps(
    sheet: Sheet, table: ScheduleTable, title: ScheduleTitle, name: str, errors: Errors
) -> list[ReadSchedule]:
    """Return the analyses whose steps are the rows of a table: one, or one for each object or section. Errors:
    a day that cannot be, a formula; where no day is read at all, each work of an analysis without one.
    """
    columns = _when_columns(table)
    steps, sections = _steps(sheet, table, columns, title, errors)
    groups = _groups(steps, sections)
    unread = [(row, text) for row, text in sections if text not in groups]
    notes = list(_notes_on_table(table, columns, title, unread))
    schedules: list[ReadSchedule] = []
    for group in dict.fromkeys(groups):
        own = [step for step, of in zip(steps, groups, strict=True) if of == group]
        row, before = own[0].row if group else table.head, () if schedules else notes
        schedules.append(_analysis(own, group or title.object or name, row, before, title))
    if not any(schedule.planned for schedule in schedules):
        for step in steps:
            if step.left is not None:
                errors.take(step.row, step.left)
            elif step.facts:
                errors.add(step.row, "paper_row_no_day", object=step.work)
    return schedules


def _steps(
    sheet: Sheet, table: ScheduleTable, columns: Sequence[HeadCell], title: ScheduleTitle, errors: Errors
) -> tuple[list[Work], list[tuple[int, str]]]:
    """Return the rows of the table, and its sections with their row numbers. `columns`: those of the days."""
    steps: list[Work] = []
    sections: list[tuple[int, str]] = []
    object, objects = "", (table.of("object") or table.of("unit"))[:1]
    for row in table.rows:
        section = _section(sheet, row, columns[0].place if columns else 0)
        if section is not None:
            sections.append((row.number, section))
            continue
        work = "\n".join(filter(None, (text_at(row, column, errors) for column in table.of("work"))))
        who = "".join(text_at(row, column, errors) for column in table.of("who")[:1])
        left, when = None, tuple[When, ...]()
        try:
            when = _when(row, columns, title)
        except UnreadableCell as refusal:
            if refusal.code not in UNREAD:
                errors.take(row.number, refusal)
                continue
            left = refusal
        if not (work or when or who):
            continue
        for column in objects:
            object = tidy(text_at(row, column, errors)) or object
        filled = [column for column in columns if row.cell(column.place) not in (None, "")]
        written = " – ".join(tidy(text_at(row, column, errors)) for column in filled)
        work, place = tidy(work), next((column.place for column in filled), 0)
        steps.append(Work(row.number, work, match_facts(work), when, written, tidy(who), place, object, left))
    return steps, sections


def _when_columns(table: ScheduleTable) -> tuple[HeadCell, ...]:
    """Return the columns of the days: first and last day, or the one of the term."""
    periods = table.of("period")
    ends = (*table.of("start")[:1], *table.of("end")[:1])
    return ends or tuple(column for column in periods if column.title == periods[0].title)


def _when(row: RowOfSheet, columns: Sequence[HeadCell], title: ScheduleTitle) -> tuple[When, ...]:
    """Return the dates of a row; a day in each of two cells makes a span. Raises UnreadableCell, also for a day
    far from the years of the title.
    """
    dates: list[When] = []
    for column in columns:
        for when in read_lines(row.cell(column.place), where=column.title, year=title.year):
            text = when.text if isinstance(when, TermInWords) else ""
            counted = read_counted(text, where=column.title, year=title.year)
            # Words that count back give the day alone.
            dates.append(Days(min(counted), counted[1]) if counted else when)
    days = [when for when in dates if isinstance(when, Days)]
    if len(columns) == len(dates) == 2 and [day.is_span for day in days] == [False, False]:
        first, last = days[0].first, days[1].first
        if last < first:
            raise UnreadableCell("paper_span_backwards", text=f"{first} – {last}", where=columns[0].title)
        dates = [Days(first, last)]
    if any(is_far(on.year, title.years) for day in days for on in (day.first, day.last)):
        text = tidy(" – ".join(text_of(row.cell(column.place)) for column in columns))
        raise UnreadableCell("paper_date_far", text=text, where=columns[0].title, year=max(title.years))
    return tuple(dates)


def _section(sheet: Sheet, row: RowOfSheet, when: int) -> str | None:
    """Return the section heading of a row: its only text, or a text merged over the date column; None for other
    rows. Of "1. Объект анализа: Закупки" it is the object alone.
    """
    filled = row.filled()
    over_dates = (
        place != when and when in sheet.covered(row.number, place)  # a cell covers itself
        for place in filled
    )
    if len(filled) > 1 and not any(over_dates):
        return None
    return _LABEL.sub("", " ".join(display_text(row.cell(place)) for place in filled))


def _groups(steps: Sequence[Work], sections: Sequence[tuple[int, str]]) -> list[str]:
    """Return the object each step belongs to: of its column, of its section, or "" where all are of one;
    objects part a table only where the same steps come back under each.
    """
    objects = [step.of for step in steps]
    if _repeats(steps, objects):
        return objects
    names = [next((text for row, text in reversed(sections) if row < step.row), "") for step in steps]
    return names if len(sections) > 1 and _repeats(steps, names) else [""] * len(steps)


def _repeats(steps: Sequence[Work], groups: Sequence[str]) -> bool:
    """Return whether some step comes back, once in each of several groups."""
    in_group = Counter((group, fact) for step, group in zip(steps, groups, strict=True) for fact in step.facts)
    several = len({group for group, _ in in_group}) > 1
    return several and len({fact for _, fact in in_group}) < len(in_group) and max(in_group.values()) == 1


def _notes_on_table(
    table: ScheduleTable, columns: Sequence[HeadCell], title: ScheduleTitle, sections: Sequence[tuple[int, str]]
) -> Iterator[RowNote]:
    """Yield the notes on the approval, and the sections and columns that are not read."""
    if title.approved_on:
        yield RowNote.of(title.approved_row, "read_approved", on=title.approved_on)
    else:
        yield RowNote.of(0, "read_not_approved")
    for row, text in sections:
        yield RowNote.of(row, "read_section", text=text)
    read = {column.title for column in (*columns, *table.of("who")[:1])}
    for column in table.columns:
        if column.kind not in ("number", "object", "unit", "work") and column.title not in read:
            yield RowNote.of(table.head, "read_column_ignored", column=column.title)


def _analysis(
    steps: Sequence[Work], object: str, row: int, before: Sequence[RowNote], title: ScheduleTitle
) -> ReadSchedule:
    """Return the analysis of these steps. `before`: the notes on the table, of its first analysis."""
    notes = list(before)
    planned = _plan(steps, title, notes)
    places = {step.row: step.place for step in steps}
    cells = {fact: cell_name(at, places[at]) for fact, (at, _) in planned.items() if at in places}
    return ReadSchedule(
        form="published",
        object=object,
        row=row,
        facts={"schedule_approved": title.approved_on} if title.approved_on else {},
        planned={fact: on for fact, (_, on) in planned.items()},
        cells=cells | ({"schedule_approved": title.approved_cell} if title.approved_on else {}),
        responsible=_responsible(steps),
        notes=tuple(sorted(notes, key=lambda note: note.row)),
    )


def _plan(steps: Sequence[Work], title: ScheduleTitle, notes: list[RowNote]) -> Mapping[str, tuple[int, date]]:
    """Return name of fact -> the row its plan date was read from (0 is the title) and that date, earliest
    first; add notes. Of a span a step takes the last day, the analysis itself both ends. Of several rows sure
    about a fact the first counts, and more than one that is only likely about it.
    """
    sure: dict[str, tuple[int, date]] = {}
    likely: dict[str, tuple[Work, date]] = {}
    runs: list[tuple[int, Days]] = []
    for step in steps:
        notes += _notes(step)
        if not step.is_recognised or len(step.days) != 1:
            continue
        (when,) = step.days
        if RUN in step.facts:
            runs.append((step.row, when))
        elif when.is_span:
            notes.append(step.note("read_span_last", first=when.first, last=when.last))
        for fact, is_sure in step.facts.items():
            if not is_sure:
                likely.setdefault(fact, (step, when.last))
            elif fact != RUN:
                kept, _ = sure.setdefault(fact, (step.row, when.last))
                if kept != step.row:
                    notes.append(step.note("read_row_repeats", on=when.last, kept=kept))
        notes += reading_notes(step.row, step.written, when)
    notes += _notes_on_likely(sure, likely)
    run = _run(runs, title, notes, is_dated=not {START, END}.isdisjoint(sure))
    dated = {fact: (step.row, on) for fact, (step, on) in likely.items()} | run | sure
    return dict(sorted(dated.items(), key=lambda item: (item[1][1], item[0])))


def _notes(step: Work) -> Iterator[RowNote]:
    """Yield the notes on what of a row was not read."""
    for when in step.when:
        if step.days and isinstance(when, TermInWords):
            yield step.note("read_beside", text=when.text)
    if len(step.days) > 1:
        yield step.note("read_row_several_dates", when=step.written)
    if step.left is not None:
        yield RowNote.of(step.row, UNREAD[step.left.code], **step.left.arguments)
    if not step.is_recognised:
        yield step.note("read_row_not_recognised", when=step.written, who=step.who)
    elif not step.days and step.left is None:
        yield step.note("read_row_not_dated", when=step.written)


def _notes_on_likely(
    sure: Mapping[str, tuple[int, date]], likely: Mapping[str, tuple[Work, date]]
) -> Iterator[RowNote]:
    """Yield a note on each row that was taken for facts it is only likely about."""
    plan_rows = {sure["plan_developed"][0]} if "plan_developed" in sure else set[int]()
    plan_rows |= {likely["plan_approved"][0].row} if "plan_approved" in likely else set()
    for step, on in {step.row: (step, on) for fact, (step, on) in likely.items() if fact not in sure}.values():
        yield step.note("read_plan_for_both" if step.row in plan_rows else "read_row_taken", on=on)


def _run(
    runs: Sequence[tuple[int, Days]], title: ScheduleTitle, notes: list[RowNote], *, is_dated: bool
) -> dict[str, tuple[int, date]]:
    """Return the start and the end of the analysis with the row of each, from the rows that give its span, else
    from the title's period, unless a row gives one alone (`is_dated`); note parts and a period that differs.
    """
    period = title.period
    if period and not runs and not is_dated:
        runs = [(0, period)]
        notes.append(RowNote.of(0, "read_title_period", first=period.first, last=period.last))
    if not runs:
        return {}
    first, last = min(span.first for _, span in runs), max(span.last for _, span in runs)
    if period and period != Days(first, last):
        notes.append(RowNote.of(0, "read_title_differs", first=period.first, last=period.last))
    if len(runs) > 1:
        rows = tuple(row for row, _ in runs)
        notes.append(RowNote.of(rows[-1], "read_analysis_in_parts", rows=rows, first=first, last=last))
    return {
        fact: (next(row for row, span in runs if end in (span.first, span.last)), end)
        for fact, end in ((START, first), (END, last))
    }


def _responsible(steps: Sequence[Work]) -> dict[str, str]:
    """Return name of fact -> who is responsible, as written; the first one named stays."""
    sure: dict[str, str] = {}
    likely: dict[str, str] = {}
    for step in steps:
        if step.who and step.is_recognised:
            for fact, is_sure in step.facts.items():
                for each in (START, END) if fact == RUN else (fact,):
                    (sure if is_sure else likely).setdefault(each, step.who)
    return likely | sure
