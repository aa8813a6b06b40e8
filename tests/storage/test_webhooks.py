"""Webhooks to a real server: every change once and in order whatever it answers, on both databases."""

from __future__ import annotations

import signal
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
import trustme

from merzim.app import build_app
from merzim.cli import main
from merzim.clock import read
from merzim.services.app import AppContext
from merzim.services.configuration.settings import DatabaseSettings, WebhookSettings
from merzim.services.context import operator_context
from merzim.services.jobs.webhooks import deliver_webhooks
from merzim.services.moments import Moment
from merzim.services.outgoing import webhooks
from merzim.services.outgoing.webhooks import (
    AddWebhook,
    ChangeWebhook,
    ResendDelivery,
    WebhookCommand,
    WebhookDetails,
    WebhookSecret,
)
from merzim.settings_file import read as read_settings
from merzim.storage.maintenance.verify import verify
from notifications.wire.webhook import is_public
from tests.processes import Program
from tests.receiver import Receiver, receiving
from tests.web.conftest import NOW, THREE_UNITS, TODAY, office_store, settings_in
from workflow.cases.commands.opening import Opening

PRIVATE = WebhookSettings(private=True, timeout=1)
HAND = {"by": "officer", "now": NOW, "today": TODAY}
BEGUN: list[Moment] = []
"""The moment the test began; the machine's clock stands there, however slow the machine is."""


@pytest.fixture
def office_app(tmp_path: Path, url: str) -> Iterator[AppContext]:
    """An office with one case, in which internal addresses are allowed."""
    settings = replace(settings_in(tmp_path), database=DatabaseSettings(url=url), webhooks=PRIVATE)
    app = build_app(settings, clock=lambda: Moment(now=NOW, today=TODAY))
    BEGUN[:] = [read()]
    office_store.save(app.engine, units=THREE_UNITS.units.values(), people=THREE_UNITS.people.values())
    yield app
    app.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def add(app: AppContext, receiver: Receiver, **fields: object) -> WebhookSecret:
    command = AddWebhook.model_validate({"address": receiver.address, "topics": ["case"], **fields})
    return webhooks.add_webhook(operator_context(app, by="admin", now=NOW, today=TODAY), command)


def details(app: AppContext, hook: WebhookSecret) -> WebhookDetails:
    return webhooks.get_webhook(_ctx(app), WebhookCommand(webhook=hook.id))


def _ctx(app: AppContext):  # type: ignore[no-untyped-def]
    return operator_context(app, by="admin", now=NOW, today=TODAY)


def open_cases(app: AppContext, count: int, unit: str = "hr", **fields: str) -> list[str]:
    """Open cases one by one; their numbers."""
    opening = {"procedure": "internal-analysis", "unit": unit, **fields}
    return [
        app.case_commands.open(Opening(object=f"Бөлім {n}", **opening), **HAND).id  # type: ignore[arg-type]
        for n in range(count)
    ]


def tell(app: AppContext, *, later: timedelta = timedelta()) -> None:
    """One tick; `later`: so long after the test began."""
    (start_moment,) = BEGUN
    app.system_clock = lambda: replace(start_moment, now=start_moment.now + later)
    deliver_webhooks(app, now=NOW, today=TODAY)


def test_each_change_is_one_signed_message_in_the_order_of_writing(
    office_app: AppContext, receiver: Receiver
) -> None:
    """Events before the address was added are not sent; a second tick sends nothing."""
    open_cases(office_app, 1)
    hook = add(office_app, receiver)
    cases = open_cases(office_app, 3)
    tell(office_app)
    tell(office_app)

    messages = receiver.verified(hook.secret)
    assert [message["data"]["case"] for message in messages] == cases
    assert {message["type"] for message in messages} == {"case.opened"}
    assert messages[0]["data"]["by"] == "officer"
    numbers = [message["data"]["seq"] for message in messages]
    assert receiver.ids == [f"{hook.id}-{number}" for number in numbers]
    assert numbers == sorted(numbers)
    assert [delivery.problem for delivery in details(office_app, hook).deliveries] == ["", "", ""]
    assert not verify(office_app.engine)


def test_a_refused_message_is_repeated_under_its_id_and_those_behind_it_wait(
    office_app: AppContext, receiver: Receiver
) -> None:
    """Not at once: after half a minute; what had arrived before does not come again."""
    hook = add(office_app, receiver)
    open_cases(office_app, 3)
    receiver.answers = [200, 503]
    tell(office_app)
    tell(office_app)
    assert len(receiver.ids) == 2
    tell(office_app, later=timedelta(seconds=29))
    assert len(receiver.ids) == 2
    assert details(office_app, hook).state == "failing"
    tell(office_app, later=timedelta(seconds=31))

    first, second, repeated_id, third = receiver.ids
    assert second == repeated_id
    assert len({first, second, third}) == 3
    detail = details(office_app, hook)
    assert detail.state == "active"
    assert [(delivery.attempts, delivery.status) for delivery in detail.deliveries] == [
        (1, 204),
        (2, 204),
        (1, 200),
    ]


