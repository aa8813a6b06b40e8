"""One search over everything the reader may see: analyses, people, units, register rows, procedures and
acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, StringConstraints

import i18n
from merzim.services.context import RequestContext
from merzim.services.inputs import Line
from merzim.services.law.acts import acts_here, is_shown
from merzim.services.law.regulations import case_registers, row_words, scoring
from merzim.services.names import Name, case_title, name_of
from merzim.services.registers.results import row_name
from merzim.services.registers.views import find_rows
from merzim.services.verbs import Command, verb
from workflow.board.rows import CaseFilter
from workflow.cases.registers.risks import Words
from workflow.languages import LANGUAGES
from workflow.law.library import Library
from workflow.scoring.indicators import SCORED
from workflow.search_words import NameIndex, search_words

HITS_SHOWN = 10
"""Number of results of one kind that are listed; the others are counted."""
Kind = Literal[
    "case", "case_row", "file", "person", "unit", "register_row", "procedure", "obligation", "act", "indicator"
]


class Search(Command):
    """A search for words, ignoring letter case and word endings."""

    text: Annotated[Line, StringConstraints(min_length=1)]


class Hit(BaseModel):
    """One thing found. `within`: the register of a row, the case of a file or of a row of its registers,
    the procedure of an obligation; `title`: by language. The id of a file is its SHA-256.
    """

    kind: Kind
    id: str
    within: str = ""
    title: dict[str, str]
    about: str = ""


class HitGroup(BaseModel):
    """What was found of one kind. `near`: nothing has the words, these are like them."""

    kind: Kind
    total: int
    near: bool = False
    hits: list[Hit]


class Found(BaseModel):
    """The results of a search by kind; kinds without results are left out."""

    groups: list[HitGroup]


@verb("read", writes=False)
def search(ctx: RequestContext, command: Search) -> Found:
    """Search everything the reader may see."""
    text = command.text
    groups = [
        _cases(ctx, text),
        *_members(ctx, text),
        *_in_cases(ctx, text),
        _rows(ctx, text),
        *_law(ctx, text),
    ]
    return Found(groups=[group for group in groups if group.hits])


def _cases(ctx: RequestContext, text: str) -> HitGroup:
    criteria, units = CaseFilter(search=text), ctx.reads.office().units
    hits = list[Hit]()
    for case in ctx.reads.page(criteria, first=0, count=HITS_SHOWN):
        unit = units[case.unit].name_in(ctx.spoken_language) if case.unit in units else ""
        title = case_title(case, ctx.library.named(case.edition))
        hits.append(Hit(kind="case", id=case.id, title=_texts(title), about=_listed(case.id, unit)))
    return HitGroup(kind="case", total=ctx.reads.how_many(criteria), hits=hits)


def _in_cases(ctx: RequestContext, text: str) -> list[HitGroup]:
    """Return the rows of registers and the files (by name, none restricted) of the cases the reader sees."""
    language, registers = ctx.spoken_language, case_registers().all()
    titles = {
        register.entry.row: register.title[language] for register in registers if register.entry is not None
    }
    groups = list[HitGroup]()
    searches: tuple[tuple[Kind, Words], ...] = (
        ("case_row", row_words(text)),
        ("file", tuple((word,) for word in search_words(text))),
    )
    for kind, words in searches:
        places, total = ctx.reads.found_rows(words, limit=HITS_SHOWN, files=kind == "file")
        heads = ctx.reads.heads({case for case, _, _ in places})
        hits = list[Hit]()
        for case, row, title in places:
            if case not in heads:
                continue
            name, _, number = row.partition(".")
            named = "" if kind == "file" else f"{titles[name]}, {i18n.say('numbered', {'n': number}, language)}"
            about = _listed(named, heads[case].object_in(language), case)
            id = number if kind == "file" else row
            hits.append(Hit(kind=kind, id=id, within=case, title=_texts(title), about=about))
        groups.append(HitGroup(kind=kind, total=total, hits=hits))
    return groups


def _rows(ctx: RequestContext, text: str) -> HitGroup:
    """Return rows of the registers the reader sees; fields hidden from them join no search."""
    (rows, total), language, hits = find_rows(ctx, text, limit=HITS_SHOWN), ctx.spoken_language, list[Hit]()
    for register, row in rows:
        about = _listed(i18n.row_number(row.id, language), row_name(register, row, language))
        title = dict(register.title)
        hits.append(Hit(kind="register_row", id=row.id, within=register.id, title=title, about=about))
    return HitGroup(kind="register_row", total=total, hits=hits)


class Entry(NamedTuple):
    """Something found by its name: its title, what is said of it, and other texts with the searched words."""

    title: Name
    about: Name = ""
    more: Sequence[Name] = ()


def _members(ctx: RequestContext, text: str) -> list[HitGroup]:
    """Return people and units by name; the most similar ones if none has the words."""
    office, root = ctx.reads.office(), ctx.reader.root
    everybody = not root or ctx.reader.may("settings")
    units, people = office.units if everybody else set(office.below(root)), office.people

    def is_visible(key: str) -> bool:
        return everybody or people[key].unit in units

    def person(key: str) -> Entry:
        return Entry(name_of(people[key]), people[key].post)

    def unit(key: str) -> Entry:
        return Entry(name_of(office.units[key]))

    return [
        _named(ctx, "person", office.person_called, text, person, is_visible),
        _named(ctx, "unit", office.unit_called, text, unit, units.__contains__),
    ]


def _law(ctx: RequestContext, text: str) -> list[HitGroup]:
    """Return procedures, obligations (also of similar names), acts and indicators of points by their names."""
    law = _entries(ctx.library, acts_here(ctx))
    return [_named(ctx, kind, index, text, of.__getitem__) for kind, (index, of) in law.items()]


@lru_cache(maxsize=8)
def _entries(library: Library, adopted: frozenset[str]) -> Mapping[Kind, tuple[NameIndex, Mapping[str, Entry]]]:
    """Return what the adopted acts bring, by kind: what it is found by, and what is said of it."""
    editions = [library.latest(name) for name in library.ids()]
    editions = [edition for edition in editions if is_shown(edition, adopted)]
    acts = {act.id: act for edition in editions for act in edition.acts.values()}
    indicators = scoring().indicators if SCORED in adopted else {}
    entries: Mapping[Kind, Mapping[str, Entry]] = {
        "procedure": {edition.id: Entry(edition.title) for edition in editions},
        "obligation": {
            f"{edition.id}/{obligation.id}": Entry(obligation.title, edition.title)
            for edition in editions
            for obligation in edition.obligations
        },
        "act": {key: Entry(act.title, act.number or "", [act.number or ""]) for key, act in acts.items()},
        # Their remarks are searched as well: they say what is counted.
        "indicator": {key: Entry(found.title, key, found.notes) for key, found in indicators.items()},
    }

    def texts(entry: Entry) -> list[str]:
        return [text for name in (entry.title, *entry.more) for text in _texts(name).values()]

    return {
        kind: (NameIndex((key, texts(entry), "") for key, entry in of.items()), of)
        for kind, of in entries.items()
    }


def _named(
    ctx: RequestContext,
    kind: Kind,
    index: NameIndex,
    text: str,
    entry: Callable[[str], Entry],
    is_visible: Callable[[str], bool] = bool,
) -> HitGroup:
    """Return the entries with all words of the text, else those of similar names (but acts, indicators)."""
    keys = [key for key in index.having(text) if is_visible(key)]
    near = not keys and kind not in ("act", "indicator")
    if near:
        keys = index.alike(text, limit=HITS_SHOWN, is_visible=is_visible)
    hits = list[Hit]()
    for key in keys[:HITS_SHOWN]:
        within, _, id = key.rpartition("/") if kind == "obligation" else ("", "", key)
        title, about, _ = entry(key)
        about = _texts(about)[ctx.spoken_language]
        hits.append(Hit(kind=kind, id=id, within=within, title=_texts(title), about=about))
    return HitGroup(kind=kind, total=len(keys), near=near, hits=hits)


def _texts(name: Name) -> dict[str, str]:
    """Return a name by language."""
    return {language: name if isinstance(name, str) else name[language] for language in LANGUAGES}


def _listed(*texts: str) -> str:
    """Return the different texts, "" left out, with commas between them."""
    return ", ".join(dict.fromkeys(filter(None, texts)))
