"""One search over everything the reader may see: analyses, people, units, register rows, procedures and
acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from services.context import RequestContext
from services.inputs import Line
from services.verbs import Command, verb
from workflow.law.procedure import Text
from workflow.org.office import Person, Unit
from workflow.search_words import FoldedNames, search_words

HITS_SHOWN = 10
"""Number of results of one kind that are listed; the others are counted."""
LIKENESS = 0.75
"""Minimum similarity of a name to the search text, if no name contains its words."""
Kind = Literal["case", "case_row", "person", "unit", "register_row", "procedure", "act"]


class Search(Command):
    """A search for words, ignoring letter case and word endings."""

    text: Annotated[Line, StringConstraints(min_length=1)]


class Hit(BaseModel):
    """One search result. `within`: the register of a row, the case of a row of its registers; `title`: by
    language.
    """

    kind: Kind
    id: str
    within: str = ""
    title: dict[str, str]
    about: str = ""


class HitGroup(BaseModel):
    """The results of one kind. `near`: whether nothing contains the words and these are only similar."""

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
    groups = (_cases(ctx, text), _case_rows(ctx, text), *_names(ctx, text), _rows(ctx, text))
    return Found(groups=[group for group in groups if group.hits])


def _cases(ctx: RequestContext, text: str) -> HitGroup:
    from workflow.board.rows import CaseFilter

    wanted, office = CaseFilter(search=text), ctx.reads.office()
    hits = []
    for case in ctx.reads.page(wanted, first=0, count=HITS_SHOWN):
        procedure, unit = ctx.library.named(case.edition), office.units.get(case.unit)
        title = case.object_names() if case.object_in("kk") else _texts(procedure.title)
        about = ", ".join(filter(None, (case.id, unit.name if unit else "")))
        hits.append(Hit(kind="case", id=case.id, title=dict(title), about=about))
    # All were found where fewer came than fit: counting them would go through all cases again.
    total = len(hits) if len(hits) < HITS_SHOWN else ctx.reads.how_many(wanted)
    return HitGroup(kind="case", total=total, hits=hits)


def _case_rows(ctx: RequestContext, text: str) -> HitGroup:
    """Return risks, measures, exposed positions and remarks in cases visible to the reader."""
    from services.register_files import case_registers, row_words

    titles = {one.entry.row: one.title for one in case_registers().all() if one.entry is not None}
    total, found = ctx.reads.found_rows(row_words(text), limit=HITS_SHOWN)
    heads = ctx.reads.heads({case for case, _, _ in found})
    language, hits = ctx.language or ctx.app.settings.office.language, list[Hit]()
    for case, row, title in found:
        if (head := heads.get(case)) is not None:
            kind, _, number = row.partition(".")
            about = (f"{titles[kind][language]}, № {number}", head.object_in(language), case)
            hits.append(
                Hit(
                    kind="case_row",
                    id=row,
                    within=case,
                    title=_texts(Text(title, title, title)),
                    about=", ".join(filter(None, about)),
                )
            )
    return HitGroup(kind="case_row", total=total, hits=hits)


def _names(ctx: RequestContext, text: str) -> list[HitGroup]:
    """Return people, units, procedures and acts by name; the most similar ones if none contains the words."""
    office, root = ctx.reads.office(), ctx.reader.root
    everybody = not root or ctx.reader.may("settings")
    units = office.units if everybody else set(office.below(root))
    editions = {name: ctx.library.latest(name) for name in ctx.library.procedures()}
    acts = {act.id: act for edition in editions.values() for act in edition.acts.values()}
    people = office.people

    def titled(titles: Mapping[str, Text], more: Mapping[str, str]) -> FoldedNames:
        return FoldedNames((key, [*_texts(title).values()], more.get(key, "")) for key, title in titles.items())

    procedures = {key: one.title for key, one in editions.items()}
    numbered = {key: one.number or "" for key, one in acts.items()}
    act_titles = {key: one.title for key, one in acts.items()}
    return [
        _named(
            "person",
            office.folded_people,
            text,
            seen=lambda key: everybody or people[key].unit in units,
            hit=lambda key: (_title(people[key]), people[key].post),
        ),
        _named(
            "unit",
            office.folded_units,
            text,
            seen=units.__contains__,
            hit=lambda key: (_title(office.units[key]), ""),
        ),
        _named("procedure", titled(procedures, {}), text, hit=lambda key: (procedures[key], "")),
        _named("act", titled(act_titles, numbered), text, hit=lambda key: (act_titles[key], numbered[key])),
    ]


def _named(
    kind: Kind,
    names: FoldedNames,
    text: str,
    *,
    seen: Callable[[str], bool] = lambda key: True,
    hit: Callable[[str], tuple[Text, str]],
) -> HitGroup:
    """Return the entries that contain all words of the text in id, name or other texts."""
    found = [key for key in names.having(search_words(text)) if seen(key)]
    near = not found and kind != "act"
    if near:
        found = names.alike(text, likeness=LIKENESS, limit=HITS_SHOWN, seen=seen)
    shown = [(key, *hit(key)) for key in found[:HITS_SHOWN]]
    hits = [Hit(kind=kind, id=key, title=_texts(name), about=about) for key, name, about in shown]
    return HitGroup(kind=kind, total=len(found), near=near, hits=hits)


def _rows(ctx: RequestContext, text: str) -> HitGroup:
    """Return rows of registers visible to the reader; hidden fields are not searched."""
    from services import register_views as registers

    hits, total, language = list[Hit](), 0, ctx.language or ctx.app.settings.office.language
    for register in registers.list_registers(ctx, registers.AskRegisters()).registers:
        if not register.rows:
            continue
        page = registers.list_rows(
            ctx, registers.ListRows(register_id=register.id, search=text, size=HITS_SHOWN)
        )
        total += page.total
        for row in page.rows[: HITS_SHOWN - len(hits)]:
            name = registers.row_name(register, row, language)
            hits.append(
                Hit(
                    kind="register_row",
                    id=row.id,
                    within=register.id,
                    title=dict(register.title),
                    about=", ".join(dict.fromkeys((row.id, name))),
                )
            )
    return HitGroup(kind="register_row", total=total, hits=hits)


def _title(named: Person | Unit) -> Text:
    return Text(named.name_in("kk"), named.name_in("ru"), named.name)


def _texts(title: Text) -> dict[str, str]:
    return {language: title[language] for language in ("kk", "ru", "en")}
