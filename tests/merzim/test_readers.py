"""The command `reader`: whoever may know of a confidential case is a person of the office."""

from __future__ import annotations

import pytest

from tests.merzim.conftest import PEOPLE, Merzim

DAY = ("--now", "2026-04-06", "--lang", "en")
WHO = "Омарова Гүлнар Асқарқызы"


GIFT = "2026-0001"


@pytest.fixture
def office(merzim: Merzim) -> Merzim:
    """An office with the case of a gift, which is confidential."""
    assert merzim("people", str(PEOPLE), *DAY).code == 0
    opened = merzim("open", "gift-handover", "--person", "n.ibraev@example.kz", *DAY)
    assert opened.code == 0, opened.err
    return merzim


def readers(office: Merzim) -> list[str]:
    return office("reader", "list", GIFT, "--json", *DAY).json["readers"]  # type: ignore[no-any-return]


def test_nobody_of_the_office_is_not_added_as_a_reader(office: Merzim) -> None:
    """A name that is nobody's would be kept as text and give access to nobody."""
    before = readers(office)
    result = office("reader", "add", GIFT, "Nobody At All", *DAY)

    assert result.code == 2
    assert "Nobody At All" in result.err
    assert readers(office) == before


def test_a_reader_named_in_words_is_the_person_of_that_name(office: Merzim) -> None:
    """So that the access given is hers, whose account has her key."""
    assert office("reader", "add", GIFT, WHO, *DAY).code == 0
    assert "g.omarova@example.kz" in readers(office)

    removed = office("reader", "remove", GIFT, "g.omarova@example.kz", "--ground", "қате", *DAY)
    assert removed.code == 0
    assert "g.omarova@example.kz" not in readers(office)
