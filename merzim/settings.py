"""All that can be set: the sections of config.toml, which explains every key, with their values and defaults;
authorised bodies by day.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    StrictInt,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from calendars import FIRST, LAST
from notifications.channels import EMPTY, NO_BOOL, ChannelSettings, Folder, OptionalPath, Port, Section, base_of
from workflow.languages import LANGUAGES
from workflow.law.procedure import STANDARD_DAYS
from workflow.org.access import Access
from workflow.refusal import Refusal

PREFIX = "MERZIM__"
"""Prefix of the variables of the environment that go before the file: MERZIM__DATABASE__URL."""
Network = IPv4Network | IPv6Network
LOOPBACK_NETWORKS: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""Networks of proxies on this machine."""
SECRETS = frozenset({"token", "password"})
"""Keys of channels whose values are masked."""
KEY_VARIABLE = "MERZIM_SECRET_KEY"
"""The variable with the key that stored secrets are encrypted with."""
OLD_KEYS_VARIABLE = "MERZIM_SECRET_KEYS_OLD"
"""The variable with older keys, for decryption only."""
ALARM_AGES: Mapping[str, timedelta] = {
    "backup": timedelta(hours=26),
    "verify": timedelta(days=7),
    "round": timedelta(minutes=10),
    "queue": timedelta(minutes=60),
}
"""From which age something is late: the last backup, check and round, the oldest letter that may leave."""


class BadSetting(Refusal, ValueError):
    """config.toml cannot be used; the message names the file and the key."""


def expecting(code: str) -> WrapValidator:
    """Return the validator that says any error of a value as `cli.expected.<code>`: how it is written."""

    def check(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError:
            raise ValueError(code) from None

    return WrapValidator(check)


def must(code: str, holds: Callable[[Any], bool]) -> AfterValidator:
    """Return the validator that refuses, as `cli.expected.<code>`, a value of which something does not hold."""

    def check(value: object) -> object:
        if not holds(value):
            raise ValueError(code)
        return value

    return AfterValidator(check)


def _texts(value: object) -> object:
    """Return a list of texts and networks. Raises ValueError for anything else: numbers are addresses, too."""
    if not isinstance(value, list | tuple) or not all(isinstance(one, str | Network) for one in value):
        raise ValueError("networks")
    return value


NotBlank = Annotated[str, Field(pattern=r"\S")]
Names = tuple[str, ...]
Number = Annotated[int, Field(ge=1), NO_BOOL]
UpToThousand = Annotated[int, Field(ge=1, le=1000), NO_BOOL]
Years = Annotated[int, Field(ge=0, le=100), NO_BOOL]
_HOUR = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}
_IN_ALMATY = must("time_of_day", lambda at: at.tzinfo is None)
TimeOfDay = Annotated[time, _IN_ALMATY, expecting("time_of_day"), WithJsonSchema(_HOUR)]
Steps = Annotated[
    tuple[Annotated[StrictInt, Field(ge=-60, le=60)], ...],
    Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    must("steps", lambda days: len({*days}) == len(days)),
    expecting("steps"),
]
Hours = Annotated[
    tuple[Annotated[time, _IN_ALMATY], Annotated[time, _IN_ALMATY]],
    must("hours", lambda hours: hours[0] < hours[1]),
    expecting("hours"),
    WithJsonSchema({"type": "array", "items": _HOUR, "minItems": 2, "maxItems": 2}),
]
Days = Annotated[
    frozenset[date],
    expecting("dates"),
    must("dates_on_record", lambda days: all(FIRST <= day <= LAST for day in days)),
]
OptionalDay = Annotated[
    date | None,
    EMPTY,
    expecting("day"),
    WithJsonSchema({"anyOf": [{"const": ""}, {"type": "string", "format": "date"}]}),
]
Networks = Annotated[
    tuple[Network, ...],
    must("networks", lambda networks: all(network.prefixlen for network in networks)),
    BeforeValidator(_texts),
    expecting("networks"),
]


def public_origin(text: str) -> str:
    """Return `public_address` of config.toml as browsers send it in `Origin`: lower case, Punycode, no default
    port. Raises ValueError: it is not `http(s)://host` or `http(s)://host:port`, a slash at the end or not.
    """
    default_ports = {"http": 80, "https": 443}
    try:
        parts = urlsplit(text)
        scheme, port = parts.scheme.lower(), parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except ValueError:
        raise ValueError("public_address") from None
    if scheme not in default_ports or not re.fullmatch(r"[a-z0-9._:-]+", host) or "@" in parts.netloc:
        raise ValueError("public_address")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("public_address")
    shown_host = f"[{host}]" if ":" in host else host
    suffix = "" if port is None or port == default_ports[scheme] else f":{port}"
    return f"{scheme}://{shown_host}{suffix}"


def _address(text: str, info: ValidationInfo) -> str:
    """Return the address at which users reach the pages, this machine's for "". Raises ValueError."""
    if not text:
        return f"http://127.0.0.1:{info.data.get('port', 8000)}"
    public_origin(text)
    return text


