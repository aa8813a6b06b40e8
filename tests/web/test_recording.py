"""The two forms that record facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from merzim.services.inputs import clean_file_name
from merzim.web.pages.cases.writing import parse_address
from merzim.web.ui.form_values import InvalidForm, parse_text
from tests.web.conftest import Site

PROTOCOL = b"%PDF-1.4 protocol"


def test_a_fact_with_a_file_is_recorded_and_the_file_comes_back(site: Site, browser: TestClient) -> None:
    """Date and document go in through the form; the document can be fetched again as a download."""
    answer = browser.post(
        f"/cases/{site.real}",
        data={"fact": "order_signed", "on": "2026-04-06"},
        files={"file.document:order": ("бұйрық №12.pdf", PROTOCOL, "application/pdf")},
    )
    fact = site.facts(site.real)["order_signed"]
    (item,) = fact.evidence
    back = browser.get(f"/cases/{site.real}/evidence/{item.reference}")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/cases/{site.real}?recorded=order_signed")
    assert (fact.on, item.kind, item.name) == (date(2026, 4, 6), "document:order", "бұйрық №12.pdf")
    assert back.content == PROTOCOL
    assert back.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('бұйрық №12.pdf')}"
    assert back.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("name", ["order.p7s", "order.sig"])
def test_a_file_signed_elsewhere_is_evidence_with_its_digest_shown(
    site: Site, browser: TestClient, name: str
) -> None:
    """Kept byte by byte; the SHA-256 on the page is that of the file the office signed and checks itself."""
    signed_file = b"0\x82\x01\x00 signed by somebody"
    answer = browser.post(
        f"/cases/{site.real}",
        data={"fact": "order_signed", "on": "2026-04-06"},
        files={"file.document:order": (name, signed_file, "application/octet-stream")},
    )

    assert answer.status_code == 303
    assert f"SHA-256: {sha256(signed_file).hexdigest()}" in browser.get(f"/cases/{site.real}/papers").text


def test_three_links_with_their_dates_are_kept_apart(site: Site, browser: TestClient) -> None:
    """Site, media and social network each keep their own day of publication."""
    browser.post(
        f"/cases/{site.late}",
        data={
            "fact": "start_announced",
            "on": "2026-03-24",
            "link.link:site": " https://org.kz/1 ",
            "published.link:site": "2026-03-24",
            "link.link:media": "https://gazeta.kz/2",
            "published.link:media": "2026-03-25",
            "link.link:social": "https://net.kz/3",
            "published.link:social": "",
        },
    )
    evidence = site.facts(site.late)["start_announced"].evidence

    assert [(item.kind, item.reference, item.published_on) for item in evidence] == [
        ("link:site", "https://org.kz/1", date(2026, 3, 24)),
        ("link:media", "https://gazeta.kz/2", date(2026, 3, 25)),
        ("link:social", "https://net.kz/3", None),
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"on": "2026-04-07"}, "7 апреля 2026 года"),
        ({"on": "31.02.2026"}, "31.02.2026"),
        ({"on": "<b>1</b>"}, "&lt;b&gt;1&lt;/b&gt;"),
        ({"fact": "no_such_fact"}, "no_such_fact"),
        ({"link.document:order": "javascript:alert(1)"}, "не ссылка"),
        ({"on": "2009-12-31"}, "2010"),
    ],
    ids=str,
)
def test_a_refusal_is_one_sentence_at_the_form_and_nothing_typed_is_lost(
    fields: dict[str, str], said: str, site: Site, browser: TestClient
) -> None:
    """422, the sentence, and every answer still in its field; nothing was written."""
    form_fields = {"fact": "order_signed", "on": "2026-04-06", "link.other": "https://org.kz/kept", **fields}
    before = site.events(site.real)
    answer = browser.post(f"/cases/{site.real}?lang=ru", data=form_fields)
    problem = answer.text.split('id="record-problem"')[1].split("</div>")[0]

    assert answer.status_code == 422
    assert said in problem
    assert site.events(site.real) == before
    if form_fields["fact"] == "order_signed" and form_fields["link.other"].startswith("https"):
        assert 'value="https://org.kz/kept"' in answer.text


def test_htmx_is_sent_on_by_a_header(site: Site, browser: TestClient) -> None:
    """The page is loaded anew after a record, not swapped into itself."""
    answer = browser.post(
        f"/cases/{site.real}", data={"fact": "order_signed", "on": "2026-04-06"}, headers={"hx-request": "true"}
    )

    assert answer.status_code == 204
    assert answer.headers["hx-redirect"].startswith(f"/cases/{site.real}?recorded=")


def test_a_file_of_another_case_is_not_given_out(site: Site, browser: TestClient) -> None:
    """A document is reached through its own case only."""
    browser.post(
        f"/cases/{site.real}",
        data={"fact": "order_signed", "on": "2026-04-06"},
        files={"file.document:order": ("a.pdf", PROTOCOL, "application/pdf")},
    )
    (reference,) = site.files()

    assert browser.get(f"/cases/{site.late}/evidence/{reference}").status_code == 404
    assert browser.get(f"/cases/{site.real}/evidence/{'0' * 64}").status_code == 404
    assert browser.get(f"/cases/{site.real}/evidence/..%2F..%2Fx").status_code == 404


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\бұйрық.docx", "бұйрық.docx"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie: x"),
        ("ст.\u00a07\tот\u200913.04\u200b.pdf", "ст. 7 от 13.04.pdf"),
        ("", "file"),
        ("..", "file"),
        ("x" * 400 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_file_name_keeps_only_its_last_part(given_name: str, kept: str) -> None:
    """No folder and no control character gets into a name, and no two words become one."""
    assert clean_file_name(given_name) == kept


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "https://", "http://[", "https://a b", "https://x/" + "a" * 3000]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Only http and https, with a host, without blanks, not endless."""
    with pytest.raises(InvalidForm):
        parse_address(text)


