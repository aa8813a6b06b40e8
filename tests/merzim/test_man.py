"""`merzim man`: a manual page for every command in three languages, without warnings from man."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from i18n import LANGUAGES
from merzim.cli.man import _escaped, _quoted
from tests.merzim.conftest import ROOT, Merzim
from tests.test_house import COMMANDS

PAGES = {"en": "man1", "kk": "kk/man1", "ru": "ru/man1"}
READERS = {
    "groff": ["groff", "-man", "-K", "utf8", "-T", "utf8", "-ww"],
    "mandoc": ["mandoc", "-T", "utf8", "-W", "warning,stop"],
}


def read(page: str, folder: Path) -> tuple[str, str]:
    """Rendered text and warnings of a page."""
    (folder / "merzim.1").write_text(page, encoding="utf-8")
    if (reader := next((name for name in READERS if shutil.which(name)), None)) is None:
        pytest.skip("neither groff nor mandoc is installed")
    process = subprocess.run(
        [*READERS[reader], folder / "merzim.1"], capture_output=True, check=True, text=True
    )
    return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", process.stdout), process.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_read_without_a_complaint_and_names_every_command(
    merzim: Merzim, language: str, tmp_path: Path
) -> None:
    """Each with its usage; hyphens stay what a terminal takes."""
    page_text, complaints = read(merzim("man", "--lang", language).out, tmp_path)
    lines = [line.strip() for line in page_text.splitlines()]

    assert complaints == ""
    assert {name for name in COMMANDS if f"merzim {name}" not in lines} == set()
    assert "--now MOMENT" in lines
    assert any(line.startswith("merzim calendar add DATE N [--as-of DATE]") for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_help_says(merzim: Merzim, language: str) -> None:
    """The description of a command and of each of its options, from one source."""
    page = merzim("man", "--lang", language).out
    helped = merzim("plan", "--help", "--lang", language).out
    described = re.findall(r"^  (--[a-z]+)(?: \S+)?  +(.+)$", helped, re.MULTILINE)

    assert len(described) > 8
    assert [text for _, text in described if _escaped(text) not in page] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_the_wheel_is_this_one(merzim: Merzim, language: str) -> None:
    """`make man` writes it anew; the date is that of the day it was written."""
    shipped = (ROOT / "docs" / "man" / PAGES[language] / "merzim.1").read_text(encoding="utf-8")
    page = merzim("man", "--lang", language, "--now", "2026-04-06").out

    def undated(text: str) -> str:
        return re.sub(r'^(\.TH MERZIM 1 )"\d{4}-\d\d-\d\d"', r"\1", text, flags=re.MULTILINE)

    assert '.TH MERZIM 1 "2026-04-06" ' in page
    assert undated(shipped) == undated(page)


def test_the_wheel_brings_the_pages_to_where_man_looks() -> None:
    """The folder of the three languages becomes share/man."""
    from hatchling.builders.wheel import WheelBuilder

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    builder = WheelBuilder(str(ROOT))
    brought = {file.distribution_path for file in builder.recurse_explicit_files(builder.config.shared_data)}

    assert shared == {"docs/man": "share/man"}
    assert {f"share/man/{folder}/merzim.1" for folder in PAGES.values()} <= brought


@pytest.mark.parametrize("text", [".TH x", "'br", r"a \n b", "it's `so`", "a-b ~ ^", '"quoted"', " .hidden"])
def test_no_text_becomes_a_command_of_roff(text: str, tmp_path: Path) -> None:
    """A full stop at the beginning of a line, a backslash, a quotation mark."""
    page_text, complaints = read(
        f'.TH X 1 "2026-04-06" "" ""\n.SH "{_quoted(text)}"\n{_escaped(text)}\n', tmp_path
    )

    assert complaints == ""
    assert page_text.count(text.strip()) == 2
