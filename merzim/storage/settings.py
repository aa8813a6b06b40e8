"""What the office set and adopted, each with its events: texts and the mail server set in the browser, two
secrets (its password, encrypted; the office's for addresses in letters), acts that move days, and editions
whose text changed under cases.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_urlsafe

from pydantic import TypeAdapter
from sqlalchemy import Engine, select
from sqlmodel import Session

from calendars.checks import with_known_since
from calendars.records import Records
from merzim.storage.database import read, reading
from merzim.storage.events import (
    Draft,
    changing_office,
    decoded,
    office_event,
    office_events,
    office_head,
    record,
)
from merzim.storage.office import NOBODY
from merzim.storage.rows import read_as
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.organisation import SETTING, SettingRow
from workflow.law.files import read_act
from workflow.moments import Moment

MAIL = "mail"
"""The mail server (JSON)."""
MAIL_PASSWORD = "mail.password"
LINK_KEY = "link_key"
CHANGED = "setting_changed"
"""The kind of the events of changed settings."""
_SECRETS = (MAIL_PASSWORD, LINK_KEY)


def stored(engine: Engine) -> dict[str, str]:
    """Return what is set, by key, without secrets."""
    query = SETTING.select().where(SETTING.c.key.not_in(_SECRETS))
    return {row.key: row.value for row in read(engine, query)}


def password(engine: Engine) -> str:
    """Return the encrypted password of the mail server; "" for none."""
    return _value(engine, MAIL_PASSWORD)


def link_key(engine: Engine) -> str:
    """Return the office's secret for addresses in letters; create it if there is none. Backups have it. It is
    not recorded in the chain.
    """
    if key := _value(engine, LINK_KEY):
        return key
    with changing_office(engine) as session:
        key = _value(engine, LINK_KEY) or token_urlsafe(32)  # of another process that was first
        put(session, LINK_KEY, key, at=NOBODY)
    return key


def store(engine: Engine, values: Mapping[str, str], *, secret: str | None = None, at: Moment) -> None:
    """Store values by key, each change with its event; an empty one is removed. `secret`: the encrypted
    password of the mail server; None leaves it as it is. Alone it was encrypted with another key, and has no
    event.
    """
    with changing_office(engine) as session:
        events = []
        is_other_password = secret is not None and put(session, MAIL_PASSWORD, secret, at=at)
        for key, value in values.items():
            is_other = put(session, key, value, at=at)
            if is_other or (key == MAIL and is_other_password):
                events.append(Draft(kind=CHANGED, name=key, by=at.by, at=at.now, payload={"value": value}))
        record(session, *events)


def put(session: Session, key: str, value: str, *, at: Moment) -> bool:
    """Store a value in the caller's transaction, or remove it where it is empty; return whether it is another
    one.
    """
    setting = session.get(SettingRow, key)
    if (setting.value if setting else "") == value:
        return False
    if value:
        session.merge(SettingRow(key=key, value=value, by=at.by, at=at.now))
    else:
        session.delete(setting)
    return True


def _value(engine: Engine, key: str) -> str:
    """Return a stored value; "" for none."""
    with reading(engine) as session:
        setting = session.get(SettingRow, key)
        return setting.value if setting else ""


CALENDAR_CHANGED, EDITION_ADOPTED = "calendar_changed", "edition_adopted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """A calendar act the office adopted. `name`: name of the file. `on`: the local date of the event; `at`: its
    UTC moment; `by`: who did it. `text`: the TOML text, unchanged.
    """

    name: str
    on: date
    at: datetime
    by: str
    text: str
    hash: str = ""

    @property
    def entries(self) -> Records:
        """Return the entries of an act. Raises Refusal when the text was altered and is unreadable."""
        return read_act(self.name, self.text.encode())

    @property
    def records(self) -> Records:
        """Return its entries, known from the day of adoption where they have no date of their own."""
        return with_known_since(self.entries, self.on)


def adopted_calendar_acts(engine: Engine) -> tuple[Adoption, ...]:
    """Return the calendar acts the office adopted, in order."""
    # An unreadable payload is the text itself, so that parsing it reports the damage.
    acts = ((act, decoded(act.payload)) for act in office_events(engine, CALENDAR_CHANGED))
    return tuple(read_as(Adoption, act, text=str(said.get("text", act.payload))) for act, said in acts)


def record_act(engine: Engine, before: Sequence[Adoption], *, name: str, text: str, at: Moment) -> bool:
    """Record that the office adopts a calendar act; return False, with nothing written, if `before` is not all.
    Another writer was faster then, and the acts must be read again. `before`: every calendar act the writer has
    read. `text`: of the act, as TOML.
    """
    with changing_office(engine) as session:
        if office_head(engine, CALENDAR_CHANGED) != (before[-1].hash if before else ""):
            return False
        record(session, office_event(at, CALENDAR_CHANGED, name, {"text": text}))
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class AdoptedEdition:
    """One adoption: an edition whose text changed, or an own edition with its text. `edition`: its name;
    `digest`: SHA-256 of its text; `before`: the digests of cases that it replaces. `text`: of an own edition;
    "" of a shipped one. `moved`: due dates it moved: case, obligation, from, to.
    """

    edition: str
    digest: str
    before: tuple[str, ...] = ()
    text: str = ""
    moved: tuple[Mapping[str, str | None], ...] = ()


def adopted_editions(engine: Engine) -> tuple[AdoptedEdition, ...]:
    """Return the adoptions of editions, in order."""
    lines = office_events(engine, EDITION_ADOPTED)
    return tuple(_EDITION.validate_python({**json.loads(line.payload), "edition": line.name}) for line in lines)


_EDITION = TypeAdapter(AdoptedEdition)


def accepted_digests(
    adopted: Iterable[AdoptedEdition], present: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    """Return the digests a case may have of each edition: that of its present text, and those it replaced.
    `present`: edition -> digest of its text now. An adoption of a text other than the present one accepts
    nothing.
    """
    accepted = {edition: {digest} for edition, digest in present.items()}
    for edition in reversed(tuple(adopted)):
        if edition.edition in accepted and edition.digest in accepted[edition.edition]:
            accepted[edition.edition].update(edition.before)
    return {edition: frozenset(digests) for edition, digests in accepted.items()}


def digests_of_cases(engine: Engine) -> dict[str, dict[str, list[str]]]:
    """Return the cases by edition and by the digest they were opened (or moved) under."""
    cases_by_digest: dict[str, dict[str, list[str]]] = {}
    query = select(CASE.c.id, CASE.c.edition, CASE.c.digest).order_by(CASE.c.id)
    for case, edition, digest in read(engine, query):
        cases_by_digest.setdefault(edition, {}).setdefault(digest, []).append(case)
    return cases_by_digest


def record_editions(engine: Engine, editions: Sequence[AdoptedEdition], *, at: Moment) -> None:
    """Append adoptions of editions to the office's chain."""
    adoptions = []
    for edition in editions:
        said = {name: getattr(edition, name) for name in ("digest", "before", "text", "moved")}
        payload = {name: value for name, value in said.items() if value}
        adoptions.append(office_event(at, EDITION_ADOPTED, edition.edition, payload))
    with changing_office(engine) as session:
        record(session, *adoptions)
