"""Reads a schedule in either of its two forms."""

from __future__ import annotations

from dataclasses import replace

from documents.schedules.flat import find_flat_heading, read_flat
from documents.schedules.reading import Note, ReadSchedule
from documents.schedules.schedule import find_published_heading, read_published
from documents.sheets.unreadable import UnreadablePaper
from documents.sheets.workbook import Source, open_paper


def read_schedule(source: Source, name: str | None = None) -> tuple[ReadSchedule, ...]:
    """Return the planned analyses of a file: one of a published schedule, one for each row of a flat table.

    The first sheet in one of the two forms is read; other filled sheets are named in the notes.

    Args:
        source: a path, or the bytes of an upload.
        name: the file's name in error messages; a path's own name by default.

    Raises:
        UnreadablePaper: nothing was read; `.errors` names every bad row.
    """
    paper = open_paper(source, name)
    for sheet in paper.sheets:
        flat = find_flat_heading(sheet)
        published = None if flat else find_published_heading(sheet)
        if flat:
            read = read_flat(paper, sheet, flat)
        elif published:
            read = (read_published(paper, sheet, published),)
        else:
            continue
        unread = [other.name for other in paper.sheets if other is not sheet]
        return (_with_unread(read[0], unread), *read[1:]) if unread else read
    raise UnreadablePaper("paper_form_unknown", name=paper.name)


def _with_unread(read: ReadSchedule, unread: list[str]) -> ReadSchedule:
    """Return the schedule with notes naming the sheets that were not read."""
    notes = tuple(Note(0, "read_sheet_ignored", {"row": 0, "sheet": name}) for name in unread)
    return replace(read, notes=(*notes, *read.notes))
