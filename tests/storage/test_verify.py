"""Verification: what was changed, damaged or lost outside the application is found and named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Connection, Engine, text

import i18n
from merzim.cli import main
from merzim.storage.cases.evidence import EvidenceFolder
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import reading
from merzim.storage.events import newest_seal
from merzim.storage.maintenance.verify import rebuild, verify
from merzim.storage.refusals import CaseBroken
from merzim.storage.tables.events import install_triggers, missing_triggers, trigger_names
from tests.case_rows import FoundRisk, RowCommands
from tests.law import library
from tests.storage.sample_cases import AT, NOW, TODAY, case_commands, later, opened, recompute, seal
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording
from workflow.deadlines.deadline import Row
from workflow.ports import Change
from workflow.refusal import Refusal


@contextmanager
def by_hand(engine: Engine) -> Iterator[Connection]:
    """Somebody with the keys to the database: the triggers are off meanwhile, and stand again afterwards."""
    with engine.connect() as connection, connection.begin():
        missing = missing_triggers(connection)
        for name in sorted(trigger_names(engine.dialect.name) - missing):
            on = " ON event" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        yield connection
        if not missing:
            install_triggers(connection)


def codes(problems: tuple[Refusal, ...]) -> list[tuple[str, object]]:
    return [(problem.code, problem.arguments.get("seq")) for problem in problems]


def test_what_we_wrote_is_in_order_until_a_seal_or_an_edition_is_changed(engine: Engine, case: Case) -> None:
    """Seals are a stream as well; a round in which nothing changed leaves none. A case keeps the digest of the
    file it was opened with."""
    assert seal(engine, now=NOW) == 1
    assert seal(engine, now=later(1)) is None
    case_commands(engine).write(case.id, AT, recording.record, "schedule_approved", on=TODAY)
    assert seal(engine, now=later(2)) == 2
    editions = {edition.edition: edition.digest for edition in library().all()}

    assert verify(engine, editions=editions, recompute=recompute(engine)) == ()
    (altered,) = verify(engine, editions={case.edition: "0" * 64})
    assert (altered.code, altered.arguments["edition"]) == ("edition_altered", case.edition)
    assert verify(engine, editions={})[0].code == "edition_missing"
    with by_hand(engine) as connection:
        connection.execute(text("DELETE FROM event WHERE stream = 'seals' AND seq = 1"))
    assert codes(verify(engine)) == [("event_missing", 1)]


def test_a_reader_added_by_hand_is_named_and_taken_away(engine: Engine, case: Case) -> None:
    """A confidential case is read by whom its events name."""
    with engine.connect() as connection, connection.begin():
        connection.execute(text("INSERT INTO reader VALUES (:case, 'nobody')"), {"case": case.id})

    assert [problem.code for problem in verify(engine, recompute=recompute(engine))] == ["case_differs"]
    rebuild(engine, recompute(engine), now=NOW)
    assert verify(engine, recompute=recompute(engine)) == ()


def test_a_board_changed_by_hand_is_named_and_rebuilt(engine: Engine, case: Case) -> None:
    """The board is only a copy: its rebuild from the events is what counts. A round moves a step; the
    events know nothing of rounds."""
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE deadline SET due = '2026-12-31' WHERE obligation = 'order_signed'"))
        connection.execute(text("DELETE FROM deadline WHERE obligation = 'note_signed'"))
        connection.execute(text("UPDATE \"case\" SET unit = 'another'"))

    problems = verify(engine, recompute=recompute(engine))
    rebuilt = rebuild(engine, recompute(engine), now=NOW)

    names = [problem.arguments.get("obligation", problem.code) for problem in problems]
    assert names == ["case_differs", "note_signed", "order_signed"]
    assert rebuilt == 1
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE deadline SET next_step_on = NULL"))

    assert verify(engine, recompute=recompute(engine)) == ()


def test_nobody_records_while_a_case_is_rebuilt(
    engine: Engine, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does waits for the end, and what is rebuilt has no older state of the case. What is recorded while it
    is verified is no alteration."""
    record = partial(case_commands(engine).write, case.id, AT, recording.record, "schedule_approved", on=TODAY)
    other = Thread(target=record)

    def anew(case: Case) -> Change:
        other.start()
        other.join(0.2)
        assert other.is_alive()
        return recompute(engine)(case)

    assert rebuild(engine, anew, now=NOW) == 1
    other.join()
    plan = partial(case_commands(engine).write, case.id, AT, recording.replan, {"order_signed": TODAY})
    another, rows_of = Thread(target=plan), SqlLedger.rows_of

    def once_another_wrote(self: SqlLedger, ids: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        another.start()
        another.join()
        return rows_of(self, ids)

    monkeypatch.setattr(SqlLedger, "rows_of", once_another_wrote)
    assert verify(engine, recompute=recompute(engine)) == ()
    assert SqlLedger(engine).cases([case.id])[case.id].planned["order_signed"] == TODAY


def test_a_trigger_taken_away_is_named(engine: Engine) -> None:
    """Without it the next change would not be refused."""
    name = sorted(trigger_names(engine.dialect.name))[0]
    on = " ON event" if engine.dialect.name == "postgresql" else ""
    with engine.connect() as connection, connection.begin():
        connection.execute(text(f"DROP TRIGGER {name}{on}"))

    assert [(problem.code, problem.arguments) for problem in verify(engine)] == [
        ("trigger_missing", {"name": name})
    ]


def test_a_rebuild_ends_and_names_a_case_whose_tail_is_gone(engine: Engine) -> None:
    """The broken case is left as it is, the others are rebuilt, and recording into it is refused."""
    broken, whole_case = opened(engine), opened(engine)
    with by_hand(engine) as connection:
        connection.execute(
            text(
                'DELETE FROM event WHERE "case" = :k AND seq = (SELECT max(seq) FROM event WHERE "case" = :k)'
            ),
            {"k": broken.id},
        )

    with pytest.raises(Refusal) as refusal:
        rebuild(engine, recompute(engine), now=NOW)
    assert refusal.value.arguments == {"cases": (broken.id,), "count": 1}
    with pytest.raises(CaseBroken):
        case_commands(engine).write(broken.id, AT, recording.record, "order_signed", on=TODAY)
    case_commands(engine).write(whole_case.id, AT, recording.record, "order_signed", on=TODAY)


PAGE = 4096


def codes_with_seal(engine: Engine, seal: tuple[int, str] | None = None) -> list[str]:
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


def test_a_seal_kept_elsewhere_shows_what_nothing_inside_can(engine: Engine, case: Case) -> None:
    """Somebody with all the keys puts everything back to yesterday: the database agrees with itself."""
    seal(engine, now=NOW)
    with reading(engine) as connection:
        yesterday = newest_seal(connection)
    events = SqlLedger(engine).events(case.id)
    case_commands(engine).write(case.id, AT, recording.record, "schedule_approved", on=TODAY)
    seal(engine, now=later(1))
    with reading(engine) as connection:
        today = newest_seal(connection)
    assert yesterday is not None
    assert codes_with_seal(engine, (today[0], today[2])) == []
    with by_hand(engine) as connection:
        connection.execute(text("DELETE FROM event WHERE stream = 'seals' AND seq = 2"))
        connection.execute(text("DELETE FROM event WHERE stream <> 'seals' AND seq > :n"), {"n": len(events)})
        connection.execute(
            text('UPDATE "case" SET seq = :n, head = :h'), {"n": len(events), "h": events[-1].hash}
        )

    assert codes_with_seal(engine) == []
    assert codes_with_seal(engine, (yesterday[0], yesterday[2])) == []
    assert codes_with_seal(engine, (today[0], today[2])) == ["seal_unknown"]


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
    assert codes_with_seal(sqlite, (1, line.split()[-1])) == []
    assert codes_with_seal(sqlite, (1, "0" * 64)) == ["seal_unknown"]
    assert main(["verify", "--seal", "seal 1", *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1


ORDER, NOTE, LINK = b"%PDF-1.7 order", b"%PDF-1.7 note", "https://org.kz/1"


@pytest.fixture
def store(tmp_path: Path) -> EvidenceFolder:
    return EvidenceFolder(tmp_path / "evidence")


@pytest.fixture
def proved(engine: Engine, store: EvidenceFolder) -> str:
    """A case with a file that proves a fact, a link, and another file that proves a line of a register."""
    case = opened(engine)
    order = Evidence(kind="", reference=store.keep(BytesIO(ORDER), "a.pdf").reference, name="бұйрық.pdf")
    note = Evidence(kind="", reference=store.keep(BytesIO(NOTE), "b.pdf").reference, name="акт.pdf")
    link = Evidence(kind="", reference=LINK)
    case_commands(engine).write(
        case.id, AT, recording.record, "schedule_approved", on=TODAY, evidence=[order, link]
    )
    risks = RowCommands(case_commands(engine))
    risks.add(case.id, FoundRisk(description="Тәуекел"), on=TODAY, at=AT)
    risks.remove(case.id, 1, on=TODAY, completed=True, evidence=[note], at=AT)
    return case.id


def place(store: EvidenceFolder, tmp_path: Path, content: bytes) -> Path:
    """Where the folder keeps these bytes."""
    reference = store.keep(BytesIO(content), "x.pdf").reference
    return tmp_path / "evidence" / reference[:2] / reference


def test_a_flipped_byte_is_named_with_case_file_and_hash(
    engine: Engine, store: EvidenceFolder, proved: str, tmp_path: Path
) -> None:
    """One byte of the order, its length as before. Links are no files, and nobody looks for them."""
    assert verify(engine, evidence=store) == ()
    file = place(store, tmp_path, ORDER)
    file.chmod(0o600)
    file.write_bytes(ORDER[:-1] + b"R")

    (problem,) = verify(engine, evidence=store)

    assert problem.code == "evidence_altered"
    assert problem.arguments["case"] == proved
    for language in i18n.LANGUAGES:
        sentence = i18n.say(problem.code, problem.arguments, language)
        assert all(part in sentence for part in (proved, "бұйрық.pdf", file.name)), sentence


def test_a_file_that_proves_a_line_of_a_register_is_missed_too(
    engine: Engine, store: EvidenceFolder, proved: str, tmp_path: Path
) -> None:
    """Evidence is in other events, too, not only in facts."""
    place(store, tmp_path, NOTE).unlink()

    problems = verify(engine, evidence=store)

    assert [(problem.code, problem.arguments["name"]) for problem in problems] == [
        ("evidence_missing", "акт.pdf")
    ]
