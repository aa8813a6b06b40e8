"""Delivery: each notice once, retried after temporary failures, dropped when no longer needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from notifications.channels import Outcomes, OutgoingMessage
from notifications.channels.folder import channel as folder
from notifications.delivery import deliver
from notifications.notice import Notice, Outcome, message_id
from notifications.rules import BACK_OFF
from tests.notifications.sample_office import (
    AIGUL,
    FIVE_BEFORE,
    OFFICER,
    RULES,
    OfficersShelf,
    Shelf,
    Town,
    at_noon,
    noon,
)
from tests.notifications.servers import Office, free_port, mail, serving
from workflow.cases.case import Case
from workflow.cases.commands import recording
from workflow.scoring.prospects import Stake, StakeOf

LATER = Outcome(state="queued", answer="451 later")
NINE = datetime(2026, 3, 18, 4, tzinfo=UTC)


def the_notice(town: Town) -> Notice:
    (notice,) = town.items()
    return notice


def ten(unit: str, indicator: str | None, period: str | None, due: date | None) -> Stake | None:
    """Ten points are at stake by whatever counts for an indicator."""
    return Stake(Decimal(10), deducted=True) if indicator else None


def test_a_delivery_asks_what_is_at_stake_as_its_letters_leave(town: Town, case: Case) -> None:
    """Not when they are queued: what was done meanwhile counts."""
    shelf = Shelf()
    town.apart([shelf], FIVE_BEFORE)

    deliver(town.dispatch([shelf], FIVE_BEFORE, stakes=ten))

    (aigul,) = (parcel.letter.text for parcel in shelf.kept if parcel.notice.person == AIGUL.key)
    assert "10 балл шегеріледі" in aigul


@pytest.mark.parametrize("stakes", [None, ten])
def test_a_letter_speaks_of_points_to_who_has_some_at_stake(
    town: Town, stakes: StakeOf | None, case: Case
) -> None:
    """On Monday 2 November 2026, the first working day of the month; who adopted no act of points has none."""
    shelf, on = Shelf(), date(2026, 11, 2)
    town.round([shelf], on, at=noon(on))
    deliver(town.dispatch([shelf], on, stakes=stakes))
    letters = "".join(parcel.letter.text for parcel in shelf.kept)

    assert "жыл соңына дейін" in letters
    assert ("балл осыған байланысты" in letters) == bool(stakes)


def test_whoever_is_told_to_leave_ends_the_batch_in_hand(town: Town) -> None:
    """Nothing half done: the rest stays queued, and the next delivery sends it."""
    for _ in range(30):
        town.open()
    shelf = Shelf(repeatable=False)
    town.apart([shelf], FIVE_BEFORE)
    answers = iter([True, False])

    first = town.deliver([shelf], FIVE_BEFORE, go_on=lambda: next(answers))

    assert first.counts == {"sent": 25}
    assert {notice.state for notice in town.notices()} == {"sent", "queued"}
    assert town.deliver([shelf], FIVE_BEFORE).counts == {"sent": 5}


def test_what_may_pass_is_tried_again_with_growing_patience(town: Town, case: Case) -> None:
    """1, 5, 15, 60 and 240 minutes after each attempt, and not before."""
    shelf = Shelf(*[LATER] * 5)
    moment = NINE
    town.round([shelf], FIVE_BEFORE, at=moment)
    for attempt, wait in enumerate(BACK_OFF, 1):
        town.deliver([shelf], FIVE_BEFORE, at=moment)
        town.deliver([shelf], FIVE_BEFORE, at=moment + wait - timedelta(seconds=1))
        assert the_notice(town).attempts == attempt
        moment += wait
    town.deliver([shelf], FIVE_BEFORE, at=moment)

    assert len(shelf.kept) == 1
    assert the_notice(town).attempts == 6


def test_what_a_server_puts_off_for_five_days_is_a_failure_with_the_last_answer(town: Town, case: Case) -> None:
    """RFC 5321, 4.5.4.1: a sender gives up after four to five days, not after an afternoon."""
    shelf = Shelf(*[LATER] * 100)
    town.round([shelf], FIVE_BEFORE, at=NINE)
    states = []
    for hours in range(24 * 9):
        town.deliver([shelf], FIVE_BEFORE, at=NINE + timedelta(hours=hours))
        states.append(the_notice(town).state)

    # From Wednesday 18 March, 09:00; 21 to 25 March are days off: the next attempt after five days is on
    # the 26th.
    assert states.index("failed") == 8 * 24
    assert the_notice(town).answer == "451 later"


def test_a_letter_says_the_day_it_leaves_not_the_day_it_was_queued(town: Town, case: Case) -> None:
    """Queued five days before and held up until two days before: it says two."""
    shelf = Shelf()
    town.round([shelf], FIVE_BEFORE)
    town.deliver([shelf], date(2026, 3, 26))

    assert shelf.kept[0].letter.subject.endswith("30 наурыз (2 жұмыс күні қалды)")


def test_what_was_done_while_its_letter_waited_is_not_reminded_of(town: Town, case: Case) -> None:
    """The notice is withdrawn, not sent."""
    shelf = Shelf()
    town.round([shelf], FIVE_BEFORE)
    town.case_commands.write(case.id, at_noon(FIVE_BEFORE), recording.record, "start_announced", on=FIVE_BEFORE)
    town.deliver([shelf], FIVE_BEFORE)

    assert not shelf.kept
    assert the_notice(town).state == "withdrawn"


class Dying(Shelf):
    """A channel whose process is killed after the server has taken the third letter."""

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        for number, message in enumerate(batch, 1):
            self.kept.append(message)
            if number == 3:
                raise SystemExit
            yield message.notice.key, Outcome(state="sent", answer="250")


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_kill_amid_a_batch_repeats_one_letter_at_most(town: Town, repeatable: bool) -> None:
    """What the server has taken is marked before the next letter leaves; only the one in hand is in doubt."""
    for _ in range(10):
        town.open()
    dying, shelf = Dying(repeatable=repeatable), Shelf(repeatable=repeatable)
    town.apart([shelf], FIVE_BEFORE, at=NINE)
    with pytest.raises(SystemExit):
        town.deliver([dying], FIVE_BEFORE, at=NINE)
    states = [notice.state for notice in town.notices()]
    town.deliver([shelf], FIVE_BEFORE, at=NINE)
    sent = [message.notice.key for message in (*dying.kept, *shelf.kept)]

    assert (states.count("sent"), states.count("sending")) == (2, 8)
    if repeatable:
        assert (len(sent), len(set(sent))) == (11, 10)
    else:
        assert len(sent) == len(set(sent)) == 3


@pytest.mark.parametrize(("repeatable", "state"), [(True, "queued"), (False, "unknown")])
def test_a_fault_inside_a_channel_loses_no_letter_and_no_other_channel(
    town: Town, tmp_path: Path, repeatable: bool, state: str, case: Case
) -> None:
    """An internal error is stored as the answer; the folder is written all the same."""
    broken = Shelf(RuntimeError("a mistake"), repeatable=repeatable)
    letters = folder(path=tmp_path / "letters")
    town.round([broken, letters], FIVE_BEFORE)
    town.deliver([broken, letters], FIVE_BEFORE)
    states = {notice.channel: (notice.state, notice.answer) for notice in town.notices()}

    assert states["shelf"] == (state, "RuntimeError: a mistake")
    assert states["folder"][0] == "sent"


def test_a_sent_letter_that_was_not_marked_at_once_is_marked_with_the_others(
    town: Town, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    """Else it would leave again."""
    shelf, mark, faults = Shelf(), town.outbox.mark, [RuntimeError("a mistake")]

    def failing_once(notices: Sequence[Notice], *, now: datetime) -> None:
        if notices and faults:
            raise faults.pop()
        mark(notices, now=now)

    monkeypatch.setattr(town.outbox, "mark", failing_once)
    town.round([shelf], FIVE_BEFORE)
    town.deliver([shelf], FIVE_BEFORE)

    assert (the_notice(town).state, len(shelf.kept)) == ("sent", 1)


def test_what_waits_for_a_channel_used_no_more_goes_through_the_one_in_use(
    town: Town, case: Case, tmp_path: Path
) -> None:
    """The mail server was set while letters for the folder waited: they would have waited for ever."""
    shelf = Shelf()
    town.apart([folder(path=tmp_path / "letters")], FIVE_BEFORE)
    waiting = {notice.person for notice in town.notices()}
    town.deliver([shelf], FIVE_BEFORE)
    town.deliver([shelf], FIVE_BEFORE)

    assert {parcel.notice.person for parcel in shelf.kept} == waiting
    assert {(n.channel, n.state) for n in town.notices()} == {("folder", "withdrawn"), ("shelf", "sent")}
    assert len(shelf.kept) == len(waiting)


def test_while_a_server_takes_nothing_the_rest_keep_their_attempts(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first batch learns that the server is down; the others are not claimed."""
    from notifications import delivery

    monkeypatch.setattr(delivery, "BATCH", 2)
    for _ in range(5):
        town.open()
    shelf = Shelf(*[LATER] * 10)
    town.apart([shelf], FIVE_BEFORE, at=NINE)
    town.deliver([shelf], FIVE_BEFORE, at=NINE)

    assert sorted(notice.attempts for notice in town.notices()) == [0, 0, 0, 1, 1]


