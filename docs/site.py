"""The site of the documentation and the guides: `make site` builds it into var/site.

Copies the pages of docs/ as they are and the guides in three languages, with their buttons in words, into one
folder, and has MkDocs build it; a link that leads nowhere stops it. Needs the group `docs`
(requirements/docs.txt). The pages and their search work from a disk, and ask no other site for anything.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

from typer.main import get_command

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from merzim.cli import application  # noqa: E402
from merzim.web.http import PICTURES  # noqa: E402
from merzim.web.ui.guides import GUIDES, guide, site_markdown  # noqa: E402

SITE = ROOT / "var" / "site"
PAGES = (
    *(f"administration/{name}" for name in ("install", "settings", "mail", "postgresql", "accounts")),
    *(f"administration/{name}" for name in ("backup", "upgrade", "trouble")),
    *("telegram", "api", "regulation-format", "points"),
    *("architecture", "performance", "glossary", "why"),
)
"""The pages of docs/ in the order of the menu."""
LANGUAGES = {"kk": "Нұсқаулықтар", "ru": "Руководства", "en": "Guides"}
ELSEWHERE = "https://unpkg.com/iframe-worker/shim"
SETTINGS = """\
site_name: Merzim
site_url: ""
docs_dir: pages
site_dir: html
strict: true
use_directory_urls: false
theme:
  name: material
  font: false
  features: [navigation.sections, search.highlight, toc.follow]
plugins:
  - search: {lang: [en, ru]}
  - offline
markdown_extensions: [attr_list, tables, fenced_code, toc]
validation:
  links: {anchors: warn, not_found: warn, unrecognized_links: warn}
nav:
  - Merzim: index.md
"""


def main() -> int:
    """Write the pages and build; return the exit code of MkDocs."""
    write(SITE)
    line = [sys.executable, "-m", "mkdocs", "build", "--clean", "--quiet"]
    code = run(line, cwd=SITE, check=False).returncode
    if not code:
        _search_on_a_disk(SITE / "html")
    return code


def _search_on_a_disk(html: Path) -> None:
    """Replace what Material takes from another site for its search on a disk by our own script."""
    script = "offline_search.js"
    shutil.copy(ROOT / "docs" / script, html)
    for page in html.rglob("*.html"):
        up = "../" * (len(page.relative_to(html).parts) - 1)
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(ELSEWHERE, up + script), encoding="utf-8")


def write(site: Path) -> None:
    """Write the pages the site is built of, and its settings."""
    pages = site / "pages"
    shutil.rmtree(site, ignore_errors=True)
    pages.mkdir(parents=True)
    menu = [SETTINGS]
    for language, title in LANGUAGES.items():
        menu.append(f"  - {title}:")
        folder = pages / language
        folder.mkdir()
        for id in GUIDES:
            (folder / f"{id}.md").write_text(site_markdown(id, language), encoding="utf-8")
            menu.append(f"      - {quoted(guide(id, language).title)}: {language}/{id}.md")
        for picture in PICTURES.glob(f"*.{language}.webp"):
            shutil.copy(picture, folder)
    menu.append("  - Documentation:")
    for name in PAGES:
        text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        target = pages / f"{name}.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
        menu.append(f"      - {quoted(text.partition(chr(10))[0].removeprefix('# '))}: {name}.md")
    (pages / "commands.md").write_text(commands(), encoding="utf-8")
    menu.append("      - Commands: commands.md")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (pages / "index.md").write_text(readme.replace("(docs/", "("), encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "pictures", pages / "pictures")
    (site / "mkdocs.yml").write_text("\n".join(menu) + "\n", encoding="utf-8")


def commands() -> str:
    """Return the page of commands: the help of each."""
    pieces = ["# Commands"]
    for name, command in _commands(get_command(application())):
        context = command.make_context(f"merzim {name}", [], resilient_parsing=True)
        pieces.append(f"## merzim {name}\n\n```\n{command.get_help(context)}\n```")
    return "\n\n".join(pieces) + "\n"


def _commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command of a group, with its whole name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


def quoted(title: str) -> str:
    """Return a title as YAML takes any text."""
    return json.dumps(title, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
