"""What files of the law share: acts named once, an edition that says how it differs."""

from __future__ import annotations

from datetime import date

import pytest

from merzim.services.law.regulations import shared_law
from tests.law import library
from tests.workflow.test_edition_reading import NAME, TEA
from workflow.law.editions import read_edition
from workflow.law.files import Shared, UnreadableRegulation, extend
from workflow.law.procedure import Procedure

STRICTER = """\
id = "internal-analysis"
extends = "internal-analysis.2024-01-01"
in_force = 2026-05-01
last_checked_on = 2026-05-01

[[obligation]]
id = "order_signed"
term = { count = -7, in = "working days", from = "analysis_started" }
note = { ru = "Срок установлен приказом организации." }
"""


def stricter(text: str = STRICTER) -> Procedure:
    """The office's own edition of the analysis, whose order wants seven working days instead of five."""
    return read_edition("internal-analysis.2026-05-01.toml", text.encode(), shared_law())


def test_an_edition_that_extends_another_differs_only_in_what_it_says() -> None:
    own, shipped = stricter(), library().named("internal-analysis.2024-01-01")

    assert [name for name in shipped.by_id if own.by_id[name] != shipped.by_id[name]] == ["order_signed"]
    assert own.by_id["order_signed"].term != shipped.by_id["order_signed"].term
    assert own.by_id["order_signed"].signed_by == shipped.by_id["order_signed"].signed_by
    assert (own.in_force, own.stages, own.title) == (date(2026, 5, 1), shipped.stages, shipped.title)
    assert own.digest != shipped.digest


def test_an_edition_may_add_an_obligation_and_take_a_key_away() -> None:
    added = STRICTER + (
        '[[obligation]]\nid = "plan_read"\nstage = "plan"\ntitle = { ru = "План прочитан" }\nterm = "none"\n'
        'act = "tbn4-2024"\nparagraph = "p. 1"\nforce = "obligatory"\nduty = "officer"\n'
        '[[obligation]]\nid = "positions_listed"\nnote = {}\n'
    )

    own = stricter(added)

    assert own.obligations[-1].id == "plan_read"
    assert own.by_id["positions_listed"].note is None
    assert library().named("internal-analysis.2024-01-01").by_id["positions_listed"].note is not None


def test_an_edition_that_does_not_exist_cannot_be_extended() -> None:
    with pytest.raises(UnreadableRegulation) as refused:
        stricter(STRICTER.replace("2024-01-01", "2025-01-01"))

    assert (refused.value.code, refused.value.arguments["place"]) == ("regulation.unknown_reference", "extends")
    assert "internal-analysis.2024-01-01" in refused.value.arguments["allowed"]


def test_a_list_without_ids_is_replaced_whole() -> None:
    assert extend({"notes": [{"ru": "1"}], "kinds": ["a"]}, {"notes": [{"ru": "2"}]}) == {
        "notes": [{"ru": "2"}],
        "kinds": ["a"],
    }


def test_a_file_takes_from_the_shared_acts_those_it_names_unless_it_describes_them_itself() -> None:
    text = TEA.replace('act = "tea-act"', 'act = "water-code"', 1)
    acts = {
        "water-code": {"id": "water-code", "title": {"ru": "Кодекс"}, "short": {"ru": "ВК"}},
        "tea-act": {"id": "tea-act", "title": {"ru": "Чужие"}, "short": {"ru": "Чужие"}},
        "unnamed": {"id": "unnamed", "title": {"ru": "Иной"}, "short": {"ru": "Иной"}},
    }

    tea = read_edition(NAME, text.encode(), Shared(acts=acts))

    assert sorted(tea.acts) == ["tea-act", "water-code"]
    assert tea.acts["water-code"].short.ru == "ВК"
    assert tea.acts["tea-act"].short.ru != "Чужие"
