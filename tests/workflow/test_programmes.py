"""Programmes: branches, derived dates, ongoing duties, targets, rights, shares, bodies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from i18n import LANGUAGES, explain, refusal, say
from tests.law import CALENDAR
from workflow.cases.case import Case, Fact
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import Finding, findings
from workflow.law.files import UnreadableRegulation
from workflow.law.library import read_edition
from workflow.law.procedure import Procedure
from workflow.machine import stage

HEAD = """\
id = "tea"
in_force = 2024-01-01
last_checked_on = 2026-11-21
begins_with = "year_begun"
steps = { duty = [0] }
opened = "yearly"
applies_to = ["state_body"]
title = { kk = "Шай", ru = "Чай", en = "Tea" }
[[act]]
id = "tea-act"
title = { kk = "Шай актісі", ru = "Акт о чае", en = "Act on tea" }
short = { kk = "Акт", ru = "Акт", en = "Act" }
[[stage]]
id = "kitchen"
title = { kk = "Ас үй", ru = "Кухня", en = "Kitchen" }
[[body]]
id = "OLD"
title = { kk = "Ескі", ru = "Прежний", en = "Old" }
short = { kk = "Ескі", ru = "Прежний", en = "Old" }
abolished_on = 2025-09-18
successors = ["NEW"]
[[body]]
id = "NEW"
title = { kk = "Жаңа", ru = "Новый", en = "New" }
short = { kk = "Жаңа", ru = "Новый", en = "New" }
[[body]]
id = "OTHER"
title = { kk = "Басқа", ru = "Другой", en = "Other" }
short = { kk = "Басқа", ru = "Другой", en = "Other" }
"""
YEAR = """
[[obligation]]
id = "year_begun"
stage = "kitchen"
title = { kk = "Жыл басы", ru = "Начало года", en = "Beginning of the year" }
term = "none"
act = "tea-act"
paragraph = "p. 1"
force = "obligatory"
by_itself = true
"""
NEW_YEAR = date(2026, 1, 1)
TODAY = date(2026, 4, 6)


def obligation(name: str, keys: str) -> str:
    """One obligation of the kitchen: what is not in `keys` is the plainest there is."""
    plain = {"force": '"obligatory"', "duty": '"head"', "act": '"tea-act"', "paragraph": '"p. 2"'}
    line_text = "\n".join(f"{key} = {value}" for key, value in plain.items() if f"{key} =" not in keys)
    title = f'title = {{ kk = "{name}", ru = "{name}", en = "{name}" }}'
    return f'\n[[obligation]]\nid = "{name}"\nstage = "kitchen"\n{title}\n{line_text}\n{keys}\n'


def procedure(*obligations: str) -> Procedure:
    """The yearly programme with these obligations besides the year's beginning."""
    return read_edition("tea.2024-01-01.toml", (HEAD + YEAR + "".join(obligations)).encode())


def case(
    facts: Mapping[str, date | Fact] | None = None,
    *,
    planned: Mapping[str, date] | None = None,
    kind: str = "",
    object: str = "",
) -> Case:
    """A case of the year 2026."""
    all_facts = {
        name: fact if isinstance(fact, Fact) else Fact(name=name, on=fact)
        for name, fact in (facts or {}).items()
    }
    return Case(
        id="2026-0001",
        procedure="tea",
        edition="tea.2024-01-01",
        facts=all_facts,
        planned=planned if planned is not None else {"year_begun": NEW_YEAR},
        kind=kind,
        object=object,
    )


def look(law: Procedure, sample_case: Case, today: date = TODAY) -> dict[str, Deadline]:
    """The deadlines of a case by id."""
    return {deadline.id: deadline for deadline in deadlines(sample_case, law, CALENDAR, today=today)}


def found(law: Procedure, sample_case: Case) -> list[Finding]:
    """The findings of a case, without those on evidence documents."""
    return list(findings(sample_case, law, deadlines(sample_case, law, CALENDAR, today=TODAY), CALENDAR))


def codes(law: Procedure, sample_case: Case) -> list[str]:
    """Kind and code of each finding, said in three languages on the way."""
    findings = found(law, sample_case)
    for finding in findings:
        for language in LANGUAGES:
            assert say(finding.code, finding.arguments, language).endswith(".")
    return [f"{finding.kind}:{finding.code}" for finding in findings]


