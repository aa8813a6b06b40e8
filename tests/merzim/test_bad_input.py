"""Invalid input: one line on stderr, the list of invalid rows if there is one, exit code 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from merzim.cli import main
from tests.merzim.conftest import PEOPLE, Merzim, Said
from tests.notifications.servers import free_port
from tests.postgres import administer


def _one_line(result: Said) -> str:
    assert result.code == 2, result
    assert result.out == ""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    assert lines[0].startswith("merzim: ")
    return lines[0]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("clendar", "calendar"),
        ("calendar yeer 2026", "year"),
        ("cases --jsno", "--jsno"),
        ("plan internal-analysis --fcat x=2026-04-13", "--fact"),
        ("calendar add 2026-05-12", "N"),
        ("calendar add 2026-05-12 five", "five"),
        ("calendar add 2026-05-12 1 2", "Too many arguments: 2."),
        ("calendar add 31.02.26 1", "31.02.26"),
        ("calendar day 2009-12-31", "2010"),
        ("calendar add 2028-12-29 10", "2028"),
        ("calendar day 2026-05-12 --as-of yesterday", "yesterday"),
        ("cases --now yesterday", "yesterday"),
        ("cases --now", "--now"),
        ("cases --json=1", "--json takes no value"),
        ("remind --dry-run=1", "--dry-run takes no value"),
        ("cases --lang de", "kk, ru, en"),
        ("cases --config none.toml", "none.toml"),
        ("procedures internal-analisys", "internal-analysis"),
        ("plan internal-analysis --fact order_signd=2026-04-06", "order_signed"),
        ("plan internal-analysis --fact order_signed", "NAME=DATE"),
        ("plan internal-analysis --fact order_signed=2039-01-09", "2038"),
        ("audit none.csv", "none.csv"),
        ("import", "FILE.xlsx"),
        ("people --match nobody", "nobody"),
        ("case 2026-0001", "2026-0001"),
        ("record 2026-0001 order_signed --on 2026-04-06", "2026-0001"),
        ("record 2026-0001 order_signed", "--on"),
        ("due --until 2020-01-01 --now 2026-04-06", "2020"),
        ("due --unit Nowhere", "Nowhere"),
        ("rehearse --from 2026-04-06 --until 2026-04-01", "April"),
        ("restore none.sqlite", "none.sqlite"),
        ("open-year 2039", "2038"),
        ("editions diff internal-analysis a", 'There is no edition "internal-analysis"'),
        ("score --year abc", '--year: "abc" is no whole number'),
        (f"user add x --access officer --name {501 * 'n'}", "--name is too long"),
        (f"record 2026-0001 {101 * 'f'} --on 2026-04-06", "FACT is too long"),
    ],
)
def test_bad_input_is_one_sentence_that_names_it(empty_office: Merzim, line: str, names: str) -> None:
    """Problem, place and allowed values in one line."""
    result = empty_office(*line.split())

    assert names in _one_line(result)


def test_a_refusal_speaks_the_readers_language(merzim: Merzim) -> None:
    """The same refusal in three languages, none of them the code itself."""
    refusals = [merzim("case", "2026-9999", "--lang", language).err for language in ("kk", "ru", "en")]

    assert "unknown_case" not in "".join(refusals)
    assert len(set(refusals)) == 3


def test_bad_rows_follow_the_sentence(empty_office: Merzim, tmp_path: Path) -> None:
    """Every bad row by its number, and nothing taken."""
    file = tmp_path / "people.csv"
    file.write_text(
        "unit,name,e-mail,language\nA,Ann,ann@example.kz,ru\nA,Bob,bob,ru\n,Cid,,\n", encoding="utf-8"
    )
    result = empty_office("people", file)

    assert result.code == 2
    first, *rows = result.err.splitlines()
    assert "people.csv" in first
    assert [row.split(":")[0] for row in rows] == ["row 3", "row 4"]
    assert empty_office("people", "--json").json["people"] == {}


@pytest.mark.parametrize("service", ["serve", "worker"])
@pytest.mark.parametrize(
    ("channels", "names"),
    [
        ('use = ["folder"]\n[channels.folder]\npaht = "letters"\n', ("channels.folder.paht", "path")),
        ('use = ["email"]\n', ("channels.email.host",)),
        ('use = ["pigeon"]\n', ("pigeon", "email", "folder", "telegram")),
    ],
)
def test_a_service_whose_letters_have_no_way_to_leave_does_not_begin(
    merzim: Merzim, tmp_path: Path, service: str, channels: str, names: tuple[str, ...]
) -> None:
    """Found out at the start, not at the first letter; nothing is made before."""
    config = tmp_path / "config.toml"
    config.write_text(f"[web]\nport = {free_port()}\n[channels]\n{channels}", encoding="utf-8")
    line = _one_line(merzim(service, "--config", config))

    assert all(name in line for name in names), line
    assert [file.name for file in tmp_path.iterdir()] == ["config.toml"]


def test_the_pages_are_refused_to_other_machines(merzim: Merzim, tmp_path: Path) -> None:
    """Until there is a log-in, only loopback."""
    (tmp_path / "config.toml").write_text('[web]\nhost = "0.0.0.0"\n', encoding="utf-8")

    assert "0.0.0.0" in _one_line(merzim("serve"))


@pytest.mark.parametrize(
    "web",
    [
        'public_address = "https://merzim.example.kz"',
        'public_address = "http://merzim.example.kz"',
        'public_address = "https://127.0.0.1:8000"',
        'host = "0.0.0.0"',
        'host = "0.0.0.0"\npublic_address = "https://merzim.example.kz"',
        'host = "10.0.0.5"\npublic_address = "http://127.0.0.1:8000"',
        'host = ""',
    ],
)
@pytest.mark.parametrize("by", ["--now", "MERZIM_NOW"])
def test_a_demonstration_day_is_refused_where_other_machines_may_ask(
    merzim: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web: str, by: str
) -> None:
    """Anybody would log in as anybody; nothing is made before."""
    monkeypatch.setattr(
        "merzim.metronome._serve_until_stopped", lambda *_, **__: pytest.fail("the service began")
    )
    config = tmp_path / "config.toml"
    config.write_text(f"[web]\n{web}\n", encoding="utf-8")
    if by == "MERZIM_NOW":
        monkeypatch.setenv("MERZIM_NOW", "2026-04-06")
    line = _one_line(merzim("serve", *(["--now", "2026-04-06"] if by == "--now" else [])))

    assert "without a password" in line
    assert "MERZIM_NOW" in line
    assert [file.name for file in tmp_path.iterdir()] == ["config.toml"]


def _broken(_: object) -> object:
    raise KeyError("nothing")


def test_our_own_fault_is_one_sentence_too(merzim: Merzim, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something unexpected is said in one line; MERZIM_DEBUG=1 shows where it broke."""
    monkeypatch.setattr("merzim.services.app.AppContext.library", property(_broken))

    assert "KeyError" in _one_line(merzim("procedures"))

    monkeypatch.setenv("MERZIM_DEBUG", "1")
    with pytest.raises(KeyError):
        merzim("procedures")