def _is_issuer(text: str) -> bool:
    """Return whether a text is the issuer address of an OpenID provider, or ""."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return not text or (is_address and not (parts.query or parts.fragment or parts.username))


Function = Literal["prevention", "detection"]


class AuthorisedBody(Section):
    """A body authorised in countering corruption, for a period (local dates, both included). `function`:
    "prevention" (policy, rules, the National report) or "detection" (offences, their reporters), None for both.
    """

    name: Annotated[Mapping[str, NotBlank], must("bodies", lambda names: names.keys() == {*LANGUAGES})]
    function: Function | None = None
    since: date = Field(validation_alias=AliasChoices("from", "since"))
    until: date | None = None
    confirmed_on: date | None = None


def _shipped_bodies() -> tuple[AuthorisedBody, ...]:
    """Return the bodies of regulations/acts.toml: who issued the shipped rules, and who is authorised since."""
    acts = tomllib.loads(files("regulations").joinpath("acts.toml").read_text("utf-8"))
    return tuple(AuthorisedBody.model_validate(body) for body in acts["body"])


def _one_after_another(bodies: tuple[AuthorisedBody, ...]) -> tuple[AuthorisedBody, ...]:
    """Return the bodies by first day; one without a last day ends where the next of its function begins.

    Raises ValueError: one ends before it begins, or two of one function overlap.
    """
    bodies = tuple(sorted(bodies, key=lambda body: body.since))
    ends_early = any(body.until is not None and body.until < body.since for body in bodies)
    overlaps = any(
        after.since <= (body.until or body.since)
        for function in get_args(Function)
        for body, after in pairwise(of_function(bodies, function))
    )
    if ends_early or overlaps:
        raise ValueError("bodies")
    return bodies


def of_function(bodies: Iterable[AuthorisedBody], function: Function) -> Sequence[AuthorisedBody]:
    """Return the bodies authorised in a function, those authorised in both too."""
    return [body for body in bodies if body.function in (None, function)]


def _off_or_working(days: frozenset[date], info: ValidationInfo) -> frozenset[date]:
    """Return the office's own working days. Raises ValueError: one is among its days off."""
    if days & info.data.get("days_off", frozenset()):
        raise ValueError("not_days_off")
    return days


class OfficeSettings(Section):
    """The organisation whose deadlines these are."""

    name: str = ""
    name_kk: str = ""
    name_ru: str = ""
    kind: str = ""
    officer: str = ""
    language: Literal["kk", "ru", "en"] = "kk"
    authorised_body: Annotated[
        tuple[AuthorisedBody, ...], AfterValidator(_one_after_another), expecting("bodies")
    ] = _shipped_bodies()
    days_off: Days = frozenset()
    working_days: Annotated[Days, AfterValidator(_off_or_working)] = frozenset()
    kept_from: OptionalDay = None

    def name_in(self, language: str) -> str:
        """Return the organisation's name in a language, or `name` if it has none."""
        return {"kk": self.name_kk, "ru": self.name_ru}.get(language, "") or self.name


def _database_beside(url: str, info: ValidationInfo) -> str:
    """Return the address of a database, of an SQLite file that beside the settings file."""
    scheme, mark, path = url.partition(":///")
    if not scheme.startswith("sqlite") or not mark or not path or path.startswith((":", "/")):
        return url
    return f"{scheme}:///{(base_of(info) / path).as_posix()}"


class DatabaseSettings(Section):
    """The database of the office (an SQLAlchemy address), and the installation it belongs to."""

    url: Annotated[str, AfterValidator(_database_beside)] = "sqlite:///var/merzim.sqlite"
    password_env: str = ""
    installation: str = ""

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for a server."""
        scheme, _, path = self.url.partition(":///")
        file = path.partition("?")[0]
        return Path(file) if scheme.startswith("sqlite") and file else None

    @property
    def is_missing(self) -> bool:
        """Whether it is a file that was not created yet. The path may be percent-encoded."""
        file = self.file
        return file is not None and not (file.exists() or Path(unquote(str(file))).exists())


class EvidenceSettings(Section):
    """The folder of evidence files, which are named by their content."""

    folder: Folder = Path("var/evidence")


class ReminderSettings(Section):
    """The reminder steps of a term in working days, office hours for letters, and seconds between rounds."""

    steps: Steps = STANDARD_DAYS
    office_hours: Hours = (time(9), time(18))
    tick: Number = 60


class WebSettings(Section):
    """The address of the pages, and for how long who logs in there may use them."""

    host: str = "127.0.0.1"
    port: Port = 8000
    public_address: Annotated[str, AfterValidator(_address)] = ""
    trusted_proxies: Networks = LOOPBACK_NETWORKS
    totp_required: frozenset[Access] = frozenset()
    session_hours: UpToThousand = 12
    session_idle_minutes: UpToThousand = 120
    invitation_hours: UpToThousand = 72
    public_planner: bool = False

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the pages, by host and by public address."""
        return is_loopback(self.host) and is_loopback(urlsplit(self.public_address).hostname or "")

    @property
    def passwordless(self) -> bool:
        """Whether log-in without a password may be allowed: only this machine reaches the pages, by no proxy,
        which https would mean.
        """
        return self.on_loopback and urlsplit(self.public_address).scheme == "http"

    def refuse_plain_http(self) -> None:
        """Raise BadSetting if other machines would reach the pages by http, over which nobody could log in."""
        if not is_loopback(self.host) and not self.public_address.startswith("https://"):
            raise BadSetting("cli.needs_https", host=self.host, address=self.public_address)


