"""Force of obligations (obligatory, recommended, may) in every answer that shows one."""

from __future__ import annotations

import pytest

from tests.merzim.conftest import Merzim

DAY = ("--now", "2026-04-06", "--lang", "en")
CASE = "2026-0001"


def line_of(text: str, id: str) -> str:
    """The first line of an answer that shows an obligation."""
    return next(line for line in text.splitlines() if id in line.split())


@pytest.mark.parametrize(
    ("line", "obligation", "force"),
    [
        (("due", "--until", "2026-04-30"), "order_signed", "obligatory"),
        (("due", "--until", "2026-06-30"), "analysis_ended", "recommended"),
        (("overdue", "--now", "2026-04-10"), "order_signed", "obligatory"),
        (("case", CASE), "analysis_ended", "recommended"),
        (("case", CASE), "order_signed", "obligatory"),
        (
            ("plan", "internal-analysis", "--planned", "bodies_discussed=2026-05-06"),
            "council_invited",
            "may",
        ),
    ],
)
def test_a_list_names_the_force_of_each(
    office: Merzim, line: tuple[str, ...], obligation: str, force: str
) -> None:
    """Whatever is listed, listed with its force."""
    now = ("--lang", "en") if "--now" in line else DAY

    assert force in line_of(office(*line, *now).out, obligation)


def test_an_explanation_says_what_is_not_obligatory(office: Merzim) -> None:
    """In its own sentence; machines read the force of every one."""
    explained = {id: ("explain", CASE, id, *DAY) for id in ("order_signed", "analysis_ended")}

    assert "recommended, not obligatory" in office(*explained["analysis_ended"]).out
    assert "recommended" not in office(*explained["order_signed"]).out
    forces = {id: office(*line, "--json").json["force"] for id, line in explained.items()}
    assert forces == {"order_signed": "obligatory", "analysis_ended": "recommended"}


def test_a_notice_in_the_list_carries_the_force(office: Merzim) -> None:
    """In the table and for machines."""
    office("remind", *DAY)
    notices = office("notices", "--json", *DAY).json["notices"]

    assert {notice["force"] for notice in notices if notice["obligation"] == "order_signed"} == {"obligatory"}
    assert any(
        "order_signed" in line and "obligatory" in line for line in office("notices", *DAY).out.splitlines()
    )
