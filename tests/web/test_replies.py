"""E-mail replies to reminders: attachments become evidence, text a comment, of the addressee."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from merzim.cli import main
from merzim.services.configuration.settings import BadSetting, ChannelSettings, ImapSettings
from merzim.services.connections.channels import mailbox_of
from merzim.services.jobs import replies, rounds
from merzim.services.jobs.replies import take_replies, take_reply
from merzim.services.outgoing import sending
from merzim.services.upkeep.doctor import diagnose
from merzim.storage.org.preferences import DIGEST, prefer
from notifications.notice import Notice
from notifications.wire.imap import Mailbox, MailboxAddress, MailboxRefused, open_mailbox
from notifications.wire.reply import Unreadable, read_reply
from tests.notifications.test_post_office import PASSWORD, mailbox, post_office
from tests.web.conftest import NOW, THREE_UNITS, TODAY, Site, office_with_cases
from workflow.cases.changes import comments
from workflow.cases.registers.assignments import assignments

ORDER, ORDER_SIGNER = "order_signed", "b@org.kz"
WITH_ADDRESSES = replace(
    THREE_UNITS, people={key: replace(person, email=key) for key, person in THREE_UNITS.people.items()}
)
PNG = b"\x89PNG\r\n\x1a\n"
BOX = "box@org.kz"


@pytest.fixture
def site() -> Site:
    """An office that reads replies; the order of its real case is due today, the head of hr signs it."""
    site = office_with_cases(WITH_ADDRESSES)
    app = site.context
    app.settings = replace(app.settings, imap=ImapSettings(host="127.0.0.1", address=BOX))
    app._forget("rules")
    return site


LINK = re.compile(r"https://merzim\.example\.kz/answer/[\w-]+")


def send(site: Site) -> dict[tuple[str, str], EmailMessage]:
    """Run a round and a delivery; the single reminders as they left, by person and obligation."""
    app = site.context
    rounds.remind(app, now=NOW, today=TODAY)
    rounds.deliver(app, now=NOW, today=TODAY)
    folder = Path(str(app.settings.channels.sections["folder"]["path"]))
    letters = {}
    for file in folder.rglob("*.eml"):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        letters[str(message["Message-ID"])] = message
    sent = {notice.message_id: notice for notice in app.outbox.notices(state="sent")}
    return {(sent[id].person, sent[id].obligation): letters[id] for id in sent if id in letters}


def reply(letter: EmailMessage, text: str = "", *files: str, sender: str = "", **headers: str) -> bytes:
    """What a mail program sends back to a letter."""
    # As mail programs write it: an id is never cut.
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=500))
    message["From"] = sender or str(letter["To"].addresses[0].addr_spec)
    message["To"] = str(letter["Reply-To"] or letter["From"])
    message["Subject"] = f"Re: {letter['Subject']}"
    message["In-Reply-To"] = letter["Message-ID"]
    message["References"] = f"{letter['References']} {letter['Message-ID']}"
    message["Message-ID"] = "<1@mail.org.kz>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"{text}\n\n> 6 сәуір\n> еске саламыз\n", cte="base64")
    for name in files:
        message.add_attachment(PNG, maintype="image", subtype="png", filename=name)
    return message.as_bytes()


def take(site: Site, content: bytes, *, arrived: date = TODAY) -> str:
    return take_reply(site.context, content, arrived=arrived, now=NOW, today=TODAY)


def refusals(site: Site) -> list[Notice]:
    return [notice for notice in site.context.outbox.notices() if notice.about.get("kind") == "reply"]


@pytest.fixture
def letter(site: Site) -> EmailMessage:
    """The reminder of the order, to its signer."""
    return send(site)[ORDER_SIGNER, ORDER]


def test_an_attachment_is_evidence_as_of_the_day_it_came_and_words_are_a_comment(
    site: Site, letter: EmailMessage
) -> None:
    """In the name of the addressee, as the letter announced; the letter counts as read."""
    assert letter["Reply-To"] == BOX
    body = letter.get_body(("plain",))
    assert body is not None
    assert "ответом на это письмо" in body.get_content()
    assert take(site, reply(letter, "Подписан вчера, копия.", "приказ.png")) == "taken"
    fact = site.facts(site.real)[ORDER]
    (comment,) = comments(site.events(site.real))

    assert (fact.on, fact.by, [evidence.name for evidence in fact.evidence]) == (
        TODAY,
        ORDER_SIGNER,
        ["приказ.png"],
    )
    assert fact.evidence[0].type == "image/png"
    assert (comment.text, comment.by) == ("Подписан вчера, копия.", ORDER_SIGNER)
    assert refusals(site) == []
    (notice,) = [
        candidate
        for candidate in site.context.outbox.notices(person=ORDER_SIGNER)
        if candidate.obligation == ORDER
    ]
    assert notice.acknowledged_at == NOW


@pytest.mark.parametrize(("arrived", "recorded"), [(5, 5), (6, 6), (7, 6)])
def test_a_step_is_recorded_as_of_the_day_the_reply_arrived(site: Site, arrived: int, recorded: int) -> None:
    """The day before and the day itself; a server whose clock is ahead records no future."""
    content = reply(send(site)[ORDER_SIGNER, ORDER], "", "приказ.png")

    assert take(site, content, arrived=date(2026, 4, arrived)) == "taken"
    assert site.facts(site.real)[ORDER].on == date(2026, 4, recorded)


def test_the_same_message_taken_twice_writes_once(site: Site, letter: EmailMessage) -> None:
    """After a crash before the message is marked, it is read again without duplicates."""
    content = reply(letter, "Вот.", "приказ.png")
    take(site, content)
    before = site.events(site.real)

    assert take(site, content, arrived=date(2026, 4, 5)) == "taken"
    assert site.events(site.real) == before


def test_a_fact_that_is_recorded_keeps_its_day_and_gets_the_document(site: Site, letter: EmailMessage) -> None:
    """What was done the day before and promised then is proved now."""
    site.case_commands.record(site.real, ORDER, on=date(2026, 4, 3), by="officer", now=NOW, today=TODAY)
    assert take(site, reply(letter, "", "приказ.png")) == "taken"

    fact = site.facts(site.real)[ORDER]
    assert (fact.on, len(fact.evidence)) == (date(2026, 4, 3), 1)


def test_a_reply_from_another_address_writes_nothing_and_is_told_to_whom_the_letter_went(
    site: Site, letter: EmailMessage
) -> None:
    """Never to the address the message gives, which anybody can write there; once a day."""
    before = site.events(site.real)
    for _ in range(3):
        content = reply(letter, "", "приказ.png", sender="thief@example.com")
        assert take(site, content) == "refused"

    assert site.events(site.real) == before
    (notice,) = refusals(site)
    assert (notice.person, notice.address) == (ORDER_SIGNER, ORDER_SIGNER)
    assert "thief@example.com" in str(notice.about["text"])
    rounds.deliver(site.context, now=NOW, today=TODAY)
    assert site.context.outbox.notice(notice.key).state == "sent"  # type: ignore[union-attr]


def test_without_the_secret_of_the_letter_an_address_alone_opens_nothing(
    site: Site, letter: EmailMessage
) -> None:
    """From is easily forged: a message that does not repeat the mark is left alone, nobody is written to."""
    before = site.events(site.real)
    forged = reply(letter, "", "приказ.png")
    mark = str(letter["References"]).rpartition("<answer.")[2].partition("@")[0]
    cut = forged.replace(mark[5:].encode(), b"A" * len(mark[5:]))

    assert cut != forged
    assert take(site, cut) == "ignored"
    assert take(site, b"From: b@org.kz\r\nSubject: x\r\n\r\nhello") == "ignored"
    assert (site.events(site.real), refusals(site)) == (before, [])


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<all.org.kz>"},
        {"Return_Path": "<>"},
    ],
)
def test_what_a_program_wrote_is_answered_by_nobody(
    site: Site, letter: EmailMessage, header: dict[str, str]
) -> None:
    """An absence note, a list, a report of delivery: no loop begins, even from another address."""
    before = site.events(site.real)

    assert take(site, reply(letter, "x", "приказ.png", sender="x@org.kz", **header)) == "ignored"
    assert (site.events(site.real), refusals(site)) == (before, [])


def test_a_file_that_is_not_accepted_is_refused_with_the_reason(site: Site, letter: EmailMessage) -> None:
    """The same check of contents as of an upload: a program called a picture."""
    content = reply(letter, "Вот.", "приказ.png").replace(b"iVBORw0KGgo", b"TVqQAAMAAAA")

    assert take(site, content) == "refused"
    assert ORDER not in site.facts(site.real)
    (notice,) = refusals(site)
    assert "приказ.png" in str(notice.about["text"])


def test_who_was_only_told_sends_no_evidence(site: Site) -> None:
    """The step of the head of law is not the officer's: a copy is to be read."""
    copies = [
        (person, obligation)
        for (person, obligation), message in send(site).items()
        if "<answer." not in str(message["References"]) and obligation
    ]
    assert ORDER_SIGNER not in {person for person, obligation in copies if obligation == ORDER}


