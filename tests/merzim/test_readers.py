"""The command `reader add`: whoever may know of a confidential case is a person of the office."""

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
    opened = merzim("open", "enterprise-gift", "--person", "n.ibraev@example.kz", *DAY)
    assert opened.code == 0, opened.err
    return merzim


def test_a_reader_named_in_words_is_the_person_of_that_name(office: Merzim) -> None:
    """So that the access given is hers, whose account has her key; said again, nothing changes. A name
    that is nobody's would be kept as text and give access to nobody."""
    added = office("reader", "add", GIFT, WHO, "--json", *DAY).json
    again = office("reader", "add", GIFT, "g.omarova@example.kz", "--json", *DAY).json

    assert (added["changed"], again["changed"]) == (True, False)
    assert added["events"][0]["name"] == "g.omarova@example.kz"
    result = office("reader", "add", GIFT, "Nobody At All", *DAY)
    added = office("reader", "add", GIFT, WHO, *DAY)

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "Nobody At All" in result.err
    assert "Nobody At All" not in added.out
