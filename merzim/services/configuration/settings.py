"""The settings as values, with the defaults used where config.toml has no entry.

Every key is documented in the config.toml beside this folder; `merzim.settings_file` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from merzim.services.configuration.values import (
    CHANNELS,
    ISSUER,
    LANGUAGE,
    PORT,
    PUBLIC_ADDRESS,
    UP_TO_THOUSAND,
    YEARS,
    Network,
    one_of,
    some_of,
)
from workflow.languages import law_language
from workflow.org.access import Access
from workflow.refusal import Refusal

LOOPBACK_NETWORKS: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""Networks of proxies on this machine."""
SECRETS = frozenset({"token", "password"})
"""Keys of channels whose values are masked."""
"""The parts of the public page; `proofs` are the checks of codes on printed documents."""
DIGESTS = ("managers", "personal", "several", "unit")
FOLDER: Mapping[str, object] = {"path": Path("var/letters"), "sender": "merzim@localhost"}


class BadSetting(Refusal, ValueError):
    """config.toml cannot be used; the message names the file and the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorisedBody:
    """A body authorised to issue the rules of internal analysis, for a period (local dates, both included).

    Attributes:
        name: by language.
        until: None while it is not over.
        confirmed_on: the day it officially confirmed the rules, None if it has not.
    """

    name: Mapping[str, str]
    since: date
    until: date | None = None
    confirmed_on: date | None = None


AGENCY = AuthorisedBody(
    name={
        "kk": "Сыбайлас жемқорлыққа қарсы іс-қимыл агенттігі (Сыбайлас жемқорлыққа қарсы қызмет)",
        "ru": "Агентство по противодействию коррупции (Антикоррупционная служба)",
        "en": "Anti-Corruption Agency (Anti-Corruption Service)",
    },
    since=date(2023, 1, 1),
    until=date(2025, 6, 30),
)
"""The body that issued the shipped rules; it was abolished, and nobody has officially confirmed them since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeSettings:
    """The organisation whose deadlines these are. `officer`: e-mail (or key) of the person notified when nobody
    holds a duty.

    `name_kk`, `name_ru`: the organisation's name in documents of that language, if `name` is in another.
    `calendar`: the registry code of the calendar working days are counted by. `rollover`: whether a new year is
    proposed to managers ("propose") or opened automatically ("open"). `kept_from`: the day from which the
    office keeps records; None is the day its first case was opened.
    """

    name: str = ""
    name_kk: str = ""
    name_ru: str = ""
    kind: str = ""
    officer: str = ""
    language: Annotated[str, LANGUAGE] = "kk"
    authorised_body: tuple[AuthorisedBody, ...] = (AGENCY,)
    days_off: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    rollover: Annotated[str, one_of(("propose", "open"), "rollover")] = "propose"
    kept_from: date | None = None

    def name_in(self, language: str) -> str:
        """Return the organisation's name in a language, or `name` if it has none."""
        return {"kk": self.name_kk, "ru": self.name_ru}.get(law_language(language), "") or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseSettings:
    """The database of the office (an SQLAlchemy address), and the installation it belongs to ("" for the
    office's name).

    `password_env`: the environment variable that holds the password; "" if none is needed.
    """

    url: str = "sqlite:///var/merzim.sqlite"
    password_env: str = ""
    installation: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceSettings:
    """The folder of evidence files, which are named by their content."""

    folder: Path = Path("var/evidence")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelSettings:
    """The channels letters are sent through, and the settings of each.

    Attributes:
        use: names of files in notifications/channels/.
        sections: `[channels.<name>]` unchanged except for absolute paths; the channel's file defines the keys.
    """

    use: Annotated[tuple[str, ...], CHANNELS] = ("folder",)
    sections: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: {"folder": FOLDER})


@dataclass(frozen=True, kw_only=True, slots=True)
class ReminderSettings:
    """Office hours for letters (local time), seconds between rounds, and the digests that are sent.

    `digest_at`: local time from which a day's digests leave; None for the beginning of the office hours.
    """

    office_hours: tuple[time, time] = (time(9), time(18))
    tick: int = 60
    digests: Annotated[frozenset[str], some_of(DIGESTS, "digests")] = frozenset(DIGESTS)
    digest_at: time | None = None

    @property
    def is_digest_hour_in_office_hours(self) -> bool:
        """Whether digests leave when letters do."""
        first, last = self.office_hours
        return self.digest_at is None or first <= self.digest_at < last


