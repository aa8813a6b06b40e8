"""Invalid input: one line on stderr, the list of invalid rows if there is one, exit code 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Said
from tests.notifications.servers import free_port


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
        ("score --year abc", "--year: a whole number is wanted"),
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
