"""Random command sequences by several people, on memory and SQLite, compared with a plain model.

Invalid commands are refused with the expected code, repeated ones write nothing, all others write the events of
the model. After each command both ledgers and the stage agree with the model; at the end the stored rows equal
a rebuild from the events.

    python -m tests.crash.orders MINUTES
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from calendars import OutOfRange
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.seals import seal
from merzim.storage.maintenance.verify import verify
from merzim.storage.org import store as office_store
from tests.case_rows import ExposedPosition, FoundRisk, RegisterCommands, RiskCommands, SetMeasure
from tests.crash.memory import Doorway, MemoryLedger
from tests.crash.plain import FIRST, PlainCase, Wrong
from tests.law import CALENDAR, ROOT, library
from workflow.cases.case import Case, Evidence
from workflow.cases.commands.case_commands import CaseCommands, Change, Opening
from workflow.cases.commands.reminder_actions import acknowledged, done, snooze
from workflow.cases.machine import stage
from workflow.cases.registers.exposure import CartogramLine, exposure, remarks
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.risk import register
from workflow.cases.registers.risk_scale import read_scale
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Obligation, Step
from workflow.org.office import Office, Unit
from workflow.refusal import Refusal

BEGUN = datetime(2026, 4, 6, 7, tzinfo=UTC)
UNITS = (
    Unit(id="ministry", name="Министрлік", kind="central_body"),
    Unit(id="district", name="Аудан әкімінің аппараты", kind="district_akim_office"),
)
PROCEDURES = ("internal-analysis", "conflict-of-interest", "tbn4-project-4", "concept-targets")
SCALE_FILE = ROOT / "regulations" / "scales" / "risk-scale.2026-01-01.toml"
SCALE = read_scale(SCALE_FILE.name, SCALE_FILE.read_bytes())
LEVELS = len(SCALE.likelihood), len(SCALE.effect)

PEOPLE = st.sampled_from(["айгүл", "болат", "сәуле"])
DAYS = st.one_of(
    *[st.dates(date(2026, 2, 1), BEGUN.date())] * 5,
    st.dates(date(2026, 4, 1), date(2026, 9, 30)),
    st.sampled_from(
        [date(2009, 12, 31), date(2010, 1, 1), date(2023, 12, 31), date(2028, 12, 31), date(2029, 1, 1)]
    ),
)
ENTERED = DAYS.filter(lambda on: on.year > 2009)
"""Whether a line of a register is there already is asked before whether its day is on record."""
LINES = st.builds(
    CartogramLine,
    section=st.sampled_from(["positions", "risks"]),
    department=st.sampled_from(["", "кадр бөлімі"]),
    district=st.just(""),
    text=st.sampled_from(["басшы", "сатып алу"]),
)
GROUNDS = st.sampled_from(["қате жазылған", "қате", "№ 15 бұйрық", "№ 16 бұйрық", " ", ""])
WORDS = st.sampled_from(["", " ", "сатып алу", " рұқсат беру ", "кадр", "бюджет"])
NUMBERS = st.none() | st.integers(1, 2)
PLACES = st.sampled_from([1, 1, 1, 2, 3])
DUTIES = st.sampled_from(["", "", "", "head", "deputy", "chief_of_staff", "hed"])
PAPERS = st.lists(
    st.builds(
        Evidence,
        kind=st.sampled_from(["document:order", "link:site", ""]),
        reference=st.sampled_from(["a" * 64, "b" * 64, "https://example.kz/1"]),
        published_on=st.none() | DAYS,
        restricted=st.sampled_from(["", "", "қызметтік"]),
    ),
    max_size=2,
    unique_by=lambda evidence: (evidence.kind, evidence.reference),
).map(tuple)
FACTS = [
    *("start_announced", "order_signed", "analysis_started", "analysis_ended", "discussion_announced"),
    *("discussion_held", "note_signed", "plan_approved", "certificate_filed", "published", "monitoring_noted"),
    *(
        "quarter_reported.2026Q3",
        "quarter_reported.2026Q9",
        "quarter_reported",
        "order_signed.2026",
        "ordr_signed",
    ),
    *("quarter_reported.2026Q3#2", "interest_arose", "commission_sat.2026Q2", "servants_trained.2026"),
    *("cpi_measured.2026", "cpi_measured.2026#1", "", ".", "order_signed."),
]


@dataclass
class Side:
    """One ledger with its desks."""

    ledger: Doorway
    case_commands: CaseCommands = field(init=False)

    def __post_init__(self) -> None:
        self.case_commands = CaseCommands(self.ledger, library(), CALENDAR)


Command = Callable[[Side, str, dict[str, Any]], Any]
Told = tuple[Callable[[PlainCase], list[str]], Command]
"""How the model takes it, and how a desk does."""


@cache
def _facts(procedure: str) -> list[str]:
    """Names to try on a procedure: its own, some with periods, and some it does not know."""
    own_obligations = [obligation.id for obligation in library().latest(procedure).obligations]
    periods = [_period(obligation) for obligation in library().latest(procedure).obligations]
    odd = [
        *(f"{name}.2026Q2" for name in own_obligations[:4]),
        *(f"{name}.2026#2" for name in own_obligations[:4]),
        *FACTS,
    ]
    return [*periods * (1 + len(odd) // len(periods)) * 3, *odd]


def _period(obligation: Obligation) -> str:
    periods = {"month": "2026-03", "quarter": "2026Q2", "half-year": "2026H1", "year": "2026"}
    return f"{obligation.id}.{periods[obligation.recurs.every]}" if obligation.recurs else obligation.id


class Orders(RuleBasedStateMachine):
    """Several people at several desks; one model."""

    pattern: Path
    """A database with the units above and no case."""
    seen: ClassVar[Counter[str]] = Counter()
    """What came of the commands: events by kind, refusals by code, `again` and `conflict`."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="merzim-orders-"))
        file = self.folder / "office.sqlite"
        shutil.copyfile(self.pattern, file)
        self.engine = open_database(f"sqlite:///{file.as_posix()}")
        office = Office(units={unit.id: unit for unit in UNITS})
        self.sides = (Side(Doorway(MemoryLedger(office))), Side(Doorway(SqlLedger(self.engine))))
        self.plain: dict[str, PlainCase] = {}
        self.now = BEGUN
        self.steps = 0

    def teardown(self) -> None:
        try:
            if self.plain:
                case_commands = self.sides[1].case_commands
                seal(self.engine, now=self.now)
                today = self.today
                problems = verify(
                    self.engine, recompute=lambda case: case_commands.recomputed(case, today=today)
                )
                assert not problems, problems[:3]
        finally:
            self.engine.dispose()
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def today(self) -> date:
        return self.now.date()

    @initialize(procedure=st.sampled_from(PROCEDURES))
    def begin(self, procedure: str) -> None:
        self._open(procedure, "ministry", "", {}, {}, "айгүл")

    @rule(
        procedure=st.sampled_from([*PROCEDURES, "no-such"]),
        unit=st.sampled_from(["ministry", "district", "", "жоқ"]),
        object=st.sampled_from(["", "Сатып алу"]),
        facts=st.dictionaries(st.sampled_from(FACTS), DAYS, max_size=2),
        planned=st.dictionaries(st.sampled_from(FACTS), DAYS, max_size=2),
        by=PEOPLE,
    )
    @precondition(lambda self: len(self.plain) < 4)
    def open(
        self,
        procedure: str,
        unit: str,
        object: str,
        facts: dict[str, date],
        planned: dict[str, date],
        by: str,
    ) -> None:
        self._open(procedure, unit, object, facts, planned, by)

    @rule(days=st.integers(-1, 40))
    def time_passes(self, days: int) -> None:
        """A node whose clock is a day behind is a time a day back."""
        self.now += timedelta(days=days, seconds=1)

    @rule(by=PEOPLE, data=st.data())
    def record(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._record)

    @rule(by=PEOPLE, other=PEOPLE, data=st.data())
    def record_while_another_does(self, by: str, other: str, data: st.DataObject) -> None:
        """Two people at one case at one moment: what the second says is decided on what the first wrote."""
        case = self._case(data)
        plain = self.plain[case]
        first, second = (
            command(data, plain) for command in (self._record, data.draw(st.sampled_from(self._all())))
        )
        self._race(case, (other, *first), (by, *second))

    @rule(by=PEOPLE, data=st.data())
    def correct(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._correct)

    @rule(by=PEOPLE, data=st.data())
    def replan(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._replan)

    @rule(by=PEOPLE, data=st.data())
    def command(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._command)

    @rule(by=PEOPLE, data=st.data())
    def reader(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._reader)

    @rule(by=PEOPLE, data=st.data())
    def acknowledge(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._acknowledge)

    @rule(by=PEOPLE, data=st.data())
    def put_off(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._put_off)

    @rule(by=PEOPLE, data=st.data())
    def done_by_hand(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._done)

    @rule(by=PEOPLE, data=st.data())
    def risk(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._risk)

    @rule(by=PEOPLE, data=st.data())
    def other_register(self, by: str, data: st.DataObject) -> None:
        self._do(data, by, self._register)

    # What may be said: how the model takes it, and how a desk does.

    def _all(self) -> list[Callable[[st.DataObject, PlainCase], Told]]:
        return [
            *(self._record, self._correct, self._replan, self._command),
            *(self._acknowledge, self._put_off, self._done, self._risk),
        ]

    def _record(self, data: st.DataObject, at: PlainCase) -> Told:
        values = {}
        if data.draw(st.integers(0, 4)) == 0:
            name = data.draw(st.sampled_from(["measured", "trained", "staff", "target"]))
            values[name] = Decimal(data.draw(st.integers(0, 3)))
        arguments: dict[str, Any] = {
            "on": data.draw(DAYS),
            "evidence": data.draw(PAPERS),
            "values": values,
            "signed_by": data.draw(DUTIES),
            "remark": data.draw(st.sampled_from(["", "", "", "кешікті"])),
        }
        fact = self._fact(data, at, is_recorded=data.draw(st.booleans()))
        if fact in at.facts and data.draw(st.booleans()):
            arguments["on"] = at.facts[fact].on
        return (
            lambda plain: plain.record(fact, today=self.today, **arguments),
            lambda side, case, stamp: side.case_commands.record(case, fact, **arguments, **stamp),
        )

    def _correct(self, data: st.DataObject, at: PlainCase) -> Told:
        arguments: dict[str, Any] = {
            "on": data.draw(DAYS),
            "ground": data.draw(GROUNDS),
            "signed_by": data.draw(DUTIES),
        }
        fact = self._fact(data, at, is_recorded=True)
        return (
            lambda plain: plain.correct(fact, today=self.today, **arguments),
            lambda side, case, stamp: side.case_commands.correct(case, fact, **arguments, **stamp),
        )

    def _replan(self, data: st.DataObject, at: PlainCase) -> Told:
        fact, on = self._fact(data, at), data.draw(DAYS)
        return (
            lambda plain: plain.replan(fact, on=on),
            lambda side, case, stamp: side.case_commands.replan(case, fact, on=on, **stamp),
        )

    def _command(self, data: st.DataObject, at: PlainCase) -> Told:
        ground = data.draw(GROUNDS)
        match data.draw(st.sampled_from(["cancel", "exempt", "free", "ask again", "reopen"])):
            case "cancel":
                return (
                    lambda plain: plain.cancel(ground=ground),
                    lambda side, case, stamp: side.case_commands.cancel(case, ground=ground, **stamp),
                )
            case "exempt":
                return (
                    lambda plain: plain.exempt(ground=ground),
                    lambda side, case, stamp: side.case_commands.exempt(case, ground=ground, **stamp),
                )
            case "free":
                name = self._fact(data, at)
                return (
                    lambda plain: plain.exempt(ground=ground, obligation=name),
                    lambda side, case, stamp: side.case_commands.exempt(
                        case, ground=ground, obligation=name, **stamp
                    ),
                )
            case "ask again":
                some = at.free and data.draw(st.booleans())
                name = data.draw(st.sampled_from(sorted(at.free))) if some else self._fact(data, at)
                return (
                    lambda plain: plain.reopen(ground=ground, obligation=name),
                    lambda side, case, stamp: side.case_commands.reopen(
                        case, ground=ground, obligation=name, **stamp
                    ),
                )
            case _:
                return (
                    lambda plain: plain.reopen(ground=ground),
                    lambda side, case, stamp: side.case_commands.reopen(case, ground=ground, **stamp),
                )

    def _reader(self, data: st.DataObject, at: PlainCase) -> Told:
        person, ground = data.draw(st.sampled_from(["айгүл", "ерлан", "дана"])), data.draw(GROUNDS)
        if data.draw(st.booleans()):
            return (
                lambda plain: plain.name_reader(person),
                lambda side, case, stamp: side.case_commands.name_reader(case, person, **stamp),
            )
        return (
            lambda plain: plain.remove_reader(person, ground=ground),
            lambda side, case, stamp: side.case_commands.remove_reader(case, person, ground=ground, **stamp),
        )

    def _acknowledge(self, data: st.DataObject, at: PlainCase) -> Told:
        name, notice = self._fact(data, at), data.draw(st.sampled_from(["n1", "n2", "n3"]))
        return (
            lambda plain: plain.acknowledge(name, notice),
            lambda side, case, stamp: acknowledged(side.case_commands, case, name, notice, **stamp),
        )

    def _put_off(self, data: st.DataObject, at: PlainCase) -> Told:
        waits = self._waits(at)[0]
        open_now = {name: latest for name, (_, latest) in waits.items() if latest and latest > self.today}
        name = self._fact(data, at)
        until = data.draw(DAYS)
        if open_now and data.draw(st.integers(0, 4)):
            name = data.draw(st.sampled_from(sorted(open_now)))
            ahead = min(open_now[name], self.today + timedelta(days=60))
            until = data.draw(st.dates(self.today, ahead + timedelta(days=1)))
        today = self.today

        def told(plain: PlainCase) -> list[str]:
            waits, names = self._waits(plain)
            return plain.put_off(
                name, until, waits=waits, names=names, working=CALENDAR.is_working, today=today
            )

        return told, lambda side, case, stamp: snooze(
            side.case_commands, CALENDAR, case, name, until=until, **stamp
        )

    def _waits(self, at: PlainCase) -> tuple[dict[str, tuple[date, date | None]], set[str]]:
        """What somebody waits for in the case: due, and the last day of a reminder in time; all it knows."""
        case = self.sides[0].ledger.case(at.id)
        assert case is not None
        chain = deadlines(case, at.procedure, CALENDAR, today=self.today, bare=True)
        waits = {
            deadline.id: (deadline.due, _last_in_time(deadline.due, [step.at for step in _rungs(at, deadline)]))
            for deadline in chain
            if deadline.due is not None and deadline.state in ("open", "not_due_yet")
        }
        return waits, {deadline.id for deadline in chain}

    def _done(self, data: st.DataObject, at: PlainCase) -> Told:
        fact, on, today = self._fact(data, at), data.draw(DAYS), self.today
        return (
            lambda plain: plain.done(fact, on=on, today=today),
            lambda side, case, stamp: done(side.case_commands, case, fact, on=on, **stamp),
        )

    def _risk(self, data: st.DataObject, at: PlainCase) -> Told:
        on, number, text, body = data.draw(ENTERED), data.draw(PLACES), data.draw(WORDS), data.draw(WORDS)
        given_number = data.draw(NUMBERS)
        today = self.today
        match data.draw(st.integers(0, 6)):
            case 0 | 1:
                direction = data.draw(st.sampled_from(["procurement", "other"]))
                risk = FoundRisk(description=text, number=given_number, direction=direction, body=body)
                return (
                    lambda plain: plain.find(given_number, text, direction, body, on=on, today=today),
                    lambda side, case, stamp: RiskCommands(side.case_commands).find(case, risk, on=on, **stamp),
                )
            case 2:
                likelihood, effect = data.draw(st.integers(0, LEVELS[0] + 1)), data.draw(st.integers(1, 3))
                return (
                    lambda plain: plain.rank(number, likelihood, effect, levels=LEVELS),
                    lambda side, case, stamp: RiskCommands(side.case_commands).rank(
                        case, number, likelihood=likelihood, effect=effect, scale=SCALE, **stamp
                    ),
                )
            case 3:
                measure = SetMeasure(risk=number, action=text, number=given_number)
                return (
                    lambda plain: plain.measure(given_number, number, text),
                    lambda side, case, stamp: RiskCommands(side.case_commands).set_measure(
                        case, measure, **stamp
                    ),
                )
            case 4:
                outcome = data.draw(st.sampled_from(["executed", "partly", "not", "irrelevant"]))
                return (
                    lambda plain: plain.review(number, outcome, on=on, today=today),
                    lambda side, case, stamp: RiskCommands(side.case_commands).review(
                        case, number, outcome=outcome, on=on, **stamp
                    ),
                )
            case 5:
                completed = data.draw(st.booleans())
                return (
                    lambda plain: plain.remove(number, on=on, completed=completed, today=today),
                    lambda side, case, stamp: RiskCommands(side.case_commands).remove(
                        case, number, on=on, completed=completed, **stamp
                    ),
                )
            case _:
                return self._request(data, number, text, body, on)

    def _request(self, data: st.DataObject, number: int, text: str, body: str, on: date) -> Told:
        today, term = self.today, MeasureTerm()
        if data.draw(st.booleans()):
            return (
                lambda plain: plain.ask(number, body, text, on=on, today=today),
                lambda side, case, stamp: RiskCommands(side.case_commands).ask(
                    case, number, body=body, asked=text, term=term, on=on, **stamp
                ),
            )
        return (
            lambda plain: plain.answer(number, text, on=on, today=today),
            lambda side, case, stamp: RiskCommands(side.case_commands).answer(
                case, number, text=text, on=on, **stamp
            ),
        )

    def _register(self, data: st.DataObject, at: PlainCase) -> Told:
        on, number, text, other = data.draw(ENTERED), data.draw(PLACES), data.draw(WORDS), data.draw(WORDS)
        given_number, today = data.draw(NUMBERS), self.today
        match data.draw(st.integers(0, 5)):
            case 0:
                position = ExposedPosition(title=text, number=given_number, holder=other)
                return (
                    lambda plain: plain.expose(given_number, text, other, on=on, today=today),
                    lambda side, case, stamp: RegisterCommands(side.case_commands).expose(
                        case, position, on=on, **stamp
                    ),
                )
            case 1:
                return (
                    lambda plain: plain.clear(number, on=on, today=today),
                    lambda side, case, stamp: RegisterCommands(side.case_commands).clear(
                        case, number, on=on, **stamp
                    ),
                )
            case 2:
                return (
                    lambda plain: plain.talk(number, other, on=on, today=today),
                    lambda side, case, stamp: RegisterCommands(side.case_commands).talk(
                        case, number, on=on, holder=other, **stamp
                    ),
                )
            case 3:
                lines = tuple(data.draw(st.lists(LINES, max_size=2)))
                papers = data.draw(PAPERS) if data.draw(st.booleans()) else ()
                return (
                    lambda plain: plain.chart(lines, papers, on=on, today=today),
                    lambda side, case, stamp: RegisterCommands(side.case_commands).record_cartogram(
                        case, lines, on=on, evidence=papers, **stamp
                    ),
                )
            case 4:
                arguments: dict[str, Any] = {"text": text, "author": "", "source": "site", "on": on}
                return (
                    lambda plain: plain.remark(text, on=on, today=today),
                    lambda side, case, stamp: RegisterCommands(side.case_commands).remark(
                        case, **arguments, **stamp
                    ),
                )
            case _:
                taken = data.draw(st.booleans())
                return (
                    lambda plain: plain.answer_remark(number, taken, text, on=on, today=today),
                    lambda side, case, stamp: RegisterCommands(side.case_commands).answer_remark(
                        case, number, taken=taken, answer=text, on=on, **stamp
                    ),
                )

    # Saying it to both, and looking.

    def _case(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.plain)))

    def _fact(self, data: st.DataObject, at: PlainCase, *, is_recorded: bool = False) -> str:
        """Mostly a name of the case; `is_recorded`: mostly one already recorded."""
        if is_recorded and at.facts and data.draw(st.integers(0, 3)):
            return data.draw(st.sampled_from(sorted(at.facts)))
        return data.draw(st.sampled_from(_facts(at.procedure.id)))

    def _who(self, by: str) -> dict[str, Any]:
        return {"by": by, "now": self.now, "today": self.today}

    def _do(self, data: st.DataObject, by: str, making: Callable[[st.DataObject, PlainCase], Told]) -> None:
        case = self._case(data)
        self._say(case, by, *making(data, self.plain[case]))

    def _say(self, case: str, by: str, expectation: Callable[[PlainCase], list[str]], command: Command) -> None:
        expected = self._expected(case, expectation)
        for side in self.sides:
            _agrees(_answer(lambda side=side: command(side, case, self._who(by))), expected)
        self._look(case)

    def _expected(self, case: str, expectation: Callable[[PlainCase], list[str]]) -> list[str] | Wrong:
        """Execute a command in the model and return its answer."""
        expected: list[str] | Wrong
        try:
            expected = expectation(self.plain[case])
        except Wrong as wrong:
            expected = wrong
        self.seen.update(expected.codes if isinstance(expected, Wrong) else expected or ["again"])
        return expected

    def _race(
        self,
        case: str,
        first: tuple[str, Callable[[PlainCase], list[str]], Command],
        second: tuple[str, Callable[[PlainCase], list[str]], Command],
    ) -> None:
        """The second has read, the first writes, the second comes to write: it decides on what there is."""
        slipped: list[list[Answer]] = []
        answers: list[Answer] = []
        for side in self.sides:
            slips: list[Answer] = []
            side.ledger.first = lambda side=side, slips=slips: slips.append(
                _answer(lambda: first[2](side, case, self._who(first[0])))
            )
            answers.append(_answer(lambda side=side: second[2](side, case, self._who(second[0]))))
            side.ledger.first = None
            slipped.append(slips)
        assert len(slipped[0]) == len(slipped[1])
        # Where the second does not come to write, the first is not let in.
        for answer, other in zip(*slipped, strict=True):
            expected = self._expected(case, first[1])
            _agrees(answer, expected)
            _agrees(other, expected)
            self.seen["conflict"] += bool(answer) and isinstance(answer, list)
        expected = self._expected(case, second[1])
        for answer in answers:
            _agrees(answer, expected)
        self._look(case)

    def _open(
        self,
        procedure: str,
        unit: str,
        object: str,
        facts: dict[str, date],
        planned: dict[str, date],
        by: str,
    ) -> None:
        opening = Opening(procedure=procedure, unit=unit, object=object, facts=facts, planned=planned)
        first_case, two = (_opened(side.case_commands, opening, self._who(by)) for side in self.sides)
        if isinstance(first_case, str) or isinstance(two, str):
            assert first_case == two
            return
        assert replace(first_case, head="") == replace(two, head="")
        edition = library().named(first_case.edition)
        plain = PlainCase(first_case.id, edition, readers={by} if edition.confidential else set())
        plain.kinds = ["opened", *["planned"] * len(planned), *["fact"] * len(facts)]
        assert all(not plain._name(name) for name in (*facts, *planned))
        assert all(on <= self.today for on in facts.values())
        plain.planned = dict(planned)
        for name, on in facts.items():
            plain.record(name, on=on, today=self.today)
            plain.kinds.pop()
        self.plain[first_case.id] = plain
        self._look(first_case.id)

    def _look(self, name: str) -> None:
        """Both ledgers hold what the model holds."""
        plain = self.plain[name]
        memory, stored = self.sides
        case = stored.ledger.case(name)
        assert case is not None
        assert replace(case, head="") == replace(memory.ledger.case(name) or case, head="")
        assert memory.ledger.rows(name) == stored.ledger.rows(name)
        events = stored.ledger.events(name)
        assert [event.kind for event in events] == plain.kinds
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert (case.standing, case.readers, case.exempted) == (plain.standing, plain.readers, plain.free)
        assert {name: (delay.until, delay.due) for name, delay in case.snoozed.items()} == plain.later
        assert dict(case.planned) == plain.planned
        assert {
            fact.name: (
                fact.on,
                {(evidence.kind, evidence.reference): evidence for evidence in fact.evidence},
                fact.values,
                fact.signed_by,
            )
            for fact in case.facts.values()
        } == {key: (fact.on, fact.papers, fact.numbers, fact.signed_by) for key, fact in plain.facts.items()}
        self._look_at_registers(name)
        chain = deadlines(case, plain.procedure, CALENDAR, today=self.today, bare=True)
        for deadline in chain:
            if deadline.id in plain.procedure.by_id and (state := plain.state(deadline.id)):
                assert deadline.state == state, (deadline.id, deadline.state, state)
        current_stage = stage(plain.procedure, case, chain)
        waits = plain.stage()
        order = [stage.id for stage in plain.procedure.stages]
        # What comes back every period may hold the case earlier, or hold it where nothing else does.
        assert (
            current_stage == waits
            or current_stage not in order
            or waits is None
            or order.index(current_stage) < order.index(waits)
        )
        assert waits is None or current_stage != "completed"

    def _look_at_registers(self, name: str) -> None:
        plain = self.plain[name]
        case = self.sides[1].ledger.case(name)
        assert case is not None
        risk_register, people, case_remarks = register(case), exposure(case), remarks(case)
        assert {
            number: (
                risk.description,
                risk.body,
                risk.rank and (risk.rank.likelihood, risk.rank.effect),
                risk.removal and (risk.removal.on, risk.removal.completed),
                risk.request and (risk.request.body, risk.request.asked, risk.request.on),
                (risk.request.answered_on, risk.request.answer)
                if risk.request and risk.request.answered_on
                else None,
            )
            for number, risk in risk_register.risks.items()
        } == {
            number: (risk.said[0], risk.body, risk.rank, risk.removed, risk.asked, risk.answer)
            for number, risk in plain.risks.items()
        }
        assert {
            number: (measure.risk, measure.action) for number, measure in risk_register.measures.items()
        } == plain.measures
        assert {
            (number, review.outcome, review.on)
            for number, of in risk_register.measures.items()
            for review in of.reviews
        } == plain.reviews
        assert {
            number: (position.title, position.holder, position.cleared_on is None)
            for number, position in people.positions.items()
        } == plain.positions
        assert {
            (number, talk.holder, talk.on) for number, of in people.positions.items() for talk in of.talks
        } == plain.talks
        assert (people.cartogram and (people.cartogram.on, people.cartogram.lines)) == plain.map
        assert {number: (remark.text, remark.on) for number, remark in case_remarks.items()} == plain.remarks
        assert {
            number: (remark.answered_on, remark.taken, remark.answer)
            for number, remark in case_remarks.items()
            if remark.answered_on is not None
        } == plain.answers


