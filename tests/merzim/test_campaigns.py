"""`merzim campaign`: start, show, remind, close, write the sheet."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

from tests.merzim.conftest import Merzim

AT = ("--now", "2026-04-06T10:00")
START = ("campaign", "start", "consents", "confirmation", "--until", "30.04.2026", "--unit", "Аппарат", *AT)


def test_a_campaign_goes_from_its_preview_to_its_sheet(office: Merzim, tmp_path: Path) -> None:
    """All of it without a browser; a round writes the letters, each once."""
    (tmp_path / "config.toml").write_text('[web]\npublic_address = "https://merzim.org.kz"\n', encoding="utf-8")
    start_arguments = (*START[:6], *AT)
    preview = office(*start_arguments, "--dry-run")
    started = office(*start_arguments, "--link", "https://org.kz/policy", "--json")
    sent = office("remind", "--json", *AT)
    delivered = office("deliver", *AT)
    listing = office("campaign", "list", *AT)
    campaign_view = office("campaign", "show", "2026-001", "--state", "awaited", "--json", *AT)
    people = campaign_view.json["people"]
    recorded = office("campaign", "record", "2026-001", people[0]["person"], "post=Маман", *AT)
    reminded = office("campaign", "remind", "2026-001", *AT)
    sheet = office("campaign", "export", "2026-001", tmp_path / "proof.xlsx", *AT)
    closed = office("campaign", "close", "2026-001", *AT)
    over = office("campaign", "show", "2026-001", *AT)
    second_reminder = office("campaign", "remind", "2026-001", *AT)
    reopened = office("campaign", "reopen", "2026-001", "--until", "2026-04-06", "--ground", "few", *AT)

    codes = [
        result.code
        for result in (preview, started, sent, delivered, listing, recorded, reminded, sheet, closed)
    ]
    assert codes == [0] * 9, (preview, started, recorded)
    count = started.json["people"]
    assert f"{count} people would be written to" in preview.out
    assert len(people) == count > 3
    assert " On " in over.out, "the day of an answer, not what kind of a day it is"
    # One of them has no address.
    assert (started.json["unreached"], f"reminds {count - 2} people" in reminded.out) == (1, True)
    assert len(list((tmp_path / "var" / "letters").glob("*.eml"))) >= count
    assert load_workbook(tmp_path / "proof.xlsx").worksheets[0].max_row == count + 1
    assert f"1 answered, 0 refused, {count - 1} did not answer" in over.out
    assert (over.out.count("did not answer"), "awaited" in over.out) == (count, False)
    assert (second_reminder.code, second_reminder.err) == (
        2,
        'merzim: The campaign "2026-001" has ended: answers are no longer accepted.\n',
    )
    assert f"until 6 April 2026: the next round writes to {count - 1} people" in reopened.out
    assert office("verify", *AT).code == 0


def test_what_is_wrong_with_a_campaign_is_said_in_a_line(office: Merzim) -> None:
    """An unknown register, kind, field or unit, a day gone by, no value given, no campaign."""
    filing = ("campaign", "start", "declarations", "filing", "--until", "2026-04-30")
    for arguments in (
        ("campaign", "start", "consent", "confirmation", "--until", "2026-04-30"),
        ("campaign", "start", "consents", "confirm", "--until", "2026-04-30"),
        ("campaign", "start", "consents", "confirmation", "--until", "2026-04-01"),
        ("campaign", "start", "consents", "confirmation", "--until", "soon"),
        ("campaign", "start", "consents", "confirmation", "--until", "2026-04-30", "--unit", "nowhere"),
        (*filing, "years=2026"),
        (*filing, "year=2026", "due_on=perhaps"),
        ("campaign", "show", "2026-009"),
        ("campaign", "show", "nine"),
        ("campaign", "record", "2026-009", "x"),
    ):
        refused = office(*arguments, *AT)
        assert (refused.code, refused.err.count("\n")) == (2, 1), (arguments, refused)
    assert office(*filing, *AT).err.count("\n") == 2