def measured(name: str, on: date, **values: str) -> Fact:
    """A fact with its numbers."""
    return Fact(name=name, on=on, values={key: Decimal(value) for key, value in values.items()})


def test_a_day_that_comes_by_itself_has_happened_once_it_is_planned() -> None:
    """The year begins on 1 January regardless of facts; deadlines that count from it are not provisional."""
    law = procedure(obligation("reported", 'term = { by = "01-15", from = "year_begun" }'))

    deadlines_by_id = look(law, case())

    assert deadlines_by_id["year_begun"].state == "done"
    assert (deadlines_by_id["reported"].due, deadlines_by_id["reported"].status) == (date(2026, 1, 15), "firm")
    assert look(law, case(), date(2025, 12, 31))["year_begun"].state == "not_due_yet"
    assert look(law, case(), NEW_YEAR)["year_begun"].state == "done"


def test_a_day_that_comes_by_itself_may_be_counted_from_another() -> None:
    """The end of a period comes on its last day, as surely as what it counts from."""
    law = procedure(
        obligation(
            "period_ended", 'by_itself = true\nterm = { count = 3, in = "months", from = "year_begun" }'
        ),
        obligation("reported", 'term = { count = 1, in = "working days", from = "period_ended" }'),
    )

    deadlines_by_id = look(law, case())

    ended, reported = deadlines_by_id["period_ended"], deadlines_by_id["reported"]
    assert (ended.due, ended.state, ended.explanation[0].code) == (date(2026, 4, 1), "done", "comes_on")
    assert (reported.due, reported.anchor) == (date(2026, 4, 2), "happened")


def test_the_end_of_each_period_may_come_by_itself() -> None:
    """Without a term of its own it is the last day of the period; what counts from it is firm."""
    recurrence = 'recurs = { every = "quarter", since = "year_begun" }'
    law = procedure(
        obligation("quarter_ended", f'by_itself = true\nterm = "none"\n{recurrence}'),
        obligation(
            "reported", f'term = {{ count = 5, in = "working days", from = "quarter_ended" }}\n{recurrence}'
        ),
    )

    deadlines_by_id = look(law, case())

    reported = deadlines_by_id["reported.2026Q1"]
    assert (reported.due, reported.status) == (date(2026, 4, 7), "firm")
    ends = [deadlines_by_id[f"quarter_ended.2026Q{number}"].state for number in (1, 2)]
    assert ends == ["done", "not_due_yet"]


def test_a_branch_asks_for_nothing_until_its_fact_is_recorded_or_planned() -> None:
    """An appeal is answered once there is one; before that nothing counts from it."""
    law = procedure(
        obligation("appealed", 'occasional = true\nterm = "none"'),
        obligation(
            "answered", 'when = "appealed"\nterm = { count = 3, in = "working days", from = "appealed" }'
        ),
        obligation("told", 'when = "appealed"\nterm = { count = 1, in = "working days", from = "answered" }'),
    )

    before, planned = look(law, case()), look(law, case({"appealed": TODAY}))

    assert (before["answered"].state, before["told"].due) == ("not_required", None)
    assert (planned["answered"].state, planned["answered"].due) == ("open", date(2026, 4, 9))
    assert planned["told"].due == date(2026, 4, 10)
    assert "Требуется только после" in " ".join(explain(before["answered"].explanation, "ru"))


TARGET = obligation(
    "index_measured",
    'term = { target = { 2026 = "62-65", 2027 = "43.5" }, better = "higher" }\n'
    'values = ["measured"]\nrecurs = { every = "year", since = "year_begun", years = 3 }',
)


