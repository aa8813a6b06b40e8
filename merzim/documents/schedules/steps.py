"""Turns the rows of a table into analyses: one row a step (work, term, responsible), as published."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from merzim.documents.schedules.analyses import UNREAD
from merzim.documents.schedules.roots import FactMatch, match_facts
from merzim.documents.schedules.rows_joined import CombinedRows, ReadSchedule
from merzim.documents.schedules.table import HeadCell, ScheduleTable, text_at
from merzim.documents.schedules.title import ScheduleTitle
from merzim.documents.sheets.dates import Days, TermInWords, When, is_far, read_counted, read_lines
from merzim.documents.sheets.rows import RowOfSheet, Sheet, cell_name, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell

_WHOLE = ("внутренн", "вакр", "ішкі талдау")
"""Roots of a work that is a whole analysis, not a part of one."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row of the table. `place`: the column of its days; `left`: why they were left as words."""

    row: int
    work: str
    when: tuple[When, ...]
    written: str
    who: str
    place: int
    group: str = ""
    left: UnreadableCell | None = None


def has_steps(table: ScheduleTable) -> bool:
    """Return whether the rows of a table are steps of analyses, not analyses."""
    works = table.of("work")
    if not works:
        return False
    texts = [tidy(text_of(value)) for row in table.rows if isinstance(value := row.cell(works[0].place), str)]
    matches = [match_facts(text) for text in texts]
    steps = {fact for match in matches for fact in (*match.facts, *match.likely)}
    runs = {text for text, match in zip(texts, matches, strict=True) if match.is_analysis}
    if table.of("object") or table.of("unit"):
        return len(steps) + bool(runs) > 1
    return bool(steps) or not (
        len(runs) > 1 and all(any(root in plain(run) for root in _WHOLE) for run in runs)
    )


def read_steps(
    sheet: Sheet, table: ScheduleTable, title: ScheduleTitle, name: str, errors: Errors
) -> list[ReadSchedule]:
    """Return the analyses whose steps are the rows of a table: one, or one for each object or section.

    Errors: a day that cannot be, a formula; where no day is read at all, each that was left as words.
    """
    steps, sections = _steps(sheet, table, title, errors)
    schedules: list[ReadSchedule] = []
    for group in dict.fromkeys(step.group for step in steps):
        own = [step for step in steps if step.group == group]
        joined = _join(own, title, is_first=not schedules)
        for row, text in sections if not schedules else ():
            joined.note(row, "read_section", text=text)
        for column in _unused(table) if not schedules else ():
            joined.note(table.head, "read_column_ignored", column=column)
        dated, places = joined.dated(), {step.row: step.place for step in own}
        cells = {fact: cell_name(row, places[row]) for fact, (row, _) in dated.items() if row in places}
        if title.approved_cell:
            cells["schedule_approved"] = title.approved_cell
        schedules.append(
            ReadSchedule(
                form="published",
                object=group or title.object or name,
                row=table.head if not schedules else own[0].row,
                facts={"schedule_approved": title.approved_on} if title.approved_on else {},
                planned={fact: on for fact, (_, on) in dated.items()},
                cells=cells,
                responsible=joined.responsible(),
                notes=joined.notes(),
            )
        )
    if not any(schedule.planned for schedule in schedules):
        for step in steps:
            if step.left is not None:
                errors.take(step.row, step.left)
    return schedules


def _steps(
    sheet: Sheet, table: ScheduleTable, title: ScheduleTitle, errors: Errors
) -> tuple[list[StepRow], list[tuple[int, str]]]:
    """Return the rows of the table, and its sections with their row numbers."""
    when = _when_columns(table)
    steps: list[StepRow] = []
    sections: list[tuple[int, str]] = []
    for row in table.rows:
        section = _section(sheet, row, when[0].place if when else 0)
        if section is not None:
            sections.append((row.number, section))
            continue
        work = "\n".join(filter(None, (text_at(row, column, errors) for column in table.of("work"))))
        who = "".join(text_at(row, column, errors) for column in table.of("who")[:1])
        try:
            days, left = _read_or_left(row, when, title)
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            continue
        if work or days or who:
            step = StepRow(
                row=row.number,
                work=tidy(work),
                when=days,
                written=" – ".join(
                    tidy(text_of(row.cell(column.place))) for column in when if _has(row, column)
                ),
                who=tidy(who),
                place=next((column.place for column in when if _has(row, column)), 0),
                group=_group(row, table, steps),
                left=left,
            )
            steps.append(step)
    return _grouped(steps, sections), sections


def _when_columns(table: ScheduleTable) -> tuple[HeadCell, ...]:
    """Return the columns of the days: first and last day, or the one of the term."""
    ends_ = (*table.of("start")[:1], *table.of("end")[:1])
    periods = table.of("period")
    return ends_ or tuple(column for column in periods if column.title == periods[0].title)


def _has(row: RowOfSheet, column: HeadCell) -> bool:
    return row.cell(column.place) not in (None, "")


def _unused(table: ScheduleTable) -> list[str]:
    """Return the headings of the columns that are not read: of no known kind, or of one read already."""
    used = {"number", "object", "unit", "work"}
    columns = [column for column in table.columns if column.kind not in used]
    taken = {column.title for column in (*_when_columns(table), *table.of("who")[:1])}
    return [column.title for column in columns if column.title not in taken]


def _group(row: RowOfSheet, table: ScheduleTable, before: Sequence[StepRow]) -> str:
    """Return the object a step belongs to: its own column, else that of the row above; "" without either."""
    objects = table.of("object") or table.of("unit")
    if not objects:
        return ""
    return tidy(text_of(row.cell(objects[0].place))) or (before[-1].group if before else "")


