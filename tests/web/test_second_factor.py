"""The second factor on the pages: no bypass, recovery codes, required by role, removal by an administrator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from merzim.services.accounts import verbs as second_factors
from merzim.services.accounts.credentials import new_recovery_codes, recovery_hash
from merzim.storage.tables.accounts import RECOVERY_CODE
from merzim.web.auth import attempts
from notifications.notice import Notice
from tests.web.conftest import AT, NOW, PASSWORD, Site, enter, office_with_cases
from workflow.org.access import Access, Account, CredentialKind

SECRET = pyotp.random_base32()
NEW = "жаңа құпиясөзім"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Mapping[str, object]]]:
    """The letters about accounts: whose, of what, with what facts."""
    letters: list[tuple[str, str, Mapping[str, object]]] = []

    def write(_: object, account: Account, event: str, facts: Mapping[str, object]) -> Sequence[Notice]:
        letters.append((account.reader.login, event, facts))
        return ()

    for module in (attempts, second_factors):
        monkeypatch.setattr(module, "account_letters", write)
    return letters


def office(*required: Access) -> Site:
    """An office on a real day; who has one of these accesses must have a second factor."""
    return office_with_cases(demonstration=False, totp_required=required)


def unused(site: Site, login: str) -> set[str]:
    """The hashes of recovery codes that are left."""
    with site.context.engine.connect() as connection:
        query = select(RECOVERY_CODE.c.hash).where(RECOVERY_CODE.c.login == login)
        return set(connection.execute(query.where(RECOVERY_CODE.c.used_at.is_(None))).scalars())


def enrolled(site: Site, login: str = "officer", secret: str = SECRET) -> tuple[str, ...]:
    """Give an account a second factor; its recovery codes."""
    codes = new_recovery_codes()
    hashes = [hash for code in codes if (hash := recovery_hash(code, login))]
    site.accounts.enrol(login, secret, 0, hashes, at=AT)
    return codes


@pytest.fixture
def site() -> Site:
    """An office on a real day, whose officer has a second factor."""
    site = office()
    enrolled(site)
    return site


def now_code(secret: str = SECRET) -> str:
    return str(pyotp.TOTP(secret).at(NOW))


def invitation(site: Site, login: str = "officer") -> str:
    """The address of a link by which a password is chosen anew."""
    return f"/welcome/{site.way_in(login, 'invitation')}"


def shown(page: str) -> list[str]:
    """The recovery codes a page shows."""
    return re.findall(r"<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</code>", page)


# ------------------------------------------------------------------------------- links, and the demonstration


def test_a_reset_link_changes_the_password_and_lets_nobody_past_the_second_factor(site: Site) -> None:
    """No session; nothing of the account opens; the new password asks for a code as the old one did."""
    with site.stranger() as browser:
        answer = browser.post(invitation(site), data={"password": NEW, "again": NEW})
        cookies = dict(browser.cookies)
        page = browser.get(answer.headers["location"] + "&lang=en").text
        account_answer = browser.get("/account")
        removal_status = browser.post("/account/totp", data={"do": "remove", "old": NEW}).status_code

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?said=password")
    assert cookies == {}
    assert "The new password has been saved" in page
    assert (account_answer.status_code, account_answer.headers["location"], removal_status) == (
        303,
        "/login?next=%2Faccount",
        401,
    )
    assert enter(site.stranger(), password=NEW) == 401
    assert enter(site.stranger(), password=NEW, code=now_code()) == 303


def test_a_demonstration_opens_no_account_that_has_a_second_factor() -> None:
    """It asks for no password, and so for no code."""
    site = office_with_cases()
    enrolled(site)
    with site.stranger() as browser:
        offered = browser.get("/login").text

        assert 'value="officer"' not in offered
        assert 'value="auditor"' in offered
        assert browser.post("/login/demonstration", data={"login": "officer"}).status_code == 404
        assert browser.post("/login/demonstration", data={"login": "auditor"}).status_code == 303


# ---------------------------------------------------------------------------------------------- setting it


def enrol(browser: TestClient, **changes: str) -> tuple[int, str]:
    """Status and page of the form, filled in as it is shown but for the changes."""
    page = browser.get("/account/totp").text
    (secret,) = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)
    assert 'href="otpauth://totp/' in page
    assert " ".join(secret[n : n + 4] for n in range(0, 32, 4)) in page
    data = {"secret": secret, "code": now_code(secret), "old": PASSWORD, **changes}
    answer = browser.post("/account/totp?lang=en", data=data)
    return answer.status_code, answer.text


def test_a_second_factor_is_set_after_its_first_code_and_ten_recovery_codes_are_shown_once() -> None:
    """This browser stays in; the codes are nowhere again."""
    site = office()
    other = site.client()
    with site.client() as browser:
        status, page = enrol(browser)
        account_page = browser.get("/account?lang=en").text

    assert status == 200
    assert len(set(shown(page))) == 10
    assert shown(account_page) == []
    assert "10 of 10 left" in account_page
    assert other.get("/account").status_code == 303
    assert unused(site, "officer") == {recovery_hash(code, "officer") for code in shown(page)}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"code": "000000"}, "code is wrong"),
        ({"code": ""}, "code is wrong"),
        ({"old": "wrong password"}, "current password is wrong"),
        ({"secret": "A"}, "code is wrong"),
        ({"secret": "not base32 at all, not base32 at"}, "code is wrong"),
    ],
)
def test_a_wrong_answer_sets_nothing_and_keeps_the_picture(changes: dict[str, str], says: str) -> None:
    """Who has scanned it does not scan it again."""
    site = office()
    with site.client() as browser:
        page = browser.get("/account/totp").text
        (secret,) = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)
        data = {"secret": secret, "code": now_code(secret), "old": PASSWORD, **changes}
        answer = browser.post("/account/totp?lang=en", data=data)

    assert answer.status_code == 422
    assert says in answer.text
    assert (f'name="secret" value="{secret}"' in answer.text) == ("secret" not in changes)
    assert site.accounts.factor_secret("officer") == ""


def test_another_device_needs_a_code_of_the_present_one(site: Site) -> None:
    """A stolen session and the password are not enough to put another telephone in its place."""
    with site.client() as browser:
        without = enrol(browser)[0]
        wrong = enrol(browser, present="000000")[0]
        stored_secret = site.accounts.factor_secret("officer")
        status, page = enrol(browser, present=now_code())

    assert (without, wrong, stored_secret, status) == (422, 422, SECRET, 200)
    assert site.accounts.factor_secret("officer") not in ("", SECRET)
    assert len(shown(page)) == 10


def test_it_is_removed_with_the_password_and_a_code_and_not_with_the_password_alone(site: Site) -> None:
    """A session left open and a password somebody saw are not enough."""
    with site.client() as browser:
        alone = browser.post("/account/totp", data={"do": "remove", "old": PASSWORD}).status_code
        wrong = browser.post("/account/totp", data={"do": "remove", "old": "x", "present": now_code()})
        stored_secret = site.accounts.factor_secret("officer")
        right = browser.post("/account/totp", data={"do": "remove", "old": PASSWORD, "present": now_code()})

    assert (alone, wrong.status_code, stored_secret) == (422, 422, SECRET)
    assert right.headers["location"] == "/account?said=totp"
    assert site.accounts.factor_secret("officer") == ""


def test_wrong_answers_on_these_forms_make_the_next_one_wait(site: Site) -> None:
    """A million codes are not tried in a stolen session: after some the right one is not looked at."""
    with site.client() as browser:
        for _ in range(10):
            browser.post("/account/totp", data={"do": "remove", "old": PASSWORD, "present": "000000"})
        data = {"do": "remove", "old": PASSWORD, "present": now_code()}
        answer = browser.post("/account/totp?lang=en", data=data)

    assert answer.status_code == 422
    assert "The code was wrong too many times" in answer.text
    assert site.accounts.factor_secret("officer") == SECRET


# -------------------------------------------------------------------------------------------- recovery codes


def test_a_recovery_code_lets_in_once_and_its_holder_is_told(told: list[Any]) -> None:
    """However it is typed; the page says how many are left, a letter goes out."""
    site = office()
    codes = enrolled(site)
    typed_code = codes[3].upper().replace("-", " ")
    with site.stranger() as browser:
        answer = browser.post("/login", data={"login": "officer", "password": PASSWORD, "code": typed_code})
        page = browser.get(answer.headers["location"] + "&lang=en").text

    assert answer.headers["location"] == "/account?said=recovery"
    assert "You logged in with a recovery code" in page
    assert "9 of 10 left" in page
    assert told == [("officer", "recovery_code_used", {"left": 9})]
    assert enter(site.stranger(), code=codes[3]) == 401


def test_recovery_codes_are_long_and_read_without_mistakes() -> None:
    """80 random bits each; letters that look like digits are taken for them."""
    codes = new_recovery_codes()

    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}", code) for code in codes)
    assert recovery_hash("0011-aaaa-bbbb-cccc", "x") == recovery_hash("OOIL AAAA bbbb cccc", "x")
    assert recovery_hash(codes[0], "x") != recovery_hash(codes[0], "y")
    assert [recovery_hash(text, "x") for text in ("", "123456", codes[0][:-1], codes[0] + "1", "u" * 16)] == [
        None
    ] * 5


# --------------------------------------------------------------------------------------------- required by role


def test_who_must_have_a_second_factor_can_do_nothing_before_it_is_set() -> None:
    """Every page leads to the form, htmx too; a program is told; leaving is allowed."""
    site = office("officer")
    with site.stranger() as browser:
        answer = browser.post("/login", data={"login": "officer", "password": PASSWORD})
        pages = {path: browser.get(path) for path in ("/", "/desk", "/account", f"/cases/{site.real}")}
        part = browser.get("/cases", headers={"hx-request": "true"})
        write_answer = browser.post(f"/cases/{site.real}", data={"fact": "order_signed", "on": "2026-04-06"})
        password_answer = browser.post(
            "/account/password", data={"old": PASSWORD, "password": NEW, "again": NEW}
        )
        program = browser.get("/api/v1/board?lang=en")
        form = browser.get("/account/totp?lang=en")
        out = browser.post("/logout")

    assert answer.headers["location"] == "/account/totp"
    assert {response.headers["location"] for response in (*pages.values(), write_answer, password_answer)} == {
        "/account/totp"
    }
    assert part.headers["hx-redirect"] == "/account/totp"
    assert (program.status_code, program.json()["code"]) == (403, "web.problem.second_factor")
    assert form.status_code == 200
    assert "Until you set one up, nothing else can be done" in form.text
    assert out.headers["location"] == "/login"
    assert "order_signed" not in site.facts(site.real)


def test_who_must_have_it_cannot_remove_it_but_can_change_the_device() -> None:
    """The button is not there, and what posts without it is refused."""
    site = office("officer")
    enrolled(site)
    with site.client() as browser:
        page = browser.get("/account").text
        data = {"do": "remove", "old": PASSWORD, "present": now_code()}
        refused = browser.post("/account/totp?lang=en", data=data)
        status, _ = enrol(browser, present=now_code())

    assert 'value="remove"' not in page
    assert refused.status_code == 422
    assert "requires a second factor" in refused.text
    assert status == 200


@pytest.mark.parametrize(("kind", "scope"), [("token", "write"), ("feed", "")])
def test_tokens_and_feeds_of_an_account_that_lacks_it_answer_nothing(kind: CredentialKind, scope: str) -> None:
    """They were given before it was required; with a second factor they work."""
    site = office("officer")

    def asked(secret: str) -> int:
        with site.stranger(headers={"authorization": f"Bearer {secret}"}) as program:
            return program.get("/api/v1/board" if kind == "token" else f"/feeds/{secret}.ics").status_code

    secret = site.way_in("officer", kind, scope)
    before = asked(secret)
    enrolled(site)
    ended = asked(secret)
    secret = site.way_in("officer", kind, scope)

    assert (before, ended, asked(secret)) == (403, 401 if kind == "token" else 404, 200)


# --------------------------------------------------------------------------------- removal by an administrator


def act(site: Site, *, about: str = "officer", ground: str = "lost") -> tuple[int, str]:
    """Status and page of what an administrator does about an account's second factor."""
    with site.client("administrator") as browser:
        data = {"login": about, "ground": ground}
        answer = browser.post("/administration/account/second-factor?lang=en", data=data)
        return answer.status_code, answer.text


