"""The pictures of the README and the guides: `make pictures` looks at the example office in a browser.

Writes docs/pictures/<page>.<language>.png, and for each picture the guides show, in the light theme,
web/guides/pictures/<picture>.<language>.webp. With names only those: `python docs/pictures.py desk overview`.
Needs chromium and the development dependencies.
"""

from __future__ import annotations

import base64
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, Popen, run
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from merzim.web.http import PICTURES  # noqa: E402
from merzim.web.ui.guides import PICTURE_HEIGHT, PICTURE_WIDTH  # noqa: E402

README = ROOT / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM") or which("chromium") or which("chromium-headless-shell")
DAY = "2026-04-06"
LANGUAGES = {"kk": "kk-KZ", "ru": "ru-KZ", "en": "en-GB"}
README_PAGES = (("overview", "ru", "first", "/"), ("case", "kk", "officer", "/cases/2026-0001"))
GUIDE_PAGES = {
    "screen": ("responsible", "/desk", ""),
    "due": ("officer", "/cases/2026-0001", "#order_signed"),
    "open": ("officer", "/open", "main"),
    "plan": ("officer", "/open/case", "main"),
    "case": ("officer", "/cases/2026-0001", ".card-now"),
    "risks": ("officer", "/cases/2025-0002/risks", "main"),
    "papers": ("officer", "/cases/2026-0001/papers", "main"),
    "registers": ("officer", "/registers", "main"),
    "letters": ("officer", "/register", "main"),
    "scores": ("officer", "/reports/points", "main"),
    "calendar": ("officer", "/calendar/2026/4", "main"),
    "search": ("officer", "/search?q=закуп", "main"),
    "desk": ("responsible", "/desk", "main"),
    "inbox": ("officer", "/inbox", "main"),
    "overview": ("first", "/", "main"),
    "overdue": ("first", "/deadlines?urgency=overdue", "main"),
    "figures": ("first", "/reports/figures", "main"),
    "portfolio": ("first", "/portfolio", "main .card"),
    "administration": ("administrator", "/administration", "main"),
    "people": ("administrator", "/administration/people", "main"),
    "audit": ("administrator", "/audit", "main"),
}
"""What the guides show: the login, the page, and the part of it that begins the picture ("": the whole)."""
BEGIN = """part => {
  const found = document.querySelector(part);
  for (const fold of part === "main" ? [] : found.querySelectorAll("details")) fold.open = true;
  found.scrollIntoView();
}"""
TO_WEBP = """async ([png, quality]) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""
QUALITY = 0.6


def main(picture_names: Sequence[str] = ()) -> int:
    """Write the pictures; with names only those."""
    with TemporaryDirectory(prefix="merzim-pictures-") as folder:
        _make(Path(folder))
        with _serving(Path(folder)) as address, _browser() as browser:
            for name, language, login, path in README_PAGES:
                if not picture_names or name in picture_names:
                    page = _page(browser, address, login, path, language, width=1360, height=900)
                    page.screenshot(path=README / f"{name}.{language}.png")
                    page.context.close()
            for name, (login, path, part) in GUIDE_PAGES.items():
                for language in LANGUAGES if not picture_names or name in picture_names else ():
                    _guide_picture(browser, address, login, path, part, language, name)
    return 0


def _make(folder: Path) -> None:
    """The example office of `make run`."""
    (folder / "config.toml").write_text(f"[web]\nport = {_free()}\n", encoding="utf-8")
    line = [sys.executable, "-m", "merzim.demonstration", "examples/demonstration.txt"]
    run(line, check=True, cwd=ROOT, env=os.environ | {"MERZIM_CONFIG": str(folder / "config.toml")})


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


def _page(browser: Any, address: str, login: str, path: str, language: str, *, width: int, height: int) -> Any:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LANGUAGES[language],
        timezone_id="Asia/Almaty",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/login?lang={language}")
    page.click(f"button[value={login}]")
    page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}&theme=light")
    return page


def _guide_picture(
    browser: Any, address: str, login: str, path: str, part: str, language: str, name: str
) -> None:
    page = _page(browser, address, login, path, language, width=PICTURE_WIDTH, height=PICTURE_HEIGHT)
    if part:
        page.evaluate(BEGIN, part)
    png = base64.b64encode(page.screenshot()).decode()
    page.goto("about:blank")
    webp = base64.b64decode(page.evaluate(TO_WEBP, [png, QUALITY]))
    file = PICTURES / f"{name}.{language}.webp"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(webp)
    print(f"{file.relative_to(ROOT)} {len(webp) / 1000:.0f} KB", flush=True)
    page.context.close()


def _free() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
