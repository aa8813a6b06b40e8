"""The Concept's plan checked independently: who is responsible for each item, by its last column."""

from __future__ import annotations

import pytest

from tests.law import library
from workflow.law.procedure import Body

PLAN = library().named("concept-plan.2022-02-02")
BY_AGREEMENT = "*"
"""Our mark for (келісім бойынша)."""
RESPONSIBLE = """
1: АҚДМ, СЖҚІА, МСМ, ЦДИАӨМ, БҒМ, мүдделі мемлекеттік органдар, ҚХА*
2: СЖҚІА
3.1: ӘдМ
3.2: мүдделі мемлекеттік органдар
4: СЖҚІА, БҒМ
5: БҒМ, ЖАО
6: БҒМ
7.1: СЖҚІА, МҚІА, мүдделі мемлекеттік органдар
7.2: СЖҚІА, МҚІА, мүдделі мемлекеттік органдар
8: МҚІА, ЖС, БП, ІІМ, Қорғанысмині, МБА, Қаржымині
9: СЖҚІА, МҚІА
10: МҚІА, СЖҚІА, ҰЭМ, Қаржымині, БП
11: БҒМ, СЖҚІА, ЕХӘҚМ
12: СЖҚІА, ҰЭМ, мүдделі мемлекеттік органдар, МБА, «Атамекен» ҰКП*
13: СЖҚІА, ОМО, ЖАО, «Атамекен» ҰКП*
14: «Атамекен» ҰКП*, СЖҚІА, Қаржымині, мүдделі мемлекеттік органдар
15: СЖҚІА, ҰЭМ, Қаржымині, ИИДМ, «Атамекен» ҰКП*, мүдделі мемлекеттік органдар
16: Қаржымині, ҰЭМ
17.1: ҰЭМ, Қаржымині, СЖРА, ЦДИАӨМ, «Атамекен» ҰКП*, мүдделі мемлекеттік органдар
17.2: СЖРА ҰСБ, ҰЭМ, мүдделі мемлекеттік органдар
17.3: ҰЭМ, мүдделі мемлекеттік органдар
17.4: Қаржымині, ЦДИАӨМ, АҚДМ, ҰЭМ
17.5: Қаржымині, СЖҚІА, ЦДИАӨМ
18: ҰЭМ, Қаржымині, мүдделі мемлекеттік органдар
19.1: Қаржымині, «Самұрық-Қазына» ҰӘҚ» АҚ*, «Бәйтерек ҰБХ» АҚ*, ұлттық компаниялар
19.2: Қаржымині, «Атамекен» ҰКП*
19.3: СИМ
20: Қаржымині, ӘдМ, ҰЭМ, ҰҚК, Қорғанысмині, ІІМ
21: Қаржымині, «Самұрық-Қазына» ҰӘҚ» АҚ*
22: ЖАП, Қаржымині
23: ҰЭМ, СЖРА, БҚДА, СЖҚІА, ЦДИАӨМ, Қаржымині, «Атамекен» ҰКП*, мүдделі мемлекеттік органдар
24: ҰЭМ, Қаржымині, БҚДА, «Самұрық-Қазына» ҰӘҚ» АҚ*, «Атамекен» ҰКП*, мүдделі мемлекеттік органдар
25: БҚДА, Қаржымині, мүдделі мемлекеттік органдар, «Самұрық-Қазына» ҰӘҚ» АҚ*, «Атамекен» ҰКП*
26: ЦДИАӨМ, МҚІА, мүдделі мемлекеттік органдар
27: ЦДИАӨМ
28: ЦДИАӨМ
29: ЦДИАӨМ, СЖҚІА
30: ҰБ, СИМ, Қаржымині, ЦДИАӨМ, ҰЭМ, мүдделі мемлекеттік органдар
31: ДСМ, мүдделі мемлекеттік органдар
32: СЖҚІА
33: СЖҚІА
34: СЖҚІА, ӘдМ, ОМО, ЖАО
35.1: СЖҚІА, мүдделі мемлекеттік органдар
35.2: СЖҚІА, мүдделі мемлекеттік органдар
35.3: СЖҚІА, мүдделі мемлекеттік органдар
36: ЖС, ЦДИАӨМ
37: СЖҚІА, ЖС, БП, ІІМ, ҰҚК, ҚМА, мүдделі мемлекеттік органдар
38: СЖҚІА, БП, ҚМА, ҰҚК, Қаржымині, ӘдМ
39: Қаржымині, СЖҚІА, ҚМА
40: СЖҚІА, ҚМА, БП, ҰҚК, ІІМ, Қорғанысмині
41: СЖҚІА, БП, ЖС, ҰҚК, ІІМ
42: СЖҚІА, БП, ІІМ, ЖС
43: СЖҚІА, БП, ЖС, ҰҚК, ӘдМ, Қаржымині, «Атамекен» ҰКП*
44: СЖҚІА
45: СЖҚІА, БП, ҰҚК, ҚМА, ІІМ, СІМ
46: СЖҚІА, БП, ҰҚК, ҚМА, ІІМ, СІМ
47: ҰЭМ, ЦДИАӨМ, СЖРА, АҚДМ, Ұлттық жобаларды іске асырудың мониторингі жөніндегі кеңсе, мүдделі мемлекеттік органдар
48: АҚДМ
49.1: АҚДМ, ЦДИАӨМ, Қаржымині, ҰЭМ, ҰБ
49.2: ЦДИАӨМ, ОМО, ЖАО
50: АҚДМ, СЖҚІА
51: СЖҚІА, ЦДИАӨМ
52: СЖҚІА, Қаржымині
53: СЖҚІА, БП, МҚІА, ЕХӘҚМ
54: СЖҚІА, БП
55: СЖҚІА, ЦДИАӨМ
56: СЖҚІА, СЖРА
57: СЖҚІА, ЦДИАӨМ, мүдделі мемлекеттік органдар
58.1: СЖҚІА, МҚІА
58.2: СЖҚІА, МҚІА
59: СЖҚІА, БП, МҚІА
60: СЖҚІА, БП, ҚМА, ҰБ
61: СЖҚІА, мүдделі мемлекеттік органдар
"""  # noqa: E501
LINES = [line.split(": ") for line in RESPONSIBLE.strip().splitlines()]


