"""The risk register of a case: entries, due dates, findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from calendars.terms import After, InPeriod, OnDate, PerPeriod, WithoutTerm
from merzim.documents.case_tables import read_term
from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import FoundRisk, RowCommands, SetMeasure
from tests.checking import refusal_codes
from tests.law import CALENDAR, library
from workflow.cases.case import Case, Evidence, fold
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.answers import answer, comment, extend, give, give_alone, refuse
from workflow.cases.commands.case_commands import CaseCommands, Opening, View
from workflow.cases.commands.case_rows import PlanRow, rows_to_enter, withdrawn_rows
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.evidence_list import proofs
from workflow.cases.registers.risks import RiskScale, rank_of
from workflow.cases.registers.rows import MeasureTerm, RowOfCase, as_data, rows_of
from workflow.deadlines import register_deadlines
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.register_deadlines import withdrawn_deadline
from workflow.deadlines.resolver import deadline, moved
from workflow.findings.of_risks import quality, risk_findings
from workflow.law.files import read_file
from workflow.moments import Moment
from workflow.refusal import Refusal

NOW = datetime(2026, 7, 20, 7, 0, tzinfo=UTC)
TODAY = date(2026, 7, 20)
WHO = Moment(by="officer", now=NOW, today=TODAY)
QUARTER = MeasureTerm(written="III квартал 2026 года", term=InPeriod("2026Q3"), reading="quarter")
UNTIL = MeasureTerm(written="до 30.09.2026", term=OnDate(date(2026, 9, 30)), reading="date", day_in_doubt=True)
QUARTERLY = MeasureTerm(
    written="ежеквартально", term=PerPeriod(1, "quarter"), reading="recurring", every="quarter"
)
TEN_DAYS = MeasureTerm(written="10 рабочих дней", term=After(10), reading="after")
STANDING = MeasureTerm(written="постоянно", term=WithoutTerm(), reading="standing")
PROOF = Evidence(kind="", reference="a" * 64, name="приказ.pdf")
ROOT = Path(__file__).parents[2]
SCALE_FILE = ROOT / "regulations" / "scales" / "risk-scale.2026-01-01.toml"
SCALE = read_file(RiskScale, SCALE_FILE.name, SCALE_FILE.read_bytes())


class Monitored:
    """A case, and the commands on its risks."""

    def __init__(self, core: CaseCommands, opening: Opening) -> None:
        self.core, self.commands = core, RowCommands(core)
        self.id = core.open(opening, at=WHO).id

    def view(self) -> View:
        return self.core.view(self.id, today=TODAY)

    def found(self, description: str = "Жеткізушіні таңдау ашық емес", **options: Any) -> None:
        self.commands.add(self.id, FoundRisk(description=description, **options), on=TODAY, at=WHO)

    def set_measure(self, term: MeasureTerm, *, on: date = TODAY, **options: Any) -> None:
        fields = {
            "completion": "бұйрық",
            "responsible": "Сатып алу басқармасы",
            "action": "Сатып алу қағидаларын бекіту",
        }
        measure = SetMeasure(risk=1, term=term, **{**fields, **options})
        self.commands.add(self.id, [measure], on=on, at=WHO)

    def due(self, name: str, *, today: date = TODAY) -> Deadline:
        deadlines = self.core.view(self.id, today=today).deadlines
        return next(deadline for deadline in deadlines if deadline.id == name)

    def codes(self) -> list[str]:
        view = self.view()
        return [finding.code for finding in risk_findings(view.case, view.deadlines)]


@pytest.fixture
def bare(core: CaseCommands) -> Monitored:
    """An analysis in which no risk has been found."""
    facts = {"note_signed": date(2026, 6, 1), "plan_approved": date(2026, 6, 10)}
    opening = Opening(
        procedure="internal-analysis", unit="Комплаенс", object="Департамент закупок", facts=facts
    )
    return Monitored(core, opening)


@pytest.fixture
def case(bare: Monitored) -> Monitored:
    """An analysis that found a risk."""
    bare.found()
    return bare


def test_a_risk_is_found_described_anew_and_numbered(bare: Monitored) -> None:
    """The same words again write nothing; a known number describes that risk anew. What is found tomorrow
    is refused."""
    bare.found(direction="procurement", cause="Талаптар айқын емес")
    bare.found("Тексерусіз қабылдау", direction="personnel")
    second_change = bare.commands.add(
        bare.id, FoundRisk(number=2, description="Тексерусіз қабылдау", direction="personnel"), on=TODAY, at=WHO
    )
    bare.commands.add(bare.id, FoundRisk(number=1, description="Жеткізуші ашық таңдалмайды"), on=TODAY, at=WHO)

    risks = rows_of(bare.view().case, "risk")
    assert second_change.events == ()
    assert [(risk.number, risk["description"]) for risk in risks.values()] == [
        (1, "Жеткізуші ашық таңдалмайды"),
        (2, "Тексерусіз қабылдау"),
    ]
    risk = FoundRisk(description="Тәуекел бар екені анықталды")
    tomorrow = refusal_codes(lambda: bare.commands.add(bare.id, risk, on=date(2026, 7, 21), at=WHO))

    assert tomorrow == ["risk.in_future"]


def test_a_rank_keeps_the_edition_of_our_scale(case: Monitored) -> None:
    """Likelihood times effect, proved on the day it is entered; an unknown level is refused."""
    minutes = Evidence(kind="link:site", reference="https://example.kz/minutes")
    case.commands.rank(case.id, 1, likelihood=3, effect=2, scale=SCALE, at=WHO, evidence=[minutes])

    assert [(proof.of, proof.on) for proof in proofs(case.view().case)][-1] == ("risk.1", WHO.today)
    rank = rank_of(rows_of(case.view().case, "risk")[1])
    assert rank is not None
    assert (rank.scale, rank.points, SCALE.band(rank).id) == ("risk-scale.2026-01-01", 6, "high")
    with pytest.raises(Refusal) as refusal:
        case.commands.rank(case.id, 1, likelihood=4, effect=1, scale=SCALE, at=WHO)
    assert refusal.value.arguments["last"] == 3


@pytest.mark.parametrize(
    ("term", "day", "safe_by"),
    [
        (QUARTER, date(2026, 9, 30), date(2026, 9, 30)),
        (UNTIL, date(2026, 9, 30), date(2026, 9, 29)),
        # 10 June 2026 + 10 working days: 11, 12, 15-19, 22, 23, 24 June.
        (TEN_DAYS, date(2026, 6, 24), date(2026, 6, 24)),
        (STANDING, None, None),
    ],
)
def test_a_measure_is_due_by_the_words_of_the_plan(
    case: Monitored, term: MeasureTerm, day: date | None, safe_by: date | None
) -> None:
    """A quarter by its last day, "до" including the day, days from the approval; "постоянно" by no day."""
    case.set_measure(term)

    measure = case.due("measure.1")
    assert (measure.due, measure.safe_by, measure.state) == (day, safe_by, "open")
    assert ("risk.measure_no_date" in case.codes()) == (day is None)


def test_a_recurring_measure_is_due_every_quarter_of_the_year_of_monitoring(case: Monitored) -> None:
    """Four quarters whose last day falls in the year after the approval; each is reviewed by itself."""
    case.set_measure(QUARTERLY)
    case.commands.review(case.id, 1, outcome="executed", on=date(2026, 7, 10), evidence=[PROOF], at=WHO)

    rows = {deadline.id: deadline for deadline in case.view().deadlines if deadline.id.startswith("measure.")}
    assert {name: row.due for name, row in rows.items()} == {
        "measure.1.2026Q2": date(2026, 6, 30),
        "measure.1.2026Q3": date(2026, 9, 30),
        "measure.1.2026Q4": date(2026, 12, 31),
        "measure.1.2027Q1": date(2027, 3, 31),
    }
    assert [row.state for row in rows.values()] == ["done", "open", "not_due_yet", "not_due_yet"]
    name = "measure.1.2026Q4"
    assert case.due(name, today=date(2026, 9, 30)).state == "not_due_yet"
    assert case.due(name, today=date(2026, 10, 1)).state == "open", "its quarter has begun"


@pytest.mark.parametrize(
    ("text", "name", "on"),
    [
        # 27 May 2026 is Kurban Ait; the plan was approved on 10 June 2026.
        ("26.05.2026 + 10 рабочих дней", "measure.1", date(2026, 6, 10)),
        ("за 10 рабочих дней до 26.05.2026", "measure.1", date(2026, 5, 12)),
        ("ежегодно до 15 апреля", "measure.1.2027", date(2027, 4, 15)),
        ("жыл сайын 1 қазанға дейін", "measure.1.2026", date(2026, 10, 1)),
    ],
)
def test_a_measure_counts_from_the_day_its_term_names(case: Monitored, text: str, name: str, on: date) -> None:
    """Days after or before a named day, and a day of each year: the first one after the approval."""
    case.set_measure(read_term(text, year=2026))

    assert case.due(name).due == on


@pytest.mark.parametrize(("reviewed", "done_on"), [(7, 7), (8, 8), (9, None)])
def test_a_review_says_that_a_measure_was_in_time_until_its_due_date(
    case: Monitored, reviewed: int, done_on: int | None
) -> None:
    """Due on 8 July: reviewed as executed by then it was done by then; on the day after nobody knows when."""
    case.set_measure(MeasureTerm(written="08.07.2026", term=OnDate(date(2026, 7, 8)), reading="date"))
    case.commands.review(case.id, 1, outcome="executed", on=date(2026, 7, reviewed), evidence=[PROOF], at=WHO)

    assert case.due("measure.1").done_on == (date(2026, 7, done_on) if done_on else None)


def test_executed_after_the_due_date_is_late_only_by_the_day_of_execution(case: Monitored) -> None:
    """A review in October does not say that September was missed; the day of execution does."""
    case.set_measure(MeasureTerm(written="30.06.2026", term=OnDate(date(2026, 6, 30)), reading="date"))
    case.commands.review(case.id, 1, outcome="executed", on=date(2026, 7, 8), evidence=[PROOF], at=WHO)

    unsaid = case.due("measure.1")
    assert (unsaid.state, unsaid.done_on, unsaid.late_by) == ("done", None, None)
    assert "risk.executed_without_day" in case.codes()
    assert "risk.executed_unproved" not in case.codes()

    case.commands.review(
        case.id, 1, outcome="executed", on=date(2026, 7, 8), done_on=date(2026, 7, 2), evidence=[PROOF], at=WHO
    )
    late = case.due("measure.1")
    assert (late.done_on, late.late_by) == (date(2026, 7, 2), 2)
    assert "risk.executed_without_day" not in case.codes()

    case.commands.review(case.id, 1, outcome="executed", on=date(2026, 7, 9), done_on=date(2026, 7, 2), at=WHO)
    assert "risk.executed_unproved" in case.codes(), "the latest review has no document"


@pytest.mark.parametrize(
    ("outcome", "state"), [("partly", "open"), ("not", "open"), ("irrelevant", "not_required")]
)
def test_only_what_is_executed_is_done(case: Monitored, outcome: str, state: str) -> None:
    """Partly and not executed wait on; what is no longer relevant is not required."""
    case.set_measure(QUARTER)
    case.commands.review(case.id, 1, outcome=outcome, on=TODAY, at=WHO)

    assert case.due("measure.1").state == state


def test_of_a_cancelled_case_nothing_open_is_required_and_what_was_done_stays_done(case: Monitored) -> None:
    """Of two measures one was executed; the assignment is open."""
    case.found()
    case.set_measure(QUARTER)
    case.set_measure(QUARTER, action="Қоймаларды тексеру")
    case.commands.review(case.id, 1, outcome="executed", on=TODAY, done_on=TODAY, evidence=[PROOF], at=WHO)
    until = date(2026, 7, 24)
    case.core.write(case.id, WHO, give, text="Есеп дайындау", assignee="a", until=until, giver="b")
    names = ("measure.1", "measure.2", "assignment.1")
    before = [case.due(name).state for name in names]
    case.core.write(case.id, WHO, statuses.cancel, ground="объект ликвидирован")

    assert before == ["done", "open", "open"]
    assert [case.due(name).state for name in names] == ["done", "not_required", "not_required"]


def test_a_removed_risk_needs_its_measure_no_more(case: Monitored) -> None:
    """Nor does one whose plan is still to come. Removed, and removed to real completion, are kept apart;
    completion asks for its proof."""
    assert "risk.without_measure" in case.codes()
    before_the_plan = replace(case.view().case, facts={})
    assert "risk.without_measure" not in [each.code for each in risk_findings(before_the_plan, ())]
    case.set_measure(QUARTER)
    assert "risk.without_measure" not in case.codes()
    case.commands.remove(case.id, 1, on=TODAY, completed=True, at=WHO)

    (removal,) = rows_of(case.view().case, "risk")[1].records
    assert (removal.kind, removal["completed"]) == ("risk_removed", True)
    assert case.due("measure.1").state == "done"
    assert "risk.removal_unproved" in case.codes()
    case.commands.remove(case.id, 1, on=TODAY, completed=True, evidence=[PROOF], at=WHO)
    assert "risk.removal_unproved" not in case.codes()
    assert case.commands.remove(case.id, 1, on=TODAY, completed=True, evidence=[PROOF], at=WHO).events == ()


def test_a_risk_of_a_higher_body_goes_up_with_its_own_term_and_answer(bare: Monitored) -> None:
    """Until somebody asked it is a finding; the request waits on the board; the answer ends it."""
    bare.found(body="Денсаулық сақтау министрлігі", act="№ ҚР ДСМ-49 бұйрығы, 12-тармақ")
    assert "risk.not_asked" in bare.codes()
    assert "risk.without_measure" not in bare.codes()

    bare.commands.ask(
        bare.id, 1, body="", asked="Анықтаманы электрондық нысанға көшіру", term=UNTIL, on=TODAY, at=WHO
    )
    request = bare.due("request.1")
    assert (request.due, request.state, request.obligation.duty) == (
        date(2026, 9, 30),
        "open",
        "authorised_person",
    )
    assert "risk.not_asked" not in bare.codes()

    bare.commands.answer(bare.id, 1, text="Бұйрықтың жобасы әзірленуде", on=TODAY, at=WHO)
    assert bare.due("request.1").state == "done"


WHOLE = {
    "action": "Утвердить правила закупок",
    "completion": "приказ",
    "responsible": "юрист",
    "term": as_data(QUARTER),
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"action": "Бақылауды күшейту"}, ["risk.measure_general"]),
        ({"action": "Усилить контроль за сроками"}, ["risk.measure_general"]),
        ({"action": "Усилить контроль за сроками приёма заявок"}, ["risk.measure_general"]),
        ({"action": "Усилить контроль за сроками приёма заявок журналом"}, []),
        ({"completion": " "}, ["risk.measure_no_completion"]),
        ({"responsible": ""}, ["risk.measure_no_responsible"]),
        ({"term": as_data(STANDING)}, ["risk.measure_no_date"]),
    ],
)
def test_a_measure_is_checked_before_it_is_signed(change: dict[str, Any], expected: list[str]) -> None:
    """Concrete, with a completion form, a date and somebody responsible."""
    measure = RowOfCase(kind="measure", number=1, first_on=None, values={**WHOLE, **change})
    assert [finding.code for finding in quality(measure)] == expected


@pytest.mark.parametrize(
    ("set_on", "asked"), [(date(2026, 5, 29), True), (date(2026, 7, 9), True), (date(2026, 7, 10), False)]
)
def test_a_reviewed_quarter_without_a_status_is_a_finding(case: Monitored, set_on: date, asked: bool) -> None:
    """The information of the quarter was reviewed and this measure passed over; one set later was not there."""
    case.set_measure(QUARTER, on=set_on)
    case.core.write(case.id, WHO, recording.record, "quarter_reported.2026Q2", on=date(2026, 7, 6))
    case.core.write(case.id, WHO, recording.record, "quarter_reviewed.2026Q2", on=date(2026, 7, 9))
    assert case.codes().count("risk.measure_not_reviewed") == asked

    case.commands.review(case.id, 1, outcome="not", on=date(2026, 7, 9), at=WHO)
    assert "risk.measure_not_reviewed" not in case.codes()


@pytest.mark.parametrize(("outcome", "asked"), [("executed", False), ("irrelevant", False), ("not", True)])
def test_what_ended_before_a_quarter_was_reviewed_is_not_asked_about(
    case: Monitored, outcome: str, asked: bool
) -> None:
    """The information of a quarter passes over what was executed or fell away, not over what was put off."""
    case.set_measure(QUARTER, on=date(2026, 6, 11))
    case.commands.review(case.id, 1, outcome=outcome, on=date(2026, 6, 30), at=WHO)
    case.core.write(case.id, WHO, recording.record, "quarter_reviewed.2026Q2", on=date(2026, 7, 9))

    assert ("risk.measure_not_reviewed" in case.codes()) == asked


@pytest.mark.parametrize(
    ("period", "on", "asked"),
    [
        ("2025Q3", date(2025, 12, 31), False),
        ("2025Q3", date(2026, 1, 1), True),
        ("2026Q1", date(2026, 6, 30), False),
        ("2026Q1", date(2026, 7, 1), True),
        ("2025Q4", date(2026, 3, 31), False),
        ("2025Q4", date(2026, 4, 1), True),
    ],
)
def test_a_status_belongs_to_the_quarter_in_which_the_information_is_reviewed(
    case: Monitored, period: str, on: date, asked: bool
) -> None:
    """That of the first quarter is reviewed in the second, until 30 June; of the third in the last one of the
    year, of the fourth in the year after."""
    case.set_measure(QUARTER, on=date(2026, 1, 12))
    case.commands.review(case.id, 1, outcome="not", on=on, at=WHO)
    case.core.write(case.id, WHO, recording.record, f"quarter_reviewed.{period}", on=date(2026, 7, 2))

    assert ("risk.measure_not_reviewed" in case.codes()) == asked


@pytest.mark.parametrize(("day", "after"), [(1, False), (2, True)])
def test_a_measure_due_after_the_monitoring_is_a_finding(case: Monitored, day: int, after: bool) -> None:
    """The year of monitoring ends on 1 June 2027."""
    case.set_measure(MeasureTerm(term=OnDate(date(2027, 6, day)), reading="date"))

    assert ("risk.measure_after_monitoring" in case.codes()) == after


def test_a_plan_taken_in_twice_changes_nothing_and_overwrites_nothing(bare: Monitored) -> None:
    """A risk is known by its words: the number of the plan is taken only where it is free."""
    bare.found(direction="procurement", cause="Талаптар айқын емес")
    fields = {"completion": "бұйрық", "responsible": "заңгер", "recommendation": ""}
    rows = [
        PlanRow(number=1, risk="Жаңа тәуекел", action="Бұйрықты бекіту", term=QUARTER, **fields),
        PlanRow(number=2, risk="жеткізушіні  ТАҢДАУ ашық емес", action="Қағиданы бекіту", term=UNTIL, **fields),
    ]
    for _ in range(2):
        last = bare.commands.add(bare.id, lambda stored: rows_to_enter(stored, rows), on=TODAY, at=WHO)

    risks, measures = (rows_of(bare.view().case, kind) for kind in ("risk", "measure"))
    assert last.events == ()
    assert risks[1]["cause"] == "Талаптар айқын емес"
    assert {number: measure["risk"] for number, measure in measures.items()} == {1: 2, 2: 1}


def test_a_plan_taken_in_again_does_not_bring_back_what_was_withdrawn(bare: Monitored) -> None:
    """A measure stays withdrawn, and a risk with its measures; their numbers are given to nothing new."""
    fields = {"completion": "бұйрық", "responsible": "заңгер", "recommendation": "", "term": QUARTER}
    rows = [
        PlanRow(number=1, risk="Бірінші тәуекел", action="Бұйрықты бекіту", **fields),
        PlanRow(number=2, risk="Бірінші тәуекел", action="Қағиданы бекіту", **fields),
        PlanRow(number=3, risk="Екінші тәуекел", action="Тексеру жүргізу", **fields),
    ]
    bare.commands.add(bare.id, lambda stored: rows_to_enter(stored, rows), on=TODAY, at=WHO)
    for record in ("measure.2", "risk.3"):
        bare.core.write(bare.id, WHO, withdraw, record, ground="қате")

    rows[1] = replace(rows[1], action="ҚАҒИДАНЫ  бекіту")
    extra_row = PlanRow(number=2, risk="Бірінші тәуекел", action="Кестені бекіту", **fields)
    change = bare.commands.add(
        bare.id, lambda stored: rows_to_enter(stored, [*rows, extra_row]), on=TODAY, at=WHO
    )

    assert [(event.kind, event.name) for event in change.events] == [("measure_set", "4")]
    assert withdrawn_rows(change.case, [*rows, extra_row]) == (rows[1], rows[2])
    assert {"measure.2", "risk.3"} <= change.case.withdrawn.keys()


def test_the_board_holds_measures_and_equals_its_rebuild(bare: Monitored, ledger: SqlLedger) -> None:
    """Rows of measures and requests, reminded like any other, and the same when computed anew."""
    bare.found(body="ДСМ")
    bare.set_measure(QUARTER)
    bare.commands.ask(bare.id, 1, body="ДСМ", asked="Түсіндіруді сұрау", term=UNTIL, on=TODAY, at=WHO)
    stored_case = ledger.case(bare.id)
    assert stored_case is not None

    rows = ledger.rows(bare.id)
    assert rows == {row.obligation: row for row in bare.core.recomputed(stored_case, today=TODAY).rows}
    assert (rows["measure.1"].due, rows["measure.1"].next_step_on) == (date(2026, 9, 30), date(2026, 9, 23))
    assert rows["request.1"].next_step_on == date(2026, 9, 23)
    assert stored_case.responsible["measure.1"] == "Сатып алу басқармасы"
    assert stored_case == fold(ledger.events(bare.id))


def test_a_measure_moves_with_the_calendar(case: Monitored) -> None:
    """A day off on 24 June moves what is due ten working days after the approval."""
    case.set_measure(TEN_DAYS)
    case_now: Case = case.view().case
    procedure = library().named(case_now.edition)
    after = CALENDAR.with_office_days(off=frozenset({date(2026, 6, 24)}), working=frozenset())

    moves = {move.id: move.new for move in moved(case_now, procedure, CALENDAR, after, today=TODAY)}
    assert moves["measure.1"] == date(2026, 6, 25)


def test_a_row_is_read_without_what_the_others_ask(bare: Monitored, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists ask it for each row of a case: of ninety measures, ninety times."""
    bare.found()
    for action in ("Бекіту", "Жариялау", "Оқыту"):
        bare.set_measure(STANDING, action=action)
    case, procedure = bare.view().case, bare.view().procedure
    asking = Mock(wraps=register_deadlines._asking)
    monkeypatch.setattr(register_deadlines, "_asking", asking)

    assert register_deadlines.entry_obligation(case, procedure, "measure.3").title.kk == "Оқыту"
    assert asking.call_count == 1


