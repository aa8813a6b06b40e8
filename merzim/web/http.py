"""What the pages and the API have in common of HTTP: parameters of addresses, and answers that are files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

from fastapi import Depends, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.datastructures import QueryParams
from starlette.responses import Response, StreamingResponse

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
CampaignPath = Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{3,5}$")]
PersonPath = Annotated[int, Path(ge=1, le=10_000_000)]
"""The number of a person in a campaign, so that addresses do not show keys."""
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


def as_file(content: bytes, media_type: str, name: str) -> Response:
    """Return bytes as a download of this name."""
    return Response(content, media_type=media_type, headers=_attached(name))


def as_workbook(tables: Sequence[Table], name: str) -> Response:
    """Return tables as the sheets of a workbook to download; `name`: of the file, without `.xlsx`."""
    return as_file(tables_workbook(tables), XLSX, f"{name}.xlsx")


def keep_cookie(response: Response, name: str, value: str, *, lasts: timedelta) -> None:
    """Set a cookie that scripts and other sites do not read."""
    seconds = int(lasts.total_seconds())
    response.set_cookie(name, value, max_age=seconds, secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, secure=True, httponly=True, samesite="lax")


def stream_file(content: BinaryIO, media_type: str, name: str) -> Response:
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
