"""One search over everything the reader may see: analyses, people, units, register rows, procedures and
acts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

import i18n
from merzim.services.context import RequestContext
from merzim.services.inputs import Line
from merzim.services.law.acts import acts_here, is_shown
from merzim.services.law.regulations import case_registers, row_words, scoring
from merzim.services.registers.queries import find_rows
from merzim.services.registers.results import row_name
from merzim.services.verbs import Command, verb
from workflow.board.rows import CaseFilter
from workflow.languages import LANGUAGES
from workflow.law.library import Library
from workflow.law.procedure import Act, Text
from workflow.org.name_index import NameIndex
from workflow.org.office import Person, Unit
from workflow.scoring.scale import SCORED
from workflow.search_words import search_words

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
    people, units, *law = _names(ctx, text)
    groups = (
        _cases(ctx, text),
        people,
        units,
        _case_rows(ctx, text),
        _files(ctx, text),
        _rows(ctx, text),
        *law,
    )
    return Found(groups=[group for group in groups if group.hits])


def _cases(ctx: RequestContext, text: str) -> HitGroup:
    criteria, office = CaseFilter(search=text), ctx.reads.office()
    hits = list[Hit]()
    for case in ctx.reads.page(criteria, first=0, count=HITS_SHOWN):
        procedure, unit = ctx.library.named(case.edition), office.units.get(case.unit)
        title = case.object_names() if case.object_in("kk") else _texts(procedure.title)
        about = ", ".join(filter(None, (case.id, unit.name_in(ctx.spoken_language) if unit else "")))
        hits.append(Hit(kind="case", id=case.id, title=dict(title), about=about))
    return HitGroup(kind="case", total=ctx.reads.how_many(criteria), hits=hits)


def _case_rows(ctx: RequestContext, text: str) -> HitGroup:
    """Return risks, measures, exposed positions and remarks in cases visible to the reader."""
    titles = {
        register.entry.row: register.title for register in case_registers().all() if register.entry is not None
    }
    places, total = ctx.reads.found_rows(row_words(text), limit=HITS_SHOWN)
    language = ctx.spoken_language

    def named(row: str) -> str:
        kind, _, number = row.partition(".")
        return f"{titles[kind][language]}, {i18n.say('numbered', {'n': number}, language)}"

    return HitGroup(kind="case_row", total=total, hits=_in_cases(ctx, "case_row", places, named))


def _files(ctx: RequestContext, text: str) -> HitGroup:
    """Return files of the cases the reader sees, by their names; restricted ones join no search."""
    words = tuple((word,) for word in search_words(text))
    places, total = ctx.reads.found_rows(words, limit=HITS_SHOWN, files=True)
    return HitGroup(kind="file", total=total, hits=_in_cases(ctx, "file", places, lambda row: ""))


def _in_cases(
    ctx: RequestContext, kind: Kind, places: Sequence[tuple[str, str, str]], name_row: Callable[[str], str]
) -> list[Hit]:
    """Return hits in cases, each with what it is there, and the object and number of its case."""
    heads = ctx.reads.heads({case for case, _, _ in places})
    language, hits = ctx.spoken_language, list[Hit]()
    for case, row, title in places:
        if (head := heads.get(case)) is not None:
            about = ", ".join(filter(None, (name_row(row), head.object_in(language), case)))
            id = row.partition(".")[2] if kind == "file" else row
            hits.append(
                Hit(kind=kind, id=id, within=case, title=_texts(Text(title, title, title)), about=about)
            )
    return hits


def _names(ctx: RequestContext, text: str) -> list[HitGroup]:
    """Return people, units, procedures and acts by name; the most similar ones if none contains the words."""
    office, root = ctx.reads.office(), ctx.reader.root
    everybody = not root or ctx.reader.may("settings")
    units = office.units if everybody else set(office.below(root))
    people, law, shown = office.people, _law(ctx.library, ctx.spoken_language), _shown_law(ctx)
    return [
        _named(
            "person",
            office.person_called,
            text,
            is_visible=lambda key: everybody or people[key].unit in units,
            hit=lambda key: (_title(people[key]), people[key].post),
        ),
        _named(
            "unit",
            office.unit_called,
            text,
            is_visible=units.__contains__,
            hit=lambda key: (_title(office.units[key]), ""),
        ),
        *(
            _named(kind, names, text, is_visible=shown[kind], hit=titles.__getitem__)
            for kind, (names, titles) in law.items()
        ),
    ]


def _shown_law(ctx: RequestContext) -> Mapping[Kind, Callable[[str], bool]]:
    """Return, by kind, whether an entry of the law belongs to an act adopted here; others are no hits."""
    editions, adopted = [ctx.library.latest(name) for name in ctx.library.procedures()], acts_here(ctx)
    shown = {edition.id: edition for edition in editions if is_shown(edition, adopted)}
    acts = {act for edition in shown.values() for act in edition.acts}
    return {
        "procedure": shown.__contains__,
        "obligation": lambda key: key.partition("/")[0] in shown,
        "act": acts.__contains__,
        "indicator": lambda key: SCORED in adopted,
    }


@lru_cache(maxsize=8)
def _law(library: Library, language: str) -> Mapping[Kind, tuple[NameIndex, Mapping[str, tuple[Text, str]]]]:
    """Return procedures, obligations, acts and indicators: the names they are found by, and of each its title
    and what is said of it.
    """
    names = defaultdict[Kind, list[tuple[str, list[str], str]]](list)
    titles = defaultdict[Kind, dict[str, tuple[Text, str]]](dict)

    def add(
        kind: Kind, key: str, title: Text, about: str = "", number: str = "", more: Sequence[Text] = ()
    ) -> None:
        texts = [text for each in (title, *more) for text in _texts(each).values()]
        names[kind].append((key, texts, number))
        titles[kind][key] = title, about

    acts: dict[str, Act] = {}
    for name in library.procedures():
        edition = library.latest(name)
        add("procedure", name, edition.title)
        for obligation in edition.obligations:
            add("obligation", f"{name}/{obligation.id}", obligation.title, edition.title[language])
        acts |= {act.id: act for act in edition.acts.values()}
    for key, act in acts.items():
        add("act", key, act.title, act.number or "", act.number or "")
    for key, indicator in scoring().indicators.items():
        # Its remarks are searched as well: they say what it is counted of.
        add("indicator", key, indicator.title, key, more=indicator.notes)
    return {kind: (NameIndex(of_kind), titles[kind]) for kind, of_kind in names.items()}


def _named(
    kind: Kind,
    names: NameIndex,
    text: str,
    *,
    is_visible: Callable[[str], bool],
    hit: Callable[[str], tuple[Text, str]],
) -> HitGroup:
    """Return the entries that contain all words of the text in id, name or other texts; where none does, those
    of similar names, but for acts and indicators.
    """
    keys = [key for key in names.having(text) if is_visible(key)]
    near = not keys and kind not in ("act", "indicator")
    if near:
        keys = names.alike(text, limit=HITS_SHOWN, is_visible=is_visible)
    shown_rows = [
        (*key.rpartition("/"), *hit(key)) if kind == "obligation" else ("", "", key, *hit(key))
        for key in keys[:HITS_SHOWN]
    ]
    hits = [
        Hit(kind=kind, id=id, within=within, title=_texts(name), about=about)
        for within, _, id, name, about in shown_rows
    ]
    return HitGroup(kind=kind, total=len(keys), near=near, hits=hits)


def _rows(ctx: RequestContext, text: str) -> HitGroup:
    """Return rows of the registers the reader sees; fields hidden from them join no search."""
    found_rows, language = find_rows(ctx, text, limit=HITS_SHOWN), ctx.spoken_language
    hits = [
        Hit(
            kind="register_row",
            id=row.id,
            within=register.id,
            title=dict(register.title),
            about=", ".join(
                dict.fromkeys((i18n.row_number(row.id, language), row_name(register, row, language)))
            ),
        )
        for register, row in found_rows.rows
    ]
    return HitGroup(kind="register_row", total=found_rows.total, hits=hits)


def _title(record: Person | Unit) -> Text:
    return Text(record.name_in("kk"), record.name_in("ru"), record.name)


def _texts(title: Text) -> dict[str, str]:
    return {language: title[language] for language in LANGUAGES}