def test_what_was_withdrawn_is_named_by_what_it_asked_for(bare: Monitored) -> None:
    """As the letter that takes it back does; an assignment given alone is all its case is about. Nothing else
    has such a deadline."""
    bare.found(body="Министрлік", act="№ 1 бұйрық")
    bare.set_measure(QUARTER)
    bare.commands.ask(bare.id, 1, body="", asked="Анықтаманы көшіру", term=UNTIL, on=TODAY, at=WHO)
    for name in ("measure.1", "request.1"):
        bare.core.write(bare.id, WHO, withdraw, name, ground="қате")
    now = bare.view().case
    withdrawn_deadlines = {
        name: withdrawn_deadline(now, library().named(now.edition), name, due=date(2026, 9, 30))
        for name in ("measure.1", "request.1", "measure.9", "note_signed")
    }

    assert {
        name: deadline and (deadline.obligation.title.kk, deadline.state)
        for name, deadline in withdrawn_deadlines.items()
    } == {
        "measure.1": ("Сатып алу қағидаларын бекіту", "not_required"),
        "request.1": ("Анықтаманы көшіру", "not_required"),
        "measure.9": None,
        "note_signed": None,
    }
    until = date(2026, 7, 24)
    fields: dict[str, Any] = {"assignee": "a", "until": until, "giver": "b"}
    bare.core.write(bare.id, WHO, give, text="Есеп дайындау", **fields)
    bare.core.write(bare.id, WHO, give, text="Хат жазу", **fields)
    bare.core.write(bare.id, WHO, withdraw, "assignment.2", ground="қате")
    alone = give_alone(bare.core, text="Тізім жасау", unit="", **fields, at=WHO)
    outcomes = {}
    for of in (bare.id, alone.id):
        view = bare.core.view(of, today=TODAY)
        for name in ("assignment.1", "assignment.2"):
            gone_deadline = withdrawn_deadline(view.case, view.procedure, name, due=until)
            outcomes[of, name] = gone_deadline and (
                gone_deadline.obligation.title.kk,
                gone_deadline.obligation.blocking,
            )

    assert list(outcomes.values()) == [
        ("Есеп дайындау", False),
        ("Хат жазу", False),
        ("Тізім жасау", True),
        None,
    ]


