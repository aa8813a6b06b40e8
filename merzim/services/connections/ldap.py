"""The LDAP directory for log-in (Active Directory, OpenLDAP). The only module that uses LDAP.

The service account of config.toml searches for a person, who is authenticated by a bind with their own
password. Nothing is written to the directory. Referrals are not followed, so that a password is only sent to
the server of config.toml.
"""

from __future__ import annotations

import logging
import ssl
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from merzim.services.configuration.settings import BadSetting, LdapSettings, Settings, is_loopback
from workflow.org.access import Access, OutsidePerson
from workflow.refusal import Refusal

MAX_CONVERSATIONS = 8
"""Maximum number of requests waiting for the directory, so that a silent one does not occupy every thread."""
log = logging.getLogger("merzim.login")
_UNAVAILABLE = frozenset({1, 2, 51, 52, 80})
"""LDAP results that mean the server cannot answer: operationsError, protocolError, busy, unavailable, other.
Any other refusal of a bind concerns the person.
"""
PAGE = 500
"""Entries requested at once; Active Directory returns at most 1,000."""
_PAGED = "1.2.840.113556.1.4.319"
_NO_SUCH_OBJECT = 32
_SIZE_LIMIT_REACHED = 4


class DirectorySilent(Refusal):
    """The directory does not answer, or refuses the service account; nobody can be authenticated now."""

    def __init__(self) -> None:
        super().__init__("web.login.directory_silent")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """The filters and attributes of a kind of directory."""

    user_filter: str
    group_filter: str
    people_filter: str
    id_attribute: str
    login_attribute: str
    name_attribute: str
    unit_attribute: str
    email_attribute: str = "mail"


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryEntry:
    """A person's entry in the directory; "" for missing attributes.

    Attributes:
        subject: the permanent id.
        units: names of units, the one above first; the last is their own.
        manager: the DN of their manager, in lower case, as `dn` is.
        leave: as written in the directory.
    """

    dn: str
    subject: str
    name: str
    email: str
    post: str
    units: tuple[str, ...]
    manager: str
    language: str
    leave: str


_KINDS: Mapping[str, _Kind] = {
    "active-directory": _Kind(
        # 803: one bit of a number is set; 2 of userAccountControl: the account is disabled.
        user_filter="(&(objectCategory=person)(objectClass=user)"
        "(|(sAMAccountName={login})(userPrincipalName={login}))"
        "(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        # 1941: members of groups in the group, too.
        group_filter="(member:1.2.840.113556.1.4.1941:={dn})",
        people_filter="(&(objectCategory=person)(objectClass=user)"
        "(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        unit_attribute="department",
        id_attribute="objectGUID",
        login_attribute="sAMAccountName",
        name_attribute="displayName",
    ),
    "openldap": _Kind(
        user_filter="(&(objectClass=inetOrgPerson)(uid={login}))",
        group_filter="(|(member={dn})(uniqueMember={dn})(memberUid={login}))",
        people_filter="(objectClass=inetOrgPerson)",
        unit_attribute="ou",
        id_attribute="entryUUID",
        login_attribute="uid",
        name_attribute="cn",
    ),
}


