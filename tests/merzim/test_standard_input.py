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