def test_a_measure_counts_from_the_day_its_plan_was_approved(case: Monitored) -> None:
    """The anchor is named and dated, as of any obligation."""
    case.set_measure(TEN_DAYS)
    measure = next(deadline for deadline in case.view().deadlines if deadline.id.startswith("measure"))

    assert (measure.anchor_fact, measure.anchor_on) == ("plan_approved", date(2026, 6, 10))
    assert (measure.due, measure.status) == (date(2026, 6, 24), "firm")
    assert (measure.waiting_for, measure.counts_until) == (None, None)

    case.set_measure(MeasureTerm(written="год", term=After(300), reading="after"))
    later = case.due("measure.2")
    assert (later.calendar, later.status) == ("provisional", "provisional")


def test_a_measure_of_an_unapproved_plan_counts_from_its_planned_day_or_the_note(core: CaseCommands) -> None:
    """Its date is of the plan, and good until the day of the plan. Neither the anchor nor its sentence names an
    approval that has not happened."""
    planned = {"plan_approved": date(2026, 7, 27)}
    case = Monitored(core, Opening(procedure="internal-analysis", planned=planned))
    case.found()
    case.set_measure(TEN_DAYS)
    measure = case.due("measure.1")

    assert (measure.due, measure.status) == (date(2026, 8, 10), "planned")
    assert (measure.waiting_for, measure.counts_until) == ("plan_approved", date(2026, 7, 27))
    case = Monitored(core, Opening(procedure="internal-analysis", facts={"note_signed": date(2026, 6, 1)}))
    case.found()
    case.set_measure(TEN_DAYS)
    measure = case.due("measure.1")

    assert (measure.anchor_fact, measure.anchor_on) == ("note_signed", date(2026, 6, 1))
    assert measure.due == date(2026, 6, 15)
    assert [element.code for element in measure.explanation if element.code.startswith("risk.since")] == [
        "risk.since_note"
    ]