def test_an_administrator_removes_a_second_factor_and_its_holder_is_told(site: Site, told: list[Any]) -> None:
    """Then the password alone lets in."""
    assert act(site)[0] == 303
    assert site.accounts.factor_secret("officer") == ""
    assert told == [("officer", "removed", {"by": "administrator"})]
    assert enter(site.stranger()) == 303


@pytest.mark.parametrize(
    ("about", "ground", "says"),
    [("officer", " ", "State why the second factor"), ("administrator", "lost", "your own account")],
)
def test_what_cannot_be_is_refused_in_one_sentence(site: Site, about: str, ground: str, says: str) -> None:
    """Without a ground, and of one's own account."""
    enrolled(site, "administrator", pyotp.random_base32())
    status, page = act(site, about=about, ground=ground)

    assert (status, says in page) == (422, True)
    assert site.accounts.factor_secret("officer") == SECRET


def test_no_token_takes_part_in_it(site: Site) -> None:
    """Who reads a program's files must not get past a second factor by it, nor to a way in that outlasts it."""
    secret = site.way_in("administrator", "token", "write")
    with site.stranger(headers={"authorization": f"Bearer {secret}"}) as program:
        data = {"login": "officer", "ground": "lost"}
        answer = program.post("/administration/account/second-factor", data=data)
        statuses = [
            program.post(f"/account/{form}", data={"old": PASSWORD, "password": NEW, "again": NEW}).status_code
            for form in ("totp", "recovery", "password", "feed", "telegram", "sessions/end")
        ]

    assert (answer.status_code, statuses) == (403, [403] * 6)
    assert site.accounts.factor_secret("officer") == SECRET
