"""Settings of units and people from the command line, as on the administration pages."""

from __future__ import annotations

from tests.merzim.conftest import ROOT, Merzim

DAY = ("--now", "2026-04-06")
PRESS = "Пресс-служба"


def test_office_hours_of_a_unit_are_changed_one_by_one(merzim: Merzim) -> None:
    """What is not named stays; the unit is found by its name, in any letter case."""
    merzim("people", str(ROOT / "examples" / "people.csv"), *DAY)
    merzim("office-time", PRESS, "--hours", "08:00-17:00", "--off", "2026-05-04", *DAY)
    merzim("office-time", PRESS.upper(), "--week", "1-6", *DAY)

    result = merzim("office-time", PRESS, "--json", *DAY)

    assert result.json["hours"] == ["08:00", "17:00"]
    assert result.json["week"] == [1, 2, 3, 4, 5, 6]
    assert result.json["days_off"] == ["2026-05-04"]
    assert merzim("verify", *DAY).code == 0


def test_a_change_of_one_setting_leaves_the_others(merzim: Merzim) -> None:
    """A unit's uploader is set and cleared; its hours and acts are unchanged."""
    merzim("people", str(ROOT / "examples" / "people.csv"), *DAY)
    merzim("office-time", PRESS, "--hours", "08:00-17:00", *DAY)

    chosen = merzim("uploads-through", PRESS, "Правление", "--json", *DAY)
    back = merzim("uploads-through", PRESS, PRESS, "--json", *DAY)

    assert (chosen.json["uploads_through"], back.json["uploads_through"]) == ("Правление", None)
    assert merzim("office-time", PRESS, "--json", *DAY).json["hours"] == ["08:00", "17:00"]


def test_a_change_is_told_as_one_of_the_pages_is(merzim: Merzim) -> None:
    """The audit log names who changed which unit, and who is reminded how."""
    merzim("people", str(ROOT / "examples" / "people.csv"), *DAY)
    merzim("uploads-through", PRESS, "Правление", *DAY)
    merzim("digest", "Ким Виктория Алексеевна", "weekly", *DAY)

    kinds = [entry["kind"] for entry in merzim("audit-log", "--json", *DAY).json["entries"]]

    assert {"unit_saved", "person_saved"} <= {*kinds}


def test_a_unit_and_a_person_nobody_knows_are_refused_with_the_nearest(merzim: Merzim) -> None:
    """One sentence each, and nothing is changed."""
    merzim("people", str(ROOT / "examples" / "people.csv"), *DAY)

    unit = merzim("office-time", "Прес-служба", "--week", "1-6", "--lang", "ru", *DAY)
    person = merzim("digest", "Ким Виктор", "weekly", "--lang", "ru", *DAY)

    assert (unit.code, person.code) == (2, 2)
    assert f"«Прес-служба» нет. Есть: {PRESS}" in unit.err
    assert "«Ким Виктор»" in person.err
    assert unit.err.count("\n") == person.err.count("\n") == 1