def test_an_assignment_is_done_once_answered_and_not_required_once_refused(bare: Monitored) -> None:
    """Answered two working days late; its sentence says when it was given and until when."""
    until = date(2026, 7, 24)
    for text in ("Есеп дайындау", "Хат жазу"):
        bare.core.write(bare.id, WHO, give, text=text, assignee="a", until=until, giver="b")
    tuesday = Moment(by="a", now=datetime(2026, 7, 28, 7, 0, tzinfo=UTC), today=date(2026, 7, 28))
    as_assignee: dict[str, Any] = {"author": "a", "for_office": False}
    bare.core.write(bare.id, tuesday, answer, 1, text="Дайын", on=tuesday.today, **as_assignee)
    bare.core.write(bare.id, tuesday, refuse, 2, ground="Менің ісім емес", **as_assignee)
    answered, refused = (bare.due(f"assignment.{number}", today=tuesday.today) for number in (1, 2))

    assert (answered.state, answered.done_on, answered.late_by) == ("done", tuesday.today, 2)
    assert (refused.state, refused.done_on) == ("not_required", None)
    said = explained(answered)
    assert said["risk.basis_assignment"] == ({"on": TODAY, "until": until, "written": ""}, None)
    assert said["due_by"] == ({"title": answered.obligation.title, "on": until}, until)