def test_all_73_items_are_read() -> None:
    """One obligation each, and none besides them but the Concept itself and the information on its course."""
    read = {f"measure_{item.replace('.', '_')}" for item, _ in LINES}

    assert len(read) == 73
    assert {obligation.id for obligation in PLAN.obligations} - read == {
        "concept_approved",
        "progress_reported",
    }


@pytest.mark.parametrize(("item", "column"), LINES, ids=lambda value: value.partition(",")[0])
def test_the_bodies_are_those_of_the_column(item: str, column: str) -> None:
    """Those responsible in their order, those by agreement apart."""
    measure = PLAN.by_id[f"measure_{item.replace('.', '_')}"]
    body_names = column.split(", ")
    agreeing_bodies = [name.removesuffix(BY_AGREEMENT) for name in body_names if name.endswith(BY_AGREEMENT)]

    assert [PLAN.bodies[body].short.kk for body in measure.bodies] == [
        name for name in body_names if BY_AGREEMENT not in name
    ]
    assert [PLAN.bodies[body].short.kk for body in measure.by_agreement] == agreeing_bodies
    assert measure.sources == (f"plan:{item}",)


@pytest.mark.parametrize(
    "body", [body for body in PLAN.bodies.values() if body.abolished_on], ids=lambda body: body.id
)
def test_what_is_no_more_has_somebody_after_it(body: Body) -> None:
    """Successors that are in the table, that still stand, and a day after the Concept's own."""
    assert body.successors
    assert all(PLAN.bodies[successor].abolished_on is None for successor in body.successors)
    assert body.abolished_on is not None
    assert body.abolished_on > PLAN.in_force