def _grouped(steps: Sequence[StepRow], sections: Sequence[tuple[int, str]]) -> list[StepRow]:
    """Return the steps with the objects they belong to: of a column, of sections, or none.

    Objects part a table only where the same steps come back under each.
    """
    if _repeats(steps, [step.group for step in steps]):
        return list(steps)
    starts = [row for row, _ in sections]
    names = [next((text for row, text in reversed(sections) if row < step.row), "") for step in steps]
    is_parted = len(starts) > 1 and _repeats(steps, names)
    return [replace(step, group=name if is_parted else "") for step, name in zip(steps, names, strict=True)]


def _repeats(steps: Iterable[StepRow], groups: Iterable[str]) -> bool:
    """Return whether some step comes back, once in each of several groups."""
    met: Counter[str] = Counter()
    in_group: Counter[tuple[str, str]] = Counter()
    for step, group in zip(steps, groups, strict=True):
        match = match_facts(step.work)
        for fact in (*match.facts, *match.likely, *(("run",) if match.is_analysis else ())):
            met[fact] += 1
            in_group[group, fact] += 1
    several = len({group for group, _ in in_group}) > 1
    return several and any(count > 1 for count in met.values()) and max(in_group.values()) == 1


def _join(steps: Sequence[StepRow], title: ScheduleTitle, *, is_first: bool) -> CombinedRows:
    """Return the steps of one analysis combined; the notes on the approval stand with the first of a table."""
    joined = CombinedRows()
    if title.approved_on and is_first:
        joined.note(title.approved_row, "read_approved", on=title.approved_on)
    elif is_first:
        joined.note(0, "read_not_approved")
    for step in steps:
        match = match_facts(step.work)
        dated = [when for when in step.when if isinstance(when, Days)]
        for when in step.when:
            if dated and isinstance(when, TermInWords):
                joined.note(step.row, "read_beside", work=step.work, text=when.text)
        if len(dated) > 1:
            joined.note(step.row, "read_row_several_dates", work=step.work, when=step.written)
        if step.left is not None:
            joined.note(step.row, UNREAD[step.left.code], **step.left.arguments)
        _add(joined, step, match, dated)
    if title.period:
        joined.take_period(title.period)
    return joined


def _add(joined: CombinedRows, step: StepRow, match: FactMatch, dated: Sequence[Days]) -> None:
    """Add a step to its analysis. Only a note is made of a row that is not recognised, or is the analysis with
    one day.
    """
    alone = match.is_analysis and len(dated) == 1 and not dated[0].is_span
    if not match.is_recognised or alone:
        joined.note(step.row, "read_row_not_recognised", work=step.work, when=step.written, who=step.who)
        return
    joined.name_responsible(match, step.who)
    if len(dated) == 1:
        joined.plan(step.row, step.work, match, dated[0])
        joined.note_reading(step.row, step.written, dated[0])
    elif not dated and step.left is None:
        joined.note(step.row, "read_row_not_dated", work=step.work, when=step.written)


def _read_or_left(
    row: RowOfSheet, columns: Sequence[HeadCell], title: ScheduleTitle
) -> tuple[tuple[When, ...], UnreadableCell | None]:
    """Return the dates of a row, or none and why they were left as words. Raises UnreadableCell for a day that
    cannot be.
    """
    try:
        when = _when(row, columns, title.year)
    except UnreadableCell as refusal:
        if refusal.code not in UNREAD:
            raise
        return (), refusal
    days = (day for reading in when if isinstance(reading, Days) for day in (reading.first, reading.last))
    if not any(is_far(day.year, title.years) for day in days):
        return when, None
    text = " – ".join(text_of(row.cell(column.place)) for column in columns)
    where = columns[0].title
    return (), UnreadableCell("paper_date_far", text=tidy(text), where=where, year=max(title.years))


def _when(row: RowOfSheet, columns: Sequence[HeadCell], year: int | None) -> tuple[When, ...]:
    """Return the dates of a row; a day in each of two cells makes a span. Raises UnreadableCell."""
    dates = [
        _counted(when, column, year)
        for column in columns
        for when in read_lines(row.cell(column.place), where=column.title, year=year)
    ]
    days = [when.first for when in dates if isinstance(when, Days) and not when.is_span]
    if len(columns) == 2 and len(dates) == len(days) == 2:
        if days[1] < days[0]:
            raise UnreadableCell("paper_span_backwards", text=f"{days[0]} – {days[1]}", where=columns[0].title)
        return (Days(days[0], days[1]),)
    return tuple(dates)


def _counted(when: When, column: HeadCell, year: int | None) -> When:
    """Return the days of words that count from a named day, and everything else as it is; words that count back
    give the day alone. Raises UnreadableCell.
    """
    if not isinstance(when, TermInWords) or not (
        days := read_counted(when.text, where=column.title, year=year)
    ):
        return when
    return Days(min(days), days[1])


_LABEL = re.compile(r"^(?:\d+[.)]\s*)?(?:объект(?: анализа)?|(?:талдау )?объекті?сі)\s*:\s*(?=\S)", re.I)


def _section(sheet: Sheet, row: RowOfSheet, when: int) -> str | None:
    """Return the section heading of a row: its only text, or a text merged over the date column; None for other
    rows. Of "1. Объект анализа: Закупки" it is the object alone.
    """
    filled = row.filled()
    if len(filled) == 1:
        return _LABEL.sub("", tidy(text_of(row.cell(filled[0]))))
    for place in filled:
        covered = sheet.covered(row.number, place)
        if len(covered) > 1 and when in covered and place != when:
            return _LABEL.sub("", tidy(" ".join(text_of(row.cell(at)) for at in filled)))
    return None
