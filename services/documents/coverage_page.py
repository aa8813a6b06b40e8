"""Writes the coverage as a page of Markdown (docs/coverage.md): row by row, and the reading of each
contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import i18n
from services.documents.coverage import CarriedRow, Contradiction, Coverage, Row
from workflow.deadlines.term_elements import wording
from workflow.law.procedure import Text

EXAMPLES_NAMED = 2


def page(coverage: Coverage, readings: Iterable[Contradiction], language: str) -> str:
    """Return the whole page in a language. The summaries of the rows are in English only."""
    return "\n".join(_lines(coverage, tuple(readings), language)) + "\n"


def term(carried: CarriedRow, language: str) -> str:
    """Return the term of an obligation as a rule in words."""
    parts = wording(carried.obligation, carried.procedure)
    return "; ".join(i18n.say(part.code, part.arguments, language) for part in parts)


def _lines(coverage: Coverage, readings: tuple[Contradiction, ...], language: str) -> Iterator[str]:
    def say(code: str, **arguments: object) -> str:
        return i18n.say(f"coverage.{code}", arguments, language)

    yield f"# {say('title')}\n"
    yield say("generated") + "\n"
    yield say("how") + "\n"
    yield from _table((say("document"), say("rows"), say("carried_rows")), _summary(coverage, language))
    for documents, rows in _sections(coverage).items():
        title = "; ".join(coverage.documents[one].title[language] for one in documents)
        yield f"\n## {title}\n"
        heads = tuple(say(one) for one in ("row", "place", "gist", "carried_by", "term", "proved_by"))
        yield from _table(heads, (_row(coverage, row, language) for row in rows))
    yield f"\n## {say('decisions')}\n"
    yield say("decisions_how") + "\n"
    heads = tuple(say(one) for one in ("edition", "decision", "answers", "asked_of", "place"))
    yield from _table(heads, _decisions(coverage, language))
    yield f"\n## {say('moved_terms')}\n"
    yield say("moved_terms_how") + "\n"
    heads = tuple(say(one) for one in ("edition", "obligation", "answered_by"))
    yield from _table(heads, _asked_once(coverage, language))
    yield f"\n## {say('contradictions')}\n"
    yield say("contradictions_how") + "\n"
    heads = tuple(say(one) for one in ("number", "between", "reading", "where", "proved_by"))
    yield from _table(heads, (_reading(one, language) for one in readings))


def _summary(coverage: Coverage, language: str) -> Iterator[tuple[str, ...]]:
    for documents, rows in _sections(coverage).items():
        title = "; ".join(coverage.documents[one].title[language] for one in documents)
        done = sum(row.id in coverage.carried for row in rows)
        yield title, str(len(rows)), str(done)


def _sections(coverage: Coverage) -> Mapping[tuple[str, ...], list[Row]]:
    """Return rows grouped by their documents, each row under its first document."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in coverage.rows.values():
        found.setdefault(row.of[:1], []).append(row)
    return found


def _row(coverage: Coverage, row: Row, language: str) -> tuple[str, ...]:
    carried = coverage.carried.get(row.id, ())
    nobody = i18n.say("coverage.nobody", {}, language)
    return (
        row.id,
        row.at,
        row.gist,
        _each(f"`{one.procedure.edition}`: {_said(one, language)}" for one in carried) or nobody,
        _each(dict.fromkeys(term(one, language) for one in carried)),
        _each(dict.fromkeys(_proof(one, language) for one in carried)),
    )


def _said(carried: CarriedRow, language: str) -> str:
    title: Text = carried.obligation.title
    force = carried.obligation.force
    marks = [i18n.say(f"cli.force.{force}", {}, language)] if force != "obligatory" else []
    if carried.obligation.assumed:
        marks.append(i18n.say("coverage.assumed", {}, language))
    said = f"`{carried.obligation.id}` {title[language]}"
    return f"{said} ({', '.join(marks)})" if marks else said


def _proof(carried: CarriedRow, language: str) -> str:
    examples = carried.examples
    if not examples:
        return i18n.say("coverage.every_obligation", {}, language)
    named = "; ".join(examples[:EXAMPLES_NAMED])
    more = len(examples) - EXAMPLES_NAMED
    code = "coverage.examples_more" if more > 0 else "coverage.examples"
    return i18n.say(code, {"titles": named, "more": more}, language)


def _decisions(coverage: Coverage, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the decisions of all editions, with the facts by which their options are recorded."""
    for procedure in coverage.library.all():
        for one in procedure.decisions.values():
            yield (
                f"`{procedure.edition}`",
                f"`{one.id}` {one.title[language]}",
                _each(f"`{answer.id}` {answer.title[language]}: `{answer.fact}`" for answer in one.options),
                i18n.say(f"duty.{one.duty}", {}, language),
                f"{procedure.acts[one.act].short[language]}, {one.paragraph}",
            )


def _asked_once(coverage: Coverage, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the obligations of all editions that are also fulfilled by another obligation's fact."""
    for procedure in coverage.library.all():
        for one in procedure.answered_too:
            facts = ((name, procedure.by_id[name].title[language]) for name in one.also_by)
            yield (
                f"`{procedure.edition}`",
                f"`{one.id}` {one.title[language]}",
                _each(f"`{name}` {title}" for name, title in facts),
            )


def _reading(one: Contradiction, language: str) -> tuple[str, ...]:
    return (
        str(one.number),
        one.between[language],
        one.reading[language],
        _each(f"`{name}`" for name in one.where) or "–",
        _each(f"`{name}`" for name in one.proved_by) or i18n.say("coverage.held_by_nothing", {}, language),
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _cells(heads)
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield _cells(row)


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _each(texts: Iterable[str]) -> str:
    return "<br>".join(texts)
