"""What pages and the API have in common of HTTP: parameters of addresses, the reader's language and theme, and
answers that are files, static ones too.

No third-party file is kept in the repository; the wheels are dependencies like any other.
"""

from __future__ import annotations

import hashlib
import mimetypes
import pathlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from operator import itemgetter
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote, urlencode

import js_lib_htmx
from fastapi import Depends, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import i18n
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.services.context import RequestContext


@dataclass(frozen=True, kw_only=True)
class WebContext(RequestContext):
    """The context of a page or of an operation of the API, with the HTTP request it came by."""

    request: Request

    @property
    def query(self) -> QueryParams:
        return self.request.query_params

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks, which puts a part of the answer into the page it has."""
        return self.request.headers.get("hx-request") == "true"


CaseId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
RegisterPath = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}$")]
RowPath = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,120}$")]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
FormId = Annotated[str, Path(pattern=r"^[a-z_]{1,60}$")]
PaperLanguage = Annotated[str, Path(pattern=r"^(kk|ru)$")]
SearchText = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Year = Annotated[int | None, Query(ge=1, le=9999)]
Quarter = Annotated[int | None, Query(ge=0, le=4)]
"""The quarter of a quarterly report; 0 for the whole year, none for the last quarter that has ended."""
_Text = Annotated[str, Query(max_length=500)]


async def _audit_filters(
    person: _Text = "", topic: _Text = "", about: _Text = "", since: _Text = "", until: _Text = ""
) -> dict[str, Any]:
    texts = {"person": person.strip(), "topic": topic, "about": about.strip(), "since": since, "until": until}
    return {name: text for name, text in texts.items() if text}


AuditQuery = Annotated[dict[str, Any], Depends(_audit_filters)]
"""The filters of the audit log in an address, as texts, without empty ones."""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
BYTES = "application/octet-stream"
"""The media type of files of others, which are never shown as a page."""


def as_file(content: bytes, name: str) -> Response:
    """Return bytes as a download of this name, whose extension says what they are: docx, xlsx or zip."""
    media_type = {"docx": DOCX, "xlsx": XLSX, "zip": ZIP}[name.rpartition(".")[2]]
    return Response(content, media_type=media_type, headers=_attached(name))


def as_workbook(tables: Sequence[Table], name: str) -> Response:
    """Return tables as the sheets of a workbook to download; `name`: of the file, without `.xlsx`."""
    return as_file(tables_workbook(tables), f"{name}.xlsx")


def keep_cookie(response: Response, name: str, value: str, *, lasts: timedelta) -> None:
    """Set a cookie that scripts and other sites do not read."""
    seconds = int(lasts.total_seconds())
    response.set_cookie(name, value, max_age=seconds, secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, secure=True, httponly=True, samesite="lax")


def stream_file(content: BinaryIO, name: str, media_type: str = BYTES) -> Response:
    """Return an open file as a download, in portions; it is closed at the end."""
    return StreamingResponse(
        iter(lambda: content.read(65536), b""),
        media_type=media_type,
        headers=_attached(name),
        background=BackgroundTask(content.close),
    )


def _attached(name: str) -> dict[str, str]:
    """Return the header of a download; a name of other letters than ASCII is encoded (RFC 6266)."""
    plain = name.isascii() and name.isprintable() and not {'"', "\\"} & {*name}
    file = f'filename="{name}"' if plain else f"filename*=UTF-8''{quote(name)}"
    return {"content-disposition": f"attachment; {file}"}


DEFAULT_LANGUAGE = "kk"
THEMES = ("auto", "light", "dark")
_YEAR = 365 * 24 * 60 * 60
_WEIGHT = re.compile(r"([01](\.\d*)?)?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """Language and theme of an answer. `new_cookies`: cookies to set, because the query changed them."""

    language: str
    theme: str
    new_cookies: tuple[tuple[str, str], ...] = ()


def preferences(request: HTTPConnection) -> Preferences:
    """Return language and theme of a request.

    Language: `?lang=`, the cookie, `request.state.language` (of the page's addressee), Accept-Language, Kazakh;
    theme: `?theme=`, the cookie, the system's.
    """
    asked, allowed = request.query_params, {"lang": i18n.LANGUAGES, "theme": THEMES}
    cookies = {name: asked[name] for name, values in allowed.items() if asked.get(name) in values}
    chosen = {**request.cookies, **cookies}
    languages = (chosen.get("lang"), request.scope.get("state", {}).get("language"))
    return Preferences(
        language=next((language for language in languages if language in i18n.LANGUAGES), "")
        or preferred_language(request.headers.get("accept-language", "")),
        theme=theme if (theme := chosen.get("theme", "")) in THEMES else "auto",
        new_cookies=tuple(cookies.items()),
    )


def preferred_language(header: str) -> str:
    """Return the supported language an Accept-Language header prefers; Kazakh when it accepts none."""
    accepted = (item.partition(";q=") for item in header.lower().replace(" ", "").split(",")[:20])
    ours = [
        (language, float(weight or 1))
        for name, _, weight in accepted
        if (language := name.partition("-")[0]) in i18n.LANGUAGES and _WEIGHT.fullmatch(weight)
    ]
    return max(filter(itemgetter(1), ours), key=itemgetter(1), default=(DEFAULT_LANGUAGE, 1))[0]


def set_preference_cookies(response: Response, cookies: tuple[tuple[str, str], ...]) -> None:
    """Set the preference cookies requested by the query. They contain nothing secret."""
    for name, value in cookies:
        response.set_cookie(name, value, max_age=_YEAR, path="/", samesite="lax", httponly=name == "lang")


def redirect(ctx: WebContext, path: str, *, element: str = "", **parameters: str) -> Response:
    """Return a redirect to a page, at `element` of it; for htmx a header, as it would follow one by itself."""
    address = path + (f"?{urlencode(parameters)}" if parameters else "") + (f"#{element}" if element else "")
    response: Response = RedirectResponse(address, status_code=303)
    if ctx.is_fragment:
        response = Response(status_code=204, headers={"hx-redirect": address})
    set_preference_cookies(response, preferences(ctx.request).new_cookies)
    return response


OWN = pathlib.Path(__file__).parent / "static"
PICTURES = pathlib.Path(__file__).parent / "guides" / "pictures"
"""Folder of the pictures in the guides (`make pictures`)."""
HTMX = pathlib.Path(js_lib_htmx.__path__[0]) / "static" / "htmx"
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
