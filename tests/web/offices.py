"""Common start of the page tests: a ministry of three units, and ways into an office."""

from __future__ import annotations

from datetime import datetime, timedelta

from merzim.services.accounts.credentials import hash_secret, new_secret
from merzim.storage.accounts.accounts import SqlAccounts
from workflow.org.access import Credential, CredentialKind
from workflow.org.office import Office, Person, Unit


def office() -> Office:
    """A ministry's three units with their people."""
    return Office(
        units={
            "head": Unit(id="head", name="Орталық аппарат"),
            "hr": Unit(id="hr", name="Персоналды басқару департаменті", parent="head"),
            "law": Unit(id="law", name="Заң департаменті", parent="head"),
        },
        people={
            "a@org.kz": Person(
                key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", duties=("authorised_person",), language="kk"
            ),
            "b@org.kz": Person(key="b@org.kz", name="Иванов Пётр", unit="hr", duties=("head",), language="ru"),
            "c@org.kz": Person(
                key="c@org.kz", name="Өтегенов Ерлан", unit="law", duties=("authorised_person",)
            ),
        },
    )


def way_in(
    accounts: SqlAccounts, login: str, kind: CredentialKind = "session", scope: str = "", *, now: datetime
) -> str:
    """The secret of a session, token, feed or invitation of an account, good for twelve hours."""
    secret = new_secret()
    times = {"created_at": now, "seen_at": now, "expires_at": now + timedelta(hours=12)}
    accounts.store_entry(Credential(hash=hash_secret(secret), kind=kind, login=login, scope=scope, **times))
    return secret
