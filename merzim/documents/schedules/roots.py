"""Recognises the facts a schedule row is about by the word roots of its text, in Russian and Kazakh.

The order of the rules matters: a row on monitoring the plan mentions the plan too, a row on announcing the
discussion of the results mentions the results.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from merzim.documents.sheets.texts import plain


@dataclass(frozen=True, slots=True)
class FactMatch:
    """The facts a schedule row is about.

    Attributes:
        facts: facts dated by the row; empty when it was not recognised.
        likely: facts it dates only if no other row does (preparing the note stands for signing it).
        is_analysis: whether the row is the analysis itself, whose span gives two facts.
    """

    facts: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    is_analysis: bool = False

    @property
    def is_recognised(self) -> bool:
        return bool(self.facts or self.likely or self.is_analysis)


_ROOTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile("|".join(rf"\b(?:{root})" for root in roots))
    for name, roots in tomllib.loads(Path(__file__).with_name("roots.toml").read_text(encoding="utf-8")).items()
}
_TOLD_BY_A_WORD = (
    ({"cartogram"}, "cartogram_updated"),
    ({"positions", "list", "consolidate"}, "positions_consolidated"),
    ({"positions", "list"}, "positions_listed"),
    ({"monitoring"}, "monitoring_noted"),
    ({"external"}, "external_analysis_ended"),
    ({"upload"}, "uploaded"),
)
"""Words after which no other is asked, and the fact they tell."""


@lru_cache(maxsize=1000)
def match_facts(work: str) -> FactMatch:
    """Return the facts the text of a row is about; an empty match when no rule fits, or two fit equally
    well.
    """
    text = plain(work)
    roots = frozenset(name for name, pattern in _ROOTS.items() if pattern.search(text))
    for words, fact in _TOLD_BY_A_WORD:
        if words <= roots:
            return FactMatch((fact,))
    announces, published = "tell" in roots, "publish" in roots
    paper = "note" in roots or {"plan", "measures"} <= roots
    if "discussion" in roots and not {"sign", "note"} <= roots:
        if paper and published and not announces:
            return FactMatch()  # a draft put up for discussion, or the papers and the discussion in one row
        return _match_discussion(announced=announces or published, of_results="its_results" in roots)
    if published and paper:
        signed = ("note_signed",) if {"note", "sign"} <= roots else ()
        approved = ("plan_approved",) if {"plan", "measures", "approve"} <= roots else ()
        return FactMatch((*signed, *approved, "published"))
    if {"order", "schedule"} <= roots:
        return FactMatch()  # an order on the schedule, or both in one row
    if (match := _match_paper(roots, published=published)) is not None:
        return match
    return _match_analysis(roots, announces=announces, published=published)


def _match_discussion(*, announced: bool, of_results: bool) -> FactMatch:
    """Return the match of a row on the discussion: it is held, announced, or its results are published."""
    if announced and of_results:
        return FactMatch(("discussion_results_published",))
    return FactMatch(("discussion_announced" if announced else "discussion_held",))


def _match_paper(roots: Set[str], *, published: bool) -> FactMatch | None:
    """Return the match of a row on a document somebody signs or approves; None if it names none."""
    is_approved = "approve" in roots or "sign" in roots
    is_aside = "sent" in roots and "make" not in roots
    if "order" in roots:
        return _sure_or_likely("order_signed", is_done=is_approved, is_aside=is_aside)
    if "schedule" in roots and not published and (is_approved or "make" in roots):
        return _sure_or_likely("schedule_approved", is_done=is_approved, is_aside=is_aside)
    if "note" in roots:
        return _sure_or_likely("note_signed", is_done=is_approved, is_aside=is_aside)
    if {"plan", "measures"} <= roots:
        return _match_plan(developed="make" in roots, approved=is_approved, is_aside="sent" in roots)
    if "work_plan" in roots:
        return _sure_or_likely("work_plan_approved", is_done=is_approved, is_aside=is_aside)
    return None


def _sure_or_likely(fact: str, *, is_done: bool, is_aside: bool) -> FactMatch:
    """Return a certain match when the row completes the fact, else a likely one."""
    if is_done:
        return FactMatch((fact,))
    return FactMatch() if is_aside else FactMatch((), (fact,))


def _match_plan(*, developed: bool, approved: bool, is_aside: bool) -> FactMatch:
    """Return the match of a row on the plan; developing it also dates its approval, unless another row does."""
    if approved:
        return FactMatch(("plan_developed", "plan_approved") if developed else ("plan_approved",))
    if developed:
        return FactMatch(("plan_developed",), ("plan_approved",))
    return FactMatch() if is_aside else FactMatch((), ("plan_developed", "plan_approved"))


def _match_analysis(roots: Set[str], *, announces: bool, published: bool) -> FactMatch:
    """Return the match of a row on the analysis: its announcement, its start, its end, or both."""
    if "analysis" not in roots or (("other" in roots or "sent" in roots) and not announces):
        return FactMatch()
    if announces or published:
        return FactMatch(("start_announced",))
    if roots & {"approve", "sign", "make"}:
        return FactMatch()
    has_started, ended = "begin" in roots, "end" in roots
    if has_started != ended:
        return FactMatch(("analysis_started",) if has_started else ("analysis_ended",))
    return FactMatch(is_analysis=True)