@dataclass(frozen=True, kw_only=True, slots=True)
class WebSettings:
    """The address of the pages; `public_address`: the address used in links of letters, else this machine.

    `trusted_proxies`: proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted. `totp_required`: the
    accesses whose accounts must have a second factor.
    `session_hours`, `session_idle_minutes`: how long a session lasts, and unused; `device_days`: how long a
    browser is remembered; `invitation_hours`: how long an invitation may be used.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, PORT] = 8000
    public_address: Annotated[str, PUBLIC_ADDRESS] = ""
    trusted_proxies: tuple[Network, ...] = LOOPBACK_NETWORKS
    totp_required: frozenset[Access] = frozenset()
    session_hours: Annotated[int, UP_TO_THOUSAND] = 12
    session_idle_minutes: Annotated[int, UP_TO_THOUSAND] = 120
    device_days: Annotated[int, UP_TO_THOUSAND] = 180
    invitation_hours: Annotated[int, UP_TO_THOUSAND] = 72

    def __post_init__(self) -> None:
        if not self.public_address:
            object.__setattr__(self, "public_address", f"http://127.0.0.1:{self.port}")

    @property
    def session_lifetime(self) -> timedelta:
        return timedelta(hours=self.session_hours)

    @property
    def session_idle_limit(self) -> timedelta:
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def device_lifetime(self) -> timedelta:
        return timedelta(days=self.device_days)

    @property
    def invitation_lifetime(self) -> timedelta:
        return timedelta(hours=self.invitation_hours)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the pages: neither host nor public address is another
        machine's.
        """
        return is_loopback(self.host) and is_loopback(urlsplit(self.public_address).hostname or "")

    def refuse_plain_http(self) -> None:
        """Raise BadSetting if other machines would reach the pages over plain http, where nobody could log in.

        Raises:
            BadSetting: `cli.needs_https`.
        """
        if not is_loopback(self.host) and not self.public_address.startswith("https://"):
            raise BadSetting("cli.needs_https", host=self.host, address=self.public_address)


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretSettings:
    """The location of the key that encrypts second factors.

    Attributes:
        key_env: the environment variable with the key; `old_keys_env`: the one with older keys, for decryption
            only.
        key_file: its file if the environment has no key and only this machine reaches the pages; None for
            beside the database.
    """

    key_env: str = "MERZIM_SECRET_KEY"
    old_keys_env: str = "MERZIM_SECRET_KEYS_OLD"
    key_file: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupAccess:
    """The access given to members of a group of an external directory. `group`: its DN, or its name in a
    claim.
    """

    group: str
    access: Access


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionSettings:
    """How long the names of people who left are kept. `people_years`: years after which an order may anonymise
    them; 0 is off.
    """

    people_years: Annotated[int, YEARS] = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OidcSettings:
    """The OpenID Connect provider for log-in, besides passwords.

    Attributes:
        issuer: the provider's own name, an https address; "" for none.
        insecure: without TLS; refused unless the provider is on this machine.
        client_id: our client id there; `secret_env`: the environment variable with our secret, "" for none.
        scopes: scopes requested besides "openid".
        login_claim: the claim used as login of a new account; `groups_claim`: the claim with the groups.
        groups: the first one a person belongs to gives the access of a new account.
        match_email: whether the first log-in may link an existing account by the verified e-mail.
        label_kk, label_ru, label_en: the provider's name on the log-in page.
        log_out: whether logging out offers to end the session there too.
        timeout: seconds to wait for the connection and for each answer.
    """

    issuer: Annotated[str, ISSUER] = ""
    insecure: bool = False
    ca_file: Path | None = None
    client_id: str = ""
    secret_env: str = "MERZIM_OIDC_SECRET"
    scopes: tuple[str, ...] = ("profile", "email")
    login_claim: str = "preferred_username"
    groups_claim: str = "groups"
    groups: tuple[GroupAccess, ...] = ()
    match_email: bool = True
    label_kk: str = ""
    label_ru: str = ""
    label_en: str = ""
    log_out: bool = False
    timeout: int = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class RegulationSettings:
    """The folder of the organisation's own procedures, read besides the shipped ones.

    Attributes:
        acts: ids of acts of one organisation (`adopted_act` of a procedure) that the whole office adopted.
    """

    folder: Path | None = None
    acts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageSettings:
    """The folder with sentences of further languages, one file each (`uz.toml`); None for none."""

    folder: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSettings:
    """Logging of `serve` and `worker`: `format` is "text" or "json", `level` the minimum level."""

    format: Annotated[str, one_of(("text", "json"), "log_format")] = "text"
    level: Annotated[str, one_of(("debug", "info", "warning", "error"), "log_level")] = "warning"


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupSettings:
    """The automatic daily backup.

    Attributes:
        folder: folder for backups; None for no backups.
        at: local time from which it is due.
        daily, weekly, monthly: for how many last days, weeks and months the newest backup of each is kept.
    """

    folder: Path | None = None
    at: time = time(2, 30)
    daily: int = 7
    weekly: int = 5
    monthly: int = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmSettings:
    """The ages from which something counts as late: on pages, in `merzim doctor`, in `/ready` and `/metrics`.

    Attributes:
        backup_hours: the last backup; `verify_days`: the last check of everything without a finding.
        round_minutes: the last round of reminders.
        queue_minutes: the oldest letter that may leave.
    """

    backup_hours: Annotated[int, UP_TO_THOUSAND] = 26
    verify_days: Annotated[int, UP_TO_THOUSAND] = 7
    round_minutes: Annotated[int, UP_TO_THOUSAND] = 10
    queue_minutes: Annotated[int, UP_TO_THOUSAND] = 60

    @property
    def ages(self) -> Mapping[str, timedelta]:
        """The ages by name."""
        return {
            "backup": timedelta(hours=self.backup_hours),
            "verify": timedelta(days=self.verify_days),
            "round": timedelta(minutes=self.round_minutes),
            "queue": timedelta(minutes=self.queue_minutes),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All settings.

    Attributes:
        file: the file they were read from, None for the built-in defaults.
        from_environment: the keys whose values come from environment variables; `from_file`: from the file;
            `from_browser`: from what an administrator changed, which goes before the file.
        passwords: by key (`channels.email.password`) the password to log in with in place of the one in the
            environment; "" for none.
        undecrypted: by the same key, why a password given in the browser cannot be decrypted.
    """

    file: Path | None = None
    from_environment: frozenset[str] = frozenset()
    from_file: frozenset[str] = frozenset()
    from_browser: frozenset[str] = frozenset()
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    undecrypted: Mapping[str, Refusal] = field(default_factory=dict)
    office: OfficeSettings = field(default_factory=OfficeSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    channels: ChannelSettings = field(default_factory=ChannelSettings)
    reminders: ReminderSettings = field(default_factory=ReminderSettings)
    web: WebSettings = field(default_factory=WebSettings)
    secrets: SecretSettings = field(default_factory=SecretSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    regulations: RegulationSettings = field(default_factory=RegulationSettings)
    languages: LanguageSettings = field(default_factory=LanguageSettings)
    logs: LogSettings = field(default_factory=LogSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)

    @property
    def in_clear(self) -> tuple[str, ...]:
        """Keys of the file that contain a secret themselves instead of the name of an environment variable."""
        address = urlsplit(self.database.url)
        clear_keys = ["database.url"] if address.password or "password" in parse_qs(address.query) else []
        for name, section in sorted(self.channels.sections.items()):
            clear_keys += [f"channels.{name}.{key}" for key in sorted(SECRETS & section.keys()) if section[key]]
        return tuple(key for key in clear_keys if key not in self.from_environment)

    def source(self, key: str) -> str:
        """Return where the value of a key comes from: environment, browser, file or default."""
        places = (
            ("environment", self.from_environment),
            ("browser", self.from_browser),
            ("file", self.from_file),
        )
        return next((place for place, keys in places if key in keys), "default")

    @property
    def installation(self) -> str:
        """Name of the installation, the same on all its nodes; "" if it has none."""
        return self.database.installation.strip() or self.office.name.strip()


ORIGINS = ("file", "from_environment", "from_file", "from_browser", "passwords", "undecrypted")
"""The fields of `Settings` that are no section of config.toml."""


def is_loopback(name: str) -> bool:
    """Return whether a host name or address belongs to this machine."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Authority:
    """The authorised body on a day, by the office's settings.

    Attributes:
        now: the body authorised that day; None if the settings name none.
        before: the body before it, which issued the rules in force.
        confirmed_on: the day the authorised body confirmed the rules; None if it has not.
    """

    on: date
    now: AuthorisedBody | None
    before: AuthorisedBody | None

    @property
    def confirmed_on(self) -> date | None:
        confirmed = self.now.confirmed_on if self.now is not None else None
        return confirmed if confirmed is not None and confirmed <= self.on else None


def find_authority(bodies: Sequence[AuthorisedBody], *, on: date) -> Authority:
    """Return the authorised body on a local date. `bodies` are sorted by their first day."""
    started = [body for body in bodies if body.since <= on]
    last = started[-1] if started else None
    if last is not None and last.until is not None and last.until < on:
        return Authority(on=on, now=None, before=last)
    return Authority(on=on, now=last, before=started[-2] if len(started) > 1 else None)
