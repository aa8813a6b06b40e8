"""A further language without code: a page, a letter and the API use it, the rest falls back."""

from __future__ import annotations

import csv
import email
import shutil
from collections.abc import Iterator
from email import policy

import pytest

from merzim.services.configuration.translations import use_languages
from merzim.settings import Settings
from tests.web.real import ROOT, RealOffice, real_office

UZBEK = ROOT / "tests" / "merzim" / "languages" / "uz.toml"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    """The example office with fifty sentences in Uzbek, in which it writes to the chairman."""
    folder = tmp_path_factory.mktemp("office")
    with real_office(folder):
        pass
    (folder / "languages").mkdir()
    shutil.copyfile(UZBEK, folder / "languages" / "uz.toml")
    with (folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write('\n[languages]\nfolder = "languages"\n')
    table = (ROOT / "examples" / "people.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(table.splitlines(), delimiter=";"))
    language = rows[0].index("Язык")
    for row in rows[1:]:
        row[language] = "o‘zbek" if row[3].startswith("Серікбаев") else row[language]
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    with real_office(folder, is_new=False) as office:
        office.run("people", str(folder / "people.csv"))
        yield office
    use_languages(Settings())


def test_a_page_speaks_it_and_the_rest_is_in_the_other_language(office: RealOffice) -> None:
    """Chosen at the switch and remembered; titles of the law are Russian; a browser that prefers it gets it."""
    with office.client("") as browser:
        page = browser.get("/login?lang=uz").text
        second_page = browser.get("/login", headers={"accept-language": "ru"}).text
    with office.client("") as other:
        preferred = other.get("/login", headers={"accept-language": "uz-UZ,ru;q=0.5"}).text
    with office.client() as officer:
        board = officer.get("/deadlines?lang=uz").text

    assert '<html lang="uz"' in page
    assert "Foydalanuvchi nomi" in page
    assert '<html lang="uz"' in second_page
    assert '<html lang="uz"' in preferred
    assert 'title="O‘zbek"><abbr title="O‘zbek">Uz</abbr>' in page
    assert "6-aprel, 2026 holatiga: jami" in board
    assert "Подписание приказа о внутреннем анализе" in board


def test_no_kind_of_page_breaks_in_it(office: RealOffice) -> None:
    """Texts there are in three languages alone are read in the other one: titles, guides, files to download."""
    places = (
        "/",
        "/registers",
        "/help",
        "/help/officer",
        "/reports/points",
        "/reports/monitoring",
        "/search?q=ann",
    )
    places += ("/cases/2026-0001", "/cases/2026-0001/package")
    with office.client() as officer:
        officer.cookies.set("lang", "uz")
        answers = {place: officer.get(place).status_code for place in places}

    assert answers == dict.fromkeys(places, 200)


def test_a_letter_speaks_it(office: RealOffice) -> None:
    """To somebody whose language the table of people calls by its own name; days by the CLDR."""
    office.run("remind", now="2026-04-06T12:00")
    office.run("deliver", now="2026-04-06T12:00")
    letters = [
        email.message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (office.folder / "var" / "letters").glob("*.eml")
    ]
    letter = next(candidate for candidate in letters if candidate["subject"].startswith("Muddat bugun"))
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()

    assert (
        letter["subject"]
        == "Muddat bugun: подписание приказа о внутреннем анализе – 6-aprel (bugun oxirgi kun)"
    )
    assert letter["content-language"] == "uz"
    assert "Assalomu alaykum, Серікбаев Дәурен Маратұлы!" in text
    assert "Muddat: 6-aprel, 2026, dushanba" in text
    assert "Расчёт срока" in text
    assert [part.get_filename() for part in letter.iter_attachments()] == ["срок.ics"]


def test_people_choose_it_and_programs_ask_for_it(office: RealOffice) -> None:
    """In the form and over the API, whose description lists it; a language there is not is refused."""
    with office.client() as officer:
        response = officer.get("/api/v1/procedures", params={"lang": "uz"})
        refused = officer.get("/api/v1/procedures", params={"lang": "de"})
        described = officer.get("/api/openapi.json").text
    with office.client("administrator") as administrator:
        form = administrator.get("/administration/person?lang=ru").text

    assert (response.status_code, refused.status_code) == (200, 422)
    assert '"enum":["kk","ru","en","uz"]' in described
    assert '<option value="uz">O‘zbek</option>' in form


def test_without_its_file_people_get_kazakh(office: RealOffice) -> None:
    """A language that left the installation keeps nobody's letter."""
    (office.folder / "languages" / "uz.toml").unlink()
    use_languages(Settings())
    before = set((office.folder / "var" / "letters").glob("*.eml"))

    for command in ("remind", "deliver"):
        office.run(command, now="2026-04-07T12:00")

    subjects = {
        email.message_from_bytes(file.read_bytes(), policy=policy.default)["content-language"]
        for file in set((office.folder / "var" / "letters").glob("*.eml")) - before
    }
    assert "kk" in subjects
    assert not {"uz"} & subjects
    with office.client() as officer:
        assert '<html lang="kk"' in officer.get("/deadlines", headers={"accept-language": "uz"}).text
