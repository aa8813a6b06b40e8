"""Digital signatures on the pages: signing, refusal, display, comparison, tampering."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.testclient import TestClient

from merzim.documents.signatures import Signer
from merzim.services.cases.signatures import agreement
from merzim.services.configuration.settings import EdsSettings
from merzim.services.upkeep.maintenance import damaged_evidence
from tests.eds import authority, gost, revocation_list, signatory, trust
from tests.web.conftest import NOW, TODAY, Site, office_with_cases
from workflow.cases.case import Evidence
from workflow.org.office import Person

ORDER, NOTE = b"%PDF-1.7 order", b"%PDF-1.7 note"
HEAD = signatory("ИВАНОВ", "ПЁТР", "")
"""The head of the unit whose case it is: Иванов Пётр."""


def changed_at_the_end(content: bytes) -> bytes:
    """These bytes with the last one changed, whatever it was."""
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An office that signs, its case with an order and a note."""
    site = office_with_cases()
    eds = EdsSettings(on=True, trust=trust(tmp_path / "ca"))
    site.context.settings = replace(site.context.settings, eds=eds)
    attach(site, "order_signed", ORDER, "Бұйрық.pdf")
    return site


def attach(site: Site, fact: str, content: bytes, name: str, *, restricted: str = "") -> str:
    """Record a fact, or a document of it."""
    file = site.store.keep(BytesIO(content), name)
    item = Evidence(kind="", reference=file.reference, name=name, restricted=restricted)
    stored_fact = site.facts(site.real).get(fact)
    on = stored_fact.on if stored_fact else TODAY
    site.case_commands.record(site.real, fact, on=on, evidence=[item], by="officer", now=NOW, today=TODAY)
    return file.reference


def sent(cms: bytes, content: bytes = ORDER) -> dict[str, str]:
    return {"document": sha256(content).hexdigest(), "signature": b64encode(cms).decode()}


def signed(site: Site, cms: bytes, *, login: str = "officer", content: bytes = ORDER) -> Any:
    return site.client(login).post(f"/api/v1/cases/{site.real}/signatures", json=sent(cms, content))


