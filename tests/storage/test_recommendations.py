"""Recommendations of all cases: lists and counts equal those of reading every case."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from sqlalchemy import Engine

from calendars.terms import OnDate, PerPeriod
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.rebuild import rebuild
from merzim.storage.maintenance.verify import verify
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.cases import CASE
from tests.case_rows import DIRECTIONS, OUTCOMES, FoundRisk, RiskCommands, SetMeasure
from tests.storage.sample_cases import NOW, case_commands, recompute
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.risk import Risk, register
from workflow.cases.registers.risk_lists import (
    RecommendationFilter,
    RecommendationPlace,
    likeness,
    listed,
    unasked,
)
from workflow.org.access import Scope
from workflow.org.audit import Stamp
from workflow.org.office import Unit

TODAY = date(2026, 7, 20)
WHO = Stamp(by="А", now=NOW, today=TODAY)
ALL = Scope(unit="", names=())
UNITS = (
    Unit(id="head", name="Аппарат"),
    Unit(id="hr", name="Кадр бөлімі", parent="head"),
    Unit(id="law", name="Заң бөлімі", parent="head"),
)
WORDS = ("Анықтама қағаз түрінде", "анықтама – қағаз түрінде!", "Бір адам шешеді", "Мерзімі жоқ")
NARROWED = (
    RecommendationFilter(),
    RecommendationFilter(unit="head"),
    RecommendationFilter(unit="law", legal=True),
    RecommendationFilter(status="none", direction="procurement"),
    RecommendationFilter(status="executed"),
    RecommendationFilter(late=True),
    RecommendationFilter(unit="hr", status="none", late=True),
)
QUARTERLY = MeasureTerm(
    written="тоқсан сайын", term=PerPeriod(1, "quarter"), reading="recurring", every="quarter"
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


def change(core: CaseCommands, case: str, chance: random.Random, step: int) -> None:
    """One thing somebody writes of the risks of a case, or of the case itself."""
    risks = RiskCommands(core)
    whole_case = core.view(case, today=TODAY).case
    risk_register, on = register(whole_case), TODAY - timedelta(chance.randrange(60))
    if whole_case.standing != "active":
        core.reopen(case, ground="Қайта", at=WHO)
    elif step % 11 == 10:
        core.cancel(case, ground="Бекер", at=WHO)
    elif not risk_register.risks or step % 4 == 0:
        above = {"body": "ДСМ", "act": f"{chance.randrange(2)}-бұйрық"} if chance.random() < 0.3 else {}
        found_risk = FoundRisk(
            description=chance.choice(WORDS),
            direction=chance.choice(DIRECTIONS[:7]),
            for_legal_monitoring=chance.random() < 0.3,
            **above,
        )
        risks.find(case, found_risk, on=on, at=WHO)
    elif not risk_register.measures or step % 4 == 1:
        term = chance.choice((MeasureTerm(), until(TODAY + timedelta(chance.randrange(-40, 40))), QUARTERLY))
        measure = SetMeasure(risk=chance.choice([*risk_register.risks]), action=f"Іс-шара {step}", term=term)
        risks.set_measure(case, measure, at=WHO)
    elif step % 4 == 2:
        number = chance.choice([*risk_register.measures])
        risks.review(case, number, outcome=chance.choice(OUTCOMES), on=on, at=WHO)
    elif numbers := [
        risk.number for risk in risk_register.risks.values() if risk.body and risk.request is None
    ]:
        risks.ask(case, numbers[0], body="", asked="Түсіндіру", term=until(TODAY), on=TODAY, at=WHO)


def plain(
    engine: Engine, criteria: RecommendationFilter
) -> tuple[list[RecommendationPlace], Mapping[tuple[str, bool], int]]:
    """The requested rows and the counts by status, from reading every case."""
    ledger = SqlLedger(engine)
    below = {"": None, "head": {"head", "hr", "law"}}.get(criteria.unit, {criteria.unit})
    cases = [
        case
        for _, case in sorted(ledger.cases(ledger.ids()).items())
        if case.standing == "active" and (below is None or case.unit in below)
    ]
    places, counts = [], Counter[tuple[str, bool]]()
    for line in listed(cases):
        if (
            criteria.direction not in ("", line.risk.direction)
            or line.risk.for_legal_monitoring < criteria.legal
        ):
            continue
        late = any(
            row.state == "open" and row.due is not None and row.due < TODAY
            for name, row in ledger.rows(line.case.id).items()
            if line.measure is not None and f"{name}.".startswith(f"measure.{line.measure.number}.")
        )
        counts[line.status, late] += 1
        if criteria.keeps(line.status, late):
            places.append(line.place)
    return places, counts


@dataclass(frozen=True)
class SharedRisk:
    """The same risk in several cases. `unasked`: cases whose higher body was sent no request."""

    occurrences: list[tuple[Case, Risk]]

    @property
    def units(self) -> set[str]:
        return {case.unit for case, _ in self.occurrences}

    @property
    def unasked(self) -> list[str]:
        return [case.id for case, risk in self.occurrences if unasked(risk)]


def shared(cases: Iterable[Case]) -> list[SharedRisk]:
    """Return the risks found in more than one case by reading all of them."""
    alike: dict[tuple[str, ...], list[tuple[Case, Risk]]] = {}
    for case in cases:
        for risk in register(case).risks.values():
            alike.setdefault(likeness(risk), []).append((case, risk))
    return [SharedRisk(members) for members in alike.values() if len({case.id for case, _ in members}) > 1]


def agrees(engine: Engine, reads: SqlReads) -> None:
    """List and counts equal the result of reading every case."""
    for criteria in NARROWED:
        places, plain_counts = plain(engine, criteria)
        assert reads.recommended(criteria, TODAY) == places
        counts = reads.recommendations(criteria, TODAY)
        assert {key: n for key, n in counts.items() if n} == plain_counts
        assert reads.recommended(criteria, TODAY, limit=2, offset=1) == places[1:3]
    for unit, limit in product(("", "head", "hr"), (1, 3)):
        together = shared(reads.with_registers(unit or None))
        shared_risks = reads.alike(unit, limit=20, first=limit)
        expected = [
            (
                len(shared_risk.units),
                len({case.id for case, _ in shared_risk.occurrences}),
                len({*shared_risk.unasked}),
            )
            for shared_risk in together
        ]
        assert sorted(
            (shared_risk.units, shared_risk.cases, shared_risk.unasked) for shared_risk in shared_risks
        ) == sorted(expected)
        assert [shared_risk.units for shared_risk in shared_risks] == sorted(
            (shared_risk.units for shared_risk in shared_risks), reverse=True
        )
        first = {
            tuple((case.id, risk.number) for case, risk in shared_risk.occurrences[:limit])
            for shared_risk in together
        }
        assert {tuple(place[:2] for place in shared_risk.first) for shared_risk in shared_risks} == first
        asking = {
            (shared_risk.occurrences[0][0].id, shared_risk.occurrences[0][1].number): shared_risk.unasked[
                :limit
            ]
            for shared_risk in together
        }
        assert all(
            shared_risk.asking == tuple(dict.fromkeys(asking[shared_risk.first[0][:2]]))
            for shared_risk in shared_risks
        )


def test_lists_and_counts_are_what_reading_every_case_comes_to(engine: Engine) -> None:
    """Whatever is written in whatever order: risks, measures, reviews, requests; cases cancelled, reopened."""
    office_store.save(engine, units=UNITS)
    core, chance = case_commands(engine), random.Random(0)
    cases, reads = opened(core, "hr", "hr", "law", "head", "сырттан"), SqlReads(engine).seen_by(ALL)
    for step in range(40):
        change(core, chance.choice(cases), chance, step)
        if step % 20 == 19:
            agrees(engine, reads)
    assert plain(engine, RecommendationFilter())[0]
    assert verify(engine, recompute=recompute(engine, TODAY)) == ()


def with_a_risk(engine: Engine, unit: str = "hr") -> str:
    """A case with a risk and a measure whose day has passed."""
    case = opened(case_commands(engine), unit)[0]
    lines = [
        FoundRisk(description="Тәуекел"),
        SetMeasure(risk=1, action="Бекіту", term=until(date(2026, 7, 1))),
    ]
    RiskCommands(case_commands(engine)).take_in(case, lines, on=TODAY, at=WHO)
    return case


def test_a_measure_is_late_from_the_day_after_its_day(engine: Engine) -> None:
    """The day before, the day, the day after."""
    with_a_risk(engine)
    reads = SqlReads(engine)

    def late(on: date) -> int:
        return reads.recommendations(RecommendationFilter(), on).get(("none", True), 0)

    assert [late(date(2026, 6, 30)), late(date(2026, 7, 1)), late(date(2026, 7, 2))] == [0, 0, 1]


def test_nobody_finds_what_they_may_not_see(engine: Engine) -> None:
    """Of another unit, of no unit, of a confidential case: neither listed nor counted, nor among the shared."""
    office_store.save(engine, units=UNITS)
    visible_case, other_case = with_a_risk(engine, "hr"), with_a_risk(engine, "law")

    def found(scope: Scope, unit: str = "") -> tuple[list[str], int, int]:
        reads = SqlReads(engine).seen_by(scope)
        criteria = RecommendationFilter(unit=unit)
        places = [place.case for place in reads.recommended(criteria, TODAY)]
        count = sum(reads.recommendations(criteria, TODAY).values())
        return places, count, len(reads.alike(unit, limit=20, first=10))

    assert found(ALL) == ([visible_case, other_case], 2, 1)
    assert found(Scope(unit="hr", names=())) == ([visible_case], 1, 0)
    assert found(Scope(unit="hr", names=()), "law") == ([], 0, 0)
    assert found(Scope(unit=None, names=())) == ([], 0, 0)
    with engine.begin() as connection:
        connection.execute(CASE.update().where(CASE.c.id == other_case).values(confidential=True))
    assert found(ALL) == ([visible_case], 1, 0)


def test_a_line_changed_by_hand_is_named_and_mended(engine: Engine) -> None:
    """`verify` names the case, `rebuild` writes its lines anew."""
    case = with_a_risk(engine)
    with engine.begin() as connection:
        connection.execute(RECOMMENDATION.update().values(status="executed"))

    problems = verify(engine, recompute=recompute(engine, TODAY))
    assert [(problem.code, problem.arguments) for problem in problems] == [
        ("recommendations_differ", {"case": case})
    ]
    rebuild(engine, recompute(engine, TODAY), now=NOW)
    assert verify(engine, recompute=recompute(engine, TODAY)) == ()