def test_what_cannot_be_given_answered_or_refused_is_said_by_its_own_code(bare: Monitored) -> None:
    """Nothing said, a day ahead or behind, somebody else's, answered already, a number there is not."""
    until = date(2026, 7, 24)
    bare.core.write(bare.id, WHO, give, text="Есеп дайындау", assignee="a", until=until, giver="b")
    mine: dict[str, Any] = {"author": "a", "for_office": False}
    other = {**mine, "author": "c"}
    given: dict[str, Any] = {"assignee": "a", "giver": "b"}
    later: dict[str, Any] = {"until": date(2026, 7, 31), "ground": "", "login": "c"}
    write = partial(partial, bare.core.write, bare.id, WHO)
    refused = [
        write(give, text=" ", until=until, **given),
        write(give, text="Хат", until=date(2026, 7, 17), **given),
        write(answer, 1, text="", on=date(2026, 7, 21), **mine),
        write(answer, 1, text="", on=TODAY, **other),
        write(answer, 2, text="", on=TODAY, **mine),
        write(refuse, 1, ground=" ", **mine),
        write(extend, 1, author="c", **later),
    ]
    codes = ("empty", "past", "in_future", "not_assignee", "unknown", "no_ground", "not_giver")
    assert refusal_codes(*refused) == [f"assignment.{code}" for code in codes]
    bare.core.write(bare.id, WHO, answer, 1, text="Дайын", on=TODAY, **mine)
    answered = refusal_codes(write(extend, 1, author="b", **later))
    assert answered == ["assignment.answered"]


