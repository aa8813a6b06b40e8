"""Choice of a unit or person: a list for few, an autocomplete field for many, a walk from level to level."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from merzim.services.names import MAX_LISTED, paginate_units
from merzim.web.ui.form_values import InvalidForm
from merzim.web.ui.name_fields import MAX_SUGGESTIONS, person_names, unit_names
from tests.web.conftest import Site, account, hide, office_with_cases
from tests.web.offices import office as small_office
from tests.web.test_administration import person
from tests.web.walking import STARTS, walk
from workflow.org.office import Office, Person, Unit

MANY = 1000
OPTIONS = MAX_LISTED + 20
"""A list to narrow by shows the way to the chosen unit beside those right below it."""
HEAVIEST = 200_000


def country() -> Office:
    """The small office, and beside it districts of schools; two of the schools bear one name."""
    sample_office = small_office()
    units = dict(sample_office.units)
    for n in range(20):
        units[f"d{n}"] = Unit(id=f"d{n}", name=f"{n:02}-аудан", parent="head")
    for n in range(MANY):
        name = "Абай мектебі" if n in (3, 24) else f"Мектеп {n:04}"
        units[f"s{n}"] = Unit(id=f"s{n}", name=name, parent=f"d{n % 20}")
    people = {
        f"p{n}@org.kz": Person(key=f"p{n}@org.kz", name=f"Сейітов {n:04}", unit=f"s{n}", email=f"p{n}@org.kz")
        for n in range(MANY)
    }
    return Office(units=units, people={**sample_office.people, **people})


COUNTRY = country()


@pytest.fixture
def site() -> Site:
    """An office of a thousand units with three cases; `of_d3` is the officer of a district, `of_head` of all
    that stands below the head."""
    site = office_with_cases(COUNTRY)
    for login, unit in (("of_d3", "d3"), ("of_head", "head")):
        account(site, login, "officer", unit=unit)
    return site


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", ""),
        ("   ", ""),
        ("s7", "s7"),
        ("S7", "s7"),
        ("мектеп 0007", "s7"),
        (" МЕКТЕП   0007 ", "s7"),
        ("19-а", "d19"),
        ("зАҢ", "law"),
        ("Абай мектебі (s24)", "s24"),
    ],
)
def test_a_unit_is_typed_by_code_by_name_or_by_a_beginning_it_alone_has(said: str, meant: str) -> None:
    assert unit_names(COUNTRY).resolve(said) == meant


@pytest.mark.parametrize(
    ("said", "code", "near"),
    [
        ("мектеп 001", "unit_several", [f"Мектеп 001{n}" for n in range(10)]),
        ("мектеп 00", "unit_several_more", None),
        ("абай мектебі", "unit_several", ["Абай мектебі (s24)", "Абай мектебі (s3)"]),
        ("департаменті", "unit_near", ["Заң департаменті", "Персоналды басқару департаменті"]),
        ("департамент перс", "unit_near", ["Персоналды басқару департаменті"]),
        ("партаменті", "unit_none", []),
        ("балабақша", "unit_none", []),
    ],
)
def test_what_fits_several_or_none_names_those_that_are_near(
    said: str, code: str, near: list[str] | None
) -> None:
    """Ten are all named, of more the first ten; each so that typed it means that unit alone."""
    with pytest.raises(InvalidForm) as refused:
        unit_names(COUNTRY).resolve(said)
    near_names = refused.value.arguments["near"]

    assert refused.value.code == f"web.found.{code}"
    assert len(near_names) == MAX_SUGGESTIONS if near is None else sorted(near_names) == sorted(near)
    assert all(unit_names(COUNTRY).resolve(name) in COUNTRY.units for name in near_names)


def test_a_name_is_looked_for_among_one_s_own_units_a_code_everywhere() -> None:
    """Two schools are called so, one of them in the district; whether a code may be taken others decide."""
    below = {f"x{n}": Unit(id=f"x{n}", name=f"X{n}", parent="d3") for n in range(MAX_LISTED)}
    wide = replace(COUNTRY, units={**COUNTRY.units, **below})

    assert unit_names(wide, "d3").resolve("абай") == "s3"
    assert unit_names(wide, "d3").resolve("абай мектебі") == "s3"
    assert unit_names(wide, "d3").resolve("s24") == "s24"
    with pytest.raises(InvalidForm) as refused:
        unit_names(wide, "d3").resolve("04-а")
    assert refused.value.arguments["near"] == []


def test_a_person_is_typed_by_name_by_e_mail_or_by_a_beginning_they_alone_have() -> None:
    assert person_names(COUNTRY).resolve("сейітов 0012") == "p12@org.kz"
    assert person_names(COUNTRY).resolve("P12@org") == "p12@org.kz"
    assert person_names(COUNTRY).resolve("әлиева") == "a@org.kz"
    assert person_names(COUNTRY).field("p12@org.kz").chosen == "Сейітов 0012"
    with pytest.raises(InvalidForm) as refused:
        person_names(COUNTRY).resolve("Сейітов")
    assert refused.value.code == "web.found.person_several_more"


class _Fields(HTMLParser):
    """How many options each list of a page has; fields by name; what an alert says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lists: dict[str, int] = {}
        self.inputs: dict[str, str] = {}
        self._list = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in ("select", "datalist"):
            self._list = attributes.get("name") or attributes.get("id", "")
            self.lists[self._list] = 0
        elif tag == "option":
            self.lists[self._list] += 1
        elif tag == "input" and "name" in attributes:
            self.inputs[attributes["name"]] = attributes.get("value", "")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page of an office of a thousand units, for a reader with access to it."""
    site = office_with_cases(COUNTRY)
    hide(site, site.real, "a@org.kz")
    account(site, "named", "officer", "a@org.kz")
    starts = (
        *STARTS,
        f"/cases/{site.real}/history",
        "/open/case?unit=s7",
        "/cases?unit=d3",
        "/administration/unit?id=s7",
        "/administration/person?key=p12@org.kz",
        "/administration/account?login=officer",
    )
    pages_by_address: dict[str, str] = {}
    files = set[str]()
    for login in ("named", "administrator"):
        with site.client(login) as browser:
            walked = walk(browser, samples_each=1, starts=starts, files=files, by_query=False)
            pages_by_address |= {
                address: walked.texts[address] for address in walked.pages if walked.statuses[address] == 200
            }
    return pages_by_address


def test_no_page_offers_a_thousand_of_anything(pages: dict[str, str]) -> None:
    """No list, no datalist; and no page is heavy."""
    long = {
        (address, name, count)
        for address, text in pages.items()
        for name, count in _Fields(text).lists.items()
        if count > OPTIONS
    }
    paths = {address.partition("?")[0] for address in pages}

    assert {"/open/case", "/cases", "/administration/unit"} <= paths
    assert {"/administration/person", "/administration/account", "/administration/accounts"} <= paths
    assert any(address.endswith("/history") and "/suggest/person" in text for address, text in pages.items())
    assert long == set()
    assert {address for address, text in pages.items() if len(text.encode()) > HEAVIEST} == set()


def test_what_fits_several_is_said_in_one_sentence_and_nothing_typed_is_lost(site: Site) -> None:
    """The form of a person; those that are near stand in the field's own list, without any script."""
    before = site.office
    form_fields = person(site, unit="Мектеп 001", post="екінші", away_first_0="2026-07-01")
    with site.client("administrator") as admin:
        answer = admin.post("/administration/person?lang=ru", data=form_fields)
    (alert,) = re.findall(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)
    fields = _Fields(answer.text)

    assert answer.status_code == 422
    sentence = "С «Мектеп 001» начинается несколько подразделений: Мектеп 0010, Мектеп 0011, "
    assert f'href="#person-unit">{sentence}' in unescape(alert)
    assert site.office is before
    assert {name: fields.inputs[name] for name in ("unit", "post", "away_first_0")} == {
        "unit": "Мектеп 001",
        "post": "екінші",
        "away_first_0": "2026-07-01",
    }
    assert fields.lists["person-unit-near"] == 10
    assert 'aria-invalid="true"' in answer.text


