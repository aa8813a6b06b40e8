"""Static files: our own from static/, the pictures of the guides, htmx from an installed wheel.

No third-party file is kept in the repository; the wheels are dependencies like any other.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import brotli
from starlette.requests import Request
from starlette.responses import Response

OWN = Path(__file__).parents[1] / "static"
PICTURES = Path(__file__).parents[1] / "guides" / "pictures"
"""Folder of the pictures in the guides (`make pictures`)."""
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".webmanifest": "application/manifest+json",
}
CACHE_FOREVER = {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """One file of an installed wheel. `pattern`: regular expression that finds the version in its text."""

    name: str
    package: str
    path: str
    version: str
    pattern: str

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
        name="htmx.min.js",
        package="js_lib_htmx",
        path="static/htmx/htmx.min.js",
        version="2.0.3",
        pattern=r'version:"([0-9.]+)"',
    ),
)
BY_NAME = {asset.name: asset for asset in ASSETS}


def asset_file(name: str) -> Path | None:
    """Return the path of a static file by the name in its address; None when there is none."""
    if name in BY_NAME:
        return BY_NAME[name].file()
    folder = PICTURES if name.endswith(".webp") else OWN
    file = folder / name
    return file if file.suffix in MEDIA_TYPES and file.parent == folder and file.is_file() else None


def serve_asset(request: Request, file: Path) -> Response:
    """Serve a static file, compressed as the browser accepts, with permanent caching."""
    accepted = {
        part.partition(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")
    }
    encoding = next((name for name in ("br", "gzip") if name in accepted and file.parent != PICTURES), "")
    headers = {**CACHE_FOREVER, **({"content-encoding": encoding} if encoding else {})}
    return Response(compressed(file, encoding), media_type=MEDIA_TYPES[file.suffix], headers=headers)


@cache
def compressed(file: Path, encoding: str) -> bytes:
    """Return the content of a file in an encoding ("br", "gzip", "" for none), compressed once per process."""
    content = file.read_bytes()
    if encoding == "br":
        return bytes(brotli.compress(content))  # type: ignore[no-untyped-call]
    return gzip.compress(content, mtime=0) if encoding == "gzip" else content


@cache
def asset_address(name: str) -> str:
    """Return the address of a static file. It changes with the content, so that browsers may cache it
    permanently.
    """
    if name in BY_NAME:
        return f"/static/third-party/{name}?v={BY_NAME[name].version}"
    file = asset_file(name)
    assert file is not None, name
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
