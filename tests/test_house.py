"""Rules of the source tree: imports, packages, documentation, the clock, vocabulary."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.core import TyperGroup
from typer.main import get_command

from merzim.cli import COMMAND_MODULES, application, main, module_of
from merzim.services.cases.faces import FACES
from notifications.channels import names

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PYPROJECT["tool"]["importlinter"]["root_packages"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@cache
def _sources() -> Mapping[Path, str]:
    """The modules of the product and their text."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path: path.read_text(encoding="utf-8") for path in paths}


def _commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


COMMANDS = dict(_commands(get_command(application())))


def test_every_command_has_the_module_it_is_found_by() -> None:
    """Its first word leads to it; another module is imported in vain, and then all of them."""
    mounted = re.compile(r'\b(?:command|mount)\(\s*"([a-z-]+)')
    modules = {name: (ROOT / f"merzim/cli/{name}.py").read_text(encoding="utf-8") for name in COMMAND_MODULES}
    found = {word: module for module, text in modules.items() for word in mounted.findall(text)}

    assert {word: module for word, module in found.items() if module_of(word) != module} == {}
    assert {name.partition(" ")[0] for name in COMMANDS} <= {
        *found,
        *(face.command.split()[0] for face in FACES if face.command),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it does and the options all commands share, by both spellings."""
    answers = [(main([*name.split(), option]), capsys.readouterr().out) for option in ("-h", "--help")]

    assert answers[0] == answers[1]
    assert answers[0][0] == 0
    assert str(COMMANDS[name].help).splitlines()[0][:40] in " ".join(answers[0][1].split())
    assert "--config FILE" in " ".join(answers[0][1].split())


def test_every_channel_is_documented() -> None:
    """config.toml shows the section of each."""
    config = (ROOT / "config.toml").read_text(encoding="utf-8")

    assert all(f"[channels.{name}]" in config for name in names())


def test_every_document_the_readme_names_is_there() -> None:
    """A link into nothing is worse than none."""
    documents_named = re.findall(r"`([\w-]+\.(?:md|toml)|[a-z]+/)`", README)
    links = re.findall(r"\]\((?!https:)([^)]+)\)", README)

    assert documents_named
    assert len(links) > 10
    assert [name for name in (*documents_named, *links) if not (ROOT / name).exists()] == []


def test_one_file_reads_the_clock() -> None:
    """ruff refuses the calls; nothing may silence it, or ask the clock in another way."""
    asking = re.compile(
        r"\b(now|utcnow|today)\(\)|\btime\.(time|localtime|gmtime)\b|CURRENT_TIMESTAMP|func\.now"
    )
    where = {
        path.relative_to(ROOT).as_posix()
        for path, text in _sources().items()
        if asking.search(text) and path.name != "clock.py"
    }

    assert where == set()
    assert PYPROJECT["tool"]["ruff"]["lint"]["per-file-ignores"]["merzim/clock.py"] == ["TID251", "DTZ"]


def test_one_file_knows_a_library() -> None:
    """transitions, APScheduler, Procrastinate and cryptography have one home each; uvicorn, aiogram two."""
    homes = {
        "transitions": "workflow/machine.py",
        "apscheduler": "merzim/metronome.py",
        "procrastinate": "merzim/services/jobs/queue.py",
        "cryptography": "merzim/storage/accounts/encryption.py",
    }
    two = {
        "aiogram": {"notifications/channels/telegram.py", "notifications/bot/polling.py"},
        "uvicorn": {"merzim/metronome.py"},
    }
    places: dict[str, set[str]] = {library: set() for library in (*homes, *two)}
    importing = re.compile(r"^\s*(?:from|import) (\w+)", re.MULTILINE)
    for path, text in _sources().items():
        for imported in places.keys() & set(importing.findall(text)):
            places[imported].add(path.relative_to(ROOT).as_posix())

    assert places == two | {library: {site} for library, site in homes.items()}


def test_nothing_in_the_project_names_where_it_was_made() -> None:
    """Paths of one machine have no place in files that go to others."""
    suspicious = re.compile(r"/" + r"work/|/" + r"tmp/|shared" + r"/")
    texts = [*_sources(), *ROOT.glob("*.md"), *ROOT.glob("*.toml"), *(ROOT / "docs").rglob("*.md")]
    texts += [ROOT / "Makefile", ROOT / ".ci" / "run", *(ROOT / "tests").rglob("*.py")]
    texts += [*(ROOT / "regulations").glob("*.toml"), *(ROOT / "i18n" / "catalogue").glob("*.toml")]
    mentions = [
        path.name for path in texts if path != Path(__file__) and suspicious.search(path.read_text("utf-8"))
    ]

    assert mentions == []


@pytest.mark.parametrize("file", ["run", "all", "dev"])
def test_what_is_installed_is_pinned_with_its_hashes(file: str) -> None:
    """`make lock` was run after pyproject.toml changed: what it asks for is there, at a version it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    if file == "all":
        requirements += [
            requirement
            for extra in project["project"]["optional-dependencies"].values()
            for requirement in extra
        ]
    if file == "dev":
        requirements += project["dependency-groups"]["dev"]
    text = (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")
    entries = re.findall(
        r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)(.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)*)", text, re.M
    )
    pinned: dict[str, list[str]] = {}
    for name, version, hashes in entries:
        assert "--hash=sha256:" in hashes, name
        pinned.setdefault(canonicalize_name(name), []).append(version)

    for requirement in map(Requirement, requirements):
        versions = pinned[canonicalize_name(requirement.name)]
        assert any(requirement.specifier.contains(version) for version in versions), requirement


@pytest.mark.parametrize(
    "unit", sorted((ROOT / "docs" / "operations").glob("*.service")), ids=lambda path: path.name
)
def test_a_unit_starts_a_command_there_is(unit: Path) -> None:
    """With the settings docs/administration/ names, and a user of its own."""
    text = unit.read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=/opt/merzim/bin/merzim (.*)$", text, re.M)
    command, *options = line.split()

    assert command in COMMANDS
    assert options == ["--config", "/etc/merzim/config.toml"]
    assert re.search(r"^User=merzim$", text, re.M)
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs" / "administration").glob("*.md"))
    assert unit.name in pages
    assert "/etc/merzim/config.toml" in pages
