"""Damaged or tampered databases: `merzim verify` names the damage, and a backup is complete."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from merzim.cli import main
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import reading
from merzim.storage.events import newest_seal
from merzim.storage.maintenance.verify import verify
from tests.storage.sample_cases import NOW, TODAY, case_commands, later, opened, seal
from tests.storage.test_verify import by_hand
from workflow.cases.commands import recording
from workflow.org.audit import Stamp

PAGE = 4096


def codes(engine: Engine, seal: tuple[int, str] | None = None) -> list[str]:
    return [problem.code for problem in verify(engine, known_seal=seal)]


@pytest.mark.parametrize("filling", [b"\x00", b"\xa5"])
def test_a_page_torn_out_of_the_file_is_named(
    sqlite: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], filling: bytes
) -> None:
    """Whichever page it is, of a table, an index or the first of all: never "all agrees", never a traceback."""
    for _ in range(2):
        opened(sqlite)
    seal(sqlite, now=NOW)
    file = Path(str(sqlite.url.database))
    sqlite.dispose()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("VACUUM").close()
    file_bytes = file.read_bytes()
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "sqlite:///{file}"\n', encoding="utf-8")
    pages = len(file_bytes) // PAGE

    for torn in [0, 1, *range(2, pages, max(1, pages // 12))]:
        for side_file in file.parent.glob(f"{file.name}-*"):
            side_file.unlink()
        file.write_bytes(file_bytes[: torn * PAGE] + filling * PAGE + file_bytes[(torn + 1) * PAGE :])
        capsys.readouterr()
        code = main(["verify", "--config", str(config), "--lang", "en"])
        output = capsys.readouterr()

        assert code in (1, 2), (torn, output)
        assert "damaged" in output.out + output.err, (torn, output)
        assert "Traceback" not in output.err


def test_a_seal_kept_elsewhere_shows_what_nothing_inside_can(engine: Engine) -> None:
    """Somebody with all the keys puts everything back to yesterday: the database agrees with itself."""
    case = opened(engine)
    seal(engine, now=NOW)
    with reading(engine) as connection:
        yesterday = newest_seal(connection)
    events = SqlLedger(engine).events(case.id)
    case_commands(engine).write(
        case.id, Stamp(by="А", now=NOW, today=TODAY), recording.record, "schedule_approved", on=TODAY
    )
    seal(engine, now=later(1))
    with reading(engine) as connection:
        today = newest_seal(connection)
    assert yesterday is not None
    assert today is not None
    assert codes(engine, (today[0], today[2])) == []
    with by_hand(engine) as connection:
        connection.execute(text("DELETE FROM event WHERE stream = 'seals' AND seq = 2"))
        connection.execute(text("DELETE FROM event WHERE stream <> 'seals' AND seq > :n"), {"n": len(events)})
        connection.execute(
            text('UPDATE "case" SET seq = :n, head = :h'), {"n": len(events), "h": events[-1].hash}
        )

    assert codes(engine) == []
    assert codes(engine, (yesterday[0], yesterday[2])) == []
    assert codes(engine, (today[0], today[2])) == ["seal_unknown"]


@pytest.mark.parametrize(("table", "column"), [("event", "on"), ("deadline", "due"), ("event", "at")])
def test_a_value_that_is_no_date_is_named_by_its_row(
    sqlite: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, column: str
) -> None:
    """`verify` names table, row and field, and asks nothing else of such a database."""
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{sqlite.url.set(drivername="sqlite")}"\n', encoding="utf-8")
    options = ["--config", str(config), "--lang", "en", "--now", "2026-04-06"]
    opened(sqlite)
    assert main(["seal", *options]) == 0
    assert main(["verify", *options]) == 0
    with by_hand(sqlite) as connection:
        connection.execute(text(f'UPDATE "{table}" SET "{column}" = \'кеше\''))
    capsys.readouterr()

    assert main(["verify", *options]) == 1
    output = capsys.readouterr()
    assert f"Table {table}, row" in output.out
    assert f"field {column}" in output.out
    assert output.err == ""


def test_a_seal_is_printed_written_down_and_asked_for(
    sqlite: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line; what is no such line is refused in one sentence."""
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{sqlite.url.set(drivername="sqlite")}"\n', encoding="utf-8")
    options = ["--config", str(config), "--lang", "en", "--now", "2026-04-06"]
    assert main(["seal", *options]) == 1
    opened(sqlite)
    capsys.readouterr()

    assert main(["seal", *options]) == 0
    line = capsys.readouterr().out.strip()
    assert line.startswith("1 2026-04-06T07:00:00Z ")
    assert main(["seal", *options]) == 0
    assert capsys.readouterr().out.strip() == line
    assert codes(sqlite, (1, line.split()[-1])) == []
    assert codes(sqlite, (1, "0" * 64)) == ["seal_unknown"]
    assert main(["verify", "--seal", "seal 1", *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