def test_a_receiver_that_hangs_or_drips_keeps_nobody_waiting(
    office_app: AppContext, receiver: Receiver
) -> None:
    """It is cut off after the configured limit, here a second; other addresses are served in the same tick."""
    with receiving(mode="hang") as hanging, receiving(mode="drip") as dripping:
        hooks = [add(office_app, target) for target in (hanging, dripping, receiver)]
        open_cases(office_app, 1)
        started = time.monotonic()
        tell(office_app)
        took = time.monotonic() - started

    assert [details(office_app, hook).deliveries[0].problem for hook in hooks] == ["timeout", "timeout", ""]
    assert 2 <= took < 30


def test_a_redirect_is_not_followed(office_app: AppContext, receiver: Receiver) -> None:
    """Not even to an allowed address: messages go only where the administrator sent them."""
    with receiving(answers=[302], location=receiver.address) as other:
        hook = add(office_app, other)
        open_cases(office_app, 1)
        tell(office_app)

    assert (
        details(office_app, hook).deliveries[0].problem,
        details(office_app, hook).deliveries[0].status,
    ) == (
        "redirect",
        302,
    )
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
def test_no_way_of_writing_it_leads_inside_the_organisation(
    office_app: AppContext, receiver: Receiver, name: str
) -> None:
    """What is looked at is the address that would be connected to; not even a connection is opened."""
    office_app.settings = replace(office_app.settings, webhooks=WebhookSettings(timeout=1))
    hook = add(office_app, receiver, address=f"https://{name}:{receiver.port}/")
    open_cases(office_app, 1)
    tell(office_app)

    assert details(office_app, hook).deliveries[0].problem == "private"
    assert receiver.connections == 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2a00:1450::1", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:a00:1::", False),
        ("64:ff9b::10.0.0.1", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, expected: bool) -> None:
    """Also where an IPv6 address stands for one of IPv4."""
    assert is_public(address) is expected


def test_the_certificate_of_an_address_is_checked(office_app: AppContext, tmp_path: Path) -> None:
    """One of an authority nobody trusts is no receiver; named in the settings it is."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with receiving(tls=context) as server:
        hook = add(office_app, server)
        open_cases(office_app, 1)
        tell(office_app)
        assert details(office_app, hook).deliveries[0].problem == "tls"
        office_app.settings = replace(
            office_app.settings, webhooks=replace(PRIVATE, ca_file=tmp_path / "ca.pem")
        )
        tell(office_app, later=timedelta(minutes=1))

    assert details(office_app, hook).deliveries[0].problem == ""
    assert len(server.received) == 1


def test_of_a_confidential_case_its_number_alone_is_told(office_app: AppContext, receiver: Receiver) -> None:
    """Neither the step nor who did it."""
    add(office_app, receiver)
    (case,) = open_cases(office_app, 1, procedure="conflict-of-interest")
    office_app.case_commands.record(case, "conflict_known", on=TODAY, **HAND)  # type: ignore[arg-type]
    tell(office_app)

    assert [
        body for _, body in receiver.received if "conflict" in body or "officer" in body or "Бөлім" in body
    ] == []
    assert ['"type":"case.changed"' in body and case in body for _, body in receiver.received] == [True, True]


def test_with_a_unit_its_cases_alone_are_told(office_app: AppContext, receiver: Receiver) -> None:
    """Nothing of other units, of accounts or settings, whatever kinds were asked for."""
    hook = add(office_app, receiver, unit="hr", topics=[])
    open_cases(office_app, 1, unit="law")
    (own_case,) = open_cases(office_app, 1)
    add(office_app, receiver, topics=["people"])
    tell(office_app)

    assert [message["data"]["case"] for message in receiver.verified(hook.secret)] == [own_case]
    assert office_app.webhooks.all()[0].cursor == office_app.reads.last_audit_entry()


def test_an_address_that_never_answers_is_given_up_and_goes_on_where_it_was(
    office_app: AppContext, receiver: Receiver
) -> None:
    """After the days of the settings, said in the office's chain; started again it misses nothing."""
    hook = add(office_app, receiver)
    open_cases(office_app, 2)
    receiver.answers = [500] * 10
    for days in (0, 1, 4.9, 5.1, 6):
        tell(office_app, later=timedelta(days=days))
    assert len(receiver.ids) == 4
    assert details(office_app, hook).state == "suspended"
    assert [webhook.id for webhook in webhooks.suspended(_ctx(office_app))] == [hook.id]
    receiver.answers.clear()
    webhooks.change_webhook(_ctx(office_app), ChangeWebhook(webhook=hook.id, active=True))
    tell(office_app, later=timedelta(days=6))

    assert details(office_app, hook).state == "active"
    assert len(set(receiver.ids)) == 2
    assert len(receiver.ids) == 6


