"""What the administration asks of the house, over the office in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from notifications.notice import Outcome
from storage.org.store import Saved
from storage.refusals import ChangedMeanwhile
from tests.web.memory import Memory
from web.ports.administration import ChannelInUse, Falling, RulesInForce, TelegramOffer
from workflow.org.office import Office, Person, Unit
from workflow.org.office_time import Hours


@dataclass
class StaffInMemory:
    """Units and people over the memory's office."""

    memory: Memory
    written: list[tuple[str, str, str]] = field(default_factory=list)

    def _change(self, kind: str, name: str, by: str, **changes: object) -> None:
        self.memory.the_office = replace(self.memory.the_office, **changes)  # type: ignore[arg-type]
        self.written.append((kind, name, by))

    @property
    def office(self) -> Office:
        return self.memory.the_office

    def keep_unit(self, unit: Unit, *, was: Unit | None, by: str, now: datetime, today: date) -> None:
        _same(self.office.units.get(unit.id), was, unit.name)
        self._change("unit_saved", unit.id, by, units={**self.office.units, unit.id: unit})

    def remove_unit(self, unit: Unit, *, by: str, now: datetime, today: date) -> None:
        units = {id: one for id, one in self.office.units.items() if id != unit.id}
        self._change("unit_removed", unit.id, by, units=units)

    def keep_person(self, person: Person, *, was: Person | None, by: str, now: datetime, today: date) -> None:
        _same(self.office.people.get(person.key), was, person.name)
        self._change("person_saved", person.key, by, people={**self.office.people, person.key: person})

    def remove_person(self, person: Person, *, by: str, now: datetime, today: date) -> None:
        people = {key: one for key, one in self.office.people.items() if key != person.key}
        self._change("person_removed", person.key, by, people=people)

    def take_in(self, units: list[Unit], people: list[Person], *, by: str, now: datetime, today: date) -> Saved:
        self._change("table_taken", "", by, units={**self.office.units, **{one.id: one for one in units}})
        self._change("table_taken", "", by, people={**self.office.people, **{one.key: one for one in people}})
        return Saved(added=len(units) + len(people))


def _same(stored: object, was: object, name: str) -> None:
    if stored != was:
        raise ChangedMeanwhile("office_changed_meanwhile", name=name)


@dataclass
class AdministrationInMemory:
    """The rest: one channel, a bot, nobody linked."""

    memory: Memory
    staff: StaffInMemory = field(init=False)
    address: str = "https://merzim.example.kz"
    domain: str = "merzim.example.kz"
    hours: Hours = (time(9), time(18))
    falling: Sequence[Falling] = ()
    sent: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.staff = StaffInMemory(self.memory)

    def falls(self, person: str, *, today: date) -> Sequence[Falling]:
        return self.falling

    def cases_of(self, unit: str) -> int:
        return sum(case.unit == unit for case in self.memory.cases())

    def channels(self) -> Sequence[ChannelInUse]:
        return [ChannelInUse(name="folder", settings={"path": "var/letters"})]

    def test(self, channel: str, person: Person, *, language: str, now: datetime) -> Outcome:
        self.sent.append(person)
        return Outcome(state="sent", answer="250 ok")

    def settings(self) -> Sequence[tuple[str, str]]:
        return [("office.name", "Министрлік")]

    def rules(self) -> Sequence[RulesInForce]:
        return [
            RulesInForce(name="ours.toml", on=date(2026, 1, 12), by="admin", text="<script>alert(1)</script>")
        ]

    def telegram(self, person: str, *, now: datetime) -> TelegramOffer:
        return TelegramOffer(
            code="ABCD2345WXYZ", address="https://t.me/b?start=x", until=now + timedelta(minutes=10)
        )

    def linked(self, person: str) -> bool | None:
        return False

    def unlink(self, person: str, *, by: str, now: datetime) -> None:
        pass