def test_a_unit_of_others_is_refused_however_it_is_typed(site: Site) -> None:
    """By code, by name, by its beginning; a district has a list, all below the head a field."""
    cases = len(site.cases())
    opening = {"procedure": "internal-analysis", "object": "Бөтен"}
    forged = (("of_d3", "s4"), ("of_d3", "Мектеп 0004"), ("of_d3", "d4"))
    answers = []
    for login, unit in forged:
        with site.client(login) as browser:
            answers.append(browser.post("/open/case", data={**opening, "unit": unit}))
            answers.append(browser.post("/open/year", data={"year": "2026", "unit": unit}))

    assert {answer.status_code for answer in answers} <= {404, 422}
    assert len(site.cases()) == cases


@pytest.mark.parametrize(
    ("login", "found"),
    [("officer", 10), ("administrator", 10), ("of_head", 10), ("of_d3", 1), ("responsible", 0)],
)
def test_units_are_suggested_as_far_as_one_may_see(site: Site, login: str, found: int) -> None:
    """`of_d3` sees one of the matching schools, a reader of another department none."""
    with site.client(login) as browser:
        answer = browser.get("/suggest/unit", params={"q": "мектеп 004"})

    assert len(answer.json()) == found


def _shown(text: str) -> str:
    """Text of a page without its addresses."""
    return re.sub(r'href="[^"]*"', "", text[text.index("<main") :])


