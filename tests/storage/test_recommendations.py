"""Recommendations of all cases: lists, counts, and risks that several cases share."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, Insert, Update

from calendars.terms import OnDate
from merzim.storage import office as office_store
from merzim.storage.maintenance.verify import rebuild, verify
from merzim.storage.queries import SqlReads
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.cases import CASE, COUNTED_LINE
from tests.case_rows import FoundRisk, RowCommands, SetMeasure
from tests.storage.sample_cases import NOW, case_commands, recompute
from workflow.cases.commands import statuses
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.registers.risks import RecommendationFilter
from workflow.cases.registers.rows import MeasureTerm
from workflow.moments import Moment
from workflow.org.access import Scope
from workflow.org.office import Unit

TODAY = date(2026, 7, 20)
WHO = Moment(by="А", now=NOW, today=TODAY)
ALL = Scope(unit="", names=())
UNITS = (
    Unit(id="head", name="Аппарат"),
    Unit(id="hr", name="Кадр бөлімі", parent="head"),
    Unit(id="law", name="Заң бөлімі", parent="head"),
)


def until(day: date) -> MeasureTerm:
    """A measure's own day."""
    return MeasureTerm(written=day.isoformat(), term=OnDate(day), reading="date")


def opened(core: CaseCommands, *units: str) -> list[str]:
    """A case of each of the units."""
    return [
        core.open(Opening(procedure="internal-analysis", unit=unit, object=f"{n}"), at=WHO).id
        for n, unit in enumerate(units)
    ]


@pytest.fixture
def places(engine: Engine) -> dict[str, str]:
    """Cases by what they are for: `hr`, `law` and `head` have a measure each, `bare` a risk without one.

    The measure of `hr` passed its day, that of `law` was executed, that of `head` lies ahead. The risks of `hr`
    and `bare` are of one act of a higher body, asked for `hr` alone. `off` was called off."""
    office_store.save(engine, units=UNITS)
    core = case_commands(engine)
    risks, above = RowCommands(core), {"body": "ДСМ", "act": "1-бұйрық"}
    ids = opened(core, "hr", "law", "head", "law", "hr")
    cases = dict(zip(("hr", "law", "head", "bare", "off"), ids, strict=True))
    for name, words, direction, higher in (
        ("hr", "Анықтама қағаз түрінде", "procurement", above),
        ("law", "Бір адам шешеді", "personnel", {}),
        ("head", "Мерзімі жоқ", "procurement", {}),
        ("bare", "анықтама – қағаз түрінде!", "procurement", above),
        ("off", "Бір адам шешеді", "procurement", {}),
    ):
        risk = FoundRisk(description=words, direction=direction, for_legal_monitoring=name == "law", **higher)
        risks.add(cases[name], risk, on=TODAY, at=WHO)
        if name != "bare":
            due = until(TODAY + timedelta(-20 if name == "hr" else 20))
            risks.add(cases[name], SetMeasure(risk=1, action="Бекіту", term=due), at=WHO)
    risks.ask(cases["hr"], 1, body="", asked="Түсіндіру", term=until(TODAY), on=TODAY, at=WHO)
    risks.review(cases["law"], 1, outcome="executed", on=TODAY, at=WHO)
    core.write(cases["off"], WHO, statuses.cancel, ground="Бекер")
    return cases


LATE, AHEAD, DONE, BARE = ("none", True), ("none", False), ("executed", False), ("", False)
"""Status and lateness of the measures; a risk without one has neither."""


QUESTIONS: tuple[tuple[RecommendationFilter, str, list[tuple[str, bool]]], ...] = (
    (RecommendationFilter(), "hr law head bare", [LATE, DONE, AHEAD, BARE]),
    (RecommendationFilter(unit="head"), "hr law head bare", [LATE, DONE, AHEAD, BARE]),
    (RecommendationFilter(unit="law", legal=True), "law", [DONE]),
    (RecommendationFilter(status="none", direction="procurement"), "hr head", [LATE, AHEAD, BARE]),
    (RecommendationFilter(status="executed"), "law", [LATE, DONE, AHEAD, BARE]),
    (RecommendationFilter(unit="hr", late=True), "hr", [LATE]),
)
"""A filter, the units whose recommendations it lists, and status and lateness of those it counts."""