def test_one_postponed_letter_does_not_stop_the_delivery(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full mailbox is one reader's: it waits for its next attempt, and all other batches leave."""
    from notifications import delivery

    monkeypatch.setattr(delivery, "BATCH", 2)
    for _ in range(5):
        town.open()
    shelf = Shelf(LATER)
    town.apart([shelf], FIVE_BEFORE, at=NINE)

    assert town.deliver([shelf], FIVE_BEFORE, at=NINE).counts == {"queued": 1, "sent": 4}
    assert len(shelf.kept) == 4


def test_each_reader_is_told_who_else_knows(town: Town, case: Case) -> None:
    """Everybody but themselves."""
    shelf = Shelf()
    town.round([shelf], date(2026, 3, 31))
    town.deliver([shelf], date(2026, 3, 31))
    letters = {parcel.name: parcel.letter.text for parcel in shelf.kept}

    assert "жіберіледі: Сериков Болат." in letters["Ахметова Айгүл"]
    assert "получают: Ахметова Айгүл." in letters["Сериков Болат"]


def test_a_server_away_for_two_days_costs_no_letter_and_no_attempt(town: Town) -> None:
    """Tried every four hours from Wednesday to Friday; when the server is back, all leave at once."""
    for _ in range(3):
        town.open()
    down = mail(free_port())
    town.apart([down], FIVE_BEFORE, at=NINE)
    for hours in range(0, 48, 4):
        town.deliver([down], FIVE_BEFORE, at=NINE + timedelta(hours=hours))
    waiting = {(notice.state, notice.attempts) for notice in town.notices()}
    with serving(Office()) as office:
        back = mail(office.port)
        town.deliver([back], FIVE_BEFORE, at=NINE + timedelta(days=2))

    assert waiting == {("queued", 0)}
    assert {notice.state for notice in town.notices()} == {"sent"}
    assert len(office.accepted) == 3


def test_what_waits_for_its_server_for_half_a_day_goes_another_way_too(town: Town, tmp_path: Path) -> None:
    """Not at the first failure: a server that is started anew is away for a minute."""
    town.open()
    down = mail(free_port())
    letters = folder(path=tmp_path / "letters")
    town.round([down], FIVE_BEFORE, at=NINE)
    channels = []
    for hours in (0, 3, 4):
        town.deliver([down, letters], FIVE_BEFORE, at=NINE + timedelta(hours=hours))
        channels.append({notice.channel for notice in town.notices()})

    assert channels == [{"email"}, {"email"}, {"email", "folder"}]


@pytest.mark.parametrize("cases", [1, 2])
def test_what_reaches_its_person_by_no_channel_goes_to_the_officer(tmp_path: Path, cases: int) -> None:
    """In the officer's letter, to their address, in their language; it says in whose place."""
    officer = replace(OFFICER, language="ru")
    town = Town(tmp_path, people=(AIGUL, officer))
    town.rules = replace(RULES, officer=officer.key)
    for _ in range(cases):
        town.open()
    refused = [Outcome(state="failed", answer="550 no such box")] * cases
    email, other = Shelf(*refused), OfficersShelf()
    for _ in range(2):
        town.round([email, other], FIVE_BEFORE)
        town.deliver([email, other], FIVE_BEFORE)
    failed = {notice.message_id for notice in town.notices() if notice.state == "failed"}

    (parcel,) = other.kept
    assert (parcel.notice.person, parcel.notice.address, parcel.letter.language) == (*[officer.email] * 2, "ru")
    assert parcel.letter.text.count(f"вместо сотрудника, до которого письма не доходят: {AIGUL.name}") == cases
    assert parcel.notice.message_id == message_id(parcel.notice.key, RULES.domain) not in failed