def test_a_request_a_review_and_a_measure_say_what_they_lack(case: Monitored) -> None:
    """No body to ask, no request to answer or an answer before it, a period of what does not recur."""
    case.set_measure(QUARTER)
    case.set_measure(QUARTERLY, action="Есеп беру")
    asked: dict[str, Any] = {"asked": "Анықтаманы көшіру", "term": UNTIL, "on": TODAY, "at": WHO}
    reviewed: dict[str, Any] = {"outcome": "executed", "on": TODAY, "evidence": [PROOF], "at": WHO}

    def answered(on: date) -> None:
        case.commands.answer(case.id, 1, text="Жоба", on=on, at=WHO)

    nobody = partial(case.commands.ask, case.id, 1, body="", **asked)
    assert refusal_codes(nobody, lambda: answered(TODAY)) == ["risk.no_body", "risk.no_request"]
    case.commands.ask(case.id, 1, body="Министрлік", **asked)
    assert refusal_codes(
        lambda: answered(date(2026, 7, 17)),
        lambda: case.commands.review(case.id, 1, period="2026Q2", **reviewed),
        lambda: case.commands.review(case.id, 2, period="2019Q1", **reviewed),
    ) == ["risk.answer_before_request", "risk.no_period", "risk.wrong_period"]


def test_a_comment_without_words_or_with_a_day_for_nobody_is_refused(bare: Monitored) -> None:
    """A question needs somebody who is asked, and a day that has not passed."""
    said: list[dict[str, Any]] = [
        {"text": " "},
        {"text": "Қашан?", "until": TODAY},
        {"text": "Қашан?", "asks": "a", "until": date(2026, 7, 17)},
    ]
    comments = [partial(bare.core.write, bare.id, WHO, comment, **words) for words in said]

    assert refusal_codes(*comments) == ["comment.empty", "comment.nobody_asked", "comment.past"]


