"""A real LDAP directory on this machine (OpenLDAP's slapd), with OpenLDAP and Active Directory entries."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import trustme

from merzim.services.connections.ldap import _library
from tests.notifications.servers import free_port

BASE = "dc=org,dc=kz"
ROOT, SEARCHER = f"cn=root,{BASE}", f"cn=merzim,{BASE}"
SECRET = "құпия сөз бір"
"""The password of everybody in the directory."""

# With Active Directory's attributes, as far as its default filters name them.
_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.782 NAME 'objectCategory' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL
  MAY ( objectGUID $ sAMAccountName $ userPrincipalName $ objectCategory $ userAccountControl
  $ mail $ displayName ) )
modulepath /usr/lib/ldap
moduleload back_mdb.la
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
allow bind_anon_cred
database mdb
directory {folder}/data
maxsize 10485760
dbnosync
limits dn.exact="cn=merzim,dc=org,dc=kz" size.soft=500 size.hard=500 size.prtotal=unlimited
suffix "dc=org,dc=kz"
rootdn "cn=root,dc=org,dc=kz"
rootpw "{secret}"
access to attrs=userPassword by anonymous auth by * none
access to * by dn="cn=merzim,dc=org,dc=kz" read by * none
"""


class Slapd:
    """The server, and what its administrator does there."""

    def __init__(self, folder: Path, port: int, tls_port: int) -> None:
        self.folder = folder
        self.port = port
        self.tls_port = tls_port
        self.ca_file = folder / "ca.pem"

    @contextmanager
    def _administrator(self) -> Iterator[Any]:
        ldap3 = _library()
        server = ldap3.Server("127.0.0.1", port=self.port, get_info=ldap3.NONE)
        connection = ldap3.Connection(server, ROOT, SECRET, auto_bind=True, raise_exceptions=True)
        try:
            yield connection
        finally:
            connection.unbind()

    def add(self, dn: str, kind: list[str], **values: Any) -> None:
        with self._administrator() as connection:
            connection.add(dn, kind, values)

    def remove(self, dn: str) -> None:
        with self._administrator() as connection:
            connection.delete(dn)

    def remove_reference(self, dn: str) -> None:
        """Remove an entry that refers to another server, itself and not what it refers to."""
        with self._administrator() as connection:
            connection.delete(dn, controls=[("2.16.840.1.113730.3.4.2", True, None)])

    def rename(self, dn: str, rdn: str) -> None:
        with self._administrator() as connection:
            connection.modify_dn(dn, rdn)

    def change(self, dn: str, attribute: str, *values: str) -> None:
        with self._administrator() as connection:
            connection.modify(dn, {attribute: [("MODIFY_REPLACE", list(values))]})

    def person(self, uid: str, email: str = "", password: str = SECRET) -> str:
        """Add somebody; their DN."""
        dn = f"uid={uid},{BASE}"
        attributes = {"mail": email} if email else {}
        self.add(dn, ["inetOrgPerson"], sn=uid, cn=f"{uid.title()} Адамы", userPassword=password, **attributes)
        return dn

    def many(self, count: int, unit: str) -> None:
        """Add so many people of a unit, over one connection."""
        with self._administrator() as connection:
            for n in range(count):
                values = {"sn": f"Адам{n:03}", "givenName": "Көп", "cn": f"Көп {n}", "ou": unit}
                connection.add(f"uid=many{n},{BASE}", ["inetOrgPerson"], {**values, "mail": f"m{n}@org.kz"})

    def colleague(self, uid: str, surname: str, unit: str, **attributes: Any) -> str:
        """Add somebody with a name, a unit and an e-mail; their DN."""
        dn = f"uid={uid},{BASE}"
        values = {"sn": surname, "givenName": uid.title(), "cn": surname, "ou": unit, "mail": f"{uid}@org.kz"}
        self.add(dn, ["inetOrgPerson"], **{**values, **attributes})
        return dn

    def windows_person(self, name: str, guid: UUID, control: int = 512) -> str:
        """Add somebody as Active Directory has them; their DN."""
        dn = f"cn={name},{BASE}"
        values = {"sAMAccountName": name, "userPrincipalName": f"{name}@org.kz", "displayName": name.title()}
        self.add(
            dn, ["user"], sn=name, userPassword=SECRET, objectCategory="person",
            userAccountControl=str(control), objectGUID=guid.bytes_le, **values,
        )  # fmt: skip
        return dn

    def group(self, name: str, *members: str) -> str:
        """Add a group with these members; its DN."""
        dn = f"cn={name},{BASE}"
        self.add(dn, ["groupOfNames"], member=list(members) or [ROOT])
        return dn


def program() -> str:
    """Return the path of slapd. A machine without it fails the tests: nobody may take them for passed."""
    path = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/lib/openldap")
    assert path, "slapd is not installed: apt-get install slapd (.ci/run does)"
    return path


@contextmanager
def serving() -> Iterator[Slapd]:
    """A directory while the block lasts, with StartTLS on one port and TLS on the other.

    TLS is also on 127.0.0.2, a name its certificate does not have.
    """
    slapd, folder = program(), Path(tempfile.mkdtemp(prefix="mzldap"))
    server = Slapd(folder, free_port(), free_port())
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    (folder / "data").mkdir()
    text = _CONFIG.format(folder=folder, secret=SECRET)
    (folder / "slapd.conf").write_text(text, encoding="utf-8")
    where = f"ldap://127.0.0.1:{server.port}/ ldaps://127.0.0.1:{server.tls_port}/"
    where += f" ldaps://127.0.0.2:{server.tls_port}/"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [slapd, "-d", "none", "-h", where, "-f", str(folder / "slapd.conf")], stdout=log, stderr=log
        )
    try:
        _wait(server.port, process, folder / "log")
        server.add(BASE, ["dcObject", "organization"], dc="org", o="Ұйым")
        server.add(SEARCHER, ["organizationalRole", "simpleSecurityObject"], userPassword=SECRET)
        yield server
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text(errors="replace")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))