def listed(client: TestClient, site: Site, **headers: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/cases/{site.real}/signatures", headers=headers)
    assert answer.status_code == 200, answer.text
    signatures: list[dict[str, Any]] = answer.json()["signatures"]
    return signatures


def test_an_order_is_signed_on_its_page_and_said_to_be_valid(site: Site) -> None:
    """The page leads back to the documents; the signature's bytes are those NCALayer gave."""
    browser, cms = site.client(**{"accept-language": "ru"}), HEAD.sign(ORDER)
    page = f"/cases/{site.real}/papers"
    assert "Подписать ЭЦП" in browser.get(page).text

    answer = browser.post(f"/cases/{site.real}/signatures", data=sent(cms))

    assert answer.status_code == 303
    signed_page = browser.get(answer.headers["location"].partition("#")[0]).text
    for words in ("Подпись принята", "<b>действительна</b>", "Иванов Пётр", "совпадает"):
        assert words in signed_page
    (signature,) = listed(browser, site)
    assert (signature["verdict"], signature["agrees"], signature["name"]) == ("valid", "matches", "Бұйрық.pdf")
    assert browser.get(f"/cases/{site.real}/evidence/{signature['signature']}").content == cms
    assert damaged_evidence(site.context) == ()


def test_revocation_is_said_beside_every_verdict(site: Site) -> None:
    """Page, API and command; a list put into the folder counts at once, also for what was taken before."""
    folder = site.context.settings.eds.trust
    assert folder is not None
    cms = HEAD.sign(ORDER)
    assert signed(site, cms).status_code == 201
    browser = site.client()

    def says(language: str) -> tuple[str, str, str]:
        (signature,) = listed(browser, site, **{"accept-language": language})
        return signature["verdict"], signature["revocation"], signature["says"]

    first = says("ru")
    papers_page = browser.get(f"/cases/{site.real}/papers", headers={"accept-language": "ru"}).text
    (folder / "nca.crl").write_bytes(revocation_list().public_bytes(Encoding.DER))
    good = says("en")
    (folder / "nca.crl").write_bytes(revocation_list((HEAD, NOW)).public_bytes(Encoding.PEM))
    revoked = says("kk")
    refused = signed(site, cms)
    other = signed(site, signatory("ИВАНОВ", "ПЁТР", "").sign(ORDER))
    operations = site.client("administrator"), "/administration/operations?lang=ru"
    (folder / "nca.crl").write_bytes(revocation_list(until=NOW.replace(month=2)).public_bytes(Encoding.DER))
    ended = operations[0].get(operations[1]).text
    (folder / "nca.crl").write_bytes(b"spoiled")

    assert "Срок списка отозванных сертификатов" in ended
    assert "не читается" in operations[0].get(operations[1]).text
    assert first[:2] == ("valid", "not_checked")
    assert first[2] in papers_page
    assert "Отозван ли сертификат, здесь не проверено." in first[2]
    assert good[:2] == ("valid", "good")
    assert "By the list of 1 January 2026 the certificate was not revoked." in good[2]
    assert revoked[:2] == ("invalid", "revoked")
    assert (refused.status_code, other.status_code) == (422, 201)
    assert {signature["revocation"] for signature in listed(browser, site)} == {"not_checked"}


@pytest.mark.parametrize(
    ("cms", "words"),
    [
        (HEAD.sign(NOTE), "not over the file"),
        (changed_at_the_end(HEAD.sign(ORDER)), "not made with the key"),
        (signatory(until=NOW.replace(day=1)).sign(ORDER), "has expired"),
        (signatory(for_documents=False).sign(ORDER), "for logging in"),
        (signatory(by=authority("Жалған")).sign(ORDER), "not among the authorities"),
        (HEAD.sign(ORDER, attached=True), "detached one"),
        (b"not a signature", "no digital signature"),
    ],
)
def test_what_does_not_hold_is_refused_in_one_sentence_and_leaves_nothing(
    site: Site, cms: bytes, words: str
) -> None:
    files, events = site.files(), len(site.events(site.real))

    answer = site.client(**{"accept-language": "en"}).post(f"/cases/{site.real}/signatures", data=sent(cms))

    assert answer.status_code == 422
    assert words in answer.text
    assert (site.files(), len(site.events(site.real))) == (files, events)


def test_gost_is_kept_and_never_called_valid(site: Site) -> None:
    assert signed(site, gost(HEAD, ORDER)).status_code == 201

    (signature,) = listed(site.client(), site)
    assert (signature["verdict"], signature["reasons"], signature["signer"]) == (
        "not_checked",
        ["gost_not_checked"],
        "Иванов Пётр",
    )
    assert (
        "здесь не проверена" in site.client(**{"accept-language": "ru"}).get(f"/cases/{site.real}/papers").text
    )


@pytest.mark.parametrize(
    ("program", "status", "verdict"),
    [
        ('cmp -s "$2" ORDER', 201, "valid"),
        ("exit 1", 422, None),
        ("exit 3", 201, "not_checked"),
        ('test -z "$HOME" && test $# = 2', 201, "valid"),
    ],
)
def test_gost_is_checked_by_the_offices_own_program_alone(
    site: Site, tmp_path: Path, program: str, status: int, verdict: str | None
) -> None:
    """It gets the very bytes. What it does not confirm is refused; what it says nothing of is not checked."""
    (tmp_path / "order").write_bytes(ORDER)
    script = tmp_path / "check"
    script.write_text("#!/bin/sh\n" + program.replace("ORDER", str(tmp_path / "order")) + "\n")
    script.chmod(0o755)
    eds = replace(site.context.settings.eds, gost_check=script)
    site.context.settings = replace(site.context.settings, eds=eds)

    answer = signed(site, gost(HEAD, ORDER))

    assert answer.status_code == status
    assert answer.json().get("verdict") == verdict
    # RSA is checked here, whatever the program says.
    assert signed(site, HEAD.sign(NOTE)).status_code == 422


def test_without_authorities_the_issuer_is_said_to_be_unchecked(site: Site) -> None:
    site.context.settings = replace(site.context.settings, eds=EdsSettings(on=True))

    assert signed(site, HEAD.sign(ORDER)).json()["reasons"] == ["issuer_not_checked"]


def test_another_persons_signature_differs_from_the_duty(site: Site) -> None:
    """It is kept: who may sign instead is for the office to say."""
    answer = signed(site, signatory("ӨТЕГЕНОВ", "ЕРЛАН", "").sign(ORDER)).json()

    assert (answer["verdict"], answer["agrees"], answer["duties"]) == ("valid", "differs", ["head"])


def test_what_was_compared_stays_when_somebody_else_takes_the_duty(site: Site) -> None:
    signed(site, HEAD.sign(ORDER))
    people = {**site.office.people, "b@org.kz": replace(site.office.people["b@org.kz"], name="Жаңа Басшы")}
    site.keep(replace(site.office, people=people))

    assert listed(site.client(), site)[0]["agrees"] == "matches"


@pytest.mark.parametrize(
    ("certificate", "name", "agrees"),
    [
        ("Серікбаев Дәулет Мұратұлы", "Серікбаев Дәулет Мұратұлы", "matches"),
        ("Серікбаев Дәулет Мұратұлы", "Дәулет Серікбаев", "matches"),
        ("Серикбаев Даулет", "Серікбаев Дәулет Мұратұлы", "matches"),
        ("Серікбаев Дәулет Мұратұлы", "Серікбаев Дәулет Асқарұлы", "differs"),
        ("Серікбаев Дәулет", "Серікбаева Дәулет", "differs"),
        ("Серікбаев Дәулет", "Серікбаев Д.М.", "cannot"),
        ("Серікбаев Дәулет", "Омаров Д.", "differs"),
        ("Серікбаев Дәулет", "Серікбаев", "differs"),
        ("", "Серікбаев Дәулет", "cannot"),
    ],
)
def test_names_are_compared_by_surname_and_first_name(certificate: str, name: str, agrees: str) -> None:
    """Initials fit many people, so they can only contradict; Kazakh and Russian spelling are one."""
    signer = Signer(name=certificate, organisation="", issuer="")

    assert agreement(signer, [Person(key="a", name=name, unit="")]) == agrees
    assert agreement(signer, []) == "cannot"


def test_only_the_pages_that_sign_may_reach_the_socket_and_only_where_it_is_on(site: Site) -> None:
    browser, papers = site.client(), f"/cases/{site.real}/papers"

    def policy(address: str) -> str:
        return browser.get(address).headers["content-security-policy"]

    assert "connect-src 'self' wss://127.0.0.1:13579;" in policy(papers)
    for address in ("/", f"/cases/{site.real}", "/login"):
        assert "connect-src 'self';" in policy(address)
    site.context.settings = replace(site.context.settings, eds=EdsSettings())
    assert "connect-src 'self';" in policy(papers)
    assert "eds.js" not in browser.get(papers).text
    assert signed(site, HEAD.sign(ORDER)).status_code == 422


def test_the_signature_of_a_restricted_document_is_restricted_with_it(site: Site) -> None:
    """Also where the document was restricted after it was signed: nothing names either to others."""
    signed(site, HEAD.sign(ORDER))
    signature = listed(site.client(), site)[0]["signature"]
    attach(site, "order_signed", ORDER, "Бұйрық.pdf", restricted="Тергеу құпиясы")
    outsider = site.client("responsible")

    assert listed(outsider, site) == []
    assert outsider.get(f"/cases/{site.real}/evidence/{signature}").status_code == 404
    assert signed(site, HEAD.sign(ORDER), login="responsible").status_code == 404
    assert len(listed(site.client(), site)) == 1


def test_tampering_is_found_by_the_page_and_by_verify(site: Site) -> None:
    """A changed byte of the signature; then a ledger that says the signature is of another file."""
    signed(site, HEAD.sign(ORDER))
    (signature,) = listed(site.client(), site)
    folder = site.context.settings.evidence.folder
    file = folder / signature["signature"][:2] / signature["signature"]
    genuine = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(changed_at_the_end(genuine))

    assert listed(site.client(), site)[0]["verdict"] == "invalid"
    assert [problem.code for problem in damaged_evidence(site.context)] == ["evidence_altered"]

    file.write_bytes(genuine)
    attach(site, "order_signed", NOTE, "Анықтама.pdf")
    wrong = Evidence(
        kind="document:signature",
        reference=signature["signature"],
        name="Анықтама.pdf.p7s",
        signs=sha256(NOTE).hexdigest(),
    )
    site.case_commands.record(
        site.real, "order_signed", on=TODAY, evidence=[wrong], by="x", now=NOW, today=TODAY
    )
    (problem,) = damaged_evidence(site.context)
    assert (problem.code, problem.arguments["reason"]) == ("signature_does_not_hold", "eds.other_bytes")