READING = (
    "due",
    "overdue",
    "cases",
    "case 2026-0001",
    "explain 2026-0001 order_signed",
    "people",
    "notices",
    "remind --dry-run",
    "rehearse --from 2026-04-06 --until 2026-04-07",
    "score --year 2026",
    "register risks list",
    "acts",
    "verify",
    "backup copy.sqlite",
    "digest a@example.kz",
)


@pytest.mark.parametrize("line", READING)
def test_a_reading_command_refuses_a_folder_without_a_database(
    merzim: Merzim, tmp_path: Path, line: str
) -> None:
    """In the wrong folder "nothing is due" would be a lie: exit code 2, one sentence, no file."""
    answer = merzim(*line.split())

    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert str(tmp_path / "var" / "merzim.sqlite") in answer.err
    assert "does not exist" in answer.err
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("line", [("people", PEOPLE), ("seal",), ("remind",), ("installation",)])
def test_a_writing_command_creates_the_database(merzim: Merzim, line: tuple[object, ...]) -> None:
    """After it the reading ones answer."""
    assert merzim(*line).code in (0, 1)
    assert merzim("due", "--now", "2026-04-06").code == 0


@pytest.mark.postgresql
def test_a_reading_command_leaves_an_empty_postgresql_database_empty(
    postgresql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server's database without our tables is none of ours, either."""
    administer(postgresql, "CREATE DATABASE nobodys")
    file = tmp_path / "config.toml"
    url = postgresql.format(name="nobodys")
    file.write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")

    for _ in range(2):
        assert main(["due", "--lang", "en", "--config", str(file)]) == 2
        assert "does not exist" in capsys.readouterr().err
    assert main(["seal", "--config", str(file)]) == 1  # it made our tables, and finds nothing to seal
    assert main(["due", "--now", "2026-04-06", "--config", str(file)]) == 0


def test_the_variable_names_the_file_of_settings(
    merzim: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever one stands; an option goes before it, and an empty variable names nothing."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_text("[office]\n", encoding="utf-8")
    monkeypatch.setenv("MERZIM_CONFIG", str(tmp_path / "a" / "config.toml"))
    assert merzim("people", PEOPLE).code == 0
    assert (tmp_path / "a" / "var" / "merzim.sqlite").exists()

    assert merzim("due", "--now", "2026-04-06").code == 0
    refused = merzim("due", "--config", tmp_path / "b" / "config.toml")
    assert refused.code == 2
    assert str(tmp_path / "b") in refused.err
    monkeypatch.setenv("MERZIM_CONFIG", "")
    assert merzim("due").code == 2
    monkeypatch.setenv("MERZIM_CONFIG", str(tmp_path / "c.toml"))
    missing = merzim("due")
    assert missing.code == 2
    assert "c.toml" in missing.err