LISTS = ("/", "/cases", "/deadlines", "/calendar/2026/4")


def test_a_list_is_narrowed_to_the_unit_that_was_typed(site: Site) -> None:
    """By its name as by its code; what fits several is said beside the field, and stands in it."""
    with site.client() as browser:
        for path in LISTS:
            coded = browser.get(path, params={"unit": "law", "lang": "ru"}).text
            list_page = browser.get(path, params={"unit": "заң департаменті", "lang": "ru"}).text
            several = browser.get(path, params={"unit": "Мектеп 001", "lang": "ru"})

            assert _Fields(list_page).inputs["unit"] == "Заң департаменті", path
            assert _shown(list_page) == _shown(coded), path
            assert several.status_code == 200
            assert "С «Мектеп 001» начинается несколько подразделений" in several.text
            assert _Fields(several.text).inputs["unit"] == "Мектеп 001"


def test_what_fits_several_names_none_of_the_units_one_does_not_see(site: Site) -> None:
    """Readers of a department have a list of it, and find nobody else in the register."""
    with site.client("responsible") as browser:
        pages = [browser.get(path, params={"unit": "мектеп"}).text for path in (*LISTS, "/reports/points")]
        pages.append(browser.get("/register", params={"person": "сейітов"}).text)

    assert [page for page in pages if "Мектеп 0" in page or "Сейітов 0" in page] == []
    assert "«сейітов» деген қызметкер жоқ" in pages[-1]


def office(districts: int, below: int) -> Office:
    units = [Unit(id="akimat", name="Әкімдік")]
    for n in range(districts):
        units.append(Unit(id=f"d{n}", name=f"Аудан {n:03}", parent="akimat"))
        units += [Unit(id=f"d{n}-{k}", name=f"Мектеп {k:03}", parent=f"d{n}") for k in range(below)]
    return Office(units={unit.id: unit for unit in units}, people={})


@pytest.mark.parametrize("page", ["/registers", "/reports/monitoring"])
def test_a_unit_nobody_has_is_refused_without_the_country_s_list(site: Site, page: str) -> None:
    """Also for whom the own units fit into a list."""
    with site.client("responsible") as browser:
        answer = browser.get(f"{page}?unit=zz&lang=en")

    assert (answer.status_code, "s100" in answer.text) == (422, False)


def test_of_a_country_one_walks_down_and_up_again() -> None:
    """The way to the chosen one, and those right below it."""
    sample_office = office(20, 100)
    offered, _ = paginate_units(sample_office, "d7", 1)

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


def test_a_list_shows_the_unit_it_is_narrowed_by_even_where_there_is_none() -> None:
    with office_with_cases(small_office()).client("officer") as browser:
        text = browser.get("/cases?unit=Жоқ+бөлім").text

    assert '<option value="Жоқ бөлім" selected>Жоқ бөлім</option>' in text