class LdapDirectory:
    """A directory as config.toml describes it.

    Attributes:
        reviewed_at: when this process last looked up everybody with an account (UTC).
    """

    reviewed_at: datetime | None = None

    def __init__(self, settings: LdapSettings, password: str) -> None:
        kind = _KINDS[settings.kind]
        self._settings = settings
        self._password = password
        self._turns = BoundedSemaphore(MAX_CONVERSATIONS)
        self._user_filter = settings.user_filter or kind.user_filter
        self._group_filter = settings.group_filter or kind.group_filter
        self._id = settings.id_attribute or kind.id_attribute
        self._login = settings.login_attribute or kind.login_attribute
        self._name = settings.name_attribute or kind.name_attribute
        self._email = settings.email_attribute or kind.email_attribute

    def identify(self, login: str, password: str) -> OutsidePerson | None:
        """Return the person of a login after verifying their password; None if either is wrong.

        Raises:
            DirectorySilent: the directory does not answer.
        """
        # A bind without a password succeeds anonymously (RFC 4513, 5.1.2) and proves nothing.
        secret = password.encode()
        if not login or not secret or b"\0" in secret:
            return None
        with self._turn(), self._searching() as service:
            entry = self._find(service, self._user_filter.replace("{login}", escape(login)))
            if entry is None or not self._verified(str(entry["dn"]), secret):
                return None
            return self._person(service, entry)

    def confirms(self, subject: str, password: str) -> bool:
        """Return whether a password is that of the person with a permanent id. Raises DirectorySilent."""
        secret = password.encode()
        if not secret or b"\0" in secret:
            return False
        with self._turn(), self._searching() as service:
            entry = self._find(service, self._by_id(subject))
            return entry is not None and self._verified(str(entry["dn"]), secret)

    def look_up(self, subjects: Iterable[str]) -> dict[str, OutsidePerson]:
        """Return people by their permanent ids, without those who are gone or disabled.

        Raises:
            DirectorySilent: the directory does not answer for one of them.
        """
        people: dict[str, OutsidePerson] = {}
        with self._turn(), self._searching() as service:
            for subject in subjects:
                entry = self._find(service, self._by_id(subject))
                person = self._person(service, entry) if entry is not None else None
                if person is not None:
                    people[subject] = person
        return people

    def people(self) -> list[DirectoryEntry]:
        """Return everybody `[ldap.sync]` selects, read page by page.

        Raises:
            DirectorySilent: no answer, or an incomplete one.
        """
        sync, kind = self._settings.sync, _KINDS[self._settings.kind]
        unit = sync.unit_attribute or kind.unit_attribute
        name_attributes = (sync.surname_attribute, sync.given_name_attribute, sync.patronymic_attribute)
        other_attributes = (
            sync.title_attribute,
            sync.manager_attribute,
            sync.language_attribute,
            sync.leave_attribute,
        )
        attributes = {
            self._id,
            self._name,
            self._email,
            "" if unit == "dn" else unit,
            *name_attributes,
            *other_attributes,
        } - {""}
        base, query = sync.base or self._settings.base, sync.filter or kind.people_filter
        with self._turn(), self._searching() as service:
            entries = list(self._pages(service, base, query, sorted(attributes)))
        return [
            entry
            for entry in (self._entry(entry, base, unit, name_attributes) for entry in entries)
            if entry.subject
        ]

    def _pages(
        self, service: Any, base: str, query: str, attributes: Sequence[str]
    ) -> Iterator[Mapping[str, Any]]:
        """Yield every entry of a search; references to other servers are left out."""
        cookie: bytes | None = None
        while cookie != b"":
            with _library_errors():
                service.search(base, query, attributes=list(attributes), paged_size=PAGE, paged_cookie=cookie)
            if service.result["result"] != 0:
                log.error("the directory refuses to list %s: %s", base, service.result["description"])
                raise DirectorySilent
            yield from (entry for entry in service.response or () if entry["type"] == "searchResEntry")
            paged = service.result.get("controls", {}).get(_PAGED)
            cookie = bytes(paged["value"]["cookie"]) if paged else b""

    def _entry(
        self, entry: Mapping[str, Any], base: str, unit: str, name_attributes: Sequence[str]
    ) -> DirectoryEntry:
        sync = self._settings.sync
        dn = str(entry["dn"])

        def attribute_text(attribute: str) -> str:
            return _text(_first(entry, attribute)) if attribute else ""

        surname, given_name, patronymic = map(attribute_text, name_attributes)
        full = " ".join(filter(None, (surname, given_name, patronymic))) if surname and given_name else ""
        return DirectoryEntry(
            dn=dn.casefold(),
            subject=_subject(self._id, _first(entry, self._id)),
            name=full or attribute_text(self._name),
            email=attribute_text(self._email).lower(),
            post=attribute_text(sync.title_attribute),
            units=_units_of(dn, base) if unit == "dn" else tuple(filter(None, (attribute_text(unit),))),
            manager=attribute_text(sync.manager_attribute).casefold(),
            language=attribute_text(sync.language_attribute).casefold()[:2],
            leave=attribute_text(sync.leave_attribute),
        )

    def _by_id(self, subject: str) -> str:
        """Return the search filter for a permanent id, combined with the filter for people."""
        if self._id.casefold() == "objectguid":
            value = "".join(f"\\{byte:02x}" for byte in UUID(subject).bytes_le)
        else:
            value = escape(subject)
        return f"(&{self._user_filter.replace('{login}', '*')}({self._id}={value}))"

    def _find(self, service: Any, query: str) -> Mapping[str, Any] | None:
        """Return the only person a filter finds; None unless there is exactly one."""
        attributes = [self._id, self._login, self._name, self._email]
        entries = self._search(service, self._settings.base, query, attributes)
        if len(entries) > 1:
            log.error("the directory has several people of one log-in name; ldap.user_filter must find one")
        return entries[0] if len(entries) == 1 else None

    def _person(self, service: Any, entry: Mapping[str, Any]) -> OutsidePerson | None:
        subject = _subject(self._id, _first(entry, self._id))
        if not subject:
            log.error("the directory says no %s of a person: ldap.bind must be allowed to read it", self._id)
            return None
        login = _text(_first(entry, self._login))
        return OutsidePerson(
            provider="ldap",
            subject=subject,
            login=login,
            name=_text(_first(entry, self._name)),
            email=_text(_first(entry, self._email)),
            access=self._access(service, str(entry["dn"]), login),
        )

    def _access(self, service: Any, dn: str, login: str) -> Access | None:
        """Return the access of the first group in config.toml the person belongs to."""
        query = self._group_filter.replace("{dn}", escape(dn)).replace("{login}", escape(login))
        for row in self._settings.groups:
            if self._search(service, row.group, query, ["1.1"], scope="BASE"):
                return row.access
        return None

    def _search(
        self, service: Any, base: str, query: str, attributes: Sequence[str], *, scope: str = "SUBTREE"
    ) -> list[Mapping[str, Any]]:
        """Return at most two entries; references to other servers are left out."""
        with _library_errors():
            service.search(
                base, query, search_scope=scope, attributes=list(attributes), size_limit=2,
                time_limit=self._settings.timeout,
            )  # fmt: skip
        if service.result["result"] not in (0, _NO_SUCH_OBJECT, _SIZE_LIMIT_REACHED):
            log.error("the directory refuses to search %s: %s", base, service.result["description"])
            raise DirectorySilent
        return [entry for entry in service.response or () if entry["type"] == "searchResEntry"]

    def _verified(self, dn: str, password: bytes) -> bool:
        with self._connected(dn, password) as connection:
            return bool(connection.bound)

    @contextmanager
    def _searching(self) -> Iterator[Any]:
        """Open a connection as the service account of config.toml."""
        with self._connected(self._settings.bind, self._password.encode()) as connection:
            if not connection.bound:
                log.error("the directory refuses ldap.bind: %s", connection.result["description"])
                raise DirectorySilent
            yield connection

    @contextmanager
    def _connected(self, dn: str, password: bytes) -> Iterator[Any]:
        """Open a connection after a bind, successful or not. Raises DirectorySilent when there is no answer."""
        ldap3 = _library()
        settings = self._settings
        parts = urlsplit(settings.address)
        server = ldap3.Server(
            parts.hostname,
            port=parts.port or (636 if parts.scheme == "ldaps" else 389),
            use_ssl=parts.scheme == "ldaps",
            tls=_tls(settings),
            get_info=ldap3.NONE,
            connect_timeout=settings.timeout,
        )
        connection = ldap3.Connection(
            server,
            user=dn or None,
            # Bytes: the library would strip a text of some letters, down to no password at all.
            password=password or None,
            authentication=ldap3.SIMPLE if dn else ldap3.ANONYMOUS,
            auto_referrals=False,
            read_only=True,
            check_names=False,
            raise_exceptions=False,
            receive_timeout=settings.timeout,
        )
        try:
            with _library_errors():
                connection.open(read_server_info=False)
                if parts.scheme == "ldap" and not settings.insecure:
                    connection.start_tls(read_server_info=False)
                connection.bind(read_server_info=False)
            if not connection.bound and connection.result["result"] in _UNAVAILABLE:
                log.error("the directory is not able to answer: %s", connection.result["description"])
                raise DirectorySilent
            yield connection
        finally:
            # Where it could not be opened the library leaves its socket behind.
            open_socket = connection.socket
            with _quietly():
                connection.unbind()
            if open_socket is not None:
                open_socket.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a free slot for a request to the directory. Raises DirectorySilent when too many wait
        already.
        """
        if not self._turns.acquire(timeout=self._settings.timeout):
            raise DirectorySilent
        try:
            yield
        finally:
            self._turns.release()


def open_directory(settings: Settings, environment: Mapping[str, str]) -> LdapDirectory | None:
    """Return the directory in config.toml; None if there is none. Does not connect.

    Raises:
        BadSetting: the library is not installed, a key or the password is missing, or TLS is not configured.
    """
    ldap = settings.ldap
    if not ldap.address:
        return None
    file = str(settings.file)
    if find_spec("ldap3") is None:
        raise BadSetting("cli.ldap_not_installed", file=file)
    if not ldap.base:
        raise BadSetting("cli.missing_setting", file=file, key="ldap.base")
    host = urlsplit(ldap.address).hostname or ""
    if ldap.insecure and not is_loopback(host):
        raise BadSetting("cli.ldap_insecure", file=file, host=host)
    password = environment.get(ldap.password_env, "")
    if ldap.bind and not password:
        raise BadSetting("cli.no_variable", file=file, key="ldap.password_env", variable=ldap.password_env)
    if ldap.ca_file is not None and not ldap.ca_file.is_file():
        raise BadSetting("cli.ldap_no_ca_file", file=file, path=str(ldap.ca_file))
    return LdapDirectory(ldap, password)


def escape(text: str) -> str:
    """Return a text escaped for a filter: every byte in hexadecimal, so that none has a special meaning."""
    return "".join(f"\\{byte:02x}" for byte in text.encode())


def _subject(attribute: str, value: bytes) -> str:
    """Return a permanent id as text; a GUID of Active Directory is stored with its first parts reversed."""
    if attribute.casefold() == "objectguid":
        return str(UUID(bytes_le=value)) if len(value) == 16 else ""
    return _text(value)


def _first(entry: Mapping[str, Any], attribute: str) -> bytes:
    """Return the first value of an attribute; its name is compared ignoring letter case."""
    for name, values in entry["raw_attributes"].items():
        if name.casefold() == attribute.casefold() and values:
            return bytes(values[0])
    return b""


def _units_of(dn: str, base: str) -> tuple[str, ...]:
    """Return the organisational units around an entry, below the base, the uppermost first."""
    from ldap3.utils.dn import parse_dn

    names = [value for attribute, value, _ in parse_dn(dn) if attribute.casefold() == "ou"]
    above = sum(attribute.casefold() == "ou" for attribute, _, _ in parse_dn(base))
    return tuple(reversed(names[: len(names) - above]))


def _text(value: bytes) -> str:
    return " ".join(value.decode("utf-8", "replace").replace("\0", " ").split())


def _tls(settings: LdapSettings) -> Any:
    """Return the library's TLS settings with Python's own checks: certificate chain, host name, and SNI."""
    ldap3 = _library()
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)

    class Checked(ldap3.Tls):  # type: ignore[misc, name-defined]
        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
            connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)

    return Checked(validate=ssl.CERT_REQUIRED)


@contextmanager
def _library_errors() -> Iterator[None]:
    """Turn errors of the library into DirectorySilent, and log them."""
    from ldap3.core.exceptions import LDAPException

    try:
        yield
    except (LDAPException, OSError) as trouble:
        log.error("the directory does not answer: %s", trouble)
        raise DirectorySilent from None


@contextmanager
def _quietly() -> Iterator[None]:
    """Ignore errors while closing a connection that may be closed already."""
    from ldap3.core.exceptions import LDAPException

    with suppress(LDAPException, OSError):
        yield


def _library() -> Any:
    """Return the module ldap3, imported only if a directory is used."""
    with warnings.catch_warnings():
        # It takes two names of pyasn1 by their old spelling.
        warnings.simplefilter("ignore", DeprecationWarning)
        import ldap3
    return ldap3
