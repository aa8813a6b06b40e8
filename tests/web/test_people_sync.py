"""Directory sync from a real slapd: people, units, heads and leave; differences shown, applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from merzim.services.configuration.settings import LdapSettings, SyncSettings
from merzim.services.connections.ldap import DirectoryEntry, DirectorySilent
from merzim.services.context import RequestContext, operator_context
from merzim.services.people.sync import (
    SyncPeople,
    SyncRefused,
    SyncResult,
    _Comparison,
    sync_on_schedule,
    sync_people,
)
from merzim.services.upkeep.maintenance import verify
from notifications.notice import Notice
from tests.slapd import BASE, SEARCHER, SECRET, Slapd, serving
from tests.web.conftest import NOW, TODAY, Site, build
from workflow.org.access import Reader
from workflow.org.office import Person

OWN = "(&(objectClass=inetOrgPerson)(ou=*)(!(uid=many*)))"
SAID = {"by": "test", "now": NOW, "today": TODAY}


@pytest.fixture
def slapd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slapd]:
    monkeypatch.setenv("MERZIM_LDAP_PASSWORD", SECRET)
    with serving() as server:
        yield server


def office(slapd: Slapd, mode: str = "preview", **options: Any) -> Site:
    """An office that takes its people from that directory."""
    sync = SyncSettings(mode=mode, leave_attribute="description", **options)
    ldap = LdapSettings(
        address=f"ldap://127.0.0.1:{slapd.port}",
        kind="openldap",
        bind=SEARCHER,
        base=BASE,
        ca_file=slapd.ca_file,
    )
    site = build(demonstration=False)
    site.context.settings = replace(site.context.settings, ldap=replace(ldap, sync=sync))
    return site


def acting(site: Site) -> RequestContext:
    return operator_context(site.context, by="administrator", now=NOW, today=TODAY)


def look(site: Site, **options: Any) -> SyncResult:
    return sync_people(acting(site), SyncPeople(**options))


def changes(result: SyncResult) -> dict[str, tuple[str, ...]]:
    return {change.name: (change.what, *change.fields) for change in result.changes}


def person(site: Site, key: str) -> Person:
    return site.office.people[key]


def scheduled(site: Site, hours: int = 0) -> None:
    sync_on_schedule(site.context, now=NOW + timedelta(hours=hours), today=TODAY)


def test_more_people_than_a_page_of_the_directory_come_in_by_one_click(slapd: Slapd) -> None:
    """620 entries where the server gives 500 at once; nothing is written before, nothing differs afterwards."""
    slapd.many(620, "Көп бөлім")
    site = office(slapd)
    browser = site.client("administrator")
    place = "/administration/people/sync?lang=en"

    before = len(site.office.people)
    preview = browser.post(place, data={"do": "look"}).text
    unwritten = len(site.office.people)
    mark = preview.partition('name="mark" value="')[2].partition('"')[0]
    stale = browser.post(place, data={"do": "apply", "mark": "0" * 20})
    answer = browser.post(place, data={"do": "apply", "mark": mark})

    assert (before, unwritten, len(site.office.people)) == (3, 3, 623)
    assert (stale.status_code, answer.status_code) == (422, 200)
    assert site.office.units["Көп бөлім"].parent == "head"
    assert person(site, "m7@org.kz").name == "Адам007 Көп"
    sync_result = look(site)
    assert (sync_result.entries, sync_result.changes, sync_result.left) == (620, [], [])
    assert verify(site.context, now=NOW, today=TODAY) == ()


def test_what_changes_in_the_directory_changes_here(slapd: Slapd) -> None:
    """Moved, renamed, another head, another e-mail, leave, gone and back; others and their duties stay."""
    boss = slapd.colleague("boss", "Бастық", "Заң департаменті")
    anna = slapd.colleague("anna", "Ким", "Заң департаменті", manager=boss, title="Маман")
    oleg = slapd.colleague("oleg", "Ли", "Заң департаменті", manager=boss, preferredLanguage="ru")
    site = office(slapd, filter=OWN)
    law = "law"
    look(site, apply=True)
    site.accounts.save(Reader(login="oleg", access="officer", person="oleg@org.kz"), disabled=False, **SAID)
    first = {key: (person.unit, person.duties) for key, person in site.office.people.items()}
    edited_person = replace(person(site, "anna@org.kz"), duties=("hr",))
    site.keep(replace(site.office, units={}, people={edited_person.key: edited_person}))

    slapd.change(anna, "sn", "Ахметова")
    slapd.change(anna, "mail", "akhmetova@org.kz")
    slapd.change(anna, "description", "01.07.2026 – 14.07.2026")
    slapd.change(boss, "ou", "Жаңа бөлім")
    slapd.change(anna, "manager", oleg)
    sync_result = look(site, apply=True)

    assert first["boss@org.kz"] == (law, ("head_of_unit",))
    assert first["c@org.kz"] == (law, ("authorised_person",)), "who never came from there stays"
    assert changes(sync_result) == {
        "Жаңа бөлім": ("added",),
        "Ахметова Anna": ("changed", "name", "email", "away"),
        "Бастық Boss": ("changed", "unit", "duties"),
        "Ли Oleg": ("changed", "duties"),
    }
    renamed = person(site, "anna@org.kz")
    assert (renamed.name, renamed.email, renamed.duties) == ("Ахметова Anna", "akhmetova@org.kz", ("hr",))
    assert renamed.away == ((date(2026, 7, 1), date(2026, 7, 14)),)
    assert person(site, "oleg@org.kz").duties == ("head_of_unit",)

    slapd.remove(oleg)
    held_result = look(site)
    with pytest.raises(SyncRefused):
        look(site, apply=True)
    applied_result = look(site, apply=True, many_leave=True)
    account = site.accounts.account("oleg")

    assert (held_result.held, applied_result.left) == (True, ["Ли Oleg"])
    assert "oleg@org.kz" not in site.office.people
    assert account is not None
    assert account.disabled
    assert verify(site.context, now=NOW, today=TODAY) == ()


def test_who_comes_back_is_who_they_were_and_two_of_one_e_mail_are_nobody(slapd: Slapd) -> None:
    anna = slapd.colleague("anna", "Ким", "Заң департаменті")
    slapd.colleague("other", "Ким", "Заң департаменті", mail="twice@org.kz")
    site = office(slapd, filter=OWN)
    look(site, apply=True)
    slapd.change(anna, "ou", "Заң департаменті")
    slapd.change(anna, "employeeType", "left")
    site.context.settings = replace(
        site.context.settings,
        ldap=replace(
            site.context.settings.ldap,
            sync=SyncSettings(mode="preview", ceiling=60, filter=f"(&{OWN}(!(employeeType=left)))"),
        ),
    )
    site.context.__dict__.pop("directory")
    leave_result = look(site, apply=True)
    slapd.change(anna, "employeeType", "staff")
    slapd.change(anna, "mail", "new@org.kz")
    back = look(site, apply=True)
    slapd.colleague("third", "Пак", "Заң департаменті", mail="twice@org.kz")
    twice = look(site)

    assert (leave_result.left, back.back) == (["Ким Anna"], ["Ким Anna"])
    assert person(site, "anna@org.kz").email == "new@org.kz", "under the key they always had"
    assert [(problem.code, problem.text) for problem in twice.problems] == [("email_twice", "twice@org.kz")] * 2
    assert twice.left == [], "whose entry cannot be taken has not left"


def test_whoever_gets_the_address_of_somebody_who_left_is_somebody_else(slapd: Slapd) -> None:
    """What the one before did stays theirs; of two of one name without an address the second is not taken."""
    anna = slapd.colleague("anna", "Ким", "Заң департаменті")
    site = office(slapd, filter=OWN)
    look(site, apply=True)
    slapd.remove(anna)
    slapd.colleague("zarina", "Оспанова", "Заң департаменті", mail="anna@org.kz")
    result = look(site, apply=True, many_leave=True)
    second_result = look(site)

    assert (result.left, changes(result)) == (["Ким Anna"], {"Оспанова Zarina": ("added",)})
    assert "anna@org.kz" not in site.office.people
    key = next(person.key for person in site.office.people.values() if person.name == "Оспанова Zarina")
    assert (key, person(site, key).email) == ("law / Оспанова Zarina", "anna@org.kz")
    assert (second_result.changes, second_result.left, second_result.problems) == ([], [], [])

    attributes = {"post": "", "manager": "", "language": "", "leave": "", "units": ("Заң департаменті",)}
    entry = DirectoryEntry(subject="1", dn="cn=1", name="Ли Олег", email="", **attributes)
    twins = _Comparison([entry, replace(entry, subject="2", dn="cn=2")], site.office, {}, officer="").plan()
    stored_person = site.office.people["c@org.kz"]
    renamed_entry = replace(entry, name=stored_person.name, email=stored_person.key)
    same = _Comparison([renamed_entry], site.office, {stored_person.key: "0"}, officer="").plan()
    assert [person.key for person in twins.table.people] == ["law / Ли Олег"]
    assert [(problem.code, problem.text) for problem in twins.problems] == [("name_twice", "cn=2")]
    assert (same.links, same.left) == ({stored_person.key: "1"}, []), (
        "whose entry was made anew is who they were"
    )


def test_by_itself_it_applies_up_to_the_ceiling_and_beyond_tells_the_administrators(slapd: Slapd) -> None:
    """Ten of the directory; one leaves, then two of nine: then nothing happens but a letter, once."""
    people = [slapd.colleague(f"p{n}", f"Адам{n}", "Заң департаменті") for n in range(10)]
    site = office(slapd, mode="apply", filter=OWN)
    site.keep(replace(site.office, people={"adm@org.kz": Person(key="adm@org.kz", name="Әкімші", unit="head")}))
    reader = Reader(login="administrator", access="administrator", person="adm@org.kz")
    site.accounts.save(reader, disabled=False, **SAID)

    def letters() -> list[Notice]:
        return [notice for notice in site.context.outbox.notices() if notice.about.get("event") == "sync_held"]

    scheduled(site)
    slapd.remove(people[0])
    scheduled(site, 23)
    too_early = "p0@org.kz" in site.office.people
    scheduled(site, 24)
    for dn in people[1:3]:
        slapd.remove(dn)
    scheduled(site, 48)
    scheduled(site, 72)

    assert too_early
    assert "p0@org.kz" not in site.office.people
    assert {"p1@org.kz", "p2@org.kz"} <= site.office.people.keys()
    assert [(letter.person, letter.about["count"], letter.about["of"]) for letter in letters()] == [
        ("adm@org.kz", 2, 9)
    ]
    assert (
        "Too many people would leave"
        in site.client("administrator").get("/administration/people/sync?lang=en").text
    )


def test_a_directory_that_answers_in_part_or_not_at_all_changes_nothing(slapd: Slapd) -> None:
    """A search that names no person removes nobody, and in preview a scheduled run writes nothing."""
    slapd.colleague("anna", "Ким", "Заң департаменті")
    site = office(slapd, filter=OWN)
    scheduled(site)
    unapplied = "anna@org.kz" in site.office.people
    look(site, apply=True)
    missing_base = office(slapd, mode="apply", base=f"ou=nowhere,{BASE}")
    off = office(slapd, mode="off")

    assert not unapplied
    with pytest.raises(DirectorySilent):
        look(missing_base)
    scheduled(missing_base)
    with pytest.raises(SyncRefused):
        look(off, apply=True)
    slapd.change(f"uid=anna,{BASE}", "description", "қашан екені белгісіз")
    problem = look(site)
    assert [problem.code for problem in problem.problems] == ["leave_unreadable"]
    assert person(site, "anna@org.kz").away == ()
