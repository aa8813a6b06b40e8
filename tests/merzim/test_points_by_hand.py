"""A year of four bodies, scored by hand from the sentences of the scoring document.

Each office is a table: its units, and the facts recorded for each. A comment beside every indicator explains
its points. Indicators missing from the table of points are not assessed, or cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event

from merzim.app import build_app
from merzim.clock import clock
from merzim.services.context import RequestContext, operator_context
from merzim.services.law.regulations import scoring
from merzim.services.scoring import year_scores
from merzim.settings import DatabaseSettings, Settings
from merzim.storage import office as office_store
from tests.case_rows import ExposedPosition, FoundRisk, RowCommands
from workflow.cases.case import Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import Opening
from workflow.cases.registers.risks import CartogramLine
from workflow.moments import Moment
from workflow.org.office import Unit
from workflow.scoring.prospects import YearScores
from workflow.scoring.scales import as_decimal

AFTER = date(2027, 1, 20)
WHO = Moment(by="t", now=datetime(2026, 2, 2, 7, tzinfo=UTC), today=AFTER)
JUNE = date(2026, 6, 10)
IA, YEAR, P2, P3, P4 = "internal-analysis", "tbn4-year", "tbn4-project-2", "tbn4-project-3", "tbn4-project-4"
ALL_THREE = ("link:site", "link:media", "link:social")
LINKS = ("start_announced", "discussion_announced")
QUARTERS = {1: date(2026, 2, 20), 2: date(2026, 5, 20), 3: date(2026, 8, 20), 4: date(2026, 11, 20)}
Units = tuple[tuple[str, str, str], ...]
Table = tuple[tuple[str, str, str], ...]


def sat(fact: str, *quarters: int) -> str:
    """A quarterly fact in these quarters."""
    return " ".join(f"{fact}.2026Q{n}@{QUARTERS[n]}" for n in quarters or (1, 2, 3, 4))


class Recorded:
    """An office on a database of its own, and what is recorded in it."""

    def __init__(self, folder: Path, *bodies: Units) -> None:
        url = f"sqlite:///{folder / 'office.sqlite'}"
        self.app = build_app(Settings(database=DatabaseSettings(url=url)), clock=clock("2026-02-02"))
        # Nothing here outlives a crash of the machine.
        self.app.engine.dispose()
        event.listen(self.app.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
        rows = [
            Unit(id=id, name=f"«{id}»", kind=kind, parent=parent or None)
            for units in bodies
            for id, parent, kind in units
        ]
        office_store.save(self.app.engine, units=rows, at=WHO)
        self._cases: dict[tuple[str, str], str] = {}

    def case(self, unit: str, procedure: str) -> str:
        """The unit's case of a procedure."""
        if (unit, procedure) not in self._cases:
            opening = Opening(procedure=procedure, unit=unit, object=f"{unit} {procedure}")
            self._cases[unit, procedure] = self.app.case_commands.open(opening, at=WHO).id
        return self._cases[unit, procedure]

    def recurs(self, procedure: str, fact: str) -> bool:
        """Whether the fact bears its period."""
        return self.app.library.edition(procedure, on=JUNE).by_id[fact].recurs is not None

    def record(self, table: Table) -> None:
        """Rows of unit, procedure and facts: `name[@day][=value:number,...][-link:kind]`."""
        for unit, procedure, facts in table:
            for text in facts.split():
                text, _, without = text.partition("-link")
                text, _, numbers = text.partition("=")
                name, _, day = text.partition("@")
                pairs = (pair.partition(":") for pair in numbers.split(",") if pair)
                if "." not in name and self.recurs(procedure, name):
                    name += ".2026"
                links = [kind for kind in ALL_THREE if name in LINKS and kind != f"link{without}"]
                self.app.case_commands.write(
                    self.case(unit, procedure),
                    WHO,
                    recording.record,
                    name,
                    on=date.fromisoformat(day) if day else JUNE,
                    values={value: Decimal(number) for value, _, number in pairs},
                    evidence=[Evidence(kind=kind, reference=f"https://{unit}.kz/{kind}") for kind in links],
                )

    def ctx(self, today: date = AFTER) -> RequestContext:
        """The operator's context on a day."""
        now = datetime.combine(today, time(7), UTC)
        return operator_context(self.app, at=Moment(by="t", now=now, today=today))

    def score(self, root: str, today: date = AFTER, year: int = 2026, **readings: str) -> YearScores:
        """The points of a body."""
        used_readings = {**scoring().usual, **readings}
        (whole_year,) = year_scores(self.ctx(today), root, year, readings=used_readings)
        return whole_year


