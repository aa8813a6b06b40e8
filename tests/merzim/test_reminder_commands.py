"""`notices acknowledge`, `snooze` and `telegram ...` on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from merzim.services.outgoing.acknowledgement import acknowledge
from merzim.storage.database.engine import writing
from merzim.storage.tables.notices import NOTICE
from tests.merzim.conftest import Merzim
from tests.notifications.sample_office import FIVE_BEFORE, Shelf, Town, noon

CASE = "2026-0001"


def test_a_notice_is_acknowledged_once(office: Merzim) -> None:
    """The first time stays, in the register and in the chain."""
    office("remind", "--now", "2026-04-06")
    key = office("notices", "--json").json["notices"][0]["key"]
    first = office("notices", "acknowledge", key, "--now", "2026-04-06T14:00", "--json").json
    second = office("notices", "acknowledge", key, "--now", "2026-04-07T14:00", "--json").json
    (notice,) = [notice for notice in office("notices", "--json").json["notices"] if notice["key"] == key]
    events = [event["kind"] for event in office("case", CASE, "--json").json["events"]]

    assert first == second
    assert notice["acknowledged_at"] == first["acknowledged_at"]
    assert events.count("notice") == 1
    assert office("verify").code == 0


def test_a_letter_that_carried_others_is_acknowledged_with_them(tmp_path: Path) -> None:
    """Read is what stood in it: each carried notice has its moment and its event."""
    town = Town(tmp_path)
    case = town.open()
    shelf = Shelf()
    town.round((shelf,), FIVE_BEFORE)
    first = town.notices()[0]
    carrier = replace(first, key="carrier", case="", kind="collected", rung="missed")
    town.outbox.add([carrier], now=noon(FIVE_BEFORE))
    with writing(town.engine) as connection:
        connection.execute(NOTICE.update().where(NOTICE.c.key == first.key).values(carrier="carrier"))
    notice = town.outbox.notice("carrier")
    acknowledge(
        town.outbox, town.case_commands, notice, "carrier", by="x", now=noon(FIVE_BEFORE), today=FIVE_BEFORE
    )

    assert {notice.acknowledged_at for notice in town.notices()} == {noon(FIVE_BEFORE)}
    assert [
        event.payload["notice"] for event in town.case_commands.events(case.id) if event.kind == "notice"
    ] == [first.key]
    town.close()


def test_a_notice_nobody_has_is_one_sentence(office: Merzim) -> None:
    """Named, with where to look."""
    result = office("notices", "acknowledge", "no:such:key")

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "no:such:key" in result.err


def test_the_register_is_still_a_command(office: Merzim) -> None:
    """With and without its options; its help shows both."""
    assert office("notices").out == "There are no notices.\n"
    assert office("notices", "--case", CASE, "--json").json == {"notices": []}
    helped = office("notices", "--help").out
    assert "--case" in helped
    assert "acknowledge" in helped


def test_a_reminder_comes_again_on_the_day_asked_for(office: Merzim) -> None:
    """Put off on 31 March to 3 April, and never beyond the due date."""
    result = office("snooze", CASE, "order_signed", "--until", "2026-04-02", "--now", "2026-03-31")
    notices = office("remind", "--now", "2026-04-02", "--json").json["notices"]
    too_far = office("snooze", CASE, "order_signed", "--until", "2026-04-07", "--now", "2026-04-02")

    assert result.out == "The next reminder comes on 2 April 2026.\n"
    assert "reminder put off" in office("case", CASE).out
    assert office("verify").code == 0
    # Who prepares the order, and the first head who signs it.
    assert [notice["rung"] for notice in notices if notice["obligation"] == "order_signed"] == ["-2", "-2"]
    assert (too_far.code, too_far.err.count("\n")) == (2, 1)
    assert "6 April 2026 is the latest" in too_far.err


@pytest.fixture
def bot(office: Merzim, tmp_path: Path) -> Merzim:
    settings = '[channels]\nuse = ["folder", "telegram"]\n[channels.telegram]\nbot = "MerzimBot"\n'
    (tmp_path / "config.toml").write_text(settings, encoding="utf-8")
    return office


def _somebody(merzim: Merzim) -> str:
    merzim("remind", "--now", "2026-04-06")
    return str(merzim("notices", "--json").json["notices"][0]["person"])


def test_a_code_comes_with_the_address_that_brings_it(bot: Merzim) -> None:
    """Random each time, good for ten minutes, its text kept nowhere."""
    person = _somebody(bot)
    first = bot("telegram", "link", person, "--now", "2026-04-06T12:00", "--json").json
    output = bot("telegram", "link", person, "--now", "2026-04-06T12:00").out

    assert first["address"] == f"https://t.me/MerzimBot?start={first['code']}"
    assert first["until"] == "2026-04-06T07:10:00Z"
    assert first["code"] not in output
    assert "good until 12:10" in output
    assert bot("telegram", "links").out == "Nobody has a Telegram account linked.\n"
    assert bot("telegram", "unlink", person).code == 1


def test_somebody_unknown_is_named_with_whom_is_meant(bot: Merzim) -> None:
    """One sentence."""
    result = bot("telegram", "link", "nobody@example.kz")

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "nobody@example.kz" in result.err


def test_a_code_nobody_would_hear_is_not_given(office: Merzim, tmp_path: Path) -> None:
    """The bot is named, but Telegram is not among the channels in use."""
    (tmp_path / "config.toml").write_text('[channels.telegram]\nbot = "MerzimBot"\n', encoding="utf-8")
    result = office("telegram", "link", "x")

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "not in use" in result.err


def test_an_office_without_a_bot_is_told_what_is_missing(office: Merzim) -> None:
    """A code nobody can bring anywhere would be no help."""
    result = office("telegram", "link", "x")

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "channels.telegram" in result.err


def test_a_library_that_is_not_installed_is_asked_for_by_name(
    office: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram is an extra; config.toml naming it without the package gives the install command."""
    settings = '[channels]\nuse = ["telegram"]\n[channels.telegram]\nbot = "B"\n'
    (tmp_path / "config.toml").write_text(settings, encoding="utf-8")
    monkeypatch.setattr("notifications.channels.telegram.find_spec", lambda name: None)
    result = office("remind", "--now", "2026-04-06")

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert 'pip install "merzim[telegram]"' in result.err


def test_a_bot_that_has_no_name_is_a_missing_setting(office: Merzim, tmp_path: Path) -> None:
    """Without its name nobody could be given an address that opens it."""
    (tmp_path / "config.toml").write_text('[channels]\nuse = ["telegram"]\n', encoding="utf-8")
    result = office("remind", "--now", "2026-04-06")

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "channels.telegram.bot" in result.err