def test_an_assignment_is_answered_by_a_reply(site: Site) -> None:
    """Its reminder asks for the result: the attachment is it, on the day it came, once."""
    fields = {"person": ORDER_SIGNER, "text": "Тізім", "until": "2026-04-06"}
    assert site.client("officer").post("/assignments", data=fields).status_code == 303
    (case,) = site.context.reads.cases(procedure="assignment")
    later = datetime(2026, 4, 7, 7, 0, tzinfo=UTC)
    app = site.context
    for now in (later - timedelta(days=1), later):
        rounds.remind(app, now=now, today=now.date())
        rounds.deliver(app, now=now, today=now.date())
    notice = next(
        candidate for candidate in app.outbox.notices(case=case.id) if candidate.obligation == "assignment.1"
    )
    folder = Path(str(app.settings.channels.sections["folder"]["path"]))
    (file,) = [
        path for path in folder.rglob("*.eml") if notice.message_id.strip("<>").split("@")[0] in path.name
    ]
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    content = reply(message, "Дайын.", "тізім.png")
    for _ in range(2):
        reply_result = take_reply(app, content, arrived=date(2026, 4, 7), now=later, today=date(2026, 4, 7))
        assert reply_result == "taken"

    whole_case = site.case(case.id)
    assert whole_case is not None
    assignment = assignments(whole_case)[1]
    assert (assignment.answered_on, assignment.answer, len(assignment.evidence)) == (
        date(2026, 4, 7),
        "Дайын.",
        1,
    )


