"""Calendar feeds, parsed as a calendar program does."""

from __future__ import annotations

import re
from datetime import date

from icalendar import Calendar

from notifications.wire.entry import item_id
from tests.web.conftest import Site, hide

DOMAIN = "merzim.example.kz"


def feed(site: Site, login: str = "responsible") -> str:
    """The path of a feed somebody just made for themselves."""
    page = site.client(login).post("/account/feed").text
    (path,) = re.findall(r"(/feeds/[A-Za-z0-9_-]{43}\.ics)", page)
    return path


def unit_feed(site: Site, unit: str) -> str:
    page = site.client("administrator").post("/administration/unit/feed", data={"id": unit}).text
    (path,) = re.findall(r"(/feeds/[A-Za-z0-9_-]{43}\.ics)", page)
    return path


def test_a_person_s_feed_holds_what_waits_for_them(site: Site) -> None:
    """Whole days, the UIDs of the letters, no later than the page says."""
    answer = site.stranger().get(feed(site, "head_of_unit") + "?lang=ru")
    read = Calendar.from_ical(answer.content)
    items = {str(item["uid"]): item for item in read.walk("VEVENT")}
    order = items[item_id(site.real, "order_signed", DOMAIN)]

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"].startswith("private")
    assert str(read["refresh-interval"].to_ical(), "ascii") == "PT4H"
    assert order.decoded("dtstart") == date(2026, 4, 6)
    assert order["dtstart"].params["VALUE"] == "DATE"
    assert "Персоналды басқару департаменті" in order["summary"]
    assert str(order["url"]).endswith(f"/cases/{site.real}")
    assert b"\r\n" in answer.content
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_a_feed_holds_nothing_of_others(site: Site) -> None:
    """In a person's neither another unit's case nor what waits for a colleague; in a unit's what its units
    owe."""
    own, of_law = (
        {str(item["uid"]) for item in Calendar.from_ical(site.stranger().get(path).content).walk("VEVENT")}
        for path in (feed(site), unit_feed(site, "law"))
    )

    assert own
    assert item_id(site.late, "order_signed", DOMAIN) in of_law - own
    assert item_id(site.real, "order_signed", DOMAIN) not in of_law


def test_nothing_confidential_is_in_a_unit_s_feed_nor_named_in_one_s_own(site: Site) -> None:
    hide(site, site.real, "a@org.kz")
    hide(site, site.late, "a@org.kz")
    feed_text = site.stranger().get(feed(site)).content.decode()
    units = site.stranger().get(unit_feed(site, "law")).content.decode()

    assert site.late not in units
    assert item_id(site.late, "order_signed", DOMAIN) not in units
    assert "BEGIN:VEVENT" in feed_text
    assert site.real not in feed_text
    assert "Персоналды" not in feed_text


def test_only_a_feed_s_own_address_opens_it_until_it_is_revoked_by_its_owner(site: Site) -> None:
    """The address is shown once; others revoke nothing; an unknown one is not there, and takes no POST."""
    path = feed(site)
    page = site.client("responsible").get("/account").text
    (hash,) = re.findall(r'action="/account/feed">\s*<input type="hidden" name="hash" value="(\w{64})"', page)
    revocation = {"do": "revoke", "hash": hash}

    assert path not in page
    assert site.stranger().post(path).status_code == 405
    assert site.client("officer").post("/account/feed", data=revocation).status_code == 303
    assert site.stranger().get(path).status_code == 200
    site.client("responsible").post("/account/feed", data=revocation)
    for gone in (path, "/feeds/" + "x" * 43 + ".ics", "/feeds/x.ics", "/feeds/../etc.ics"):
        assert site.stranger().get(gone).status_code == 404


def test_a_closed_account_s_feed_is_not_there(site: Site) -> None:
    path = feed(site)
    site.client("administrator").post("/administration/account", data={"login": "responsible", "do": "close"})

    assert site.stranger().get(path).status_code == 404