def test_lists_are_narrowed_and_counted(engine: Engine, places: dict[str, str]) -> None:
    """Counts are of everything but status and lateness, which they are there to choose by."""
    reads = SqlReads(engine).seen_by(ALL)
    for criteria, names, counts in QUESTIONS:
        found = [place.case for place in reads.recommendation_places(criteria, TODAY)]

        assert found == [places[name] for name in names.split()]
        assert [
            place.case for place in reads.recommendation_places(criteria, TODAY, limit=2, offset=1)
        ] == found[1:3]
        assert {key: n for key, n in reads.count_recommendations(criteria, TODAY).items() if n} == Counter(
            counts
        )


def test_risks_alike_are_told_with_who_has_not_asked(engine: Engine, places: dict[str, str]) -> None:
    """The same act of a higher body in two units; the board is what reading every case comes to."""
    (group,) = SqlReads(engine).seen_by(ALL).alike("", limit=20, first=3)

    assert (group.units, group.cases, group.unasked) == (2, 2, 1)
    assert [place[0] for place in group.first] == [places["hr"], places["bare"]]
    assert group.asking == (places["bare"],)
    assert verify(engine, recompute=recompute(engine, TODAY)) == ()


def with_a_risk(engine: Engine, unit: str = "hr") -> str:
    """A case with a risk and a measure whose day has passed."""
    case = opened(case_commands(engine), unit)[0]
    lines = [
        FoundRisk(description="Тәуекел"),
        SetMeasure(risk=1, action="Бекіту", term=until(date(2026, 7, 1))),
    ]
    RowCommands(case_commands(engine)).add(case, lines, on=TODAY, at=WHO)
    return case


def test_a_measure_is_late_from_the_day_after_its_day(engine: Engine) -> None:
    """The day before, the day, the day after."""
    with_a_risk(engine)
    reads = SqlReads(engine)

    def late(on: date) -> int:
        return reads.count_recommendations(RecommendationFilter(), on).get(("none", True), 0)

    assert [late(date(2026, 6, 30)), late(date(2026, 7, 1)), late(date(2026, 7, 2))] == [0, 0, 1]


def test_nobody_finds_what_they_may_not_see(engine: Engine) -> None:
    """Of another unit, of no unit, of a confidential case: neither listed nor counted, nor among the shared."""
    office_store.save(engine, units=UNITS)
    visible_case, other_case = with_a_risk(engine, "hr"), with_a_risk(engine, "law")

    def found(scope: Scope, unit: str = "") -> tuple[list[str], int, int]:
        reads = SqlReads(engine).seen_by(scope)
        criteria = RecommendationFilter(unit=unit)
        places = [place.case for place in reads.recommendation_places(criteria, TODAY)]
        count = sum(reads.count_recommendations(criteria, TODAY).values())
        return places, count, len(reads.alike(unit, limit=20, first=10))

    assert found(ALL) == ([visible_case, other_case], 2, 1)
    assert found(Scope(unit="hr", names=())) == ([visible_case], 1, 0)
    assert found(Scope(unit="hr", names=()), "law") == ([], 0, 0)
    assert found(Scope(unit=None, names=())) == ([], 0, 0)
    with engine.begin() as connection:
        connection.execute(CASE.update().where(CASE.c.id == other_case).values(confidential=True))
    assert found(ALL) == ([visible_case], 1, 0)


@pytest.mark.parametrize(
    "by_hand",
    [
        RECOMMENDATION.update().values(status="executed"),
        COUNTED_LINE.insert().values(
            {"number": 9, "fact": "risks:found", "on": TODAY, "section": "", "place": ""}
        ),
    ],
    ids=["a recommendation", "a risk that points are counted from"],
)
def test_a_line_changed_by_hand_is_named_and_mended(engine: Engine, by_hand: Update | Insert) -> None:
    """`verify` names the case, `rebuild` writes its lines anew."""
    case = with_a_risk(engine)
    with engine.begin() as connection:
        connection.execute(by_hand.values(case=case))

    problems = verify(engine, recompute=recompute(engine, TODAY))
    assert [(problem.code, problem.arguments) for problem in problems] == [
        ("recommendations_differ", {"case": case})
    ]
    rebuild(engine, recompute(engine, TODAY), now=NOW)
    assert verify(engine, recompute=recompute(engine, TODAY)) == ()