class SecretSettings(Section):
    """The file of the key that encrypts stored secrets; None for beside the database."""

    key_file: OptionalPath = None


class GroupAccess(Section):
    """The access given to members of a group of an external directory. `group`: its name in a claim."""

    group: NotBlank
    access: Access


class RetentionSettings(Section):
    """For how many years the names of people who left are kept; 0 is off."""

    people_years: Years = 0


class OidcSettings(Section):
    """The OpenID Connect provider for log-in, besides passwords; `issuer` is "" for none."""

    issuer: Annotated[str, must("issuer", _is_issuer)] = ""
    insecure: bool = False
    ca_file: OptionalPath = None
    client_id: str = ""
    secret_env: str = "MERZIM_OIDC_SECRET"
    scopes: Names = ("profile", "email")
    login_claim: str = "preferred_username"
    groups_claim: str = "groups"
    groups: Annotated[tuple[GroupAccess, ...], expecting("groups")] = ()
    match_email: bool = True
    label_kk: str = ""
    label_ru: str = ""
    label_en: str = ""
    log_out: bool = False
    timeout: Number = 5


class RegulationSettings(Section):
    """The folder of the organisation's own procedures and registers, and the acts of one organisation
    (`adopted_act` of a procedure) that the whole office adopted.
    """

    folder: OptionalPath = None
    acts: Names = ()


class FormSettings(Section):
    """The folder of the organisation's own templates of forms: `plan.kk.docx`; None for none."""

    folder: OptionalPath = None


class LogSettings(Section):
    """Logging of `serve` and `worker`."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "warning"


class BackupSettings(Section):
    """The automatic daily backup: where, from which local time on, and for how many last days, weeks and months
    the newest of each is kept.
    """

    folder: OptionalPath = None
    at: TimeOfDay = time(2, 30)
    daily: Number = 7
    weekly: Number = 5
    monthly: Number = 12


class Settings(Section):
    """All settings, and which of them come from the environment or the browser instead of their file."""

    office: OfficeSettings = OfficeSettings()
    database: DatabaseSettings = DatabaseSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    channels: ChannelSettings = ChannelSettings()
    reminders: ReminderSettings = ReminderSettings()
    web: WebSettings = WebSettings()
    secrets: SecretSettings = SecretSettings()
    retention: RetentionSettings = RetentionSettings()
    oidc: OidcSettings = OidcSettings()
    regulations: RegulationSettings = RegulationSettings()
    forms: FormSettings = FormSettings()
    logs: LogSettings = LogSettings()
    backup: BackupSettings = BackupSettings()
    file: Path | None = None
    from_environment: frozenset[str] = frozenset()
    from_browser: frozenset[str] = frozenset()

    @property
    def in_clear(self) -> tuple[str, ...]:
        """Keys of the file that contain a secret themselves instead of the name of an environment variable."""
        address = urlsplit(self.database.url)
        clear_keys = ["database.url"] if address.password or "password" in parse_qs(address.query) else []
        for name, channel in sorted(self.channels.sections.items()):
            written = channel.as_written()
            clear_keys += [f"channels.{name}.{key}" for key in sorted(SECRETS) if written.get(key)]
        return tuple(key for key in clear_keys if key not in self.from_environment)

    @property
    def installation(self) -> str:
        """Name of the installation, the same on all its nodes; "" if it has none."""
        return self.database.installation.strip() or self.office.name.strip()


SECTIONS: Mapping[str, type[Section]] = {
    name: type(field.default)
    for name, field in Settings.model_fields.items()
    if isinstance(field.default, Section)
}
"""The sections of config.toml by name, but for those of channels."""


def is_loopback(name: str) -> bool:
    """Return whether a host name or address belongs to this machine."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def find_authority(
    bodies: Sequence[AuthorisedBody], *, on: date, function: Function = "prevention"
) -> tuple[AuthorisedBody | None, AuthorisedBody | None]:
    """Return the body authorised in something on a local date, and the one before it, which issued the rules in
    force; None where the settings name none. `bodies` are sorted by their first day.
    """
    started = [body for body in of_function(bodies, function) if body.since <= on]
    last, before = (*reversed(started), None, None)[:2]
    if last is not None and last.until is not None and last.until < on:
        return None, last
    return last, before
