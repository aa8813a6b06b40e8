"""The guides: task by task for each reader, written in Markdown with button names taken from the catalogues."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

import i18n
from merzim.web.http import asset_address
from workflow.languages import LANGUAGES
from workflow.org.access import Access
from workflow.scoring.indicators import SCORED
from workflow.search_words import normalise, search_words

GUIDES = ("first-day", "officer", "executor", "head", "administrator", "lawyer")
"""The guides in the order they are listed; each is a file `web/guides/<language>/<guide>.md`."""
GUIDE_OF: dict[Access, str] = {
    "officer": "officer",
    "responsible": "executor",
    "head_of_unit": "head",
    "first_head": "head",
    "auditor": "head",
    "administrator": "administrator",
    "officer_administrator": "officer",
}
"""Access of a reader -> their own guide."""
SECTION_OF_PAGE = (
    ("/administration/account", "administrator#accounts"),
    ("/administration/settings", "administrator#channels"),
    ("/administration/unit", "administrator#units"),
    ("/administration/people", "administrator#people"),
    ("/administration/person", "administrator#people"),
    ("/administration", "administrator#start"),
    ("/assignments", "head#ask"),
    ("/audit", "administrator#audit"),
    ("/calendar", "officer#calendar"),
    ("/campaigns", "officer#campaigns"),
    ("/cases/", "officer#case"),
    ("/cases", "officer#find"),
    ("/deadlines", "head#overdue"),
    ("/desk", "executor#desk"),
    ("/inbox", "executor#inbox"),
    ("/open", "officer#open"),
    ("/open/case", "officer#plan"),
    ("/portfolio", "head#portfolio"),
    ("/register", "officer#letters"),
    ("/registers", "officer#registers"),
    ("/reports", "officer#monitoring"),
    ("/reports/figures", "head#figures"),
    ("/reports/points", "officer#scores"),
    ("/search", "officer#find"),
    ("/account", "first-day#account"),
    ("/", "head#overview"),
)
"""The section that explains a page, by the beginning of the page's path; the longest match counts.

Readers whose own guide has a section of that name are led there.
"""
OF_ACTS: Mapping[str, str] = {"scores": SCORED, "campaigns": ""}
"""Sections about what an act brings -> the act, "" for any; they are shown once it is adopted."""
PICTURE_WIDTH, PICTURE_HEIGHT = 820, 500
"""Size of all pictures, so that a page reserves their space."""
_FOLDER = Path(__file__).parents[1] / "guides"
_HEADING = re.compile(r"^## (?P<title>.+?) \{#(?P<id>[a-z-]+)\}$", re.MULTILINE)
_SHARED = re.compile(r"^\{([a-z-]+)#([a-z-]+)\}$", re.MULTILINE)
"""A line that stands for a section of another guide."""
LABEL = re.compile(r"\{([a-z_.]+)\}")
PICTURE = re.compile(r"!\[([^\]]+)\]\(([a-z-]+)\)")
_IMAGE = re.compile(r'<img src="([a-z.-]+)"')


@dataclass(frozen=True, kw_only=True, slots=True)
class GuideSection:
    """One task of a guide: its heading, its text for the page and for searches."""

    id: str
    title: str
    html: Markup
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Guide:
    """One guide in one language. `lead`: one sentence on whom it is for."""

    id: str
    title: str
    lead: str
    sections: tuple[GuideSection, ...]


@cache
def guide(id: str, language: str) -> Guide:
    """Return a guide in a language. Raises KeyError for an unknown one."""
    if id not in GUIDES:
        raise KeyError(id)
    head, *parts = _HEADING.split(site_markdown(id, language))
    title, _, lead = head.strip().removeprefix("# ").partition("\n")
    sections = tuple(map(_section, parts[0::3], parts[1::3], parts[2::3]))
    return Guide(id=id, title=title, lead=lead.strip(), sections=sections)


def shown_sections(sections: Iterable[GuideSection], acts: Collection[str]) -> tuple[GuideSection, ...]:
    """Return the sections of a guide without those about acts that are not adopted."""
    return tuple(
        section
        for section in sections
        if section.id not in OF_ACTS or OF_ACTS[section.id] in acts or (acts and not OF_ACTS[section.id])
    )


def source(id: str, language: str) -> str:
    """Return the Markdown of a guide, with the sections it shares with others."""
    return _SHARED.sub(lambda match: _section_text(match[1], match[2], language), _file_text(id, language))


def _file_text(id: str, language: str) -> str:
    """Return the Markdown of a guide as in its file, without the sections of others."""
    return (_FOLDER / language / f"{id}.md").read_text(encoding="utf-8")


def _section_text(id: str, section: str, language: str) -> str:
    """Return the Markdown of one section of a guide, with its heading."""
    parts = re.split(r"^(?=## )", _file_text(id, language), flags=re.MULTILINE)
    return next(part for part in parts if f"{{#{section}}}\n" in part).strip()


def site_markdown(id: str, language: str) -> str:
    """Return the Markdown of a guide with names of buttons filled in, in bold, and pictures as files."""
    labelled_text = LABEL.sub(lambda match: f"**{i18n.say(match[1], {}, language)}**", source(id, language))
    return PICTURE.sub(rf"![\1](\2.{language}.webp)", labelled_text)


def section_of(path: str, access: Access) -> str:
    """Return the `guide#section` that explains a page to a reader; "first-day" where none does."""
    fitting = [
        (start, section)
        for start, section in SECTION_OF_PAGE
        if path == start or path.startswith(start if start.endswith("/") else start + "/")
    ]
    if not fitting:
        return "first-day"
    section = max(fitting, key=lambda pair: len(pair[0]))[1]
    own, id = GUIDE_OF[access], section.partition("#")[2]
    has_own = any(section.id == id for section in guide(own, LANGUAGES[0]).sections)
    return f"{own}#{id}" if has_own else section


def find_sections(text: str, language: str, acts: Collection[str]) -> list[tuple[Guide, GuideSection]]:
    """Return the shown sections with every word of the search, each once, by heading first; none for none."""
    words = search_words(text)
    guides = [guide(id, language) for id in GUIDES]
    shared = {id: {match[2] for match in _SHARED.finditer(_file_text(id, language))} for id in GUIDES}
    hits = [
        (guide, section)
        for guide in guides
        for section in shown_sections(guide.sections, acts)
        if words and section.id not in shared[guide.id] and all(word in section.words for word in words)
    ]
    return sorted(hits, key=lambda hit: not any(word in normalise(hit[1].title) for word in words))


def _section(title: str, id: str, text: str) -> GuideSection:
    """Return a section of a guide as a page has it: all that is bold is a label."""
    html = MarkdownIt("commonmark", {"html": False}).render(text.strip())
    html = html.replace("<strong>", '<b class="label">').replace("</strong>", "</b>")
    size = f'width="{PICTURE_WIDTH}" height="{PICTURE_HEIGHT}"'
    picture = f'<img class="guide-picture" loading="lazy" {size} src='
    html = _IMAGE.sub(lambda match: f'{picture}"{asset_address(f"pictures/{match[1]}")}"', html)
    words = normalise(f"{title} {Markup(html).striptags()}")
    return GuideSection(id=id, title=title, html=Markup(html), words=words)
