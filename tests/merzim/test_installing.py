"""Installation as in `docs/administration/`: settings read, folders owned by the service, order of steps."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from merzim.cli import main
from merzim.settings_file import read
from merzim.version import RELEASE, of_source, running
from tests.merzim.conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OPERATIONS = ROOT / "docs" / "operations"
ADMINISTRATION = ROOT / "docs" / "administration"
INSTALL, SEVERAL = ((ADMINISTRATION / f"{name}.md").read_text("utf-8") for name in ("install", "postgresql"))
UNITS = sorted(OPERATIONS.glob("*.service"))


def unit(file: Path) -> dict[str, str]:
    """Settings of a systemd unit; of repeated keys the last."""
    return dict(re.findall(r"^(\w+)=(.*)$", file.read_text("utf-8"), re.M))


def test_the_settings_of_the_page_are_read_and_keep_to_the_folder_of_the_service(tmp_path: Path) -> None:
    """Copied unchanged. Elsewhere the units let the service write nothing."""
    (tmp_path / "config.toml").write_text(re.findall(r"```toml\n(.*?)```", INSTALL, re.S)[0], "utf-8")
    settings = read(tmp_path / "config.toml", at=tmp_path)
    state = [Path("/var/lib") / unit(file)["StateDirectory"] for file in UNITS]

    assert len(state) == 2
    for folder in state:
        assert Path(settings.database.url.removeprefix("sqlite:///")).is_relative_to(folder)
        assert settings.evidence.folder.is_relative_to(folder)
        assert Path(settings.channels.of("folder").as_written()["path"]).is_relative_to(folder)


def test_what_the_page_installs_is_there() -> None:
    """Every file it names, and the page the units point to is one it puts there."""
    named_files = set(re.findall(r"docs/operations[\w/@.-]*\.\w+", INSTALL + SEVERAL))

    assert all((ROOT / name).is_file() for name in named_files)
    for file in UNITS:
        page = Path(unit(file)["Documentation"].removeprefix("file://"))
        assert (ADMINISTRATION / page.name).is_file()
        assert f"install -D -m 0644 -t {page.parent} docs/administration/*.md\n" in INSTALL
        assert unit(file)["ExecStart"].startswith("/opt/merzim/bin/merzim ")


def test_commands_get_the_secrets_of_the_service_as_they_stand(tmp_path: Path) -> None:
    """A password may hold whatever a shell would take for its own; no comment and no other line becomes one."""
    secret = tmp_path / "secrets"
    password = "MERZIM_DATABASE_PASSWORD=d b$HOME`id`\"7'\\ #x"
    secret.write_text(f"# the database\n{password}\n\nno secret\nMERZIM_SMTP_PASSWORD=ә=1", "utf-8")
    command = (OPERATIONS / "merzim.sh").read_text("utf-8").replace("/etc/merzim/secrets", str(secret))
    command = command.replace("/var/lib/merzim", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    # In place of what changes the user (only root may): it says what it was given. To its user
    # the present folder is closed, as /root is.
    fake = '#!/bin/sh\n[ "$4" = test ] && exit 1\nprintf "%s\\n" "$@"\nexec env\n'
    (tmp_path / "setpriv").write_text(fake, "utf-8")
    (tmp_path / "setpriv").chmod(0o755)
    arguments = subprocess.run(
        ["sh", "-c", command, "merzim", "backup", "a file"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert f"PWD={tmp_path / 'home'}" in arguments
    assert arguments[:3] == ["--reuid=merzim", "--regid=merzim", "--init-groups"]
    assert arguments[3:8] == [
        "/opt/merzim/bin/merzim",
        "--config",
        "/etc/merzim/config.toml",
        "backup",
        "a file",
    ]
    assert password in arguments
    assert "MERZIM_SMTP_PASSWORD=ә=1" in arguments
    assert not [line for line in arguments if "no secret" in line or line.startswith("#")]


def test_a_wheel_holds_every_file_the_program_reads() -> None:
    """Catalogues, editions, templates, static files, migrations and the marks of types, besides the code."""
    from hatchling.builders.wheel import WheelBuilder

    packages = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    shipped = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    data_files = {
        file.relative_to(ROOT).as_posix()
        for package in packages
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert data_files <= shipped
    assert {f"{package}/py.typed" for package in packages if package != "regulations"} <= shipped
    assert {Path(name).suffix for name in data_files} >= {".py", ".toml", ".html", ".css", ".typed"}


def test_sources_without_a_history_are_told_their_commit_or_name_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive has it written in, the build of a container is told; else there is the release alone."""
    assert of_source(tmp_path) == "0.1.0"
    monkeypatch.setattr("merzim.version.ARCHIVED", "1795608000 0123456789ab")
    assert of_source(tmp_path) == "0.1.0.post20261125120000+g0123456789ab"
    monkeypatch.setenv("MERZIM_COMMIT", "1795608001 abcdef012345")
    assert of_source(tmp_path) == "0.1.0.post20261125120001+gabcdef012345"
    assert "/merzim/version.py export-subst" in (ROOT / ".gitattributes").read_text("utf-8").splitlines()


def test_command_and_wheel_name_one_version(capsys: pytest.CaptureFixture[str]) -> None:
    """pyproject.toml names none of its own."""
    from hatchling.metadata.core import ProjectMetadata
    from hatchling.plugin.manager import PluginManager

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"merzim {running()}\n"
    assert ProjectMetadata(str(ROOT), PluginManager()).version == of_source()
    assert of_source() in (running(), RELEASE)


def test_a_composition_sets_keys_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable is a key, and is read."""
    composition = (OPERATIONS / "compose.yml").read_text("utf-8")
    variables = re.findall(r'^    (MERZIM\w+): "?(.*?)"?$', composition, re.M)
    for name, value in variables:
        monkeypatch.setenv(name, re.sub(r"^\$\{\w+:([-?])(.*)\}$", r"\2", value))
    (tmp_path / "empty").mkdir()
    contained = read(at=tmp_path / "empty")

    assert contained.evidence.folder == Path("/var/lib/merzim/evidence")
    assert contained.database.url.startswith("postgresql+psycopg://merzim@database/")
    assert contained.web.host == "0.0.0.0"
    contained.web.refuse_plain_http()
