"""`-` as standard input where a command reads a file; undetectable file types are refused in one sentence."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.merzim.conftest import PAST, PEOPLE, SCHEDULE, Merzim

TRANSFER = """[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000001"
address = "https://adilet.zan.kz/rus/docs/G26G0000001"
"""
Fed = Callable[[bytes], None]


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> Fed:
    """Input by standard input."""
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_schedule_and_its_people_come_through_a_pipe(empty_office: Merzim, fed: Fed) -> None:
    """A workbook is known by its first bytes, a table of people is text; again it changes nothing."""
    fed(PEOPLE.read_bytes())
    assert empty_office("people", "-", "--json").json["people"]
    fed(SCHEDULE.read_bytes())
    first = empty_office("import", "-", "--now", "2026-03-30", "--json").json
    fed(SCHEDULE.read_bytes())
    second_import = empty_office("import", "-", "--now", "2026-03-30", "--json").json

    assert (len(first["opened"]), second_import["opened"]) == (1, [])


def test_what_is_piped_is_read_as_the_file_is(merzim: Merzim, fed: Fed, tmp_path: Path) -> None:
    """Past analyses, an act of the calendar, numbers of a year."""
    inputs = b'{"P2.T2.S1": {"count": 41}}'
    (tmp_path / "inputs.json").write_bytes(inputs)
    (tmp_path / "act.toml").write_text(TRANSFER, encoding="utf-8")
    assert merzim("installation").code == 0
    for line, file in (
        ("audit {}", PAST),
        ("score --inputs {}", tmp_path / "inputs.json"),
        ("calendar-change preview {}", tmp_path / "act.toml"),
    ):
        file_result = merzim(*line.format(file).split(), "--now", "2026-04-06", "--json")
        fed(file.read_bytes())
        piped = merzim(*line.format("-").split(), "--now", "2026-04-06", "--json")

        assert (piped.code, piped.out) == (file_result.code, file_result.out), line
        assert file_result.out


@pytest.mark.parametrize(
    ("line", "data", "said"),
    [
        ("import -", b"", "Nothing came"),
        ("import -", b"  \n", "Nothing came"),
        ("import -", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "takes xlsx, xls, csv"),
        ("score --inputs -", b"PK\x03\x04\x14\0", "takes json"),
        ("score --inputs -", b"three", "stdin.json"),
        ("calendar-change preview -", b"\0\1\2", "takes toml"),
        ("people -", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "stdin.xlsx"),
        ("record 2026-0001 order_signed --on 2026-04-06 --evidence -", b"%PDF-", "its name is recorded"),
    ],
)
def test_what_cannot_be_told_is_one_sentence(
    office: Merzim, fed: Fed, line: str, data: bytes, said: str
) -> None:
    """Nothing, a picture, a workbook for numbers, an old workbook; and where a file's name is recorded."""
    fed(data)
    answer = office(*line.split(), "--now", "2026-04-06")

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_a_real_pipe_leaves_no_file_behind() -> None:
    """A process of its own, its folder of temporary files empty afterwards. The folder's name is short: the
    socket of the process that reads papers lies in it, and the system takes 107 bytes.
    """
    with TemporaryDirectory(dir="/tmp") as folder:
        process = subprocess.run(
            [sys.executable, "-m", "merzim", "audit", "-", "--lang", "ru"],
            input=PAST.read_bytes(),
            capture_output=True,
            cwd=folder,
            env={"TMPDIR": folder, "PATH": "/usr/bin"},
            check=False,
        )

        assert process.returncode == 1, process.stderr.decode()
        assert "Несоответстви" in process.stdout.decode() or process.stdout.decode().strip()
        assert list(Path(folder).iterdir()) == []
