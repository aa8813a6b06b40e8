"""The readers of other people's files as everybody calls them: each file is read in a process of its own.

Arguments, values and refusals are those of the reader itself, which see; besides, a file is refused that takes
too long or too much memory to read (`documents.sandbox.limits`), and one whose turn does not come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from documents.sandbox.limits import AT_ONCE
from documents.sandbox.pool import Pool
from documents.sandbox.process import starter
from documents.sheets import file_kind
from documents.sheets.workbook import MAX_BYTES as MAX_BYTES
from documents.sheets.workbook import Source
from documents.sheets.workbook import contents as contents

if TYPE_CHECKING:
    from documents.forms.rows_file import FormData
    from documents.measure_plan import ReadMeasure
    from documents.people.read_people import ReadPeople
    from documents.schedules.audit_table import AuditCase
    from documents.schedules.reading import ReadSchedule
    from workflow.cases.registers.exposure import CartogramLine

_processes = starter()
_tables = Pool(_processes, at_once=AT_ONCE)
_archives = Pool(_processes, at_once=2, seconds=5)
"""Evidence has turns of its own: an archive's list is read in a moment, and does not wait for tables."""


def read_schedule(source: Source, name: str | None = None) -> tuple[ReadSchedule, ...]:
    """Read a schedule: `documents.schedules.any_schedule`."""
    return cast("tuple[ReadSchedule, ...]", _read("schedule", source, name))


def read_people(source: Source, name: str | None = None) -> ReadPeople:
    """Read a table of people: `documents.people.table`."""
    return cast("ReadPeople", _read("people", source, name))


def read_audit(source: Source, name: str | None = None, *, facts: Collection[str]) -> tuple[AuditCase, ...]:
    """Read a table of past analyses: `documents.schedules.audit_table`."""
    return cast("tuple[AuditCase, ...]", _read("audit", source, name, facts=tuple(facts)))


def read_measures(
    source: Source, name: str | None = None, *, year: int | None = None
) -> tuple[ReadMeasure, ...]:
    """Read a plan of measures: `documents.measure_plan`."""
    return cast("tuple[ReadMeasure, ...]", _read("measures", source, name, year=year))


def read_cartogram(source: Source, name: str | None = None) -> tuple[CartogramLine, ...]:
    """Read a cartogram: `documents.drawings.cartogram_table`."""
    return cast("tuple[CartogramLine, ...]", _read("cartogram", source, name))


def read_form_data(source: Source, form: str, name: str | None = None) -> FormData:
    """Read what fills a form, named by its id: `documents.forms.rows_file`."""
    return cast("FormData", _read("form", source, name, form=form))


def media_type(path: Path, name: str) -> str | None:
    """Return the media type of a file of evidence: `documents.sheets.file_kind`.

    Archives and documents of Office are opened in a process of their own. Of all others the first 4,096 bytes
    are compared with what such files begin with, here.
    """
    if not file_kind.is_packed(name):
        return file_kind.media_type(path, name)
    return cast("str | None", _archives.read("packed", b"", name, path=str(path.absolute())))


def check_act(text: str, name: str) -> None:
    """Refuse the text of an act that cannot be read: `calendars.records.parse`."""
    _tables.read("act", text.encode("utf-8", "surrogatepass"), name)


def check_rules(data: bytes, name: str) -> None:
    """Refuse own rules that cannot be read: `workflow.law.reader.overlay`."""
    _tables.read("rules", data, name)


@contextmanager
def service() -> Iterator[None]:
    """Be ready to read at once while the block lasts; after it, and after `stop`, nothing is read any more."""
    for pool in (_tables, _archives):
        pool.stopped = False
    _processes.warm()
    try:
        yield
    finally:
        stop()
        _processes.close()


def stop() -> None:
    """End all readings, and begin no other. May be called from a signal handler."""
    for pool in (_tables, _archives):
        pool.stop()


def _read(reader: str, source: Source, name: str | None, **options: object) -> object:
    name = name or ("" if isinstance(source, bytes) else Path(source).name)
    return _tables.read(reader, contents(source, name), name, **options)