def _rungs(at: PlainCase, deadline: Deadline) -> Iterable[Step]:
    return at.procedure.ladders[deadline.obligation.ladder].rungs


def _last_in_time(due: date, rungs: Iterable[int]) -> date | None:
    """The last of the days so many working days before a due date; without any, the last working day by it.

    None where that was before the first day on record.
    """
    days = []
    for offset in [at for at in rungs if at <= 0] or [0]:
        day, days_left = due, -offset
        while days_left or (offset == 0 and not _works(day)):
            day -= timedelta(days=1)
            days_left -= 1 if days_left and _works(day) else 0
        days.append(day)
    return last if (last := max(days)) >= FIRST else None


def _works(day: date) -> bool:
    """Before the first day on record every day does, so that counting back ends."""
    return day < FIRST or CALENDAR.is_working(day)


Answer = list[str] | str
"""The kinds of the events written, or the code of the refusal."""


def _answer(command: Callable[[], Change]) -> Answer:
    """Whatever is raised must have a code, that is, a sentence; anything else is raised on."""
    try:
        return [event.kind for event in command().events]
    except Exception as refusal:
        if isinstance(code := getattr(refusal, "code", None), str):
            return code
        raise


def _agrees(answer: Answer, expected: list[str] | Wrong) -> None:
    if isinstance(expected, Wrong):
        assert {str(answer)} <= expected.codes, f"{answer}, expected {expected}"
    else:
        assert answer == expected