@pytest.mark.parametrize(
    ("better", "figure", "value", "missed"),
    [
        ("higher", "62-65", "62", False),
        ("higher", "62-65", "61.99", True),
        ("lower", "62-65", "65", False),
        ("lower", "62-65", "65.01", True),
        ("place", "27", "27", False),
        ("place", "27", "28", True),
        ("higher", "43.5", "43.5", False),
        ("higher", "90 %", "89", True),
    ],
)
def test_a_target_is_missed_on_its_worse_side(better: str, figure: str, value: str, missed: bool) -> None:
    """Of a range any figure in it is enough; a place is better when it is lower."""
    law = procedure(
        TARGET.replace('"62-65"', f'"{figure}"').replace('better = "higher"', f'better = "{better}"')
    )
    sample_case = case({"index_measured.2026": measured("index_measured.2026", TODAY, measured=value)})

    assert codes(law, sample_case) == (["term:target_missed"] if missed else [])
    assert look(law, sample_case)["index_measured.2026"].state == "done"


def test_a_target_exists_for_the_years_that_have_a_figure() -> None:
    """It is measured, never due."""
    all_deadlines = look(procedure(TARGET), case()).values()
    measured_ones = [deadline for deadline in all_deadlines if deadline.id.startswith("index")]

    assert [deadline.id for deadline in measured_ones] == ["index_measured.2026", "index_measured.2027"]
    assert {(deadline.state, deadline.due) for deadline in measured_ones} == {("target", None)}
    assert "62–65" in " ".join(explain(measured_ones[0].explanation, "kk"))


def test_a_case_that_turns_on_a_target_is_not_over_before_it_is_measured() -> None:
    """Never due, never open on the board; but a blocking one holds its stage until every year is measured."""
    law = procedure(TARGET + "blocking = true\n")
    first = case({"index_measured.2026": TODAY})
    measured_case = case({"index_measured.2026": TODAY, "index_measured.2027": TODAY})

    stages = [stage(law, each, look(law, each).values()) for each in (first, measured_case)]
    assert stages == ["kitchen", "closed"]


def test_a_target_without_its_figure_is_said_so() -> None:
    """The number goes with the fact."""
    assert codes(procedure(TARGET), case({"index_measured.2026": TODAY})) == ["evidence:no_value"]


def test_a_right_closes_and_is_never_overdue() -> None:
    """Three months from 1 January 2026 end on 1 April: on that day it can still be used."""
    law = procedure(
        obligation("asked", 'force = "may"\nterm = { count = 3, in = "months", from = "year_begun" }')
    )

    right = look(law, case())["asked"]

    assert (right.state, right.due, right.closes) == ("window", None, date(2026, 4, 1))
    assert (right.explanation[0].code, right.explanation[0].on) == ("due_by", right.closes)
    assert codes(law, case({"asked": date(2026, 4, 1)})) == []
    assert codes(law, case({"asked": date(2026, 4, 2)})) == ["term:window_closed"]


QUOTA = obligation(
    "people_trained",
    'values = ["trained", "staff"]\n'
    'term = { at_least = "5 %", of = "staff", per = "year" }\n'
    'recurs = { every = "year", since = "year_begun" }',
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"trained": "57", "staff": "1140"}, []),
        ({"trained": "56", "staff": "1140"}, ["term:quota_missed"]),
        ({"trained": "57", "staff": "1141"}, ["term:quota_missed"]),
        ({"trained": "57"}, ["term:no_staff_number"]),
        ({"trained": "57", "staff": "0"}, ["term:no_staff_number"]),
        ({"staff": "1140"}, ["evidence:no_value"]),
        ({}, ["term:no_staff_number", "evidence:no_value"]),
    ],
)
def test_a_share_is_counted_of_the_staff(values: dict[str, str], expected: list[str]) -> None:
    """5 % of 1140 are 57 exactly; of 1141 they are 58."""
    sample_case = case({"people_trained.2026": measured("people_trained.2026", TODAY, **values)})

    assert codes(procedure(QUOTA), sample_case) == expected


def test_who_may_sign_depends_on_the_kind_of_organisation() -> None:
    """The kind takes precedence over its group, a group over `any`; without a kind, any permitted signatory."""
    law = procedure(
        obligation(
            "plan_approved",
            'term = "none"\nsigned_by = { district_akim_office = ["head"], '
            'local_executive = ["chief_of_staff"], any = ["deputy"] }',
        )
    )

    def signed(by: str, kind: str) -> list[str]:
        return codes(
            law, case({"plan_approved": Fact(name="plan_approved", on=TODAY, signed_by=by)}, kind=kind)
        )

    assert signed("head", "district_akim_office") == []
    assert signed("chief_of_staff", "district_akim_office") == ["evidence:wrong_signatory"]
    assert signed("chief_of_staff", "oblast_department") == []
    assert signed("deputy", "central_body") == []
    assert signed("head", "central_body") == ["evidence:wrong_signatory"]
    assert signed("head", "") == []
    assert signed("hr", "") == ["evidence:wrong_signatory"]
    assert signed("", "central_body") == []


