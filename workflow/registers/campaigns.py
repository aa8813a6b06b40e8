"""A campaign under way: many people are asked to confirm or fill in one thing until a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from workflow.law.procedure import Text
from workflow.org.office import Office, Person
from workflow.registers.definition import Campaign

AnswerState = Literal["awaited", "answered", "left"]
"""How somebody stands in a campaign: their answer is awaited, is there, or is not asked for since they left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StartedCampaign:
    """A campaign of a register.

    Attributes:
        id: year and number: `2026-001`.
        version: of the register, whose `kind` of campaign it is.
        units: whose people are asked, with all below them.
        title: as the officer called it; "" for the title the register gives it.
        until: the last day an answer is taken.
        document: what is to be read: `{"link": ...}`, a stored file, or {} for none; "eds": whether the answer
            may be signed with a digital signature.
        given: values of every row, as the officer gave them.
        wave: how many reminders were asked for; the invitation is 0.
    """

    id: str
    register: str
    version: str
    kind: str
    title: str
    units: tuple[str, ...]
    until: date
    document: Mapping[str, object] = field(default_factory=dict)
    given: Mapping[str, object] = field(default_factory=dict)
    started_on: date
    started_by: str
    closed_on: date | None = None
    wave: int = 0

    def titled(self, kind: Campaign) -> Text:
        """Return what it is called; what the officer wrote is the same in every language."""
        return Text(self.title, self.title, self.title) if self.title else kind.title

    @property
    def eds(self) -> bool:
        """Whether the answer may be signed with a digital signature."""
        return bool(self.document.get("eds"))

    def is_open(self, today: date) -> bool:
        """Return whether answers are taken on a day."""
        return self.closed_on is None and today <= self.until


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignPerson:
    """Somebody a campaign asks.

    Attributes:
        number: what stands in their link instead of their key.
        version: how many answers they gave, withdrawn ones too; a link is good for one of them.
        answer: the row their answer added; answered_at: when.
        reached: whether a channel had an address of theirs when the people or their letter were last looked at.
        search: their name as searches compare it; "" where an older version wrote it, until the next round.
    """

    campaign: str
    person: str
    number: int
    name: str
    unit: str
    post: str
    joined_on: date
    left_on: date | None = None
    version: int = 0
    answer: str = ""
    answered_at: datetime | None = None
    written: int = -1
    reached: bool = False
    search: str = ""

    @property
    def state(self) -> AnswerState:
        """How they stand in the campaign."""
        if self.answer:
            return "answered"
        return "left" if self.left_on is not None else "awaited"


def people_asked(office: Office, units: Sequence[str]) -> Iterator[Person]:
    """Yield the people of these units and of all below them."""
    inside = {unit for root in units for unit in office.whose_cases(root)} if units else set(office.units)
    return (person for person in office.people.values() if person.unit in inside)
