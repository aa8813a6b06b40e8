"""Reading a schedule in whichever of the two forms it comes."""

from __future__ import annotations

from dataclasses import replace

from documents.schedules.flat import is_flat, read_flat
from documents.schedules.reading import Note, ReadSchedule
from documents.schedules.schedule import is_published, read_published
from documents.sheets.unreadable import UnreadablePaper
from documents.sheets.workbook import Source, open_paper


def read_schedule(source: Source, name: str | None = None) -> tuple[ReadSchedule, ...]:
    """The analyses a file plans: one of a published schedule, one for each row of a flat table.

    The first sheet in one of the two forms is read; other filled sheets are named in the notes.

    Args:
        source: a path, or the bytes of an upload.
        name: how to call the file in refusals; a path's own name by default.

    Raises:
        UnreadablePaper: all of the file or none of it; `.errors` names every bad row.
    """
    paper = open_paper(source, name)
    for sheet in paper.sheets:
        flat = is_flat(sheet)
        published = None if flat else is_published(sheet)
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
    notes = tuple(Note(0, "read_sheet_ignored", {"row": 0, "sheet": name}) for name in unread)
    return replace(read, notes=(*notes, *read.notes))