def points(year_scores: YearScores) -> dict[str, str]:
    """Points by indicator, as they are written."""
    return {score.id: str(as_decimal(score.points)) for score in year_scores.scores}


def by_hand(table: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {id: expected for id, (expected, _) in table.items()}


# ------------------------------------------------------------------------------------------------- an oblast

OBLAST: Units = (
    ("obl", "", "oblast_akim_office"),
    ("inner", "obl", ""),  # a division of the apparatus
    ("dep1", "obl", "oblast_department"),
    ("dep1a", "dep1", ""),  # a division of the department
    ("dep2", "obl", "oblast_department"),
    ("dep3", "obl", "oblast_department"),
    ("dep4", "inner", "oblast_department"),  # no direct child of the body
    ("ent1", "dep1", "quasi_state"),
    ("ent2", "obl", "quasi_state"),
    *((f"aud{n}", "obl", "district_akim_office") for n in (1, 2, 3, 4)),
    ("aud1a", "aud1", ""),
    ("city", "obl", "city_akim_office"),
)
OBLAST_RECORDS: Table = (
    ("obl", IA, "schedule_approved order_signed start_announced discussion_announced discussion_held"),
    ("obl", IA, "analysis_ended published"),
    ("dep1a", IA, "start_announced discussion_announced discussion_held analysis_ended plan_approved"),
    ("dep1", IA, "positions_listed"),
    ("dep2", IA, "start_announced-link:social discussion_announced council_discussed analysis_ended"),
    ("dep3", IA, "discussion_announced analysis_ended"),
    ("dep4", IA, "start_announced discussion_announced"),
    ("ent1", IA, "start_announced discussion_held analysis_ended published"),
    ("ent2", IA, "positions_listed"),
    ("aud1a", IA, "published positions_listed"),
    ("aud2", IA, "cartogram_updated"),
    ("city", IA, "positions_listed"),
    ("dep1", P2, "administrative_offence_reported former_offender_found"),
    (
        "obl",
        P2,
        "criminal_offence_reported unpunished_head_found moved_head_found.2026 moved_head_found.2026#2",
    ),
    ("obl", P2, "offences_reconciled.2026@2027-01-15=corruption_offences:6 quarter_reported.2026Q4@2027-01-05"),
    ("aud1", P2, "incompatible_activity_found conflict_of_interest_found misused_information_found"),
    ("ent1", P2, "foreign_account_found"),
    ("ent1", P3, f"{sat('training_held')} regulation_confirmed policy_confirmed instruction_confirmed"),
    ("ent1", P3, "instruction_renewed standard_confirmed internal_plan_confirmed ethics_code_confirmed"),
    ("ent1", P3, "documents_published iso_certified"),
    ("ent2", P3, f"{sat('training_held', 1, 2, 4)} regulation_confirmed instruction_confirmed"),
    ("ent2", P3, "standard_confirmed ethics_code_confirmed"),
    *((f"aud{n}", P4, sat("commission_sat")) for n in (1, 2, 3)),
    ("aud4", P4, sat("commission_sat", 1, 2, 4)),
    *((unit, P4, "social_order_placed") for unit in ("dep3", "aud1", "aud2", "city")),
    (
        "obl",
        P4,
        "servants_trained.2026@2027-01-10=trained:49,staff:1000 online_course_passed=passed:95,staff:100",
    ),
    ("obl", P4, " ".join(f"event_held.2026-02#{n}@2026-02-{n:02d}" for n in range(2, 8))),
    ("aud1", P4, "event_held.2026-03@2026-03-02 event_held.2026-03#2@2026-03-03"),
    ("obl", P4, "talk_held.2026-02@2026-02-03 talk_held.2026-02#2@2026-02-04"),
    ("obl", P4, "propaganda_reported propaganda_scaled=views:1000"),
)
OBLAST_POINTS = {
    "P1.T1.S1": ("0", "the schedule is there"),
    "P1.T1.S2": ("0", "an order is there"),
    "P1.T1.S3": (
        "1.8",
        "apparatus, dep1, dep4 of five with three links = 60 %, six steps of 0.3; dep2 has two",
    ),
    "P1.T2.S1": ("3", "all five = 100 %"),
    "P1.T2.S2": ("3", "apparatus, dep1, and dep2 by a council = 60 %, six steps of 0.5"),
    "P1.T2.S3": ("-5", "no note was signed anywhere"),
    "P1.T3.S1": ("0", "one plan is there"),
    "P1.T3.S2": ("0.6", "the apparatus alone of five = 20 %; a district and an enterprise are no units"),
    "P1.T3.S3": (
        "34",
        "four of five = 80 x 0.3 = 24; three risks found, one removed, one to the end: 3 + 2 + 5",
    ),
    "P1.T4.S1": ("1.5", "dep1, ent2, aud1, city of 4 departments, 2 enterprises, 5 akims = 36 %, three of 0.5"),
    "P1.T5.S1": ("10", "dep1 in both sections, aud1 in one, aud2 by its own record in both: five of 2"),
    "P2.T1.S1": ("8", "3 and 5"),
    "P2.T2.S1": ("12", "six offences"),
    "P2.T3.S1": ("3", "one"),
    "P2.T3.S2": ("6", "two"),
    "P2.T4.S1": ("3", "one"),
    "P2.T5.S1": ("3", "one"),
    "P2.T5.S2": ("3", "one"),
    "P2.T5.S3": ("3", "one"),
    "P2.T5.S4": ("0", "no gift, but the report of the fourth quarter says so"),
    "P2.T5.S5": ("3", "one"),
    "P3.T1.S1": ("1", "one of two in every quarter = 50 %, five steps of 0.2"),
    "P3.T2.S1": ("2", "both"),
    "P3.T2.S2": ("1", "one of two"),
    "P3.T2.S3": ("1", "both have the instruction, one renewed it"),
    "P3.T2.S4": ("0", "none"),
    "P3.T2.S5": ("2", "both"),
    "P3.T2.S6": ("1", "one of two"),
    "P3.T2.S7": ("0", "none"),
    "P3.T2.S8": ("2", "both"),
    "P3.T2.S9": ("1", "one of two"),
    "P3.T3.S1": ("10", "one organisation certified"),
    "P4.T1.S1": ("2.4", "one of four districts passed a quarter over = 25 %, 3 - 2 x 0.3"),
    "P4.T1.S2": ("3", "the oblast by its department, city, aud1, aud2 of oblast, city, four districts = 66 %"),
    "P4.T2.S1": ("2.7", "4.9 %, nine steps of 0.3"),
    "P4.T2.S2": ("9", "95 %, nine steps of 1"),
    "P4.T2.S3": ("14", "six events in February capped at 10, two in March = 4"),
    "P4.T2.S4": ("5", "two talks in February, three of the register in April"),
    "P4.T3.S1": ("20", "10 for the report, 10 for 1000 views of what was published"),
}


def oblast_registers(office: Recorded) -> None:
    """Risks, talks and the cartogram of the oblast."""
    case_commands, case = RowCommands(office.app.case_commands), office.case("dep1a", IA)
    for n in range(3):
        case_commands.add(case, FoundRisk(description=f"Тәуекел {n}"), on=JUNE, at=WHO)
    case_commands.remove(case, 1, on=date(2026, 9, 1), completed=False, at=WHO)
    case_commands.remove(case, 2, on=date(2026, 12, 31), completed=True, at=WHO)
    case_commands.remove(case, 3, on=date(2027, 1, 1), completed=True, at=WHO)  # earns in 2027
    registers, own_case = RowCommands(office.app.case_commands), office.case("obl", IA)
    for n, name in enumerate(("А", "Б", "В"), 1):
        registers.expose(own_case, ExposedPosition(title=f"Лауазым {n}", holder=name), on=JUNE, at=WHO)
        registers.talk(own_case, n, on=date(2026, 4, 5 + n), at=WHO)
    lines = (
        *(
            CartogramLine("positions", "«dep1»", "", "Басшы"),
            CartogramLine("positions", "«dep1»", "", "Орынбасар"),
        ),
        *(CartogramLine("risks", "«dep1»", "", "Тәуекел"), CartogramLine("positions", "", "«aud1»", "Басшы")),
        CartogramLine("risks", "«obl»", "", "Аппарат кіші бөлім емес"),
    )
    registers.record_cartogram(own_case, lines, on=date(2026, 7, 1), at=WHO)


# ------------------------------------------------------------------------------------------- a central body

MINISTRY: Units = (
    ("min", "", "central_body"),
    *(("d1", "min", ""), ("d2", "min", ""), ("d2a", "d2", "")),
    *(("kom", "min", "committee"), ("kd", "kom", "")),
    *(("t1", "kom", "territorial_department"), ("t2", "kom", "territorial_department")),
    *(("t3", "min", "territorial_department"), ("npp", "min", "quasi_state")),
)
MINISTRY_RECORDS: Table = (
    ("min", YEAR, "schedule_approved@2026-01-20"),
    ("min", IA, "start_announced"),
    ("t1", IA, "start_announced discussion_held note_signed published analysis_ended"),
    ("kd", IA, "discussion_held published analysis_ended"),
    ("d1", IA, "analysis_ended"),
    ("d2a", IA, "published analysis_ended"),
    ("t2", IA, "published analysis_ended"),
    ("t3", IA, "published"),
    ("npp", IA, "discussion_held published"),
    ("t2", P2, "administrative_offence_reported.2026 administrative_offence_reported.2026#2"),
    ("min", P2, "offences_reconciled=corruption_offences:0"),
    ("npp", P3, "policy_confirmed"),
    ("min", P4, "servants_trained=trained:50,staff:1000 online_course_passed=passed:100,staff:100"),
)
MINISTRY_POINTS = {
    "P1.T1.S1": ("0", "the yearly frame has the schedule"),
    "P1.T1.S2": ("-10", "no order was signed"),
    "P1.T1.S3": (
        "1.5",
        "the ministry's own announcement for d1 and d2, and t1: three of d1, d2, kom, t1, t2, t3 = 50 %",
    ),
    "P1.T2.S1": ("0", "nobody"),
    "P1.T2.S2": ("0", "kom and t1 of six = 33 %, below 40 %"),
    "P1.T2.S3": ("0", "one note is there"),
    "P1.T3.S1": ("-5", "no plan was approved"),
    "P1.T3.S2": ("2.4", "d2, kom, t1, t2, t3 of six = 83 %, eight steps of 0.3"),
    "P1.T3.S3": ("24.9", "d1, d2, kom, t1, t2 of six = 83 whole per cent of 0.3"),
    "P1.T4.S1": ("-5", "no list of the committee, three departments and the enterprise"),
    "P2.T1.S1": ("6", "two of 3"),
    "P2.T2.S1": ("18", "an act without offences"),
    "P2.T5.S4": ("-5", "no data on gifts, no quarterly report"),
    **{
        f"P3.T{place}": ("0", "nothing of the one enterprise")
        for place in ("1.S1", *(f"2.S{n}" for n in range(1, 10)))
    },
    "P3.T2.S2": ("2", "the policy of the one enterprise"),
    "P4.T2.S1": ("3", "5 %"),
    "P4.T2.S2": ("10", "100 %"),
    "P4.T2.S3": ("0", "no events"),
    "P4.T2.S4": ("0", "no talks"),
    "P4.T3.S1": ("0", "no report"),
}

# -------------------------------------------------------------------------------------- an akimat of a district

DISTRICT: Units = (("aud", "", "district_akim_office"), ("fin", "aud", ""), ("edu", "aud", ""))
DISTRICT_RECORDS: Table = (
    ("aud", IA, "start_announced discussion_held analysis_ended"),
    ("fin", IA, "order_signed start_announced discussion_announced discussion_held analysis_ended note_signed"),
    ("aud", P2, "criminal_offence_reported gift_found offences_reconciled=corruption_offences:41"),
    ("aud", P4, f"{sat('commission_sat')} servants_trained=trained:9,staff:200 event_held.2026-01@2026-01-30"),
    ("aud", P4, "propaganda_reported"),
)
DISTRICT_POINTS = {
    "P1.T1.S1": ("-10", "no schedule"),
    "P1.T1.S2": ("0", "an order is there"),
    "P1.T1.S3": ("1.8", "the apparatus and fin of three = 66 %, six steps of 0.3"),
    "P1.T2.S1": ("0.9", "fin of three = 33 %"),
    "P1.T2.S2": ("3", "two of three = 66 %, six steps of 0.5"),
    "P1.T2.S3": ("0", "the note is there"),
    "P1.T3.S1": ("-5", "no plan"),
    "P1.T3.S2": ("0", "nobody published"),
    "P1.T3.S3": ("19.8", "two of three = 66 whole per cent of 0.3"),
    "P2.T1.S1": ("5", "one criminal offence"),
    "P2.T2.S1": ("6", "41 offences"),
    "P2.T5.S4": ("3", "one gift"),
    "P4.T1.S1": ("3", "its own commission sat in every quarter"),
    "P4.T2.S1": ("2.7", "4.5 %, nine steps of 0.3"),
    "P4.T2.S2": ("0", "the number of staff is not recorded"),
    "P4.T2.S3": ("2", "one event"),
    "P4.T2.S4": ("0", "no talks"),
    "P4.T3.S1": ("10", "the report, published nowhere"),
}

# ------------------------------------------------------------------------------------- a quasi-state subject

COMPANY: Units = (("ent", "", "quasi_state"), *((f"p{n}", "ent", "") for n in (1, 2, 3, 4)))
COMPANY_RECORDS: Table = (
    (
        "ent",
        IA,
        "schedule_approved@2025-12-25 order_signed@2025-12-29 analysis_started@2026-01-12 start_announced",
    ),
    ("ent", IA, "note_signed plan_approved published analysis_ended"),
    ("p1", IA, "discussion_announced discussion_held"),
    ("p2", IA, "discussion_held"),
    ("ent", P2, "quarter_reported.2026Q1@2026-04-03 former_offender_found"),
    ("ent", P3, f"{sat('training_held')} regulation_confirmed policy_confirmed instruction_confirmed"),
    ("ent", P3, "instruction_renewed conflict_policy_confirmed internal_plan_confirmed ethics_code_confirmed"),
    ("ent", P3, "reporting_procedure_confirmed documents_published iso_certified"),
)
COMPANY_POINTS = {
    "P1.T1.S1": ("0", "approved in December for the analysis begun in January"),
    "P1.T1.S2": ("0", "so is the order"),
    "P1.T1.S3": ("3", "announced by the company for all its four divisions"),
    "P1.T2.S1": ("0.6", "p1 of four = 25 %, two steps of 0.3"),
    "P1.T2.S2": ("2.5", "p1, p2 of four = 50 %"),
    "P1.T2.S3": ("0", "the note is there"),
    "P1.T3.S1": ("0", "the plan is there"),
    "P1.T3.S2": ("3", "published by the company"),
    "P1.T3.S3": ("36", "100 % = 30; one risk found and removed to the end = 1 + 5"),
    "P2.T4.S1": ("3", "one"),
    "P2.T5.S4": ("0", "no gift, and a report that says so"),
    "P2.T2.S1": ("0", "no reconciliation act"),
    "P3.T1.S1": ("2", "in every quarter"),
    **{f"P3.T2.S{n}": ("2", "one of one") for n in range(1, 10)},
    "P3.T2.S5": ("0", "no standard"),
    "P3.T3.S1": ("10", "certified"),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """The four bodies in one database."""
    recorded_office = Recorded(tmp_path_factory.mktemp("years"), OBLAST, MINISTRY, DISTRICT, COMPANY)
    for table in (OBLAST_RECORDS, MINISTRY_RECORDS, DISTRICT_RECORDS, COMPANY_RECORDS):
        recorded_office.record(table)
    oblast_registers(recorded_office)
    risks, case = RowCommands(recorded_office.app.case_commands), recorded_office.case("ent", IA)
    risks.add(case, FoundRisk(description="Тәуекел"), on=JUNE, at=WHO)
    risks.remove(case, 1, on=JUNE, completed=True, at=WHO)
    confidential = recorded_office.case("ent", "offence-report")  # counts for nobody
    risks.add(confidential, FoundRisk(description="Тәуекел"), on=JUNE, at=WHO)
    yield recorded_office
    recorded_office.app.close()


@pytest.mark.parametrize(
    ("root", "table", "total"),
    [
        ("obl", OBLAST_POINTS, "170"),
        ("min", MINISTRY_POINTS, "42.8"),
        ("aud", DISTRICT_POINTS, "42.2"),
        ("ent", COMPANY_POINTS, "76.1"),
    ],
)
def test_a_year_recorded_in_an_office_equals_the_points_counted_by_hand(
    root: str, table: Mapping[str, tuple[str, str]], total: str, office: Recorded
) -> None:
    """An oblast (all 39 indicators), a central body, an akimat of a district, a quasi-state subject."""
    year_scores = office.score(root)

    assert points(year_scores) == by_hand(table)
    assert str(as_decimal(year_scores.total)) == total


@pytest.mark.parametrize(
    ("year", "codes"), [(2024, ["score.no_data"]), (2025, ["score.since"]), (2026, ["score.since"]), (2027, [])]
)
def test_the_office_says_since_when_it_keeps_records(year: int, codes: list[str], office: Recorded) -> None:
    """The first is of 2 February 2026; of 2025 two papers were entered, of 2024 nothing."""
    year_scores = office.score("ent", year=year)

    assert [remark.code for remark in year_scores.remarks] == codes
    assert all(remark.arguments["since"] == date(2026, 2, 2) for remark in year_scores.remarks)
    assert bool(year_scores.scores) is (year > 2024)