def test_an_obligation_for_some_kinds_is_not_required_of_others() -> None:
    """An unknown kind is let off nothing."""
    law = procedure(obligation("listed", 'term = "none"\nonly_for = ["local_executive"]'))

    kinds = ("", "oblast_akim_office", "central_body", "quasi_state")
    states = [look(law, case(kind=kind))["listed"].state for kind in kinds]

    assert states == ["open", "open", "not_required", "not_required"]


@pytest.mark.parametrize(
    ("object", "state"),
    [("NEW", "open"), ("OLD", "open"), ("OTHER", "not_required"), ("the canteen", "open"), ("", "open")],
)
def test_a_case_of_a_body_asks_what_the_act_asks_of_that_body(object: str, state: str) -> None:
    """What an abolished body was to do its successor does; an object that is no body changes nothing."""
    law = procedure(obligation("drafted", 'term = "none"\nbodies = ["OLD"]'))

    assert look(law, case(object=object))["drafted"].state == state
    assert look(law, case(object=object))["year_begun"].state == "done"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ('term = "sometimes"', "not_allowed"),
        ('term = { target = {}, better = "higher" }', "empty"),
        ('term = { target = { 26 = "1" }, better = "higher" }', "not_written_so"),
        ('term = { target = { 2026 = "1" }, better = "higher" }', "missing_key"),
        ('term = { period = "2026-2022" }', "not_written_so"),
        ('term = "none"\nwhen = "never"', "unknown_reference"),
        ('term = "none"\nwhen = "x"', "cycle"),
        ('term = "none"\nbodies = ["NOBODY"]', "unknown_reference"),
        ('term = "none"\nonly_for = ["castle"]', "not_allowed"),
        ('term = "none"\nsigned_by = { castle = ["head"] }', "unknown_key"),
        ('term = "none"\nseveral = true', "missing_key"),
        ('term = "none"\nsources = ["somewhere"]', "not_a_name"),
        (
            'term = { at_least = "5 %", of = "staff", per = "year" }\nvalues = ["trained"]\n'
            'recurs = { every = "year", since = "year_begun" }',
            "quota_without_number",
        ),
    ],
)
def test_a_mistake_in_a_programme_is_named(keys: str, code: str) -> None:
    """One clear sentence in each language."""
    with pytest.raises(UnreadableRegulation) as refused:
        procedure(obligation("x", keys))

    assert refused.value.code == f"regulation.{code}"
    assert all(refusal(refused.value, language).startswith("tea.2024-01-01.toml") for language in LANGUAGES)


def test_a_yearly_procedure_begins_by_itself() -> None:
    """Nobody records the beginning of the year for hundreds of organisations."""
    with pytest.raises(UnreadableRegulation) as refused:
        read_edition("tea.2024-01-01.toml", (HEAD + YEAR.replace("by_itself = true", 'duty = "head"')).encode())

    assert refused.value.code == "regulation.yearly_begins_by_itself"


@settings(max_examples=50)
@given(trained=st.integers(0, 3000), staff=st.integers(1, 3000), percent=st.integers(1, 100))
def test_a_share_is_missed_exactly_when_fewer_than_it_needs(trained: int, staff: int, percent: int) -> None:
    """So many hundredths of the staff, rounded up to whole people, is the number the finding names."""
    law = procedure(QUOTA.replace("5 %", f"{percent} %"))
    sample_case = case(
        {"people_trained.2026": measured("people_trained.2026", TODAY, trained=str(trained), staff=str(staff))}
    )
    needed = -(-percent * staff // 100)

    missed = found(law, sample_case)

    assert [finding.arguments["needed"] for finding in missed] == ([needed] if trained < needed else [])