def plain(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def letters_of_several(site: Site) -> dict[str, EmailMessage]:
    """The letters that carry others, by person, of an office whose letters link to pages."""
    app = site.context
    web = replace(app.settings.web, public_address="https://merzim.example.kz")
    app.settings = replace(app.settings, web=web)
    app._forget("rules")
    return {person: message for (person, obligation), message in send(site).items() if not obligation}


def test_each_step_of_a_letter_about_several_has_links_of_its_own(site: Site) -> None:
    """One address a step in plain text, its answers beside one another in HTML; a reply must name one step."""
    letter = letters_of_several(site)["c@org.kz"]
    text, html = plain(letter), letter.get_body(("html",))
    assert html is not None
    links = LINK.findall(text)

    assert len(set(links)) == len(links) == 3
    assert [html.get_content().count(f'href="{link}?say=said_done"') for link in links] == [1, 1, 1]
    assert "жауапта тек сол қадамның жауап беру сілтемесін қалдырып" in text
    assert (letter["Reply-To"], letter["In-Reply-To"]) == (BOX, None)


def test_a_reply_to_a_letter_of_several_is_taken_for_the_one_step_it_names_alone(site: Site) -> None:
    """Nothing quoted, or all: told which steps there are, each with its page; one link left: that step."""
    letter = letters_of_several(site)["c@org.kz"]
    links, before = LINK.findall(plain(letter)), {case: site.events(case) for case in site.cases()}
    for words in ("", "\n".join(f"> {line}" for line in plain(letter).splitlines())):
        assert take(site, reply(letter, words, "құжат.png")) == "refused"
    assert {case: site.events(case) for case in before} == before

    rounds.deliver(site.context, now=NOW, today=TODAY)
    (notice,) = refusals(site)
    folder = Path(str(site.context.settings.channels.sections["folder"]["path"]))
    (file,) = [
        path for path in folder.rglob("*.eml") if notice.message_id.strip("<>").split("@")[0] in path.name
    ]
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert sorted(LINK.findall(plain(message))) == sorted(links)

    named_notices = [
        carried_notice
        for carried_notice in site.context.outbox.notices(person="c@org.kz")
        if carried_notice.carrier
    ]
    assert take(site, reply(letter, f"Дайын.\n{links[1]}", "құжат.png")) == "taken"
    changed_cases = [case for case in before if site.events(case) != before[case]]
    assert len(changed_cases) == 1
    (step,) = [
        carried_notice
        for carried_notice in named_notices
        if site.context.outbox.notice(carried_notice.key).acknowledged_at
    ]  # type: ignore[union-attr]
    assert [evidence.name for evidence in site.facts(changed_cases[0])[step.obligation].evidence] == [
        "құжат.png"
    ]
    (comment,) = comments(site.events(changed_cases[0]))
    assert comment.text == "Дайын.", "the link, which answers without log-in, is shown to nobody"


def test_a_reply_to_a_digest_of_one_step_needs_no_link(site: Site) -> None:
    """The letter says which step it is, and its mark is that step's."""
    prefer(site.context.engine, ORDER_SIGNER, DIGEST, "daily", by="x", now=NOW)
    letter = letters_of_several(site)[ORDER_SIGNER]

    assert "станет подтверждающим документом шага" in plain(letter)
    assert take(site, reply(letter, "", "приказ.png")) == "taken"
    assert [evidence.name for evidence in site.facts(site.real)[ORDER].evidence] == ["приказ.png"]


def test_words_are_taken_without_what_is_quoted_and_signature_pictures_are_no_evidence() -> None:
    """By the marks mail programs put before the letter they answer."""
    message = EmailMessage()
    message["From"] = "b@org.kz"
    message.set_content("Сделано.\n\nпн, 6 апр. 2026 г. в 09:00, Merzim <m@org.kz> пишет:\n\n> старое\n")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="logo.png", cid="<logo>")
    message.get_payload()[1].replace_header("Content-Disposition", 'inline; filename="logo.png"')  # type: ignore[index,union-attr]
    message.add_attachment(b"BEGIN", maintype="application", subtype="ics", filename="срок.ics")
    reply = read_reply(message.as_bytes())

    assert (reply.text, reply.files, reply.sender) == ("Сделано.", (), "b@org.kz")
    parts = b"--x\r\n\r\na\r\n" * 300
    with pytest.raises(Unreadable):
        read_reply(b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n' + parts + b"--x--\r\n")


@pytest.fixture
def office(site: Site, tmp_path: Path) -> Iterator[tuple[Site, int, int]]:
    """The office with a real mail server: reminders leave by SMTP, replies are read by IMAP."""
    app = site.context
    with post_office(tmp_path) as (smtp, imap), pytest.MonkeyPatch.context() as patch:
        patch.setenv("MERZIM_IMAP_PASSWORD", PASSWORD)
        email = {"host": "127.0.0.1", "port": smtp, "sender": f"Merzim <{BOX}>", "tls": "none"}
        box = ImapSettings(host="127.0.0.1", port=imap, security="none", user=BOX)
        app.settings = replace(
            app.settings, imap=box, channels=ChannelSettings(use=("email",), sections={"email": email})
        )
        app._forget("rules", "channels")
        yield site, smtp, imap


def test_a_reply_travels_from_the_mailbox_into_the_case(
    office: tuple[Site, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, answered and read by real servers; killed before the message is marked, it is attached once."""
    site, smtp, imap = office
    app = site.context
    rounds.remind(app, now=NOW, today=TODAY)
    rounds.deliver(app, now=NOW, today=TODAY)
    (letter,) = [message for message in mailbox(imap, ORDER_SIGNER) if "<answer." in str(message["References"])]
    with smtplib.SMTP("127.0.0.1", smtp) as server:
        server.sendmail(ORDER_SIGNER, [BOX], reply(letter, "Вот приказ.", "приказ.png"))
        server.sendmail("x@org.kz", [BOX], b"From: x@org.kz\r\nTo: box@org.kz\r\n\r\nhello")
    states = {check.name: check.state for check in diagnose(app, [])}

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "mark_read", dies)
        with pytest.raises(KeyboardInterrupt):
            take_replies(app, now=NOW, today=TODAY)
    events = site.events(site.real)
    counts = take_replies(app, now=NOW, today=TODAY, at_once=True)
    second_counts = take_replies(app, now=NOW, today=TODAY, at_once=True)

    assert states["imap"] == "ok"
    assert [evidence.name for evidence in site.facts(site.real)[ORDER].evidence] == ["приказ.png"]
    assert site.events(site.real) == events
    assert (counts, second_counts) == ({"taken": 1, "ignored": 1}, {})
    assert replies.TASK in sending.figures(app, now=NOW).pulses


def test_the_mailbox_is_read_by_one_command(
    office: tuple[Site, int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where rounds run by cron: at once, however short ago it was read; without a mailbox it says so."""
    site, smtp, imap = office
    app = site.context
    rounds.remind(app, now=NOW, today=TODAY)
    rounds.deliver(app, now=NOW, today=TODAY)
    (letter,) = [message for message in mailbox(imap, ORDER_SIGNER) if "<answer." in str(message["References"])]
    with smtplib.SMTP("127.0.0.1", smtp) as server:
        server.sendmail(ORDER_SIGNER, [BOX], reply(letter, "", "приказ.png"))
    config = tmp_path / "config.toml"
    places = "\n".join(
        (
            f'[office]\nname = "{app.settings.office.name}"',
            f'[database]\nurl = "{app.settings.database.url}"',
            f'[evidence]\nfolder = "{tmp_path}/evidence"\n',
        )
    )
    box = f'[imap]\nhost = "127.0.0.1"\nport = {imap}\nsecurity = "none"\nuser = "{BOX}"\naddress = "{BOX}"\n'
    config.write_text(places + box, encoding="utf-8")
    line = ["--config", str(config), "--lang", "en", "replies", "--now", NOW.isoformat()]
    codes = [main(line), main(line)]
    output = capsys.readouterr().out
    config.write_text(places, encoding="utf-8")
    codes.append(main(line))

    assert codes == [0, 0, 2]
    assert [evidence.name for evidence in site.facts(site.real)[ORDER].evidence] == ["приказ.png"]
    assert re.search(r"taken +1", output)
    assert "No new replies." in output
    assert "[imap]" in capsys.readouterr().err


def test_a_mailbox_that_cannot_be_opened_says_why(office: tuple[Site, int, int]) -> None:
    """A wrong password, nobody listening, no TLS to another machine."""
    site, _, imap = office
    wrong = MailboxAddress(host="127.0.0.1", port=imap, security="none", user=BOX, password="x", timeout=5)
    for address in (wrong, replace(wrong, port=1)):
        with pytest.raises(MailboxRefused), open_mailbox(address):
            pass
    app = site.context
    app.settings = replace(app.settings, imap=replace(app.settings.imap, host="mail.org.kz"))
    with pytest.raises(BadSetting):
        mailbox_of(app.settings)