def test_whoever_says_gone_is_given_up_at_once(office_app: AppContext, receiver: Receiver) -> None:
    """410: the receiver wants nothing any more."""
    hook = add(office_app, receiver)
    open_cases(office_app, 1)
    receiver.answers = [410]
    tell(office_app)

    assert details(office_app, hook).state == "suspended"


def test_a_new_secret_signs_beside_the_old_one_for_a_day(office_app: AppContext, receiver: Receiver) -> None:
    """A receiver that knows either verifies it; after the day only the new one holds."""
    hook = add(office_app, receiver)
    renewed = webhooks.rotate_webhook_secret(_ctx(office_app), WebhookCommand(webhook=hook.id))
    open_cases(office_app, 1)
    tell(office_app)
    assert len(receiver.verified(hook.secret)) == len(receiver.verified(renewed.secret)) == 1
    open_cases(office_app, 1)
    tell(office_app, later=timedelta(hours=25))

    assert [len(headers["webhook-signature"].split()) for headers, _ in receiver.received] == [2, 1]


def test_a_message_is_sent_again_under_its_id_on_demand(office_app: AppContext, receiver: Receiver) -> None:
    """A test is a message of its own kind and moves nothing; none of a number that was not sent."""
    hook = add(office_app, receiver)
    open_cases(office_app, 1)
    tell(office_app)
    seq = details(office_app, hook).deliveries[0].seq
    resent_delivery = webhooks.resend_delivery(_ctx(office_app), ResendDelivery(webhook=hook.id, seq=seq))
    test_delivery = webhooks.test_webhook(_ctx(office_app), WebhookCommand(webhook=hook.id))

    assert (resent_delivery.attempts, resent_delivery.problem, test_delivery.problem) == (2, "", "")
    assert receiver.ids[:2] == [f"{hook.id}-{seq}"] * 2
    assert receiver.verified(hook.secret)[2]["type"] == "test"
    with pytest.raises(webhooks.UnknownWebhook):
        webhooks.resend_delivery(_ctx(office_app), ResendDelivery(webhook=hook.id, seq=1))


@pytest.mark.parametrize(
    "address", ["ftp://a.kz/", "https://u:p@a.kz/", "https:///x", "https://a.kz/#x", "http://a.kz/"]
)
def test_what_is_no_address_of_a_receiver_is_refused(office_app: AppContext, address: str) -> None:
    """Without encryption only where the settings allow addresses inside the organisation."""
    office_app.settings = replace(office_app.settings, webhooks=WebhookSettings())
    with pytest.raises(webhooks.BadWebhook):
        webhooks.add_webhook(_ctx(office_app), AddWebhook(address=address))


def test_without_encryption_nothing_goes_to_the_internet(office_app: AppContext) -> None:
    """Also where internal addresses are allowed without it."""
    hook = webhooks.add_webhook(_ctx(office_app), AddWebhook(address="http://8.8.8.8/"))
    assert webhooks.test_webhook(_ctx(office_app), WebhookCommand(webhook=hook.id)).problem == "plain"


def test_only_the_last_messages_are_remembered(
    office_app: AppContext, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest go; the place of the address stays."""
    monkeypatch.setattr("merzim.storage.accounts.webhooks.DELIVERIES_KEPT", 2)
    hook = add(office_app, receiver)
    open_cases(office_app, 3)
    tell(office_app)

    numbers = [delivery.seq for delivery in details(office_app, hook).deliveries]
    assert receiver.ids[1:] == [f"{hook.id}-{seq}" for seq in reversed(numbers)]


def test_a_worker_killed_between_the_message_and_its_place_repeats_the_same_id(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker of the product, killed while the receiver has the message: the next one sends it again."""
    (tmp_path / "config.toml").write_text(
        "[reminders]\ntick = 1\n[webhooks]\nprivate = true\n[web]\npublic_address = 'http://127.0.0.1:8000'\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["webhook", "add", receiver.address, "--topic", "case"]) == 0
    assert main(["open", "internal-analysis", "--object", "Бөлім"]) == 0
    started = Event()

    def kill() -> None:
        assert started.wait(10)
        worker.send(signal.SIGKILL)

    receiver.before = kill
    worker = Program("worker", folder=tmp_path)
    started.set()
    receiver.wait(1)
    assert worker.wait(10) == -signal.SIGKILL
    receiver.before = lambda: None
    app = build_app(read_settings(tmp_path / "config.toml", at=tmp_path))
    tell(app)
    message_count = len(receiver.ids)
    tell(app, later=timedelta(minutes=4))
    tell(app, later=timedelta(minutes=4))
    app.close()

    assert message_count == 1, "the dead worker holds the lease"
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