def test_the_days_of_a_request_count_from_the_day_it_was_sent(bare: Monitored) -> None:
    """Ten working days after Monday 20 July 2026 are Monday 3 August. A request names its body always, a
    measure the words of its term where it has any: a date alone was written nowhere."""
    bare.found(body="Министрлік", act="№ 1 бұйрық")
    bare.commands.ask(bare.id, 1, body="", asked="Анықтаманы көшіру", term=TEN_DAYS, on=TODAY, at=WHO)
    request = bare.due("request.1")

    assert request.obligation.title.kk == "Анықтаманы көшіру"
    assert (request.due, request.status, request.done_on) == (date(2026, 8, 3), "firm", None)
    arguments = {"risk": 1, "body": "Министрлік", "on": TODAY, "written": "10 рабочих дней"}
    assert explained(request)["risk.basis_request"] == (arguments, None)
    bare.commands.answer(bare.id, 1, text="Жоба әзірленуде", on=TODAY, at=WHO)
    assert bare.due("request.1").done_on == TODAY
    term = MeasureTerm(term=OnDate(date(2026, 9, 30)), reading="date")
    bare.set_measure(term)
    assert [element.code for element in bare.due("measure.1").explanation] == ["due_by", "on_date"]


def test_a_measure_says_what_its_term_counts_from(case: Monitored) -> None:
    """A day named in the plan, the approval of the plan, the last day itself; a standing one has no day."""
    named = date(2026, 7, 1)
    after_day = MeasureTerm(
        written="10 рабочих дней после 01.07.2026", term=After(10), reading="after", since=named
    )
    terms = {"Бірінші": after_day, "Екінші": TEN_DAYS, "Үшінші": UNTIL, "Төртінші": STANDING}
    for action, term in terms.items():
        case.set_measure(term, action=action)
    by_day, by_approval, until, standing = (explained(case.due(f"measure.{number}")) for number in (1, 2, 3, 4))

    assert by_day["risk.since_named"] == ({"on": named}, named)
    approved = date(2026, 6, 10)
    assert by_approval["risk.since_approval"] == ({"on": approved}, approved)
    assert by_approval["risk.basis_measure"] == ({"risk": 1, "written": "10 рабочих дней"}, None)
    assert until["risk.until"] == ({"on": date(2026, 9, 30)}, date(2026, 9, 30))
    arguments, on = standing["due_none"]
    assert (getattr(arguments["title"], "kk", ""), on) == ("Төртінші", None)
    assert "risk.dateless.standing" in standing
    now = case.view().case
    law = library().named(now.edition)
    alone, unknown = (deadline(now, law, CALENDAR, f"measure.{number}", today=TODAY) for number in (3, 9))
    assert alone is not None
    assert explained(alone) == until
    assert not alone.obligation.blocking, "a case is over without its measures"
    assert unknown is None


def explained(deadline: Deadline) -> dict[str, tuple[dict[str, Any], date | None]]:
    """Arguments and day of each element of an explanation, by code."""
    return {element.code: (dict(element.arguments), element.on) for element in deadline.explanation}