def _programme(site: Site) -> str:
    """A case of the yearly programme whose training counts people."""
    return site.open(procedure="tbn4-project-4", planned={"year_begun": date(2026, 1, 1)}, object="2026")


def test_numbers_and_a_signature_go_with_the_fact_that_asks_for_them(site: Site, browser: TestClient) -> None:
    """The form has a field for each number; what it says is kept, what is no number comes back as typed."""
    case = _programme(site)
    form = browser.get(f"/cases/{case}?fact=servants_trained.2026&lang=ru").text
    fields = {"value.trained": "57", "value.staff": "1 140", "signed_by": "deputy"}
    fact = {"fact": "servants_trained.2026", "on": "2026-04-06"}

    assert 'name="value.trained"' in form
    assert "число обученных" in form
    assert '<option value="deputy">' in form
    assert 'name="value.' not in browser.get(f"/cases/{case}?fact=audience_chosen.2026-01").text
    wrong = browser.post(f"/cases/{case}?lang=en", data=fact | fields | {"value.trained": "many"})
    assert (wrong.status_code, "The number is not written so" in wrong.text) == (422, True)
    assert 'value="1 140"' in wrong.text
    assert browser.post(f"/cases/{case}", data=fact | fields).status_code == 303
    stored_fact = site.facts(case)["servants_trained.2026"]
    assert stored_fact.values == {"trained": Decimal(57), "staff": Decimal(1140)}
    assert stored_fact.signed_by == "deputy"


def test_what_completes_a_record_is_told_as_what_it_is(site: Site, browser: TestClient) -> None:
    """A signatory named later is no evidence: history, and audit log say so, and who it is."""
    fact = {"fact": "schedule_approved", "on": "2026-04-06"}
    link = {"link.other": "https://org.kz/schedule"}
    for fields in ({}, {"signed_by": "head"}, link):
        assert browser.post(f"/cases/{site.late}", data=fact | fields).status_code == 303
    history = browser.get(f"/cases/{site.late}/history?lang=ru").text
    completed = history.partition("<b>Запись дополнена</b>")[2].partition("</li>")[0]

    assert history.count("<b>Добавлено подтверждение</b>") == 1
    assert "Подписал" in completed
    assert "первый руководитель" in completed
    entries = browser.get("/api/v1/audit?lang=ru&limit=3").json()["entries"]
    log = [entry["what"].partition(":")[0] for entry in entries]
    assert log == ["Добавлено подтверждение", "Запись дополнена", "Записано"]


def test_a_pasted_text_keeps_its_words_apart() -> None:
    """Unbreakable and thin spaces and tabs part the words of a text copied from an act; other signs go."""
    pasted = "\u00a0ст.\u00a07 п.\u2009\u20092\tот\r\nМинистерства\u200b\x07 "

    assert parse_text(pasted) == "ст. 7 п.  2 от\nМинистерства"
