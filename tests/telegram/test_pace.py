"""Rate limits of the bot."""

from __future__ import annotations

import pytest

from merzim.storage.notices.links import SqlLinks
from notifications.channels.telegram import SERVER, channel
from workflow.refusal import Refusal

OWN = "http://127.0.0.1:8081"


@pytest.mark.parametrize("pace", [{}, {"a_second": 12}, {"a_second": 25, "seconds_apart": 3.0}])
def test_telegram_itself_may_be_written_to_as_fast_as_it_takes_it(
    links: SqlLinks, pace: dict[str, float]
) -> None:
    """Slower is always allowed: two workers share what one bot may say."""
    bot = channel(links=links, bot="B", **pace)  # type: ignore[arg-type]
    first, second = (bot.pacer.reserve([chat], at=0.0)[1] for chat in ("1", "2"))

    assert second - first == pytest.approx(1 / pace.get("a_second", 25))
    assert bot.pacer.reserve(["1"], at=0.0)[1] >= pace.get("seconds_apart", 1.0)


@pytest.mark.parametrize("server", [SERVER, f"{SERVER}/"])
@pytest.mark.parametrize("pace", [{"a_second": 26}, {"seconds_apart": 0.9}, {"a_second": 0}, {"a_second": -1}])
def test_telegram_itself_is_never_written_to_faster(
    links: SqlLinks, pace: dict[str, float], server: str
) -> None:
    """Nor is nothing a pace."""
    with pytest.raises(Refusal, match=r"telegram\.too_fast"):
        channel(links=links, bot="B", server=server, **pace)  # type: ignore[arg-type]


def test_a_server_of_ones_own_takes_what_it_takes(links: SqlLinks) -> None:
    """For an office that runs its own, and for measuring."""
    bot = channel(links=links, bot="B", server=OWN, a_second=1000, seconds_apart=0)

    assert bot.pacer.reserve(["1"], at=0.0)[1] == 0.0
    assert bot.pacer.reserve(["1"], at=0.0)[1] == pytest.approx(0.001)
    with pytest.raises(Refusal, match=r"telegram\.too_fast"):
        channel(links=links, bot="B", server=OWN, a_second=0)
