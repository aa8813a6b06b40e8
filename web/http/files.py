"""Answers that are files: their media types, and downloads."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
SVG = "image/svg+xml"
BYTES = "application/octet-stream"
"""The media type of files of others, which are never shown as a page."""


def as_file(content: bytes, media_type: str, name: str) -> Response:
    """Return bytes as a download."""
    return Response(content, media_type=media_type, headers=_attached(name))


def stream_file(content: BinaryIO, media_type: str, name: str) -> Response:
    """Return an open file as a download, in portions; it is closed at the end."""
    return StreamingResponse(
        iter(lambda: content.read(65536), b""),
        media_type=media_type,
        headers=_attached(name),
        background=BackgroundTask(content.close),
    )


def _attached(name: str) -> dict[str, str]:
    plain = name.isascii() and name.isprintable() and not {'"', "\\"} & {*name}
    file = f'filename="{name}"' if plain else f"filename*=UTF-8''{quote(name)}"
    return {"content-disposition": f"attachment; {file}"}
