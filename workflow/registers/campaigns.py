"""A started campaign: many people are asked to confirm or fill in one thing by a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from workflow.law.procedure import Text
from workflow.org.office import Office, Person
from workflow.registers.definition import Campaign
from workflow.search_words import normalise, search_words

AnswerState = Literal["awaited", "answered", "left"]
"""Status of a person in a campaign: answer awaited, given, or no longer required because they left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StartedCampaign:
    """A campaign of a register.

    Attributes:
        id: year and number: `2026-001`.
        version: of the register that defines its `kind` of campaign.
        units: units whose people are asked, with all units below; () is the whole office.
        title: the officer's title; "" for the title from the register.
        until: the last day on which answers are accepted.
        document: the document to read: `{"link": ...}`, a stored file, or {} for none; "duties", "posts": of
            these units only those who hold one of the duties, or whose post has all words of one of the texts.
        given: values for every row, entered by the officer.
        wave: number of reminders and reopenings; 0 after the invitation alone.
    """

    id: str
    register_id: str
    version: str
    kind: str
    title: str
    units: Sequence[str]
    until: date
    document: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, object] = field(default_factory=dict)
    started_on: date
    started_by: str
    closed_on: date | None = None
    wave: int = 0

    def titled(self, kind: Campaign) -> Text:
        """Return its title; a title written by the officer is the same in every language."""
        return Text(self.title, self.title, self.title) if self.title else kind.title

    @property
    def duties(self) -> Sequence[str]:
        return tuple(self.document.get("duties", ()))

    @property
    def posts(self) -> Sequence[str]:
        return tuple(self.document.get("posts", ()))

    def is_open(self, today: date) -> bool:
        """Return whether answers are accepted on a day."""
        return self.closed_on is None and today <= self.until


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignPerson:
    """A person asked in a campaign.

    Attributes:
        number: the number in their link, in place of their key.
        version: number of answers given, including withdrawn ones; a link is valid for one answer.
        answer: id of the row their answer added; answered_at: its moment.
        written: the wave (`StartedCampaign.wave`) they were last written to in; -1 before their invitation.
        reached: whether a channel had an address for them when last checked.
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

    @property
    def state(self) -> AnswerState:
        return state_of(has_answer=bool(self.answer), has_left=self.left_on is not None)


def state_of(*, has_answer: bool, has_left: bool) -> AnswerState:
    """Return somebody's status in a campaign; an answer counts even after they left."""
    if has_answer:
        return "answered"
    return "left" if has_left else "awaited"


def word_of_state(state: str, *, is_open: bool) -> str:
    """Return the code of the word for a state: in a campaign that has ended nobody is awaited any more."""
    return "unanswered" if state == "awaited" and not is_open else state


def people_asked(office: Office, campaign: StartedCampaign) -> Iterator[Person]:
    """Yield the people of the office that a campaign asks."""
    return filter(asked_by(office, campaign), office.people.values())


def asked_by(office: Office, campaign: StartedCampaign) -> Callable[[Person], bool]:
    """Return the function that says whether a campaign asks a person of the office."""
    units, duties, posts = campaign.units, {*campaign.duties}, [*map(search_words, campaign.posts)]
    inside = {unit for root in units for unit in office.whose_cases(root)} if units else office.units

    def is_asked(person: Person) -> bool:
        if person.unit not in inside:
            return False
        if not (duties or posts) or not duties.isdisjoint(person.duties):
            return True
        post = normalise(" ".join((person.post, person.post_kk, person.post_ru))) if posts else ""
        return any(all(word in post for word in words) for words in posts)

    return is_asked
