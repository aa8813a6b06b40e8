"""Plain model of a case: expected answers and stored events, written independently of the product.

Each command lists first everything that is wrong with it (`wrong`), then the events it writes; a case is plain
dictionaries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from workflow.cases.case import Evidence
from workflow.law.procedure import Obligation, Procedure

FIRST, LAST = date(2010, 1, 1), date(2028, 12, 31)
PERIODS = {
    "month": r"\d{4}-(0[1-9]|1[0-2])",
    "quarter": r"\d{4}Q[1-4]",
    "half-year": r"\d{4}H[12]",
    "year": r"\d{4}",
}
DUTIES = frozenset({"head", "deputy", "chief_of_staff", "authorised_person"})
"""Some of what a person may hold; the people here sign as these or as nobody."""


class Wrong(Exception):
    """The command must be refused, by one of these codes."""

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__(", ".join(sorted(codes)))
        self.codes = frozenset(codes)


@dataclass
class PlainFact:
    on: date
    papers: dict[tuple[str, str], Evidence] = field(default_factory=dict)
    numbers: dict[str, Decimal] = field(default_factory=dict)
    signed_by: str = ""


@dataclass
class PlainRisk:
    said: tuple[str, str]
    body: str = ""
    rank: tuple[int, int] | None = None
    removed: tuple[date, bool] | None = None
    asked: tuple[str, str, date] | None = None
    answer: tuple[date, str] | None = None


@dataclass
class PlainCase:
    """One case. `kinds` are the events of its chain so far."""

    id: str
    procedure: Procedure
    standing: str = "active"
    readers: set[str] = field(default_factory=set)
    facts: dict[str, PlainFact] = field(default_factory=dict)
    planned: dict[str, date] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    later: dict[str, tuple[date, date]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    risks: dict[int, PlainRisk] = field(default_factory=dict)
    measures: dict[int, tuple[int, str]] = field(default_factory=dict)
    reviews: set[tuple[int, str, date]] = field(default_factory=set)
    positions: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    talks: set[tuple[int, str, date]] = field(default_factory=set)
    remarks: dict[int, tuple[str, date]] = field(default_factory=dict)
    answers: dict[int, tuple[date, bool, str]] = field(default_factory=dict)
    map: tuple[date, tuple[object, ...]] | None = None
    map_papers: dict[date, dict[tuple[str, str], Evidence]] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)

    # Facts.

    def record(
        self,
        fact: str,
        *,
        on: date,
        today: date,
        evidence: tuple[Evidence, ...] = (),
        values: Mapping[str, Decimal] | None = None,
        signed_by: str = "",
        remark: str = "",
    ) -> list[str]:
        numbers = dict(values or {})
        wrong = {*self._name(fact), *self._told(fact, numbers, signed_by), *_day(on)}
        if on > today:
            wrong.add("fact_in_future")
        for paper in evidence:
            if paper.published_on is not None:
                wrong |= _day(paper.published_on)
                if paper.published_on > today:
                    wrong.add("evidence_in_future")
        recorded_fact = self.facts.get(fact)
        question = self.procedure.answered_by.get(fact)
        if question and any(option.fact != fact and option.fact in self.facts for option in question.options):
            wrong.add("answered_otherwise")
        if recorded_fact is not None:
            if recorded_fact.on != on:
                wrong.add("fact_known")
            if any(recorded_fact.numbers.get(name, number) != number for name, number in numbers.items()):
                wrong.add("value_known")
            if signed_by and recorded_fact.signed_by not in ("", signed_by):
                wrong.add("signatory_known")
        _refuse(wrong)
        if recorded_fact is None:
            recorded_fact = self.facts[fact] = PlainFact(on)
            kind = "fact"
        else:
            kind = "evidence"
            new = any(recorded_fact.papers.get((paper.kind, paper.reference)) != paper for paper in evidence)
            has_new_numbers = any(name not in recorded_fact.numbers for name in numbers)
            if not (new or has_new_numbers or remark or (signed_by and not recorded_fact.signed_by)):
                return []
        recorded_fact.papers.update({(paper.kind, paper.reference): paper for paper in evidence})
        recorded_fact.numbers.update(numbers)
        recorded_fact.signed_by = signed_by or recorded_fact.signed_by
        return self._wrote(kind)

    def correct(
        self,
        fact: str,
        *,
        on: date,
        ground: str,
        today: date,
        values: Mapping[str, Decimal] | None = None,
        signed_by: str = "",
    ) -> list[str]:
        numbers = dict(values or {})
        wrong = {*self._name(fact), *self._told(fact, numbers, signed_by), *_day(on), *_ground(ground)}
        if on > today:
            wrong.add("fact_in_future")
        recorded_fact = self.facts.get(fact)
        if recorded_fact is None:
            wrong.add("nothing_to_correct")
        _refuse(wrong)
        assert recorded_fact is not None
        same = all(recorded_fact.numbers.get(name) == number for name, number in numbers.items())
        if recorded_fact.on == on and same and signed_by in ("", recorded_fact.signed_by):
            return []
        recorded_fact.on = on
        recorded_fact.numbers.update(numbers)
        recorded_fact.signed_by = signed_by or recorded_fact.signed_by
        return self._wrote("corrected")

    def done(self, fact: str, *, on: date, today: date) -> list[str]:
        """Recorded by hand with evidence to follow: promised where evidence is required."""
        wrote = self.record(fact, on=on, today=today)
        if wrote and self.procedure.by_id[fact.partition(".")[0]].evidence:
            return [*wrote, *self._wrote("notice")]
        return wrote

    def replan(self, fact: str, *, on: date) -> list[str]:
        _refuse({*self._name(fact), *_day(on)})
        if self.planned.get(fact) == on:
            return []
        self.planned[fact] = on
        return self._wrote("planned")

    # Commands.

    def cancel(self, *, ground: str) -> list[str]:
        _refuse({*_ground(ground), *self._standing("cannot_cancel", active=True)})
        self.standing = "cancelled"
        return self._wrote("cancelled")

    def exempt(self, *, ground: str, obligation: str = "") -> list[str]:
        wrong = {*_ground(ground), *self._standing("cannot_exempt", active=True)}
        if obligation:
            name, dot, _ = obligation.partition(".")
            if name not in self.procedure.by_id:
                wrong.add("unknown_obligation")
            elif dot:
                wrong |= self._name(obligation)
        _refuse(wrong)
        if obligation in self.free:
            return []
        if obligation:
            self.free.add(obligation)
        else:
            self.standing = "exempted"
        return self._wrote("exempted")

    def reopen(self, *, ground: str, obligation: str = "") -> list[str]:
        if obligation:
            return self._ask_again(obligation, ground)
        _refuse({*_ground(ground), *self._standing("cannot_reopen", active=False)})
        self.standing = "active"
        return self._wrote("reopened")

    def _ask_again(self, obligation: str, ground: str) -> list[str]:
        wrong = {*_ground(ground), *self._standing("cannot_reopen_one", active=True)}
        if obligation.partition(".")[0] not in self.procedure.by_id:
            wrong.add("unknown_obligation")
        if obligation not in self.free:
            wrong.add("not_exempted" if self.free else "nothing_exempted")
        _refuse(wrong)
        self.free.discard(obligation)
        return self._wrote("reopened")

    def put_off(
        self,
        obligation: str,
        until: date,
        *,
        waits: Mapping[str, tuple[date, date | None]],
        names: Container[str],
        working: Callable[[date], bool],
        today: date,
    ) -> list[str]:
        """`waits`: what somebody waits for: its due date, and the last day on which a reminder is in time.

        None where that was before all days on record.
        """
        if obligation not in names:
            _refuse({"unknown_obligation"})
        if obligation not in waits:
            _refuse({"put_off_not_open"})
        due, latest = waits[obligation]
        wrong = {"put_off_too_late"} if latest is None or latest <= today else set()
        if until <= today:
            _refuse(wrong | {"put_off_not_ahead"})
        while latest and until < latest and not working(until):
            until += timedelta(days=1)
        if latest and until > latest:
            wrong.add("put_off_too_far")
        _refuse(wrong)
        if self.later.get(obligation) == (until, due):
            return []
        self.later[obligation] = until, due
        return self._wrote("notice")

    def name_reader(self, person: str) -> list[str]:
        if not (self.procedure.confidential or self._restricted()) or person in self.readers:
            return []
        self.readers.add(person)
        return self._wrote("reader_named")

    def remove_reader(self, person: str, *, ground: str) -> list[str]:
        _refuse(_ground(ground))
        if person not in self.readers:
            return []
        self.readers.discard(person)
        return self._wrote("reader_removed")

    def acknowledge(self, obligation: str, notice: str) -> list[str]:
        if notice in self.read:
            return []
        # A letter about the case as a whole, as of a comment on it, names no obligation.
        is_known = not obligation or obligation.partition(".")[0] in self.procedure.by_id
        _refuse(set() if is_known else {"unknown_obligation"})
        self.read.add(notice)
        return self._wrote("notice")

    # The registers.

    def find(
        self, number: int | None, description: str, direction: str, body: str, *, on: date, today: date
    ) -> list[str]:
        wrong = _ahead(on, today) | _day(on)
        if not description.strip():
            wrong.add("risk.nothing_described")
        _refuse(wrong)
        number = number or max(self.risks, default=0) + 1
        wording, body = (description.strip(), direction), body.strip()
        risk = self.risks.get(number)
        if risk is not None and risk.said == wording and risk.body == body:
            return []
        if risk is None:
            self.risks[number] = PlainRisk(wording, body)
        else:
            risk.said, risk.body = wording, body
        return self._wrote("risk_found")

    def rank(self, number: int, likelihood: int, effect: int, *, levels: tuple[int, int]) -> list[str]:
        wrong = self._risk(number)
        if not (1 <= likelihood <= levels[0] and 1 <= effect <= levels[1]):
            wrong.add("risk.no_such_level")
        _refuse(wrong)
        if self.risks[number].rank == (likelihood, effect):
            return []
        self.risks[number].rank = likelihood, effect
        return self._wrote("risk_ranked")

    def measure(self, number: int | None, risk: int, action: str) -> list[str]:
        wrong = self._risk(risk)
        if not action.strip():
            wrong.add("risk.nothing_to_do")
        _refuse(wrong)
        number = number or max(self.measures, default=0) + 1
        if self.measures.get(number) == (risk, action.strip()):
            return []
        self.measures[number] = risk, action.strip()
        return self._wrote("measure_set")

    def review(self, number: int, outcome: str, *, on: date, today: date) -> list[str]:
        wrong = _ahead(on, today) | _day(on)
        if number not in self.measures:
            wrong.add("risk.unknown_measure")
        _refuse(wrong)
        review = number, outcome, on
        if review in self.reviews:
            return []
        self.reviews.add(review)
        return self._wrote("measure_reviewed")

    def remove(self, number: int, *, on: date, completed: bool, today: date) -> list[str]:
        _refuse(_ahead(on, today) | _day(on) | self._risk(number))
        if self.risks[number].removed == (on, completed):
            return []
        self.risks[number].removed = on, completed
        return self._wrote("risk_removed")

    def ask(self, number: int, body: str, question: str, *, on: date, today: date) -> list[str]:
        wrong = _ahead(on, today) | _day(on) | self._risk(number)
        risk = self.risks.get(number)
        to, question = body.strip() or (risk.body if risk else ""), question.strip()
        if risk is not None and not to:
            wrong.add("risk.no_body")
        if not question:
            wrong.add("risk.field_empty")
        _refuse(wrong)
        assert risk is not None
        if risk.asked == (to, question, on):
            return []
        risk.asked, risk.answer = (to, question, on), None
        risk.body = risk.body or to
        return self._wrote("request_sent")

    def answer(self, number: int, text: str, *, on: date, today: date) -> list[str]:
        wrong = _ahead(on, today) | _day(on) | self._risk(number)
        risk = self.risks.get(number)
        if risk is not None and risk.asked is None:
            wrong.add("risk.no_request")
        if risk is not None and risk.asked is not None and on < risk.asked[2]:
            wrong.add("risk.answer_before_request")
        _refuse(wrong)
        assert risk is not None
        if risk.answer == (on, text.strip()):
            return []
        risk.answer = on, text.strip()
        return self._wrote("request_answered")

    def expose(self, number: int | None, title: str, holder: str, *, on: date, today: date) -> list[str]:
        wrong = _ahead(on, today) | _day(on)
        if not title.strip():
            wrong.add("risk.nothing_said")
        _refuse(wrong)
        number = number or max(self.positions, default=0) + 1
        position = title.strip(), holder.strip(), True
        if self.positions.get(number) == position:
            return []
        self.positions[number] = position
        return self._wrote("position_exposed")

    def clear(self, number: int, *, on: date, today: date) -> list[str]:
        _refuse(_ahead(on, today) | _day(on) | self._position(number))
        title, holder, is_listed = self.positions[number]
        if not is_listed:
            return []
        self.positions[number] = title, holder, False
        return self._wrote("position_cleared")

    def talk(self, number: int, holder: str, *, on: date, today: date) -> list[str]:
        wrong = _ahead(on, today) | _day(on) | self._position(number)
        talk_holder = holder.strip() or (self.positions[number][1] if number in self.positions else "")
        if number in self.positions and not talk_holder:
            wrong.add("risk.nobody_holds")
        _refuse(wrong)
        talk = number, talk_holder, on
        if talk in self.talks:
            return []
        self.talks.add(talk)
        return self._wrote("talk_held")

    def chart(
        self, lines: tuple[object, ...], papers: tuple[Evidence, ...], *, on: date, today: date
    ) -> list[str]:
        """The cartogram; with a document it is always something new."""
        _refuse(_ahead(on, today) | _day(on))
        if self.map == (on, lines) and not papers:
            return []
        of_that_day = self.map_papers.setdefault(on, {})
        of_that_day.update({(paper.kind, paper.reference): paper for paper in papers})
        self.map = on, lines
        return self._wrote("cartogram_recorded")

    def remark(self, text: str, *, on: date, today: date) -> list[str]:
        wrong = _ahead(on, today) | _day(on)
        if not text.strip():
            wrong.add("risk.nothing_said")
        _refuse(wrong)
        remark = text.strip(), on
        if remark in self.remarks.values():
            return []
        self.remarks[max(self.remarks, default=0) + 1] = remark
        return self._wrote("remark_made")

    def answer_remark(self, number: int, taken: bool, answer: str, *, on: date, today: date) -> list[str]:
        wrong = _ahead(on, today) | _day(on)
        if number not in self.remarks:
            wrong.add("risk.unknown_remark")
        if not taken and not answer.strip():
            wrong.add("risk.why_not")
        _refuse(wrong)
        reply = on, taken, answer.strip()
        if self.answers.get(number) == reply:
            return []
        self.answers[number] = reply
        return self._wrote("remark_answered")

    # What it comes to.

    def state(self, name: str) -> str | None:
        """Status of an obligation that every case has once; None where this model cannot decide."""
        obligation = self.procedure.by_id[name]
        if (
            obligation.recurs
            or obligation.occasional
            or obligation.when
            or obligation.by_itself
            or obligation.bodies
            or obligation.by_agreement
        ):
            return None
        if obligation.only_for or type(obligation.term).__name__ in ("Standing", "Target", "Window"):
            return None
        if self._holds(name):
            return "done"
        if self.standing != "active" or name in self.free:
            return "not_required"
        if obligation.since and self.procedure.by_id.get(obligation.since, obligation).recurs:
            return None
        if self._lost_its_anchor(obligation):
            return "not_required"
        return "missed" if self._lapsed(obligation) else "open"

    def _holds(self, name: str) -> bool:
        """Whether it is recorded, answered, or answered by another fact."""
        obligation = self.procedure.by_id[name]
        names = (name, *obligation.also_by, *(option.fact for option in obligation.options))
        return any(fact in self.facts for fact in names)

    def _is_gone(self, name: str) -> bool:
        """Whether nothing is left to count from it: exempted, missed, or itself counted from such."""
        obligation = self.procedure.by_id.get(name)
        if obligation is None or self._holds(name):
            return False
        return name in self.free or self._lapsed(obligation) or self._lost_its_anchor(obligation)

    def _lapsed(self, obligation: Obligation) -> bool:
        """Whether what it lapses with is recorded, or answered by another fact: a discussion by a council's."""
        last = obligation.lapses_with
        if not last:
            return False
        also = self.procedure.by_id[last].also_by if last in self.procedure.by_id else ()
        return any(fact in self.facts for fact in (last, *also))

    def _lost_its_anchor(self, obligation: Obligation) -> bool:
        """Whether what it counts from will never come; an embargo delays nothing then."""
        delayed = type(obligation.term).__name__ == "Embargo"
        return bool(obligation.since and not delayed and self._is_gone(obligation.since))

    def stage(self) -> str | None:
        """The first stage that waits for something asked once; None where none does."""
        if self.standing != "active":
            return self.standing
        waiting = {
            obligation.stage
            for obligation in self.procedure.obligations
            if obligation.blocking and self.state(obligation.id) == "open"
        }
        return next((stage.id for stage in self.procedure.stages if stage.id in waiting), None)

    def _wrote(self, kind: str) -> list[str]:
        self.kinds.append(kind)
        return [kind]

    def _name(self, fact: str) -> set[str]:
        name, dot, period = fact.partition(".")
        obligation = self.procedure.by_id.get(name)
        if obligation is None:
            return {"unknown_fact"}
        if obligation.options:
            return {"fact_is_decision"}
        if obligation.recurs is None:
            return {"fact_without_period"} if dot else set()
        period, repeat_mark, number = period.partition("#")
        wrong = set()
        if not re.fullmatch(PERIODS[obligation.recurs.every], period):
            wrong.add("fact_needs_period")
        if repeat_mark and not (obligation.several or type(obligation.term).__name__ == "PerPeriod"):
            wrong.add("fact_once_a_period")
        if repeat_mark and not (
            number.isascii() and number.isdigit() and int(number) >= 2 and number[0] != "0"
        ):
            wrong.add("fact_number_from_two")
        return wrong

    def _told(self, fact: str, numbers: Mapping[str, Decimal], signed_by: str) -> set[str]:
        obligation = self.procedure.by_id.get(fact.partition(".")[0])
        wrong = set()
        if obligation is not None and any(name not in obligation.values for name in numbers):
            wrong.add("unknown_value" if obligation.values else "fact_without_values")
        if signed_by and signed_by not in DUTIES:
            wrong.add("unknown_duty")
        return wrong

    def _standing(self, code: str, *, active: bool) -> set[str]:
        return set() if (self.standing == "active") is active else {code}

    def _risk(self, number: int) -> set[str]:
        return set() if number in self.risks else {"risk.unknown_risk"}

    def _position(self, number: int) -> set[str]:
        return set() if number in self.positions else {"risk.unknown_position"}

    def _restricted(self) -> bool:
        places = [*(fact.papers for fact in self.facts.values()), *self.map_papers.values()]
        return any(paper.restricted for papers in places for paper in papers.values())


def _refuse(wrong: set[str]) -> None:
    if wrong:
        raise Wrong(wrong)


def _day(on: date) -> set[str]:
    return set() if FIRST <= on <= LAST else {"out_of_range"}


def _ahead(on: date, today: date) -> set[str]:
    return {"risk.in_future"} if on > today else set()


def _ground(ground: str) -> set[str]:
    return set() if ground.strip() else {"ground_missing"}
