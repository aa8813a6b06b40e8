"""Static files: our own from static/, the pictures of the guides, htmx from an installed wheel.

No third-party file is kept in the repository; the wheels are dependencies like any other.
"""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import js_lib_htmx
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

OWN = Path(__file__).parents[1] / "static"
PICTURES = Path(__file__).parents[1] / "guides" / "pictures"
"""Folder of the pictures in the guides (`make pictures`)."""
HTMX = Path(js_lib_htmx.__path__[0]) / "static" / "htmx"
# Not every machine's table has them, and with `nosniff` browsers take the server's word.
mimetypes.add_type("image/webp", ".webp")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class _ImmutableFiles(StaticFiles):
    """Serves files that browsers keep for a year, since their addresses change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


MOUNTS = (
    Mount("/static/htmx", _ImmutableFiles(directory=HTMX)),
    Mount("/static/pictures", _ImmutableFiles(directory=PICTURES)),
    Mount("/static", _ImmutableFiles(directory=OWN)),
)


@cache
def asset_address(name: str) -> str:
    """Return the address of a static file (`merzim.css`, `htmx/htmx.min.js`, `pictures/desk.webp`); it changes
    with the content.
    """
    folder, _, file = name.rpartition("/")
    path = {"": OWN, "htmx": HTMX, "pictures": PICTURES}[folder] / file
    return f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