def _opened(case_commands: CaseCommands, opening: Opening, stamp: dict[str, Any]) -> Case | str:
    try:
        return case_commands.open(opening, **stamp)
    except (Refusal, OutOfRange) as refusal:
        return refusal.code


def pattern(folder: Path) -> Path:
    """A database of the office without a case."""
    file = folder / "pattern.sqlite"
    engine = open_database(f"sqlite:///{file.as_posix()}")
    create_or_migrate(engine)
    office_store.save(engine, units=UNITS, people=[])
    engine.dispose()
    return file


def run(file: Path, *, examples: int, steps: int, repeatable: bool) -> None:
    """So many stories of so many commands each; the first that fails is shortened and raised."""
    Orders.pattern = file
    run_state_machine_as_test(
        Orders,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=repeatable,
            database=None,
            deadline=None,
            # To shorten a story takes minutes; what fails in the tests is shortened by the long run.
            phases=(Phase.generate,) if repeatable else (Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )


def main() -> None:
    """Stories until the minutes are over."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    until, stories = time.monotonic() + minutes * 60, 0
    with tempfile.TemporaryDirectory(prefix="merzim-orders-") as name:
        file = pattern(Path(name))
        while time.monotonic() < until:
            run(file, examples=50, steps=60, repeatable=False)
            stories += 50
            print(f"  {stories} stories of up to 60 commands", flush=True)
    for name, count in sorted(Orders.seen.items(), key=lambda entry: -entry[1]):
        print(f"  {count:>8,} {name}")
    print(f"  {stories} stories: both ledgers, the model and their rebuild agreed")


if __name__ == "__main__":
    main()
