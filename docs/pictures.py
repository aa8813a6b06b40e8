"""The pictures of the README: `make pictures` starts an office at work and looks at it in a browser.

Writes docs/pictures/<page>.<language>.png, 1360 wide. Needs chromium and the development dependencies.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen, run
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
HERE = ROOT / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
IMPORTED = "2026-03-30T15:00"
DAY = "2026-04-20"
PEOPLE = {"officer": "a.akhmetova@example.kz", "first_head": "d.serikbaev@example.kz"}
OBJECTS = (
    ("Департамент управления активами", "Закупки и договоры аренды", "2026-02-16", "2026-03-20"),
    ("ТОО «Реновация»", "Приём и увольнение работников", "2026-03-02", "2026-04-10"),
    ("Отдел управления персоналом", "Конкурсы на занятие должностей", "2026-04-13", "2026-05-22"),
    ("Пресс-служба", "Размещение государственного заказа в СМИ", "2026-05-11", "2026-06-19"),
)
DONE = (
    ("2026-0002", "order_signed", "2026-02-09"),
    ("2026-0002", "start_announced", "2026-02-02"),
    ("2026-0002", "analysis_started", "2026-02-16"),
    ("2026-0002", "analysis_ended", "2026-03-20"),
    ("2026-0002", "discussion_announced", "2026-03-25"),
    ("2026-0003", "order_signed", "2026-02-27"),
    ("2026-0003", "start_announced", "2026-02-20"),
    ("2026-0003", "analysis_started", "2026-03-02"),
    ("2026-0004", "order_signed", "2026-04-06"),
)
"""What the office of the pictures has done and left undone by its day."""
PAGES = (("overview", "first_head", "/"), ("case", "officer", "/cases/2026-0002"))
LANGUAGES = ("kk", "ru")


def main(wanted: Sequence[str] = ()) -> int:
    """Write the pictures; with names of pages only those."""
    HERE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="merzim-pictures-") as folder:
        _make(Path(folder))
        with _serving(Path(folder)) as address, _browser() as browser:
            for name, login, path in PAGES:
                for language in LANGUAGES if not wanted or name in wanted else ():
                    file = HERE / f"{name}.{language}.png"
                    _look(browser, address, login, path, language, file)
                    print(file.relative_to(ROOT))
    return 0


def _make(folder: Path) -> None:
    """The example office, with further analyses under way."""
    (folder / "config.toml").write_text(
        f'[office]\nname = "АО «Өркен»"\n[web]\nport = {_free()}\n', encoding="utf-8"
    )
    _merzim(folder, "people", str(ROOT / "examples" / "people.csv"))
    for access, person in PEOPLE.items():
        _merzim(folder, "user", "add", access, "--access", access, "--person", person)
    _merzim(folder, "import", str(ROOT / "examples" / "real_schedule_2026_ru.xlsx"))
    _merzim(folder, "record", "2026-0001", "start_announced", "--on", "2026-03-30")
    for unit, what, first, last in OBJECTS:
        dates = [f"analysis_started={first}", f"analysis_ended={last}"]
        planned = [part for one in dates for part in ("--planned", one)]
        _merzim(folder, "open", "internal-analysis", "--unit", unit, "--object", what, *planned)
    for case, fact, on in DONE:
        _merzim(folder, "record", case, fact, "--on", on, now=DAY)


def _merzim(folder: Path, *arguments: str, now: str = IMPORTED) -> None:
    line = [sys.executable, "-m", "merzim", *arguments, "--config", str(folder / "config.toml"), "--now", now]
    run([*line, "--lang", "ru"], check=True, cwd=ROOT, stdout=DEVNULL)


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """The pages of that office, as `merzim serve` serves them on the day of the pictures."""
    config = folder / "config.toml"
    port = int(config.read_text(encoding="utf-8").rpartition("port = ")[2])
    line = [sys.executable, "-m", "merzim", "serve", "--config", str(config), "--now", f"{DAY}T10:00"]
    with Popen(line, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL) as server:
        try:
            while server.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    continue
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def _look(browser: Any, address: str, login: str, path: str, language: str, file: Path) -> None:
    context = browser.new_context(
        viewport={"width": 1360, "height": 900}, timezone_id="Asia/Almaty", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{address}/login?lang={language}")
    page.click(f"button[value={login}]")
    page.goto(f"{address}{path}?lang={language}&theme=light")
    page.screenshot(path=file)
    context.close()


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
