"""Static files: our own from static/, Tabler and htmx from installed wheels.

No third-party file is kept in the repository; the wheels are dependencies like any other.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

OWN = Path(__file__).parents[1] / "static"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """One file of an installed wheel. `pattern`: the regular expression that finds its version in its text."""

    name: str
    package: str
    path: str
    version: str
    pattern: str
    media_type: str

    def file(self) -> Path:
        """Return the path of the file in the installed wheel.

        Raises:
            FileNotFoundError: the wheel, or the file in it, is missing.
        """
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f"{self.package} is not installed, {self.name} comes with it")
        file = Path(next(iter(spec.submodule_search_locations))) / self.path
        if not file.is_file():
            raise FileNotFoundError(f"{self.package} has no {self.path}")
        return file

    def stated_version(self) -> str | None:
        """Return the version the file states in its text; None when it states none."""
        match = re.search(self.pattern, self.file().read_text(encoding="utf-8"))
        return match[1] if match else None


ASSETS = (
    Asset(
        name="tabler.min.css",
        package="starlette_admin",
        path="static/css/vendor/tabler.min.css",
        version="1.4.0",
        pattern=r"Tabler v([0-9.]+)",
        media_type="text/css",
    ),
    Asset(
        name="htmx.min.js",
        package="js_lib_htmx",
        path="static/htmx/htmx.min.js",
        version="2.0.3",
        pattern=r'version:"([0-9.]+)"',
        media_type="text/javascript",
    ),
)
BY_NAME = {asset.name: asset for asset in ASSETS}


@cache
def asset_address(name: str) -> str:
    """Return the address of a static file. It changes with the content, so browsers may cache it for good."""
    if name in BY_NAME:
        return f"/static/third-party/{name}?v={BY_NAME[name].version}"
    digest = hashlib.sha256((OWN / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
