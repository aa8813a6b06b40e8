"""The folders a service uses: tests at the start that they can be written, and reads certificates from one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from merzim.services.configuration.settings import BadSetting, Settings

if TYPE_CHECKING:
    from merzim.documents.revocation import RevocationList
    from merzim.documents.signatures import Authority

log = logging.getLogger("merzim.evidence")


def refuse_unwritable(settings: Settings) -> None:
    """Create missing folders and test each by writing a temporary file.

    Raises:
        BadSetting: `cli.folder_unwritable`; the message names the key of config.toml.
    """
    for key, folder in folders(settings):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            raise BadSetting("cli.folder_unwritable", key=key, folder=str(folder), problem=problem) from None


def folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield the folders a service writes to, each with its key."""
    yield "evidence.folder", settings.evidence.folder
    if settings.backup.folder is not None:
        yield "backup.folder", settings.backup.folder
    if "folder" in settings.channels.use:
        yield "channels.folder.path", Path(str(settings.channels.sections["folder"]["path"]))


def read_authorities(settings: Settings) -> tuple[Authority, ...]:
    """Return the authorities that certificates of signatures are checked against; empty if none are configured.

    Raises:
        BadSetting: signing is enabled but its library is missing, the folder contains no certificates, or the
            program that checks GOST cannot be run.
    """
    eds, file = settings.eds, str(settings.file)
    if eds.on and find_spec("pyasn1") is None:
        raise BadSetting("cli.eds_not_installed", file=file)
    if eds.gost_check is not None and not os.access(eds.gost_check, os.X_OK):
        raise BadSetting("cli.eds_no_program", file=file, path=str(eds.gost_check))
    if eds.trust is None:
        return ()
    from merzim.documents.revocation import read_revocation_lists
    from merzim.documents.signatures import read_certificates

    try:
        certificates = read_certificates(eds.trust)
        read_revocation_lists(eds.trust)
    except (OSError, ValueError) as trouble:
        raise BadSetting("cli.eds_no_trust", file=file, folder=str(eds.trust), problem=str(trouble)) from None
    if not certificates:
        raise BadSetting(
            "cli.eds_no_trust", file=file, folder=str(eds.trust), problem="*.pem, *.crt, *.cer, *.der"
        )
    return certificates


def current_revocation_lists(settings: Settings) -> tuple[RevocationList, ...]:
    """Return the revocation lists in the folder of authorities as they are now; those that cannot be read are
    logged, and revocation is said not to be checked.
    """
    if settings.eds.trust is None:
        return ()
    from merzim.documents.revocation import read_revocation_lists

    try:
        return read_revocation_lists(settings.eds.trust)
    except (OSError, ValueError) as trouble:
        log.error("revocation lists in %s: %s", settings.eds.trust, trouble)
        return ()


def order_folders(settings: Settings) -> list[Path]:
    """Return where orders that anonymised people are listed: with the evidence, and beside the backups."""
    return list(filter(None, (settings.evidence.folder, settings.backup.folder)))
