"""Letters to people about their own accounts: sent at once, to them alone, in their language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from notifications.event_notices import account_notices
from notifications.notice import Notice, Outcome
from tests.notifications.sample_office import AIGUL, DANA, OFFICER, PEOPLE, RULES, Shelf, Town
from workflow.org.office import Person

SUNDAY = date(2026, 4, 5)
NIGHT = datetime(2026, 4, 5, 21, 30, tzinfo=UTC)
"""02:30 of Monday in Almaty."""


class OfficersShelf(Shelf):
    """Another channel, which reaches the officer alone."""

    @property
    def name(self) -> str:
        return "other"

    def address(self, person: Person) -> str | None:
        return person.email if person == OFFICER else None


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    new_town = Town(tmp_path, people=PEOPLE)
    yield new_town
    new_town.close()


def about(
    person: Person, shelf: Shelf, event: str = "recovery_code_used", **facts: object
) -> tuple[Notice, ...]:
    """Notices about the account `login` of a person."""
    details: Mapping[str, object] = facts or {"left": 9}
    return account_notices(
        person, [shelf], RULES, login="login", event=event, facts=details, now=NIGHT, today=SUNDAY
    )


def test_it_is_tried_again_at_night_too(town: Town) -> None:
    """A server that is away for a minute does not put it off until the morning."""
    shelf = Shelf(Outcome(state="queued", answer="421 later"))
    town.outbox.add(about(AIGUL, shelf))
    town.deliver([shelf], date(2026, 4, 6), at=NIGHT)
    (waiting,) = town.notices()

    assert waiting.not_before == datetime(2026, 4, 5, 21, 31, tzinfo=UTC)


def test_what_does_not_arrive_is_no_news_for_the_officer(town: Town) -> None:
    """It is the account of somebody else."""
    town.rules = replace(RULES, officer=OFFICER.key)
    email, other = Shelf(Outcome(state="failed", answer="550 no such box")), OfficersShelf()
    town.outbox.add(about(AIGUL, email))
    town.deliver([email, other], date(2026, 4, 6), at=NIGHT)

    assert [(notice.person, notice.state) for notice in town.notices()] == [(AIGUL.key, "failed")]


@pytest.mark.parametrize(
    ("person", "event", "facts", "says"),
    [
        (AIGUL, "recovery_code_used", {"left": 9}, ("қалпына келтіру", "06.04.2026, 02:30", "9")),
        (DANA, "removed", {"by": "asel"}, ("second factor", "asel")),
        (DANA, "removed", {"by": "root"}, ("second factor", "root")),
    ],
)
def test_it_leaves_at_night_and_says_what_happened_when_and_by_whom(
    town: Town, person: Person, event: str, facts: dict[str, object], says: tuple[str, ...]
) -> None:
    """In the reader's language, with the clocks of the office, and a link to their account: an intruder does
    not wait for office hours."""
    shelf = Shelf()
    town.outbox.add(about(person, shelf, event, **facts))
    town.deliver([shelf], date(2026, 4, 6), at=NIGHT)
    (parcel,) = shelf.kept
    text = parcel.letter.text

    assert parcel.letter.language == person.language
    assert all(word in text for word in (*says, person.name, "login", f"{RULES.public_address}/account"))
    assert "{" not in text + parcel.letter.subject


@pytest.mark.parametrize(
    ("until", "sent"), [("2026-04-05T19:30:00+00:00", 1), ("2026-04-05T18:30:00+00:00", 0)]
)
def test_an_invitation_late_by_days_leaves_on_the_day_its_link_ends_in_almaty(
    town: Town, until: str, sent: int
) -> None:
    """0:30 on Monday by the clock there; not where it ended at 23:30 on Sunday."""
    shelf = Shelf()
    town.outbox.add(about(AIGUL, shelf, "invited", until=until, office="ЦОД", way="oidc", link=""))
    town.deliver([shelf], date(2026, 4, 6), at=NIGHT)

    assert len(shelf.kept) == sent
