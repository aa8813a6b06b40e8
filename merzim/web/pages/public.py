"""The public page of published analyses, also as a feed and as static files."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from datetime import time
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from xml.etree import ElementTree

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi import Path as PathField
from starlette.responses import Response

import i18n
from calendars.hours import moment_of
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.outgoing.public import (
    PublicAnalysis,
    Publication,
    check_fingerprint,
    check_paper,
    published_analyses,
    shows_proofs,
)
from merzim.web.auth.dependencies import Anybody
from merzim.web.auth.limits import count_guess
from merzim.web.ui.assets import OWN
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import Translator, environment, page

if TYPE_CHECKING:
    from merzim.services.outgoing.public import ProvenLine

router = APIRouter(include_in_schema=False)
PAGE = 25
IN_FEED = 50
"""Number of publications in a feed, the newest first."""
STYLES = ("base.css", "merzim.css")
BatchNumber = Annotated[int, PathField(ge=1, le=2**31 - 1)]
Fingerprint = Annotated[str, PathField(pattern=r"^[0-9a-f]{64}$")]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=10_000)]


@router.get("/public")
def show(request: Request, ctx: Anybody, number: PageNumber = 1) -> Response:
    """Show the publications of each analysis, the newest first; 404 if the page is disabled."""
    app = _open(ctx)
    public_page = published_analyses(app, first=(number - 1) * PAGE, count=PAGE)
    pages = max(1, -(-public_page.total // PAGE))
    response = page(request, ctx, "public.html", analyses=public_page.analyses, number=number, pages=pages)
    response.headers["cache-control"] = "private, max-age=60"
    return response


@router.get("/public/feed.xml")
def feed(request: Request, ctx: Anybody) -> Response:
    """Return the newest publications as RSS 2.0, in the reader's language."""
    app = _open(ctx)
    language = preferences(request).language
    content = _rss(app, ctx.organisation_in(language), language, published_analyses(app, count=PAGE).analyses)
    headers = {"content-language": language, "cache-control": "private, max-age=60"}
    return Response(content, media_type="application/rss+xml", headers=headers)


@router.get("/public/proof/{n}/{fingerprint}")
def check(request: Request, ctx: Anybody, n: BatchNumber, fingerprint: Fingerprint) -> Response:
    """Show whether a fingerprint printed on a journal of notices is of this office, and of which day."""
    return _answer(request, ctx, check_fingerprint(_open_proofs(ctx), n, fingerprint))


@router.get("/public/proof/entry/{n}/{fingerprint}")
def check_entry(request: Request, ctx: Anybody, n: BatchNumber, fingerprint: Fingerprint) -> Response:
    """Show whether a fingerprint printed on another document is of this office, of which kind and day."""
    return _answer(request, ctx, check_paper(_open_proofs(ctx), n, fingerprint))


def _answer(request: Request, ctx: RequestContext, proven_line: ProvenLine | None) -> Response:
    if proven_line is None:
        count_guess(request, ctx)
    response = page(request, ctx, "public_proof.html", line=proven_line, status=200 if proven_line else 404)
    response.headers["cache-control"] = "no-store"
    response.headers["x-robots-tag"] = "noindex"
    return response


def _open(ctx: RequestContext) -> AppContext:
    if not ctx.app.settings.web.public_page:
        raise HTTPException(404)
    return ctx.app


def _open_proofs(ctx: RequestContext) -> AppContext:
    app = _open(ctx)
    if not shows_proofs(app):
        raise HTTPException(404)
    return app


def _rss(app: AppContext, organisation: str, language: str, analyses: tuple[PublicAnalysis, ...]) -> bytes:
    """Return an RSS feed; each publication is identified by its analysis, obligation and address."""
    t = Translator(language)
    address = f"{app.settings.web.public_address.rstrip('/')}/public?lang={language}"
    root = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(root, "channel")
    _line(channel, "title", ": ".join(filter(None, (organisation, t.say("web.public.title")))))
    _line(channel, "link", address)
    _line(channel, "description", t.say("web.public.hint"))
    _line(channel, "language", language)
    for analysis, publication in list(_newest(analyses))[:IN_FEED]:
        item = ElementTree.SubElement(channel, "item")
        title = publication.title[language]
        _line(item, "title", f"{title}: {analysis.object[t.law_language]}")
        _line(item, "link", publication.address)
        _line(item, "description", t.say(f"evidence.{publication.kind}") if publication.kind else title)
        known_by = f"{analysis.case} {publication.title['en']} {publication.address}"
        _line(item, "guid", hashlib.sha256(known_by.encode()).hexdigest()).set("isPermaLink", "false")
        noon = moment_of(publication.on, time(12))
        _line(item, "pubDate", format_datetime(noon, usegmt=True))
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _newest(analyses: tuple[PublicAnalysis, ...]) -> Iterator[tuple[PublicAnalysis, Publication]]:
    publications = [(analysis, publication) for analysis in analyses for publication in analysis.publications]
    yield from sorted(publications, key=lambda pair: pair[1].on, reverse=True)


def _line(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name)
    element.text = text
    return element


def export_public_pages(app: AppContext, folder: Path) -> tuple[Path, ...]:
    """Write the page and its feed in each language, with styles, as files for any web server; return them.

    The files are written even if the page is disabled here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    analyses = published_analyses(app).analyses
    paths = [folder / "index.html", *(folder / style for style in STYLES)]
    for language in i18n.known_languages():
        organisation = app.settings.office.name_in(language)
        text = (
            environment()
            .get_template("public_file.html")
            .render(
                t=Translator(language),
                languages=i18n.known_languages(),
                organisation=organisation,
                analyses=analyses,
                styles=STYLES,
            )
        )
        for name, content in (
            (f"index.{language}.html", text.encode()),
            (f"feed.{language}.xml", _rss(app, organisation, language, analyses)),
        ):
            (folder / name).write_bytes(content)
            paths.append(folder / name)
    shutil.copyfile(folder / f"index.{i18n.LANGUAGES[0]}.html", folder / "index.html")
    for style in STYLES:
        (folder / style).write_text((OWN / style).read_text("utf-8"), "utf-8")
    return tuple(paths)
