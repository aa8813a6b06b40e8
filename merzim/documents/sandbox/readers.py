"""The readers of untrusted files as the rest of the program calls them; each file is read in its own process.

Arguments, results and errors are those of the reader itself. In addition, a file is refused when reading it
takes too long or too much memory (`documents.sandbox.process`), or when it waits too long for a free process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from merzim.documents.sandbox.pool import Pool
from merzim.documents.sandbox.process import AT_ONCE, choose_starter
from merzim.documents.sheets import file_kind
from merzim.documents.sheets.workbook import MAX_BYTES as MAX_BYTES
from merzim.documents.sheets.workbook import Source
from merzim.documents.sheets.workbook import contents as contents

if TYPE_CHECKING:
    from merzim.documents.forms.rows_file import FormData
    from merzim.documents.measure_plan import ReadMeasure
    from merzim.documents.people.read_people import ReadPeople
    from merzim.documents.registers.rows_table import RegisterTable
    from merzim.documents.schedules.audit_table import AuditCase
    from merzim.documents.schedules.rows_joined import ReadSchedule
    from workflow.cases.registers.exposure import CartogramLine

_processes = choose_starter()
_tables = Pool(_processes, at_once=AT_ONCE)
_archives = Pool(_processes, at_once=2, seconds=10)
"""A separate pool for evidence, because listing an archive is quick and should not wait for tables."""


def read_schedule(source: Source, name: str | None = None) -> tuple[ReadSchedule, ...]:
    """Read a schedule: `merzim.documents.schedules.flat`."""
    return cast("tuple[ReadSchedule, ...]", _read("schedule", source, name))


def read_people(
    source: Source,
    name: str | None = None,
    *,
    own_titles: Mapping[str, Mapping[str, str]] | None = None,
    languages: Mapping[str, str] | None = None,
) -> ReadPeople:
    """Read a table of people: `merzim.documents.people.table`."""
    options = {"own_titles": own_titles or {}, "languages": languages or {}}
    return cast("ReadPeople", _read("people", source, name, **options))


def read_audit(
    source: Source,
    name: str | None = None,
    *,
    facts: Collection[str],
    headings: Mapping[str, str] | None = None,
) -> tuple[AuditCase, ...]:
    """Read a table of past analyses: `merzim.documents.schedules.audit_table`."""
    options = {"facts": tuple(facts), "headings": headings or {}}
    return cast("tuple[AuditCase, ...]", _read("audit", source, name, **options))


def read_measures(
    source: Source, name: str | None = None, *, year: int | None = None
) -> tuple[ReadMeasure, ...]:
    """Read a plan of measures: `merzim.documents.measure_plan`."""
    return cast("tuple[ReadMeasure, ...]", _read("measures", source, name, year=year))


def read_cartogram(source: Source, name: str | None = None) -> tuple[CartogramLine, ...]:
    """Read a cartogram: `merzim.documents.drawings.cartogram_table`."""
    return cast("tuple[CartogramLine, ...]", _read("cartogram", source, name))


def read_form_data(source: Source, form: str, name: str | None = None) -> FormData:
    """Read the values of a form, given by its id: `merzim.documents.forms.rows_file`."""
    return cast("FormData", _read("form", source, name, form=form))


def check_template(data: bytes, name: str, *, form: str) -> tuple[str, ...]:
    """Check an organisation's own template of a form: `merzim.documents.forms.own_template`."""
    return cast("tuple[str, ...]", _tables.read("template", data, name, form=form))


def read_register_rows(source: Source, name: str | None = None, *, heads: Mapping[str, str]) -> RegisterTable:
    """Read the rows of a register's spreadsheet: `merzim.documents.registers.rows_table`."""
    return cast("RegisterTable", _read("register", source, name, heads=heads))


def media_type(path: Path, name: str) -> str | None:
    """Return the media type of a file of evidence: `merzim.documents.sheets.file_kind`.

    Archives and Office documents are opened in a separate process. For all others the first 4,096 bytes are
    compared with known signatures in this process.
    """
    if not file_kind.is_packed(name):
        return file_kind.media_type(path, name)
    return cast("str | None", _archives.read("packed", b"", name, path=str(path.absolute())))


def check_act(text: str, name: str) -> None:
    """Raise if the text of an act cannot be read: `calendars.records.parse`."""
    _tables.read("act", text.encode("utf-8", "surrogatepass"), name)


@contextmanager
def run_readers() -> Iterator[None]:
    """Keep the reading processes available while the block runs; afterwards nothing can be read."""
    for pool in (_tables, _archives):
        pool.stopped = False
    _processes.warm()
    try:
        yield
    finally:
        stop_readers()
        _processes.close()


def stop_readers() -> None:
    """Stop all readings and refuse new ones. May be called from a signal handler."""
    for pool in (_tables, _archives):
        pool.stop()


def _read(reader: str, source: Source, name: str | None, **options: object) -> object:
    """Read a file in a process of the pool."""
    name = name or ("" if isinstance(source, bytes) else Path(source).name)
    return _tables.read(reader, contents(source, name), name, **options)
