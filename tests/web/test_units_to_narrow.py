"""Unit filter of a list: all units of an office, the next level down for a country."""

from __future__ import annotations

import pytest

from merzim.services.names import MAX_LISTED, paginate_units, units_to_filter_by
from workflow.org.office import Office, Unit


def office(districts: int, below: int) -> Office:
    units = [Unit(id="akimat", name="Әкімдік")]
    for n in range(districts):
        units.append(Unit(id=f"d{n}", name=f"Аудан {n:03}", parent="akimat"))
        units += [Unit(id=f"d{n}-{k}", name=f"Мектеп {k:03}", parent=f"d{n}") for k in range(below)]
    return Office(units={unit.id: unit for unit in units}, people={})


def test_of_a_country_one_walks_down_and_up_again() -> None:
    """The way to the chosen one, and those right below it."""
    sample_office = office(20, 100)
    offered = units_to_filter_by(sample_office, "d7")

    assert [(unit.id, unit.depth) for unit in offered[:3]] == [("akimat", 0), ("d7", 1), ("d7-0", 2)]
    assert len(offered) == 102


@pytest.mark.parametrize(
    ("below", "page", "shown", "pages"),
    [
        (0, 1, 0, 1),
        (1, 1, 1, 1),
        (MAX_LISTED, 1, MAX_LISTED, 1),
        (MAX_LISTED + 1, 1, MAX_LISTED, 2),
        (MAX_LISTED + 1, 2, 1, 2),
        (MAX_LISTED + 1, 99, 1, 2),
    ],
)
def test_a_level_of_a_country_comes_in_pages(below: int, page: int, shown: int, pages: int) -> None:
    """Nothing below, one, a full page, one more; a number beyond the last page is the last page."""
    units = [Unit(id="top", name="Министрлік"), Unit(id="other", name="Басқа")]
    units += [Unit(id=f"u{n}", name=f"{n:04}", parent="top") for n in range(below)]
    units += [Unit(id=f"x{n}", name=f"{n:04}", parent="other") for n in range(MAX_LISTED)]
    page_units, of = paginate_units(Office(units={unit.id: unit for unit in units}), "top", page)

    assert (page_units[0].id, of) == ("top", pages)
    assert len(page_units) == 1 + shown
    assert [unit.name for unit in page_units[1:]] == sorted(unit.name for unit in page_units[1:])
    assert {unit.depth for unit in page_units[1:]} <= {1}
